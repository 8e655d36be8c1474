"""Property values as plugins see them: plain Python, plus two marks the engine knows.

A value is None, bool, int, float, str, a list or a dict of values, `Secret(value)`, or `UNKNOWN` (not known until something else exists;
only during previews). Whole numbers arrive as int. Assets, archives and resource references stay the tagged dicts they are on the wire.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Final, TypeAlias, Union

from google.protobuf import struct_pb2

Value: TypeAlias = Union[bool, int, float, str, "list[Value]", "dict[str, Value]", "Secret", "Unknown", None]
Properties: TypeAlias = dict[str, Value]


@dataclass(frozen=True)
class Secret:
    """A value that is never shown and is encrypted in the state."""

    value: Value

    def __repr__(self) -> str:
        return "Secret(…)"


class Unknown:
    """A value that is not known during this preview. There is one: UNKNOWN."""

    def __repr__(self) -> str:
        return "UNKNOWN"


UNKNOWN: Final = Unknown()

# The marks of the wire format, as sdk/go/common/resource and sdk/go/common/resource/plugin (rpc.go) of Pulumi define them.
_SIGNATURE = "4dabf18193072939515e22adb298388d"
_SECRET = "1b47061264138c4ac30d75fd1eb44270"
_OUTPUT = "d0e6a833031e9bbcd3f4e8bde6ca49a4"
_UNKNOWNS = frozenset(
    {
        "1c4a061d-8072-4f0a-a4cb-0ff528b18fe7",  # bool
        "3eeb2bf0-c639-47a8-9e75-3b44932eb421",  # number
        "04da6b54-80e4-46f7-96ec-b56ff0331ba9",  # string, and anything
        "6a19a0b0-7e62-4c92-b797-7f8e31da9cc2",  # list
        "030794c1-ac77-496b-92df-f27374a8bd58",  # asset
        "e48ece36-62e2-4504-bad9-02848725956a",  # archive
        "dd056dcd-154b-4c76-9bd3-c8f88648b5ff",  # object
    }
)
_UNKNOWN_WIRE = "04da6b54-80e4-46f7-96ec-b56ff0331ba9"


def from_struct(struct: struct_pb2.Struct) -> Properties:
    """The properties of a request. Whoever gets an empty message gets an empty dict."""
    return {key: _from_wire(value) for key, value in struct.fields.items()}


def _from_wire(value: struct_pb2.Value) -> Value:
    match value.WhichOneof("kind"):
        case "bool_value":
            return value.bool_value
        case "number_value":
            number = value.number_value
            return int(number) if number.is_integer() else number
        case "string_value":
            return UNKNOWN if value.string_value in _UNKNOWNS else value.string_value
        case "list_value":
            return [_from_wire(item) for item in value.list_value.values]
        case "struct_value":
            return _from_tagged(from_struct(value.struct_value))
    return None


def _from_tagged(fields: Properties) -> Value:
    match fields.get(_SIGNATURE):
        case signature if signature == _SECRET:
            return Secret(fields.get("value"))
        case signature if signature == _OUTPUT:
            inner = fields.get("value", UNKNOWN)
            return Secret(inner) if fields.get("secret") else inner
    return fields


def to_struct(properties: Mapping[str, Value]) -> struct_pb2.Struct:
    """The properties of a response; marks included."""
    struct = struct_pb2.Struct()
    for key, value in properties.items():
        struct.fields[key].CopyFrom(_to_wire(value))
    return struct


def _to_wire(value: Value) -> struct_pb2.Value:
    match value:
        case None:
            return struct_pb2.Value(null_value=struct_pb2.NULL_VALUE)
        case bool():
            return struct_pb2.Value(bool_value=value)
        case int() | float():
            return struct_pb2.Value(number_value=value)
        case str():
            return struct_pb2.Value(string_value=value)
        case list():
            return struct_pb2.Value(list_value=struct_pb2.ListValue(values=[_to_wire(item) for item in value]))
        case dict():
            return struct_pb2.Value(struct_value=to_struct(value))
        case Secret(value=inner):
            return struct_pb2.Value(struct_value=to_struct({_SIGNATURE: _SECRET, "value": inner}))
        case Unknown():
            return struct_pb2.Value(string_value=_UNKNOWN_WIRE)
    raise TypeError(f"{type(value).__name__} is not a property value")


def plain(value: Value) -> Value:
    """The value without secret marks, at any depth. Unknowns stay."""
    match value:
        case Secret(value=inner):
            return plain(inner)
        case list():
            return [plain(item) for item in value]
        case dict():
            return {key: plain(item) for key, item in value.items()}
    return value


def plain_properties(properties: Properties) -> Properties:
    """`plain` for a whole set of properties."""
    return {key: plain(value) for key, value in properties.items()}


def has_unknown(value: Value) -> bool:
    """Whether anything inside is not known yet."""
    return _any(value, lambda item: isinstance(item, Unknown))


def has_secret(value: Value) -> bool:
    """Whether anything inside is secret."""
    return _any(value, lambda item: isinstance(item, Secret))


def _any(value: Value, test: Callable[[Value], bool]) -> bool:
    if test(value):
        return True
    match value:
        case Secret(value=inner):
            return _any(inner, test)
        case list():
            return any(_any(item, test) for item in value)
        case dict():
            return any(_any(item, test) for item in value.values())
    return False


def secret_like(value: Value, *patterns: Value) -> Value:
    """`value` (plain) with every place made secret that is secret at the same path in one of the patterns.

    A list whose pattern holds a secret anywhere becomes secret whole: services reorder lists, so positions cannot be trusted.
    """
    if value is None:
        return None
    if any(isinstance(pattern, Secret) for pattern in patterns):
        return Secret(value)
    match value:
        case dict():
            maps = [pattern for pattern in patterns if isinstance(pattern, dict)]
            return {key: secret_like(item, *(each[key] for each in maps if key in each)) for key, item in value.items()}
        case list() if any(isinstance(pattern, list) and has_secret(pattern) for pattern in patterns):
            return Secret(value)
    return value


_BARE_KEY = re.compile(r"[A-Za-z_$][A-Za-z0-9_$]*\Z")
Path: TypeAlias = tuple[str | int, ...]


def path_text(path: Path) -> str:
    """A path as the engine writes it: `spec.ports[0].name`, `metadata.labels["app.kubernetes.io/name"]`."""
    text = ""
    for step in path:
        if isinstance(step, int):
            text += f"[{step}]"
        elif _BARE_KEY.match(step):
            text += f".{step}" if text else step
        else:
            escaped = step.replace('"', '\\"')
            text += f'["{escaped}"]'
    return text


def differences(old: Value, new: Value, path: Path = ()) -> Iterator[tuple[Path, str]]:
    """Where two values differ, as (path, "add" | "delete" | "update"), leaf by leaf. Secret marks do not count, null equals absent,
    something unknown differs from whatever was there."""
    old, new = _bare(old), _bare(new)
    if isinstance(old, dict) and isinstance(new, dict):
        for key in dict.fromkeys((*old, *new)):
            yield from differences(old.get(key), new.get(key), (*path, key))
    elif isinstance(old, list) and isinstance(new, list):
        for index in range(max(len(old), len(new))):
            before = old[index] if index < len(old) else None
            after = new[index] if index < len(new) else None
            yield from differences(before, after, (*path, index))
    elif old is None and new is None:
        return
    elif old is None:
        yield path, "add"
    elif new is None:
        yield path, "delete"
    elif isinstance(new, Unknown) or not _same(old, new):
        yield path, "update"


def _bare(value: Value) -> Value:
    return _bare(value.value) if isinstance(value, Secret) else value


def _same(old: Value, new: Value) -> bool:
    return old == new and isinstance(old, bool) == isinstance(new, bool)
