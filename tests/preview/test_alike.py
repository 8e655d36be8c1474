"""What is done once for many changes that are alike stays right for those that only look so."""

import json
from typing import Any

import msgspec
import pytest

from modelway.preview.changeset import Change, ChangeSet, Finding, PropertyChange, Shown, StackChanges, Verdict
from modelway.preview.differences import properties
from modelway.preview.netting import netted
from modelway.preview.resources import Step
from modelway.preview.risks.judging import Risks
from modelway.preview.risks.table import table
from modelway.preview.steps import of_digest

URN = "urn:pulumi:s::p::{}::{}"
TOKEN = "ghp_" + "a1B2" * 9


def step(type_: str, before: dict[str, Any], after: dict[str, Any], name: str = "one", **options: bool) -> Step:
    urn = URN.format(type_, name)
    state = {"urn": urn, "type": type_}
    written = {"op": "update", "urn": urn, "oldState": {**state, "inputs": before}, "newState": {**state, **options, "inputs": after}}
    return of_digest(msgspec.Raw(json.dumps(written)))


@pytest.mark.parametrize(("first", "second"), [(1, True), (True, 1), (0, False), ("1", 1)])
def test_values_that_are_equal_are_shown_as_each_is_written(first: object, second: object) -> None:
    told = [
        properties(step("kubernetes:apps/v1:Deployment", {"spec": {"replicas": one}}, {"spec": {"replicas": 5}}))[0]
        for one in (first, second)
    ]
    assert [one.before.text for one in told if one.before] == [json.dumps(one).strip('"') for one in (first, second)]


def test_a_protection_that_goes_is_told_beside_a_change_that_many_have() -> None:
    risks, type_ = Risks(table()), "aws:s3/bucket:Bucket"
    alike = [step(type_, {"tags": {"side": "0"}}, {"tags": {"side": "1"}}, f"bucket-{number}") for number in range(3)]
    for one in alike:
        assert "protection-removed" not in {found.rule for found in risks.judge("s", one, properties(one))}
    state = msgspec.structs.replace(alike[0].old, protect=True) if alike[0].old else None
    other = msgspec.structs.replace(alike[0], old=state)
    # Whoever compares nothing but inputs has the same paths as before.
    same_paths = properties(alike[0])
    assert "protection-removed" in {found.rule for found in risks.judge("s", other, same_paths)}


def report(at: int, where: str) -> ChangeSet:
    """A report of many changes, one of which, or one finding, has a token in it."""

    def said(number: int, place: str) -> str:
        return f"x {TOKEN} y" if (number, place) == (at, where) else f"{place} {number}"

    changes = tuple(
        Change(
            "s",
            URN.format("a:b/c:D", number),
            "a:b/c:D",
            said(number, "name"),
            "update",
            "safe",
            said(number, "component"),
            said(number, "physical"),
            (PropertyChange(said(number, "path"), "update", Shown(said(number, "before")), Shown(said(number, "after"))),),
        )
        for number in range(300)
    )
    findings = tuple(
        Finding("review", "r", "s", said(number, "subject"), said(number, "what"), said(number, "why")) for number in range(300)
    )
    return ChangeSet(
        Verdict("ok", (said(0, "needed"),)), (StackChanges("s", outputs=(said(0, "output"),)),), findings=findings, changes=changes
    )


PLACES = ("name", "component", "physical", "path", "before", "after", "subject", "what", "why")


@pytest.mark.parametrize(("at", "where"), [*((at, where) for at in (0, 150, 299) for where in PLACES), (0, "needed"), (0, "output")])
def test_a_token_in_any_text_of_many_is_hidden(at: int, where: str) -> None:
    whole = report(at, where)
    assert TOKEN.encode() in msgspec.json.encode(whole)
    assert TOKEN.encode() not in msgspec.json.encode(netted(whole))


def test_a_report_without_one_is_left_as_it_is() -> None:
    whole = report(-1, "")
    assert netted(whole) is whole


def test_what_was_forgotten_is_read_again() -> None:
    one = step("aws:s3/bucket:Bucket", {"tags": {"side": "0"}}, {"tags": {"side": "1"}})
    assert one.new is not None
    known = one.new.inputs
    one.forget()
    assert one.new.inputs == known
    assert one.new.inputs is not known
