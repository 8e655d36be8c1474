"""What a budget buys, said before anything is deployed."""

import numpy as np
import pytest

from modelway.monitoring.drift.power import power
from tests.monitoring.drift.made_columns import HOUR, baseline_of, drift_of, looked
from tests.monitoring.drift.made_columns import one as found_of


def reference(columns: int = 3) -> dict[str, np.ndarray]:
    random = np.random.default_rng(1)
    return {f"x{at}": random.normal(size=20_000) for at in range(columns)}


def test_more_rows_and_larger_drifts_are_seen_sooner() -> None:
    baseline = baseline_of(reference())
    found = [power(baseline, drift_of(), rows, HOUR) for rows in (50, 400, 5_000)]
    assert found[0].seen is not None
    assert found[2].seen is not None
    assert found[0].seen > (found[1].seen or 1) > found[2].seen > 0.05
    for one in found:
        chances = [seen.chance for seen in one.by_share]
        assert chances == sorted(chances)
        delays = [seen.delay_windows for seen in one.by_share]
        assert delays == sorted(delays, reverse=True)
        assert delays[-1] == pytest.approx(1, abs=0.1)


def test_the_budget_is_what_was_declared() -> None:
    baseline = baseline_of(reference(1))
    assert power(baseline, drift_of(false_alarms=2), 400, HOUR).false_alarms == pytest.approx(2, rel=1e-3)
    # A larger one buys shorter delays.
    small, large = (power(baseline, drift_of(false_alarms=budget), 100, HOUR) for budget in (1, 50))
    assert large.seen is not None
    assert small.seen is not None
    assert large.seen < small.seen


def test_a_smaller_drift_worth_knowing_is_seen_where_rows_are_enough() -> None:
    baseline = baseline_of(reference(1))
    plain, small = (power(baseline, drift_of(smallest=smallest), 20_000, HOUR) for smallest in ("5%", "2%"))
    assert plain.smallest == 0.05
    assert small.seen is not None
    assert plain.seen is not None
    assert small.seen < plain.seen


def test_what_is_said_is_what_happens() -> None:
    baseline = baseline_of(reference(1))
    said = power(baseline, drift_of(), 300, HOUR)
    share = said.seen
    assert share is not None
    random = np.random.default_rng(2)
    drifted = 0
    for _ in range(60):
        values = random.normal(size=300)
        gone = random.random(300) < share / 0.9
        # To one tenth of the reference in the middle.
        values[gone] = random.uniform(0.0, 0.25, int(gone.sum()))
        drifted += found_of(looked(baseline, {"x0": values}), "x0").state == "drifted"
    assert 0.55 <= drifted / 60 <= 1


def test_notes_say_what_is_not_known() -> None:
    values = reference(1)
    assert any("no windows in time" in note for note in power(baseline_of(values), drift_of(), 400, HOUR).notes)
    assert any("fewer than 1,000" in note for note in power(baseline_of(values), drift_of(minimum_sample=1_000), 400, HOUR).notes)
    times = np.repeat(np.arange(200) * float(HOUR), 100)
    assert power(baseline_of(values, times), drift_of(), 400, HOUR).notes == ()


def test_nothing_is_seen_where_nothing_can_be() -> None:
    nothing = power(baseline_of({"x": [None] * 100}), drift_of(), 400, HOUR)
    assert (nothing.chance, nothing.seen, nothing.delay_windows) == (0, None, float("inf"))
    assert any("no column" in note for note in nothing.notes)
    assert power(baseline_of(reference(1)), drift_of(), 10, HOUR).seen is None


def test_time_that_wanders_costs_power() -> None:
    random = np.random.default_rng(3)
    times = np.repeat(np.arange(200) * float(HOUR), 100)
    calm = random.normal(size=20_000)
    wandering = calm + np.repeat(0.3 * random.normal(size=200), 100)
    one, other = (power(baseline_of({"x": values}, times), drift_of(), 400, HOUR).seen for values in (calm, wandering))
    assert one is not None
    assert other is not None
    assert other > one
