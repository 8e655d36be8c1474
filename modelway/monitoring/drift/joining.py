"""Labels put beside the rows that they are about."""

import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import duckdb
import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from modelway.monitoring.drift.answers import Values
from modelway.monitoring.drift.cells import ID, TIME
from modelway.monitoring.drift.counting import settings
from modelway.monitoring.drift.labels import Labels
from modelway.monitoring.drift.result import Accounting


@dataclass(frozen=True)
class Joined:
    """The rows of one window, in order of time and then of id."""

    columns: dict[str, Values]
    """Those that were asked for: numbers, where NaN is missing, or texts, where None is. One that no row has is not there."""
    label: Values
    """In the same way; missing where it is not known, not due, or two that differ are."""
    due: NDArray[np.bool_]
    """Whether its label is to be there by now."""
    requests: NDArray[np.int64]
    """Number of the request that a row came with, from 0."""
    accounting: Accounting
    """`labels` are those that are due and there."""

    @property
    def rows(self) -> int:
        return self.due.size


def joined(
    paths: Sequence[Path],
    labels: Labels,
    *,
    numbers: Sequence[str],
    texts: Sequence[str],
    text: bool,
    start: float,
    end: float,
    now: float,
    delay: float,
) -> Joined:
    """Rows of Parquet files whose time is at least `start` and before `end`, with the columns `numbers` and `texts`, and their labels, as
    text or as numbers. A label is due `delay` seconds after its request.

    A label is unknown where its id is of no row in the files, of whatever window, and it did not become known before `start`; so those of
    windows that are not in the files are among them. Two labels of one row that say the same count once, and where they differ neither
    counts.
    """
    with tempfile.TemporaryDirectory(prefix="modelway-labels-") as made:
        folder = Path(made)
        # Links, because DuckDB takes *, ? and [ in a path for a pattern.
        links = [folder / f"{number}.parquet" for number, _ in enumerate(paths)]
        for link, path in zip(links, paths, strict=True):
            link.symlink_to(path.resolve())
        with duckdb.connect(":memory:", config=settings(folder / "spill")) as connection:
            # NaN stands in no statistics of a Parquet file, so that who believes them finds none.
            connection.execute("SET disabled_optimizers = 'statistics_propagation,filter_pushdown'")
            connection.register("given", labels.table)
            listed = "[" + ", ".join(_quoted(str(link)) for link in links) + "]"
            there: dict[str, str] = {}
            if paths:
                connection.execute(f"CREATE VIEW rows AS SELECT * FROM read_parquet({listed}, union_by_name = true)")
                there = {str(row[0]): str(row[1]) for row in connection.execute("DESCRIBE rows").fetchall()}
            else:
                connection.execute(f"CREATE TABLE rows ({ID} VARCHAR, {TIME} DOUBLE)")
            return _joined(
                connection,
                labels,
                {name: there[name] for name in numbers if name in there},
                {name: there[name] for name in texts if name in there},
                text,
                start,
                end,
                now,
                delay,
            )


def _joined(
    connection: duckdb.DuckDBPyConnection,
    labels: Labels,
    numbers: Mapping[str, str],
    texts: Mapping[str, str],
    text: bool,
    start: float,
    end: float,
    now: float,
    delay: float,
) -> Joined:
    as_number = _as_number("value", "VARCHAR")
    value = "value" if text else f"(CASE WHEN isfinite({as_number}) THEN {as_number} END)"
    # An id may hold any text, so ID/0 means ID only where no row is called ID/0.
    connection.execute(
        f"CREATE TABLE placed AS WITH ids AS (SELECT DISTINCT {ID} AS id FROM rows) "
        f"SELECT coalesce(one.id, other.id) AS id, {value} AS value, coalesce(given.time > ?, false) AS future, "
        "coalesce(given.time < ?, false) AS earlier FROM given "
        "LEFT JOIN ids one ON one.id = given.id "
        "LEFT JOIN ids other ON other.id = left(given.id, length(given.id) - 2) AND ends_with(given.id, '/0')",
        [now, start],
    )
    connection.execute(
        "CREATE TABLE known AS SELECT id, min(value) AS value, count(*) AS many, count(DISTINCT value) AS different FROM placed "
        "WHERE id IS NOT NULL AND NOT future AND value IS NOT NULL GROUP BY id"
    )
    unknown, future, wrong = _counts(
        connection,
        "SELECT count(*) FILTER (id IS NULL AND NOT earlier), count(*) FILTER (id IS NOT NULL AND future), "
        "count(*) FILTER (id IS NOT NULL AND value IS NULL) FROM placed",
    )
    columns = [f"{_as_number(name, kind)} AS n{number}" for number, (name, kind) in enumerate(numbers.items())]
    columns += [f"{_as_text(name, kind)} AS t{number}" for number, (name, kind) in enumerate(texts.items())]
    # Rows of one request have one time, so that ids which happen to end in numbers are no request.
    request = f"dense_rank() OVER (ORDER BY regexp_replace({ID}, '/[0-9]+$', ''), {TIME}) - 1"
    columns += [f"{TIME} + ? <= ? AS due", "CASE WHEN different = 1 THEN known.value END AS label", "coalesce(many, 0) AS many"]
    found: pa.Table = connection.sql(
        f"SELECT {', '.join(columns)}, {request} AS request "
        f"FROM rows LEFT JOIN known ON known.id = rows.{ID} WHERE {TIME} >= ? AND {TIME} < ? ORDER BY {TIME}, {ID}",
        params=[delay, now, start, end],
    ).to_arrow_table()
    due = _array(found["due"]).astype(bool)
    label = _texts(found["label"]) if text else _array(found["label"])
    there = np.array([one is not None for one in label], dtype=bool) if text else np.isfinite(label.astype(float))
    label = label.copy()
    label[~due] = None if text else np.nan
    many = _array(found["many"])
    accounting = Accounting(
        files=labels.files,
        unparsable=labels.unparsable + wrong,
        damaged_files=labels.damaged_files,
        refused_files=labels.refused_files,
        mixed_zones=labels.mixed_zones,
        future=future,
        labels=int((there & due).sum()),
        labels_unknown=unknown,
        labels_twice=int(np.maximum(many - 1, 0).sum()),
        labels_missing=int((due & ~there).sum()),
    )
    by_name: dict[str, Values] = {name: _array(found[f"n{number}"]) for number, name in enumerate(numbers)}
    by_name |= {name: _texts(found[f"t{number}"]) for number, name in enumerate(texts)}
    return Joined(by_name, label, due, _array(found["request"]).astype(np.int64), accounting)


def _as_number(name: str, kind: str) -> str:
    """SQL for a column as a number, as answers.numbers reads one."""
    if kind != "VARCHAR":
        return f"try_cast({_name(name)} AS DOUBLE)"
    cell = f"lower({_name(name)})"
    return f"coalesce(CASE {cell} WHEN 'true' THEN 1.0 WHEN 'false' THEN 0.0 END, try_cast({cell} AS DOUBLE))"


def _as_text(name: str, kind: str) -> str:
    """SQL for a column as a text, as cells.text writes one."""
    if kind != "DOUBLE":
        return f"CAST({_name(name)} AS VARCHAR)"
    cell = _name(name)
    return f"CASE WHEN {cell} = floor({cell}) THEN CAST(try_cast({cell} AS HUGEINT) AS VARCHAR) ELSE CAST({cell} AS VARCHAR) END"


def _counts(connection: duckdb.DuckDBPyConnection, query: str) -> tuple[int, ...]:
    (row,) = connection.execute(query).fetchall()
    return tuple(int(count) for count in row)


def _array(column: pa.ChunkedArray) -> NDArray[np.float64]:
    return np.asarray(column.cast(pa.float64()).to_numpy(), dtype=np.float64)


def _texts(column: pa.ChunkedArray) -> NDArray[np.object_]:
    """One object for each different text, however many rows have it."""
    coded = column.combine_chunks().dictionary_encode()
    known = np.array([*coded.dictionary.to_pylist(), None], dtype=object)
    return np.asarray(known[coded.indices.fill_null(len(known) - 1).to_numpy(zero_copy_only=False)], dtype=object)


def _name(column: str) -> str:
    return '"' + column.replace('"', '""') + '"'


def _quoted(value: str) -> str:
    return "'" + value.replace("'", "''") + "'"
