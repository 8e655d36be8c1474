"""What one change means is said in one finding, with what is in it."""

import json
from pathlib import Path

import pytest

from modelway.preview.assembling import assemble
from modelway.preview.changeset import Finding
from modelway.preview.sources import Sources
from scripts.recorded import cases, judged


def findings(name: str) -> dict[str, Finding]:
    (case,) = cases([name])
    found = judged(case).report.findings
    assert len({one.rule for one in found}) == len(found)
    return {one.rule: one for one in found}


def test_of_what_is_tainted_nothing_is_said_to_have_changed() -> None:
    (case,) = cases(["tainted"])
    report = judged(case).report
    assert {one.why for one in report.findings} == {"It is tainted: somebody has asked for its replacement (`pulumi state taint`)"}
    assert [one.properties for one in report.changes if one.operation == "replace"] == [()]


@pytest.mark.parametrize(
    ("name", "why"),
    [
        ("canary-begun", "risk-1 100% → 90%; risk-2 0% → 10%"),
        ("model-canary", "2026.10.0 100% → 90%; 2026.11.0 0% → 10%"),
        ("shadow-begun", "risk-2 copies 0% → 50%"),
        ("hosted-canary", "first 100% → 90%; second 0% → 10%"),
    ],
)
def test_a_move_is_told_once_with_its_shares(name: str, why: str) -> None:
    moves = [one for one in findings(name).values() if one.risk == "traffic"]
    assert [(one.rule, one.why, one.approval) for one in moves] == [("traffic-moved", why, False)]


@pytest.mark.parametrize(("name", "rule"), [("canary-jump", "traffic-live-at-once"), ("promoted", "traffic-jump")])
def test_a_move_that_is_too_large_is_told_as_that_alone(name: str, rule: str) -> None:
    assert [one.rule for one in findings(name).values() if one.risk == "traffic"] == [rule]


@pytest.mark.parametrize(
    ("name", "rule", "why"),
    [
        ("host-changed", "route-hostnames-changed", "spec.hostnames: models.example.com → ml.example.com"),
        ("log-deleted", "logs-deleted", ""),
        ("route-deleted", "traffic-endpoint-gone", "risk-1 100% → nobody"),
    ],
)
def test_what_comes_instead_is_told_and_nothing_twice(name: str, rule: str, why: str) -> None:
    assert [(one.rule, one.why) for one in findings(name).values()] == [(rule, why)]


def step(kind: str, before: object, after: object, urn_name: str = "one") -> dict[str, object]:
    urn = f"urn:pulumi:prod::shop::{kind}::{urn_name}"
    sides = [{"urn": urn, "type": kind, "custom": True, "id": "one", "inputs": inputs} for inputs in (before, after)]
    return {"op": "update", "urn": urn, "oldState": sides[0], "newState": sides[1], "detailedDiff": None}


def shared(*weights: int) -> object:
    groups = [
        {"arn": f"arn:aws:elasticloadbalancing:eu-west-1:1:targetgroup/v{at}/x", "weight": weight} for at, weight in enumerate(weights)
    ]
    return {"defaultActions": [{"type": "forward", "forward": {"targetGroups": groups}}]}


def predicting(percent: int) -> object:
    model = {"modelFormat": {"name": "xgboost"}, "storageUri": f"s3://models/churn/{'v2' if percent < 100 else 'v1'}"}
    predictor = {"model": model, **({"canaryTrafficPercent": percent} if percent < 100 else {})}
    annotations = {"serving.kserve.io/deploymentMode": "Knative"}
    return {"metadata": {"name": "churn", "namespace": "models", "annotations": annotations}, "spec": {"predictor": predictor}}


@pytest.mark.parametrize(
    ("change", "told"),
    [
        (step("aws:lb/listener:Listener", shared(100, 0), shared(90, 10)), ["v0 100% → 90%; v1 0% → 10%"]),
        (step("kubernetes:serving.kserve.io/v1beta1:InferenceService", predicting(100), predicting(10)), ["v1 100% → 90%; v2 0% → 10%"]),
        # Another host on a route is no share: the row stays.
        (
            step("aws:lb/listener:Listener", {"defaultActions": [{"type": "redirect"}]}, {"defaultActions": [{"type": "fixed"}]}),
            ["defaultActions"],
        ),
    ],
)
def test_every_dialect_tells_a_move_once(change: dict[str, object], told: list[str], tmp_path: Path) -> None:
    file = tmp_path / "digest.json"
    file.write_text(json.dumps({"steps": [change], "changeSummary": {"update": 1}}), "utf-8")
    found = assemble([Sources(digest=file)]).findings
    assert [one.why for one in found if one.risk == "traffic"] == told
