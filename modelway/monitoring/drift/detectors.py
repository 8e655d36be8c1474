"""Where in a window errors began to rise: sequential detectors on the stream of errors, and how sure it is.

ADWIN (Bifet and Gavaldà, SDM 2007) and Page-Hinkley (Page, Biometrika 41, 1954) look at how large errors are, DDM (Gama et al., SBIA 2004)
at whether an answer is wrong; they are river's. How often one fires by chance depends on the stream, and for the last two on constants that
nobody can choose. So one that fires is believed only if the rise is no chance either: by the largest distance of the cumulated errors below
the line between their ends, which of a stream without a change is that of a Brownian bridge, P(D > x) = exp(-2x²) in units of the standard
deviation times the root of the length (Ploberger and Krämer, Econometrica 60, 1992).
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray
from river.drift import ADWIN, PageHinkley
from river.drift.binary import DDM
from scipy import stats

from modelway.monitoring.drift.known import Metric
from modelway.monitoring.drift.measures import Floats

Detector = Literal["adwin", "page_hinkley", "ddm"]
MOST = 50_000
"""Requests up to which each is looked at; of more, so many means of neighbours."""


@dataclass(frozen=True)
class Change:
    """What one detector says of a window."""

    detector: Detector
    fired: float | None
    """Share of the requests after which it fired at a rise; None when it did not."""
    since: float
    """Share of the requests after which errors are larger, as far as they are at all."""
    before: float
    """Mean error up to there,"""
    after: float
    """and from there."""
    chance: float
    """Probability of such a rise where nothing changes within the window."""


def errors_of(one: Metric, truth: Floats, given: Floats) -> tuple[Floats, Floats]:
    """How large the error of each row is, and whether its answer is wrong (1 or 0): of a probability the distance from the label, and
    whether it is on the other side of 0.5; of a class whether it is another one; of a number or a score the rank of its error among all, 0
    to 1, and whether it is above the middle."""
    if one.kind in ("binary", "classes"):
        wrong = (truth != given).astype(float)
        return wrong, wrong
    if one.kind in ("score", "probability") and given.size and given.min() >= 0 and given.max() <= 1:
        return np.abs(truth - given), ((given >= 0.5) != truth).astype(float)
    apart = np.abs(truth - given) if one.kind == "number" else np.where(truth == 1, -given, given)
    ranks = (stats.rankdata(apart) - 0.5) / max(apart.size, 1)
    return ranks, (ranks > 0.5).astype(float)


def changes(errors: Floats, wrong: Floats, requests: NDArray[np.int64]) -> tuple[Change, ...]:
    """What each detector says of errors between 0 and 1, in the order of time. Rows of one request are one."""
    large, far = _by_request(errors, requests), np.round(_by_request(wrong, requests))
    large = _together(large)
    far = far[np.linspace(0, far.size - 1, min(far.size, MOST)).astype(int)] if far.size else far
    return tuple(_changes(large, far))


def _changes(large: Floats, far: Floats) -> Iterator[Change]:
    # Below the noise of the whole stream nothing is a rise; its default of 50 is more than a window of a few hundred rows can reach.
    reach = float(large.std() * np.sqrt(large.size))
    makers: tuple[tuple[Detector, Floats, Callable[[], ADWIN | PageHinkley | DDM]], ...] = (
        ("adwin", large, ADWIN),
        ("page_hinkley", large, lambda: PageHinkley(threshold=max(reach, 1e-9), alpha=1.0, mode="up")),
        ("ddm", far, DDM),
    )
    for name, stream, make in makers:
        since, chance = rise(stream)
        before, after = (float(part.mean()) if part.size else 0.0 for part in (stream[:since], stream[since:]))
        fired = _fired(make(), stream, since) if after > before else None
        share = max(stream.size, 1)
        yield Change(name, None if fired is None else (fired + 1) / share, since / share, before, after, chance)


def after(requests: NDArray[np.int64], share: float) -> NDArray[np.bool_]:
    """The rows of the requests that came after that share of them; rows are in the order of time."""
    _, first, place = np.unique(requests, return_index=True, return_inverse=True)
    turn = np.empty(first.size, dtype=np.int64)
    turn[np.argsort(first, kind="stable")] = np.arange(first.size)
    return np.asarray(turn[place] >= round(share * first.size))


def rise(stream: Floats) -> tuple[int, float]:
    """After how many values of a stream they are larger, as far as they are at all, and the chance of such a rise where nothing changes."""
    size = stream.size
    deviation = float(stream.std())
    if size < 2 or deviation == 0:
        return 0, 1.0
    below = np.arange(1, size + 1) * stream.mean() - np.cumsum(stream)
    since = int(np.argmax(below[:-1]))
    reached = max(float(below[since]), 0.0) / (deviation * np.sqrt(size))
    return since + 1, float(np.exp(-2 * reached**2))


def _fired(detector: ADWIN | PageHinkley | DDM, stream: Floats, since: int) -> int | None:
    """Place of the first value after the rise began at which the detector fires."""
    for place, value in enumerate(stream.tolist()):
        detector.update(value)  # type: ignore[no-untyped-call]  # two of the three have no types
        if detector.drift_detected and place >= since:
            return place
    return None


def _by_request(values: Floats, requests: NDArray[np.int64]) -> Floats:
    """The mean of each request, in the order of their first rows."""
    if not values.size:
        return values
    _, first, place = np.unique(requests, return_index=True, return_inverse=True)
    means = np.bincount(place, values) / np.bincount(place)
    return np.asarray(means[np.argsort(first, kind="stable")])


def _together(values: Floats) -> Floats:
    if values.size <= MOST:
        return values
    place = np.arange(values.size) * MOST // values.size
    return np.asarray(np.bincount(place, values) / np.bincount(place))
