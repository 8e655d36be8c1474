"""The table of what people write out of habit names sections and fields that there are, and none that would be right."""

import pytest

from modelway.architecture.base import Section
from modelway.architecture.explaining import member
from modelway.architecture.habits import HABITS
from tests.architecture.test_side_by_side import sections

SECTIONS = {one.__name__: one for one in sections()}


def fields(section: type[Section]) -> dict[str, object]:
    return {field.alias or name: field.annotation for name, field in section.__pydantic_fields__.items()}


@pytest.mark.parametrize("section", HABITS)
def test_names_that_are_none_lead_to_fields_that_there_are(section: str) -> None:
    known = fields(SECTIONS[section])
    for name, habit in HABITS[section].items():
        assert name not in known
        for path in habit.meant:
            here: object = SECTIONS[section]
            for part in path.split("."):
                assert isinstance(here, type)
                assert issubclass(here, Section), path
                assert part in fields(here), path
                here = member(fields(here)[part], {})
