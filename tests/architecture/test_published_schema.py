"""The published schemas accept what loads, refuse what they can see, and every file names the one it follows."""

import json
import os
import re
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft7Validator

from modelway.architecture.reading import read
from modelway.architecture.schema import KINDS, VERSION, file_of, kind_of

HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[1]
ENVIRONMENTS = ROOT / "stacks" / "environments"
FILES = sorted([*ENVIRONMENTS.rglob("*.yaml"), *ROOT.glob("examples/**/*.yaml"), *ROOT.glob("templates/**/*.yaml")])


def schema(kind: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(file_of(kind).read_text("utf-8"))
    return found


def plain(data: object) -> Any:
    return json.loads(json.dumps(data))


@pytest.mark.parametrize("kind", KINDS)
def test_a_schema_is_one(kind: str) -> None:
    Draft7Validator.check_schema(schema(kind))
    assert schema(kind)["$id"].endswith(f"/{VERSION}/{kind}.json")


@pytest.mark.parametrize("file", FILES, ids=lambda file: str(file.relative_to(ROOT)))
def test_every_file_names_its_schema_and_follows_it(file: Path) -> None:
    # Environments may be anywhere; those of an example are in its own folder.
    kind = kind_of(file, next((folder for folder in file.parents if folder.name == "environments"), ENVIRONMENTS))
    path = os.path.relpath(file_of(kind), file.parent)
    assert file.read_text("utf-8").partition("\n")[0] == f"# yaml-language-server: $schema={path}"
    assert [error.message for error in Draft7Validator(schema(kind)).iter_errors(plain(read(file).data))] == []


def laid_over(kind: str) -> list[Path]:
    """Files of cases, each in a folder that says whether it is valid."""
    return sorted(file for file in (HERE / "cases").glob(f"**/*.{kind}/**/*.yaml"))


@pytest.mark.parametrize("file", laid_over("happy"), ids=lambda file: str(file.relative_to(HERE / "cases")))
def test_what_loads_follows_the_schema(file: Path) -> None:
    case = next(folder for folder in file.parents if folder.suffix == ".happy")
    kind = kind_of(file, case / "environments")
    # What a case lays over valid/ has its base there.
    kind = {"model": "model-part"}.get(kind, kind)
    assert [error.message for error in Draft7Validator(schema(kind)).iter_errors(plain(read(file).data))] == []


@pytest.mark.parametrize(
    ("kind", "data", "at"),
    [
        ("environment-part", {"tier": "prod"}, ["tier"]),
        ("environment-part", {"colour": "red"}, []),
        ("environment-part", {"tags": {"aws:name": "x"}}, ["tags"]),
        ("environment-part", {"budget": "1500 EUR"}, ["budget"]),
        ("environment-part", {"clusters": {"Main": {"kind": "eks"}}}, ["clusters"]),
        ("environment-part", {"models": {}}, []),
        ("model-part", {"endpoint": {"scaling": {"min": "2"}}}, ["endpoint"]),
        ("model-part", {"endpoint": {"runtime": {"kind": "lambda"}}}, ["endpoint"]),
        ("environment-part", {"monitoring": {"backend": {"kind": "graphite"}}}, ["monitoring"]),
        ("model-part", {"versions": {"1": {"image": "credit-risk:latest"}}}, ["versions"]),
        ("model", {"model": "credit-risk"}, []),
        ("contract", {"signature": {"inputs": [], "outputs": []}}, ["signature", "inputs"]),
    ],
)
def test_what_a_schema_can_see_is_refused(kind: str, data: object, at: list[str]) -> None:
    errors = list(Draft7Validator(schema(kind)).iter_errors(data))
    assert errors
    assert any(list(error.absolute_path)[: len(at)] == at for error in errors)


def test_a_part_may_remove_and_leave_out() -> None:
    parts = {"clusters": {"main": {"node_pools": {"gpu": None}}}, "budget": None, "network": {"zones": 3}, "tags": None}
    assert Draft7Validator(schema("environment-part")).is_valid(parts)
    assert Draft7Validator(schema("model-part")).is_valid({"endpoint": {"traffic": {"canary": None, "live": "2"}}})
    # A list replaces another as a whole, so what is in it is whole.
    taints = {"clusters": {"main": {"node_pools": {"gpu": {"taints": [{"key": "a"}]}}}}}
    assert not Draft7Validator(schema("environment-part")).is_valid(taints)


@pytest.mark.parametrize("kind", KINDS)
def test_editors_do_not_write_null_beside_a_field_that_is_chosen(kind: str) -> None:
    def nodes(node: Any) -> list[Any]:
        inside = node.values() if isinstance(node, dict) else node if isinstance(node, list) else ()
        return [node, *(found for one in inside for found in nodes(one))]

    assert not [node for node in nodes(schema(kind)) if isinstance(node, dict) and node.get("default", 0) is None]


def test_patterns_are_those_of_javascript() -> None:
    text = "".join(file_of(kind).read_text("utf-8") for kind in KINDS)
    assert not re.search(r"\(\?[^:=!<]|\(\?<[^=!]|\\\\[AZz]", text)
