"""What pydantic says of data, in the words of the files' authors: field, rule, way out."""

import re
import types
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Annotated, Any, Literal, Union, get_args, get_origin

from pydantic import ValidationError
from pydantic_core import ErrorDetails

from modelway.architecture.base import Breach, FieldPath, Section
from modelway.architecture.faults import field_text
from modelway.architecture.habits import HABITS
from modelway.architecture.naming import look_alike
from modelway.architecture.reading import MOST_FLAWS, walk
from modelway.architecture.resolving import PointsAt

_LIMITS = {
    "greater_than_equal": ("at least {ge}", "Write {ge} or more"),
    "less_than_equal": ("at most {le}", "Write {le} or less"),
    "too_short": ("at least {min_length} in it", "Add one"),
    "too_long": ("at most {max_length} in it", "Remove some"),
}
_KINDS = {
    "int_type": ("a whole number", "Write a number without quotes, like 3."),
    "int_from_float": ("a whole number", "Write a number without a point, like 3."),
    "float_type": ("a number", "Write a number without quotes, like 0.5."),
    "finite_number": ("a number", "Write a number without quotes, like 0.5."),
    "bool_type": ("true or false", "Write true or false, without quotes."),
    "dict_type": ("a mapping", "Write lines of the form `name: …` below it."),
    "tuple_type": ("a list", "Write it like [a, b]."),
}
LONGEST_NAME = 100
"""Characters of what was written that are compared with what was perhaps meant."""
_MAPPINGS = ("model_type", "model_attributes_type", "dataclass_type")


@dataclass(frozen=True)
class Finding:
    """One thing that is wrong with data, before it is known which file said it."""

    path: FieldPath
    points_at: PointsAt
    rule: str
    way_out: str
    together_with: tuple[FieldPath, ...] = ()
    judged_by: tuple[FieldPath, ...] = ()
    quote: bool = False
    """Whether quotes around what stands there put it right."""
    instead_of: tuple[FieldPath, ...] = ()
    """The fields that are missing only because this one is misspelt, or in the wrong place."""
    hidden: bool = False
    """Whether what stands there may be a secret, and is not to be shown."""

    @property
    def at_fault(self) -> FieldPath:
        """What no rule may be asked about: the field, or of one whose name is at fault the name, as if it were a part of the field.
        What stands in it can be judged under any name."""
        return (*self.path, "[key]") if self.points_at == "key" else self.path

    @classmethod
    def of(cls, section: FieldPath, breach: Breach) -> "Finding":
        """A rule that does not hold in the section at that path."""
        together, judged = (tuple((*section, *path) for path in paths) for paths in (breach.together_with, breach.judged_by))
        return cls((*section, *breach.path), "value", breach.rule, breach.way_out, together, judged)


def findings(error: ValidationError, section: type[Section], data: Mapping[str, object]) -> Iterator[Finding]:
    """Everything that is wrong with `data` as a `section`."""
    details = error.errors(include_url=False)
    found = [(finding, detail["input"]) for detail in details[:MOST_FLAWS] for finding in _findings(detail, section, data)]
    # A field that is misspelt is not missing as well.
    meant = {path for finding, _ in found for path in finding.instead_of}
    for finding, value in found:
        if finding.points_at == "parent" and finding.path in meant:
            continue
        written = finding.path[-1] if finding.points_at == "key" else value
        alike = look_alike(written) if isinstance(written, str) else None
        yield replace(finding, rule=f"{finding.rule}; {alike}") if alike else finding
    if len(details) > MOST_FLAWS:
        yield Finding((), "parent", f"there are {len(details) - MOST_FLAWS} further faults in this file", "Correct the others first.")


def _findings(detail: ErrorDetails, section: type[Section], data: Mapping[str, object]) -> Iterator[Finding]:
    kind, context = detail["type"], detail.get("ctx", {})
    path = _path(detail, data)
    if kind == "misshapen":
        at: PointsAt = "key" if detail["loc"][-1:] == ("[key]",) else "value"
        yield Finding(path, at, context["rule"], context["way_out"], hidden=context["hidden"])
    elif kind == "extra_forbidden":
        yield _unknown_field(path, section, data)
    elif kind == "missing":
        yield Finding(path, "parent", "the field is required, and missing", f"Add `{path[-1]}`{_meaning(path, section, data)}")
    elif kind == "literal_error":
        yield _no_choice(path, detail, context["expected"].replace("'", ""))
    elif kind == "union_tag_not_found":
        tags = ", ".join(_tags(section, path, data))
        yield Finding((*path, "kind"), "parent", "the field is required, and missing", f"Add `kind`, one of {tags}.")
    elif kind == "union_tag_invalid":
        yield _no_choice((*path, "kind"), {**detail, "input": context["tag"]}, context["expected_tags"].replace("'", ""))
    elif kind in _MAPPINGS:
        described = _section_at(section, path, data)
        fields = f"the fields {_listed(_names(described))}" if described else "fields"
        yield Finding(path, "value", f"a mapping with {fields}", "Write lines of the form `field: value` below it.")
    elif kind == "int_type" and re.fullmatch(r"-?[0-9]+", str(detail["input"])) and len(str(detail["input"])) > 18:
        yield Finding(path, "value", "a whole number of at most 18 digits", "Write a smaller number.")
    elif kind in _KINDS:
        rule, way_out = _KINDS[kind]
        yield Finding(path, "value", rule, _as_meant(kind, detail["input"]) or way_out)
    elif kind == "too_short" and len(detail["input"]) >= context["min_length"]:
        # pydantic counts only items that are right; those that are wrong are told of one by one.
        return
    elif kind in _LIMITS:
        numbers = {name: int(limit) if isinstance(limit, float) and limit.is_integer() else limit for name, limit in context.items()}
        rule, way_out = (text.format(**numbers) for text in _LIMITS[kind])
        yield Finding(path, "value", rule, f"{way_out}{_meaning(path, section, data)}")
    elif kind == "string_type":
        yield Finding(path, "value", "text", "Write text; put numbers in quotes.", quote=True)
    else:
        yield Finding(path, "value", detail["msg"], "Correct the value.")


def _as_meant(kind: str, written: object) -> str | None:
    """How the same is written as the field wants it, where that is plain."""
    if isinstance(written, str) and kind == "int_type" and (number := re.fullmatch(r"([0-9]{1,9}) ?%?", written, re.ASCII)):
        return f"Write {number[1]}, without {'a percent sign' if '%' in written else 'quotes'}."
    if isinstance(written, str) and kind == "tuple_type" and re.fullmatch(r"[A-Za-z0-9._/-]{1,60}", written, re.ASCII):
        return f"Write it like [{written}]."
    return None


def _path(detail: ErrorDetails, data: object) -> FieldPath:
    """The error's path without what is no field: pydantic puts the tag of a union and `[key]` between the keys."""
    path: FieldPath = ()
    last = len(detail["loc"]) - 1
    for position, part in enumerate(detail["loc"]):
        there = len(list(walk(data, (*path, part)))) == len(path) + 2
        if there or (position == last and detail["type"] == "missing"):
            path = (*path, part)
    return path


def _unknown_field(path: FieldPath, section: type[Section], data: Mapping[str, object]) -> Finding:
    from difflib import get_close_matches

    described = _section_at(section, path[:-1], data)
    known = _names(described) if described else []
    habit = HABITS.get(described.__name__, {}).get(str(path[-1])) if described else None
    if habit is not None:
        *_, value = walk(data, path)
        fields = [tuple(field.split(".")) for field in habit.meant]
        wanted = {(*path[:-1], *field[:length]) for field in fields for length in range(1, len(field) + 1)}
        missing = tuple(sorted(field for field in wanted if len(list(walk(data, field))) <= len(field)))
        return Finding(path, "key", _no_such_field(path), habit.told(value), instead_of=missing)
    if others := _kinds_with(str(path[-1]), path[:-1], section, data):
        # It is no misspelling of one that this kind has, so that those which are missing are missing.
        way_out = f"Remove it, or write kind: {' or '.join(others)}. The fields are {_listed(known)}."
        return Finding(path, "key", f"{_no_such_field(path)}; those of kind {' and '.join(others)} have one", way_out)
    near = get_close_matches(str(path[-1])[:LONGEST_NAME], known, 1)
    way_out = f"Did you mean `{near[0]}`? " if near else "Remove it. "
    meant = ((*path[:-1], near[0]),) if near else ()
    return Finding(path, "key", _no_such_field(path), f"{way_out}The fields are {_listed(known)}.", instead_of=meant)


def _kinds_with(name: str, path: FieldPath, section: type[Section], data: Mapping[str, object]) -> list[str]:
    """The kinds of a tagged union at a path that have a field of that name."""
    return [kind for member in _union_at(section, path, data) for kind in _kinds(member) if name in _names(member)]


def _no_such_field(path: FieldPath) -> str:
    return f"there is no such field {f'in {field_text(path[:-1])}' if len(path) > 1 else 'in this file'}"


def _meaning(path: FieldPath, section: type[Section], data: Mapping[str, object]) -> str:
    """What the field at a path is for, as the end of a sentence."""
    described = _section_at(section, path[:-1], data)
    about = described.descriptions().get(_field_name(described, str(path[-1]))) if described and path else None
    return f": {_lower(' '.join(about.split()))}" if about else "."


def _no_choice(path: FieldPath, detail: ErrorDetails, expected: str) -> Finding:
    from difflib import get_close_matches

    choices = expected.replace(" or ", ", ").split(", ")
    written = detail["input"][:LONGEST_NAME] if isinstance(detail["input"], str) else ""
    rule = f"one of {', '.join(choices)}" if len(choices) > 1 else f"only {choices[0]} is known"
    # `ecr` is nearer to `ec2` than to what it is the first part of.
    if parts := [choice for choice in choices if written and choice.startswith(f"{written}.")]:
        return Finding(path, "value", rule, f"Write {' and '.join(parts)}.")
    near = get_close_matches(written, choices, 1)
    return Finding(
        path, "value", rule, f"Did you mean `{near[0]}`?" if near else f"Write {choices[0]}." if len(choices) == 1 else "Write one of them."
    )


def _section_at(section: type[Section], path: FieldPath, data: object) -> type[Section] | None:
    """The class that describes the mapping at a path; None when it is no section."""
    here: Any = section
    values = list(walk(data, path))
    for position, part in enumerate(path):
        if isinstance(here, type) and issubclass(here, Section):
            field = here.__pydantic_fields__.get(_field_name(here, str(part)))
            here = field.annotation if field else None
        elif get_origin(here) is dict:
            here = get_args(here)[1]
        elif get_origin(here) is tuple:
            here = get_args(here)[0]
        else:
            return None
        here = member(here, values[position + 1] if position + 1 < len(values) else None)
    return here if isinstance(here, type) and issubclass(here, Section) else None


def member(annotation: Any, value: object) -> Any:
    """An annotation without its metadata and without None; of a tagged union the member that the value's `kind` names."""
    members = [member for member in _members(annotation) if member is not type(None)]
    if len(members) == 1:
        return members[0]
    kind = value.get("kind") if isinstance(value, dict) else None
    return next((member for member in members if kind in _kinds(member)), None)


def _members(annotation: Any) -> list[Any]:
    while get_origin(annotation) is Annotated:
        annotation = get_args(annotation)[0]
    if get_origin(annotation) in (Union, types.UnionType):
        return [inner for member in get_args(annotation) for inner in _members(member)]
    return [annotation]


def _kinds(member: Any) -> tuple[str, ...]:
    field = member.__pydantic_fields__.get("kind") if isinstance(member, type) and issubclass(member, Section) else None
    return get_args(field.annotation) if field and get_origin(field.annotation) is Literal else ()


def _tags(section: type[Section], path: FieldPath, data: object) -> list[str]:
    """The kinds that a tagged union at a path may have."""
    return [kind for member in _union_at(section, path, data) for kind in _kinds(member)]


def _union_at(section: type[Section], path: FieldPath, data: object) -> list[Any]:
    """What the value at a path, a field or an item of a mapping, may be."""
    above = _section_at(section, path[:-1], data) if path else None
    if above is not None and (field := above.__pydantic_fields__.get(_field_name(above, str(path[-1])))):
        return _members(field.annotation)
    parent = _section_at(section, path[:-2], data) if len(path) > 1 else None
    field = parent.__pydantic_fields__.get(_field_name(parent, str(path[-2]))) if parent else None
    return [member for value in (get_args(field.annotation)[1:] if field else ()) for member in _members(value)]


def _names(section: type[Section]) -> list[str]:
    return [field.alias or name for name, field in section.__pydantic_fields__.items() if name not in section.OF_OTHER_FILES]


def _field_name(section: type[Section], written: str) -> str:
    return next((name for name, field in section.__pydantic_fields__.items() if (field.alias or name) == written), "")


def _listed(names: list[str]) -> str:
    return ", ".join(names)


def _lower(text: str) -> str:
    return text[:1].lower() + text[1:] if text[1:2].islower() else text
