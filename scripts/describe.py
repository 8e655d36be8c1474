"""The reference of all fields, from the sections and their schemas: type, default, limits, meaning, an example, and what others call it."""

import json
import re
from collections.abc import Iterator
from functools import cache
from typing import Any, Literal, get_args, get_origin

from modelway.architecture.base import Section
from modelway.architecture.contract import Contract
from modelway.architecture.effect import NOT_YET
from modelway.architecture.environment import Environment
from modelway.architecture.model import Model
from modelway.architecture.schema import KINDS, generated
from modelway.architecture.writing import inline

KINDS_SHOWN = ("environment", "model", "contract")
FILES = {
    "environment": "`environment.yaml`, in `base` and in each environment's folder",
    "model": "`models/NAME.yaml`, in `base` or in an environment's folder",
    "contract": "a file that a version of a model names",
}
SECTIONS: dict[str, type[Section]] = {"environment": Environment, "model": Model, "contract": Contract}
LIMITS = {
    "minimum": "at least {}",
    "exclusiveMinimum": "more than {}",
    "maximum": "at most {}",
    "exclusiveMaximum": "less than {}",
    "minItems": "at least {} of them",
    "maxItems": "at most {} of them",
    "minProperties": "at least {} of them",
    "maxProperties": "at most {} of them",
    "maxLength": "at most {} characters",
}
Node = dict[str, Any]
NO_EFFECT = "**No effect yet.**"
"""Before what nothing makes true yet."""


def configuration() -> str:
    """Markdown: a heading a section, a row a field."""
    return "\n".join(line for kind in KINDS_SHOWN for line in _kind(kind)).rstrip()


def _kind(kind: str) -> Iterator[str]:
    schema = generated(kind)
    yield f"## {kind.capitalize()}\n"
    yield f"{KINDS[kind][0]} Written in {FILES[kind]}.\n"
    yield from _table(schema, kind, SECTIONS[kind])
    for name in _in_order(schema):
        section = schema["$defs"][name]
        yield f"### {_heading(kind, name)}\n"
        nothing = f"{NO_EFFECT} " if _called(name) in without_effect() else ""
        yield f"{nothing}{_line(section.get('description', ''))}\n"
        yield from _table(section, kind, _called(name))


def _called(name: str) -> type[Section]:
    waiting = Section.__subclasses__()
    return next(section for section in waiting if section.__name__ == name)


def _table(section: Node, kind: str, described: type[Section]) -> Iterator[str]:
    required = section.get("required", ())
    # A column that has nothing to say is left out.
    peers = "elsewhere" if described.PEERS else None
    heads = [head for head in ("field", "type", "default", "limits", "meaning", "example", peers) if head]
    yield f"| {' | '.join(heads)} |\n|{'---|' * len(heads)}"
    for name, node in section.get("properties", {}).items():
        default = "**required**" if name in required else _default(node)
        meaning = _line(node.get("description", ""))
        if (described, name) in without_effect() and described not in without_effect():
            meaning = f"{NO_EFFECT} {meaning}"
        told = [f"`{name}`", _type(node, kind), default, "; ".join(dict.fromkeys(_limits(node))), meaning]
        shown = example(node)
        told += [f"`{shown}`" if shown else "", *([described.PEERS.get(name, "")] if peers else [])]
        yield f"| {' | '.join(cell.replace('|', '&#124;') for cell in told)} |"
    yield ""


@cache
def without_effect() -> frozenset[object]:
    """The sections, and the fields as (section, name), that nothing puts into effect yet wherever they stand."""
    found: dict[object, set[bool]] = {}
    for section, name, pattern in _fields(Environment, ()):
        nothing = any(pattern[: len(listed)] == listed for listed in (tuple(text.split(".")) for text in NOT_YET))
        found.setdefault((section, name), set()).add(nothing)
        found.setdefault(section, set()).add(nothing)
    return frozenset(one for one, said in found.items() if said == {True})


def _fields(annotation: Any, path: tuple[str, ...]) -> Iterator[tuple[type[Section], str, tuple[str, ...]]]:
    """Every field at and below a path: its section, its name, and its path with `*` for names and positions."""
    if isinstance(annotation, type) and issubclass(annotation, Section):
        for key, field in annotation.__pydantic_fields__.items():
            here = (*path, field.alias or key)
            yield annotation, here[-1], here
            yield from _fields(field.annotation, here)
    elif get_origin(annotation) in (dict, tuple):
        for one in get_args(annotation):
            yield from _fields(one, (*path, "*"))
    elif get_origin(annotation) is not Literal:
        for one in get_args(annotation):
            yield from _fields(one, path)


def _type(node: Node, kind: str) -> str:
    """What is written there, in words."""
    if "$ref" in node:
        name = node["$ref"].removeprefix("#/$defs/")
        return f"[{name}](#{_heading(kind, name).lower().replace(' ', '-')})"
    if either := node.get("oneOf") or node.get("anyOf"):
        return " or ".join(dict.fromkeys(_type(one, kind) for one in either if one != {"type": "null"}))
    if "const" in node:
        return f"`{node['const']}`"
    if "enum" in node:
        return ", ".join(f"`{one}`" for one in node["enum"])
    if "allOf" in node:
        return _type(node["allOf"][0], kind)
    types: str | list[str] = node.get("type", "any value")
    named = {"string": "text", "integer": "whole number", "array": "list", "boolean": "`true`, `false`", "object": "mapping"}
    told = " or ".join(named.get(one, one) for one in (types if isinstance(types, list) else [types]))
    if told == "list" and isinstance(node.get("items"), dict) and node["items"]:
        return f"list of {_type(node['items'], kind)}"
    values = next(iter(node.get("patternProperties", {}).values()), node.get("additionalProperties"))
    if told == "mapping" and isinstance(values, dict):
        return f"mapping of names to {_type(values, kind)}"
    return told


def _default(node: Node) -> str:
    if "default" not in node:
        return "what it is by default"
    if node["default"] is None:
        return "none"
    return f"`{json.dumps(node['default'], ensure_ascii=False)}`"


def example(node: Node) -> str | None:
    """A value as it is written in a file; None for a section, whose own table has the examples of its fields."""
    if node.get("examples"):
        return inline(node["examples"][0])
    for one in (node, *node.get("anyOf", ()), *node.get("oneOf", ())):
        if "const" in one:
            return inline(one["const"])
        if "enum" in one:
            return inline(next(choice for choice in one["enum"] if choice != node.get("default")))
        if one.get("type") == "boolean":
            return inline(not node.get("default"))
        if found := re.search(
            r"Write (?:it|an address that is read,) like (\"[^\"]*\"|[0-9]+ USD|[^ ]+?)(?:[,.;]?$|[,.;]? )",
            one.get("patternErrorMessage", ""),
        ):
            return inline(found[1].strip('"'))
    return None


def _limits(node: Node) -> Iterator[str]:
    for one in (node, *node.get("anyOf", ()), *node.get("oneOf", ())):
        for key, text in LIMITS.items():
            if key in one and not (key == "maxLength" and "patternErrorMessage" in one and one[key] > 250):
                yield text.format(one[key])
        if told := one.get("patternErrorMessage"):
            # An example of the field's own says it better than one of its shape.
            yield (
                told.partition(". Write it like")[0]
                if node.get("examples")
                else told.removesuffix(".").replace(". Write it like", ", like")
            )
        elif "propertyNames" in one and (told := one["propertyNames"].get("patternErrorMessage")):
            yield f"names: {told.removesuffix('.')}".replace(". Write it like", ", like")


def _in_order(schema: Node) -> list[str]:
    """The sections in the order in which fields lead to them."""
    found: list[str] = []

    def visit(node: Any) -> None:
        if isinstance(node, list):
            for one in node:
                visit(one)
        elif isinstance(node, dict):
            name = str(node.get("$ref", "")).removeprefix("#/$defs/")
            if name and name not in found:
                found.append(name)
                visit(schema["$defs"][name])
            for key, one in node.items():
                if key != "$defs":
                    visit(one)

    visit(schema)
    return found


def _heading(kind: str, name: str) -> str:
    return f"{kind.capitalize()} {name}"


def _line(text: str) -> str:
    return " ".join(text.split())
