"""What turned out to be right: files of labels, read record by record.

A file is JSON lines, CSV (or TSV) or Parquet, the first two also with .gz behind their ending. Its columns:

- `id`: the number of the request, as the endpoint answered it. A request of several rows has labels `ID/0`, `ID/1`, … by the row's place
  in it, from 0; the row of a request of one row is `ID`, and `ID/0` means the same.
- `label`: what was right; or as the contract calls it; or any name, where it is the only column beside the other two. True or 1 is the
  class that probabilities are of.
- `time`, optional: when it became known, as ISO 8601 (UTC where it says no zone) or in seconds since 1970. One after now is not used yet.

Nothing is left out silently: what is no record, has no id or no label, and what of a file cannot be read, is counted.
"""

import csv
import gzip
import io
import zlib
from collections.abc import Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import BinaryIO

import msgspec
import pyarrow as pa
import pyarrow.parquet as pq

from modelway.monitoring.drift.cells import text

LARGEST = 4 << 30
"""Bytes of a text file, unpacked, that are read; a larger one is refused."""
LONGEST = 1 << 20
"""Bytes of a line; a longer one is no record."""
_TOGETHER = 65_536
_SCHEMA = pa.schema([("id", pa.string()), ("value", pa.string()), ("time", pa.float64())])
_DELIMITERS = (",", ";", "\t", "|")
_UNREADABLE = (OSError, EOFError, zlib.error, pa.ArrowException, csv.Error, UnicodeError)


@dataclass(frozen=True)
class Labels:
    """Labels of any requests, as they stand in files."""

    table: pa.Table
    """`id`, `value` as text, `time` in seconds since 1970 or null."""
    files: int = 0
    unparsable: int = 0
    """Records without an id or a label, and lines that are no record."""
    damaged_files: int = 0
    """Cut off, without the columns, or not what their name says; what could be read of them is used."""
    refused_files: int = 0
    """Too large once unpacked, or of a kind that is not read."""
    mixed_zones: int = 0
    """Times without a zone, where others have one."""


class _Damaged(Exception):
    pass


class _Refused(Exception):
    pass


@dataclass
class _Reader:
    column: str | None
    batches: list[pa.RecordBatch] = field(default_factory=list)
    ids: list[str] = field(default_factory=list)
    values: list[str] = field(default_factory=list)
    times: list[float | None] = field(default_factory=list)
    unparsable: int = 0
    zoned: int = 0
    plain: int = 0

    def add(self, identity: object, value: object, time: object) -> None:
        """One record."""
        known = isinstance(value, bool | int | float | str) and value == value and value != ""
        if not isinstance(identity, str | int) or isinstance(identity, bool) or identity == "" or not known:
            self.unparsable += 1
            return
        self.ids.append(str(identity))
        self.values.append(text(value).strip())  # type: ignore[arg-type]
        self.times.append(self._seconds(time))
        if len(self.ids) >= _TOGETHER:
            self.close()

    def close(self) -> None:
        """What was added is in the batches."""
        self.batches.append(pa.record_batch([self.ids, self.values, self.times], schema=_SCHEMA))
        self.ids, self.values, self.times = [], [], []

    def label_among(self, names: dict[str, object]) -> str | None:
        """The column of the label; None where it is not clear."""
        known = [name for name in ("label", self.column) if name in names]
        others = [name for name in names if name not in ("id", "time")]
        return known[0] if known else others[0] if len(others) == 1 else None

    def _seconds(self, time: object) -> float | None:
        if isinstance(time, str):
            time = _moment(time.strip())
        if isinstance(time, datetime):
            self.zoned += time.tzinfo is not None
            self.plain += time.tzinfo is None
            return (time if time.tzinfo else time.replace(tzinfo=UTC)).timestamp()
        return float(time) if isinstance(time, int | float) and not isinstance(time, bool) else None


def _moment(written: str) -> float | datetime | None:
    for known in (float, datetime.fromisoformat):
        try:
            return known(written)
        except ValueError:
            continue
    return None


def read(files: Sequence[Path], column: str | None = None) -> Labels:
    """All labels of the files; a file that cannot be read is counted, and the others are read. `column` is what the contract calls the
    label, see answers.label_column."""
    reader = _Reader(column)
    damaged = refused = 0
    for file in files:
        try:
            _read(file, reader)
        except _Refused:
            refused += 1
        except (_Damaged, *_UNREADABLE):
            damaged += 1
    reader.close()
    mixed = reader.plain if reader.zoned else 0
    table = pa.Table.from_batches(reader.batches, schema=_SCHEMA)
    return Labels(table, len(files), reader.unparsable, damaged, refused, mixed)


def _read(file: Path, reader: _Reader) -> None:
    endings = [ending.lower() for ending in file.suffixes]
    packed = bool(endings) and endings[-1] == ".gz"
    ending = (endings[-2:-1] if packed else endings[-1:]) or [""]
    if ending[0] in (".parquet", ".pq") and not packed:
        return _parquet(file, reader)
    if ending[0] not in (".jsonl", ".ndjson", ".json", ".csv", ".tsv"):
        raise _Refused
    with file.open("rb") as opened, closing(gzip.GzipFile(fileobj=opened) if packed else opened) as content:
        lines = _lines(content)  # type: ignore[arg-type]
        return _csv(lines, reader) if ending[0] in (".csv", ".tsv") else _json(lines, reader)


def _lines(content: BinaryIO) -> Iterator[bytes]:
    """Lines without their ends; empty where one is too long, which is then no record."""
    seen = 0
    while line := content.readline(LONGEST):
        seen += len(line)
        long = len(line) == LONGEST and not line.endswith(b"\n")
        while long and line and not line.endswith(b"\n"):
            line = content.readline(LONGEST)
            seen += len(line)
            if seen > LARGEST:
                raise _Refused
        if seen > LARGEST:
            raise _Refused
        yield b"\0" if long else line.rstrip(b"\r\n")


def _json(lines: Iterator[bytes], reader: _Reader) -> None:
    decoder = msgspec.json.Decoder(dict[str, object])
    for number, line in enumerate(lines):
        content = line.removeprefix(b"\xef\xbb\xbf") if not number else line
        if not content.strip():
            continue
        try:
            record = decoder.decode(content)
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
            reader.unparsable += 1
            continue
        column = reader.label_among(record)
        reader.add(record.get("id"), record[column] if column is not None else None, record.get("time"))


def _csv(lines: Iterator[bytes], reader: _Reader) -> None:
    decoded = (line.decode("utf-8", "replace") for line in lines)
    header = next(decoded, "").removeprefix("\ufeff")
    delimiter = max(_DELIMITERS, key=header.count)
    names = [name.strip() for name in next(csv.reader(io.StringIO(header), delimiter=delimiter), [])]
    column = reader.label_among(dict.fromkeys(names))
    if "id" not in names or column is None:
        raise _Damaged
    places = names.index("id"), names.index(column), names.index("time") if "time" in names else None
    rows = csv.reader(decoded, delimiter=delimiter)
    while True:
        try:
            row = next(rows, None)
        except csv.Error:
            reader.unparsable += 1
            continue
        if row is None:
            return
        if len(row) == len(names):
            reader.add(row[places[0]].strip(), row[places[1]], row[places[2]] if places[2] is not None else None)
        elif row:
            reader.unparsable += 1


def _parquet(file: Path, reader: _Reader) -> None:
    with pq.ParquetFile(file) as opened:
        column = reader.label_among(dict.fromkeys(opened.schema_arrow.names))
        if "id" not in opened.schema_arrow.names or column is None:
            raise _Damaged
        wanted = ["id", column, *(["time"] if "time" in opened.schema_arrow.names else [])]
        for batch in opened.iter_batches(_TOGETHER, columns=wanted):
            columns = [batch.column(name).to_pylist() for name in wanted]
            for record in zip(*columns, strict=True):
                reader.add(record[0], record[1], record[2] if len(record) > 2 else None)
