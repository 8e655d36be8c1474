"""Files that the engine wrote, as the one JSON object that is in them: whole, after other text, or cut.

Policy packs print before the JSON (pulumi/pulumi#19775), a shell may have joined two streams, and a job that ends cuts what it writes. What
stands whole in such a file is used, and said not to be all.
"""

import codecs
import hashlib
import json
import os
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import msgspec

from modelway.errors import ModelwayError, WrongUsage
from modelway.redaction import masked

_BEGIN = re.compile(rb'^[ \t]*+(\{)\s*+(?:"|\}|\Z)', re.MULTILINE)
"""Where an object may begin: first on its line. Possessive, so that a long run of spaces is gone over once."""
_TRIED = 50
"""Places that are tried at most, so that a long log with many braces ends soon."""
_SPACE = re.compile(r"\s*")
_KINDS: tuple[tuple[frozenset[str], str], ...] = (
    (frozenset({"deployment"}), "the state of a stack, as `pulumi stack export` writes it: give it with --state"),
    (frozenset({"resourcePlans"}), "an update plan: give it with --plan"),
    (frozenset({"plan", "version"}), "an update plan: give it with --plan"),
    (frozenset({"sequence", "timestamp"}), "an event log: give it with --events"),
    (frozenset({"steps"}), "the digest of a preview, as `pulumi preview --json` writes it: give it with --digest"),
    (frozenset({"changeSummary"}), "the digest of a preview, as `pulumi preview --json` writes it: give it with --digest"),
    (frozenset({"verdict", "stacks"}), "a report of Modelway, which nothing is made from"),
    (frozenset({"diagnostics"}), "the digest of a preview, as `pulumi preview --json` writes it: give it with --digest"),
)


class UnusableFile(ModelwayError):
    """A file that nothing can be told from."""


@dataclass(frozen=True)
class Document:
    """The object that a file holds, its members as text."""

    file: Path
    members: Mapping[str, msgspec.Raw]
    lists: Mapping[str, list[msgspec.Raw]]
    """The lists among the members that are asked for item by item; of a file that is cut, their whole items."""
    cut: bool
    """Whether it ends before its object does."""


def there(file: Path, option: str) -> Path:
    """The file that an option names. Raises WrongUsage where there is none, or the user may not read it."""
    if not file.exists():
        raise WrongUsage(f"{option}: there is no file {file}.")
    if file.is_dir():
        raise WrongUsage(f"{option}: {file} is a folder: name a file in it.")
    if not os.access(file, os.R_OK):
        raise WrongUsage(f"{option}: {file} may not be read by you.")
    return file


def contents(file: Path) -> bytes:
    """What stands in it, as UTF-8. Raises UnusableFile."""
    try:
        data = file.read_bytes()
    except OSError as fault:
        raise UnusableFile(f"{file} cannot be read: {fault.strerror or fault}.") from None
    if data.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        # What PowerShell writes for `>`.
        return data.decode("utf-16", "replace").encode()
    return data.removeprefix(codecs.BOM_UTF8)


def document(file: Path, data: bytes, lists: tuple[str, ...]) -> Document:
    """The object in `data`, which is what stands in `file`; members named in `lists` item by item. Raises UnusableFile."""
    if data.isspace() or not data:
        raise UnusableFile(f"{file} is empty.")
    begins = _begins(data)
    view = memoryview(data)
    first = True
    for begin in begins:
        try:
            members = msgspec.json.decode(view[begin:], type=dict[str, msgspec.Raw])
            return Document(file, members, {name: _items(file, name, members.get(name)) for name in lists}, cut=False)
        except (msgspec.DecodeError, RecursionError):
            if first and begin == 0 and len(data) > 1_000_000:
                # A large file that begins as it should is cut; no other place in it is better.
                break
        first = False
    for begin in begins:
        found = _salvaged(file, data[begin:].decode("utf-8", "replace"), lists)
        if found.members or found.lists:
            return found
    raise UnusableFile(f"{file} {_else(data)}.")


def _else(data: bytes) -> str:
    """What data are in which no object begins, to go on in a sentence."""
    start = masked(data[:60].decode("utf-8", "replace").strip().split("\n")[0])
    if not start.isprintable() or "\N{REPLACEMENT CHARACTER}" in start:
        return "is not JSON: it is no text in UTF-8; unpack it if it is compressed"
    try:
        msgspec.json.decode(data)
    except (msgspec.DecodeError, RecursionError):
        return f"is not JSON: it begins with {start!r}"
    return f"is JSON, but no object: it begins with {start!r}"


def refuse_other_kinds(found: Document, wanted: str, option: str) -> None:
    """Raises UnusableFile when the file is another kind of file that the engine writes than `wanted`."""
    names = found.members.keys() | {name for name, items in found.lists.items() if items}
    for known, kind in _KINDS:
        if known <= names:
            if option not in kind:
                raise UnusableFile(f"{found.file} is not {wanted} but {kind}.")
            return
    if names - {"config", "duration", "maybeCorrupt"}:
        listed = ", ".join(masked(name[:40]) for name in sorted(names)[:5])
        if found.cut:
            raise UnusableFile(f"{found.file} ends in the middle: it has {listed}, and nothing else of {wanted}. Write it again.")
        raise UnusableFile(f"{found.file} is not {wanted}: it is JSON with {listed}.")


def said(fault: msgspec.DecodeError) -> str:
    """What is wrong with JSON, to go on in a sentence: such as ``object contains unknown field `steps` ``."""
    text = masked(str(fault))
    return text[:1].lower() + text[1:]


def sha256(data: bytes | memoryview) -> str:
    """In hex."""
    return hashlib.sha256(data).hexdigest()


def _begins(data: bytes) -> list[int]:
    found = [match.start(1) for match, _ in zip(_BEGIN.finditer(data), range(_TRIED), strict=False)]
    # Text without an end of line before it, as `Loading policy packs...{`.
    bare = data.find(b"{")
    return found if bare in found or bare < 0 else [*found, bare]


def _items(file: Path, name: str, raw: msgspec.Raw | None) -> list[msgspec.Raw]:
    if raw is None:
        return []
    try:
        return msgspec.json.decode(raw, type=list[msgspec.Raw] | None) or []
    except msgspec.ValidationError:
        raise UnusableFile(f"{file} is not what the engine writes: its {name} are no list.") from None


def _salvaged(file: Path, text: str, lists: tuple[str, ...]) -> Document:
    """What stands whole at the start of a text."""
    members: dict[str, msgspec.Raw] = {}
    found: dict[str, list[msgspec.Raw]] = {name: [] for name in lists}
    try:
        for name, at in _members(text):
            if name in lists and text[at : at + 1] == "[":
                for start, end in _values(text, at + 1, "]"):
                    found[name].append(msgspec.Raw(text[start:end]))
            else:
                members[name] = msgspec.Raw(text[at : _end(text, at)])
    except (ValueError, RecursionError):
        return Document(file, members, {name: items for name, items in found.items() if items}, cut=True)
    return Document(file, members, found, cut=False)


def _members(text: str) -> Iterator[tuple[str, int]]:
    """Names of an object's members, each with where its value begins. Raises ValueError where the text is cut."""
    at = _after(text, 0, "{")
    if text[at : at + 1] == "}":
        return
    while True:
        name, end = _SCAN(text, at)
        at = _after(text, _SPACE.match(text, end).end(), ":")  # type: ignore[union-attr]
        yield str(name), at
        end = _SPACE.match(text, _end(text, at)).end()  # type: ignore[union-attr]
        if text[end : end + 1] == "}":
            return
        at = _after(text, end, ",")


def _values(text: str, at: int, close: str) -> Iterator[tuple[int, int]]:
    at = _SPACE.match(text, at).end()  # type: ignore[union-attr]
    if text[at : at + 1] == close:
        return
    while True:
        end = _end(text, at)
        yield at, end
        end = _SPACE.match(text, end).end()  # type: ignore[union-attr]
        if text[end : end + 1] == close:
            return
        at = _after(text, end, ",")


_SCAN = json.JSONDecoder().raw_decode


def _end(text: str, at: int) -> int:
    return _SCAN(text, at)[1]


def _after(text: str, at: int, mark: str) -> int:
    """Where what follows `mark` begins."""
    if text[at : at + 1] != mark:
        raise ValueError(f"no {mark}")
    return _SPACE.match(text, at + 1).end()  # type: ignore[union-attr]
