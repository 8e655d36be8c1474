"""Recording and alert rules, as groups of a Prometheus rule file.

They read what the serving program tells: `inference_requests_total{model,version,code}` and the histogram
`inference_request_duration_seconds{model,version}`.
"""

from collections.abc import Sequence
from typing import NotRequired, TypedDict

from modelway.monitoring.slo import WINDOWS, Burn, Objectives, burns

Rule = TypedDict(
    "Rule",
    {
        "record": NotRequired[str],
        "alert": NotRequired[str],
        "expr": str,
        "for": NotRequired[str],
        "labels": NotRequired[dict[str, str]],
        "annotations": NotRequired[dict[str, str]],
    },
)
"""A rule as a Prometheus rule file has it: `record` or `alert`, and an expression."""


class Group(TypedDict):
    """Rules that Prometheus evaluates together."""

    name: str
    interval: NotRequired[str]
    rules: list[Rule]


ERRORS = "modelway:inference_errors:ratio_rate"
REQUESTS = "modelway:inference_requests:rate"
LATENCY = "modelway:inference_latency_p99:seconds"


def endpoint_rules(model: str, team: str, answering: Sequence[str], objectives: Objectives) -> list[Group]:
    """The rules of one endpoint.

    `answering` are the versions whose answers somebody gets; a shadow's faults hurt nobody and do not count.
    """
    matcher = f'model="{model}",version=~"{_either(answering)}"'
    return [
        {"name": f"{model}-recording", "interval": "30s", "rules": _recording(model, matcher)},
        {"name": f"{model}-objectives", "rules": _alerts(model, team, answering, objectives)},
    ]


def base_rules(teams: Sequence[str]) -> list[Group]:
    """The rules of a cluster: sums over all endpoints, and faults of pods and scaling that no single endpoint's metrics show.

    Those read kube-state-metrics, in the namespaces of `teams`.
    """
    namespaces = f'namespace=~"{_either(sorted(teams))}"'
    fleet: list[Rule] = [
        {"record": "modelway:fleet_requests:rate5m", "expr": "sum(rate(inference_requests_total[5m]))"},
        {"record": "modelway:fleet_errors:rate5m", "expr": 'sum(rate(inference_requests_total{code=~"5.."}[5m]))'},
    ]
    alerts = [
        _alert(
            "ModelPodCrashLooping",
            f'max_over_time(kube_pod_container_status_waiting_reason{{{namespaces},reason="CrashLoopBackOff"}}[5m]) >= 1',
            "15m",
            "page",
            "{{ $labels.namespace }}/{{ $labels.pod }} keeps crashing",
            "The container starts and ends again. Its log of the run before says why: kubectl logs --previous.",
        ),
        _alert(
            "ModelReplicasShort",
            f"kube_deployment_status_replicas_available{{{namespaces}}} < kube_deployment_spec_replicas{{{namespaces}}}",
            "15m",
            "page",
            "{{ $labels.namespace }}/{{ $labels.deployment }} has fewer ready pods than it should",
            "Pods are not ready or find no room; kubectl describe says which.",
        ),
        _alert(
            "ModelAtScalingLimit",
            f"kube_horizontalpodautoscaler_status_current_replicas{{{namespaces}}}"
            f" >= kube_horizontalpodautoscaler_spec_max_replicas{{{namespaces}}}"
            f" and kube_horizontalpodautoscaler_spec_max_replicas{{{namespaces}}}"
            f" > kube_horizontalpodautoscaler_spec_min_replicas{{{namespaces}}}",
            "30m",
            "ticket",
            "{{ $labels.namespace }}/{{ $labels.horizontalpodautoscaler }} cannot grow any further",
            "Load may outgrow it; raise scaling.max of the model, or find out what changed.",
        ),
        _alert(
            "ModelNotScraped",
            f"up{{{namespaces}}} == 0",
            "10m",
            "ticket",
            "{{ $labels.namespace }}/{{ $labels.pod }} does not give its metrics",
            "What it does is not seen, and its objectives are not watched.",
        ),
    ]
    return [{"name": "modelway-fleet", "interval": "30s", "rules": fleet}, {"name": "modelway-pods", "rules": alerts}]


def _recording(model: str, matcher: str) -> list[Rule]:
    labels = {"model": model}
    ratios: list[Rule] = [{"record": f"{ERRORS}{window}", "expr": _ratio(matcher, window), "labels": labels} for window in WINDOWS]
    by_version: list[Rule] = [
        {"record": f"{REQUESTS}5m", "expr": f'sum by (model, version) (rate(inference_requests_total{{model="{model}"}}[5m]))'},
        {
            "record": LATENCY,
            "expr": "histogram_quantile(0.99, sum by (model, version, le) "
            f'(rate(inference_request_duration_seconds_bucket{{model="{model}"}}[5m])))',
        },
    ]
    return ratios + by_version


def _ratio(matcher: str, window: str) -> str:
    requests = f"sum(rate(inference_requests_total{{{matcher}}}[{window}]))"
    faults = f'sum(rate(inference_requests_total{{{matcher},code=~"5.."}}[{window}]))'
    # A program that has not counted any fault has no series for it; as long as there are requests, that means none.
    return f"({faults} or 0 * {requests}) / ({requests} > 0)"


def _alerts(model: str, team: str, answering: Sequence[str], objectives: Objectives) -> list[Rule]:
    owned = {"model": model, "team": team}
    matcher = f'model="{model}",version=~"{_either(answering)}"'
    seconds = _number(objectives.latency_p99_seconds)
    rules = [_burn_alert(model, owned, burn, objectives) for burn in burns(objectives)]
    rules.append(
        _alert(
            "EndpointErrorRate",
            f'{ERRORS}5m{{model="{model}"}} > {_number(objectives.error_rate)}',
            "5m",
            "page",
            f"{model} fails more than {_percent(objectives.error_rate)} of its requests",
            "{{ $value | humanizePercentage }} of the last five minutes' requests were answered with 5xx.",
            owned,
        )
    )
    rules.append(
        _alert(
            "EndpointLatency",
            f"{LATENCY}{{{matcher}}} > {seconds}",
            "10m",
            "page",
            f"{model} {{{{ $labels.version }}}} is slower than it should be",
            f"One request in a hundred takes {{{{ $value | humanizeDuration }}}} or more; promised are {seconds} s.",
            owned,
        )
    )
    rules += [
        _alert(
            "EndpointAbsent",
            f'absent(inference_request_duration_seconds_count{{model="{model}",version="{version}"}})',
            "15m",
            "page",
            f"{model} {version} gives no metrics",
            "No pod of this version was read for 15 minutes, though it should answer requests.",
            owned | {"version": version},
        )
        for version in answering
    ]
    return rules


def _burn_alert(model: str, owned: dict[str, str], burn: Burn, objectives: Objectives) -> Rule:
    limit = _number(burn.factor * objectives.error_budget)
    return _alert(
        "EndpointErrorBudgetBurn",
        f'{ERRORS}{burn.long}{{model="{model}"}} > {limit} and {ERRORS}{burn.short}{{model="{model}"}} > {limit}',
        burn.hold,
        burn.severity,
        f"{model} burns its error budget {_number(burn.factor)} times too fast",
        f"More than {_percent(burn.factor * objectives.error_budget)} of requests failed over {burn.long}, and over {burn.short} still."
        f" The objective of 30 days is {_percent(objectives.availability)} answered.",
        owned | {"long_window": burn.long},
    )


def _alert(
    name: str, expression: str, hold: str, severity: str, summary: str, description: str, labels: dict[str, str] | None = None
) -> Rule:
    return {
        "alert": name,
        "expr": expression,
        "for": hold,
        "labels": {"severity": severity, **(labels or {})},
        "annotations": {"summary": summary, "description": description},
    }


def _either(names: Sequence[str]) -> str:
    """A regular expression for exactly these names, inside a PromQL string."""
    return "|".join(name.replace(".", "\\\\.") for name in names)


def _number(value: float) -> str:
    return f"{value:.10g}"


def _percent(fraction: float) -> str:
    return f"{_number(fraction * 100)} %"
