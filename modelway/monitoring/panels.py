"""Parts of Grafana dashboards as JSON (grafana.com/docs/grafana/latest/dashboards/build-dashboards/view-dashboard-json-model)."""

import hashlib
from collections.abc import Mapping, Sequence

Dashboard = dict[str, object]
Panel = dict[str, object]
Queries = Sequence[tuple[str, str]]
"""Expressions with the names of what they give, `{{version}}` for a label's value."""

SOURCE = {"type": "prometheus", "uid": "${source}"}


def dashboard(key: str, title: str, tags: Sequence[str], panels: Sequence[Panel], variables: Mapping[str, str] | None = None) -> Dashboard:
    """A dashboard that people cannot change by hand. `key` tells it from all others that report to the same Grafana.

    `variables`: what can be chosen, each with the query of its values.
    """
    source = {"name": "source", "label": "Data source", "type": "datasource", "query": "prometheus"}
    return {
        # Never the title's hash alone: two environments may report to one Grafana. Grafana takes 40 characters.
        "uid": hashlib.sha256(key.encode()).hexdigest()[:16],
        "title": title,
        "tags": ["modelway", *tags],
        "schemaVersion": 39,
        "editable": False,
        "refresh": "30s",
        "time": {"from": "now-6h", "to": "now"},
        "templating": {"list": [source, *(_variable(name, query) for name, query in (variables or {}).items())]},
        "panels": _laid_out(panels),
    }


def timeseries(title: str, unit: str, queries: Queries, limit: float | None = None) -> Panel:
    """Values over time. `limit`: what is too much, drawn as a line."""
    steps: list[dict[str, object]] = [{"color": "green", "value": None}]
    if limit is not None:
        steps.append({"color": "red", "value": limit})
    defaults = {
        "unit": unit,
        "min": 0,
        "thresholds": {"mode": "absolute", "steps": steps},
        "custom": {"thresholdsStyle": {"mode": "line" if limit is not None else "off"}},
    }
    return _panel("timeseries", title, queries) | {"fieldConfig": {"defaults": defaults, "overrides": []}}


def stat(title: str, unit: str, queries: Queries) -> Panel:
    """One value for each series, as it is now."""
    options = {"reduceOptions": {"calcs": ["lastNotNull"], "fields": "", "values": False}}
    return _panel("stat", title, queries) | {"fieldConfig": {"defaults": {"unit": unit}, "overrides": []}, "options": options}


def text(title: str, content: str) -> Panel:
    """Words, in Markdown."""
    return {"title": title, "type": "text", "options": {"mode": "markdown", "content": content}}


def _panel(kind: str, title: str, queries: Queries) -> Panel:
    targets = [
        {"refId": chr(ord("A") + number), "datasource": SOURCE, "expr": expression, "legendFormat": legend}
        for number, (expression, legend) in enumerate(queries)
    ]
    return {"title": title, "type": kind, "datasource": SOURCE, "targets": targets}


def _variable(name: str, query: str) -> dict[str, object]:
    chosen = {"includeAll": True, "multi": True, "allValue": ".*", "current": {"text": "All", "value": "$__all"}}
    asked = {"query": query, "refId": name}
    return {"name": name, "type": "query", "datasource": SOURCE, "query": asked, "refresh": 2, "sort": 1, **chosen}


def _laid_out(panels: Sequence[Panel]) -> list[Panel]:
    """Two panels a row; Grafana's grid is 24 wide."""
    return [
        panel | {"id": number + 1, "gridPos": {"x": number % 2 * 12, "y": number // 2 * 8, "w": 12, "h": 8}}
        for number, panel in enumerate(panels)
    ]
