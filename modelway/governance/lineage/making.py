"""The graph of what is known: data → training → weights → release → endpoint, with image, contract and baseline beside the weights."""

from modelway.governance.lineage.graph import KINDS, Edge, Graph, Kind, Node
from modelway.governance.lineage.spans import Lineage, Span
from modelway.governance.lineage.versions import Data, Version


class _Making:
    def __init__(self) -> None:
        self.nodes: dict[str, Node] = {}
        self.edges: dict[tuple[str, str, str], Edge] = {}

    def node(self, kind: Kind, name: str, title: str, facts: dict[str, str | None]) -> str:
        """The id; of what was there already, which keeps what was said of it first."""
        id_ = f"{kind}:{name}"
        self.nodes.setdefault(id_, Node(id_, kind, title, {key: value for key, value in facts.items() if value}))
        return id_

    def edge(self, tail: str, head: str, says: str = "") -> None:
        self.edges.setdefault((tail, head, says), Edge(tail, head, says))


def graph_of(found: Lineage) -> Graph:
    """Versions that nobody asks end at their weights."""
    making = _Making()
    for span in found.spans:
        endpoint = making.node("endpoint", span.endpoint, span.endpoint, {"owner": span.owner, "risk": span.risk_tier})
        release = making.node("description" if span.described else "release", _name(span), title_of(span), _facts(span))
        making.edge(release, endpoint, when(span))
        for one in span.answering:
            version = span.versions[one.version]
            making.edge(_made(making, version), release, f"{version.name} {one.says}")
            making.edge(_pinned(making, "image", version.image), release, version.name)
            making.edge(_pinned(making, "contract", version.contract), release, version.name)
            if version.baseline is not None:
                making.edge(_pinned(making, "baseline", version.baseline), release, version.name)
    for version in found.waiting:
        _made(making, version)
    nodes = sorted(making.nodes.values(), key=lambda node: KINDS.index(node.kind))
    place = {node.id: number for number, node in enumerate(nodes)}
    edges = sorted(making.edges.values(), key=lambda edge: (place[edge.tail], place[edge.head], edge.says))
    return Graph(tuple(nodes), tuple(edges))


def title_of(span: Span) -> str:
    """How a span is called."""
    if span.described:
        return f"{span.endpoint} as described"
    first, last = span.releases[0], span.releases[-1]
    return f"release {first}" if first == last else f"releases {first} to {last}"


def when(span: Span) -> str:
    """From when until when it answered."""
    if span.since is None:
        return "as files say now"
    return f"since {minute(span.since)}" if span.until is None else f"from {minute(span.since)} until {minute(span.until)}"


def minute(moment: str) -> str:
    """A time to the minute, in UTC."""
    return f"{moment[:16].replace('T', ' ')}Z"


def data_id(data: Data) -> str:
    """The same data have the same; without a fingerprint only what is called the same and comes from the same place."""
    return f"{data.name}@sha256:{data.sha256}" if data.sha256 else f"{data.name} {data.source or ''}".strip()


def _made(making: _Making, version: Version) -> str:
    """The node of a version's weights, with all that leads to it."""
    reached = ", ".join(f"{name} {value:g}" for name, value in version.metrics)
    key = version.weights.rpartition("@")[0]
    weights = making.node(
        "weights",
        f"sha256:{version.weights_sha256}",
        key,
        {"sha256": version.weights_sha256, "of": f"{version.model} {version.name}", "reached": reached, "evaluated": version.evaluated},
    )
    if not (version.said or version.data):
        return weights
    facts = {"run": version.run, "commit": version.commit, "told by": version.told_by}
    title = version.run or f"training of {version.model} {version.name}"
    training = making.node("training", version.made_sha256, title, facts)
    making.edge(training, weights)
    for data in version.data:
        rows = f"{data.rows:,}" if data.rows is not None else None
        facts = {"sha256": data.sha256, "source": data.source, "rows": rows, "license": data.license}
        node = making.node("data", data_id(data), data.name, facts)
        making.edge(node, training, data.part or "said of the model, not of this version")
    return weights


def _pinned(making: _Making, kind: Kind, pinned: str) -> str:
    name, _, sha256 = pinned.rpartition("@sha256:")
    if not name:
        # A contract that nobody looked at: only its path is known.
        return making.node(kind, pinned, pinned, {})
    # Contracts are files, which are called by their paths; the others are what their digest says wherever they are.
    return making.node(kind, pinned if kind == "contract" else f"sha256:{sha256}", name, {"sha256": sha256})


def _name(span: Span) -> str:
    return span.endpoint if span.described else f"{span.endpoint}/{span.releases[0]}"


def _facts(span: Span) -> dict[str, str | None]:
    return {
        "releases": ", ".join(map(str, span.releases)),
        "commits": ", ".join(span.commits),
        "since": span.since,
        "until": span.until,
        "entry": span.entry,
    }
