"""YAML files as plain data, strictly: one document, no key twice, nothing that stands for something else.

The C parser makes the events, and where they were is not kept; only when something is wrong is the text read again with every place kept.
Plain values are read as in JSON: null (or ~, or nothing), true, false, decimal numbers. All else is text, and so is every key: `no`, `010`,
`1_000` and `.nan` are text. Lists become tuples.
"""

import math
import re
import stat
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

from ruamel.yaml.cyaml import CParser  # type: ignore[attr-defined]
from ruamel.yaml.error import MarkedYAMLError, YAMLError
from ruamel.yaml.events import (
    AliasEvent,
    DocumentStartEvent,
    Event,
    MappingEndEvent,
    MappingStartEvent,
    ScalarEvent,
    SequenceEndEvent,
    StreamEndEvent,
)
from ruamel.yaml.reader import ReaderError

from modelway.architecture.base import FieldPath
from modelway.architecture.caching import Snapshot

LIMIT = 1024 * 1024
"""Most bytes of a file: a thousand times what one model needs."""

DEPTH = 32
"""Most levels of nesting."""

MOST_FLAWS = 100
"""Most faults of one kind that are told of one file; a file with more is no mistake in a line."""

_WORDS = {
    "": None, "~": None, "null": None, "Null": None, "NULL": None,
    "true": True, "True": True, "TRUE": True, "false": False, "False": False, "FALSE": False,
}  # fmt: skip
"""What plain words mean in the core schema of YAML 1.2 (yaml.org/spec/1.2.2/#1032-tag-resolution)."""
_INTEGER = re.compile(r"-?(0|[1-9][0-9]{0,17})", re.ASCII)
_FLOAT = re.compile(r"-?(0|[1-9][0-9]{0,17})(\.[0-9]{1,40})?([eE][-+]?[0-9]{1,3})?", re.ASCII)

_UNSEEN = re.compile(
    "[\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180e\u200b\u200e\u200f\u202a-\u202e\u2060-\u206f\u3164\ufeff\uffa0\ufff9-\ufffb"
    "\U000e0000-\U000e007f]"
)
"""What makes a text be another than it looks: signs without width, and signs that turn the direction (unicode.org/reports/tr36)."""


@dataclass(frozen=True)
class Place:
    """Where a field stands: line and column from 1."""

    key: tuple[int, int]
    """Of the field's name; of the item in a list; of the beginning of the file for the whole."""
    value: tuple[int, int]
    text: str | None
    """A single value as it was written, without its quotes; None for a mapping or list."""
    plain: bool = False
    """Whether a single value stands there without quotes."""


@dataclass(frozen=True)
class Flaw:
    """What makes a file unreadable, or a part of it not what it seems."""

    at: tuple[int, int] | None
    path: FieldPath
    value: str | None
    rule: str
    way_out: str


class Unreadable(Exception):
    """A file cannot be taken as data; holds all that is wrong with it."""

    def __init__(self, *flaws: Flaw) -> None:
        super().__init__("; ".join(flaw.rule for flaw in flaws))
        self.flaws = flaws


@dataclass(frozen=True)
class Document:
    """One file that was read."""

    file: Path
    source: str = field(repr=False)
    data: dict[str, object] = field(repr=False)

    @cached_property
    def places(self) -> dict[FieldPath, Place]:
        """Where every field stands. Reads the text again."""
        reader = _Reader(self.source, keep=True)
        reader.document()
        return reader.places


def read(file: Path, snapshot: Snapshot | None = None) -> Document:
    """The mapping in a file; a file without content is an empty one. With a snapshot, as the file was then. Raises Unreadable."""
    source = _text(file, snapshot)
    try:
        data = _Reader(source, keep=False).document()
    except (_Flawed, YAMLError):
        data = None
    if isinstance(data, dict):
        return Document(file, source, data)
    careful = _Reader(source, keep=True)
    try:
        found = careful.document()
    except YAMLError as error:
        raise Unreadable(*careful.flaws, _malformed(error, source)) from None
    except _Flawed:
        raise Unreadable(*careful.flaws) from None
    if not isinstance(found, dict):
        careful.flaws.append(
            Flaw(
                careful.places[()].value,
                (),
                careful.places[()].text,
                "a mapping of fields is expected in this file",
                "Write lines of the form `field: value`.",
            )
        )
    raise Unreadable(*careful.flaws)


def read_bytes(content: bytes) -> dict[str, object]:
    """The mapping in a file's bytes; none of its places are kept. Raises Unreadable, which says no more than that it is no such file."""
    try:
        data = _Reader(_decoded(content), keep=False).document()
    except (_Flawed, YAMLError):
        data = None
    if not isinstance(data, dict):
        raise Unreadable
    return data


def _text(file: Path, snapshot: Snapshot | None = None) -> str:
    content = snapshot.bytes_of(file) if snapshot else None
    if content is None:
        content = _content(file)
        if snapshot:
            snapshot.note(file, content)
    return _decoded(content)


def _decoded(content: bytes) -> str:
    if len(content) > LIMIT:
        raise Unreadable(Flaw(None, (), None, "a file has at most 1 MiB", "Split it, or remove what does not belong here."))
    try:
        text = content.decode("utf-8")
    except UnicodeDecodeError as error:
        before = content[: error.start].decode("utf-8")
        raise Unreadable(
            Flaw(_position(before), (), None, "text in UTF-8; here is a byte that is none", "Save the file as UTF-8.")
        ) from None
    if text.startswith("\ufeff"):
        raise Unreadable(Flaw((1, 1), (), None, "no byte order mark", "Save the file as UTF-8 without BOM."))
    if not text.isascii() and (found := _UNSEEN.search(text)):
        sign = f"U+{ord(found[0]):04X} {unicodedata.name(found[0], '')}".rstrip()
        rule = f"every character can be seen where it stands; here is {sign}"
        raise Unreadable(Flaw(_position(text[: found.start()]), (), None, rule, "Remove it."))
    return text


def _content(file: Path) -> bytes:
    try:
        if not stat.S_ISREG(file.stat().st_mode):
            raise Unreadable(Flaw(None, (), None, "a file is expected here", "Replace it by a file."))
        with file.open("rb") as stream:
            return stream.read(LIMIT + 1)
    except OSError as error:
        raise Unreadable(
            Flaw(None, (), None, f"the file cannot be read: {error.strerror}", "Correct its path or its permissions.")
        ) from None


class _Flawed(Exception):
    """Something is wrong with the text; whoever keeps places finds out what."""


class _Reader:
    """Makes data from a text. With `keep`, collects `places` and `flaws`; without, raises _Flawed at the first flaw."""

    def __init__(self, text: str, *, keep: bool) -> None:
        self.places: dict[FieldPath, Place] = {}
        self.flaws: list[Flaw] = []
        self._keep = keep
        self._parser = CParser(text)
        self._next = self._parser.get_event

    def document(self) -> object:
        """The data of the text. Raises YAMLError, or _Flawed."""
        self._next()
        start = self._next()
        if self._keep:
            self.places[()] = Place((1, 1), (1, 1), None)
        if type(start) is StreamEndEvent:
            return {}
        if isinstance(start, DocumentStartEvent) and (start.version or start.tags):
            self._flaw(start, (), None, "no directive", "Remove the line that begins with %.")
        event = self._next()
        empty = type(event) is ScalarEvent and event.value == "" and not event.style and event.tag is None and event.anchor is None
        data = {} if empty else self._node(event, (), (1, 1), 0)
        self._next()
        further = self._next()
        if type(further) is not StreamEndEvent:
            self._flaw(further, (), None, "one document a file", "Remove what follows `---`, or put it into a file of its own.")
        return data

    def _node(self, event: Any, path: FieldPath, key: tuple[int, int], depth: int) -> object:
        kind = type(event)
        if kind is AliasEvent:
            self._flaw(event, path, f"*{event.anchor}", "no aliases: every value is written where it holds", "Write the value itself.")
            return None
        if event.anchor is not None:
            self._flaw(event, path, f"&{event.anchor}", "no anchors: every value is written where it holds", f"Remove &{event.anchor}.")
        if event.tag is not None:
            self._flaw(
                event,
                path,
                str(event.tag).replace("tag:yaml.org,2002:", "!!"),
                "no tags: a value is what it looks like",
                "Remove the tag; write text in quotes.",
            )
        if self._keep:
            plain = kind is ScalarEvent and bool(event.implicit[0])
            self.places[path] = Place(key, _start(event), event.value if kind is ScalarEvent else None, plain)
        if kind is ScalarEvent:
            return plain_value(event.value) if event.implicit[0] else event.value
        if depth == DEPTH:
            self._flaw(event, path, None, f"at most {DEPTH} levels of nesting", "Write it flatter.")
            raise _Flawed
        return self._mapping(path, depth) if kind is MappingStartEvent else self._sequence(path, depth)

    def _mapping(self, path: FieldPath, depth: int) -> dict[str, object]:
        data: dict[str, object] = {}
        while type(event := self._next()) is not MappingEndEvent:
            if type(event) is not ScalarEvent:
                self._flaw(event, path, None, "the name of a field is text", "Write `field: value`.")
                raise _Flawed
            name: str = event.value
            child = (*path, name) if self._keep else path
            if event.anchor is not None or event.tag is not None:
                self._flaw(event, child, None, "no anchors and no tags", "Remove what stands before the field's name.")
            if name == "<<" and event.implicit[0]:
                self._flaw(event, child, None, "no merge keys: every value is written where it holds", "Write the fields themselves.")
            if name in data:
                first = self.places[child].key[0] if self._keep else 0
                self._flaw(event, child, None, f"every field once; this one stands in line {first} already", "Remove one of the two.")
            data[name] = self._node(self._next(), child, _start(event) if self._keep else (1, 1), depth + 1)
        return data

    def _sequence(self, path: FieldPath, depth: int) -> tuple[object, ...]:
        items: list[object] = []
        while type(event := self._next()) is not SequenceEndEvent:
            child = (*path, len(items)) if self._keep else path
            items.append(self._node(event, child, _start(event) if self._keep else (1, 1), depth + 1))
        return tuple(items)

    def _flaw(self, event: Event, path: FieldPath, value: str | None, rule: str, way_out: str) -> None:
        if not self._keep:
            raise _Flawed
        self.flaws.append(Flaw(_start(event), path, value, rule, way_out))
        if len(self.flaws) == MOST_FLAWS:
            self.flaws.append(Flaw(None, (), None, "there may be further faults in this file", "Correct the others first."))
            raise _Flawed


def plain_value(text: str) -> object:
    """What a text without quotes means."""
    if text in _WORDS:
        return _WORDS[text]
    if text[0] not in "-0123456789":
        return text
    if _INTEGER.fullmatch(text):
        return int(text)
    if _FLOAT.fullmatch(text) and math.isfinite(number := float(text)):
        return number
    return text


def _start(event: Event) -> tuple[int, int]:
    return event.start_mark.line + 1, event.start_mark.column + 1


def _position(before: str) -> tuple[int, int]:
    return before.count("\n") + 1, len(before) - (before.rfind("\n") + 1) + 1


def _malformed(error: YAMLError, source: str) -> Flaw:
    if isinstance(error, ReaderError):
        before = source.encode("utf-8")[: error.position].decode("utf-8", "ignore")
        return Flaw(
            _position(before), (), None, "no control characters", "Remove the character, or write it as an escape in double quotes."
        )
    mark = error.problem_mark if isinstance(error, MarkedYAMLError) else None
    at = (mark.line + 1, mark.column + 1) if mark else None
    lines = source.split("\n")
    if mark and mark.line < len(lines) and lines[mark.line][mark.column : mark.column + 1] == "\t":
        return Flaw(at, (), None, "indented with spaces; here is a tab", "Replace tabs by spaces.")
    if getattr(error, "problem", None) == "found unexpected ':'":
        return Flaw(at, (), None, "a value with a colon, inside braces or brackets, is in quotes", "Write it in quotes.")
    said = [part for part in (getattr(error, "context", None), getattr(error, "problem", None)) if part]
    return Flaw(at, (), None, f"well-formed YAML; {': '.join(said) or 'this is not'}", "Correct this line or the one before it.")


def walk(data: object, path: FieldPath) -> Iterator[object]:
    """The values on the way along a path, as far as it goes, `data` first."""
    yield data
    for part in path:
        inside = part in data if isinstance(data, dict) else isinstance(data, tuple) and isinstance(part, int) and 0 <= part < len(data)
        if not inside:
            return
        data = data[part]  # type: ignore[index]
        yield data
