"""The reference of all fields: an example of each that its field takes, and names of others for fields that there are."""

from collections.abc import Iterator
from typing import Annotated, Any

import pytest
from pydantic import ConfigDict, TypeAdapter

from modelway.architecture.base import Breach, Section
from modelway.architecture.reading import read
from modelway.architecture.schema import generated
from scripts import describe
from scripts.describe import KINDS_SHOWN, NO_EFFECT, SECTIONS, configuration, example
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
    read_as = taken(section, name, value)
    assert value is not None
    assert not [breach.rule for breach in faults(section, name, read_as)], shown


def taken(section: type[Section], name: str, value: object) -> object:
    """What the field takes a value for. Raises ValidationError."""
    field = section.__pydantic_fields__[key_of(section, name)]
    whole: Any = Annotated[field.annotation, *field.metadata] if field.metadata else field.annotation
    return TypeAdapter(whole, config=ConfigDict(strict=True)).validate_python(value)


def key_of(section: type[Section], name: str) -> str:
    return next(key for key, field in section.__pydantic_fields__.items() if (field.alias or key) == name)


def faults(section: type[Section], name: str, value: object) -> Iterator[Breach]:
    """What the section's own rules say of a value beside the examples of others, or what those are by default."""
    made = section.model_construct()
    for key, other in list(made.__dict__.items()):
        if other is None:
            del made.__dict__[key]
    for other, shown in section.EXAMPLES.items():
        made.__dict__[key_of(section, other)] = taken(section, other, tupled(shown))
    made.__dict__[key_of(section, name)] = value
    # What is at fault together with others is right beside other values of those.
    yield from (breach for breach in made.breaches() if breach.path[:1] == (name,) and not breach.together_with)


def tupled(value: object) -> object:
    """As a file is read: lists are tuples."""
    if isinstance(value, dict):
        return {key: tupled(one) for key, one in value.items()}
    return tuple(map(tupled, value)) if isinstance(value, list) else value


def marked(text: str) -> set[str]:
    """The fields that are marked, as `Heading.field`, and the headings that are, as `Heading`."""
    heading, found = "", set()
    for line in text.splitlines():
        if line.startswith("#"):
            heading = line.lstrip("# ")
        elif line.startswith(NO_EFFECT):
            found.add(heading)
        elif NO_EFFECT in line:
            found.add(f"{heading}.{line.split('`')[1]}")
    return found


def test_what_has_no_effect_is_marked(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(describe, "NOT_YET", {"clusters.*.node_pools": "refused", "aws.region": "harmless", "models.*.drift": "harmless"})
    describe.without_effect.cache_clear()
    found = marked(configuration())
    describe.without_effect.cache_clear()
    assert {"Environment Aws.region", "Environment EksCluster.node_pools", "Environment NodePool", "Model.drift", "Model Labels"} <= found
    # A section is marked when all of it is, and then its fields are not.
    assert not {"Environment Aws", "Environment EksCluster", "Environment NodePool.min", "Environment.budget"} & found


@pytest.mark.parametrize("section", BY_NAME.values(), ids=lambda one: one.__name__)
def test_tables_name_fields_that_there_are(section: type[Section]) -> None:
    known = {field.alias or name for name, field in section.__pydantic_fields__.items()}
    assert {*section.EXAMPLES, *section.PEERS} <= known
