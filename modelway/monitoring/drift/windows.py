"""Lengths of time that are looked at as one: where they begin, which of them are due, and how people write them."""

import re
from datetime import UTC, datetime
from typing import NamedTuple

from modelway.errors import WrongUsage

CATCH_UP = 48
"""Windows that one run looks at, at most: after a pause the newest ones."""

DAY = 86400
MONDAY = 4 * DAY
"""The first Monday after 1970 began, in seconds."""

KEY = "%Y-%m-%dT%H%M%SZ"

_PARTS = r"(\d{4})-(\d{2})-(\d{2})(?:T(\d{2})(?::?(\d{2})(?::?(\d{2}))?)?)?Z?"


class Window(NamedTuple):
    """Seconds since 1970: the first one of the window, and the first one after it."""

    start: int
    end: int

    @property
    def key(self) -> str:
        """What its result is called: 2026-11-27T050000Z."""
        return key_of(self.start)

    def __str__(self) -> str:
        return f"{shown(self.start)}/{shown(self.end)}"


def key_of(start: int) -> str:
    return datetime.fromtimestamp(start, UTC).strftime(KEY)


def start_of(key: str) -> int | None:
    """Start of the window whose result has that name; None for other names."""
    try:
        return int(datetime.strptime(key, KEY).replace(tzinfo=UTC).timestamp())
    except ValueError:
        return None


def shown(time: float) -> str:
    """As people read it: 2026-11-27T05:00Z, with seconds where there are any."""
    moment = datetime.fromtimestamp(time, UTC)
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ" if moment.second else "%Y-%m-%dT%H:%MZ")


def first(length: int) -> int:
    """Where a window of `length` seconds begins, from which all others are whole lengths away."""
    return MONDAY if length % (7 * DAY) == 0 else 0


def containing(time: float, length: int) -> Window:
    """The window of `length` seconds that a time is in. Windows begin at multiples of their length in UTC: hours at the full hour, days at
    midnight, and those of whole weeks on a Monday."""
    offset = first(length)
    start = int((time - offset) // length) * length + offset
    return Window(start, start + length)


def due(now: float, length: int, lateness: int, most: int = CATCH_UP) -> list[Window]:
    """The last `most` windows, oldest first, that have ended at least `lateness` seconds ago: all that is late may have come."""
    end = containing(now - lateness, length).start
    return [Window(end - back * length, end - (back - 1) * length) for back in range(most, 0, -1)]


def written(text: str, length: int) -> list[Window]:
    """The windows that somebody names: START/END, or START alone for the one that begins there; like 2026-11-27T05 or
    2026-11-27/2026-11-28, in UTC. Raises WrongUsage: another form, an end that is not after the start, or a time that no window begins at.
    """
    first, slash, last = text.partition("/")
    start = _moment(first, text)
    end = _moment(last, text) if slash else start + length
    if end <= start:
        raise WrongUsage(f"--window {text}: it ends at or before its start. Write START/END, the earlier one first.")
    for moment in (start, end):
        whole = containing(moment, length)
        if whole.start != moment:
            near = f"{shown(whole.start)} and {shown(whole.end)}"
            raise WrongUsage(f"--window {text}: no window of {_length(length)} begins or ends at {shown(moment)}; the nearest are {near}.")
    if (end - start) // length > 1000:
        raise WrongUsage(f"--window {text}: {(end - start) // length} windows of {_length(length)}; at most 1,000 at a time.")
    return [Window(begin, begin + length) for begin in range(start, end, length)]


def _length(seconds: int) -> str:
    """As files say it: 1d, 90m."""
    size, unit = next((size, unit) for size, unit in ((DAY, "d"), (3600, "h"), (60, "m"), (1, "s")) if not seconds % size)
    return f"{seconds // size}{unit}"


def _moment(text: str, whole: str) -> int:
    found = re.fullmatch(_PARTS, text)
    try:
        if found is not None:
            return int(datetime(*(int(part or 0) for part in found.groups()), tzinfo=UTC).timestamp())  # type: ignore[arg-type,misc]
    except ValueError:
        pass
    way_out = "Write it like 2026-11-27T05, 2026-11-27T05:30 or 2026-11-27, in UTC, or two of them with a slash between."
    said = f"{text} is no time" if text else "a time is missing"
    raise WrongUsage(f"--window {whole}: {said}. {way_out}")
