"""Which files can hold rows of which windows, by what they are called, or by when they were written."""

import math
import re
from collections.abc import Container, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from modelway.monitoring.drift.store import Entry, Store
from modelway.monitoring.drift.windows import DAY, Window

SLACK = 120
"""Seconds between a request and its file that are always granted: servers collect for half a minute before they write."""

_OURS = re.compile(r"(?:.*/)?(\d{4})/(\d{2})/(\d{2})/(\d{2})(\d{2})(\d{2})-[^/]*")
_SAGEMAKER = re.compile(r"(?:.*/)?(\d{4})/(\d{2})/(\d{2})/(\d{2})/[^/]*")
_DAY = re.compile(r"(?:.*/)?(\d{4})/(?:(\d{2})/(?:(\d{2})/)?)?")
"""A folder of a year, of a month, or of a day."""


@dataclass(frozen=True)
class Payload:
    """A file, and the time that its rows can be of, in seconds since 1970; `last` is inclusive."""

    entry: Entry
    first: float
    last: float

    def can_hold(self, window: Window) -> bool:
        return self.first < window.end and self.last >= window.start


def payload(entry: Entry, length: int, lateness: int, *, any_age: bool = False) -> Payload:
    """A file of our servers is called VERSION/YYYY/MM/DD/HHMMSS-….jsonl after when it was written, one of SageMaker …/YYYY/MM/DD/HH/… after
    the hour of its requests. Of any other it is only known when it was changed: its rows are of windows that were still waited for then, or
    of any before with `any_age`."""
    late = max(lateness, SLACK)
    if (found := _OURS.fullmatch(entry.key)) and (time := _time(found)) is not None:
        return Payload(entry, time - late, time + 1)
    if (found := _SAGEMAKER.fullmatch(entry.key)) and (time := _time(found)) is not None:
        return Payload(entry, time - SLACK, time + 3600 + SLACK)
    return Payload(entry, -math.inf if any_age else entry.modified - late - length, entry.modified + SLACK)


def found(store: Store, windows: Sequence[Window], lateness: int, versions: Iterable[str], *, any_age: bool = False) -> list[Payload]:
    """The files that can hold rows of any of the windows, by key; `any_age`: see `payload`. Folders of days that cannot are not even
    listed."""
    if not windows:
        return []
    length = windows[0].end - windows[0].start
    first, last = min(window.start for window in windows), max(window.end for window in windows)
    # A file is in the folder of the day that it was written on.
    # A version may be called 2026, and is no year.
    roots = {f"{version}/" for version in versions}
    listed = _walk(store, "", first - SLACK, last + max(lateness, SLACK), roots)
    known = (
        payload(entry, length, lateness, any_age=any_age) for entry in listed if not entry.key.rpartition("/")[2].startswith((".", "_"))
    )
    return sorted((one for one in known if any(map(one.can_hold, windows))), key=lambda one: one.entry.key)


def of_version(payloads: Iterable[Payload], version: str, versions: Iterable[str]) -> list[Payload]:
    """Those that can be of the version: files below a folder that is called after another one are not."""
    others = {other for other in versions if other != version}
    return [one for one in payloads if one.entry.key.partition("/")[0] not in others]


def _walk(store: Store, prefix: str, first: float, last: float, roots: Container[str]) -> Iterator[Entry]:
    level = store.level(prefix)
    yield from level.entries
    for folder in level.folders:
        span = None if folder in roots else _span(folder)
        if span is None or (span[0] <= last and span[1] > first):
            yield from _walk(store, folder, first, last, roots)


def _span(folder: str) -> tuple[float, float] | None:
    """From when until when a folder of a year, a month or a day is; None for others."""
    found = _DAY.fullmatch(folder)
    if found is None:
        return None
    year, month, day = (None if part is None else int(part) for part in found.groups())
    try:
        start = datetime(year or 1, month or 1, day or 1, tzinfo=UTC).timestamp()
    except ValueError:
        return None
    return start, start + DAY * (1 if day else 31 if month else 366)


def _time(found: re.Match[str]) -> float | None:
    try:
        return datetime(*(int(part) for part in found.groups()), tzinfo=UTC).timestamp()  # type: ignore[arg-type,misc]
    except ValueError:
        return None
