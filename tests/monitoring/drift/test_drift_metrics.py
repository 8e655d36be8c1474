"""Metrics are those of scikit-learn, their intervals hold what they say, and what cannot be computed says why."""

import itertools
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from modelway.architecture.contract import Contract
from modelway.monitoring.drift import metrics
from modelway.monitoring.drift.answers import NotSaid, Values, answer, label_column, numbers
from modelway.monitoring.drift.known import KNOWN, metric
from modelway.monitoring.drift.measures import Floats
from modelway.monitoring.drift.metrics import chance, comparable, confidence, measured, reached
from modelway.monitoring.drift.windows import MONDAY

sklearn = pytest.importorskip("sklearn.metrics")

Theirs = Callable[[Any, Any], float]


def contract(
    outputs: dict[str, str], names: tuple[str, ...] = ("roc_auc",), columns: dict[str, dict[str, object]] | None = None
) -> Contract:
    return Contract.model_validate(
        {
            "signature": {
                "inputs": ({"name": "x", "datatype": "FP64", "shape": (-1,)},),
                "outputs": tuple({"name": name, "datatype": datatype, "shape": (-1,)} for name, datatype in outputs.items()),
            },
            "expectations": columns or {},
            "metrics": tuple({"name": name, "direction": "higher", "reference": 0.5} for name in names),
            "sample": {"inputs": ({"name": "x", "datatype": "FP64", "shape": (1,), "data": (1.0,)},)},
        }
    )


def rows(count: int, seed: int = 0) -> tuple[Floats, Floats]:
    """Labels of 0 and 1, and probabilities that are calibrated, with ties."""
    random = np.random.default_rng(seed)
    probability = np.round(random.beta(2, 3, count), 2)
    return (random.random(count) < probability).astype(float), probability


def now(name: str, truth: Floats, given: Values, **options: Any) -> metrics.Measured:
    one = metric(name)
    kept = comparable(one, given, truth, cut=options.pop("cut", False), text=options.pop("text", False))
    return measured(one, kept[0], kept[1], **options)


OF_SCORES: dict[str, Theirs] = {
    "roc_auc": sklearn.roc_auc_score,
    "average_precision": sklearn.average_precision_score,
    "log_loss": sklearn.log_loss,
    "brier": sklearn.brier_score_loss,
}
OF_CLASSES: dict[str, Theirs] = {
    "recall": sklearn.recall_score,
    "precision": sklearn.precision_score,
    "f1": sklearn.f1_score,
    "accuracy": sklearn.accuracy_score,
    "balanced_accuracy": sklearn.balanced_accuracy_score,
    "specificity": lambda y, p: sklearn.recall_score(1 - y, 1 - p),
    "fpr": lambda y, p: 1 - sklearn.recall_score(1 - y, 1 - p),
    "f1_macro": lambda y, p: sklearn.f1_score(y, p, average="macro"),
    "recall_macro": lambda y, p: sklearn.recall_score(y, p, average="macro"),
    "precision_macro": lambda y, p: sklearn.precision_score(y, p, average="macro"),
}
OF_NUMBERS: dict[str, Theirs] = {
    "mse": sklearn.mean_squared_error,
    "rmse": sklearn.root_mean_squared_error,
    "mae": sklearn.mean_absolute_error,
    "median_absolute_error": sklearn.median_absolute_error,
    "mape": sklearn.mean_absolute_percentage_error,
    "r2": sklearn.r2_score,
    "quantile_loss": lambda y, p: sklearn.mean_pinball_loss(y, p, alpha=0.5),
    "quantile_loss_0.9": lambda y, p: sklearn.mean_pinball_loss(y, p, alpha=0.9),
}


@pytest.mark.parametrize("name", sorted(OF_SCORES))
@pytest.mark.parametrize("count", [40, 3000])
def test_scores_are_those_of_scikit_learn(name: str, count: int) -> None:
    truth, probability = rows(count)
    assert now(name, truth, probability).value == pytest.approx(OF_SCORES[name](truth, probability), abs=1e-12)


@pytest.mark.parametrize("name", sorted(OF_CLASSES))
@pytest.mark.parametrize("count", [40, 3000])
def test_classes_are_those_of_scikit_learn(name: str, count: int) -> None:
    truth, probability = rows(count, 1)
    assert now(name, truth, probability, cut=True).value == pytest.approx(OF_CLASSES[name](truth, probability >= 0.5), abs=1e-12)


@pytest.mark.parametrize("name", ["accuracy", "balanced_accuracy", "f1_macro", "recall_macro", "precision_macro"])
def test_classes_may_be_several_and_texts(name: str) -> None:
    random = np.random.default_rng(2)
    truth = random.choice(np.array(["low", "middle", "high"], dtype=object), 400)
    given = np.where(random.random(400) < 0.7, truth, "low").astype(object)
    assert now(name, truth, given, text=True).value == pytest.approx(OF_CLASSES[name](truth, given), abs=1e-12)


@pytest.mark.parametrize("name", sorted(OF_NUMBERS))
@pytest.mark.parametrize("count", [41, 3000])
def test_numbers_are_those_of_scikit_learn(name: str, count: int) -> None:
    random = np.random.default_rng(3)
    truth = random.lognormal(3, 1, count)
    given = truth + random.normal(0, 4, count)
    assert now(name, truth, given).value == pytest.approx(OF_NUMBERS[name](truth, given), rel=1e-12)


def test_calibration_error_is_by_ten_bins() -> None:
    # Worked by hand: the bin of 0.15 holds 1 of 4 (0.10 too few), that of 0.85 holds 3 of 4 (0.10 too many).
    truth, given = np.array([1.0, 0, 0, 0, 1, 1, 1, 0]), np.array([0.15] * 4 + [0.85] * 4)
    assert now("calibration_error", truth, given).value == pytest.approx(0.1)


@pytest.mark.parametrize("name", [*OF_SCORES, "recall", "f1", "accuracy", "precision"])
def test_errors_are_those_of_a_bootstrap(name: str) -> None:
    truth, probability = rows(600, 4)
    cut = name not in OF_SCORES
    found = now(name, truth, probability, cut=cut)
    random = np.random.default_rng(5)
    drawn = []
    for _ in range(300):
        some = random.integers(0, 600, 600)
        kept = comparable(metric(name), probability[some], truth[some], cut=cut, text=False)
        drawn.append(metrics.on(found.scale, metric(name).measure(kept[0], kept[1], np.ones(600)).value))
    assert found.error == pytest.approx(float(np.std(drawn)), rel=0.2)


@pytest.mark.parametrize(
    ("name", "count", "least"), [("roc_auc", 60, 0.92), ("roc_auc", 400, 0.92), ("recall", 60, 0.91), ("brier", 60, 0.9)]
)
def test_intervals_hold_the_truth(name: str, count: int, least: float) -> None:
    cut = name == "recall"
    truth, probability = rows(400_000, 6)
    true = now(name, truth, probability, cut=cut).value
    parts = [slice(at, at + count) for at in range(0, 400 * count, count)]
    found = [now(name, truth[part], probability[part], cut=cut) for part in parts]
    assert np.mean([one.low <= true <= one.high for one in found]) >= least


@pytest.mark.parametrize("name", ["roc_auc", "recall", "log_loss", "f1"])
def test_rows_of_one_request_count_as_one(name: str) -> None:
    truth, probability = rows(200, 7)
    cut = name in ("recall", "f1")
    alone = now(name, truth, probability, cut=cut)
    often = np.repeat(np.arange(200), 9)
    copied = now(name, truth[often], probability[often], cut=cut, requests=often)
    assert copied.value == pytest.approx(alone.value)
    assert copied.error == pytest.approx(alone.error, rel=0.02)


def test_rows_of_one_request_are_drawn_as_one() -> None:
    truth, probability = rows(300, 8)
    often = np.repeat(np.arange(300), 5)
    alone = now("calibration_error", truth, probability)
    copied = now("calibration_error", truth[often], probability[often], requests=often)
    assert copied.error == pytest.approx(alone.error, rel=0.25)


@pytest.mark.parametrize("count", [50, 400])
@pytest.mark.parametrize("name", ["roc_auc", "recall", "brier"])
def test_chance_is_one(name: str, count: int) -> None:
    """As many calm windows are below a level as it says, within what so few rows allow."""
    cut = name == "recall"
    truth, probability = rows(600_000, 9)
    true = now(name, truth, probability, cut=cut).value
    parts = [slice(at, at + count) for at in range(0, 1000 * count, count)]
    chances = [chance(metric(name), now(name, truth[part], probability[part], cut=cut), true, 0.0) for part in parts]
    for level in (0.05, 0.01):
        assert np.mean(np.array(chances) < level) <= 1.5 * level + 0.004


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 10_000), st.sampled_from(sorted(OF_SCORES)))
def test_order_of_rows_is_nothing(seed: int, name: str) -> None:
    truth, probability = rows(80, seed)
    order = np.random.default_rng(seed).permutation(80)
    try:
        one, other = now(name, truth, probability), now(name, truth[order], probability[order])
    except NotSaid:
        assert truth.min() == truth.max()
        return
    assert one.value == pytest.approx(other.value)


def test_what_cannot_be_computed_says_why() -> None:
    truth, probability = rows(40)
    for name, labels, said, options, text in (
        ("roc_auc", np.ones(40), probability, {}, "all labels are the same"),
        ("log_loss", truth, probability * 9, {}, "beyond 0 to 1"),
        ("recall", truth * 7, probability, {"cut": True}, "labels that are 0 or 1"),
        ("recall", truth, np.arange(40.0), {}, "recall_macro"),
        ("recall", np.array(["a"] * 40, dtype=object), np.array(["a"] * 40, dtype=object), {"text": True}, "holds texts"),
        ("mae", np.full(40, np.nan), probability, {}, "no row has both"),
        ("gini_of_the_moon", truth, probability, {}, "nobody knows here how gini_of_the_moon is computed"),
    ):
        with pytest.raises(NotSaid, match=text):
            now(name, labels, said, **options)


def test_every_known_name_is_known() -> None:
    assert [metric(name).name for name in KNOWN[:-1]] == list(KNOWN[:-1])
    assert metric("Mean-Absolute-Error").name == "mean_absolute_error"
    assert metric("pinball_loss_.25").quantile == 0.25


def test_outputs_are_chosen_by_what_a_metric_needs() -> None:
    both = contract({"decision": "BOOL", "probability": "FP64"})
    assert answer(both, "recall", "binary")[:2] == ("decision", False)
    assert answer(both, "roc_auc", "score")[:2] == ("probability", False)
    assert answer(contract({"probability": "FP32"}), "recall", "binary")[:2] == ("probability", True)
    assert answer(contract({"count": "INT64"}), "mae", "number").column == "count"
    quantiles = contract({"demand_p10": "FP64", "demand_p90": "FP64"})
    assert answer(quantiles, "quantile_loss_0.9", "number", 0.9).column == "demand_p90"
    with pytest.raises(NotSaid, match="ends in 50, like p50"):
        answer(quantiles, "quantile_loss_0.5", "number", 0.5)
    with pytest.raises(NotSaid, match="no output of the contract is one"):
        answer(contract({"name": "BYTES"}), "roc_auc", "score")


def test_the_label_is_what_is_left() -> None:
    columns: dict[str, dict[str, object]] = {
        "x": {"range": (0, None)},
        "customer": {"type": "text", "unique": True},
        "at": {"type": "timestamp"},
        "age_band": {"type": "text", "values": ("a", "b")},
        "defaulted": {"type": "boolean"},
    }
    assert label_column(contract({"p": "FP64"}, columns=columns), "age_band") == "defaulted"
    with pytest.raises(NotSaid, match="age_band, defaulted is the label is not clear"):
        label_column(contract({"p": "FP64"}, columns=columns))
    assert label_column(contract({"p": "FP64"}, columns={**columns, "label": {"type": "boolean"}})) == "label"
    with pytest.raises(NotSaid, match="no column of labels"):
        label_column(contract({"p": "FP64"}))


def test_what_was_reached_is_said_of_groups_too() -> None:
    truth, probability = rows(900, 10)
    group = np.array(["young", "old", None] * 300, dtype=object)
    few = np.array(["x"] * 880 + ["y"] * 20, dtype=object)
    many = np.array([str(number) for number in range(900)], dtype=object)
    groups: dict[str, Values] = {"age_band": group, "few": few, "many": many}
    made = reached({"p": probability}, truth, contract({"p": "FP64"}, ("roc_auc", "what")), groups=groups, salt="00ff")
    assert [(one.metric, one.column, one.rows) for one in made] == [
        ("roc_auc", None, 900),
        ("roc_auc", "age_band", 300),
        ("roc_auc", "age_band", 300),
        ("roc_auc", "few", 880),
    ]
    for one in made:
        assert one.low < one.value < one.high
    young = metrics.segment_of("00ff", "young")
    by_hand = sklearn.roc_auc_score(truth[group == "young"], probability[group == "young"])
    assert next(one for one in made if one.segment == young).value == pytest.approx(by_hand)


def test_what_windows_differ_by_by_nature_is_known() -> None:
    random = np.random.default_rng(12)
    times = np.repeat(np.arange(50) * 3600.0, 200)
    truth = random.normal(0, 1, 10_000)
    calm = truth + random.normal(0, 1, 10_000)
    wild = truth + random.normal(0, 1, 10_000) * np.repeat(np.exp(random.normal(0, 0.3, 50)), 200)
    of = contract({"p": "FP64"}, ("rmse",))
    found = [reached({"p": one}, truth, of, times=times, window_seconds=3600)[0].natural_variance for one in (calm, wild)]
    assert found[0] < 0.003
    assert found[1] == pytest.approx(0.09, rel=0.4)
    assert reached({"p": wild}, truth, of, times=times, window_seconds=90_000)[0].natural_variance == 0
    plain, natural = (
        metrics.of_reference(one, "log")
        for one in (reached({"p": wild}, truth, of)[0], reached({"p": wild}, truth, of, times=times, window_seconds=3600)[0])
    )
    assert natural == pytest.approx(np.hypot(plain, np.sqrt(found[1])))


def test_weeks_that_metrics_differ_by_begin_on_mondays() -> None:
    random = np.random.default_rng(13)
    # Four weeks, each with an error of its own, are too few to say anything; five parts of them would be enough.
    times = MONDAY + np.arange(2000) * (7 * 86400 / 500)
    truth = random.normal(0, 1, 2000)
    wild = truth + random.normal(0, 1, 2000) * np.repeat([1.0, 2.0, 4.0, 8.0], 500)
    found = reached({"p": wild}, truth, contract({"p": "FP64"}, ("rmse",)), times=times, window_seconds=7 * 86400)
    assert found[0].natural_variance == 0


def test_labels_may_be_written_in_several_ways() -> None:
    assert numbers(np.array(["true", "False", "1", "0.0", None, "x", True, 3], dtype=object)).tolist()[:4] == [1, 0, 1, 0]
    assert np.isnan(numbers(np.array([None, "x"], dtype=object))).all()
    assert [metrics.segment_of("00", value) for value in (3.0, True)] == [metrics.segment_of("00", text) for text in ("3", "true")]


def test_confidence_is_how_often_it_comes_true() -> None:
    truth, probability = rows(20_000, 11)
    made = confidence(probability, truth)
    assert 15 <= len(made) <= 20
    assert sum(count for *_, count in made) == 20_000
    assert all(abs(said - true) < 0.06 for said, true, _ in made)
    assert all(one[0] < other[0] for one, other in itertools.pairwise(made))
    assert confidence(probability, truth + 3) == ()
    assert confidence(probability[:20], truth[:20]) == ()
    assert sum(count for *_, count in confidence(np.array([0.5] * 50 + [np.nan] * 9), np.ones(59))) == 50
