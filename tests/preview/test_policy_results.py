"""What policies say, out of event logs of the real engine below cases/policies (pack.jsonl: the project's own pack over components with
the types of real resources; careless.jsonl: a pack whose rule raises), and by holding the rules against steps."""

import json
from datetime import date
from pathlib import Path
from typing import Any

import msgspec
import pytest

from modelway.preview.changeset import PolicyResult
from modelway.preview.policies import joined, let_through, results, rules_on
from modelway.preview.reading import read
from modelway.preview.resources import UNKNOWN, Step
from modelway.rules.exceptions import Grant

CASES = Path(__file__).parent / "cases" / "policies"
DATABASE = "aws:rds/instance:Instance"
ROUTE = "kubernetes:gateway.networking.k8s.io/v1:HTTPRoute"


def of_log(name: str) -> tuple[PolicyResult, ...]:
    found = read("dev", None, CASES / f"{name}.jsonl")
    assert found.policy_events is not None
    return results("dev", found.policy_events, found.diagnostics)


def outcomes(found: tuple[PolicyResult, ...]) -> list[tuple[str, str, str, str]]:
    return sorted({(one.outcome, one.rule, one.urn.rpartition("::")[2], one.enforcement) for one in found if one.outcome != "passed"})


def step(type_: str, inputs: dict[str, Any], before: dict[str, Any] | None = None, op: str = "update") -> Step:
    urn = f"urn:pulumi:dev::platform::{type_}::one"
    state = {"urn": urn, "type": type_}
    old = {} if before is None else {"oldState": {**state, "inputs": before}}
    return msgspec.json.decode(json.dumps({"op": op, "urn": urn, "newState": {**state, "inputs": inputs}, **old}), type=Step)


def test_what_the_engine_says_of_a_pack() -> None:
    found = of_log("pack")
    assert outcomes(found) == [
        ("failed", "missing-owner", "nobodys", "advisory"),
        ("failed", "pinned-digest", "hidden", "mandatory"),
        ("failed", "public-exposure", "open", "mandatory"),
        ("failed", "unencrypted-store", "plain", "mandatory"),
        ("undecided", "unencrypted-store", "later", "mandatory"),
    ]
    assert {one.rule: one.count for one in found if one.outcome == "passed"} == {
        "missing-owner": 4,
        "public-exposure": 3,
        "unencrypted-store": 1,
    }
    [undecided] = [one for one in found if one.outcome == "undecided"]
    assert (undecided.message, undecided.severity) == ("storageEncrypted is not known before the update", "high")


def test_a_rule_that_raises_is_broken_and_nothing_passes() -> None:
    [found] = of_log("careless")
    assert (found.outcome, found.enforcement) == ("broken", "mandatory")
    assert "storageEncrypted" in found.message


def test_a_remediation_names_what_it_changed_and_no_value() -> None:
    event = {
        "policyRemediationEvent": {
            "resourceUrn": "urn:pulumi:dev::p::a:b:C::one",
            "policyName": "tags",
            "policyPackName": "others",
            "before": {"a": "hunter2", "b": 1},
            "after": {"a": "secret", "b": 1, "c": 2},
        }
    }
    [found] = results("dev", [event, {"policyRemediateSummaryEvent": {"policyPackName": "others", "passed": ["tags", "more"]}}])
    assert (found.outcome, found.enforcement, found.message) == ("failed", "remediate", "the policy itself has changed a, c")


@pytest.mark.parametrize(
    "event", [{}, {"policyEvent": None}, {"policyEvent": {}}, {"policyAnalyzeSummaryEvent": {"passed": 3}}, {"policyEvent": []}]
)
def test_events_of_another_shape_are_no_traceback(event: dict[str, Any]) -> None:
    assert all(one.outcome != "passed" for one in results("dev", [event]))


def test_the_rules_on_steps() -> None:
    found = rules_on(
        "dev",
        [
            step(DATABASE, {"storageEncrypted": False, "tags": {"owner": "a"}}, {}),
            step(DATABASE, {"storageEncrypted": UNKNOWN, "tags": {"owner": "a"}}, op="create"),
            step(ROUTE, {"spec": {"rules": [{"backendRefs": [{"name": "b"}]}]}}, {"spec": {"rules": [{"backendRefs": [{"name": "a"}]}]}}),
            step("random:index/randomPet:RandomPet", {"a": 1}),
            step(DATABASE, {"storageEncrypted": False}, op="delete"),
        ],
    )
    assert [(one.outcome, one.rule) for one in found if one.outcome != "passed"] == [
        ("failed", "unencrypted-store"),
        ("undecided", "unencrypted-store"),
        ("failed", "traffic-jump"),
        ("failed", "missing-owner"),
    ]
    assert {one.enforcement for one in found} == {"advisory"}


def test_the_report_decides_what_the_pack_could_not() -> None:
    route = step(ROUTE, {"spec": {"rules": [{"backendRefs": [{"name": "b"}]}]}}, {"spec": {"rules": [{"backendRefs": [{"name": "a"}]}]}})
    own = rules_on("dev", [route])
    left_open = PolicyResult("dev", "modelway", "traffic-jump", "undecided", "mandatory", urn=route.urn)
    [decided] = joined([left_open], own)
    assert (decided.outcome, decided.urn) == ("failed", route.urn)
    quiet = step(ROUTE, {"spec": {"rules": [{"backendRefs": [{"name": "a"}]}]}}, {"spec": {"rules": [{"backendRefs": [{"name": "a"}]}]}})
    assert [one.outcome for one in joined([left_open], rules_on("dev", [quiet]))] == ["passed"]
    # This one is asked again, once it can be shown what was there before; the next cannot be.
    bucket = step("aws:s3/bucket:Bucket", {"bucket": "weights"}, {"bucket": "models"}, "replace")
    again = PolicyResult("dev", "modelway", "replacement-acknowledged", "undecided", "mandatory", urn=bucket.urn)
    assert [(one.outcome, one.urn) for one in joined([again], own, lambda _: bucket)] == [("failed", bucket.urn)]
    same = step("aws:s3/bucket:Bucket", {"bucket": "models"}, {"bucket": "models"})
    assert [one.outcome for one in joined([again], own, lambda _: same)] == ["passed"]
    assert joined([again], own) == (again,)
    other = PolicyResult("dev", "modelway", "private-api-server", "undecided", "mandatory", urn=route.urn)
    assert joined([other], own) == (other,)
    assert joined([], own) == own
    others = PolicyResult("dev", "others", "x", "passed")
    assert joined([others], own) == (others, *own)


@pytest.mark.parametrize(
    ("rule", "where", "day", "said"),
    [
        (
            "unencrypted-store",
            "one",
            date(2026, 11, 30),
            "excepted from unencrypted-store: It is moved. (approved by a@b.c, until 2026-11-30)",
        ),
        ("unencrypted-store", "one", date(2026, 12, 1), "An exception was granted until 2026-11-30, and is over."),
        ("unencrypted-store", "one", None, ""),
        ("unencrypted-store", "two", date(2026, 11, 30), ""),
        ("public-exposure", "one", date(2026, 11, 30), ""),
    ],
    ids=["in-force", "over", "no-day", "another-resource", "another-rule"],
)
def test_what_an_environment_excepts_is_let_through_by_name(rule: str, where: str, day: date | None, said: str) -> None:
    bad = step(DATABASE, {"storageEncrypted": False, "tags": {"owner": "a"}}, {})
    own = rules_on("dev", [bad])
    assert [one.rule for one in own if one.outcome == "failed"] == ["unencrypted-store"]
    grant = Grant(rule, f"{bad.urn.removesuffix('one')}{where}", "It is moved.", "a@b.c", date(2026, 11, 30))
    found = tuple(let_through(own, [grant], day))
    (failed,) = (one for one in found if one.outcome == "failed")
    assert failed.rule == ("granted-exceptions" if said.startswith("excepted") else "unencrypted-store")
    assert (failed.message == said) if said.startswith("excepted") else failed.message.endswith(said)
    assert [one for one in found if one.outcome == "passed"] == [one for one in own if one.outcome == "passed"]
