"""`modelway gates`."""

import json
import shutil
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from modelway.architecture import load
from modelway.cli import main
from modelway.governance.gates.decision import GATE
from tests.support.gated import HEAD, LEDGER, MODEL, OFFICE, VALID, Desk, desk

STAGING = """
environment: dev
tier: staging
layout: split
aws: {account: "222222222222", region: eu-west-1}
clusters:
  main: {kind: existing, context: dev, gateway: {kind: existing, name: shared, namespace: gateways}}
governance:
  tiers: {high: {approvers: 1}}
"""
APPROVERS = f"governance: {{approvers: [{OFFICE}, {HEAD}]}}\n"
NAMED = "  ledger: {address: ledger, keys: keys.json}\n"


@pytest.fixture
def repository(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A small repository with environment dev, a ledger beside it that is not named, and its keys."""
    root = tmp_path / "repository"
    shutil.copytree(VALID, root)
    (root / "stacks").mkdir()
    (root / "environments").rename(root / "stacks" / "environments")
    (root / "Pulumi.yaml").write_text("name: modelway\nruntime: python\n")
    describe(root, STAGING)
    with (root / "stacks" / "environments" / "base" / "models" / f"{MODEL}.yaml").open("a") as file:
        file.write(APPROVERS)
    monkeypatch.chdir(root)
    return root


@pytest.fixture
def written(repository: Path) -> Desk:
    describe(repository, STAGING + NAMED)
    return desk(repository, datetime.now(UTC) - timedelta(hours=1))


def describe(root: Path, text: str) -> None:
    (root / "stacks" / "environments" / "dev" / "environment.yaml").write_text(text)


def gates(*arguments: str, code: int = 0) -> None:
    with pytest.raises(SystemExit) as end:
        main(["gates", *arguments])
    assert int(end.value.code or 0) == code


def told(capsys: pytest.CaptureFixture[str], *arguments: str, code: int = 0) -> Any:
    gates("dev", "--json", *arguments, code=code)
    return json.loads(capsys.readouterr().out)


def test_what_is_missing_is_listed_with_how_to_supply_it(repository: Path, capsys: pytest.CaptureFixture[str]) -> None:
    gates("dev", code=4)
    out = capsys.readouterr().out
    assert "dev-models\n  credit-risk, risk tier high\n" in out
    assert "    unknown       approvals: no ledger is named that could tell of it  [blocks]\n" in out
    assert "Add `governance: {ledger: {address: …, keys: …}}` to the environment's file." in out
    assert out.endswith("dev: blocked by 1 of 2 gates\n")


def test_it_passes_once_somebody_approved(written: Desk, capsys: pytest.CaptureFixture[str]) -> None:
    assert told(capsys, code=4)["blocked"] is True
    environment = load(written.root / "stacks" / "environments", "dev")
    written.approve(environment)
    found = told(capsys)
    assert (found["blocked"], found["ledger"]) == (False, {"declared": True, "entries": 2, "unknown": None})
    by_id = {one["gate"]: one for one in found["gates"]}
    assert by_id["approvals"] == {
        "stack": "dev-models",
        "model": MODEL,
        "gate": "approvals",
        "says": "1 person has approved exactly what dev says of it, none of whom wrote or owns it",
        "outcome": "passed",
        "asked": True,
        "blocks": False,
        "detail": f"1 of 1: {OFFICE}",
        "supply": None,
    }


def test_broken_glass_is_loud(written: Desk, capsys: pytest.CaptureFixture[str]) -> None:
    written.at(datetime.now(UTC))
    written.break_glass()
    gates("dev")
    out = capsys.readouterr().out
    assert f"THE GLASS IS BROKEN by {OFFICE} until " in out
    assert "broken glass  approvals: missing: 0 of 1;" in out
    (glass,) = told(capsys)["broken_glass"]
    assert (glass["stack"], glass["reason"]) == ("dev-models", "It burns.")


def test_the_decision_is_written_to_the_ledger(written: Desk, capsys: pytest.CaptureFixture[str]) -> None:
    gates("dev", "--record", "--key", str(written.root / "ci.pem"), code=4)
    assert "no go for dev-models is recorded: entry 1, sha256:" in capsys.readouterr().err
    ((entry, said),) = list(GATE.all_in(written.ledger))
    assert (entry.sequence, said.stack, said.go) == (1, "dev-models", False)
    assert {one.gate: one.outcome for one in said.gates}["approvals"] == "missing"


def test_a_ledger_can_begin_before_the_first_release(repository: Path, capsys: pytest.CaptureFixture[str]) -> None:
    describe(repository, STAGING + NAMED)
    desk(repository)
    shutil.rmtree(repository / LEDGER["governance/ledger"]["address"])
    assert "there is no ledger here" in told(capsys, code=4)["ledger"]["unknown"]
    gates("dev", code=4)
    assert "Begin it: `modelway gates dev --record --begin --key KEY`." in capsys.readouterr().out
    gates("dev", "--record", "--begin", "--key", "ci.pem", code=4)
    assert "a ledger begins at" in capsys.readouterr().err
    assert told(capsys, code=4)["ledger"] == {"declared": True, "entries": 2, "unknown": None}
    gates("dev", "--record", "--begin", "--key", "ci.pem", code=1)
    assert "there is a ledger already" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (["nowhere"], 1, "nowhere"),
        (["dev", "--record"], 2, "name who signs"),
        (["dev", "--begin"], 2, "only with --record"),
        (["dev", "--record", "--key", "no.pem"], 1, "environment dev names no ledger"),
    ],
    ids=["no-environment", "no-key", "begin-alone", "no-ledger"],
)
def test_wrong_usage(repository: Path, capsys: pytest.CaptureFixture[str], arguments: list[str], code: int, said: str) -> None:
    gates(*arguments, code=code)
    assert said in capsys.readouterr().err


def test_a_key_that_may_not_sign_writes_nothing(written: Desk, capsys: pytest.CaptureFixture[str]) -> None:
    gates("dev", "--record", "--key", str(written.root / "nobody.pem"), code=1)
    assert "nobody.pem" in capsys.readouterr().err
    assert len(list(written.ledger.entries())) == 1
