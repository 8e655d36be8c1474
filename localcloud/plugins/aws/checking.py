"""Are inputs what the SDK knows and the row serves? And the name that the official provider would give."""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Iterator, Mapping
from typing import Any

from localcloud.plugins.aws.comparing import INTERNAL
from localcloud.plugins.aws.sdk import Property, Type
from localcloud.plugins.aws.table import Action, Call, Expression, Naming, Object, Row, Source
from localcloud.plugins.operations import Autonaming, Failure
from localcloud.plugins.values import Secret, Unknown, Value, plain

_HEX = 7  # digits of a generated name (pulumi-terraform-bridge, pkg/tfbridge/names.go)


def failures(token: str, properties: Mapping[str, Property], inputs: Mapping[str, Value], named: str = "") -> list[Failure]:
    """What the SDK's types refuse: unknown properties, missing ones, wrong types; at any depth."""
    found = [
        Failure(name, f"is not a property of {token}{_suggestion(name, properties)}")
        for name in inputs
        if name not in properties and name != INTERNAL
    ]
    found += [
        Failure(name, "is required and missing")
        for name, each in properties.items()
        if each.required and inputs.get(name) is None and name != named
    ]
    for name, value in inputs.items():
        if name in properties:
            found += _mismatches(value, properties[name].type, name)
    return found


def _suggestion(name: str, properties: Mapping[str, Property]) -> str:
    import difflib

    close = difflib.get_close_matches(name, properties, 1)
    return f"; did you mean {close[0]}?" if close else ""


_PYTHON: Mapping[str, tuple[type, ...]] = {
    "string": (str,),
    "boolean": (bool,),
    "integer": (int,),
    "number": (int, float),
    "list": (list,),
    "map": (dict,),
    "object": (dict,),
}


def _mismatches(value: Value, kind: Type, path: str) -> Iterator[Failure]:
    if isinstance(value, Secret):
        yield from _mismatches(value.value, kind, path)
        return
    if value is None or isinstance(value, Unknown) or kind.kind == "any":
        return
    if not isinstance(value, _PYTHON[kind.kind]) or (isinstance(value, bool) and kind.kind in ("integer", "number")):
        yield Failure(path, f"must be of type {kind.kind}")
    elif isinstance(value, list) and kind.element:
        for index, item in enumerate(value):
            yield from _mismatches(item, kind.element, f"{path}[{index}]")
    elif isinstance(value, dict) and kind.kind == "map" and kind.element:
        for key, item in value.items():
            yield from _mismatches(item, kind.element, f"{path}.{key}")
    elif isinstance(value, dict):
        for failure in failures(path, kind.properties(), value):
            separator = "" if failure.property.startswith(f"{path}.") else f"{path}."
            yield Failure(f"{separator}{failure.property}", failure.reason)


def coerced(value: Value, kind: Type) -> Value:
    """Numbers and booleans that were written as text, and the other way round, as the official provider takes them."""
    if isinstance(value, Secret):
        return Secret(coerced(value.value, kind))
    match kind.kind, value:
        case "boolean", "true" | "false":
            return value == "true"
        case "integer" | "number", str() if value.lstrip("-").isdecimal():
            return int(value)
        case "string", bool():
            return str(value).lower()
        case "string", int() | float():
            return str(value)
        case "list", list() if kind.element:
            return [coerced(item, kind.element) for item in value]
        case "map", dict() if kind.element:
            return {key: coerced(item, kind.element) for key, item in value.items()}
        case "object", dict():
            known = kind.properties()
            return {key: coerced(item, known[key].type) if key in known else item for key, item in value.items()}
    return value


def served(row: Row) -> frozenset[str]:
    """The inputs that the row does something with."""
    found = {"region", *row.kept, *(name for step in row.steps for name in step.properties)}
    calls: list[Call | Action | None] = [row.create, *row.delete, *(step.set for step in row.steps), *(step.unset for step in row.steps)]
    for call in calls:
        if isinstance(call, Action):
            found |= set(call.uses)
        elif call is not None:
            found |= set(used(call.parameters))
    if row.tagging:
        found.add("tags")
    if row.naming:
        found |= {row.naming.property, row.naming.prefix_property}
    if row.keep_if:
        found.add(row.keep_if)
    return frozenset(name.split(".")[0] for name in found)


def used(expression: Expression) -> Iterator[str]:
    """The inputs in an expression."""
    if isinstance(expression, str):
        yield expression
    elif isinstance(expression, Source):
        yield from expression.uses
    elif isinstance(expression, Mapping):
        for item in expression.values():
            yield from used(item)
    else:
        for item in expression:
            yield from used(item)


ADD_ROW = "a row for it has to be added in localcloud/plugins/aws/rows"
_NOT_EMULATED = "is not emulated by the local stand-in of the AWS provider: its row in localcloud/plugins/aws/rows does not serve it"


def not_served(names: frozenset[str], refused: frozenset[str], inputs: Mapping[str, Value]) -> list[Failure]:
    """Inputs that would be dropped silently. `names`: the inputs that are served; `refused`: dotted names inside them that are not."""
    top = [name for name, value in inputs.items() if name not in names and name != INTERNAL and not _is_nothing(value)]
    inside = [path for path in sorted(refused) if any(not _is_nothing(value) for value in _found(inputs, path.split(".")))]
    return [Failure(name, _NOT_EMULATED) for name in (*top, *inside)]


def _is_nothing(value: Value) -> bool:
    return value is None or value is False or value in ([], {})


def _found(value: Any, path: list[str]) -> Iterator[Any]:
    """The values at a path, in every element of lists on the way."""
    value = plain(value)
    if isinstance(value, list):
        for item in value:
            yield from _found(item, path)
    elif not path:
        yield value
    elif isinstance(value, dict) and path[0] in value:
        yield from _found(value[path[0]], path[1:])


def named(naming: Naming, logical: str, old: Object, inputs: dict[str, Any], seed: bytes, wish: Autonaming | None) -> Failure | None:
    """Fills in the name, as `<logical>-<7 hex>`, or as the stack's `pulumi:autonaming` says. A name once made up stays."""
    name, prefix = naming.property, naming.prefix_property
    if inputs.get(name) is not None or inputs.get(prefix) is not None:
        return None
    if name in (old.get(INTERNAL) or []) and isinstance(old.get(name), str):
        inputs[name] = old[name]
    elif wish and wish.mode == "disable":
        return Failure(name, "is required, because automatic naming is disabled")
    elif wish and wish.mode in ("propose", "enforce"):
        inputs[name] = wish.name if wish.mode == "enforce" else _finished(naming, wish.name)
    else:
        digits = hashlib.sha256(seed).hexdigest()[:_HEX] if seed else secrets.token_hex(_HEX)[:_HEX]
        room = naming.length - len(naming.starts_with) - _HEX - 1
        inputs[name] = _finished(naming, f"{logical[:room]}-{digits}")
    inputs[INTERNAL] = [name]
    return None


def _finished(naming: Naming, name: str) -> str:
    name = name if name.startswith(naming.starts_with) else f"{naming.starts_with}{name}"
    return (name.lower() if naming.lower else name)[: naming.length]
