"""All resources of a stack, as rules look at them: as a preview wants them, or as its state has them."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from modelway.preview import digest
from modelway.preview.changeset import Gap
from modelway.preview.files import UnusableFile
from modelway.preview.resources import Resource as Engines
from modelway.preview.resources import stack_of
from modelway.preview.state import State
from modelway.rules.stack import Resource
from modelway.rules.subjects import Subject

_GONE = ("delete", "discard", "discard-replaced", "delete-replaced", "refresh")


@dataclass(frozen=True)
class WholeStack:
    """What a stack holds, or is to hold."""

    stack: str
    resources: Sequence[Resource]
    gaps: tuple[Gap, ...]
    """What of it is not known. What rules say of the rest holds all the same, but for those that miss something."""


def as_wanted(file: Path) -> WholeStack:
    """What a preview wants, by its digest; what it leaves as it is is among it. Raises UnusableFile, also where the file says nothing."""
    told = digest.read("", file)
    found = []
    for step in told.steps:
        if step.new is not None and step.op not in _GONE:
            found.append(_resource(step.new, Subject(step.type, step.new.wanted, step.old.wanted if step.old else None, compared=True)))
    found += [_as_it_is(one) for one in told.steps.unchanged.values()]
    gaps = list(told.gaps)
    if told.result == "failed":
        gaps.append(Gap("", f"{file.name} is of a preview that failed: what it did not come to is not known.", "Run it again.", look=True))
    if told.steps.unreadable:
        gaps.append(Gap("", f"Steps that cannot be read: {len(told.steps.unreadable):,}.", "Use a newer Modelway.", look=True))
    if not found and not told.steps.root:
        raise UnusableFile(f"{file} names no resource: there is nothing to hold rules against.")
    return WholeStack(stack_of(told.steps.root or found[0].urn), found, tuple(gaps))


def as_it_is(file: Path) -> WholeStack:
    """What a stack holds, by its state. Raises UnusableFile."""
    state = State(file)
    found = [_as_it_is(one) for one in state if not one.external]
    return WholeStack(state.stack, found, tuple(state.gaps()))


def _as_it_is(resource: Engines) -> Resource:
    return _resource(resource, Subject(resource.type, resource.wanted, resource.wanted, compared=True))


def _resource(resource: Engines, subject: Subject) -> Resource:
    of_inputs = (urn for urns in resource.property_dependencies.values() for urn in urns or ())
    return Resource(resource.urn, subject, resource.parent or None, frozenset((*resource.dependencies, *of_inputs)), resource.protect)
