"""Rows of a table counted in the bins and categories of a baseline, by the engine that has the table: rows never come here."""

import math
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from itertools import accumulate
from pathlib import Path

import duckdb
import ibis
import ibis.expr.datatypes as dt
import ibis.expr.operations as ops
import ibis.expr.types as ir
from ibis.backends.duckdb import Backend

from modelway.monitoring.drift.baseline import Baseline, Column, hashed
from modelway.monitoring.drift.cells import TIME, WRONG, text
from modelway.monitoring.drift.counts import ColumnCounts, Counts

MEMORY = "1GB"
THREADS = 2
MOST_VALUES = 100_000
"""Different values of a category that are looked at, the most frequent first; rows with any other count as none of the known ones."""

_MISSING, _INFINITE, _WRONG = -1, -2, -3
"""In place of the number of a bin."""
_TOGETHER = 25
"""Columns that one query counts: engines have a limit to how long a query is."""
_LARGEST = sys.float_info.max
_NUMBER = r"^[+-]?([0-9]+[.]?[0-9]*|[.][0-9]+)([eE][+-]?[0-9]+)?\z"
"""Texts that are numbers to every engine: some also read 1_000, others 1d, and some NaN where others read nan."""


@contextmanager
def opened(paths: Sequence[Path]) -> Iterator[ir.Table]:
    """The rows of Parquet files, in a DuckDB that reads these and nothing else of this machine or of a network. A column that one file
    does not have is empty there."""
    with tempfile.TemporaryDirectory(prefix="modelway-drift-") as made:
        folder = Path(made)
        # Links, because DuckDB takes *, ? and [ in a path for a pattern.
        links = [folder / f"{number}.parquet" for number, _ in enumerate(paths)]
        for link, path in zip(links, paths, strict=True):
            link.symlink_to(path.resolve())
        with duckdb.connect(":memory:", config=settings(folder / "spill")) as connection:
            # NaN stands in no statistics of a Parquet file, so that who believes them finds none.
            connection.execute("SET disabled_optimizers = 'statistics_propagation,filter_pushdown'")
            connection.execute("SET allowed_paths = " + _listed([str(path.resolve()) for path in paths]))
            connection.execute("SET enable_external_access = false")
            backend = ibis.duckdb.from_connection(connection)
            connection.execute("SET lock_configuration = true")
            connection.execute(
                f"CREATE VIEW rows AS SELECT * FROM read_parquet({_listed([str(link) for link in links])}, union_by_name = true)"
            )
            yield table_of(backend, "rows")


def table_of(backend: Backend, name: str) -> ir.Table:
    """What `backend.table(name)` would give: Ibis 12.0 asks for it by a method that DuckDB 2.0 has no more."""
    described = backend.con.execute(f"DESCRIBE {name}").fetchall()
    kinds = {str(row[0]): backend.compiler.type_mapper.from_string(str(row[1])) for row in described}
    return ops.DatabaseTable(name, schema=ibis.schema(kinds), source=backend).to_expr()


def settings(spill: Path) -> dict[str, str | bool | int | float | list[str]]:
    """Of a DuckDB that takes no more of a machine than a job may, and fetches nothing."""
    return {
        "autoinstall_known_extensions": "false",
        "autoload_known_extensions": "false",
        "allow_community_extensions": "false",
        "memory_limit": MEMORY,
        "threads": str(THREADS),
        "temp_directory": str(spill),
        "preserve_insertion_order": "false",
    }


def count(table: ir.Table, baseline: Baseline, *, start: float | None = None, end: float | None = None) -> Counts:
    """The rows whose time is at least `start` and before `end`, counted; all of them where neither is given. The same on every engine.

    Cells that hold no number where the baseline has numbers are wrong, as are those that `_wrong` names.
    """
    if start is not None:
        table = table.filter(table[TIME] >= ibis.literal(start, type="float64"))
    if end is not None:
        table = table.filter(table[TIME] < ibis.literal(end, type="float64"))
    there = [column for column in baseline.columns if column.name in table.columns]
    categories = [column for column in there if column.kind == "category"]
    rows, unusual = _without_value(table, categories)
    if not rows:
        return Counts(0, {column.name: _absent(column, 0) for column in baseline.columns})
    wrong = _wrong(table)
    numbers = [column for column in there if column.kind == "number"]
    found: dict[str, ColumnCounts] = {}
    for first in range(0, len(numbers), _TOGETHER):
        found |= _numbers(table, numbers[first : first + _TOGETHER], rows, wrong)
    for column, (empty, infinite) in zip(categories, unusual, strict=True):
        unread = wrong.get(column.name, 0)
        counts = _categories(table, column, baseline.salt, rows - empty - infinite)
        found[column.name] = ColumnCounts(rows, empty - unread, unread, infinite, counts)
    return Counts(rows, {column.name: found.get(column.name) or _absent(column, rows) for column in baseline.columns})


def _absent(column: Column, rows: int) -> ColumnCounts:
    known = column.cuts if column.kind == "number" else column.categories
    return ColumnCounts(rows, rows, 0, 0, (0,) * (len(known) + 1))


def _wrong(table: ir.Table) -> dict[str, int]:
    """How many cells of each column the table says to be wrong."""
    if WRONG not in table.columns:
        return {}
    names = table.select(name=table[WRONG].unnest())
    counted = names.group_by("name").aggregate(rows=names.count()).to_pyarrow()
    return dict(zip(counted["name"].to_pylist(), counted["rows"].to_pylist(), strict=True))


def _numbers(table: ir.Table, columns: Sequence[Column], rows: int, wrong: dict[str, int]) -> dict[str, ColumnCounts]:
    bins = _by_histogram(table, columns) if isinstance(table.get_backend(), Backend) else _by_comparisons(table, columns)
    made = {}
    for column, counts in zip(columns, bins, strict=True):
        in_bins = tuple(counts.get(bin_, 0) for bin_ in range(len(column.cuts) + 1))
        infinite = counts.get(_INFINITE, 0)
        empty = rows - sum(in_bins) - infinite
        unread = counts.get(_WRONG, 0) + wrong.get(column.name, 0)
        made[column.name] = ColumnCounts(rows, empty - unread, unread, infinite, in_bins)
    return made


def _cell(table: ir.Table, column: Column) -> tuple[ir.Value, ir.BooleanValue | None]:
    """The column as numbers, and what is true where one that is empty there was something else; None where that cannot be."""
    value = table[column.name]
    kind = value.type()
    if kind.is_numeric() and not kind.is_boolean():
        return value if kind.is_float64() else value.cast("float64"), None
    if kind.is_string():
        return ibis.ifelse(value.re_search(_NUMBER), value, ibis.null("string")).try_cast("float64"), value.notnull()
    return ibis.null("float64"), value.notnull()


@ibis.udf.agg.builtin(name="histogram", signature=((dt.float64, dt.Array(dt.float64)), dt.Map(dt.float64, dt.int64)))  # type: ignore[untyped-decorator]
def _histogram(values: ir.Value, cuts: ir.Value) -> ir.Value:
    """DuckDB's own: by cut, how many values are greater than the one before and not greater than it; and of infinity, all others."""


def _by_histogram(table: ir.Table, columns: Sequence[Column]) -> list[dict[int, int]]:
    """The same as `_by_comparisons`, in DuckDB's own words: it is as fast to run, and there is next to nothing to compile."""
    asked: dict[str, ir.Value] = {}
    for number, column in enumerate(columns):
        cell, wrong = _cell(table, column)
        cuts = [-math.inf, *column.cuts, *([_LARGEST] if column.cuts[-1:] != (_LARGEST,) else [])]
        asked[f"bins{number}"] = _histogram(cell, ibis.array([ibis.literal(cut, type="float64") for cut in cuts]))
        if wrong is not None:
            asked[f"wrong{number}"] = (cell.isnull() & wrong).sum()
    found = table.aggregate(**asked).to_pyarrow()
    made = []
    for number, column in enumerate(columns):
        by_cut: dict[float, int] = dict(found[f"bins{number}"][0].as_py() or ())
        counts = {bin_: by_cut.get(cut, 0) for bin_, cut in enumerate((*column.cuts, _LARGEST))}
        if column.cuts[-1:] == (_LARGEST,):
            counts[len(column.cuts)] = 0
        counts[_INFINITE] = by_cut.get(-math.inf, 0) + by_cut.get(math.inf, 0)
        if f"wrong{number}" in asked:
            counts[_WRONG] = int(found[f"wrong{number}"][0].as_py() or 0)
        made.append(counts)
    return made


def _by_comparisons(table: ir.Table, columns: Sequence[Column]) -> list[dict[int, int]]:
    """Rows by bin of each column; what is infinite and what is wrong have numbers of their own, and what is missing is not told."""
    parts = [_binned(table, number, column) for number, column in enumerate(columns)]
    counted = (parts[0] if len(parts) == 1 else ibis.union(*parts)).to_pyarrow()
    bins: list[dict[int, int]] = [{} for _ in columns]
    for number, bin_, many in zip(*(counted[name].to_pylist() for name in ("number", "bin", "rows")), strict=True):
        bins[number][bin_] = many
    return bins


def _binned(table: ir.Table, number: int, column: Column) -> ir.Table:
    """Rows of `number`, `bin` and how many rows of the table are in it."""
    cell, wrong = _cell(table, column)
    weights = column.counts if len(column.counts) == len(column.cuts) + 1 else (1,) * (len(column.cuts) + 1)
    sums = (0, *accumulate(weight + 1 for weight in weights))
    bins = table.select(bin=_tree(cell, wrong, column.cuts, sums, 0, len(column.cuts)))
    return bins.group_by("bin").aggregate(rows=bins.count()).select(number=ibis.literal(number, type="int32"), bin="bin", rows="rows")


def _tree(
    cell: ir.Value, wrong: ir.BooleanValue | None, cuts: Sequence[float], sums: Sequence[int], first: int, last: int
) -> ir.IntegerValue:
    """The bin of a cell among bins `first` to `last`. Each comparison halves the reference's rows, so that what comes often is found
    soon.

    Nothing is greater than NaN to any engine, or nothing can be compared with it; either way it goes right, as what is empty does. So only
    the outermost bins need to look for them.
    """
    if first == last:
        return _leaf(cell, wrong, first, leftmost=first == 0, rightmost=first == len(cuts))
    half = (sums[first] + sums[last + 1]) / 2
    at = min(range(first, last), key=lambda bin_: abs(sums[bin_ + 1] - half))
    left = _tree(cell, wrong, cuts, sums, first, at)
    right = _tree(cell, wrong, cuts, sums, at + 1, last)
    return ibis.ifelse(cell <= ibis.literal(cuts[at], type="float64"), left, right)


def _leaf(cell: ir.Value, wrong: ir.BooleanValue | None, bin_: int, *, leftmost: bool, rightmost: bool) -> ir.IntegerValue:
    found, infinite = (ibis.literal(code, type="int16") for code in (bin_, _INFINITE))
    if leftmost:
        found = ibis.ifelse(cell < -_LARGEST, infinite, found)
    if rightmost:
        empty: ir.IntegerValue = ibis.literal(_MISSING, type="int16")
        if wrong is not None:
            empty = ibis.ifelse(wrong, ibis.literal(_WRONG, type="int16"), empty)
        # In this order: to Ibis on Spark NaN is empty too, and nothing is infinite.
        found = ibis.ifelse(_strange(cell), infinite, ibis.ifelse(cell.isnull(), empty, found))
    return found


def _strange(cell: ir.Value) -> ir.BooleanValue:
    """Whether a number is NaN or infinite, on every engine; never empty."""
    return (cell.isnan() | (cell > _LARGEST) | (cell < -_LARGEST)).fill_null(False)


def _without_value(table: ir.Table, categories: Sequence[Column]) -> tuple[int, list[tuple[int, int]]]:
    """How many rows there are, and of each column how many have nothing in it, and how many NaN or infinity."""
    asked: dict[str, ir.Value] = {"rows": table.count()}
    for number, column in enumerate(categories):
        value = table[column.name]
        asked[f"filled{number}"] = table.count(where=_is_value(value))
        if value.type().is_floating():
            asked[f"strange{number}"] = table.count(where=_strange(value))
    found = {name: int(values[0] or 0) for name, values in table.aggregate(**asked).to_pyarrow().to_pydict().items()}
    rows = found["rows"]
    strange = [found.get(f"strange{number}", 0) for number, _ in enumerate(categories)]
    return rows, [(rows - found[f"filled{number}"] - many, many) for number, many in enumerate(strange)]


def _is_value(value: ir.Value) -> ir.BooleanValue:
    """Whether there is something that is neither NaN nor infinite."""
    return value.notnull() & ~_strange(value) if value.type().is_floating() else value.notnull()


def _categories(table: ir.Table, column: Column, salt: str, filled: int) -> tuple[int, ...]:
    """The rows of each category, and all others of the `filled` ones. Values are counted by the engine and hashed here, once for each: no
    engine but a few knows an HMAC, and none is fast at it."""
    values = table.filter(_is_value(table[column.name])).select(value=column.name)
    counted = values.group_by("value").aggregate(rows=values.count())
    found = counted.order_by(counted.rows.desc(), counted.value).limit(MOST_VALUES).to_pyarrow()
    known = {category: position for position, category in enumerate(column.categories)}
    counts = [0] * (len(column.categories) + 1)
    for one, many in zip(*(found[name].to_pylist() for name in ("value", "rows")), strict=True):
        counts[known.get(hashed(salt, text(one)), -1)] += many
    counts[-1] = filled - sum(counts[:-1])
    return tuple(counts)


def _listed(texts: Sequence[str]) -> str:
    return "[" + ", ".join("'" + one.replace("'", "''") + "'" for one in texts) + "]"
