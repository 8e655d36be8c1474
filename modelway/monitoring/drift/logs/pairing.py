"""Requests find their answers, and what came twice counts once: by DuckDB, which keeps on disk what does not fit into memory."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import duckdb

from modelway.errors import ModelwayError
from modelway.monitoring.drift.cells import ID, TIME, WRONG, Cell
from modelway.monitoring.drift.counting import settings
from modelway.monitoring.drift.logs.writing import SEQUENCE, UNSURE, Part


@dataclass(frozen=True)
class Paired:
    """The rows of one version."""

    path: Path | None
    """None where there are none."""
    rows: int
    duplicates: int
    unanswered: int
    """Requests without an answer and answers without a request, where both are written at all."""
    unsure: int = 0
    """Requests that did not say of which version they are."""
    claimed: int = 0
    """How many of them are of this one."""


class NoRoom(ModelwayError):
    """Rows that are more than a machine can put together."""


def paired(both: Part, asked: Part, answered: Part, cells: Sequence[Cell], path: Path, spill: Path) -> Paired:
    """The rows in a file `path`, with the columns that rows have and no others. Raises NoRoom."""
    try:
        return _paired(both, asked, answered, cells, path, spill)
    except duckdb.Error as fault:
        # What it says may quote a row.
        what = f"{sum(part.rows for part in (both, asked, answered)):,} rows could not be put together ({type(fault).__name__})"
        raise NoRoom(f"{what}: they need more memory or more room in {spill.parent}. Look at shorter windows, or keep a sample.") from None


def _paired(both: Part, asked: Part, answered: Part, cells: Sequence[Cell], path: Path, spill: Path) -> Paired:
    parts = [part for part in (both, asked, answered) if part.rows]
    if not parts:
        return Paired(None, 0, 0, 0)
    with duckdb.connect(":memory:", config=settings(spill)) as connection:
        duplicates = 0
        for part, name in ((both, "whole"), (asked, "asked"), (answered, "answered")):
            if part.rows:
                duplicates += _firsts(connection, part, name)
        unanswered = claimed = 0
        unsure = _number(connection, f"SELECT count(*) FROM asked WHERE {UNSURE}") if asked.rows else 0
        sources = ["SELECT * FROM whole"] if both.rows else []
        if asked.rows and answered.rows:
            pairs = f"FROM asked JOIN answered ON asked.{ID} = answered.{ID}"
            found = _number(connection, f"SELECT count(*) {pairs}")
            claimed = _number(connection, f"SELECT count(*) {pairs} WHERE asked.{UNSURE}")
            every = _number(connection, f"SELECT (SELECT count(*) FROM asked WHERE NOT {UNSURE}) + (SELECT count(*) FROM answered)")
            unanswered = every + claimed - 2 * found
            outputs = "".join(f", answered.{_quoted(cell.name)}" for cell in cells if cell.role == "output")
            without = ", ".join([WRONG, *(_quoted(cell.name) for cell in cells if cell.role == "output")])
            wrong = f"list_concat(asked.{WRONG}, answered.{WRONG}) AS {WRONG}"
            sources.append(f"SELECT asked.* EXCLUDE ({without}), {wrong}{outputs} {pairs}")
        elif asked.rows:
            sources.append(f"SELECT * FROM asked WHERE NOT {UNSURE}")
        elif answered.rows:
            sources.append("SELECT * FROM answered")
        connection.execute(f"CREATE VIEW everything AS {' UNION ALL BY NAME '.join(sources)}")
        if len(sources) > 1:
            duplicates += _first(connection, "everything", "kept")
        kept = "kept" if len(sources) > 1 else "everything"
        names = ", ".join([ID, TIME, WRONG, *(_quoted(cell.name) for cell in cells)])
        target = str(path).replace("'", "''")
        connection.execute(f"COPY (SELECT {names} FROM {kept}) TO '{target}' (FORMAT parquet, COMPRESSION lz4)")
        rows = _number(connection, f"SELECT count(*) FROM '{target}'")
    for useless in [*(part.path for part in parts), *([] if rows else [path])]:
        useless.unlink()
    return Paired(path if rows else None, rows, duplicates, unanswered, unsure, claimed)


def _firsts(connection: duckdb.DuckDBPyConnection, part: Part, name: str) -> int:
    file = str(part.path).replace("'", "''")
    connection.execute(f"CREATE VIEW {name}_all AS SELECT * FROM read_parquet('{file}')")
    return _first(connection, f"{name}_all", name)


def _first(connection: duckdb.DuckDBPyConnection, table: str, name: str) -> int:
    """A view of the first row of each id, and how many others there are."""
    more = _number(connection, f"SELECT count(*) - count(DISTINCT {ID}) FROM {table}")
    # Sorting out what came once is a third of the work, and nearly everything does.
    firsts = f" WHERE {SEQUENCE} IN (SELECT min({SEQUENCE}) FROM {table} GROUP BY {ID})" if more else ""
    connection.execute(f"CREATE VIEW {name} AS SELECT * FROM {table}{firsts}")
    return more


def _number(connection: duckdb.DuckDBPyConnection, query: str) -> int:
    return int(str(connection.execute(query).fetchall()[0][0]))


def _quoted(name: str) -> str:
    return '"' + name + '"'
