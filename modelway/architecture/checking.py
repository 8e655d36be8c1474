"""Data as a section, or everything that is wrong with them."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from typing import Generic, TypeVar

from pydantic import ValidationError

from modelway.architecture.base import RULES_LATER, FieldPath, Section
from modelway.architecture.explaining import Finding, findings

Kind = TypeVar("Kind", bound=Section)


@dataclass(frozen=True)
class Checked(Generic[Kind]):
    """What became of data."""

    section: Kind | None
    """The section; without the fields that are at fault where it can do without them, and None where it cannot."""
    findings: tuple[Finding, ...] = ()


def check(section: type[Kind], data: Mapping[str, object], known: Collection[FieldPath] = (), told: Collection[str] = ()) -> Checked[Kind]:
    """`data` as a `section`, with every fault of a field, and every rule that what is left does not keep.

    A rule that has to do with a field at fault is not asked, nor one with a field in `known`, which others found to be at fault.
    Rules inside the fields named in `told` were asked before.
    """
    try:
        # The good path: once through, fields and rules together.
        return Checked(section.model_validate(data))
    except ValidationError:
        pass
    found: list[Finding] = []
    left: Mapping[str, object] | None = data
    while left is not None:
        try:
            made = section.model_validate(left, context=RULES_LATER)
        except ValidationError as error:
            now = list(findings(error, section, left))
            found = found or now
            left = _without(left, now)
            continue
        faulty = [*known, *(finding.path for finding in found)]
        for path, breach in made.all_breaches():
            finding = Finding.of(path, breach)
            if path[:1] not in [(name,) for name in told] and not _touch(
                faulty, (finding.path, *finding.together_with, *finding.judged_by)
            ):
                found.append(finding)
        return Checked(made, tuple(found))
    return Checked(None, tuple(found))


def _touch(faulty: Iterable[FieldPath], paths: Iterable[FieldPath]) -> bool:
    """Whether one of the paths leads to, through or from a faulty field."""
    asked = tuple(paths)
    return any(one[: len(other)] == other[: len(one)] for one in faulty for other in asked)


def _without(data: Mapping[str, object], found: Iterable[Finding]) -> Mapping[str, object] | None:
    """`data` without the fields at fault, and without what misses a field; None when nothing is left."""
    for finding in found:
        path = finding.path[:-1] if finding.points_at == "parent" else finding.path
        # Without an item, those behind it would have other positions: the whole list goes.
        path = path[: next((index for index, part in enumerate(path) if isinstance(part, int)), len(path))]
        if not path:
            return None
        data = _removed(data, path)
    return data


def _removed(data: Mapping[str, object], path: FieldPath) -> Mapping[str, object]:
    key = str(path[0])
    inside = data.get(key)
    if len(path) > 1 and isinstance(inside, dict):
        return {**data, key: _removed(inside, path[1:])}
    return {name: value for name, value in data.items() if name != key}
