"""Whether answers became worse at some time within a window."""

from collections.abc import Callable, Iterator

import numpy as np
from numpy.typing import NDArray

from modelway.architecture.drift import ConceptDrift
from modelway.monitoring.drift import detectors
from modelway.monitoring.drift.answers import NotSaid
from modelway.monitoring.drift.judging import Judged
from modelway.monitoring.drift.known import Metric
from modelway.monitoring.drift.measures import Floats
from modelway.monitoring.drift.metrics import Measured, measured
from modelway.monitoring.drift.result import Finding

Judge = Callable[[Measured, Floats, float, float], Judged]
"""A metric of rows and the answers of these against what it was, by a drop and a level."""


def within(
    declared: ConceptDrift,
    one: Metric,
    truth: Floats,
    given: Floats,
    requests: NDArray[np.int64],
    smallest: float,
    level: float,
    judge: Judge,
) -> Iterator[Finding]:
    """What each detector says of rows in the order of time. A rise smaller than `smallest`, or more probable than `level`, is none; and it
    has drifted only where the metric of all rows is worse than it was, and that of the rows since the rise by the drop. Whether a rise is
    drift is unknown where nobody says what the metric was."""
    try:
        now = measured(one, truth, given, requests=requests)
        worse: bool | None = judge(now, given, 0.0, level).drifted
    except NotSaid:
        worse = None
    errors, wrong = detectors.errors_of(one, truth, given)
    for change in detectors.changes(errors, wrong, requests):
        more = change.after - change.before
        rose = change.fired is not None and change.chance < level and more >= smallest
        drifted = rose and worse is True and _worse_since(declared, one, truth, given, requests, change.since, level, judge)
        if change.fired is None:
            why = "no rise of the errors is found within the window"
        elif rose:
            said = f"errors rise from {change.before:.3g} to {change.after:.3g} after {change.since:.0%} of the window's requests"
            accepted = (
                f"; what {declared.metric} was is not known" if worse is None else f"; {declared.metric} is not worse than is accepted"
            )
            why = f"{said}, found after {change.fired:.0%}{'' if drifted else accepted}"
        else:
            why = "a rise of the errors within the window may be chance, or is too small"
        yield Finding(
            watch="concept",
            subject=declared.metric,
            method=change.detector,
            state="drifted" if drifted else "unknown" if rose and worse is None else "steady",
            rows=truth.size,
            why=why,
            score=more,
            threshold=smallest,
            chance=change.chance,
            effect=more,
        )


def _worse_since(
    declared: ConceptDrift,
    one: Metric,
    truth: Floats,
    given: Floats,
    requests: NDArray[np.int64],
    since: float,
    level: float,
    judge: Judge,
) -> bool:
    """Whether the metric of the requests after that share of them has drifted."""
    part = detectors.after(requests, since)
    try:
        now = measured(one, truth[part], given[part], requests=requests[part])
        return judge(now, given[part], declared.drop, level).drifted
    except NotSaid:
        return False
