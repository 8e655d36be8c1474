"""One scan of files that are laid out alike: what of each column is missing, and what does not keep its rules, counted."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from modelway.contracts.engine import Engine
from modelway.contracts.source import Layout
from modelway.contracts.terms import Terms

AHEAD = 86400
"""Seconds that a time may be after now: dates without a zone are up to half a day ahead, and clocks differ."""


@dataclass
class Tally:
    """What was counted of one column."""

    rows: int = 0
    missing: int = 0
    wrong: int = 0
    repeated: int = 0
    """Values that came before, where none may; more than there are where two values that differ have one hash."""
    times: int = 0
    zoned: int = 0
    future: int = 0
    newest: float | None = None
    """In seconds since 1970, without those in the future."""

    def add(self, other: "Tally") -> None:
        """The same over more files."""
        for name in ("rows", "missing", "wrong", "repeated", "times", "zoned", "future"):
            setattr(self, name, getattr(self, name) + getattr(other, name))
        self.newest = max((one for one in (self.newest, other.newest) if one is not None), default=None)


@dataclass(frozen=True)
class Rejected:
    """Lines of a file that are no rows."""

    file: int
    kind: str
    """As DuckDB calls it, or `JSON`."""
    count: int
    lines: tuple[int, ...]
    """The first of them, from 1."""


@dataclass
class Scan:
    """What one scan gave."""

    rows: int = 0
    tallies: dict[str, Tally] = field(default_factory=dict)
    rejected: list[Rejected] = field(default_factory=list)


def scan(engine: Engine, layout: Layout, columns: Mapping[str, Terms], *, unique: frozenset[str], aged: str | None, now: float) -> Scan:
    """What the files of a layout hold. Raises CannotRead."""
    asked: list[tuple[str, str, str]] = []
    for name, one in columns.items():
        asked += [(name, what, expression) for what, expression in _asked(one, name in unique, name == aged, now)]
    counts = ", ".join(["count(*)", f"count({layout.present})", *(expression for _, _, expression in asked)])
    (row,) = engine.rows(f"SELECT {counts} FROM {looked_up(layout.table(engine, layout.files, keep_rejects=True), columns)}")
    every, rows = _count(row[0]), _count(row[1])
    found: dict[str, dict[str, object]] = {name: {} for name in columns}
    for (name, what, _), value in zip(asked, row[2:], strict=True):
        found[name][what] = value
    made = Scan(rows)
    for name, values in found.items():
        there, right = _count(values["there"]), _count(values["right"])
        tally = Tally(rows, rows - there, there - right, times=_count(values.get("times")), zoned=_count(values.get("zoned")))
        if name in unique:
            tally.repeated = there - _count(values["distinct"])
        tally.future = _count(values.get("future"))
        newest = values.get("newest")
        tally.newest = float(newest) if isinstance(newest, int | float) else None
        made.tallies[name] = tally
    if layout.format != "parquet":
        made.rejected = list(rejected(engine, layout.files))
    if every > rows:
        made.rejected += list(_no_objects(engine, layout))
    return made


def looked_up(table: str, columns: Mapping[str, Terms]) -> str:
    """A table with what the rules for its columns look up."""
    lookups = [terms.lookup for terms in columns.values() if terms.lookup]
    return f"(SELECT *, {', '.join(lookups)} FROM {table})" if lookups else table


def _asked(terms: Terms, unique: bool, ordered: bool, now: float) -> Iterator[tuple[str, str]]:
    yield "there", f"count({terms.value})"
    # A CASE, as FILTER takes several times as long.
    yield "right", f"count(CASE WHEN {terms.right} THEN {terms.value} END)" if terms.right != "true" else f"count({terms.value})"
    if unique:
        # Of hashes, which need less memory than texts. Values that are equal have equal ones, so none is missed; NULL has one too.
        yield "distinct", f"count(DISTINCT CASE WHEN {terms.key} IS NOT NULL THEN hash({terms.key}) END)"
    if terms.zoned:
        yield "times", f"count({terms.time})"
        yield "zoned", f"count(CASE WHEN {terms.zoned} THEN 1 END)"
    if ordered and terms.time:
        late = f"{terms.time} > {int((now + AHEAD) * 1e6)}"
        yield "future", f"count(CASE WHEN {late} THEN 1 END)"
        yield "newest", f"max(CASE WHEN NOT ({late}) THEN {terms.time} END) / 1e6"


def _count(value: object) -> int:
    return value if isinstance(value, int) else 0


def rejected(engine: Engine, files: Sequence[int]) -> Iterator[Rejected]:
    """Lines of these files that the last scan of them could not read, where it kept them."""
    latest = "SELECT max(scan_id) FROM reject_scans"
    if engine.rows("SELECT count(*) FROM duckdb_tables() WHERE table_name = 'reject_errors'") == [(0,)]:
        return
    query = (
        "SELECT file_path, error_type::VARCHAR, count(DISTINCT line), list_slice(list_sort(list_distinct(list(line))), 1, 5) "
        f"FROM reject_errors JOIN reject_scans USING (scan_id, file_id) WHERE scan_id = ({latest}) GROUP BY ALL ORDER BY ALL"
    )
    for path, kind, count, lines in engine.rows(query):
        # A scan without any leaves those of the one before as the last.
        if engine.position(str(path)) in files:
            yield Rejected(engine.position(str(path)), str(kind), _count(count), tuple(lines) if isinstance(lines, list) else ())


def _no_objects(engine: Engine, layout: Layout) -> Iterator[Rejected]:
    for file in layout.files:
        ((count, lines),) = engine.rows(
            f"SELECT count(CASE WHEN j IS NULL THEN 1 END), min(CASE WHEN j IS NULL THEN row END, 5) "
            f"FROM {layout.table(engine, [file], numbered=True)}"
        )
        if _count(count):
            yield Rejected(file, "JSON", _count(count), tuple(lines) if isinstance(lines, list) else ())
