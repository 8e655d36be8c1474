"""The pack asks for the gates of the stack that it is asked about, once more than its program."""

import json
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from google.protobuf.empty_pb2 import Empty
from pulumi.runtime.proto import analyzer_pb2

from modelway.architecture import load
from tests.policy.test_pack_served import said, served
from tests.support.gated import MODEL, OFFICE, VALID, Desk, desk

DESCRIBED = """
environment: dev
tier: {tier}
layout: split
aws: {{account: "222222222222", region: eu-west-1}}
clusters:
  main: {{kind: existing, context: dev, gateway: {{kind: existing, name: shared, namespace: gateways}}}}
governance:
  tiers: {{high: {{approvers: 1}}}}
  ledger: {{address: ledger, keys: keys.json}}
"""
STACK = "pulumi:pulumi:Stack"


@pytest.fixture
def here(tmp_path: Path) -> Desk:
    shutil.copytree(VALID, tmp_path, dirs_exist_ok=True)
    (tmp_path / "Pulumi.yaml").write_text("name: modelway\n")
    with (tmp_path / "environments" / "base" / "models" / f"{MODEL}.yaml").open("a") as file:
        file.write(f"governance: {{approvers: [{OFFICE}]}}\n")
    describe(tmp_path, "staging")
    return desk(tmp_path, datetime.now(UTC) - timedelta(minutes=1))


def describe(root: Path, tier: str) -> None:
    (root / "environments" / "dev" / "environment.yaml").write_text(DESCRIBED.format(tier=tier))


@contextmanager
def asked(here: Desk, stack: str = "dev-models", *, previewed: bool = False) -> Iterator[Any]:
    """What the pack says of the stack itself, by policy."""
    config = {"modelway:environments": str(here.root / "environments")}
    with served(stack=stack, config=json.dumps(config)) as pack:
        if not previewed:
            pack.ConfigureStack(analyzer_pb2.AnalyzerStackConfigureRequest(stack=stack, project="modelway", dry_run=False, config=config))
        yield pack


def found(pack: Any, type_: str = STACK) -> dict[str, tuple[int, str]]:
    return {name: one for name, one in said(pack, type_, "x").items() if name in ("release-gates", "broken-glass")}


def test_an_update_is_refused_until_somebody_approved(here: Desk) -> None:
    with asked(here) as pack:
        assert {one.name for one in pack.GetAnalyzerInfo(Empty()).policies} >= {"release-gates", "broken-glass"}
        (kind, message) = found(pack)["release-gates"]
        assert kind == analyzer_pb2.MANDATORY
        assert "credit-risk: approvals missing: 1 person has approved exactly what dev says of it" in message
        assert "`modelway approve dev credit-risk --key KEY`" in message
        assert not found(pack, "aws:s3/bucket:Bucket")
        here.approve(load(here.root / "environments", "dev"))
        assert not found(pack)


def test_a_preview_is_told(here: Desk) -> None:
    with asked(here, previewed=True) as pack:
        assert found(pack)["release-gates"][0] == analyzer_pb2.ADVISORY


def test_broken_glass_is_named(here: Desk) -> None:
    here.at(datetime.now(UTC))
    here.break_glass()
    with asked(here) as pack:
        ((name, (kind, message)),) = found(pack).items()
        assert (name, kind) == ("broken-glass", analyzer_pb2.ADVISORY)
        assert "It burns." in message


@pytest.mark.parametrize(("stack", "tier"), [("dev", "staging"), ("dev-models", "development")])
def test_nothing_is_refused_of_the_platform_or_in_development(here: Desk, stack: str, tier: str) -> None:
    describe(here.root, tier)
    with asked(here, stack) as pack:
        assert not found(pack)
