"""Seasons: hours and weekdays in UTC."""

from datetime import UTC, datetime

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from modelway.monitoring.drift.seasons import names, season, seasonality_of, seasons


@given(st.integers(-(10**9), 4 * 10**9))
def test_seasons_are_those_of_the_calendar(at: int) -> None:
    moment = datetime.fromtimestamp(at, UTC)
    day, hour = moment.strftime("%a").lower(), moment.strftime("%H")
    assert season("hour", at) == hour
    assert season("weekday", at) == day
    assert season("hour_of_week", at) == f"{day}-{hour}"


@pytest.mark.parametrize("seasonality", ["hour", "weekday", "hour_of_week"])
def test_names_say_which_seasonality_they_are_of(seasonality: str) -> None:
    assert seasonality_of(names(seasonality)) == seasonality  # type: ignore[arg-type]
    assert seasonality_of(()) is None


def test_many_moments_at_once() -> None:
    assert seasons("hour", np.array([0.0, 3_599.9, 3_600.0, 86_400.0])).tolist() == [0, 0, 1, 0]
