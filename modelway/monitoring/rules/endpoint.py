"""The rules of one endpoint: what it promised, and how its versions do side by side."""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from modelway.monitoring.rules import versions
from modelway.monitoring.rules.drift import DriftFacts, drift_rules
from modelway.monitoring.rules.writing import (
    BUDGET_LEFT,
    ERRORS,
    FAULTS,
    LATENCY,
    REQUESTS,
    Group,
    Rule,
    alert,
    either,
    group,
    linked,
    number,
    percent,
    record,
)
from modelway.monitoring.slo import Burn, Objectives, burns, duration, windows


@dataclass(frozen=True)
class EndpointFacts:
    """What rules have to know of an endpoint."""

    model: str
    team: str
    namespace: str
    """Where it serves."""
    answering: Sequence[str]
    """Versions whose answers somebody gets. A shadow's faults hurt nobody and do not count."""
    objectives: Objectives
    canary: str | None = None
    """The version that is tried on a few requests."""
    behind_envoy: bool = False
    """Whether Envoy Gateway routes the requests, and tells of each pod."""
    cold_start_seconds: float = 0
    """How long it may take from no pod at all until one answers; 0 where there is always one."""
    drift: DriftFacts | None = None
    """What is watched of its drift; None where nobody looks."""
    runbooks: str | None = None
    """Address of the folder that people read pages of alerts in."""

    @property
    def versions(self) -> list[str]:
        return sorted(self.answering)

    @property
    def matcher(self) -> str:
        return f'model="{self.model}",version=~"{either(self.versions)}"'

    @property
    def owned(self) -> dict[str, str]:
        return {"model": self.model, "team": self.team}


def endpoint_rules(facts: EndpointFacts) -> list[Group]:
    """The rules of one endpoint; every alert has the labels severity, team and model, and a page in docs/runbooks."""
    groups = [
        group(f"{facts.model}-recording", _recording(facts), "30s"),
        # A sum over a month is a hundred thousand readings: every five minutes is often enough.
        group(f"{facts.model}-budget", [_budget_left(facts)], "5m"),
        group(f"{facts.model}-objectives", _alerts(facts)),
    ]
    compared = [
        *(versions.canary_rules(facts.model, facts.team, facts.canary, facts.versions) if facts.canary is not None else ()),
        *(versions.gateway_rules(facts.model, facts.team, facts.namespace, facts.objectives) if _pods_are_told(facts) else ()),
    ]
    if compared:
        groups.append(group(f"{facts.model}-versions", compared))
    if facts.drift is not None:
        groups += drift_rules(facts.drift)
    return linked(groups, facts.runbooks)


def _pods_are_told(facts: EndpointFacts) -> bool:
    # Where there may be no pod the Gateway leads to the address of all of them, and knows no single one.
    return facts.behind_envoy and not facts.cold_start_seconds


def _recording(facts: EndpointFacts) -> Iterator[Rule]:
    for window in windows(facts.objectives):
        yield record(f"{ERRORS}{window}", _ratio(facts.matcher, window), {"model": facts.model})
    by_version = f'sum by (model, version) (rate(inference_requests_total{{model="{facts.model}"%s}}[5m]))'
    yield record(REQUESTS, by_version % "")
    yield record(FAULTS, by_version % ',code=~"5.."')
    buckets = f'sum by (model, version, le) (rate(inference_request_duration_seconds_bucket{{model="{facts.model}"}}[5m]))'
    yield record(LATENCY, f"histogram_quantile(0.99, {buckets})")


def _ratio(matcher: str, window: str) -> str:
    requests = f"sum(rate(inference_requests_total{{{matcher}}}[{window}]))"
    faults = f'sum(rate(inference_requests_total{{{matcher},code=~"5.."}}[{window}]))'
    # A program that has not counted any fault has no series for it; as long as there are requests, that means none.
    return f"({faults} or 0 * {requests}) / ({requests} > 0)"


def _budget_left(facts: EndpointFacts) -> Rule:
    window = duration(facts.objectives.days * 24 * 60)
    faults, requests = (f"sum(sum_over_time({series}{{{facts.matcher}}}[{window}]))" for series in (FAULTS, REQUESTS))
    spent = f"({faults} or 0 * {requests}) / ({requests} > 0)"
    return record(BUDGET_LEFT, f"1 - ({spent}) / {number(facts.objectives.error_budget)}", {"model": facts.model})


def _alerts(facts: EndpointFacts) -> Iterator[Rule]:
    model, objectives = facts.model, facts.objectives
    seconds = number(objectives.latency_p99_seconds)
    for burn in burns(objectives):
        yield _burn_alert(facts, burn)
    yield alert(
        "EndpointErrorRate",
        f'{ERRORS}5m{{model="{model}"}} > {number(objectives.error_rate)}',
        hold="5m",
        severity="page",
        summary=f"{model} fails more than {percent(objectives.error_rate)} of its requests",
        description="{{ $value | humanizePercentage }} of the last five minutes' requests were answered with 5xx.",
        labels=facts.owned,
    )
    yield alert(
        "EndpointLatency",
        f"{LATENCY}{{{facts.matcher}}} > {seconds}",
        hold="10m",
        severity="page",
        summary=f"{model} {{{{ $labels.version }}}} is slower than it should be",
        description=f"One request in a hundred takes {{{{ $value | humanizeDuration }}}} or more; promised are {seconds} s.",
        labels=facts.owned,
    )
    for version in facts.versions:
        silent = f'absent(inference_request_duration_seconds_count{{model="{model}",version="{version}"}})'
        if facts.cold_start_seconds:
            # Without pods nothing is told, and that is as it should be until somebody asks.
            silent += f" and on () ({versions.asked(facts.namespace, model)} > 0)"
        yield alert(
            "EndpointAbsent",
            silent,
            hold=f"{max(15, math.ceil(facts.cold_start_seconds / 60) + 5)}m",
            severity="page",
            summary=f"{model} {version} gives no metrics",
            description="No pod of this version was read for a quarter of an hour or longer, though it should answer requests.",
            labels={**facts.owned, "version": version},
        )


def _burn_alert(facts: EndpointFacts, burn: Burn) -> Rule:
    objectives = facts.objectives
    limit = number(burn.factor * objectives.error_budget)
    series = f'{{model="{facts.model}"}} > {limit}'
    return alert(
        "EndpointErrorBudgetBurn",
        f"{ERRORS}{burn.long}{series} and {ERRORS}{burn.short}{series}",
        hold=burn.hold,
        severity="page" if burn.severity == "page" else "ticket",
        summary=f"{facts.model} burns its error budget {number(burn.factor)} times too fast",
        description=f"More than {percent(burn.factor * objectives.error_budget)} of requests failed over {burn.long}, and over {burn.short}"
        f" still. The objective of {objectives.days} days is {percent(objectives.availability)} answered.",
        labels={**facts.owned, "long_window": burn.long},
    )
