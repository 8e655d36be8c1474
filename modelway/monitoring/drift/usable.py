"""Whether later rows can be compared with what was read: not with a column that holds nothing of its type, nor with a handful of rows."""

from collections.abc import Iterator, Sequence

from modelway.architecture.contract import Contract
from modelway.architecture.drift import Drift
from modelway.contracts.engine import Engine, quoted
from modelway.contracts.result import counted
from modelway.monitoring.drift.baseline import Column, Reached
from modelway.monitoring.drift.cells import TIME, WRONG
from modelway.monitoring.drift.reading import NoReference, Rows, Told

FEWEST = 30
"""Rows of a baseline: of fewer, the share that has any property is not known to a fifth."""


def judge(engine: Engine, columns: Sequence[Column], rows: Rows, contract: Contract, drift: Drift, label: str | None, told: Told) -> None:
    """Says which columns hold values of another type, and that rows are few. Raises NoReference, with everything at once, where there is
    nothing to compare with: fewer than FEWEST rows, or a column whose values are all of another type. `engine` has the files of `rows`."""
    faults = [f"the data have {counted(rows.number)}, and a baseline is of at least {FEWEST}"] if rows.number < FEWEST else []
    column_of = {cell.name: cell.column for cell in rows.cells}
    partly: dict[str, int] = {}
    for name, right, wrong, odd in _held(engine, columns, rows, label):
        column = column_of.get(name, name)
        # A column that is empty but for a few rows is one that is empty.
        if not right and 2 * (wrong + odd) >= rows.number:
            kind = contract.column_type(column)
            times = "write times like 2026-11-27T05:00:00Z"
            way_out = times if kind == "timestamp" else "mend the data, or change its type in the contract"
            what = "have a value of another type" if not odd else "are NaN, infinite or of another type"
            faults.append(f"{name}: no row has a value of the type {kind}; {wrong + odd:,} of {rows.number:,} {what}: {way_out}")
        elif wrong:
            partly[column] = max(wrong, partly.get(column, 0))
    if faults:
        raise NoReference("\n".join(f"{fault}." for fault in faults))
    for name, wrong in partly.items():
        told(f"{name}: {wrong:,} of {rows.number:,} rows have a value of another type; they count as such, and in no bin")
    if rows.number < (drift.minimum_sample or 0):
        few = f"fewer than the {drift.minimum_sample:,} (minimum_sample) that anything is concluded from in a window"
        told(f"the data have {counted(rows.number)}, {few}: take more, or only large drifts are seen")


def tell_unreached(engine: Engine, contract: Contract, label: str, reached: Sequence[Reached], told: Told) -> None:
    """Says which metrics the labels do not give, where there are labels and answers."""
    there = {one.metric for one in reached if one.column is None}
    lost = [metric.name for metric in contract.metrics if metric.name not in there]
    if lost:
        ((many,),) = engine.rows(f"SELECT count(DISTINCT {_quoted(label)}) FROM {_table(engine)}")
        why = {0: "no row has one", 1: "all rows have the same one"}.get(
            many if isinstance(many, int) else 2, "they do not fit the answers"
        )
        told(f"{', '.join(lost)}: cannot be computed from the labels in {label}, as {why}")


def _held(engine: Engine, columns: Sequence[Column], rows: Rows, label: str | None) -> Iterator[tuple[str, int, int, int]]:
    """Of each column, and of labels and times: rows with a value of its type, with one of another, and with NaN or an infinite one."""
    known = {column.name for column in columns}
    for column in columns:
        yield column.name, sum(column.counts), column.wrong, column.infinite
    if label in {cell.name for cell in rows.cells} - known:
        yield str(label), _count(engine, f"count({_quoted(str(label))})"), _wrong(engine, str(label)), 0
    if rows.order is not None and rows.order not in known:
        yield rows.order, _count(engine, f"count({TIME})"), _wrong(engine, rows.order), 0


def _wrong(engine: Engine, name: str) -> int:
    return _count(engine, f"count(CASE WHEN list_contains({WRONG}, {quoted(name)}) THEN 1 END)")


def _count(engine: Engine, what: str) -> int:
    ((found,),) = engine.rows(f"SELECT {what} FROM {_table(engine)}")
    return found if isinstance(found, int) else 0


def _table(engine: Engine) -> str:
    return f"read_parquet([{', '.join(engine.links)}])"


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'
