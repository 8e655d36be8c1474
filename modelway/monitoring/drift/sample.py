"""Rows that bins and noise of a baseline are found from, and what is asked of all rows beside counts."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
from msgspec.structs import replace
from numpy.typing import NDArray

from modelway.contracts.engine import Engine, opened, quoted
from modelway.monitoring.drift.answers import Values
from modelway.monitoring.drift.baseline import Column, hashed
from modelway.monitoring.drift.binning import FEWEST, MOST_CATEGORIES
from modelway.monitoring.drift.cells import TIME, WRONG, Cell
from modelway.monitoring.drift.reading import Rows
from modelway.monitoring.drift.seasons import Seasonality, names

STEP = 2_654_435_761
"""2³² divided by the golden ratio, the nearest odd number: multiples of it modulo 2³² are spread evenly, and no period of the data falls in
with them (Knuth, The Art of Computer Programming 3, section 6.4)."""
TOGETHER = 25
"""Columns of one query."""


def sampled(rows: Rows, most: int, offset: int, folder: Path) -> tuple[Path, ...]:
    """About `most` of the rows, evenly from all of them, in a new file in `folder`, the same for the same rows and offset; all of them
    where they are no more than that."""
    if rows.number <= most:
        return rows.files
    parts, before = [], 0
    limit = (most << 32) // rows.number
    made = folder / "sample.parquet"
    with opened(rows.files, writable=folder) as engine:
        for file in range(len(rows.files)):
            link = engine.link(file)
            place = f"((file_row_number + {before}) * {STEP} + {offset % (1 << 32)}) % {1 << 32}"
            parts.append(f"SELECT * EXCLUDE (file_row_number) FROM read_parquet({link}, file_row_number = true) WHERE {place} < {limit}")
            ((number,),) = engine.rows(f"SELECT count(*) FROM read_parquet({link})")
            before += number if isinstance(number, int) else 0
        engine.rows(f"COPY ({' UNION ALL '.join(parts)}) TO {quoted(str(made.resolve()))} (FORMAT parquet)")
    return (made,)


class Sample:
    """Rows, a column at a time."""

    def __init__(self, files: Sequence[Path]) -> None:
        self._files = tuple(files)
        self._wrong: dict[str, list[int]] = {}
        self.rows = 0
        for file in self._files:
            lists = pq.read_table(file, columns=[WRONG]).column(0).combine_chunks()
            for name, row in zip(pc.list_flatten(lists).to_pylist(), pc.list_parent_indices(lists).to_pylist(), strict=True):
                self._wrong.setdefault(name, []).append(self.rows + row)
            self.rows += len(lists)

    def numbers(self, name: str) -> NDArray[np.float64]:
        """NaN where it is missing; `missing` tells that from what is NaN itself."""
        return np.asarray(self._column(name).to_numpy(zero_copy_only=False), dtype=np.float64)

    def missing(self, name: str) -> NDArray[np.bool_]:
        """Rows without a value, or with one of another type."""
        return np.asarray(self._column(name).is_null().to_numpy(zero_copy_only=False), dtype=np.bool_)

    def wrong(self, name: str) -> NDArray[np.int64]:
        """Places of the rows whose value is of another type."""
        return np.asarray(self._wrong.get(name, []), dtype=np.int64)

    def distinct(self, name: str) -> tuple[list[str | None], NDArray[np.int64]]:
        """The different texts, and of each row which one it has."""
        encoded = self._column(name).dictionary_encode(null_encoding="encode")
        return encoded.dictionary.to_pylist(), np.asarray(encoded.indices.to_numpy(zero_copy_only=False), dtype=np.int64)

    def values(self, cell: Cell) -> Values:
        """Numbers, or texts as objects."""
        if cell.kind == "number":
            return self.numbers(cell.name)
        return np.asarray(self._column(cell.name).to_numpy(zero_copy_only=False), dtype=object)

    def _column(self, name: str) -> pa.Array:
        whole = pa.concat_tables([pq.read_table(file, columns=[name]) for file in self._files]).column(0).combine_chunks()
        return pa.concat_arrays(whole.chunks) if isinstance(whole, pa.ChunkedArray) else whole


def frequent(engine: Engine, name: str) -> str:
    """SQL for the values of a column that are told apart and how many rows have them, in the files of an engine: at most 1,000, the most
    frequent, and none that fewer than five rows have."""
    return (
        f"SELECT {_quoted(name)} AS value, count(*) AS rows FROM {_table(engine)} WHERE value IS NOT NULL GROUP BY value "
        f"HAVING count(*) >= {FEWEST} ORDER BY count(*) DESC, value LIMIT {MOST_CATEGORIES}"
    )


def in_seasons(engine: Engine, columns: Sequence[Column], seasonality: Seasonality, salt: str) -> tuple[Column, ...]:
    """The columns with their counts by season, of rows that have a time."""
    every = names(seasonality)
    hours = f"CAST(floor({TIME} / 3600) AS BIGINT)"
    # The epoch began on a Thursday.
    days = f"(({hours} // 24 + 3) % 7)"
    place = {"hour": f"{hours} % 24", "weekday": days, "hour_of_week": f"{days} * 24 + {hours} % 24"}[seasonality]
    table = f"(SELECT *, {place} AS season FROM {_table(engine)} WHERE {TIME} IS NOT NULL)"
    numbers = [column for column in columns if column.kind == "number"]
    found: dict[str, dict[str, tuple[int, ...]]] = {}
    for first in range(0, len(numbers), TOGETHER):
        some = numbers[first : first + TOGETHER]
        asked = ", ".join(_histogram(column) for column in some)
        for season, *counted in engine.rows(f"SELECT season, {asked} FROM {table} GROUP BY season ORDER BY season"):
            for column, counts in zip(some, counted, strict=True):
                found.setdefault(column.name, {})[every[_whole(season)]] = _in_bins(column, counts)
    for column in columns:
        if column.kind == "category":
            found[column.name] = _categories(engine, column, table, every, salt)
    return tuple(replace(column, seasons=found.get(column.name, {})) for column in columns)


def _histogram(column: Column) -> str:
    value = f"CASE WHEN isfinite({_quoted(column.name)}) THEN {_quoted(column.name)} END"
    # As texts: a number in SQL is a decimal fraction first, which may be another one.
    cuts = ", ".join(f"'{cut!r}'::DOUBLE" for cut in column.cuts)
    return f"histogram({value}, [{cuts}])" if cuts else f"map([1.0::DOUBLE], [count({value})])"


def _in_bins(column: Column, counts: object) -> tuple[int, ...]:
    found = counts if isinstance(counts, dict) else {}
    inside = [_whole(found.get(cut)) for cut in column.cuts]
    return (*inside, sum(_whole(many) for many in found.values()) - sum(inside))


def _categories(engine: Engine, column: Column, table: str, every: Sequence[str], salt: str) -> dict[str, tuple[int, ...]]:
    known = {category: place for place, category in enumerate(column.categories)}
    made: dict[str, list[int]] = {}
    told = f"CASE WHEN value IN (SELECT value FROM ({frequent(engine, column.name)})) THEN value END"
    values = f"SELECT season, {_quoted(column.name)} AS value FROM {table} WHERE value IS NOT NULL"
    for season, value, many in engine.rows(f"SELECT season, {told} AS told, count(*) FROM ({values}) GROUP BY season, told"):
        counts = made.setdefault(every[_whole(season)], [0] * (len(known) + 1))
        counts[-1 if value is None else known.get(hashed(salt, str(value)), -1)] += _whole(many)
    return {season: tuple(made[season]) for season in every if season in made}


def _table(engine: Engine) -> str:
    return f"read_parquet([{', '.join(engine.links)}])"


def _whole(value: object) -> int:
    return int(value) if isinstance(value, int | float) else 0


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'
