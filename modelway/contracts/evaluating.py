"""Holds data against a contract: all rules in one scan, and where one is not kept a second scan that finds the rows."""

import time
from collections.abc import Sequence
from dataclasses import replace

from modelway.architecture.contract import Contract
from modelway.architecture.quantities import Duration
from modelway.contracts.engine import CannotRead, Engine, Progress, opened
from modelway.contracts.expected import expected
from modelway.contracts.finding import Scanned, find, repeats
from modelway.contracts.naming import compare_names
from modelway.contracts.result import Fault, Result, counted, named
from modelway.contracts.saying import say, say_missing
from modelway.contracts.scanning import AHEAD, Rejected, Tally, scan
from modelway.contracts.source import Encoding, Layout, Source, layouts
from modelway.contracts.terms import Held, Terms, terms

LINES = {
    "MISSING COLUMNS": "fewer values than the header",
    "TOO MANY COLUMNS": "more values than the header",
    "UNQUOTED VALUE": "a quote that does not end, or text behind its end",
    "LINE SIZE OVER MAXIMUM": "more than 2 MB",
    "INVALID ENCODING": "characters that are not in the file's encoding (say --encoding latin-1 if it is that, or convert it)",
    "JSON": "no JSON object",
}
"""What lines have that are no rows, by what DuckDB calls it (duckdb.org/docs/stable/data/csv/reading_faulty_csv_files)."""


def evaluate(
    contract: Contract, table: Source, *, encoding: Encoding = "utf-8", now: float | None = None, progress: Progress | None = None
) -> Result:
    """What the contract says of the table's columns and rows. `now`, in seconds since 1970, is what freshness counts from.

    Nothing that it returns holds a value of a row, but of columns that the contract lets be shown.
    """
    with opened(table.files, progress) as engine:
        return _Evaluation(engine, contract, table, encoding, time.time() if now is None else now).result()


class _Evaluation:
    def __init__(self, engine: Engine, contract: Contract, table: Source, encoding: Encoding, now: float) -> None:
        self._engine, self._contract, self._table, self._now = engine, contract, table, now
        self._encoding: Encoding = encoding
        self._expected = {one.name: one for one in expected(contract)}
        self._faults: list[Fault] = []
        self._notes: list[str] = []
        self._rows = 0
        self._tallies = {name: Tally() for name in self._expected}
        self._scanned: list[Scanned] = []
        self._perhaps: dict[str, Fault] = {}

    def result(self) -> Result:
        unique = frozenset(name for name, one in self._expected.items() if one.unique and one.length is None)
        for layout in self._laid_out():
            columns = self._columns(layout)
            try:
                made = scan(
                    self._engine,
                    layout,
                    columns,
                    unique=unique,
                    aged=self._contract.ordered_by if self._contract.freshness else None,
                    now=self._now,
                )
            except CannotRead as fault:
                self._cannot(layout.files, fault)
                continue
            self._rows += made.rows
            for name, tally in made.tallies.items():
                self._tallies[name].add(tally)
            self._faults += [self._line(rejected) for rejected in made.rejected]
            self._scanned.append((layout, columns))
        self._judge_rows()
        if self._rows:
            self._judge_columns(unique)
            self._judge_times()
        return Result(self._table.name, tuple(self._faults), self._rows if self._scanned else None, tuple(self._notes))

    def _laid_out(self) -> list[Layout]:
        """The layouts of all files, each once."""
        alike: dict[Layout, list[int]] = {}
        for file in range(len(self._table.files)):
            try:
                layout = layouts(self._engine, self._table, file, self._encoding, list(self._expected))
            except CannotRead as fault:
                self._cannot((file,), fault)
                continue
            if layout is None:
                self._faults.append(Fault("file", self._table.name_of(file), "the file is empty; it has no header"))
            else:
                alike.setdefault(replace(layout, files=()), []).append(file)
        made = [replace(layout, files=tuple(files)) for layout, files in alike.items()]
        for layout in made:
            faults, notes = compare_names(list(self._expected.values()), layout, self._where(layout.files, made))
            self._notes += notes
            if layout.format == "json":
                # Keys may come in later rows than those that were looked at: the scan tells.
                self._perhaps |= {fault.subject: fault for fault in faults}
            else:
                self._faults += faults
        return made

    def _where(self, files: Sequence[int], every: Sequence[Layout]) -> str:
        return f"in {named((self._table.files[file].name for file in files), 3)} " if len(every) > 1 else ""

    def _columns(self, layout: Layout) -> dict[str, Terms]:
        """The rules for the columns of a layout; columns that hold something else as a whole are told and left out."""
        made: dict[str, Terms] = {}
        for name, one in self._expected.items():
            held = layout.columns.get(name, "JSON" if layout.format == "json" else None)
            if held is None:
                continue
            found = terms(one, layout.value(name), held)
            if isinstance(found, Held):
                where = f" in {named((self._table.files[file].name for file in layout.files), 3)}" if len(self._table.files) > 1 else ""
                self._faults.append(Fault("column_type", name, f"the column {found.what}{where}", undecided=found.undecided))
            else:
                made[name] = found
        return made

    def _cannot(self, files: Sequence[int], fault: CannotRead) -> None:
        name = named((self._table.files[file].name for file in files), 3)
        self._faults.append(Fault("file", name, str(fault), undecided=fault.undecided))

    def _line(self, rejected: Rejected) -> Fault:
        what = LINES.get(rejected.kind, "what is no row")
        most = "at least " if rejected.count >= 100_000 else ""
        word = "line" if len(rejected.lines) == 1 else "lines"
        lines = named((f"{line:,}" for line in rejected.lines), 5)
        told = f"{most}{counted(rejected.count, 'line')} with {what}, left out of all other counts: {word} {lines}"
        return Fault("line", self._table.name_of(rejected.file), told, rejected.count)

    def _judge_rows(self) -> None:
        limits = self._contract.rows
        if not self._scanned:
            return
        if limits is None:
            if not self._rows:
                self._faults.append(Fault("rows", "", "there is no row, so nothing could be looked at", undecided=True))
        elif self._rows < limits.min:
            self._faults.append(Fault("rows", "", f"{counted(self._rows)}, expected at least {limits.min:,}"))
        elif limits.max is not None and self._rows > limits.max:
            self._faults.append(Fault("rows", "", f"{counted(self._rows)}, expected at most {limits.max:,}"))

    def _judge_columns(self, unique: frozenset[str]) -> None:
        missing, wrong, repeated = [], [], []
        for name, one in self._expected.items():
            tally = self._tallies[name]
            if self._nowhere(name, tally):
                if one.needed:
                    self._faults.append(self._perhaps.get(name) or Fault("missing_column", name, "the column is missing"))
                continue
            if tally.missing > one.null_rate * tally.rows:
                missing.append(name)
            if tally.wrong:
                wrong.append(name)
            if name in unique and (tally.repeated or len(self._scanned) > 1):
                repeated.append(name)
        try:
            found = find(self._engine, self._table, self._scanned, wrong, missing) if wrong or missing else []
            found += [broken for name in repeated if (broken := repeats(self._engine, self._table, self._scanned, name))]
        except CannotRead as fault:
            self._cannot(range(len(self._table.files)), fault)
            return
        for name, one in self._expected.items():
            for broken in (one for one in found if one.column == name):
                if broken.rule != "missing":
                    self._faults.append(say(one, broken))
                elif name in missing:
                    self._faults.append(say_missing(one, self._tallies[name].missing, self._tallies[name].rows, broken))

    def _nowhere(self, name: str, tally: Tally) -> bool:
        """Whether no object of any JSON file has such a member."""
        json = [layout for layout, _ in self._scanned if layout.format == "json"]
        return bool(json) and tally.missing == tally.rows and not any(name in layout.names for layout in json)

    def _judge_times(self) -> None:
        for name, tally in self._tallies.items():
            if 0 < tally.zoned < tally.times:
                what = f"{counted(tally.zoned)} with a time zone and {counted(tally.times - tally.zoned)} without: write all of them alike"
                self._faults.append(Fault("zones", name, what, min(tally.zoned, tally.times - tally.zoned)))
        column, freshness = self._contract.ordered_by, self._contract.freshness
        if column is not None and freshness is not None:
            self._judge_age(column, freshness)

    def _judge_age(self, name: str, freshness: Duration) -> None:
        tally = self._tallies[name]
        if not tally.rows:
            # That the column is missing, or holds something else, is told.
            return
        if tally.future:
            self._faults.append(Fault("future", name, f"{counted(tally.future)} more than {AHEAD // 3600}h in the future", tally.future))
        if tally.newest is None:
            self._faults.append(Fault("freshness", name, "no row has a time, so its age is not known", undecided=True))
        elif (age := self._now - tally.newest) > freshness.seconds:
            self._faults.append(Fault("freshness", name, f"the newest row is {_age(age)} old, expected at most {freshness}"))


def _age(seconds: float) -> str:
    for size, unit in ((86400, "d"), (3600, "h"), (60, "m")):
        if seconds >= size:
            return f"{seconds / size:.1f}{unit}"
    return f"{seconds:.0f}s"
