"""Metrics by the names that contracts call them by."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Literal

import numpy as np

from modelway.monitoring.drift import measures
from modelway.monitoring.drift.answers import Kind, NotSaid
from modelway.monitoring.drift.measures import Measure, mean_of, mean_over_classes, share_of

Scale = Literal["plain", "log", "logit"]
"""Where errors are taken to be symmetric: of a metric that is never below 0 in its logarithm, of one from 0 to 1 in its log-odds."""


@dataclass(frozen=True)
class Metric:
    """How a metric is computed."""

    name: str
    """As scikit-learn calls it, where it does."""
    kind: Kind
    better: Literal["higher", "lower"]
    scale: Scale
    measure: Measure
    quantile: float | None = None


_ONE: Mapping[str, Metric] = MappingProxyType(
    {
        metric.name: metric
        for metric in (
            Metric("roc_auc", "score", "higher", "logit", measures.roc_auc),
            Metric("average_precision", "score", "higher", "logit", measures.average_precision),
            Metric("log_loss", "probability", "lower", "log", mean_of(measures.log_loss)),
            Metric("brier_score", "probability", "lower", "log", mean_of(measures.brier)),
            Metric("calibration_error", "probability", "lower", "plain", measures.calibration_error),
            Metric("recall", "binary", "higher", "logit", share_of(measures.true_positive, measures.positive)),
            Metric("precision", "binary", "higher", "logit", share_of(measures.true_positive, measures.answered)),
            Metric("specificity", "binary", "higher", "logit", share_of(measures.true_negative, measures.negative)),
            Metric("false_positive_rate", "binary", "lower", "logit", share_of(measures.false_positive, measures.negative)),
            Metric("f1", "binary", "higher", "logit", share_of(measures.twice_true_positive, measures.positive_or_answered)),
            Metric("accuracy", "classes", "higher", "logit", mean_of(measures.right)),
            Metric("balanced_accuracy", "classes", "higher", "logit", mean_over_classes(measures.true_positive, measures.positive)),
            Metric("recall_macro", "classes", "higher", "logit", mean_over_classes(measures.true_positive, measures.positive)),
            Metric("precision_macro", "classes", "higher", "logit", mean_over_classes(measures.true_positive, measures.answered)),
            Metric(
                "f1_macro", "classes", "higher", "logit", mean_over_classes(measures.twice_true_positive, measures.positive_or_answered)
            ),
            Metric("mean_squared_error", "number", "lower", "log", mean_of(lambda y, p: (y - p) ** 2)),
            Metric("root_mean_squared_error", "number", "lower", "log", measures.root_mean_squared_error),
            Metric("mean_absolute_error", "number", "lower", "log", mean_of(lambda y, p: np.abs(y - p))),
            Metric("median_absolute_error", "number", "lower", "log", measures.median_absolute_error),
            Metric(
                "mean_absolute_percentage_error",
                "number",
                "lower",
                "log",
                mean_of(lambda y, p: np.abs(y - p) / np.maximum(np.abs(y), measures.LEAST)),
            ),
            Metric("r2", "number", "higher", "plain", measures.r2),
        )
    }
)
_ALSO: Mapping[str, str] = MappingProxyType(
    {
        "auc": "roc_auc",
        "auroc": "roc_auc",
        "roc_auc_score": "roc_auc",
        "ap": "average_precision",
        "pr_auc": "average_precision",
        "average_precision_score": "average_precision",
        "logloss": "log_loss",
        "cross_entropy": "log_loss",
        "brier": "brier_score",
        "brier_score_loss": "brier_score",
        "ece": "calibration_error",
        "expected_calibration_error": "calibration_error",
        "fpr": "false_positive_rate",
        "recall_score": "recall",
        "tpr": "recall",
        "true_positive_rate": "recall",
        "sensitivity": "recall",
        "tnr": "specificity",
        "precision_score": "precision",
        "f1_score": "f1",
        "accuracy_score": "accuracy",
        "balanced_accuracy_score": "balanced_accuracy",
        "macro_f1": "f1_macro",
        "macro_recall": "recall_macro",
        "macro_precision": "precision_macro",
        "mse": "mean_squared_error",
        "rmse": "root_mean_squared_error",
        "mae": "mean_absolute_error",
        "mape": "mean_absolute_percentage_error",
        "r2_score": "r2",
    }
)
"""Other names of the same."""
KNOWN = (*_ONE, "quantile_loss_0.9")


def metric(name: str) -> Metric:
    """The metric of that name, in any case and with - or . for _. Raises NotSaid for one that is not known."""
    plain = name.lower().replace("-", "_")
    found = _ONE.get(_ALSO.get(plain, plain))
    if found is not None:
        return found
    if matched := re.fullmatch(r"(?:mean_)?(?:quantile|pinball)_loss(?:_(0?\.\d+))?", plain):
        quantile = float(matched[1]) if matched[1] else None
        return Metric("quantile_loss", "number", "lower", "log", measures.quantile_loss(quantile or 0.5), quantile)
    raise NotSaid(f"nobody knows here how {name} is computed: name one of {', '.join(KNOWN)}")
