"""What was found, as metrics for Prometheus: by a textfile, a Pushgateway or remote write."""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import get_args

from prometheus_client import CollectorRegistry, Metric, push_to_gateway, write_to_textfile
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.registry import Collector

from modelway.errors import ModelwayError
from modelway.monitoring.drift import posting, remote_write
from modelway.monitoring.drift.posting import NotTold
from modelway.monitoring.drift.ranking import worst
from modelway.monitoring.drift.result import Finding, Result, State, Watch
from modelway.monitoring.drift.watched import Watched

JOB = "modelway-drift"
_COLUMNS = ("data", "prediction", "quality")
"""Watches whose subjects are columns, of which there may be thousands."""


@dataclass(frozen=True)
class Health:
    """How a run went."""

    faults: int = 0
    """What could not be done though the rest was."""
    looked_at: frozenset[str] = frozenset()
    """Versions whose windows were looked at; one without a usable baseline is not."""
    without_labels: bool = False
    """Whether labels are due that could not be had."""


def families(watched: Watched, results: Mapping[str, Result], now: float, health: Health) -> CollectorRegistry:
    """The newest result of each version as gauges, and how the run went, in a registry of their own. `now`: when the job ran, in seconds
    since 1970.

    Of columns only `most_features` of each version have series, the worst of the window. Comparisons without a score have none.
    """
    registry = CollectorRegistry(auto_describe=False)
    registry.register(_Found(_metrics(watched, results, now, health)))
    return registry


def export(watched: Watched, results: Mapping[str, Result], now: float, health: Health) -> None:
    """Afterwards every place that `watched.exported` names has the metrics. All are tried; raises NotTold with every fault."""
    registry, exported = families(watched, results, now, health), watched.exported
    faults: list[str] = []
    if exported.textfile is not None:
        try:
            Path(exported.textfile).parent.mkdir(parents=True, exist_ok=True)
            # To a file beside it, which then takes its place.
            write_to_textfile(exported.textfile, registry)
        except OSError as fault:
            faults.append(f"{exported.textfile} could not be written: {fault.strerror}.")
    if exported.pushgateway is not None:
        faults += _pushed(exported.pushgateway, watched, registry)
    for address in (exported.remote_write, *exported.remote_write_copies):
        if address is None:
            continue
        try:
            remote_write.write(address, registry.collect(), now, exported.region)
        except ModelwayError as fault:
            faults.append(str(fault))
    if faults:
        raise NotTold("\n".join(faults))


def _pushed(address: str, watched: Watched, registry: CollectorRegistry) -> list[str]:
    # A group of its own for each endpoint, which is replaced as a whole: series of a version that has gone go too.
    group = {"environment": watched.environment, "endpoint": watched.endpoint}
    try:
        push_to_gateway(address, JOB, registry, group)
    except (OSError, ValueError) as fault:
        # The text of some of them has the whole address.
        code = getattr(fault, "code", None)
        why = f"answered with {code}" if code else f"could not be reached ({type(getattr(fault, 'reason', fault)).__name__})"
        return [f"The Pushgateway at {posting.shown(address if '://' in address else f'http://{address}')} {why}."]
    return []


class _Found(Collector):
    def __init__(self, metrics: list[Metric]) -> None:
        self._metrics = metrics

    def collect(self) -> list[Metric]:
        return self._metrics


def _metrics(watched: Watched, results: Mapping[str, Result], now: float, health: Health) -> list[Metric]:
    owned = {"environment": watched.environment, "endpoint": watched.endpoint}
    version, by_feature = ("model_version",), ("model_version", "feature", "method")

    def gauge(name: str, help_: str, labels: tuple[str, ...] = ()) -> GaugeMetricFamily:
        return GaugeMetricFamily(f"ml_drift_{name}", help_, labels=(*owned, *labels))

    score = gauge("score", "How far a window is from the reference, by the method's own measure.", by_feature)
    threshold = gauge("threshold", "What the score has to pass to be drift, at the window's number of rows.", by_feature)
    state = gauge("state", "1 for the state of the newest window.", (*version, "watch", "state"))
    unknown = gauge("unknown", "Comparisons of the newest window of which nothing is known.", (*version, "watch"))
    alarm = gauge("alarm", "1 while enough of the last windows have drifted.", (*version, "watch"))
    rows = gauge("rows", "Rows of the newest window.", version)
    end = gauge("window_end_timestamp_seconds", "When the newest window ended.", version)
    labels_share = gauge("labels_share", "Share of the labels that are due and there.", version)
    for name, result in sorted(results.items()):
        key = (*owned.values(), name)
        for finding in exported_findings(result, watched.exported.most_features):
            assert finding.score is not None
            score.add_metric([*key, finding.subject, finding.method], finding.score)
            if finding.threshold is not None and math.isfinite(finding.threshold):
                threshold.add_metric([*key, finding.subject, finding.method], finding.threshold)
        for one in result.alarms:
            alarm.add_metric([*key, one.watch], one.raised)
            for possible in get_args(State):
                state.add_metric([*key, one.watch, possible], one.state == possible)
            unknown.add_metric([*key, one.watch], _unknown(result, one.watch))
        rows.add_metric(key, result.counts.rows)
        end.add_metric(key, result.end)
        due = result.accounting.labels + result.accounting.labels_missing
        if health.without_labels:
            # What an earlier window had is no news of these.
            labels_share.add_metric(key, 0)
        elif due:
            labels_share.add_metric(key, result.accounting.labels / due)
    looked_at = gauge("version_looked_at", "1 where windows of the version were looked at, 0 where they could not be.", version)
    for one_version in watched.versions:
        looked_at.add_metric([*owned.values(), one_version.version], one_version.version in health.looked_at)
    faults = gauge("faults", "What the last run could not do.")
    faults.add_metric([*owned.values()], health.faults)
    last = gauge("last_run_timestamp_seconds", "When the job last looked.")
    last.add_metric([*owned.values()], now)
    window = gauge("window_seconds", "Length of a window.")
    window.add_metric([*owned.values()], _window(watched))
    return [score, threshold, state, unknown, alarm, rows, end, labels_share, looked_at, faults, last, window]


def exported_findings(result: Result, most_features: int) -> list[Finding]:
    """The findings that have series: with a score, of the worst columns, one for each column and method. Of groups it is the worst one's;
    which that is, is nobody's business but the page's."""
    found: dict[tuple[str, str], Finding] = {}
    columns: dict[str, None] = {}
    for finding in worst(result.findings):
        if finding.score is None or not math.isfinite(finding.score):
            continue
        if finding.watch in _COLUMNS:
            if finding.subject not in columns and len(columns) >= most_features:
                continue
            columns[finding.subject] = None
        found.setdefault((finding.subject, finding.method), finding)
    return list(found.values())


def _unknown(result: Result, watch: Watch) -> int:
    return sum(finding.watch == watch and finding.state == "unknown" and not finding.estimated for finding in result.findings)


def _window(watched: Watched) -> float:
    window = watched.described.window
    return window.seconds if window is not None else math.nan
