"""Data as text: YAML that people read, and that `reading` reads as the same data."""

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from modelway.architecture.base import FieldPath
from modelway.architecture.reading import plain_value

_BARE = re.compile(r"[A-Za-z0-9/][A-Za-z0-9 _./@+%=~-]*(:[A-Za-z0-9_./@+%=~-]+)*", re.ASCII)
"""Text that needs no quotes."""
_LIKE_A_NUMBER = re.compile(r"[-+]?[0-9][0-9._:eExXo+-]*", re.ASCII)
_LIKE_A_WORD = frozenset({"yes", "no", "on", "off", "y", "n"})
"""Booleans to readers of YAML 1.1."""

WIDTH = 100
"""Most characters of a list or mapping in one line, by itself."""


@dataclass(frozen=True)
class Line:
    """One line of YAML, and the field that it shows."""

    path: FieldPath
    text: str
    whole: bool
    """Whether the field's value stands in this line; else it follows below."""


def lines(data: Mapping[str, object], path: FieldPath = (), depth: int = 0) -> Iterator[Line]:
    """A mapping with a field a line; lists of single values in one line when they are short."""
    for key, value in data.items():
        yield from _field(f"{'  ' * depth}{single(key)}:", value, (*path, key), depth + 1)


def single(value: object, *, nested: bool = False) -> str:
    """A single value as it is written in a file; `nested` when it stands inside of brackets or braces."""
    if not isinstance(value, str):
        return json.dumps(value)
    bare = _BARE.fullmatch(value) and not _LIKE_A_NUMBER.fullmatch(value) and value.lower() not in _LIKE_A_WORD and value[-1] != " "
    # libyaml stops at a colon inside of brackets.
    if bare and isinstance(plain_value(value), str) and not (nested and ":" in value):
        return value
    # JSON's quotes and escapes are YAML's too, but for characters beyond 16 bits.
    quoted = json.dumps(value, ensure_ascii=False)
    return "".join(character if character.isprintable() else f"\\U{ord(character):08x}" for character in quoted)


def inline(value: object) -> str:
    """Any value in one line."""
    if isinstance(value, Mapping):
        return "{" + ", ".join(f"{single(key, nested=True)}: {_nested(item)}" for key, item in value.items()) + "}"
    if isinstance(value, list | tuple):
        return "[" + ", ".join(map(_nested, value)) + "]"
    return single(value)


def _nested(value: object) -> str:
    return single(value, nested=True) if not isinstance(value, Mapping | list | tuple) else inline(value)


def _field(start: str, value: object, path: FieldPath, depth: int) -> Iterator[Line]:
    if isinstance(value, Mapping) and value:
        yield Line(path, start, whole=False)
        yield from lines(value, path, depth)
    elif isinstance(value, list | tuple) and _is_spread(value):
        yield Line(path, start, whole=False)
        for position, item in enumerate(value):
            yield from _item(item, (*path, position), depth)
    else:
        yield Line(path, f"{start} {inline(value)}", whole=True)


def _item(item: object, path: FieldPath, depth: int) -> Iterator[Line]:
    dash = "  " * depth + "- "
    if not (isinstance(item, Mapping) and item):
        yield Line(path, dash + inline(item), whole=True)
        return
    for position, line in enumerate(lines(item, path, depth + 1)):
        yield line if position else Line(line.path, dash + line.text.lstrip(), line.whole)


def _is_spread(value: list[object] | tuple[object, ...]) -> bool:
    return any(isinstance(item, Mapping) for item in value) or len(inline(value)) > WIDTH
