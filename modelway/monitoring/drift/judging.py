"""Whether a metric is so much worse than it was that it is too much, and no chance."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import msgspec
import numpy as np
from numpy.typing import NDArray
from scipy import stats

from modelway.architecture.contract import Contract
from modelway.architecture.drift import ConceptDrift
from modelway.monitoring.drift.answers import NotSaid, Values, texts
from modelway.monitoring.drift.baseline import Baseline, Reached
from modelway.monitoring.drift.estimate import calibration_by_chance
from modelway.monitoring.drift.known import Metric
from modelway.monitoring.drift.measures import Floats
from modelway.monitoring.drift.metrics import FEWEST, Measured, chance, measured, of_reference, on, plain, segment_of
from modelway.monitoring.drift.parity import named
from modelway.monitoring.drift.result import Finding


@dataclass(frozen=True)
class Judged:
    """A metric against what it was."""

    drifted: bool
    chance: float
    """Of a value as bad as this where the true loss is half the drop; so where there is none it is rarer still."""
    limit: float
    """What the metric has to pass at this number of rows."""
    loss: float
    """How much worse it is, below 0 when it is better."""


def judged(one: Metric, now: Measured, reference: float, error: float, drop: float, level: float) -> Judged:
    """The metric has drifted where it lost at least `drop`, and at the level it is no chance that it lost more than half of it. `error` is
    the standard error of the reference, on the metric's scale."""
    half, whole = (reference - by if one.better == "higher" else reference + by for by in (drop / 2, drop))
    likely = chance(one, now, half, error)
    reach = float(stats.t.isf(level, max(now.size - 1, 1))) * float(np.hypot(now.error, error))
    evident = plain(one.scale, on(one.scale, half) + (-reach if one.better == "higher" else reach))
    limit = min(evident, whole) if one.better == "higher" else max(evident, whole)
    loss = reference - now.value if one.better == "higher" else now.value - reference
    return Judged(loss >= drop and likely < level, likely, limit, loss)


def miscalibrated(
    one: Metric, now: Measured, given: Floats, confidence: Sequence[tuple[float, float, int]], reference: float, drop: float, level: float
) -> Judged:
    """The same of a calibration error, against what chance makes of these very probabilities where they come true as on the reference."""
    mean, deviation = calibration_by_chance(one, given, confidence)
    usual = mean if confidence else max(mean, reference)
    likely = float(stats.norm.sf((now.value - usual - drop / 2) / max(deviation, 1e-12)))
    limit = usual + max(drop, drop / 2 + float(stats.norm.isf(level)) * deviation)
    return Judged(now.value - usual >= drop and likely < level, likely, limit, now.value - usual)


def lost(loss: float) -> str:
    return f"worse by {loss:.3g}" if loss > 0 else "no worse"


def finding(subject: str, method: str, now: Measured, found: Judged, why: str, segment: str | None = None, *, sure: bool) -> Finding:
    """What is told of it; `sure` where it is beyond doubt if it has drifted."""
    return Finding(
        watch="concept",
        subject=subject,
        method=method,
        state="drifted" if found.drifted else "steady",
        rows=now.rows,
        why=why,
        score=now.value,
        threshold=found.limit,
        chance=found.chance,
        effect=found.loss,
        low=now.low,
        high=now.high,
        segment=segment,
        sure=sure and found.drifted,
    )


def by_group(
    declared: ConceptDrift,
    contract: Contract,
    baseline: Baseline,
    one: Metric,
    columns: dict[str, Values],
    truth: Floats,
    given: Floats,
    requests: NDArray[np.int64],
    level: float,
    sure: float,
) -> Iterator[Finding]:
    """Of each column in `columns` the worst of its groups, each against what the baseline reached on it, with both levels divided by
    how many there are of all columns."""
    known = [reached for reached in baseline.reached if reached.metric == declared.metric and reached.column in columns]
    if one.name == "calibration_error":
        # What chance makes of it differs from group to group, and a baseline does not know how often probabilities came true in each.
        return
    for column, values in columns.items():
        members = texts(values)
        by_hash = {segment_of(baseline.salt, value): value for value in dict.fromkeys(members.tolist()) if value is not None}
        found = []
        for reached in known:
            value = by_hash.get(reached.segment or "") if reached.column == column else None
            if value is not None and (chosen := members == value).sum() >= FEWEST:
                shown = named(contract, column, value, baseline.salt)
                found += _of_group(
                    declared, one, reached, shown, truth[chosen], given[chosen], requests[chosen], level / len(known), sure / len(known)
                )
        if found:
            worst = min(found, key=lambda told: (told.state != "drifted", told.chance))
            yield msgspec.structs.replace(worst, why=f"{worst.why}; the worst of {len(found)} groups")


def _of_group(
    declared: ConceptDrift,
    one: Metric,
    reached: Reached,
    shown: str,
    truth: Floats,
    given: Floats,
    requests: NDArray[np.int64],
    level: float,
    sure: float,
) -> list[Finding]:
    """One, or none where the metric is not defined in the group."""
    try:
        now = measured(one, truth, given, requests=requests)
    except NotSaid:
        return []
    found = judged(one, now, reached.value, of_reference(reached, one.scale), declared.drop, level)
    was = f"{declared.metric} of group {shown[:16]} is {now.value:.4g} and was {reached.value:.4g}"
    why = f"{was}: {lost(found.loss)}, {declared.drop:g} is too much"
    return [finding(reached.column or "", f"{declared.metric}_by_group", now, found, why, shown, sure=found.chance < sure)]
