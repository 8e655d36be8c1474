"""Looking at a property of a resource: it is there, it is missing, or it is not known yet. Never an exception."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache

from modelway.rules.values import Secret, Unknown

_PART = re.compile(r'\["([^"]*)"\]|\[(\d+|\*)\]|([^.\[\]]+)')
_PLAIN = re.compile(r"[A-Za-z0-9_$-]+")


@dataclass(frozen=True)
class Missing:
    """A property that is not there."""


@dataclass(frozen=True)
class Misplaced:
    """Something else that stands where the property would be in."""

    value: object


@dataclass(frozen=True)
class Found:
    """What stands at a path."""

    path: str
    """As the engine writes it: `spec.rules[0].name`, `metadata.annotations["a.b"]`."""
    value: object
    """Missing where there is nothing, or null; Unknown where it, or what it is in, is not known yet; Misplaced."""
    secret: bool = False

    @property
    def shown(self) -> str:
        """The value for people, who are not shown a secret one."""
        return "[secret]" if self.secret else str(self.value)


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
    yield from _look(properties, parts(path), "", secret=False)


def one(properties: object, path: str) -> Found:
    """The same, of a path without `*`."""
    return next(look(properties, path), Found(path, Missing()))


def _look(value: object, names: tuple[str, ...], path: str, *, secret: bool) -> Iterator[Found]:
    if isinstance(value, Secret):
        value, secret = value.value, True
    if not names or isinstance(value, Unknown):
        yield Found(path, Missing() if value is None else value, secret)
        return
    name, rest = names[0], names[1:]
    if isinstance(value, list | tuple):
        if name == "*":
            for number, item in enumerate(value):
                yield from _look(item, rest, f"{path}[{number}]", secret=secret)
        elif name.isdecimal() and int(name) < len(value):
            yield from _look(value[int(name)], rest, f"{path}[{name}]", secret=secret)
        else:
            yield Found(path, Missing() if name.isdecimal() else Misplaced(value), secret)
    elif isinstance(value, Mapping):
        if name == "*":
            for key, item in value.items():
                yield from _look(item, rest, below(path, str(key)), secret=secret)
        else:
            yield from _look(value.get(name), rest, below(path, name), secret=secret)
    elif value is None:
        yield Found(_rest(path, names), Missing(), secret)
    else:
        yield Found(path, Misplaced(value), secret)


def below(path: str, name: str) -> str:
    """The path of a named property of what is at `path`."""
    if not _PLAIN.fullmatch(name):
        return f'{path}["{name}"]'
    return f"{path}.{name}" if path else name


def _rest(path: str, names: tuple[str, ...]) -> str:
    for name in names:
        path = path if name == "*" or name.isdecimal() else below(path, name)
    return path
