"""Windows: where they begin, which are due, and how people write them."""

from datetime import UTC, datetime
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from modelway.errors import WrongUsage
from modelway.monitoring.drift.windows import DAY, Window, containing, due, key_of, start_of, written

HOUR = 3600


def at(text: str) -> int:
    return int(datetime.fromisoformat(text).replace(tzinfo=UTC).timestamp())


@pytest.mark.parametrize(
    ("time", "length", "start"),
    [
        ("2026-11-27T05:59:59", HOUR, "2026-11-27T05:00"),
        ("2026-11-27T06:00:00", HOUR, "2026-11-27T06:00"),
        ("2026-11-27T05:59:59", DAY, "2026-11-27T00:00"),
        ("2026-11-27T05:59:59", 7 * DAY, "2026-11-23T00:00"),  # a Monday
        ("2026-11-23T00:00:00", 7 * DAY, "2026-11-23T00:00"),
        ("2026-11-22T23:59:59", 14 * DAY, "2026-11-09T00:00"),
    ],
)
def test_windows_begin_at_multiples_of_their_length(time: str, length: int, start: str) -> None:
    assert containing(at(time), length).start == at(start)


@given(st.floats(0, 4e9), st.integers(300, 31 * DAY))
def test_every_time_is_in_one_window(time: float, length: int) -> None:
    window = containing(time, length)
    assert window.start <= time < window.end
    assert containing(window.end, length).start == window.end
    assert containing(window.start, length) == window


def test_a_week_begins_on_a_monday() -> None:
    for weeks in (1, 2, 3, 4):
        assert datetime.fromtimestamp(containing(at("2026-11-27T05:00"), weeks * 7 * DAY).start, UTC).weekday() == 0


def test_a_window_is_due_when_what_is_late_may_have_come() -> None:
    last = Window(at("2026-11-27T05:00"), at("2026-11-27T06:00"))
    assert due(at("2026-11-27T06:15"), HOUR, 900)[-1] == last
    assert due(at("2026-11-27T06:14:59"), HOUR, 900)[-1].end == last.start
    windows = due(at("2026-11-27T06:15"), HOUR, 900)
    assert len(windows) == 48
    assert all(one.end == two.start for one, two in pairwise(windows))


@given(st.integers(0, 4_000_000_000))
def test_names_of_results_say_their_window(start: int) -> None:
    assert start_of(key_of(start)) == start


def test_other_names_are_no_results() -> None:
    assert start_of("latest") is None
    assert key_of(at("2026-11-27T05:00")) == "2026-11-27T050000Z"


@pytest.mark.parametrize(
    ("text", "first", "count"),
    [
        ("2026-11-27T05", "2026-11-27T05:00", 1),
        ("2026-11-27T05:00Z", "2026-11-27T05:00", 1),
        ("2026-11-27", "2026-11-27T00:00", 1),
        ("2026-11-27/2026-11-28", "2026-11-27T00:00", 24),
        ("2026-11-27T0500/2026-11-27T07", "2026-11-27T05:00", 2),
    ],
)
def test_people_write_windows(text: str, first: str, count: int) -> None:
    windows = written(text, HOUR)
    assert windows[0].start == at(first)
    assert len(windows) == count


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("2026-11-27T06/2026-11-27T05", "ends at or before its start"),
        ("2026-11-27T05/2026-11-27T05", "ends at or before its start"),
        ("2026-11-27T05:30", "the nearest are 2026-11-27T05:00Z and 2026-11-27T06:00Z"),
        ("yesterday", "yesterday is no time"),
        ("2026-11-31", "2026-11-31 is no time"),
        ("2026-11-27/", "a time is missing. Write it like"),
        ("2026-01-01/2026-11-27", "7920 windows of 1h; at most 1,000"),
    ],
)
def test_windows_that_are_none_are_refused(text: str, told: str) -> None:
    with pytest.raises(WrongUsage, match="--window .*" + told.replace(".", r"\.")):
        written(text, HOUR)


@pytest.mark.parametrize(("length", "told"), [(86400, "1d"), (5400, "90m"), (7 * 86400, "7d")])
def test_lengths_are_told_as_files_say_them(length: int, told: str) -> None:
    with pytest.raises(WrongUsage, match=f"no window of {told} begins or ends at 2026-11-27T00:10Z"):
        written("2026-11-27T00:10", length)
