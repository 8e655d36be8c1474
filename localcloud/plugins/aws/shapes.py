"""Between property values and the shapes of the AWS service models.

Names match by letters: `subnetIds` is `SubnetIds` and `subnetIds`; `transitions` is `Transition`. What differs by more stands in a row's
`renames`. Upstream turns single blocks into objects and back, so a list of one and its element stand for each other where shapes want it.
"""

from __future__ import annotations

import datetime
import json
from collections.abc import Iterable, Mapping
from typing import Any

from localcloud.plugins.aws.sdk import Type
from localcloud.plugins.aws.table import Expression, Object, Scope, Source


class NoMember(Exception):
    """A property has no member in the shape; a row needs a rename."""


def matching(name: str, candidates: Iterable[str], renames: Mapping[str, str]) -> str | None:
    """The candidate that a property name means."""
    wanted = renames.get(name, name).lower()
    by_letters = {candidate.lower(): candidate for candidate in candidates}
    for form in (wanted, f"{wanted}s", wanted.removesuffix("s"), f"{wanted.removesuffix('ies')}y"):
        if form in by_letters:
            return by_letters[form]
    return None


def evaluate(expression: Expression, scope: Scope, shape: Any, renames: Mapping[str, str]) -> object:
    """The value of an expression for a parameter of this shape; None leaves it out."""
    if isinstance(expression, str):
        return to_shape(scope.inputs.get(expression), shape, renames)
    if isinstance(expression, Source):
        return to_shape(expression.make(scope), shape, renames)
    if isinstance(expression, Mapping):
        return parameters(expression, scope, shape, renames) or None
    values = [evaluate(item, scope, shape.member, renames) for item in expression]
    return [value for value in values if value is not None] or None


def parameters(expressions: Mapping[str, Expression], scope: Scope, shape: Any, renames: Mapping[str, str]) -> Object:
    """The parameters of a call."""
    values = {name: evaluate(expression, scope, shape.members[name], renames) for name, expression in expressions.items()}
    return {name: value for name, value in values.items() if value is not None}


def to_shape(value: Any, shape: Any, renames: Mapping[str, str]) -> Any:
    """A property value as the service wants it. Raises NoMember."""
    if value is None:
        return None
    kind = shape.type_name
    if kind == "structure":
        if isinstance(value, list):
            return to_shape(value[0], shape, renames) if value else None
        return _structure(value, shape, renames)
    if kind == "list":
        members = _tag_members(shape.member)
        if isinstance(value, Mapping) and members:
            key_member, value_member = members
            return [{key_member: key, value_member: text} for key, text in sorted(value.items())]
        items = value if isinstance(value, list) else [value]
        return [to_shape(item, shape.member, renames) for item in items]
    if kind == "map":
        return {key: to_shape(item, shape.value, renames) for key, item in value.items()}
    if kind == "string":
        return value if isinstance(value, str) else str(value)
    if kind in ("integer", "long") and not isinstance(value, bool):
        return int(value)
    if kind == "boolean" and isinstance(value, str):  # upstream has texts where nothing must differ from false
        return value == "true"
    return value


def _structure(value: Object, shape: Any, renames: Mapping[str, str]) -> Object:
    result = {}
    for name, item in value.items():
        if item is None:
            continue
        member = matching(name, shape.members, renames)
        if member is None:
            raise NoMember(f"{name} is not a member of {shape.name}")
        result[member] = to_shape(item, shape.members[member], renames)
    return result


def _tag_members(shape: Any) -> tuple[str, str] | None:
    """The members of a tag: Key and Value, key and value, TagKey and TagValue."""
    if shape.type_name != "structure":
        return None
    by_letters = {name.lower().removeprefix("tag"): name for name in shape.members}
    return (by_letters["key"], by_letters["value"]) if by_letters.keys() == {"key", "value"} else None


def from_answer(value: Any, kind: Type, renames: Mapping[str, str]) -> Any:
    """What a service answered, as a property of this type. None where there is nothing."""
    if value is None:
        return None
    if kind.kind == "object":
        if isinstance(value, list):
            return from_answer(value[0], kind, renames) if value else None
        return _object(value, kind, renames)
    if kind.kind == "list" and kind.element:
        items = value if isinstance(value, list) else [value]
        return [from_answer(item, kind.element, renames) for item in items]
    if kind.kind == "map":
        return tag_map(value)
    if kind.kind == "string":
        return _text(value)
    if kind.kind == "integer":
        return int(value)
    if kind.kind == "boolean" and isinstance(value, str):
        return value.lower() in ("true", "enabled")
    return value


def _object(value: Object, kind: Type, renames: Mapping[str, str]) -> Object:
    result = {}
    for name, each in kind.properties().items():
        member = matching(name, value, renames)
        found = None if member is None else from_answer(value[member], each.type, renames)
        if found is not None:
            result[name] = found
    return result


def tag_map(value: Any) -> dict[str, str]:
    """Tags as a map, from a map or a list of Key and Value."""
    if isinstance(value, Mapping):
        return dict(value)
    pairs = [{name.lower().removeprefix("tag"): text for name, text in tag.items()} for tag in value or []]
    return {pair["key"]: pair.get("value", "") for pair in pairs}


def _text(value: Any) -> str:
    if isinstance(value, datetime.datetime):
        return value.astimezone(datetime.UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, dict | list):  # botocore decodes IAM's documents
        return json.dumps(value, separators=(",", ":"))
    return str(value)
