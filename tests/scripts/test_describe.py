"""The reference of all fields: an example of each that its field takes, and names of others for fields that there are."""

from collections.abc import Iterator
from typing import Annotated, Any

import pytest
from pydantic import ConfigDict, TypeAdapter

from modelway.architecture.base import Section
from modelway.architecture.reading import read
from modelway.architecture.schema import generated
from scripts.describe import KINDS_SHOWN, SECTIONS, example
from tests.architecture.test_side_by_side import sections

BY_NAME = {one.__name__: one for one in sections()}


def described() -> Iterator[tuple[str, str, dict[str, Any]]]:
    """Sections, fields, and what the schemas say of them."""
    for kind in KINDS_SHOWN:
        schema = generated(kind)
        for name, section in ((SECTIONS[kind].__name__, schema), *schema["$defs"].items()):
            for field, node in section.get("properties", {}).items():
                yield name, field, node


def leads_to_sections(node: Any) -> bool:
    if isinstance(node, list):
        return any(map(leads_to_sections, node))
    return isinstance(node, dict) and ("$ref" in node or any(map(leads_to_sections, node.values())))


FIELDS = {(name, field): node for name, field, node in described()}


@pytest.mark.parametrize("where", FIELDS, ids=".".join)
def test_an_example_is_what_its_field_takes(where: tuple[str, str], tmp_path: Any) -> None:
    section, name = BY_NAME[where[0]], where[1]
    shown = example(FIELDS[where])
    if shown is None:
        assert leads_to_sections(FIELDS[where]), "an example is missing: add it to EXAMPLES of the section"
        return
    (file := tmp_path / "example.yaml").write_text(f"{name}: {shown}\n", "utf-8")
    value = read(file).data[name]
    field = next(field for key, field in section.__pydantic_fields__.items() if (field.alias or key) == name)
    whole: Any = Annotated[field.annotation, *field.metadata] if field.metadata else field.annotation
    TypeAdapter(whole, config=ConfigDict(strict=True)).validate_python(value)
    assert value is not None


@pytest.mark.parametrize("section", BY_NAME.values(), ids=lambda one: one.__name__)
def test_tables_name_fields_that_there_are(section: type[Section]) -> None:
    known = {field.alias or name for name, field in section.__pydantic_fields__.items()}
    assert {*section.EXAMPLES, *section.PEERS} <= known
