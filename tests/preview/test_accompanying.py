"""What goes with what it was there for: objects of one namespace as files below cases/accompanying, and what is no finding of its own."""

import json
from pathlib import Path
from typing import Any

import msgspec
import pytest
from ruamel.yaml import YAML

from modelway.preview.accompanying import Accompanying
from modelway.preview.assembling import assemble
from modelway.preview.resources import UNKNOWN, Resource, Step, name_of, type_of
from modelway.preview.sources import Sources
from modelway.preview.steps import operation_of

CASES = Path(__file__).parent / "cases" / "accompanying"
NAMES = sorted(path.stem for path in CASES.glob("*.yaml"))
PROVIDER = "urn:pulumi:prod::shop::pulumi:providers:kubernetes::main::"
OPERATIONS = {"deleted": "delete", "comes": "create", "forgotten": "delete"}


def resource(said: dict[str, Any], cluster: str = "1") -> dict[str, Any]:
    """As the engine writes it; what a case leaves out is in namespace `risk`."""
    type_ = f"kubernetes:{said['type']}"
    placed = {"namespace": space} if (space := said.get("namespace", "risk")) else {}
    inputs = said.get("inputs") or {
        "metadata": {"name": said["name"], "labels": said.get("labels", {}), **placed},
        "spec": said.get("spec", {}),
    }
    urn = f"urn:pulumi:prod::shop::{type_}::{said['name']}" + (f"-in-{space}" if space != "risk" else "")
    return {"urn": urn, "type": type_, "custom": True, "id": said["name"], "provider": f"{PROVIDER}{cluster}", "inputs": inputs}


def steps(case: dict[str, Any]) -> list[dict[str, Any]]:
    made = []
    for what, op in OPERATIONS.items():
        for said in case.get(what, ()):
            side = {**resource(said), "retainOnDelete": what == "forgotten"}
            made.append({"op": op, "urn": side["urn"], "newState" if op == "create" else "oldState": side})
    return made


def of_case(name: str) -> dict[str, Any]:
    text = (CASES / f"{name}.yaml").read_text("utf-8").replace("UNKNOWN", UNKNOWN)
    return dict(YAML(typ="safe").load(text))


def along(case: dict[str, Any], *, whole: bool = True, provider: str = "1") -> frozenset[str]:
    """URNs of what goes along."""
    listed = [msgspec.json.decode(json.dumps(step), type=Step) for step in steps(case)]
    found = Accompanying(type_of(step.urn) for step in listed if step.op == "delete")
    for step in listed:
        found.see(step, operation_of(step))
    for said in case.get("stays", ()):
        found.know(msgspec.json.decode(json.dumps(resource(said, provider)), type=Resource))
    if whole:
        found.complete()
    return found.accompanied()


@pytest.mark.parametrize("name", NAMES)
def test_what_goes_with_what_it_was_there_for(name: str) -> None:
    case = of_case(name)
    assert sorted(map(name_of, along(case))) == sorted(case["along"])


def test_as_many_are_nearly_so() -> None:
    assert sum(not of_case(name)["along"] for name in NAMES) >= sum(bool(of_case(name)["along"]) for name in NAMES)


@pytest.mark.parametrize("name", NAMES)
def test_without_a_state_nobody_knows_what_stays(name: str) -> None:
    assert not along(of_case(name), whole=False)


def test_a_provider_that_was_made_anew_is_the_same_cluster() -> None:
    assert not along(of_case("selector-picks-what-stays"), provider="2")


@pytest.mark.parametrize("name", NAMES)
def test_a_report_has_no_finding_of_it_and_those_of_the_others(name: str, tmp_path: Path) -> None:
    case = of_case(name)
    listed = steps(case)
    there = [step["oldState"] for step in listed if "oldState" in step] + [resource(said) for said in case.get("stays", ())]
    digest, state = tmp_path / "digest.json", tmp_path / "state.json"
    digest.write_text(json.dumps({"steps": listed, "changeSummary": {}}), "utf-8")
    state.write_text(json.dumps({"version": 3, "deployment": {"manifest": {}, "resources": there}}), "utf-8")
    of_all = {finding.urn for finding in assemble([Sources(digest=digest)]).findings}
    assert {finding.urn for finding in assemble([Sources(digest=digest, state=state)]).findings} == of_all - along(case)
