"""What endpoints were asked and what they answered, as it was written down, read into rows: one table for each version."""

import re
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import pyarrow as pa

from modelway.architecture.contract import Contract
from modelway.monitoring.drift.cells import ID, TIME, WRONG
from modelway.monitoring.drift.logs.bodies import Columns, Misshapen, Shape
from modelway.monitoring.drift.logs.envelopes import Envelope, Side, decoded, envelope
from modelway.monitoring.drift.logs.pairing import Paired, paired
from modelway.monitoring.drift.logs.streams import Damaged, TooLarge, ends_with_a_line, is_packed, lines
from modelway.monitoring.drift.logs.tabular import Table, is_table, tables
from modelway.monitoring.drift.logs.times import Clock
from modelway.monitoring.drift.logs.writing import SEQUENCE, UNSURE, Part
from modelway.monitoring.drift.result import Accounting
from modelway.monitoring.drift.watched import Watched

MOST_SCHEMAS = 1000
"""Different sets of columns and types of records that are told apart; who has more of them has changes enough."""

AHEAD = 300
"""Seconds that a clock may be ahead of ours; times beyond that are in the future."""

_DAY = re.compile(r"(/\d{4}(/\d{2}){2,3}|/[a-z]+=[\d-]+)+$")
"""2026/11/27, 2026/11/27/05, date=2026-11-27/hour=05."""


@dataclass(frozen=True)
class Rows:
    """What was read. Columns of the tables: see modelway.monitoring.drift.cells; where a request had several rows, the id of each is
    ID/0, ID/1 …"""

    tables: dict[str, tuple[Path, ...]]
    """Files of Parquet by version. A version that has no rows is not there."""
    accounting: Accounting
    span: tuple[float, float] | None
    """Times of the first and the last row, in seconds since 1970; None where no row has one."""


def read(files: Sequence[Path], watched: Watched, folder: Path, *, now: float | None = None) -> Rows:
    """The rows of the watched versions in these files, written to an empty folder.

    A file is JSON lines (CloudEvents, records of our servers, SageMaker's data capture; packed by gzip or not), Parquet or CSV, whatever
    it is called. Which version a record is of it says itself; or a folder of its path does, which is called after the version or, by
    SageMaker, after its variant; or there is but one. What cannot be used is counted. Raises NoRoom where there are more rows than
    this machine can put together.
    """
    reading = _Reading(watched, folder, time.time() if now is None else now)
    for number, path in enumerate(files):
        reading.file(number, path)
    return reading.rows(len(files))


class _Version:
    """One version while files are read."""

    def __init__(self, number: int, contract: Contract, folder: Path) -> None:
        self.contract, self.shape = contract, Shape(contract)
        self.parts: dict[Side, Part] = {
            side: Part(folder / f"{number}-{side}.parquet", self.shape.cells) for side in ("both", "asked", "answered")
        }
        self._seen: Counter[tuple[Side, tuple[tuple[str, str], ...]]] = Counter()

    def note(self, side: Side, kinds: dict[str, str]) -> None:
        """What a record says of its columns. Nearly all say the same."""
        said = side, tuple(kinds.items())
        if said in self._seen or len(self._seen) < MOST_SCHEMAS:
            self._seen[said] += 1

    @property
    def schema_changes(self) -> int:
        """Columns that held different types, or that some records had and others had not."""
        outputs = {cell.column for cell in self.shape.cells if cell.role == "output"}
        kinds: dict[str, set[str]] = {}
        present: Counter[str] = Counter()
        records: Counter[Side] = Counter()
        for (side, said), many in self._seen.items():
            records[side] += many
            for column, kind in said:
                present[column] += many
                kinds.setdefault(column, set()).update([kind] if kind else [])
        sides: dict[str, Side] = {column: "answered" if column in outputs else "asked" for column in kinds}
        return sum(len(kinds[one]) > 1 or present[one] < records["both"] + records[side] for one, side in sides.items())


class _Reading:
    def __init__(self, watched: Watched, folder: Path, now: float) -> None:
        self._watched, self._folder, self._now = watched, folder, now
        self._versions = {
            one.version: _Version(number, watched.contract(one.version), folder) for number, one in enumerate(watched.versions)
        }
        self._variants = {one.variant: one.version for one in watched.versions if one.variant is not None}
        self._clock = Clock()
        self._sequence = 0
        self._span: tuple[float, float] | None = None
        self._unparsable = self._damaged = self._refused = 0
        self._unknown = self._without_time = self._future = self._other = 0

    def file(self, number: int, path: Path) -> None:
        try:
            if is_table(path):
                self._table(number, path)
            else:
                self._lines(number, path)
        except TooLarge:
            self._refused += 1
        except (Damaged, OSError):
            self._damaged += 1

    def rows(self, files: int) -> Rows:
        found: dict[str, Paired] = {}
        for number, (name, version) in enumerate(self._versions.items()):
            for part in version.parts.values():
                part.close()
            both, asked, answered = (version.parts[side] for side in ("both", "asked", "answered"))
            target = self._folder / f"{number}.parquet"
            found[name] = paired(both, asked, answered, version.shape.cells, target, self._folder / "spill")
        # Each version was offered every request that did not say of which one it is.
        nobodys = max((one.unsure for one in found.values()), default=0) - sum(one.claimed for one in found.values())
        accounting = Accounting(
            files=files,
            rows=sum(one.rows for one in found.values()),
            duplicates=sum(one.duplicates for one in found.values()),
            unparsable=self._unparsable,
            damaged_files=self._damaged,
            refused_files=self._refused,
            unknown_version=self._unknown,
            without_time=self._without_time,
            mixed_zones=self._clock.mixed,
            future=self._future,
            schema_changes=sum(version.schema_changes for version in self._versions.values()),
            unanswered=sum(one.unanswered for one in found.values()) + nobodys,
            other_models=self._other,
        )
        return Rows({name: (one.path,) for name, one in found.items() if one.path is not None}, accounting, self._span)

    def _lines(self, number: int, path: Path) -> None:
        last_was_broken = False
        for at, line in enumerate(lines(path)):
            try:
                record = None if line is None else decoded(line)
            except ValueError:
                record = None
            last_was_broken = record is None
            # KServe writes a batch as one list.
            for inner, one in enumerate(record if isinstance(record, list) else [record]):
                found = envelope(one)
                if found is None:
                    self._unparsable += 1
                else:
                    self._record(found, path, f"{path.name}:{at}.{inner}@{number}", len(line or b""))
        if last_was_broken and not is_packed(path) and not ends_with_a_line(path):
            raise Damaged

    def _record(self, found: Envelope, path: Path, place: str, weight: int) -> None:
        if found.model is not None and not self._is_ours(found.model):
            self._other += 1
            return
        names = self._names(found.version, path)
        if not names and (found.version is not None or found.side != "asked"):
            self._unknown += 1
            return
        moment = self._moment(found.time)
        if moment is None:
            return
        unsure = not names
        read = False
        for name in names or self._versions:
            version = self._versions[name]
            try:
                asked, answered = version.shape.read(found.asked, "input"), version.shape.read(found.answered, "output")
                self._add(version, found, (asked, answered), moment, place, unsure=unsure, weight=weight)
                read = True
            except Misshapen:
                pass
        self._unparsable += not read

    def _add(
        self, version: _Version, found: Envelope, bodies: tuple[Columns, Columns], moment: float, place: str, *, unsure: bool, weight: int
    ) -> None:
        asked, answered = bodies
        if asked.rows and answered.rows and asked.rows != answered.rows:
            raise Misshapen
        rows = max(asked.rows, answered.rows)
        if not rows:
            raise Misshapen
        name = found.id or place
        ids = [name] if rows == 1 else [f"{name}/{row}" for row in range(rows)]
        if not unsure:
            version.note(found.side, {**asked.kinds, **answered.kinds})
        version.parts[found.side].add(ids, moment, self._sequence, {**answered.values, **asked.values}, unsure=unsure, weight=weight)
        self._sequence += rows

    def _is_ours(self, model: str) -> bool:
        """Whether a record is of this model: an InferenceService of one of its versions is called MODEL-…"""
        ours = self._watched.endpoint
        return model in (ours, f"{self._watched.environment}-{ours}") or model.startswith(f"{ours}-")

    def _names(self, said: str | None, path: Path) -> list[str]:
        """The version that a record is of; nothing where that is not known."""
        if said is not None:
            return [said] if said in self._versions else []
        # The folder of a day is no version, whatever versions are called.
        folders = _DAY.sub("", path.parent.as_posix()).split("/")
        for folder in reversed(folders):
            if folder in self._versions:
                return [folder]
        for folder in folders:
            if folder in self._variants:
                return [self._variants[folder]]
        return list(self._versions) if len(self._versions) == 1 else []

    def _moment(self, value: object) -> float | None:
        """Its time, unless it has none or one that is not yet; both are counted."""
        moment = self._clock.read(value)
        if moment is None:
            self._without_time += 1
        elif moment > self._now + AHEAD:
            self._future += 1
        else:
            low, high = self._span or (moment, moment)
            self._span = min(low, moment), max(high, moment)
            return moment
        return None

    def _table(self, number: int, path: Path) -> None:
        """A file is read once for each version that it can be of, as their columns differ; what is no version's counts the first time."""
        named = self._names(None, path)
        for turn, name in enumerate(named or self._versions):
            version, first = self._versions[name], 0
            clock = self._clock if not turn else Clock()
            for table in tables(path, version.contract, version.shape.cells, clock):
                self._unparsable += table.unparsable if not turn else 0
                said = table.versions or [None] * table.rows
                mine = [(one or (named[0] if named else None)) == name for one in said]
                if not turn:
                    known = set(self._versions)
                    self._unknown += sum((one or (named[0] if named else None)) not in known for one in said)
                self._write(version, table, mine, f"{path.name}:", f"@{number}", first)
                first += table.rows

    def _write(self, version: _Version, table: Table, mine: list[bool], before: str, behind: str, first: int) -> None:
        moments = [self._moment(time) if one else None for time, one in zip(table.times, mine, strict=True)]
        kept = [at for at, moment in enumerate(moments) if moment is not None]
        if not kept:
            return
        part = version.parts["both"]
        ids = [(table.ids[at] if table.ids else "") or f"{before}{first + at}{behind}" for at in kept]
        wrong: list[list[str]] = [[] for _ in range(table.rows)]
        for name, positions in table.wrong.items():
            for at in positions.tolist():
                wrong[at].append(name)
        made: dict[str, object] = {
            ID: ids,
            TIME: [moments[at] for at in kept],
            WRONG: [wrong[at] for at in kept],
            SEQUENCE: list(range(self._sequence, self._sequence + len(kept))),
            UNSURE: [False] * len(kept),
        }
        positions = pa.array(kept, pa.int64())
        for field in part.schema:
            if field.name in table.columns:
                made[field.name] = table.columns[field.name].take(positions)
        arrays = [pa.array(made[f.name], f.type) if f.name in made else pa.nulls(len(kept), f.type) for f in part.schema]
        arrays = [array.combine_chunks() if isinstance(array, pa.ChunkedArray) else array for array in arrays]
        part.write(pa.Table.from_arrays(arrays, schema=part.schema))
        version.note("both", table.kinds)
        self._sequence += len(kept)
