"""Which files are meant, and how their columns are called, before their rows are read."""

import codecs
import csv
import glob
import os
import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from modelway.contracts.compressed import GZIP, ZSTANDARD, is_damaged
from modelway.contracts.engine import CannotRead, Engine
from modelway.errors import ModelwayError

Format = Literal["csv", "parquet", "json"]
Encoding = Literal["utf-8", "latin-1", "utf-16"]
ENCODINGS: tuple[Encoding, ...] = ("utf-8", "latin-1", "utf-16")

ENDINGS: dict[str, Format] = {
    ".csv": "csv",
    ".tsv": "csv",
    ".parquet": "parquet",
    ".pq": "parquet",
    ".jsonl": "json",
    ".ndjson": "json",
    ".json": "json",
}
"""JSON is one object a line."""
COMPRESSED = (".gz", ".zst")
DELIMITERS = (",", ";", "\t", "|")
LOOKED_AT = 10_000
"""Rows of a JSON file whose keys are looked at; bytes of a text file by which it is known as one."""
CSV, JSON = "CSV", "JSON"
"""What columns of such files hold, beside the types of DuckDB."""


class NoSource(ModelwayError):
    """No file is meant, or one that is no data."""


@dataclass(frozen=True)
class Span:
    """The rows whose `column`, which holds numbers, is at least `start` and below `end`."""

    column: str
    start: float
    end: float


@dataclass(frozen=True)
class Source:
    """A table: one file, or the files of a pattern, all of one format."""

    name: str
    files: tuple[Path, ...]
    format: Format
    within: Span | None = None
    """Which rows alone are meant, of Parquet; all when absent."""

    def name_of(self, file: int) -> str:
        """The file by name where there are several; empty where there is one."""
        return self.files[file].name if len(self.files) > 1 else ""


def source(name: str) -> Source:
    """The file of that name, or the files of a pattern such as data/part-*.parquet (`**` for any folder), sorted. Raises NoSource."""
    found = [Path(name)] if os.path.lexists(name) else [Path(path) for path in sorted(glob.glob(name, recursive=True))]  # noqa: PTH207 - absolute ones too
    files = [file for file in found if file.is_file()]
    if found and not files:
        if any(file.is_dir() for file in found):
            raise NoSource(f"{name} is a folder: name files, or a pattern in quotes such as '{name.rstrip('/')}/*.parquet'.")
        raise NoSource(f"{name} is a pipe or a device: write it to a file first, which is read more than once.")
    if not files:
        hint = " Copy it here first: checks read files of this machine alone." if "://" in name else ""
        raise NoSource(f"there is no file {name}.{hint}")
    unreadable = [file for file in files if not os.access(file, os.R_OK)]
    if unreadable:
        raise NoSource(f"{unreadable[0]} may not be read by you.")
    formats = {_format(file) for file in files}
    if len(formats) > 1:
        raise NoSource(f"{name} are files of several formats: {', '.join(sorted(formats))}. Name them apart.")
    return Source(name, tuple(files), formats.pop())


def _format(file: Path) -> Format:
    endings = [ending.lower() for ending in file.suffixes]
    if endings and endings[-1] in COMPRESSED:
        endings.pop()
    if not endings or endings[-1] not in ENDINGS:
        known = ", ".join(ENDINGS)
        raise NoSource(f"{file} has no ending of data that can be read: {known}, and files of text also with {' or '.join(COMPRESSED)}.")
    return ENDINGS[endings[-1]]


@dataclass(frozen=True)
class Layout:
    """Files whose columns are the same."""

    files: tuple[int, ...]
    format: Format
    names: tuple[str, ...]
    """As the files have them; a name may come twice in CSV."""
    types: tuple[str, ...]
    """Of DuckDB, or CSV or JSON."""
    delimiter: str = ","
    encoding: Encoding = "utf-8"
    within: Span | None = None

    @property
    def columns(self) -> dict[str, str]:
        """What each column holds; of two columns with the same name the first counts."""
        return dict(reversed(list(zip(self.names, self.types, strict=True))))

    @property
    def present(self) -> str:
        """SQL that is NULL where a row could not be read."""
        return "j" if self.format == "json" else "1"

    def value(self, name: str) -> str:
        """SQL for a column of that name, as it stands in the file."""
        if self.format == "csv":
            return f"c{self.names.index(name)}"
        if self.format == "parquet":
            return '"' + name.replace('"', '""') + '"'
        member = f"(j -> '$.\"{name}\"')"
        return f"(CASE WHEN json_type({member}) <> 'NULL' THEN {member} END)"

    def table(self, engine: Engine, files: Sequence[int], *, keep_rejects: bool = False, numbered: bool = False) -> str:
        """SQL of a table of rows; `numbered`, for one file, adds `row`, from 1. Lines that are none are left out, and with `keep_rejects`
        kept in reject_errors."""
        links = f"[{', '.join(engine.link(file) for file in files)}]"
        if self.format == "parquet":
            meant = ""
            if self.within is not None:
                time = self.value(self.within.column)
                meant = f" WHERE {time} >= {float(self.within.start)!r} AND {time} < {float(self.within.end)!r}"
            if numbered:
                return f"(SELECT *, file_row_number + 1 AS row FROM read_parquet({links}){meant})"
            return f"(SELECT * FROM read_parquet({links}){meant})" if meant else f"read_parquet({links})"
        rejects = "store_rejects = true, rejects_limit = 100000" if keep_rejects else "ignore_errors = true"
        number = ", row_number() OVER () AS row" if numbered else ""
        if self.format == "csv":
            columns = ", ".join(f"'c{at}': 'VARCHAR'" for at in range(len(self.names)))
            read = (
                f"read_csv({links}, auto_detect = false, header = true, delim = '{self.delimiter}', quote = '\"', escape = '\"', "
                f"encoding = '{self.encoding}', columns = {{{columns}}}, {rejects})"
            )
            return f"(SELECT *{number} FROM {read})" if numbered else read
        read = f"(SELECT line{number} FROM {_lines(links, self.encoding, rejects)})"
        valid = "json_valid(line) AND json_type(line) = 'OBJECT'"
        return f"(SELECT CASE WHEN {valid} THEN line::JSON END AS j{', row' if numbered else ''} FROM {read} WHERE line IS NOT NULL)"


def layouts(engine: Engine, table: Source, file: int, encoding: Encoding, wanted: Sequence[str]) -> Layout | None:
    """How one file is laid out; None when it is empty. Raises CannotRead."""
    if table.files[file].stat().st_size == 0:
        return None
    if table.format != "parquet":
        encoding = _encoding(table.files[file], encoding)
    if table.format == "parquet":
        try:
            described = engine.rows(f"DESCRIBE SELECT * FROM read_parquet({engine.link(file)})")
        except CannotRead:
            # Nothing but the footer is read here, so nothing else can be wrong.
            raise CannotRead("is not a Parquet file, or is damaged") from None
        names, types = tuple(str(row[0]) for row in described), tuple(str(row[1]) for row in described)
        return Layout((file,), "parquet", names, types, within=table.within)
    if table.format == "json":
        whole = Layout((file,), "json", (), (), encoding=encoding)
        keys = f"SELECT unnest(json_keys(j)) AS key FROM (SELECT j FROM {whole.table(engine, [file])} LIMIT {LOOKED_AT})"
        names = tuple(str(row[0]) for row in engine.rows(f"SELECT DISTINCT key FROM ({keys}) ORDER BY key LIMIT 1000"))
        return Layout((file,), "json", names, (JSON,) * len(names), encoding=encoding)
    first = engine.rows(f"SELECT line FROM {_lines(engine.link(file), encoding, 'ignore_errors = true')} LIMIT 1")
    if not first or first[0][0] is None:
        raise CannotRead("has no header: no line of it can be read as one")
    headers = {delimiter: _fields(str(first[0][0]), delimiter) for delimiter in DELIMITERS}
    best = max(DELIMITERS, key=lambda one: (len(set(headers[one]) & set(wanted)), len(headers[one])))
    names = tuple(headers[best])
    return Layout((file,), "csv", names, (CSV,) * len(names), best, encoding)


def _encoding(file: Path, named: Encoding) -> Encoding:
    """UTF-16 where the file begins with its mark, as PowerShell writes it; else what was named. Raises CannotRead for what is no text."""
    if file.suffix.lower() in COMPRESSED:
        if is_damaged(file):
            raise CannotRead("is compressed in another way than its name says, or damaged")
        return named
    with file.open("rb") as opened:
        head = opened.read(LOOKED_AT)
    if named == "utf-8" and head.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return "utf-16"
    if named != "utf-16" and (b"\0" in head or head.startswith((GZIP, ZSTANDARD))):
        raise CannotRead("is no text: it is of another format than its name says, or in UTF-16 (then say --encoding utf-16)")
    return named


def _lines(links: str, encoding: Encoding, rejects: str) -> str:
    # A text file as a table of its lines: the delimiter is a character that no text has.
    return (
        f"read_csv({links}, auto_detect = false, header = false, delim = '\x01', quote = '', escape = '', strict_mode = false, "
        f"encoding = '{encoding}', columns = {{'line': 'VARCHAR'}}, {rejects})"
    )


def _fields(line: str, delimiter: str) -> list[str]:
    return next(csv.reader([line], delimiter=delimiter), [])


def looks_like_a_name(text: str) -> bool:
    """Whether a contract could call a column like that; anything else may be a value."""
    return len(text) <= 128 and re.fullmatch(r"[A-Za-z_][A-Za-z0-9_.-]*", text) is not None
