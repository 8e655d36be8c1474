"""`modelway inventory`: systems over environments, and whether what they run on says whose it is."""

import json
from datetime import date
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from modelway.architecture import load, names
from modelway.cli import main
from modelway.governance.inventory.systems import inventory, schema
from tests.support.environments import COMMITTED, ROOT

OLD = ROOT / "tests" / "preview" / "recorded" / "model-canary" / "state.json"
"""What a stack held before its resources said it."""


def run(*words: str) -> int:
    with pytest.raises(SystemExit) as end:
        main(["inventory", *words])
    return int(end.value.code or 0)


def test_the_schema_in_the_documents_is_that_of_the_output() -> None:
    assert json.loads((ROOT / "docs" / "inventory.schema.json").read_text("utf-8")) == schema()


def test_every_model_of_every_environment_is_listed(capsys: pytest.CaptureFixture[str]) -> None:
    assert run("--no-resources", "--json") == 0
    told = json.loads(capsys.readouterr().out)
    jsonschema.validate(told, dict(schema()))
    described = {(name, model) for name in names(COMMITTED) for model in load(COMMITTED, name, ROOT).models}
    assert {(one["environment"], one["model"]) for one in told["systems"]} == described
    assert told["resources"] == []
    prod = next(one for one in told["systems"] if (one["environment"], one["model"]) == ("prod", "tumor-screening"))
    model = load(COMMITTED, "prod", ROOT).models["tumor-screening"]
    assert (prod["owner"], prod["risk_tier"], prod["tier"], prod["system"]) == (model.owner, "high", "production", "pathology-worklist")
    assert sum(version["percent"] for version in prod["versions"]) == 100
    assert model.governance is not None
    assert prod["intended_use"] == model.governance.intended_use


def test_all_that_a_program_asks_for_is_covered(capsys: pytest.CaptureFixture[str]) -> None:
    assert run("local", "dev", "--json") == 0
    told = json.loads(capsys.readouterr().out)
    jsonschema.validate(told, dict(schema()))
    found = [(one["stack"], one["source"], one["percent"]) for one in told["resources"]]
    assert found == [(stack, "program", 100) for stack in ("local", "dev", "dev-models")]
    assert all(one["reason"] for stack in told["resources"] for one in stack["untaggable"])


def test_a_state_whose_resources_do_not_say_it_is_told(capsys: pytest.CaptureFixture[str]) -> None:
    assert run("local", "--state", str(OLD)) == 1
    said = capsys.readouterr().out
    assert "local: 0 of 37 resources say system, owner and tier, 0 %, as its state has them" in said
    assert "lacks system, tier: urn:pulumi:local::modelway::modelway:index:ArtifactRegistry$aws:ecr/repository:Repository" in said


def test_a_state_whose_resources_say_it_is_covered(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    state: dict[str, Any] = json.loads(OLD.read_text("utf-8"))
    for one in state["deployment"]["resources"]:
        said = {"system": "modelway", "owner": "me@example.com", "tier": "development"}
        if one["type"].startswith("aws:"):
            one["inputs"]["tags"] = said
        elif one["type"].startswith("kubernetes:"):
            one["inputs"]["metadata"]["labels"] = {f"modelway.dev/{key}": value for key, value in said.items()}
    (tmp_path / "state.json").write_text(json.dumps(state), "utf-8")
    assert run("local", "--state", str(tmp_path / "state.json")) == 0
    assert "100 %, as its state has them" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (("nowhere",), "there is no nowhere in"),
        (("local", "--no-resources", "--state", str(OLD)), "leave --no-resources out"),
        (("local", "--state", "nowhere.json"), "nowhere.json"),
    ],
    ids=["no environment", "contradiction", "no file"],
)
def test_wrong_usage(words: tuple[str, ...], told: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(*words) == 2
    assert told in capsys.readouterr().err


def test_a_review_that_is_past_is_overdue() -> None:
    world = load(COMMITTED, "prod", ROOT)
    by_day = {
        day: {one.model: one.review for one in inventory([world], [], day).systems}["tumor-screening"]
        for day in (date(2027, 3, 31), date(2027, 4, 1))
    }
    assert list(by_day.values()) == ["due", "overdue"]
