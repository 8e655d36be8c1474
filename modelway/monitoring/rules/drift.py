"""The rules about a model's drift. What has drifted a job decides and tells, once a window; here somebody is told of it, and of a job,
labels or payloads that do not come.

By remote write a series has one sample a window and is stale five minutes later, so every rule looks back over more than a window.
"""

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from types import MappingProxyType

from modelway.architecture.monitoring import Severity
from modelway.monitoring.rules.writing import Group, Rule, alert, group, linked, number, quoted
from modelway.monitoring.slo import MINUTES_PER_DAY, duration

ALARM = "ml_drift_alarm"
"""1 while enough of the last windows have drifted, by environment, endpoint, version and what is watched."""
ROWS = "ml_drift_rows"
LAST_RUN = "ml_drift_last_run_timestamp_seconds"
LABELS_SHARE = "ml_drift_labels_share"
"""Share of the labels that are due and there."""
JOB_FAULTS = "ml_drift_faults"
"""What the last run could not do though the rest was."""

STARVED = 0.5
"""Share of the labels that are due below which nothing that is said of a model's answers holds for all of them."""
FEWEST, FEWEST_AT_ONCE = 100, 10
"""Requests that should have been kept in a window before it is odd that none was, and in the part of it that is asked about."""
PART = 60
"""Minutes of a window in which it is asked whether there were requests."""
FARTHEST = 7 * MINUTES_PER_DAY
"""Minutes back to which rules ask for requests: a Prometheus keeps them for 15 days, where nobody says more."""
SLACK = 30
"""Minutes that a run may begin later than it should, wait for its tries, and take."""
SLOW = 6 * 60
"""Minutes of a window from which its rules are evaluated every five minutes: they look far back, and nothing is in a hurry."""


@dataclass(frozen=True)
class DriftFacts:
    """What rules have to know of what is watched of a model."""

    environment: str
    model: str
    team: str
    window_seconds: float
    lateness_seconds: float
    """How long after its end a window is looked at."""
    severities: Mapping[str, Severity]
    """By what is watched: data, prediction, quality, concept, parity. What is missing is not watched."""
    labels: bool = False
    """Whether labels are waited for."""
    kept: float | None = None
    """Share of requests that is kept; None where nothing in Prometheus counts requests."""
    runbooks: str | None = None
    """Address of the folder that people read pages of alerts in."""

    @property
    def series(self) -> str:
        """What picks out the endpoint's series."""
        return f"environment={quoted(self.environment)},endpoint={quoted(self.model)}"

    @property
    def owned(self) -> dict[str, str]:
        return {"model": self.model, "team": self.team}

    @property
    def window_minutes(self) -> int:
        return math.ceil(self.window_seconds / 60)

    @property
    def run_minutes(self) -> int:
        """From one run of the job to the next: a window, a day at most (components/drift.py)."""
        return min(self.window_minutes, MINUTES_PER_DAY)

    @property
    def reach_minutes(self) -> int:
        """Long enough to have the last run's samples in it, also where that came late."""
        return 2 * self.run_minutes + SLACK

    @property
    def reach(self) -> str:
        return duration(self.reach_minutes)


@dataclass(frozen=True)
class _Told:
    """How an alarm of the job is told."""

    alert: str
    summary: str
    """With the model before it."""
    description: str


_ALARMS: Mapping[str, _Told] = MappingProxyType(
    {
        "data": _Told("DriftData", "is asked what it did not learn from", "Requests of version {} differ from its reference"),
        "prediction": _Told("DriftPrediction", "answers otherwise than it used to", "Answers of version {} differ from its reference"),
        "quality": _Told("DriftQuality", "gets requests of bad quality", "Values that version {} gets are missing, wrong or out of range"),
        "concept": _Told("DriftConcept", "is right less often than it was", "Labels say that version {} is worse than its reference"),
        "parity": _Told("DriftParity", "treats groups unequally", "Between groups version {} differs by more than is allowed"),
    }
)


def drift_rules(facts: DriftFacts) -> list[Group]:
    """The rules about a model's drift, in one group."""
    interval = "5m" if facts.window_minutes >= SLOW else None
    return linked([group(f"{facts.model}-drift", _rules(facts), interval)], facts.runbooks)


def _rules(facts: DriftFacts) -> Iterator[Rule]:
    for watch, severity in facts.severities.items():
        yield _alarm(facts, watch, severity)
    yield from _silent(facts)
    yield _faults(facts)
    if facts.kept is not None:
        yield _capture_stopped(facts, facts.kept)
    if facts.labels:
        yield _labels_starved(facts)


def _alarm(facts: DriftFacts, watch: str, severity: Severity) -> Rule:
    told = _ALARMS[watch]
    return alert(
        told.alert,
        f'max by (model_version) (last_over_time({ALARM}{{{facts.series},watch="{watch}"}}[{facts.reach}])) > 0',
        # The job has already waited until enough windows agreed.
        hold="0m",
        severity=severity,
        summary=f"{facts.model} {told.summary}",
        description=f"{told.description.format('{{ $labels.model_version }}')}, in as many of the last windows as it takes for an alarm.",
        labels=facts.owned,
    )


def _silent(facts: DriftFacts) -> Iterator[Rule]:
    """Two rules: a last run that is too long ago, and none at all."""
    # A run that fell out.
    late = math.ceil(1.5 * facts.run_minutes) + SLACK
    last = f"{LAST_RUN}{{{facts.series}}}"
    reasons = {
        "late": (f"time() - max(last_over_time({last}[{duration(3 * late)}])) > {60 * late}", "5m", "Its last run is too long ago"),
        "never": (f"absent_over_time({last}[{duration(2 * late)}])", duration(late), "Nothing is known of any run"),
    }
    for reason, (expression, hold, words) in reasons.items():
        yield alert(
            "DriftJobSilent",
            expression,
            hold=hold,
            severity="ticket",
            summary=f"Nobody looks whether {facts.model} drifts",
            description=f"{words}: it runs every {duration(facts.run_minutes)}. No alert about drift means nothing meanwhile.",
            labels={**facts.owned, "reason": reason},
        )


def _faults(facts: DriftFacts) -> Rule:
    return alert(
        "DriftJobFaults",
        f"max(last_over_time({JOB_FAULTS}{{{facts.series}}}[{facts.reach}])) > 0",
        # What the next run makes up for is nobody's business.
        hold=duration(facts.run_minutes + SLACK),
        severity="ticket",
        summary=f"Not all of {facts.model} is looked at",
        description="The job that looks for drift could not do {{ $value }} things, in two runs one after the other: the end of its log "
        "says which. What it did not look at no alert is about.",
        labels=facts.owned,
    )


def _capture_stopped(facts: DriftFacts, kept: float) -> Rule:
    """No row in the newest window of a version that had requests by the time that it began. So requests that began just now are no fault:
    the window that they are in is looked at before this has held for long enough."""
    part = min(facts.window_minutes, PART)
    back = min(facts.window_minutes + math.ceil(facts.lateness_seconds / 60), FARTHEST)
    fewest = max(FEWEST * part / facts.window_minutes, FEWEST_AT_ONCE)
    rows = f"max by (model_version) (last_over_time({ROWS}{{{facts.series}}}[{facts.reach}])) == 0"
    asked = f'sum by (version) (increase(inference_requests_total{{model="{facts.model}"}}[{duration(part)}] offset {duration(back)}))'
    requests = f'label_replace({asked}, "model_version", "$1", "version", "(.*)") * {number(kept)} > {number(fewest)}'
    # Where a window is longer than it is from one run to the next, it may have to wait for its run.
    late = facts.run_minutes if facts.window_minutes > facts.run_minutes else 0
    return alert(
        "DriftCaptureStopped",
        f"{rows} and on (model_version) {requests}",
        hold=duration(part + late + SLACK),
        severity="ticket",
        summary=f"Requests of {facts.model} are not kept",
        description="The last window of version {{ $labels.model_version }} has no row, though requests should have been kept.",
        labels=facts.owned,
    )


def _labels_starved(facts: DriftFacts) -> Rule:
    share = f"min by (model_version) (last_over_time({LABELS_SHARE}{{{facts.series}}}[{facts.reach}]))"
    return alert(
        "DriftLabelsStarved",
        f"{share} < {number(STARVED)}",
        hold=duration(facts.run_minutes),
        severity="ticket",
        summary=f"Labels of {facts.model} do not come",
        description="Of the labels of version {{ $labels.model_version }} that are due, {{ $value | humanizePercentage }} are there.",
        labels=facts.owned,
    )
