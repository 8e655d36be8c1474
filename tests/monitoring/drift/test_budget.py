"""A budget for false alarms, and votes."""

import numpy as np
import pytest

from modelway.monitoring.drift.budget import LARGEST, MONTH, SURE, beginnings, delay, level, sure_level, voted, votes_of, watches_of
from modelway.monitoring.drift.result import State
from tests.monitoring.drift.made_columns import drift_of


def chain(chance: float, persistence: float, windows: int) -> list[bool]:
    random = np.random.default_rng(11)
    states, now = [], False
    for draw in random.random(windows):
        now = bool(draw < (chance + persistence * (1 - chance) if now else chance * (1 - persistence)))
        states.append(now)
    return states


@pytest.mark.parametrize("persistence", [0.0, 0.4])
@pytest.mark.parametrize(("needed", "of"), [(1, 1), (2, 3), (3, 4)])
def test_as_many_alarms_begin_as_votes_say(needed: int, of: int, persistence: float) -> None:
    chance, windows = 0.15, 60_000
    raised, begun, states = False, 0, []
    for drifted in chain(chance, persistence, windows):
        states = [*states, "drifted" if drifted else "steady"][-of:]
        alarm = voted("data", states, needed, of, raised)
        begun += alarm.raised and alarm.changed
        raised = alarm.raised
    assert begun / windows == pytest.approx(beginnings(chance, needed, of, persistence), rel=0.1)


@pytest.mark.parametrize("budget", [1, 3, 30])
@pytest.mark.parametrize("window", [300, 3_600])
def test_a_level_spends_the_budget(budget: int, window: int) -> None:
    found = level(budget, window, 2, 3, 4)
    if found < LARGEST:
        assert beginnings(found, 2, 3) * 4 * MONTH / window == pytest.approx(budget, rel=1e-6)


def test_more_watches_shorter_windows_and_persistence_leave_less_to_each() -> None:
    plain = level(1, 3_600, 2, 3, 2)
    assert level(1, 3_600, 2, 3, 5) < plain
    assert level(1, 300, 2, 3, 2) < plain
    assert level(1, 3_600, 2, 3, 2, 0.5) < plain
    assert level(2, 3_600, 2, 3, 2) > plain
    assert level(100, 31 * 86_400, 2, 3, 2) == LARGEST


def test_what_cannot_be_a_budget() -> None:
    for wrong in ((0, 3_600, 2, 3, 1), (1, 0, 2, 3, 1), (1, 3_600, 4, 3, 1), (1, 3_600, 2, 3, 0)):
        with pytest.raises(ValueError, match="more than 0"):
            level(*wrong)


def test_the_delay_until_an_alarm() -> None:
    assert delay(1.0, 2, 3) == pytest.approx(2)
    assert delay(0.5, 1, 1) == pytest.approx(2)
    # Both of two with a fair coin: six throws (two heads in a row).
    assert delay(0.5, 2, 2) == pytest.approx(6)
    assert delay(0.0, 2, 3) == float("inf")
    assert delay(0.3, 2, 3) > delay(0.6, 2, 3)


@pytest.mark.parametrize(
    ("states", "was", "raised"),
    [
        (["drifted"], False, False),
        (["drifted", "drifted"], False, True),
        (["drifted", "steady", "drifted"], False, True),
        (["drifted", "drifted", "steady"], True, True),
        (["drifted", "steady", "steady"], True, False),
        (["drifted", "unknown", "unknown"], False, False),
        (["drifted", "unknown", "unknown"], True, True),
        (["unknown", "unknown", "unknown"], True, True),
        (["unknown", "unknown", "steady"], True, True),
        (["unknown", "steady", "steady"], True, False),
        (["drifted", "drifted", "steady", "steady", "steady"], False, False),
    ],
)
def test_two_of_three_make_an_alarm_and_no_data_ends_none(states: list[State], was: bool, raised: bool) -> None:
    alarm = voted("data", states, 2, 3, was)
    assert (alarm.raised, alarm.changed, alarm.state) == (raised, raised != was, states[-1])


def test_one_window_that_is_beyond_doubt_is_enough() -> None:
    alarm = voted("data", ["steady", "drifted"], 2, 3, False, True)
    assert (alarm.raised, alarm.changed, alarm.drifted) == (True, True, 1)
    # It is over with the next one, where that is steady and nobody voted.
    assert not voted("data", ["steady", "drifted", "steady"], 2, 3, True).raised
    assert delay(0.8, 2, 3, 0.8) == pytest.approx(1 / 0.8)
    assert 1 < delay(1.0, 2, 3, 0.5) < 2
    assert sure_level(1, 3_600, 2) * 2 * MONTH / 3_600 == pytest.approx(SURE)


def test_an_alarm_needs_a_window() -> None:
    with pytest.raises(ValueError, match="state"):
        voted("data", [], 2, 3, False)


def test_what_is_declared_is_voted_by() -> None:
    assert votes_of(drift_of()) == (2, 3)
    assert votes_of(drift_of(votes={"needed": 3, "of": 5})) == (3, 5)
    assert watches_of(drift_of(prediction={})) == 3
