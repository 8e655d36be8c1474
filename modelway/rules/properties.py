"""Looking at a property of a resource: it is there, it is missing, or it is not known yet. Never an exception."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache, lru_cache
from typing import NamedTuple

from modelway.rules.values import Secret, Unknown

_PART = re.compile(r'\["([^"]*)"\]|\[(\d+|\*)\]|([^.\[\]]+)')
_PLAIN = re.compile(r"[A-Za-z0-9_$-]+")


@dataclass(frozen=True)
class Missing:
    """A property that is not there."""


_MISSING = Missing()


@dataclass(frozen=True)
class Misplaced:
    """Something else that stands where the property would be in."""

    value: object


class Found(NamedTuple):
    """What stands at a path."""

    path: str
    """As the engine writes it: `spec.rules[0].name`, `metadata.annotations["a.b"]`."""
    value: object
    """Missing where there is nothing, or null; Unknown where it, or what it is in, is not known yet; Misplaced."""
    secret: bool = False

    @property
    def shown(self) -> str:
        """The value for people, who are not shown a secret one, nor one that is inside of it."""
        return "[secret]" if self.secret else str(_masked(self.value))


def _masked(value: object) -> object:
    if isinstance(value, Secret):
        return "[secret]"
    if isinstance(value, Mapping):
        return {key: _masked(item) for key, item in value.items()}
    return [_masked(item) for item in value] if isinstance(value, list | tuple) else value


@cache
def parts(path: str) -> tuple[str, ...]:
    """The names on the way to a property: `spec.rules.*.backendRefs`, where `*` is any position of a list or any name of a mapping;
    `["a.b"]` is a name with dots. Raises ValueError."""
    found = [quoted or position or name for quoted, position, name in _PART.findall(path)]
    if not found or _PART.sub("", path).strip("."):
        raise ValueError(f'{path!r} is no path: names with dots between them, `*` for any position, ["a.b"] for a name with dots')
    return tuple(found)


def look(properties: object, path: str) -> Iterator[Found]:
    """What stands at `path` (see `parts`); one Found that is Missing when there is nothing on the way, none below an empty list."""
    found: list[Found] = []
    _look(properties, parts(path), "", False, found)
    return iter(found)


def one(properties: object, path: str) -> Found:
    """The same, of a path without `*`."""
    return next(look(properties, path), Found(path, Missing()))


def _look(value: object, names: tuple[str, ...], path: str, secret: bool, into: list[Found]) -> None:
    for at, name in enumerate(names):
        if isinstance(value, Secret):
            value, secret = value.value, True
        if type(value) is dict or isinstance(value, Mapping):
            if name == "*":
                for key, item in value.items():
                    _look(item, names[at + 1 :], below(path, str(key)), secret, into)
                return
            path, value = below(path, name), value.get(name)
        elif isinstance(value, list | tuple):
            if name == "*":
                for number, item in enumerate(value):
                    _look(item, names[at + 1 :], f"{path}[{number}]", secret, into)
                return
            if not name.isdecimal() or int(name) >= len(value):
                into.append(Found(path, _MISSING if name.isdecimal() else Misplaced(value), secret))
                return
            path, value = f"{path}[{name}]", value[int(name)]
        elif value is None:
            into.append(Found(_rest(path, names[at:]), _MISSING, secret))
            return
        else:
            into.append(Found(path, value if isinstance(value, Unknown) else Misplaced(value), secret))
            return
    if isinstance(value, Secret):
        value, secret = value.value, True
    into.append(Found(path, _MISSING if value is None else value, secret))


@lru_cache(maxsize=4096)
def below(path: str, name: str) -> str:
    """The path of a named property of what is at `path`."""
    if not _PLAIN.fullmatch(name):
        return f'{path}["{name}"]'
    return f"{path}.{name}" if path else name


def _rest(path: str, names: tuple[str, ...]) -> str:
    for name in names:
        path = path if name == "*" or name.isdecimal() else below(path, name)
    return path
