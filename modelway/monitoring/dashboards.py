"""Grafana dashboards as JSON (grafana.com/docs/grafana/latest/dashboards/build-dashboards/view-dashboard-json-model)."""

import hashlib
from collections.abc import Sequence

from modelway.monitoring.rules import ERRORS, LATENCY, REQUESTS
from modelway.monitoring.slo import Objectives

Dashboard = dict[str, object]
Panel = dict[str, object]

SOURCE = {"type": "prometheus", "uid": "${source}"}


def endpoint_dashboard(environment: str, model: str, team: str, objectives: Objectives) -> Dashboard:
    """One endpoint with its versions side by side: requests, errors, latency against what is promised."""
    by_version = f'{{model="{model}"}}'
    requests = f'sum by (version) (rate(inference_requests_total{{model="{model}"}}[5m]))'
    faults = f'sum by (version) (rate(inference_requests_total{{model="{model}",code=~"5.."}}[5m]))'
    panels = [
        _panel("Requests by version", "reqps", [(f"{REQUESTS}5m{by_version}", "{{version}}")]),
        _panel(
            "Faults by version",
            "percentunit",
            [(f"{faults} / {requests}", "{{version}}")],
            objectives.error_rate,
        ),
        _panel("99th percentile of latency by version", "s", [(f"{LATENCY}{by_version}", "{{version}}")], objectives.latency_p99_seconds),
        _panel(
            "Faults against the budget",
            "percentunit",
            [(f"{ERRORS}{window}{by_version}", window) for window in ("1h", "6h", "3d")],
            objectives.error_budget,
        ),
    ]
    return {
        # Never the title's hash alone: two environments may report to one Grafana.
        "uid": hashlib.sha256(f"{environment}/{model}".encode()).hexdigest()[:16],
        "title": f"{model} ({environment})",
        "tags": ["modelway", environment, team],
        "schemaVersion": 39,
        "editable": False,
        "refresh": "30s",
        "time": {"from": "now-6h", "to": "now"},
        "templating": {"list": [{"name": "source", "label": "Data source", "type": "datasource", "query": "prometheus"}]},
        "panels": _laid_out(panels),
    }


def _panel(title: str, unit: str, queries: Sequence[tuple[str, str]], limit: float | None = None) -> Panel:
    steps: list[dict[str, object]] = [{"color": "green", "value": None}]
    if limit is not None:
        steps.append({"color": "red", "value": limit})
    return {
        "title": title,
        "type": "timeseries",
        "datasource": SOURCE,
        "targets": [
            {"refId": chr(ord("A") + number), "datasource": SOURCE, "expr": expression, "legendFormat": legend}
            for number, (expression, legend) in enumerate(queries)
        ],
        "fieldConfig": {
            "defaults": {
                "unit": unit,
                "min": 0,
                "thresholds": {"mode": "absolute", "steps": steps},
                "custom": {"thresholdsStyle": {"mode": "line" if limit is not None else "off"}},
            },
            "overrides": [],
        },
    }


def _laid_out(panels: Sequence[Panel]) -> list[Panel]:
    """Two panels a row; Grafana's grid is 24 wide."""
    return [
        panel | {"id": number + 1, "gridPos": {"x": number % 2 * 12, "y": number // 2 * 8, "w": 12, "h": 8}}
        for number, panel in enumerate(panels)
    ]
