"""What a metric may be before labels are there, by what probabilities were worth on the reference.

Confidence-based performance estimation: each answer counts as a positive and as a negative at once, weighted by how often such a
probability came true on the reference (NannyML's CBPE; Guillory et al., Predicting with confidence on unseen distributions, ICCV 2021, for
its limits). It sees that requests became harder. It cannot see that the world answers the same requests otherwise than before: that is why
it never is an alarm.
"""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from modelway.monitoring.drift.answers import NotSaid
from modelway.monitoring.drift.known import Metric
from modelway.monitoring.drift.measures import Floats
from modelway.monitoring.drift.metrics import SEED, Measured, measured

ESTIMATED = (
    "roc_auc",
    "average_precision",
    "log_loss",
    "brier_score",
    "recall",
    "precision",
    "specificity",
    "false_positive_rate",
    "f1",
    "accuracy",
)
"""Metrics that can be estimated."""
DRAWS = 200
MOST_DRAWN = 100_000
"""Rows that chance is drawn for: of more there is next to none."""


def came_true(confidence: Sequence[tuple[float, float, int]], probabilities: Floats) -> Floats:
    """How often probabilities came true on the reference: between the middles of its bins on a straight line, and never falling.

    Neighbouring bins where it fell are taken together (isotonic regression by pool adjacent violators, Ayer et al. 1955).
    """
    pooled: list[list[float]] = []
    for said, true, rows in confidence:
        pooled.append([said * rows, true * rows, float(rows)])
        while len(pooled) > 1 and pooled[-2][1] / pooled[-2][2] > pooled[-1][1] / pooled[-1][2]:
            last = pooled.pop()
            pooled[-1] = [one + other for one, other in zip(pooled[-1], last, strict=True)]
    middles = [part[0] / part[2] for part in pooled]
    return np.interp(probabilities, middles, [part[1] / part[2] for part in pooled])


def estimate(
    one: Metric, probabilities: Floats, confidence: Sequence[tuple[float, float, int]], *, cut: bool, requests: NDArray[np.int64]
) -> Measured:
    """The metric that is to be expected of these answers; its error is that of which requests came, not of the method. Raises NotSaid
    where it cannot be estimated."""
    if one.name not in ESTIMATED or not (one.kind in ("score", "probability") or cut):
        raise NotSaid(f"{one.name} cannot be estimated without labels")
    if not confidence:
        raise NotSaid("nothing is known of how often its probabilities come true: make the baseline with `--labels COLUMN`")
    kept = np.isfinite(probabilities)
    given = probabilities[kept]
    if given.size and not (given.min() >= 0 and given.max() <= 1):
        raise NotSaid("answers lie beyond 0 to 1, so that they are no probabilities")
    truth = came_true(confidence, given)
    return measured(one, truth, (given >= 0.5).astype(float) if cut else given, requests=requests[kept])


def calibration_by_chance(one: Metric, probabilities: Floats, confidence: Sequence[tuple[float, float, int]]) -> tuple[float, float]:
    """Mean and standard deviation of the calibration error of these answers where they come true as often as on the reference, or as they
    say where that is not known: what few rows make of it by chance."""
    random = np.random.default_rng(SEED)
    given = probabilities if probabilities.size <= MOST_DRAWN else np.sort(random.choice(probabilities, MOST_DRAWN, replace=False))
    often = came_true(confidence, given) if confidence else given
    weight = np.ones_like(given)
    drawn = [one.measure((random.random(given.size) < often).astype(float), given, weight).value for _ in range(DRAWS)]
    return float(np.mean(drawn)), float(np.std(drawn, ddof=1))
