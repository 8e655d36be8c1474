"""How right answers are: one function for each metric, with what each row adds to it.

`truth` of a class is 1 or 0, or anything between where only its probability is known; `weight` is how much a row counts. The influence of
a row is what the metric would move by, were there infinitely more of it, times the number of rows: its standard deviation over the square
root of the rows is the standard error (Hampel, The influence curve and its role in robust estimation, JASA 69, 1974; of the area under the
curve it is that of DeLong, DeLong and Clarke-Pearson, Biometrics 44, 1988). A metric without one is drawn again and again instead.
"""

from collections.abc import Callable
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
LEAST = float(np.finfo(np.float64).eps)
"""Probabilities are kept this far from 0 and 1 before their logarithm is taken, and what is divided by is at least this, as scikit-learn
does."""
BINS = 10
"""Of equal width, for the calibration error."""


class Raw(NamedTuple):
    """A metric of some rows."""

    value: float
    influence: Floats | None
    """One of each row."""
    size: float
    """Rows that decide it: those in the denominator; of two classes the fewer."""


Measure = Callable[[Floats, Floats, Floats], Raw]
"""Of truth, answer and weight. The value is NaN where it is not defined, such as a recall without a positive."""


def mean_of(loss: Callable[[Floats, Floats], Floats]) -> Measure:
    """The mean of what each row adds."""

    def measure(truth: Floats, answer: Floats, weight: Floats) -> Raw:
        values = loss(truth, answer)
        return _ratio(values, np.ones_like(values), weight)

    return measure


def share_of(part: Callable[[Floats, Floats], Floats], whole: Callable[[Floats, Floats], Floats]) -> Measure:
    """One sum over another."""

    def measure(truth: Floats, answer: Floats, weight: Floats) -> Raw:
        return _ratio(part(truth, answer), whole(truth, answer), weight)

    return measure


def _ratio(part: Floats, whole: Floats, weight: Floats) -> Raw:
    total, below = float(weight.sum()), float((weight * whole).sum())
    if not below:
        return Raw(float("nan"), np.zeros_like(part), 0)
    value = float((weight * part).sum()) / below
    return Raw(value, (part - value * whole) * (total / below), below)


def mean_over_classes(part: Callable[[Floats, Floats], Floats], whole: Callable[[Floats, Floats], Floats]) -> Measure:
    """One sum over another for each class (numbered from 0), and the mean of these; a class that is in neither sum is left out."""

    def measure(truth: Floats, answer: Floats, weight: Floats) -> Raw:
        classes = np.union1d(truth, answer)
        each = []
        for one in classes:
            true, answered = (truth == one).astype(float), (answer == one).astype(float)
            each.append(_ratio(part(true, answered), whole(true, answered), weight))
        known = [raw for raw in each if raw.size]
        if not known:
            return Raw(float("nan"), np.zeros_like(truth), 0)
        influence = np.mean([raw.influence for raw in known if raw.influence is not None], axis=0)
        return Raw(float(np.mean([raw.value for raw in known])), influence, min(raw.size for raw in known))

    return measure


def root_mean_squared_error(truth: Floats, answer: Floats, weight: Floats) -> Raw:
    """Root of the mean squared error, in the label's unit."""
    squared = _ratio((truth - answer) ** 2, np.ones_like(truth), weight)
    root = float(np.sqrt(squared.value))
    return Raw(root, squared.influence / (2 * root) if squared.influence is not None and root else np.zeros_like(truth), squared.size)


def r2(truth: Floats, answer: Floats, weight: Floats) -> Raw:
    """One minus the squared errors over the squared distances from the mean of the labels; -infinity to 1."""
    total = float(weight.sum())
    mean = float((weight * truth).sum()) / total
    errors, distances = (truth - answer) ** 2, (truth - mean) ** 2
    left, whole = float((weight * errors).sum()) / total, float((weight * distances).sum()) / total
    if not whole:
        return Raw(float("nan"), np.zeros_like(truth), 0)
    return Raw(1 - left / whole, -(errors - left) / whole + left * (distances - whole) / whole**2, total)


def median_absolute_error(truth: Floats, answer: Floats, weight: Floats) -> Raw:
    """The middle one of the absolute errors, in the label's unit."""
    errors = np.abs(truth - answer)
    order = np.argsort(errors, kind="stable")
    reached = np.cumsum(weight[order])
    half = reached[-1] / 2
    low, high = int(np.searchsorted(reached, half, side="left")), int(np.searchsorted(reached, half, side="right"))
    middle = errors[order][[min(low, errors.size - 1), min(high, errors.size - 1)]]
    return Raw(float(middle.mean()), None, float(reached[-1]))


def quantile_loss(quantile: float) -> Measure:
    """Mean of q·(y - p) where the label is above the answer, (1 - q)·(p - y) where it is below (Koenker and Bassett, 1978)."""
    return mean_of(lambda truth, answer: np.maximum(quantile * (truth - answer), (quantile - 1) * (truth - answer)))


def log_loss(truth: Floats, answer: Floats) -> Floats:
    """Of each row, in nats."""
    kept = np.clip(answer, LEAST, 1 - LEAST)
    return np.asarray(-(truth * np.log(kept) + (1 - truth) * np.log(1 - kept)))


def brier(truth: Floats, answer: Floats) -> Floats:
    """Squared distance of the probability from what happened, of each row; 0 to 1 (Brier, Monthly Weather Review 78, 1950)."""
    return truth * (1 - answer) ** 2 + (1 - truth) * answer**2


def roc_auc(truth: Floats, answer: Floats, weight: Floats) -> Raw:
    """Chance that a positive has a higher answer than a negative, ties counted half; 0 to 1."""
    _, place = np.unique(answer, return_inverse=True)
    right, wrong = np.bincount(place, weight * truth), np.bincount(place, weight * (1 - truth))
    positives, negatives = float(right.sum()), float(wrong.sum())
    if not positives or not negatives:
        return Raw(float("nan"), np.zeros_like(truth), 0)
    below = (np.cumsum(wrong) - wrong / 2) / negatives
    above = 1 - (np.cumsum(right) - right / 2) / positives
    value = float((right * below).sum()) / positives
    share = positives / (positives + negatives)
    influence = truth * (below[place] - value) / share + (1 - truth) * (above[place] - value) / (1 - share)
    return Raw(value, influence, min(positives, negatives))


def average_precision(truth: Floats, answer: Floats, weight: Floats) -> Raw:
    """Precision at each threshold, weighted by the recall that it adds; 0 to 1, the share of positives where answers are chance."""
    _, place = np.unique(-answer, return_inverse=True)
    right, wrong = np.bincount(place, weight * truth), np.bincount(place, weight * (1 - truth))
    positives, above = float(right.sum()), np.maximum(np.cumsum(right + wrong), LEAST)
    if not positives:
        return Raw(float("nan"), np.zeros_like(truth), 0)
    found = np.cumsum(right)
    precision = found / above
    value = float((right * precision).sum()) / positives
    # A row counts at its own threshold, and in the precision at every lower one.
    lower = np.cumsum((right / above)[::-1])[::-1]
    lower_found = np.cumsum((right * found / above**2)[::-1])[::-1]
    influence = truth * (precision[place] - value + lower[place]) - lower_found[place]
    return Raw(value, influence * (float(weight.sum()) / positives), positives)


def calibration_error(truth: Floats, answer: Floats, weight: Floats) -> Raw:
    """Distance between the mean probability and how often it came true, in ten bins of equal width, weighted by their rows; 0 to 1.

    Expected calibration error of Naeini, Cooper and Hauskrecht (AAAI 2015). Chance alone makes it larger than 0, and more so of few rows.
    """
    place = np.minimum((answer * BINS).astype(int), BINS - 1)
    apart = np.bincount(place, weight * (truth - answer), minlength=BINS)
    return Raw(float(np.abs(apart).sum() / weight.sum()), None, float(weight.sum()))


def positive(truth: Floats, answer: Floats) -> Floats:
    """1 where the label is 1."""
    return truth + 0 * answer


def negative(truth: Floats, answer: Floats) -> Floats:
    """1 where the label is 0."""
    return 1 - truth + 0 * answer


def answered(truth: Floats, answer: Floats) -> Floats:
    """1 where the answer is 1."""
    return answer + 0 * truth


def true_positive(truth: Floats, answer: Floats) -> Floats:
    """1 where both are 1."""
    return truth * answer


def twice_true_positive(truth: Floats, answer: Floats) -> Floats:
    """2 where both are 1."""
    return 2 * truth * answer


def true_negative(truth: Floats, answer: Floats) -> Floats:
    """1 where both are 0."""
    return (1 - truth) * (1 - answer)


def false_positive(truth: Floats, answer: Floats) -> Floats:
    """1 where the answer is 1 and the label 0."""
    return (1 - truth) * answer


def positive_or_answered(truth: Floats, answer: Floats) -> Floats:
    """How many of both are 1."""
    return truth + answer


def right(truth: Floats, answer: Floats) -> Floats:
    """1 where both are the same class; where only its probability is known, how probable that is."""
    between = (truth > 0) & (truth < 1)
    return np.where(between, truth * answer + (1 - truth) * (1 - answer), truth == answer)
