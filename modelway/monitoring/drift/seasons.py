"""Times that are compared with times like them: hours, weekdays, or both, in UTC."""

from collections.abc import Iterable
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray

Seasonality = Literal["hour", "weekday", "hour_of_week"]
WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")


def season(seasonality: Seasonality, at: float) -> str:
    """Season of a moment in epoch seconds: "00".."23", "mon".."sun", or "mon-00"."""
    return names(seasonality)[int(seasons(seasonality, [at])[0])]


def names(seasonality: Seasonality) -> tuple[str, ...]:
    """All there are, in the order of `seasons`."""
    hours = tuple(f"{hour:02}" for hour in range(24))
    if seasonality == "hour":
        return hours
    return WEEKDAYS if seasonality == "weekday" else tuple(f"{day}-{hour}" for day in WEEKDAYS for hour in hours)


def seasons(seasonality: Seasonality, times: ArrayLike) -> NDArray[np.int64]:
    """Place in `names` of each moment, in epoch seconds; none of them NaN."""
    hours = np.floor_divide(np.asarray(times, dtype=np.float64), 3600).astype(np.int64)
    # The epoch began on a Thursday.
    days = (np.floor_divide(hours, 24) + 3) % 7
    return hours % 24 if seasonality == "hour" else days if seasonality == "weekday" else days * 24 + hours % 24


def seasonality_of(keys: Iterable[str]) -> Seasonality | None:
    """Which seasonality these seasons are of; None where there are none."""
    one = next(iter(keys), None)
    if one is None:
        return None
    return "hour_of_week" if "-" in one else "hour" if one.isdigit() else "weekday"
