"""One field at fault hides no rule that does not read it."""

from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest

from modelway.architecture import InvalidArchitecture, checking, load, names
from modelway.architecture.base import Breach, Section
from modelway.architecture.checking import Checked
from tests.architecture.test_cases import cases, lay_out

READ_AND_NOT_NAMED = {
    # What says of which type a column is.
    "Contract": {"signature", "expectations"},
    "Metric": {"direction", "minimum", "reference"},
    # None of them is there.
    "Drift": {"data", "prediction", "concept", "parity"},
    "ScalingTarget": {"cpu", "memory", "concurrency", "requests_per_second", "latency_p99", "queue_depth"},
    "Share": {"header", "percent"},
    # Which version gets requests, on what.
    "Model": {"endpoint", "pin"},
    # Which clusters and models there are; the name of the bucket; what the texts of rules call the environment.
    "Environment": {"clusters", "models", "platform", "environment"},
}
"""Fields that rules read, and that have to be right, though no fault of theirs would be shown there."""


def sections(section: type[Section] = Section) -> Iterator[type[Section]]:
    for below in section.__subclasses__():
        yield below
        yield from sections(below)


WITH_RULES = sorted({one for one in sections() if one.breaches is not Section.breaches}, key=lambda one: one.__name__)


def without(section: Section, *fields: str) -> Section:
    """A copy in which fields are at fault."""
    made = section.model_construct(**section.__dict__)
    for field in fields:
        made.__dict__.pop(field, None)
    return made


def inside(value: object) -> Iterator[Section]:
    if isinstance(value, Section):
        yield value
        for item in value.__dict__.values():
            yield from inside(item)
    elif isinstance(value, dict | tuple):
        for item in value.values() if isinstance(value, dict) else value:
            yield from inside(item)


def named(breach: Breach) -> set[object]:
    return {path[0] for path in (breach.path, *breach.together_with, *breach.judged_by) if path}


@pytest.mark.parametrize("section", WITH_RULES, ids=lambda one: one.__name__)
def test_no_rule_reads_a_field_before_its_turn(section: type[Section]) -> None:
    # What a rule reads when it is asked is missed by that rule alone; what is read before would end the others as well.
    assert list(without(section.model_construct(), *section.__pydantic_fields__).breaches()) == []


@pytest.mark.parametrize("case", cases("error"))
def test_a_rule_is_lost_only_with_a_field_that_it_is_about(case: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    made: list[Section] = []

    def keep(section: Section, *findings: object) -> Checked[Section]:
        made.append(section)
        return Checked(section, *findings)  # type: ignore[arg-type]

    monkeypatch.setattr(checking, "Checked", keep)
    environments = lay_out(case, tmp_path)
    for name in names(environments):
        with suppress(InvalidArchitecture):
            load(environments, name)
    for section in (one for root in made for one in inside(root) if type(one) in WITH_RULES):
        everything = list(section.breaches())
        for name in section.__dict__ if everything else ():
            field = type(section).__pydantic_fields__[name].alias or name
            left = list(without(section, name).breaches())
            lost = [breach for breach in everything if breach not in left]
            assert all(field in named(breach) | READ_AND_NOT_NAMED.get(type(section).__name__, set()) for breach in lost), field
