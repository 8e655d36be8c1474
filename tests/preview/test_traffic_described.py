"""Endpoints and findings where descriptions of the environment are given, with and without what is deployed."""

import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from modelway.architecture import Environment, load
from modelway.preview.changeset import Endpoint
from modelway.preview.traffic import Traffic
from tests.preview.test_traffic import row
from tests.support import changes
from tests.support.environments import ROOT, composed, environment

MODEL = Path("staging/models/tumor-screening.yaml")
TYPES = (
    *("HTTPRoute", "Service", "Deployment", "HorizontalPodAutoscaler", "ScaledObject"),
    *("EndpointConfiguration", "Endpoint", "Model", "Target"),
)

Edited = Callable[..., Environment]


@pytest.fixture
def edited(tmp_path: Path) -> Edited:
    """The environment staging of the tree, with its model's file as given."""

    def make(text: str) -> Environment:
        folder = tmp_path / f"environments-{len(list(tmp_path.iterdir()))}"
        shutil.copytree(ROOT / "stacks" / "environments", folder)
        (folder / MODEL).write_text(text, "utf-8")
        return load(folder, "staging", ROOT)

    return make


def model(traffic: str, scaling: str = "{min: 2, max: 8}") -> str:
    return f"endpoint:\n  scaling: {scaling}\n  traffic: {traffic}\ngovernance: {{approvers: [clinical-safety@example.com]}}\n"


def told(before: Environment | None, after: Environment | None, stack: str = "staging-models") -> tuple[Traffic, Endpoint]:
    traffic = Traffic(stack)
    (found,) = [one for one in traffic.endpoints(before, after, previewed=False) if one.name == "tumor-screening"]
    return traffic, found


def rules(traffic: Traffic) -> list[str]:
    return sorted(finding.rule for finding in traffic.findings())


def test_without_anything_deployed_the_descriptions_say_it(edited: Edited) -> None:
    before = edited(model('{live: "2026.10.0"}'))
    after = edited(model('{live: "2026.10.0", canary: {version: "2026.11.0", percent: 10}}'))
    traffic, endpoint = told(before, after)
    assert endpoint.dialect == "environment"
    assert [row(route) for route in endpoint.before] == ["2026.10.0 100% 2-8"]
    assert [row(route) for route in endpoint.after] == ["2026.10.0 90% 2-8", "2026.11.0 10% 2-8"]
    assert (endpoint.team, endpoint.owner, endpoint.risk_tier) == ("oncology", "oncology-ml@example.com", "high")
    assert endpoint.consumers == ("whoever reaches the Gateway",)
    assert endpoint.after[0].image.startswith("sha256:cb29")
    assert endpoint.after[0].weights.startswith("sha256:8028")
    assert endpoint.after[0].hardware == "0.25 CPU, 256Mi"
    assert endpoint.changed
    assert rules(traffic) == ["traffic-moved"]


@pytest.mark.parametrize(
    ("before", "after", "found"),
    [
        ('{live: "2026.10.0"}', '{live: "2026.11.0"}', ["traffic-live-at-once"]),
        ('{live: "2026.10.0"}', '{live: "2026.10.0", canary: {version: "2026.11.0", percent: 50}}', ["traffic-jump"]),
        ('{live: "2026.10.0"}', '{live: "2026.10.0", shadow: {version: "2026.11.0", percent: 100}}', ["traffic-moved"]),
        (
            '{live: "2026.10.0"}',
            '{live: "2026.10.0", split: [{version: "2026.11.0", header: {name: x-cohort, value: b}}]}',
            ["traffic-moved"],
        ),
        ('{live: "2026.10.0"}', '{live: "2026.10.0"}', []),
    ],
)
def test_descriptions_are_held_against_the_same_checks(edited: Edited, before: str, after: str, found: list[str]) -> None:
    traffic, endpoint = told(edited(model(before)), edited(model(after)))
    assert rules(traffic) == found
    assert endpoint.changed == (before != after)


def test_who_may_call_is_named() -> None:
    traffic = Traffic("prod")
    endpoints = {one.name: one for one in traffic.endpoints(None, environment("prod"), previewed=False)}
    assert endpoints["tumor-screening"].consumers == (
        "team oncology",
        "holders of a token of https://login.example.com for tumor-screening",
    )
    assert [row(route) for route in endpoints["tumor-screening"].after] == ["2026.10.0 100% 4-24", "2026.11.0 copies 25% 4-24"]
    assert endpoints["tumor-screening"].before == ()


def test_each_stack_has_its_own_models() -> None:
    prod = environment("prod")
    found = {}
    for stack in ("prod", "prod-models-climate", "prod-models-oncology"):
        found[stack] = [one.name for one in Traffic(stack).endpoints(prod, prod)]
    assert found == {"prod": [], "prod-models-climate": ["co2-forecast"], "prod-models-oncology": ["tumor-screening"]}


def test_a_model_that_is_no_longer_served(edited: Edited) -> None:
    before = edited(model('{live: "2026.10.0"}'))
    after = edited("presence: disabled\n" + model('{live: "2026.10.0"}'))
    traffic, endpoint = told(before, after)
    assert endpoint.after == ()
    assert rules(traffic) == ["traffic-endpoint-gone"]
    (finding,) = traffic.findings()
    assert "whoever reaches the Gateway (model of team oncology)" in finding.breaks


@pytest.fixture(scope="module")
def staging_stacks() -> dict[str, list[changes.Described]]:
    """What the stacks of staging are, as the engine sees them."""
    return {stack: changes.recorded(recorder, TYPES) for stack, recorder in composed("staging").items()}


@pytest.fixture
def deployed(staging_stacks: dict[str, list[changes.Described]]) -> list[changes.Described]:
    """The stack of the models."""
    return staging_stacks["staging-models"]


def deployment(deployed: list[changes.Described], *steps: dict[str, Any]) -> Traffic:
    traffic = Traffic("staging-models")
    there = changes.short(deployed)
    for asked in steps:
        traffic.see(changes.step(there, asked))
    for described in deployed:
        traffic.know(changes.resource(described))
    traffic.complete()
    return traffic


@pytest.mark.parametrize("name", ["managed", "everything"])
def test_what_is_deployed_of_a_description_is_what_it_says(name: str) -> None:
    described = environment(name)
    said = {one.name: one.after for one in Traffic(name).endpoints(described, described, previewed=False)}
    deployed = {}
    for stack, recorder in composed(name).items():
        traffic = Traffic(stack)
        for one in changes.recorded(recorder, TYPES):
            traffic.know(changes.resource(one))
        traffic.complete()
        for endpoint in traffic.endpoints(described, described):
            assert endpoint.dialect in ("gateway", "sagemaker")
            assert not endpoint.changed
            assert endpoint.owner
            deployed[endpoint.name] = endpoint.after
        assert traffic.findings() == []
        assert traffic.gaps() == []
    assert deployed == said
    assert said


def test_a_description_that_says_otherwise_is_found(deployed: list[changes.Described], edited: Edited) -> None:
    after = edited(model('{live: "2026.11.0", canary: {version: "2026.10.0", percent: 20}}'))
    traffic = deployment(deployed)
    traffic.endpoints(environment("staging"), after)
    (finding,) = traffic.findings()
    assert finding.rule == "traffic-not-as-described"
    assert finding.risk == "unknown"
    assert "described: 2026.11.0 80%, 2026.10.0 20%; deployed: 2026.11.0 100%" in finding.why


def test_a_description_that_nobody_carries_out_is_found(deployed: list[changes.Described], edited: Edited) -> None:
    after = edited(model('{live: "2026.11.0", canary: {version: "2026.10.0", percent: 20}}'))
    traffic = deployment(deployed, {"op": "update", "of": "tumor-screening-route", "set": {"^ignoreChanges": ["spec.rules"]}})
    traffic.endpoints(environment("staging"), after)
    assert rules(traffic) == ["traffic-left-alone"]


def test_versions_and_digests_that_are_not_registered_are_found(deployed: list[changes.Described]) -> None:
    staging = environment("staging")
    name = "tumor-screening-2026.11.0-deployment"
    container = "spec.template.spec.containers[0]"
    traffic = deployment(deployed, {"op": "update", "of": name, "set": {f"{container}.image": f"host/x@sha256:{'d' * 64}"}})
    traffic.endpoints(staging, staging)
    assert rules(traffic) == ["traffic-digest-undeclared", "traffic-same-version-new-digest"]
    labels = "spec.template.metadata.labels"
    traffic = deployment(
        deployed,
        {"op": "update", "of": name, "set": {f"{labels}[modelway.dev/version]": "2027.1.0", f"{container}.env[0].value": "x"}},
        {"op": "update", "of": "tumor-screening-2026.11.0-service", "set": {"spec.selector[modelway.dev/version]": "2027.1.0"}},
    )
    traffic.endpoints(staging, staging)
    assert rules(traffic) == ["traffic-not-as-described", "traffic-version-undeclared"]


def test_the_platform_has_no_endpoint_of_a_model(staging_stacks: dict[str, list[changes.Described]]) -> None:
    assert deployment(staging_stacks["staging"]).endpoints(None, None) == ()
