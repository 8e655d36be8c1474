"""A baseline is used for windows, seasons and columns like those that it was made for."""

import msgspec
import numpy as np
import pytest

from modelway.monitoring.drift.baseline import Baseline, NoBaseline
from modelway.monitoring.drift.looking import compared_of
from modelway.monitoring.drift.matching import check
from modelway.monitoring.drift.power import power
from tests.monitoring.drift.made_columns import HOUR, baseline_of, contract_of, drift_of

DAY = 86400


@pytest.fixture(scope="module")
def by_hour() -> Baseline:
    """Of two days, an hour like the same one of the other day."""
    times = np.repeat(np.arange(48) * float(HOUR), 60)
    return baseline_of({"x": np.random.default_rng(3).normal(times // HOUR % 24, 1)}, times, "hour")


def test_what_a_baseline_was_made_for_is_not_refused(by_hour: Baseline) -> None:
    check(by_hour, "b.json", drift_of(seasonality="hour"), contract_of(by_hour), HOUR)
    # Without times its noise is of no window.
    timeless = msgspec.structs.replace(by_hour, windows=0, seasonality=None)
    check(timeless, "b.json", drift_of(), contract_of(by_hour), DAY)


@pytest.mark.parametrize(
    ("seasonality", "window", "told"),
    [
        ("hour", 300, "b.json: it was made for windows of 3,600 s, and windows are 300 s long. Make the baseline again with"),
        ("weekday", HOUR, "b.json: it was made with seasonality hour, and drift.seasonality is weekday. Make the baseline"),
        (None, DAY, "windows are 86,400 s long; it was made with seasonality hour, and drift has no seasonality. Make the baseline"),
    ],
)
def test_other_windows_and_seasons_are_refused(by_hour: Baseline, seasonality: str | None, window: int, told: str) -> None:
    with pytest.raises(NoBaseline) as caught:
        check(by_hour, "b.json", drift_of(seasonality=seasonality), contract_of(by_hour), window)
    assert told in str(caught.value)


def test_a_season_that_the_reference_has_no_times_for_is_refused(by_hour: Baseline) -> None:
    timeless = msgspec.structs.replace(by_hour, windows=0, seasonality=None)
    with pytest.raises(NoBaseline, match=r"no seasonality, and drift.seasonality is hour; that needs rows with times\. Make"):
        check(timeless, "b.json", drift_of(seasonality="hour"), contract_of(by_hour), HOUR)


def test_columns_of_another_kind_are_refused(by_hour: Baseline) -> None:
    words = msgspec.structs.replace(by_hour, columns=tuple(msgspec.structs.replace(one, kind="category") for one in by_hour.columns))
    with pytest.raises(NoBaseline, match=r"x was made of categories, and by the contract they are numbers\."):
        check(words, "b.json", drift_of(seasonality="hour"), contract_of(by_hour), HOUR)


def test_a_season_is_chosen_only_where_it_is_declared(by_hour: Baseline) -> None:
    (plain,) = compared_of("data", by_hour, drift_of(), 0)
    (season,) = compared_of("data", by_hour, drift_of(seasonality="hour"), 0)
    assert sum(plain.reference) == 48 * 60
    assert sum(season.reference) == 2 * 60


def test_power_says_what_the_job_will_refuse(by_hour: Baseline) -> None:
    assert not [note for note in power(by_hour, drift_of(seasonality="hour"), 400, HOUR).notes if "refuse" in note]
    notes = power(by_hour, drift_of(), 400, HOUR).notes
    assert notes[-1] == "the job will refuse this baseline: it was made with seasonality hour, and drift has no seasonality"
