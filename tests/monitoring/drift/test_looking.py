"""What is said of a window: every known trap, and that calm stays calm."""

import re

import numpy as np
import pytest
from numpy.typing import NDArray

from modelway.monitoring.drift.budget import level, voted
from modelway.monitoring.drift.counts import ColumnCounts, Counts
from modelway.monitoring.drift.looking import look
from modelway.monitoring.drift.result import State
from modelway.monitoring.drift.voting import state_of
from tests.monitoring.drift.made_columns import (
    HOUR,
    Values,
    baseline_of,
    column_of,
    contract_of,
    counts_of,
    drift_of,
    looked,
    one,
)

NAMES = [f"x{at}" for at in range(4)]


def table(random: np.random.Generator, rows: int) -> dict[str, Values]:
    """Columns that have something in common."""
    shared = random.normal(size=rows)
    made = {name: 0.4 * shared + random.normal(size=rows) for name in NAMES}
    return {**made, "x1": np.exp(made["x1"]), "x2": np.maximum(made["x2"], 0), "x3": np.round(made["x3"])}


@pytest.mark.parametrize("rows", [50, 400, 5_000])
def test_calm_windows_raise_no_more_alarms_than_asked_for(rows: int) -> None:
    random = np.random.default_rng(rows)
    baseline = baseline_of(table(random, max(2_000, 2 * rows)))
    drift, contract, windows, budget = drift_of(false_alarms=20), contract_of(baseline), 300, 20
    states: list[State] = []
    begun, raised = 0, False
    for at in range(windows):
        counts = counts_of(baseline, table(random, rows))
        found = look(baseline, counts, drift, contract, start=at * HOUR, window_seconds=HOUR, minimum=30)
        states.append(state_of(found, "data") or "unknown")
        assert state_of(found, "quality") == "steady"
        alarm = voted("data", states, 2, 3, raised)
        begun += alarm.raised and alarm.changed
        raised = alarm.raised
    assert begun <= 1.5 * budget * windows * HOUR / (30 * 86_400)


@pytest.mark.parametrize("rows", [50, 400, 5_000])
def test_a_shift_of_a_standard_deviation_is_seen_at_every_size(rows: int) -> None:
    random = np.random.default_rng(rows)
    baseline = baseline_of(table(random, 5_000))
    seen = 0
    for _ in range(10):
        window = table(random, rows)
        found = looked(baseline, {**window, "x0": np.asarray(window["x0"], dtype=float) + 1.2})
        seen += one(found, "x0").state == "drifted"
    assert seen >= 9


def test_a_difference_that_is_sure_and_small_is_no_drift() -> None:
    # p < 0.05 is certain here: 100,000 rows, of which two in a hundred went elsewhere.
    random = np.random.default_rng(1)
    baseline = baseline_of({"x": random.normal(size=100_000)})
    found = one(looked(baseline, {"x": random.normal(0.04, size=100_000)}), "x")
    assert found.chance is not None
    assert found.chance < 1e-6
    assert found.effect is not None
    assert 0.005 < found.effect < 0.03
    assert (found.state, "less than 5.0% is no drift" in found.why) == ("steady", True)
    # How many did, and how many of them chance and time leave: the bars of a column show the first.
    shares = re.match(r"([\d.]+)% of rows went elsewhere, ([\d.]+)% without what chance and time move; ", found.why)
    assert shares is not None
    assert 1.5 <= float(shares[1]) <= 4.0
    assert float(shares[2]) <= float(shares[1])
    assert one(looked(baseline, {"x": random.normal(0.04, size=100_000)}, smallest="1%"), "x").state == "drifted"


def test_thresholds_fall_as_windows_grow() -> None:
    random = np.random.default_rng(2)
    baseline = baseline_of({"x": random.normal(size=50_000)})
    thresholds = [one(looked(baseline, {"x": random.normal(size=rows)}), "x").threshold or 0 for rows in (50, 500, 5_000, 50_000)]
    assert thresholds == sorted(thresholds, reverse=True)
    assert thresholds[0] > 20 * thresholds[-1]


def test_zeros_that_become_a_little_more_are_seen() -> None:
    random = np.random.default_rng(3)

    def fees(zero: float) -> NDArray[np.float64]:
        return np.where(random.random(2_000) < 0.6, zero, random.exponential(size=2_000))

    assert one(looked(baseline_of({"x": fees(0.0)}), {"x": fees(1e-9)}), "x").state == "drifted"
    assert one(looked(baseline_of({"x": fees(0.0)}), {"x": fees(-1e-9)}), "x").state == "drifted"


@pytest.mark.parametrize("after", [4.999, 5.001, 0.0, -5.0, 1e9])
def test_a_constant_that_changes_its_value_is_seen(after: float) -> None:
    baseline = baseline_of({"x": [5.0] * 1_000})
    for method in ("psi", "ks", "jensen_shannon", "wasserstein"):
        findings = looked(baseline, {"x": [after] * 100}, data={"numbers": {"statistic": method}})
        assert one(findings, "x", method).state == "drifted"
        same = looked(baseline, {"x": [5.0] * 100}, data={"numbers": {"statistic": method}})
        assert one(same, "x", method).state == "steady"


@pytest.mark.parametrize("method", ["psi", "ks", "wasserstein", "jensen_shannon"])
def test_an_absurd_value_of_the_reference_blinds_nothing(method: str) -> None:
    random = np.random.default_rng(4)
    baseline = baseline_of({"x": [*random.normal(size=1_000), 1e12]})
    shifted = looked(baseline, {"x": random.normal(1, size=400)}, data={"numbers": {"statistic": method}})
    assert one(shifted, "x", method).state == "drifted"
    # What was absurd is still out of range.
    outside = looked(baseline, {"x": [*random.normal(size=360), *[1e6] * 40]})
    assert one(outside, "x", "outside").state == "drifted"


@pytest.mark.parametrize("unit", [1e-12, 1e-3, 1e3, 1e12])
@pytest.mark.parametrize("method", ["psi", "wasserstein"])
def test_small_and_large_units_are_seen_alike(unit: float, method: str) -> None:
    random = np.random.default_rng(5)
    baseline = baseline_of({"x": random.normal(10, 1, 2_000) * unit})
    said = {"data": {"numbers": {"statistic": method}}}
    assert one(looked(baseline, {"x": random.normal(10, 1, 500) * unit}, **said), "x", method).state == "steady"
    assert one(looked(baseline, {"x": random.normal(11, 1, 500) * unit}, **said), "x", method).state == "drifted"
    # The unit itself changed, by a thousand.
    assert one(looked(baseline, {"x": random.normal(10, 1, 500) * unit * 1e3}, **said), "x", method).state == "drifted"


def test_a_thousand_categories_are_calm_and_a_shift_among_them_is_seen() -> None:
    random = np.random.default_rng(6)
    names = np.array([f"v{number}" for number in range(1_000)])
    share = 1 / np.arange(1, 1_001)
    share /= share.sum()
    baseline = baseline_of({"x": random.choice(names, 30_000, p=share).tolist()})
    calm = [looked(baseline, {"x": random.choice(names, 400, p=share).tolist()}) for _ in range(20)]
    assert sum(one(found, "x").state == "drifted" for found in calm) <= 2
    assert not any(one(found, "x", "unseen").state == "drifted" for found in calm)
    flat = looked(baseline, {"x": random.choice(names, 400).tolist()})
    assert one(flat, "x").state == "drifted"


def test_a_new_category_is_unseen() -> None:
    baseline = baseline_of({"x": ["a"] * 500 + ["b"] * 500})
    found = looked(baseline, {"x": ["a"] * 45 + ["b"] * 45 + ["new"] * 10})
    assert one(found, "x", "unseen").state == "drifted"
    assert one(found, "x", "unseen").score == pytest.approx(0.1)


def test_integers_that_nulls_turned_to_floats_are_the_same_numbers() -> None:
    random = np.random.default_rng(7)
    numbers = random.integers(0, 5, 1_000)
    baseline = baseline_of({"x": numbers.astype(float)})
    holed: list[float | str | None] = [None if at % 50 == 0 else float(number) for at, number in enumerate(random.integers(0, 5, 500))]
    found = looked(baseline, {"x": holed})
    assert one(found, "x").state == "steady"
    assert one(found, "x", "missing").score == pytest.approx(0.02)


@pytest.mark.parametrize(
    ("before", "after", "state"), [(0.0, 0.3, "drifted"), (0.3, 0.0, "drifted"), (0.3, 0.3, "steady"), (0.0, 0.0, "steady")]
)
def test_more_and_fewer_missing_values_are_both_drift(before: float, after: float, state: str) -> None:
    random = np.random.default_rng(8)

    def holed(rows: int, share: float) -> list[float | str | None]:
        return [
            None if missing else float(value) for missing, value in zip(random.random(rows) < share, random.normal(size=rows), strict=True)
        ]

    found = looked(baseline_of({"x": holed(2_000, before)}), {"x": holed(200, after)})
    assert one(found, "x", "missing").state == state
    # What is left has the same values.
    assert one(found, "x").state == "steady"


def test_windows_that_cannot_be_compared_are_unknown_and_not_steady() -> None:
    random = np.random.default_rng(9)
    baseline = baseline_of({"x": random.normal(size=1_000), "y": random.normal(size=1_000)})
    empty: list[float | str | None] = [None] * 100
    found = looked(baseline, {"x": empty, "y": random.normal(size=100)})
    assert one(found, "x").state == "unknown"
    assert "0 rows have a value" in one(found, "x").why
    assert one(found, "x", "missing").state == "drifted"
    few = looked(baseline, {"x": [1.0], "y": [1.0]})
    assert {finding.state for finding in few} == {"unknown"}
    assert "1 rows" in few[0].why
    assert {finding.state for finding in looked(baseline, {"x": random.normal(size=100), "y": random.normal(size=100)}, minimum=1_000)} == {
        "unknown"
    }


def test_infinite_and_wrong_values_have_rates_of_their_own() -> None:
    random = np.random.default_rng(10)
    baseline = baseline_of({"x": random.normal(size=1_000)})
    found = looked(baseline, {"x": [*random.normal(size=80), *[np.inf] * 20]})
    assert one(found, "x", "infinite").state == "drifted"
    assert one(found, "x").state == "steady"
    values = counts_of(baseline, {"x": random.normal(size=80)}).columns["x"].counts
    mixed = Counts(100, {"x": ColumnCounts(100, 0, 20, 0, values)})
    found = look(baseline, mixed, drift_of(), contract_of(baseline), start=0, window_seconds=HOUR, minimum=30)
    assert one(found, "x", "wrong").state == "drifted"


def test_true_and_false_and_dates_are_compared() -> None:
    random = np.random.default_rng(11)
    days = 1.7e9 + 86_400 * np.arange(1_000)
    baseline = baseline_of({"flag": ["true" if draw < 0.1 else "false" for draw in random.random(1_000)], "since": days})
    same = looked(baseline, {"flag": ["true" if draw < 0.1 else "false" for draw in random.random(300)], "since": random.choice(days, 300)})
    assert {finding.state for finding in same} == {"steady"}
    moved = looked(baseline, {"flag": ["true"] * 100 + ["false"] * 200, "since": random.choice(days, 300) + 1e8})
    assert one(moved, "flag").state == one(moved, "since").state == "drifted"


def test_a_reference_without_values_says_so() -> None:
    random = np.random.default_rng(12)
    nothing: list[float | str | None] = [None] * 100
    baseline = baseline_of({"x": nothing, "y": random.normal(size=100)})
    found = looked(baseline, {"x": random.normal(size=100), "y": random.normal(size=100)})
    assert (one(found, "x").state, one(found, "x").why) == ("unknown", "the reference has no value of this column")
    assert one(found, "x", "missing").state == "drifted"


def test_a_column_without_a_baseline_is_unknown() -> None:
    random = np.random.default_rng(13)
    baseline = baseline_of({"x": random.normal(size=100)})
    counts = counts_of(baseline, {"x": random.normal(size=100)})
    found = look(baseline, counts, drift_of(), contract_of(baseline, ["z"]), start=0, window_seconds=HOUR, minimum=30)
    assert one(found, "z").state == "unknown"
    # And one that does not come is missing.
    found = look(baseline, Counts(100, {}), drift_of(), contract_of(baseline), start=0, window_seconds=HOUR, minimum=30)
    assert one(found, "x", "missing").state == "drifted"


def test_only_what_is_declared_is_watched() -> None:
    random = np.random.default_rng(14)
    made = {"x": random.normal(size=500), "y": random.normal(size=500), "answer": random.random(500)}
    baseline = baseline_of(made, outputs=("answer",))
    watches = lambda **said: {(finding.watch, finding.subject) for finding in looked(baseline, made, **said) if finding.watch != "quality"}  # noqa: E731
    assert watches() == {("data", "x"), ("data", "y")}
    assert watches(data={"features": ["y"]}, prediction={}) == {("data", "y"), ("prediction", "answer")}


def test_answers_that_shift_are_drift_of_the_prediction() -> None:
    random = np.random.default_rng(15)
    baseline = baseline_of({"x": random.normal(size=2_000), "answer": random.beta(2, 5, 2_000)}, outputs=("answer",))
    found = looked(baseline, {"x": random.normal(size=300), "answer": random.beta(4, 4, 300)}, prediction={})
    assert (state_of(found, "data"), state_of(found, "prediction")) == ("steady", "drifted")


@pytest.mark.parametrize(
    ("said", "method", "shift", "state"),
    [
        ({"numbers": {"statistic": "psi", "threshold": 0.25}}, "psi", 0.3, "steady"),
        ({"numbers": {"statistic": "psi", "threshold": 0.25}}, "psi", 0.9, "drifted"),
        ({"numbers": {"statistic": "wasserstein", "threshold": 0.5}}, "wasserstein", 0.3, "steady"),
        ({"numbers": {"statistic": "wasserstein", "threshold": 0.5}}, "wasserstein", 0.7, "drifted"),
        ({"numbers": {"statistic": "ks", "threshold": 0.2}}, "ks", 0.3, "steady"),
        ({"numbers": {"statistic": "ks", "threshold": 0.2}}, "ks", 0.7, "drifted"),
    ],
)
def test_a_declared_threshold_means_the_same_at_every_size(said: dict[str, object], method: str, shift: float, state: str) -> None:
    random = np.random.default_rng(16)
    baseline = baseline_of({"x": random.normal(size=20_000)})
    for rows in (300, 20_000):
        assert one(looked(baseline, {"x": random.normal(shift, size=rows)}, data=said), "x", method).state == state
    # Few rows score more by chance, which is no drift.
    assert one(looked(baseline, {"x": random.normal(size=40)}, data=said), "x", method).state == "steady"


def test_a_threshold_of_chi_squared_is_a_probability() -> None:
    random = np.random.default_rng(17)
    baseline = baseline_of({"x": ["a"] * 500 + ["b"] * 500})
    window = {"x": ["a" if draw < 0.65 else "b" for draw in random.random(100)]}
    for threshold, state in ((0.05, "drifted"), (1e-6, "steady")):
        said = {"categories": {"statistic": "chi_squared", "threshold": threshold}}
        assert one(looked(baseline, window, data=said), "x", "chi_squared").state == state


def test_the_same_hour_is_compared_with_where_seasons_are_declared() -> None:
    random = np.random.default_rng(18)
    times = np.repeat(np.arange(24 * 21) * float(HOUR), 60)
    rise = np.sin(2 * np.pi * (times // HOUR % 24) / 24)
    values = random.normal(2 * rise, 1)
    baseline = baseline_of({"x": values}, times, "hour")
    contract, drift = contract_of(baseline), drift_of(seasonality="hour")
    states = []
    for hour in range(24):
        counts = counts_of(baseline, {"x": random.normal(2 * np.sin(2 * np.pi * hour / 24), 1, 60)})
        found = look(baseline, counts, drift, contract, start=hour * HOUR, window_seconds=HOUR, minimum=30)
        states.append(one(found, "x").state)
    assert states.count("drifted") <= 2
    # The rows of noon at midnight are drift, though all of the reference has such rows.
    noon = counts_of(baseline, {"x": random.normal(2, 1, 60)})
    assert one(look(baseline, noon, drift, contract, start=18 * HOUR, window_seconds=HOUR, minimum=30), "x").state == "drifted"


def test_a_season_without_rows_is_compared_with_all_of_them() -> None:
    random = np.random.default_rng(19)
    baseline = baseline_of({"x": random.normal(size=600)}, np.repeat(np.arange(6) * float(HOUR), 100), "hour")
    found = looked(baseline, {"x": random.normal(size=100)}, start=12 * HOUR, seasonality="hour")
    assert "all of the reference, as it has 0 rows of 12" in one(found, "x").why


def test_a_reference_without_time_says_what_that_means() -> None:
    random = np.random.default_rng(20)
    values = random.normal(size=6_000)
    assert "no windows in time" in one(looked(baseline_of({"x": values}), {"x": values[:100]}), "x").why
    for windows, said in ((6, True), (60, False)):
        baseline = baseline_of({"x": values}, np.repeat(np.arange(windows) * float(HOUR), 6_000 // windows))
        assert ("windows in time, which is few" in one(looked(baseline, {"x": values[:100]}), "x").why) == said


def test_no_finding_holds_a_value_of_a_row() -> None:
    random = np.random.default_rng(21)
    baseline = baseline_of({"x": random.normal(size=500), "secret": ["planted-category"] * 250 + ["other"] * 250})
    found = looked(baseline, {"x": [987654.321] * 100, "secret": ["planted-new"] * 100})
    said = repr(found)
    assert "987654" not in said
    assert "planted" not in said


def test_each_column_has_less_of_the_budget_where_there_are_many() -> None:
    random = np.random.default_rng(22)
    few, many = ({f"x{at}": random.normal(size=2_000) for at in range(columns)} for columns in (1, 12))
    thresholds = [
        one(looked(baseline_of(made), {name: random.normal(size=200) for name in made}), "x0").threshold or 0 for made in (few, many)
    ]
    assert thresholds[1] > thresholds[0]
    assert level(1, HOUR, 2, 3, 2) > 0


def test_a_changed_unit_is_beyond_doubt_and_chance_is_not() -> None:
    random = np.random.default_rng(23)
    baseline = baseline_of({"x": random.normal(10, 1, 5_000)})
    changed = {"x": random.normal(10, 1, 100) * 1_000}
    assert one(looked(baseline, changed), "x").sure
    assert not any(found.sure for found in looked(baseline, {"x": random.normal(10.6, 1, 40)}))
    # Who declares votes gets them.
    assert not any(found.sure for found in looked(baseline, changed, votes={"needed": 2, "of": 3}))


def test_one_row_makes_a_column() -> None:
    assert sum(column_of("x", [1.0]).counts) == 1
