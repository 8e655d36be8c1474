"""What a model learned from, read from files of any format that checks read, as rows like those that it is asked later."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from difflib import get_close_matches
from pathlib import Path

from modelway.architecture.contract import Contract
from modelway.contracts.engine import CannotRead, Engine, opened, quoted
from modelway.contracts.expected import Expected, expected
from modelway.contracts.result import counted, named
from modelway.contracts.scanning import looked_up, rejected
from modelway.contracts.source import Format, Layout, NoSource, Source, layouts, looks_like_a_name, source
from modelway.contracts.terms import Held, Terms, terms
from modelway.errors import ModelwayError
from modelway.monitoring.drift.cells import ID, TIME, WRONG, Cell, cells

Told = Callable[[str], None]
"""Takes a sentence about what is being done, or about what was left out."""

SAID = 0.25
"""Share of the data after which it is said again how far their reading is."""


class NoReference(ModelwayError):
    """Data that no baseline can be made from; the text names everything that is wrong with them."""


@dataclass(frozen=True)
class Rows:
    """Rows as Parquet, with the columns of `cells`: numbers as DOUBLE, all else as text."""

    files: tuple[Path, ...]
    number: int
    cells: tuple[Cell, ...]
    """Those that the data have."""
    timed: bool
    """Whether any row has a time."""
    order: str | None = None
    """The column of times; None where the contract names none."""


def read(data: Sequence[Path], contract: Contract, further: Sequence[str], folder: Path, told: Told) -> Rows:
    """The rows of `data`, in their order, in new files in `folder`: inputs and outputs of the contract and the columns `further`, as far as
    they are there. Raises NoReference where an input is missing or of another type, or nothing can be read; what is left out is told."""
    return _Reading(data, contract, further, folder, told).rows()


class _Reading:
    def __init__(self, data: Sequence[Path], contract: Contract, further: Sequence[str], folder: Path, told: Told) -> None:
        self._files, self._contract, self._folder, self._told = tuple(data), contract, folder, told
        self._faults: list[str] = []
        self._said = 0.0
        self._wanted = tuple(cell for cell in cells(contract) if cell.role != "group" or cell.column in further)
        self._expected = {one.name: one for one in expected(contract)}
        self._timed = contract.ordered_by is not None and contract.column_type(contract.ordered_by) == "timestamp"

    def rows(self) -> Rows:
        with opened(self._files, self._progress, writable=self._folder) as engine:
            laid_out = self._laid_out(engine)
            read = [(layout, self._terms(layout)) for layout in laid_out]
            there = {name for _, columns in read for name in columns}
            self._judge(read)
            self._end_if_wrong()
            kept = tuple(cell for cell in self._wanted if cell.column in there)
            written = [self._write(engine, layout, columns, kept, number) for number, (layout, columns) in enumerate(read)]
            self._end_if_wrong()
        files, numbers = tuple(file for file, _ in written), [number for _, number in written]
        if not sum(numbers):
            raise NoReference(f"{self._names()}: there is no row, and a baseline is of rows.")
        rows = Rows(files, sum(numbers), kept, False, self._contract.ordered_by if self._timed else None)
        missing, timed = self._nowhere(rows, [layout for layout, _ in read if layout.format == "json"])
        self._faults += [f"{name}: the column is missing, and the model takes it" for name in missing if name in self._inputs]
        self._end_if_wrong()
        return replace(rows, cells=tuple(cell for cell in kept if cell.column not in missing), timed=timed)

    @property
    def _inputs(self) -> list[str]:
        return [tensor.name for tensor in self._contract.signature.inputs if any(cell.column == tensor.name for cell in self._wanted)]

    def _laid_out(self, engine: Engine) -> list[Layout]:
        alike: dict[Layout, list[int]] = {}
        names = [*dict.fromkeys(cell.column for cell in self._wanted), *filter(None, [self._contract.ordered_by])]
        for file, path in enumerate(self._files):
            try:
                table = Source(self._names(), self._files, _format(path))
                layout = layouts(engine, table, file, "utf-8", names)
            except (CannotRead, NoSource) as fault:
                self._faults.append(f"{path.name}: the file {fault}")
                continue
            if layout is None:
                self._faults.append(f"{path.name}: the file is empty; it has no header")
            else:
                alike.setdefault(replace(layout, files=()), []).append(file)
        return [replace(layout, files=tuple(files)) for layout, files in alike.items()]

    def _terms(self, layout: Layout) -> dict[str, Terms]:
        """How the columns that are wanted, and are there, are read; one that holds something else is a fault."""
        made: dict[str, Terms] = {}
        names = [*dict.fromkeys(cell.column for cell in self._wanted)]
        if self._timed and self._contract.ordered_by not in names:
            names.append(str(self._contract.ordered_by))
        for name in names:
            # Keys of JSON may come in later rows than those that were looked at.
            held = layout.columns.get(name, "JSON" if layout.format == "json" else None)
            if held is None:
                continue
            # Which values are allowed is not asked here.
            found = terms(_alone(self._expected[name]), layout.value(name), held)
            if isinstance(found, Held):
                self._faults.append(f"{name}: the column {found.what}{self._where(layout)}")
            else:
                made[name] = found
        return made

    def _judge(self, read: Sequence[tuple[Layout, Mapping[str, Terms]]]) -> None:
        """Says which columns are nowhere, or not in all files."""
        there = {name for layout, columns in read for name in columns}
        held = {fault.split(":")[0] for fault in self._faults}
        for name in self._inputs if read else []:
            without = [layout for layout, columns in read if name not in columns]
            if without and name not in held:
                where = self._where(without[0]) if name in there else ""
                near = get_close_matches(name.lower(), {one.lower(): one for one in without[0].names if looks_like_a_name(one)}, 1)
                alike = [one for one in without[0].names if near and one.lower() == near[0]]
                way_out = f": is it {alike[0]}? Call it {name} there" if alike else ""
                self._faults.append(f"{name}: the column is missing{where}, and the model takes it{way_out}")

    def _nowhere(self, rows: Rows, json: Sequence[Layout]) -> tuple[list[str], bool]:
        """Columns without any value that no JSON file was seen to have, and whether there are times."""
        with opened(rows.files) as engine:
            links = ", ".join(engine.link(file) for file in range(len(rows.files)))
            columns = list(dict.fromkeys(cell.column for cell in rows.cells)) if json else []
            first = {cell.column: _quoted(cell.name) for cell in reversed(rows.cells)}
            counts = ", ".join([f"count({TIME})", *(f"count({first[name]})" for name in columns)])
            ((times, *values),) = engine.rows(f"SELECT {counts} FROM read_parquet([{links}])")
        seen = {name for layout in json for name in layout.names}
        return [name for name, value in zip(columns, values, strict=True) if not value and name not in seen], bool(times)

    def _write(self, engine: Engine, layout: Layout, columns: Mapping[str, Terms], kept: Sequence[Cell], number: int) -> tuple[Path, int]:
        """The rows of files that are laid out alike, in a file of their own, and how many they are."""
        made = self._folder / f"rows-{number}.parquet"
        table = looked_up(layout.table(engine, layout.files, keep_rejects=True), columns)
        # Lists are made once, and taken apart outside.
        lists = {cell.column: f'"list {cell.column}"' for cell in kept if cell.element is not None and cell.column in columns}
        inner = [f"{columns[name].read} AS {alias}" for name, alias in lists.items()]
        inner += [f"{columns[name].value} IS NOT NULL AS {_quoted('there ' + name)}" for name in lists]
        if inner:
            table = f"(SELECT *, {', '.join(inner)} FROM {table})"
        values = [f"{self._typed(cell, columns, lists)} AS {_quoted(cell.name)}" for cell in kept]
        tests = [(cell, test) for cell in kept if (test := self._test(cell, columns, lists)) is not None]
        order = columns.get(str(self._contract.ordered_by)) if self._timed else None
        time = f"{order.time} / 1e6" if order is not None and order.time else "NULL"
        wrong = [(cell.name, test) for cell, test in tests]
        if order is not None and order.time and self._contract.ordered_by not in {name for name, _ in wrong}:
            wrong.append((str(self._contract.ordered_by), f"{order.value} IS NOT NULL AND {order.time} IS NULL"))
        beside = [f"NULL::VARCHAR AS {ID}", f"({time})::DOUBLE AS {TIME}", f"{_wrong(wrong)} AS {WRONG}"]
        query = f"SELECT {', '.join([*beside, *values])} FROM {table} WHERE {layout.present} IS NOT NULL"
        try:
            ((rows,),) = engine.rows(f"COPY ({query}) TO {quoted(str(made.resolve()))} (FORMAT parquet, COMPRESSION lz4_raw)")
            self._tell_rejected(engine, layout, rows if isinstance(rows, int) else 0)
        except CannotRead as fault:
            names = named((self._files[file].name for file in layout.files), 3)
            self._faults.append(f"{names}: the file {fault}" if len(layout.files) == 1 else f"{names}: a file {fault}")
            return made, 0
        return made, rows if isinstance(rows, int) else 0

    def _test(self, cell: Cell, columns: Mapping[str, Terms], lists: Mapping[str, str]) -> str | None:
        """SQL that is true where a cell holds something of another type; None where none can."""
        found = columns.get(cell.column)
        if found is None:
            return None
        if cell.element is not None:
            # What is missing inside of a list is missing, and no other type.
            return f"{_quoted('there ' + cell.column)} AND NOT ({self._complete(cell, lists)})"
        if all(rule != "type" for rule, _ in found.faults):
            return None
        return f"{found.value} IS NOT NULL AND {found.read} IS NULL"

    def _complete(self, cell: Cell, lists: Mapping[str, str]) -> str:
        """SQL that is true where a list has as many values as the contract says."""
        return f"coalesce(len({lists[cell.column]}) = {self._expected[cell.column].length}, false)"

    def _typed(self, cell: Cell, columns: Mapping[str, Terms], lists: Mapping[str, str]) -> str:
        found = columns.get(cell.column)
        kind = "DOUBLE" if cell.kind == "number" else "VARCHAR"
        if found is None:
            return f"NULL::{kind}"
        if cell.element is None:
            return f"CAST({found.read} AS {kind})"
        return f"CASE WHEN {self._complete(cell, lists)} THEN CAST({lists[cell.column]}[{cell.element + 1}] AS {kind}) END"

    def _tell_rejected(self, engine: Engine, layout: Layout, rows: int) -> None:
        if layout.format == "parquet":
            return
        left_out = sum(one.count for one in rejected(engine, layout.files))
        if layout.format == "json":
            ((every,),) = engine.rows(f"SELECT count(*) FROM {layout.table(engine, layout.files)}")
            left_out += max(0, (every if isinstance(every, int) else 0) - rows)
        if left_out:
            self._told(f"{counted(left_out, 'line')}{self._where(layout)} can be read as no row, and what they say is left out")

    def _where(self, layout: Layout) -> str:
        return f" in {named((self._files[file].name for file in layout.files), 3)}" if len(self._files) > 1 else ""

    def _names(self) -> str:
        return named((file.name for file in self._files), 3)

    def _progress(self, share: float) -> None:
        if share >= self._said + SAID:
            self._said = share
            self._told(f"{self._names()}: {share:.0%} read")

    def _end_if_wrong(self) -> None:
        if self._faults:
            raise NoReference("\n".join(f"{fault}." for fault in dict.fromkeys(self._faults)))


def _format(file: Path) -> Format:
    return source(str(file)).format


def _alone(one: Expected) -> Expected:
    """A column by its type alone."""
    return replace(one, datatype=None, low=None, high=None, values=None, unique=False, shown=False)


def _wrong(tests: Sequence[tuple[str, str]]) -> str:
    """SQL for the names of the columns that are of another type; of nearly all rows there are none, and nothing is made for these."""
    if not tests:
        return "[]::VARCHAR[]"
    found = ", ".join(f"CASE WHEN {test} THEN {quoted(name)} END" for name, test in tests)
    some = " OR ".join(f"({test})" for _, test in tests)
    return f"CASE WHEN {some} THEN list_filter([{found}], lambda name: name IS NOT NULL) ELSE []::VARCHAR[] END"


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'
