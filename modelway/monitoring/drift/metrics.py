"""Metrics of rows with intervals, and what a version reached on its reference."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import special, stats

from modelway.architecture.contract import Contract
from modelway.monitoring.drift.answers import NotSaid, Values, answer, numbers, texts
from modelway.monitoring.drift.baseline import Reached, hashed
from modelway.monitoring.drift.cells import text
from modelway.monitoring.drift.known import Metric, Scale, metric
from modelway.monitoring.drift.measures import Floats, Raw
from modelway.monitoring.drift.windows import first

Integers = NDArray[np.int64]

DRAWS = 200
"""Of a bootstrap."""
MOST_DRAWN = 20_000
"""Rows that a bootstrap draws from; of more rows the error is that of so many, scaled."""
SEED = 20261127
FEWEST = 30
"""Rows of a group, and of a bin of probabilities, below which nothing is said about it."""
MOST_BINS = 20
"""Bins of probabilities."""
MOST_WINDOWS, FEWEST_WINDOWS = 60, 5
"""Of the reference, that are compared with each other."""
MOST_SEGMENTS = 10
"""Values of a column up to which each is looked at as a group."""


@dataclass(frozen=True)
class Measured:
    """A metric of some rows."""

    value: float
    rows: int
    """With an answer and a label."""
    error: float
    """Standard error, on the scale."""
    size: float
    """Rows that decide it, see measures.Raw."""
    scale: Scale
    low: float
    """Interval of 95 %."""
    high: float


def comparable(one: Metric, answers: Values, labels: Values, *, cut: bool, text: bool) -> tuple[Floats, Floats, NDArray[np.bool_]]:
    """Labels and answers as a measure takes them, and which rows have both. Classes are numbered in the order of their texts.

    `cut`: answers are probabilities, of which 0.5 and more is class 1. `text`: they are texts. Raises NotSaid for what does not fit.
    """
    if text:
        return _named(one, answers, labels)
    truth, given = numbers(labels), numbers(answers)
    kept = np.isfinite(truth) & np.isfinite(given)
    truth, given = truth[kept], given[kept]
    two = one.kind in ("score", "probability", "binary") or cut
    if two and not np.isin(truth, (0, 1)).all():
        raise NotSaid(f"{one.name} needs labels that are 0 or 1, true or false, and there are others: name a metric of the model's task")
    if (one.kind == "probability" or cut) and given.size and not (given.min() >= 0 and given.max() <= 1):
        raise NotSaid(f"{one.name} needs a probability, and answers lie beyond 0 to 1: make the first output of floating point one")
    if cut:
        given = (given >= 0.5).astype(float)
    elif one.kind == "binary" and not np.isin(given, (0, 1)).all():
        raise NotSaid(f"{one.name} needs answers that are 0 or 1, true or false, and there are others: name {one.name}_macro or accuracy")
    return truth, given, kept


def _named(one: Metric, answers: Values, labels: Values) -> tuple[Floats, Floats, NDArray[np.bool_]]:
    if one.kind != "classes":
        raise NotSaid(f"{one.name} needs answers that are 0 or 1, and the output holds texts: name accuracy, f1_macro or the like")
    truth, given = texts(labels), texts(answers)
    kept = np.array([left is not None and right is not None for left, right in zip(truth, given, strict=True)], dtype=bool)
    _, place = np.unique(np.concatenate([truth[kept], given[kept]]).astype(str), return_inverse=True)
    numbered = place.astype(np.float64)
    return numbered[: int(kept.sum())], numbered[int(kept.sum()) :], kept


def measured(one: Metric, truth: Floats, given: Floats, *, weight: Floats | None = None, requests: Integers | None = None) -> Measured:
    """The metric of rows that `comparable` gave, and how sure it is. Rows of one request (`requests`, numbered from 0) are not independent
    and count as one draw. The error is that of the influences, else of a bootstrap over requests, the same each time. Raises NotSaid where
    it is not defined on these rows."""
    weights = np.ones_like(truth) if weight is None else weight
    raw = one.measure(truth, given, weights) if truth.size else Raw(float("nan"), None, 0)
    if not np.isfinite(raw.value):
        raise NotSaid(f"{one.name} is not defined where {_undefined(one, truth.size)}")
    groups = np.arange(truth.size) if requests is None else requests
    error = _drawn(one, truth, given, weights, groups) if raw.influence is None else _summed(raw.influence * weights, groups, weights)
    value, error = _scaled(one.scale, raw.value, error, raw.size)
    reach = 1.959964 * error
    return Measured(raw.value, truth.size, error, raw.size, one.scale, plain(one.scale, value - reach), plain(one.scale, value + reach))


def _undefined(one: Metric, rows: int) -> str:
    if not rows:
        return "no row has both an answer and a label"
    if one.name in ("precision", "f1"):
        return "no row is answered with 1"
    return "all labels are the same"


def _summed(influence: Floats, groups: Integers, weights: Floats) -> float:
    sums = np.bincount(groups, influence)
    sums = sums[np.bincount(groups) > 0]
    if sums.size < 2:
        return float("inf")
    return float(np.sqrt((sums**2).sum() * sums.size / (sums.size - 1)) / weights.sum())


def _drawn(one: Metric, truth: Floats, given: Floats, weights: Floats, groups: Integers) -> float:
    random = np.random.default_rng(SEED)
    shrink = 1.0
    if truth.size > MOST_DRAWN:
        some = np.sort(random.choice(truth.size, MOST_DRAWN, replace=False))
        shrink = float(np.sqrt(MOST_DRAWN / truth.size))
        truth, given, weights, groups = truth[some], given[some], weights[some], groups[some]
    _, place = np.unique(groups, return_inverse=True)
    count = int(place.max()) + 1
    drawn = [one.measure(truth, given, weights * random.multinomial(count, np.full(count, 1 / count))[place]).value for _ in range(DRAWS)]
    known = [value for value in drawn if np.isfinite(value)]
    return float(np.std(known, ddof=1)) * shrink if len(known) > DRAWS // 2 else float("inf")


def on(scale: Scale, value: float, size: float = float("inf")) -> float:
    """A value on its scale; one at the end of it is taken to be half a row away."""
    least = max(0.5 / (size + 1), 1e-9)
    if scale == "logit":
        return float(special.logit(min(max(value, least), 1 - least)))
    return float(np.log(max(value, 1e-300))) if scale == "log" else value


def plain(scale: Scale, value: float) -> float:
    """A value from its scale."""
    if scale == "logit":
        return float(special.expit(value))
    return float(np.exp(min(value, 700))) if scale == "log" else value


def _scaled(scale: Scale, value: float, error: float, size: float) -> tuple[float, float]:
    there = on(scale, value, size)
    if scale == "logit":
        inside = plain(scale, there)
        if not 0.5 / (size + 1) < value < 1 - 0.5 / (size + 1):
            # At the end of the scale rows differ in nothing; what of that many rows could still be is that of half a row.
            error = float(np.sqrt(inside * (1 - inside) / max(size, 1)))
        return there, error / (inside * (1 - inside))
    if scale == "log":
        return there, error / value if value > 0 else float("inf")
    return there, error


def of_reference(found: Reached, scale: Scale) -> float:
    """How far the truth of one window may be from what a baseline says was reached, as a standard deviation on the scale: the reference's
    own error, and what windows differ by by nature."""
    width = on(scale, found.high) - on(scale, found.low)
    return float(np.hypot(width / 2 / 1.959964, np.sqrt(found.natural_variance)))


def chance(one: Metric, now: Measured, against: float, error: float) -> float:
    """Probability of a value that is as bad as `now` or worse where the truth is `against`, which is itself known up to `error` (on the
    scale). By Student's distribution, with as many degrees of freedom as rows decide the metric."""
    apart = on(one.scale, against) - on(one.scale, now.value, now.size)
    apart = apart if one.better == "higher" else -apart
    whole = float(np.hypot(now.error, error))
    if not np.isfinite(whole) or whole == 0:
        return 0.0 if whole == 0 and apart > 0 else 1.0
    return float(stats.t.sf(apart / whole, max(now.size - 1, 1)))


def segment_of(salt: str, value: bool | int | float | str) -> str:
    """The hash of a group."""
    return hashed(salt, text(value))


def reached(
    predictions: Mapping[str, Values],
    labels: Values,
    contract: Contract,
    *,
    groups: Mapping[str, Values] | None = None,
    salt: str = "",
    times: Floats | None = None,
    window_seconds: int = 0,
) -> tuple[Reached, ...]:
    """What the contract's metrics are on a reference: `predictions` by output, `labels`, and by column who belongs to which group (that of
    parity, and inputs of up to ten values), for which each is said apart where a group has 30 rows; all in the same order of rows. With
    `times` (seconds since 1970) also what windows of `window_seconds` differ by. A metric that cannot be computed is left out."""
    found: list[Reached] = []
    for named in contract.metrics:
        try:
            one = metric(named.name)
            output = answer(contract, named.name, one.kind, one.quantile)
            given = predictions.get(output.column, predictions.get(output.column.removesuffix("[0]")))
            if given is None:
                continue
            truth, answers, kept = comparable(one, given, labels, cut=output.cut, text=output.text)
            natural = 0.0
            if times is not None and window_seconds:
                natural = _natural(one, truth, answers, (times[kept] - first(window_seconds)) // window_seconds)
            found.append(_reached(named.name, measured(one, truth, answers), natural))
        except NotSaid:
            continue
        for column, values in (groups or {}).items():
            for segment, chosen in _segments(values[kept], salt):
                try:
                    now = measured(one, truth[chosen], answers[chosen])
                except NotSaid:
                    continue
                found.append(_reached(named.name, now, natural, column, segment))
    return tuple(found)


def _segments(values: Values, salt: str) -> list[tuple[str, NDArray[np.bool_]]]:
    named = texts(values) if values.dtype == object else values
    there = np.array([value is not None and value == value for value in named], dtype=bool)
    by_hash: dict[str, NDArray[np.bool_]] = {}
    for value in dict.fromkeys(named[there].tolist()):
        by_hash[segment_of(salt, value)] = np.asarray(named == value) & there
        if len(by_hash) > MOST_SEGMENTS:
            return []
    return sorted((segment, chosen) for segment, chosen in by_hash.items() if chosen.sum() >= FEWEST)


def _reached(name: str, now: Measured, natural: float, column: str | None = None, segment: str | None = None) -> Reached:
    return Reached(name, now.value, now.rows, now.low, now.high, column, segment, natural)


def _natural(one: Metric, truth: Floats, given: Floats, windows: Floats) -> float:
    """Variance between windows beyond that of their errors, by moments (DerSimonian and Laird, Controlled Clinical Trials 7, 1986); of up
    to 60 of them, 0 where fewer than 5 have 30 rows."""
    known = np.unique(windows[np.isfinite(windows)])
    values, errors = [], []
    for window in known[np.linspace(0, known.size - 1, min(known.size, MOST_WINDOWS)).astype(int)] if known.size else ():
        chosen = windows == window
        if chosen.sum() < FEWEST:
            continue
        try:
            now = measured(one, truth[chosen], given[chosen])
        except NotSaid:
            continue
        if np.isfinite(now.error):
            values.append(on(one.scale, now.value, now.size))
            errors.append(now.error)
    if len(values) < FEWEST_WINDOWS:
        return 0.0
    return max(0.0, float(np.var(values, ddof=1) - np.mean(np.square(errors))))


def confidence(probabilities: Values, labels: Values) -> tuple[tuple[float, float, int], ...]:
    """Of probabilities and labels of 0 and 1: mean probability, how often it came true, rows; in up to 20 bins of about as many rows, none
    below 30. Rows without one of both are left out; empty where something else is among them."""
    given, truth = numbers(probabilities), numbers(labels)
    kept = np.isfinite(given) & np.isfinite(truth)
    given, truth = given[kept], truth[kept]
    if given.size < FEWEST or given.min() < 0 or given.max() > 1 or not np.isin(truth, (0, 1)).all():
        return ()
    most = min(MOST_BINS, given.size // FEWEST)
    cuts = np.unique(np.quantile(given, np.arange(1, most) / most))
    place = np.searchsorted(cuts, given, side="right")
    bins: list[tuple[float, float, int]] = []
    left = np.zeros(3)
    for bin_ in range(cuts.size + 1):
        inside = place == bin_
        left += (given[inside].sum(), truth[inside].sum(), inside.sum())
        if left[2] >= FEWEST:
            bins.append((float(left[0] / left[2]), float(left[1] / left[2]), int(left[2])))
            left = np.zeros(3)
    return tuple(bins)
