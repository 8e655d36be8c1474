"""A row of the risk table, and what may stand in it."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, fields
from typing import Any, get_args

from modelway.preview.changeset import RISKS, Operation, Risk
from modelway.preview.risks.conditions import CONDITIONS, UNITS, WITH_VALUE
from modelway.rules.properties import parts

OPERATIONS: tuple[str, ...] = get_args(Operation)
OPTIONS = ("@protect", "@retainOnDelete")
"""How the engine treats a resource, where a row's property may stand."""
PLACEHOLDERS = frozenset(("subject", "type", "done", "property", "old", "new", "detail"))
RESTS = ("", "type", "package")
_EVERYTHING = re.compile(r"\*|[^:]*:\*:\*")
"""Patterns that name no type of their own."""
_PLACEHOLDER = re.compile(r"\{([^{}]*)\}")
_ID = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*")


@dataclass(frozen=True)
class Row:
    """One row. Texts may hold `{subject}`, `{type}`, `{done}` (`deleted`, `replaced`, …), `{property}`, `{old}`, `{new}` and `{detail}`."""

    id: str
    risk: Risk
    """`safe`: the row says nothing; so a file of one's own turns a row off."""
    on: frozenset[str]
    """Operations that it is about."""
    types: tuple[str, ...]
    """Types of resources; `*` stands for any characters, as of a version in `kubernetes:apps/*:Deployment`."""
    what: str
    property: str = ""
    """Path of the property that it is about, `*` for any position (modelway.rules.properties); empty: the operation alone is enough."""
    when: str = ""
    """What has to happen to the property: a name of modelway.preview.risks.conditions."""
    value: object = None
    default: object = None
    """What the cloud takes where the property is missing."""
    unit: str = "amount"
    where: Mapping[str, object] = field(default_factory=dict)
    """What else has to be so: paths, and the value or values there; `*` for any. Of what goes when something is deleted or replaced, else
    of what comes."""
    unless: Mapping[str, object] = field(default_factory=dict)
    """What may not be so, in the same way; one of them is enough."""
    rest: str = ""
    """`type`: only where nothing else is told, and no other row is about that operation on that type alone; `package`: only of types of
    packages that no other row names. Never of components: their children are steps of their own."""
    why: str = ""
    breaks: str = ""
    avoid: str = ""
    approval: bool = True
    blocks: bool = False


def named(one: Row) -> tuple[str, ...]:
    """The types that a row names; patterns such as `aws:*:*` name none."""
    return () if one.rest else tuple(kind for kind in one.types if not _EVERYTHING.fullmatch(kind))


APPROVED = frozenset(("irreversible", "disruptive", "exposure", "blind", "unknown"))
"""Risks that somebody has to approve, where a row does not say otherwise."""
_NEEDED = ("id", "class", "on", "types", "what")
_TEXTS = ("what", "why", "breaks", "avoid")
_KNOWN = {one.name for one in fields(Row)} - {"risk"} | {"class"}


@dataclass(frozen=True)
class Fault:
    """What is wrong with one field of one row."""

    field: str
    value: object
    rule: str
    way_out: str


def faults(given: Mapping[str, Any], groups: Mapping[str, tuple[str, ...]]) -> Iterator[Fault]:
    """What is wrong with a row as it stands in a file, after it was joined with the row of the same id."""
    for name in sorted(given.keys() - _KNOWN):
        yield Fault(name, given[name], "a row has no such field", f"Write one of {', '.join(sorted(_KNOWN))}.")
    for name in _NEEDED:
        if name not in given:
            yield Fault(name, None, "every row has it", f"Add `{name}`.")
    for name in _TEXTS:
        yield from _text(name, given.get(name, ""))
    yield from _head(given)
    yield from _types(given.get("types", []), groups)
    yield from _condition(given)
    for name in ("where", "unless"):
        yield from _others(name, given.get(name, {}))
    for name in ("approval", "blocks"):
        if not isinstance(given.get(name, False), bool):
            yield Fault(name, given[name], "must be true or false", "Write true or false, without quotes.")


def _head(given: Mapping[str, Any]) -> Iterator[Fault]:
    if "id" in given and not (isinstance(given["id"], str) and _ID.fullmatch(given["id"])):
        yield Fault("id", given["id"], "must be words of small letters and digits with hyphens", "Write such as `bucket-deleted`.")
    if "class" in given and given["class"] not in RISKS:
        yield Fault("class", given["class"], f"must be one of {', '.join(RISKS)}", "Write one of them; `safe` turns a row off.")
    on = given.get("on", ["create"])
    if not isinstance(on, list) or not on or not all(one in OPERATIONS for one in on):
        yield Fault("on", on, f"must be a list of {', '.join(OPERATIONS)}", "Name the operations that the row is about.")


def _text(name: str, given: object) -> Iterator[Fault]:
    if not isinstance(given, str):
        yield Fault(name, given, "must be text", "Put it in quotes.")
    elif strange := [found for found in _PLACEHOLDER.findall(given) if found not in PLACEHOLDERS]:
        known = ", ".join(f"{{{one}}}" for one in sorted(PLACEHOLDERS))
        yield Fault(name, given, f"{{{strange[0]}}} stands for nothing", f"Write one of {known}.")


def _types(given: object, groups: Mapping[str, tuple[str, ...]]) -> Iterator[Fault]:
    if not isinstance(given, list) or not all(isinstance(one, str) for one in given):
        yield Fault("types", given, "must be a list of types, or of groups as `@bucket`", 'Write such as ["aws:s3/bucket:Bucket"].')
        return
    for one in given:
        if one.startswith("@") and one[1:] not in groups:
            yield Fault("types", one, "there is no such group", f"Define it under [groups], or write one of {', '.join(sorted(groups))}.")
        elif not one.startswith("@") and one != "*" and one.count(":") < 2:
            yield Fault("types", one, "a type is package:module:Name", "Write it as the engine does; `pulumi stack export` shows it.")


def _condition(given: Mapping[str, Any]) -> Iterator[Fault]:
    path, when = given.get("property", ""), given.get("when", "")
    if bool(path) != bool(when) and when not in ("grants", "denies", "opens"):
        name = "when" if path else "property"
        yield Fault(name, given.get(name), "property and when stand together", f"Add `{name}`, or take the other away.")
    if when and when not in CONDITIONS:
        yield Fault("when", when, "there is no such condition", f"Write one of {', '.join(sorted(CONDITIONS))}.")
    if when in WITH_VALUE and "value" not in given:
        yield Fault("value", None, f'`when = "{when}"` needs a value', "Add `value`.")
    if given.get("unit", "amount") not in UNITS:
        yield Fault("unit", given["unit"], f"must be one of {', '.join(UNITS)}", "Write one of them.")
    if (rest := given.get("rest", "")) not in RESTS:
        yield Fault("rest", rest, "must be type or package", "Write one of them, or take it away.")
    elif rest and when:
        yield Fault("rest", rest, "a row of what no other row names is about the operation alone", "Take `when` and `property` away.")
    if path and path not in OPTIONS:
        yield from _path("property", path)


def _others(name: str, given: object) -> Iterator[Fault]:
    if not isinstance(given, dict):
        yield Fault(name, given, "must name paths and values", f'Write such as {name} = {{"spec.type" = "LoadBalancer"}}.')
        return
    for path in given:
        yield from _path(name, path)


def _path(name: str, path: object) -> Iterator[Fault]:
    try:
        parts(str(path))
    except ValueError as error:
        yield Fault(name, path, str(error), "Write it as the engine writes paths, with `*` for any position.")


def row(given: Mapping[str, Any], groups: Mapping[str, tuple[str, ...]]) -> Row:
    """A row that has no faults."""
    rest = {name: value for name, value in given.items() if name not in ("class", "on", "types")}
    types = [kind for one in given["types"] for kind in (groups[one[1:]] if one.startswith("@") else (one,))]
    risk: Risk = given["class"]
    return Row(risk=risk, on=frozenset(given["on"]), types=tuple(types), **{"approval": risk in APPROVED, **rest})
