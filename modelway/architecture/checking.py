"""Data as a section, or everything that is wrong with them."""

import contextlib
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from typing import Annotated, Any, Generic, TypeVar, get_args, get_origin

from pydantic import ConfigDict, TypeAdapter, ValidationError

from modelway.architecture.base import RULES_LATER, FieldPath, NotKnown, Section
from modelway.architecture.explaining import Finding, findings, member

Kind = TypeVar("Kind", bound=Section)


@dataclass(frozen=True)
class Checked(Generic[Kind]):
    """What became of data."""

    section: Kind
    """The section; when there are findings, without the fields at fault: whoever asks for one of these gets NotKnown."""
    findings: tuple[Finding, ...] = ()


def check(section: type[Kind], data: Mapping[str, object], known: Collection[FieldPath] = (), told: Collection[str] = ()) -> Checked[Kind]:
    """`data` as a `section`, with every fault of a field, and every rule that what is left does not keep.

    A rule that has to do with a field at fault is not asked, nor one with a field in `known`, which others found to be at fault.
    Rules inside the fields named in `told` were asked before.
    """
    with contextlib.suppress(ValidationError, NotKnown):
        # The good path: once through, fields and rules together.
        asked = {id(one): one for name in told for one in data[name].values()}  # type: ignore[attr-defined]
        return Checked(section.model_validate(data, context=asked))
    found: list[Finding] = []
    try:
        made = section.model_validate(data, context=RULES_LATER)
    except ValidationError as error:
        found = list(findings(error, section, data))
        made = _what_is_left(section, data)
    # A field that was meant is not missing: it stands there under another name.
    faulty = [*known, *(path for finding in found for path in (finding.at_fault, *finding.instead_of))]
    for path, breach in made.all_breaches():
        finding = Finding.of(path, breach)
        if path[:1] not in [(name,) for name in told] and not _touch(faulty, (finding.path, *finding.together_with, *finding.judged_by)):
            found.append(finding)
    return Checked(made, tuple(found))


def broken(annotation: Any, text: str) -> str | None:
    """The rule that a text breaks as the value of a field of that type, such as `Name`, and the way out; None when it breaks none."""
    try:
        TypeAdapter(annotation).validate_python(text)
    except ValidationError as error:
        context = error.errors()[0].get("ctx", {})
        return f"{context.get('rule', error)}. {context.get('way_out', '')}".rstrip()
    return None


def _touch(faulty: Iterable[FieldPath], paths: Iterable[FieldPath]) -> bool:
    """Whether one of the paths leads to, through or from a faulty field."""
    asked = tuple(paths)
    return any(one[: len(other)] == other[: len(one)] for one in faulty for other in asked)


def _what_is_left(section: type[Kind], data: Mapping[str, object]) -> Kind:
    """A section of the fields that can be had, and of no others: rules about these can still be asked."""
    values: dict[str, Any] = {}
    lost = []
    for name, field in section.__pydantic_fields__.items():
        key = field.alias or name
        if key not in data:
            continue
        try:
            values[name] = _value(field.annotation, tuple(field.metadata), data[key])
        except ValidationError:
            lost.append(name)
    made = section.model_construct(**values)
    for name in lost:
        # Its default is not what was asked for.
        made.__dict__.pop(name, None)
    return made


def _value(annotation: Any, metadata: tuple[object, ...], data: object) -> object:
    """What is left of a field or of an item in one. Raises ValidationError when it is nothing."""
    if isinstance(data, Section):
        return data
    inner = member(annotation, data)
    if _is_section(inner):
        # Even of one that is no mapping: that it is there, and under which name, is known.
        return _what_is_left(inner, data if isinstance(data, dict) else {})
    if get_origin(inner) is dict and isinstance(data, dict):
        left = {}
        for key, item in data.items():
            with contextlib.suppress(ValidationError):
                left[key] = _value(get_args(inner)[1], (), item)
        return left
    if get_origin(inner) is tuple and isinstance(data, tuple) and _is_section(get_args(inner)[0]):
        return tuple(_value(get_args(inner)[0], (), item) for item in data)
    whole: Any = Annotated[annotation, *metadata] if metadata else annotation
    return TypeAdapter(whole, config=ConfigDict(strict=True)).validate_python(data)


def _is_section(annotation: Any) -> bool:
    return isinstance(annotation, type) and issubclass(annotation, Section)
