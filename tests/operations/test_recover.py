"""A recovery from its plan to its outcome, on an engine that is only a state and a cloud that is only a dictionary."""

import io
import os
import socket
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from modelway.cli import main
from modelway.operations.locks import Lock, Owner
from modelway.operations.pending import applied
from modelway.operations.recover import NeedsAnswers, NotPending, Plan, StillLocked, carry_out, plan

ROOT = Path(__file__).resolve().parents[2]
URN = "urn:pulumi:dev::modelway::{0}::{1}"
TAGS = {"environment": "dev"}


@dataclass
class Engine:
    """The engine as a recovery sees it: what a provider reads comes from `cloud`, by id."""

    deployment: dict[str, Any]
    cloud: dict[str, dict[str, Any]]
    done: list[str] = field(default_factory=list)

    def backend(self) -> str:
        return "file:///nowhere"

    def export(self, stack: str) -> dict[str, object]:
        return {"version": 3, "deployment": self.deployment}

    def put(self, stack: str, exported: Mapping[str, Any]) -> None:
        self.done.append("put")
        self.deployment = exported["deployment"]

    def refresh(self, stack: str, urns: Sequence[str]) -> None:
        self.done.append("refresh")
        kept = []
        for one in self.deployment["resources"]:
            if one["urn"] in urns:
                if one["id"] not in self.cloud:
                    continue
                one = {key: value for key, value in one.items() if key != "initErrors"} | {"outputs": self.cloud[one["id"]]}
            kept.append(one)
        self.deployment = self.deployment | {"resources": kept}

    def forget(self, stack: str, urn: str) -> None:
        self.done.append("forget")
        self.deployment = self.deployment | {"resources": [one for one in self.deployment["resources"] if one["urn"] != urn]}


@dataclass
class Locks:
    held: list[Lock]

    def of(self, stack: str) -> list[Lock]:
        return list(self.held)

    def remove(self, lock: Lock) -> None:
        self.held.remove(lock)

    def mend(self, stack: str) -> list[str]:
        return []


@dataclass
class Lookup:
    asked: list[Any] = field(default_factory=list)

    def find(self, type_: str, inputs: Mapping[str, object], tags: Mapping[str, str]) -> list[str] | None:
        self.asked.append((type_, dict(tags)))
        return ["vpc-1", "vpc-2"] if type_ == "aws:ec2/vpc:Vpc" else None


def dead() -> Lock:
    with subprocess.Popen([sys.executable, "-c", ""]) as process:
        process.wait()
    return Lock("a.json", Owner(process.pid, "ada", socket.gethostname(), datetime.now(UTC)))


def begun(*resources: tuple[str, str, dict[str, Any]]) -> dict[str, Any]:
    provider = {"urn": URN.format("pulumi:providers:aws", "aws"), "type": "pulumi:providers:aws", "id": "p", "custom": True}
    provider["inputs"] = {"region": "eu-west-1", "defaultTags": '{"tags":{"environment":"dev"}}'}
    old = {"urn": URN.format("aws:ec2/vpc:Vpc", "other"), "type": "aws:ec2/vpc:Vpc", "id": "vpc-2"}
    pending = [
        {"urn": URN.format(type_, name), "type": type_, "custom": True, "inputs": inputs, "provider": f"{provider['urn']}::p"}
        for type_, name, inputs in resources
    ]
    return {"resources": [provider, old], "pending_operations": [{"type": "creating", "resource": one} for one in pending]}


BUCKET = ("aws:s3/bucket:Bucket", "store", {"bucket": "acme", "tagsAll": TAGS})
VPC = ("aws:ec2/vpc:Vpc", "vpc", {"tags": {"Name": "main"}})


def test_what_is_there_is_imported_and_what_is_not_is_cleared() -> None:
    role = ("aws:iam/role:Role", "role", {"name": "pod", "tagsAll": TAGS})
    engine = Engine(begun(BUCKET, role, VPC), {"acme": {"arn": "arn:acme", "tagsAll": TAGS}, "vpc-1": {"tagsAll": {"Name": "main"}}})
    locks, lookup = Locks([dead()]), Lookup()
    made = plan("dev", engine, lambda region: lookup, locks=lambda _: locks)
    assert engine.done == []
    assert len(locks.held) == 1, "looking changes nothing"
    told = {one.urn.rpartition("::")[2]: one.what for one in carry_out(made, engine, locks=lambda _: locks)}
    # vpc-2 is in the state: it can only be the other one.
    assert told == {"store": "imported: acme", "role": "cleared: there is no such thing", "vpc": "imported: vpc-1"}
    assert lookup.asked == [("aws:ec2/vpc:Vpc", {"environment": "dev", "Name": "main"})]
    assert locks.held == []
    store = next(one for one in engine.deployment["resources"] if one["id"] == "acme")
    assert store["outputs"]["arn"] == "arn:acme"
    assert "initErrors" not in store
    assert plan("dev", engine, lambda region: lookup, locks=lambda _: locks).empty


def test_somebody_elses_of_that_name_is_left_alone() -> None:
    engine = Engine(begun(BUCKET), {"acme": {"tagsAll": {"environment": "prod"}}})
    (told,) = carry_out(plan("dev", engine, lambda region: Lookup(), locks=lambda _: Locks([])), engine, locks=lambda _: Locks([]))
    assert told.what.startswith("forgotten: acme is there and is not of this stack")
    assert "acme" not in {one["id"] for one in engine.deployment["resources"]}


def test_a_recovery_that_was_cut_off_is_ended_by_the_next() -> None:
    engine = Engine(begun(BUCKET), {"acme": {"tagsAll": TAGS}})
    made = plan("dev", engine, lambda region: Lookup(), locks=lambda _: Locks([]))
    engine.put("dev", {"deployment": applied(engine.deployment, made.settled)})
    again = plan("dev", engine, lambda region: Lookup(), locks=lambda _: Locks([]))
    assert not again.empty
    (told,) = carry_out(again, engine, locks=lambda _: Locks([]))
    assert told.what == "imported: acme"


def test_a_living_owner_keeps_the_lock_and_the_state() -> None:
    lock = Lock("a.json", Owner(os.getpid(), "ada", socket.gethostname(), datetime.now(UTC)))
    engine = Engine(begun(BUCKET), {})
    with pytest.raises(StillLocked, match=r"a\.json: ada@.* is alive") as refused:
        plan("dev", engine, lambda region: Lookup(), locks=lambda _: Locks([lock, dead()]))
    assert refused.value.exit_code == 4
    assert engine.done == []


def test_nothing_is_changed_while_a_question_is_open() -> None:
    topic: tuple[str, str, dict[str, Any]] = ("aws:wafv2/webAcl:WebAcl", "acl", {"tags": {}})
    engine, locks = Engine(begun(BUCKET, topic), {}), Locks([dead()])
    with pytest.raises(NeedsAnswers, match=r"--gone URN") as refused:
        plan("dev", engine, lambda region: Lookup(), locks=lambda _: locks)
    assert refused.value.exit_code == 3
    assert (engine.done, len(locks.held)) == ([], 1)
    urn = URN.format(*topic[:2])
    assert plan("dev", engine, lambda region: Lookup(), gone=frozenset((urn,)), locks=lambda _: locks).settled
    assert plan("dev", engine, lambda region: Lookup(), imports={urn: "acl-1"}, locks=lambda _: locks).settled


def test_what_is_still_being_made_is_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    cluster = ("aws:eks/cluster:Cluster", "main", {"name": "dev-main"})
    engine = Engine(begun(cluster), {"dev-main": {"status": "CREATING"}})

    def passes(seconds: float) -> None:
        engine.cloud["dev-main"] = {"status": "ACTIVE"}

    monkeypatch.setattr("modelway.operations.recover.time.sleep", passes)
    carry_out(plan("dev", engine, lambda region: Lookup(), locks=lambda _: Locks([])), engine, locks=lambda _: Locks([]))
    assert engine.done == ["put", "refresh", "refresh"]
    assert engine.deployment["resources"][-1]["outputs"] == {"status": "ACTIVE"}


def test_what_nobody_has_to_decide_is_refused_and_not_passed_over() -> None:
    engine = Engine(begun(VPC), {})
    begun_urn, other = URN.format("aws:ec2/vpc:Vpc", "vpc"), URN.format("aws:ec2/vpc:Vpc", "vcp")
    for given in ({"imports": {other: "vpc-1"}}, {"gone": frozenset([other])}):
        with pytest.raises(NotPending) as told:
            plan("dev", engine, lambda region: Lookup(), locks=lambda _: None, **given)
        assert told.value.exit_code == 2
        assert all(urn in str(told.value) for urn in (begun_urn, other))
    with pytest.raises(NotPending, match="nothing is"):
        plan("dev", Engine({}, {}), lambda region: Lookup(), locks=lambda _: None, gone=frozenset([other]))
    # What an interrupted recovery found may be said again.
    [settled] = plan("dev", engine, lambda region: Lookup(), locks=lambda _: None, imports={begun_urn: "vpc-1"}).settled
    again = Engine(applied(engine.deployment, [settled]), {})
    assert plan("dev", again, lambda region: Lookup(), locks=lambda _: None, imports={begun_urn: "vpc-1"}).unread == (begun_urn,)


@pytest.mark.parametrize(
    ("arguments", "code", "told"),
    [
        ([], 3, "add --yes to do this"),
        (["--gone", "notaurn", "--yes"], 2, "notaurn: write a URN"),
        (["--import", "urn:a", "--yes"], 2, "write URN=ID"),
    ],
)
def test_without_a_terminal_it_says_what_is_missing(
    arguments: list[str], code: int, told: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    made = Plan("dev", (), (), ("urn:a",), {})
    monkeypatch.setattr("modelway.operations.recover.plan", lambda *_, **__: made)
    monkeypatch.setattr("modelway.operations.recover.carry_out", lambda *_: pytest.fail("nobody agreed"))
    monkeypatch.setattr("sys.stdin", io.StringIO())
    monkeypatch.setenv("COLUMNS", "200")
    monkeypatch.chdir(ROOT)
    with pytest.raises(SystemExit) as end:
        main(["recover", "dev", *arguments])
    said = capsys.readouterr()
    assert end.value.code == code
    assert told in said.err
    assert "Do this?" not in said.out
