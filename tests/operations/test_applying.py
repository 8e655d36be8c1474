"""A plan of an environment's stack is applied only with what `modelway up` asks for: the right account, before the engine is started."""

import json
from collections.abc import Callable
from pathlib import Path

import msgspec
import pytest

from modelway.operations._pulumi import Engine
from modelway.operations.applying import apply
from modelway.operations.approval import Manifest, OutOfDate, Project, manifest_file
from modelway.operations.environments import OtherAccount

ROOT = Path(__file__).resolve().parents[2]
STATE = {"version": 3, "deployment": {"manifest": {"time": "2026-11-26T10:00:00Z"}, "resources": []}}
ENGINE = """#!/bin/bash
echo "$*" >> calls
case "$1 $2" in
  "stack export") if [ "$5" = --file ]; then cp state.json "$6"; else cat state.json; fi ;;
  "version "*) echo v3.250.0 ;;
esac
"""


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where a program stands in for the engine, that says how it was called; the plan is beside it."""
    binaries = tmp_path / "bin"
    binaries.mkdir()
    (binaries / "pulumi").write_text(ENGINE, "utf-8")
    (binaries / "pulumi").chmod(0o755)
    (tmp_path / "state.json").write_text(json.dumps(STATE), "utf-8")
    (tmp_path / "plan.json").write_text(json.dumps({"manifest": {}, "resourcePlans": {}}), "utf-8")
    monkeypatch.setattr("sys.prefix", str(tmp_path))
    made = Manifest("dev", "a" * 64, "b" * 64, "", "c" * 64, "d" * 64, "", False, {}, "", "2026-12-03T10:00:00+00:00")
    manifest_file(tmp_path / "plan.json").write_bytes(msgspec.json.encode(made))
    return tmp_path


def applied(place: Path) -> None:
    apply(Project(ROOT, Engine(place), ours=True), "dev", place / "plan.json", yes=True, folder=place, progress=lambda _: None)


def test_credentials_of_another_account_are_refused_before_the_engine_runs(place: Path, use_account: Callable[[str], None]) -> None:
    use_account("999999999999")
    with pytest.raises(OtherAccount, match="environment dev is in 222222222222"):
        applied(place)
    assert not (place / "calls").exists()


def test_in_the_right_account_what_differs_is_named(place: Path, use_account: Callable[[str], None]) -> None:
    use_account("222222222222")
    with pytest.raises(OutOfDate, match="environment: dddddddddddd when it was reviewed"):
        applied(place)
    assert "up" not in {line.split()[0] for line in (place / "calls").read_text("utf-8").splitlines()}
