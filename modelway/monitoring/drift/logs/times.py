"""Times as they stand in logs: with a zone or without, as text or as a number."""

import math
from datetime import UTC, datetime

_SECONDS = 1e11
"""Numbers up to this are seconds, which is the year 5138; larger ones are milliseconds, microseconds or nanoseconds."""


class Clock:
    """Reads times, and knows how many of them say their zone."""

    def __init__(self) -> None:
        self._zoned = self._unzoned = 0

    def read(self, value: object) -> float | None:
        """Seconds since 1970 in UTC; None for what is no time. A time without a zone is one of UTC."""
        if isinstance(value, str):
            return self._text(value)
        if isinstance(value, int | float) and not isinstance(value, bool):
            return number(value)
        return None

    @property
    def mixed(self) -> int:
        """How many times had no zone, where others had one."""
        return self._unzoned if self._zoned else 0

    def note(self, zoned: int, unzoned: int) -> None:
        """Times that were read elsewhere."""
        self._zoned += zoned
        self._unzoned += unzoned

    def _text(self, value: str) -> float | None:
        try:
            moment = datetime.fromisoformat(value.strip())
        except ValueError:
            try:
                return number(float(value))
            except ValueError:
                return None
        if moment.tzinfo is None:
            self._unzoned += 1
            return moment.replace(tzinfo=UTC).timestamp()
        self._zoned += 1
        return moment.timestamp()


def number(value: float) -> float | None:
    """Seconds since 1970, of a number of seconds, milliseconds, microseconds or nanoseconds; None for what is not finite."""
    try:
        seconds = float(value)
    except OverflowError:
        return None
    if not math.isfinite(seconds):
        return None
    while abs(seconds) > _SECONDS:
        seconds /= 1000
    return seconds
