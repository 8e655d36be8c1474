"""Lineage as JSON."""

from modelway.governance.lineage.asking import matching, reached, uses
from modelway.governance.lineage.graph import Graph
from modelway.governance.lineage.making import graph_of
from modelway.governance.lineage.spans import Lineage, Span
from modelway.governance.lineage.versions import Data, Version


def of_model(found: Lineage, model: str) -> dict[str, object]:
    """The lineage of one model: its endpoints with all that answered there, and the graph."""
    endpoints: dict[str, list[dict[str, object]]] = {}
    for span in found.spans:
        endpoints.setdefault(span.endpoint, []).append(_span(span))
    return {
        "model": model,
        "endpoints": [{"endpoint": name, "spans": spans} for name, spans in endpoints.items()],
        "waiting": [_version(version) for version in found.waiting],
        **_notes(found),
        "graph": graph(graph_of(found)),
    }


def of_data(found: Lineage, wanted: str) -> dict[str, object]:
    """Who used some data. Raises UnknownData."""
    listed = [
        {
            "environment": use.span.environment,
            "model": use.span.model,
            "version": use.version.name,
            "weights": use.version.weights,
            "parts": list(use.parts),
            "percent": use.answering.percent,
            "copied": use.answering.copied,
            "header": use.answering.header,
            **_when(use.span),
        }
        for use in uses(found, wanted)
    ]
    return {
        "data": wanted,
        "matching": [_data(data) for data in matching(found, wanted)],
        "uses": listed,
        **_notes(found),
        "graph": graph(reached(found, wanted)),
    }


def graph(drawn: Graph) -> dict[str, object]:
    """Nodes and edges."""
    return {
        "nodes": [{"id": node.id, "kind": node.kind, "title": node.title, "facts": dict(node.facts)} for node in drawn.nodes],
        "edges": [{"from": edge.tail, "to": edge.head, "says": edge.says} for edge in drawn.edges],
    }


def _notes(found: Lineage) -> dict[str, object]:
    return {"differences": list(found.differences), "unknown": list(found.unknown)}


def _when(span: Span) -> dict[str, object]:
    return {"described": span.described, "releases": list(span.releases), "since": span.since, "until": span.until}


def _span(span: Span) -> dict[str, object]:
    answering = [
        {"percent": one.percent, "copied": one.copied, "header": one.header, **_version(span.versions[one.version])}
        for one in span.answering
    ]
    told = {"owner": span.owner, "risk_tier": span.risk_tier, "commits": list(span.commits), "entry_sha256": span.entry or None}
    return {**_when(span), **told, "answering": answering}


def _version(version: Version) -> dict[str, object]:
    return {
        "version": version.name,
        "weights": version.weights,
        "image": version.image,
        "contract": version.contract,
        "baseline": version.baseline,
        "run": version.run,
        "commit": version.commit,
        "data": [_data(data) for data in version.data],
        "metrics": dict(version.metrics),
        "evaluated": version.evaluated or None,
        "told_by": version.told_by if version.said else None,
    }


def _data(data: Data) -> dict[str, object]:
    return {
        "name": data.name,
        "part": data.part or None,
        "sha256": data.sha256,
        "source": data.source,
        "rows": data.rows,
        "license": data.license,
    }
