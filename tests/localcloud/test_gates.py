"""Gates on the real engine: an update that lacks something makes nothing, a whole one comes up, broken glass is loud and leaves traces.

The ledger is in a bucket of the environment's own account. The tests build on one another and run in the order of the file.
"""

import json
import os
import shutil
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from modelway.architecture import Environment, load
from modelway.governance.gates.decision import GATE
from tests.localcloud.conftest import Cloud
from tests.localcloud.environments import COMMITTED, MODELWAY, ROOT, Site, custom, remains
from tests.support.gated import HEAD, MACHINE, OFFICE, Desk, desk

pytestmark = pytest.mark.localcloud

ACCOUNT = "575757575757"
BUCKET = "gated-ledger"
MODEL = "co2-forecast"
CONTRACT = "examples/co2-forecast/contract.yaml"
ENVIRONMENT = f"""
environment: gated
tier: staging
owner: ml-platform@example.com
aws: {{account: "{ACCOUNT}", region: eu-west-1}}
clusters:
  main: {{kind: existing, context: modelway-local, gateway: {{kind: existing, name: none, namespace: nowhere}}}}
monitoring: {{namespace: gated-monitoring}}
governance:
  ledger: {{address: "s3://{BUCKET}/releases/", keys: keys.json}}
  tiers:
    low: {{approvers: 2, requires: [intended_use, evaluation]}}
    medium: {{approvers: 2, requires: [intended_use, evaluation]}}
    high: {{approvers: 2, requires: [intended_use, evaluation]}}
  exceptions:
    - rule: bucket-access-logs
      resource: "urn:pulumi:gated::modelway::modelway:index:ArtifactRegistry$aws:s3/bucket:Bucket::registry-models"
      reason: Nobody reads it.
      approved_by: security@example.com
      expires: {(datetime.now(UTC) + timedelta(days=90)).date()}
"""
SAID = f"""
governance:
  intended_use: Shows how the air changes.
  approvers: [{OFFICE}, {HEAD}]
"""


@pytest.fixture(scope="module")
def site(cloud: Cloud, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    root = tmp_path_factory.mktemp("gated")
    folder = root / "environments"
    for name in ("base", "gated/models"):
        (folder / name).mkdir(parents=True)
    # Paths of the ledger's keys and of contracts count from here.
    (root / "Pulumi.yaml").write_text("name: theirs\nruntime: yaml\n", "utf-8")
    (root / CONTRACT).parent.mkdir(parents=True)
    shutil.copy(ROOT / CONTRACT, root / CONTRACT)
    described = (COMMITTED / "base" / "models" / f"{MODEL}.yaml").read_text("utf-8").split("\ngovernance:")[0]
    (folder / "gated" / "models" / f"{MODEL}.yaml").write_text(described.replace("team: climate", "team: gated-team") + SAID, "utf-8")
    (folder / "gated" / "environment.yaml").write_text(ENVIRONMENT, "utf-8")
    cleared = {key: value for key, value in os.environ.items() if not key.startswith(("AWS_", "PULUMI_", "MODELWAY_"))}
    site = Site(load(folder, "gated", ROOT), cleared | cloud.environment(ACCOUNT, "eu-west-1"), folder)
    yield site
    site.modelway("destroy", "gated", "--yes")


@pytest.fixture(scope="module")
def ledger(site: Site) -> Iterator[Desk]:
    """The ledger in the emulated bucket, and who may sign."""
    site.aws("s3").create_bucket(Bucket=BUCKET, CreateBucketConfiguration={"LocationConstraint": "eu-west-1"})
    with pytest.MonkeyPatch.context() as patch:
        for name, value in site.variables.items():
            if name.startswith("AWS_"):
                patch.setenv(name, value)
        root = site.environments.parent
        yield desk(root, datetime.now(UTC) - timedelta(minutes=1), f"s3://{BUCKET}/releases/")


def described(site: Site) -> Environment:
    return load(site.environments, "gated", ROOT)


def up(site: Site, code: int = 0) -> str:
    done = site.ended(MODELWAY, "up", "gated", "--yes", "--environments", str(site.environments), code=code)
    return done.stdout + done.stderr


def in_cluster(site: Site) -> list[str]:
    namespaces = site.kubectl("get", "namespaces")["items"]
    return [one["metadata"]["name"] for one in namespaces if one["metadata"]["name"].startswith("gated")]


def gates(site: Site, *arguments: str, code: int = 0) -> Any:
    said = site.modelway("gates", "gated", "--json", *arguments, "--environments", str(site.environments), code=code)
    return {one["gate"]: one["outcome"] for one in json.loads(said)["gates"]}


def test_a_release_that_nobody_approved_makes_nothing(site: Site, ledger: Desk) -> None:
    ledger.approve(described(site), OFFICE, model=MODEL)
    said = up(site, code=1)
    assert "gates of gated are not passed:" in said
    assert f"1 of 2: {OFFICE}" in said
    assert f"`modelway approve gated {MODEL} --key KEY`, by {HEAD}." in said
    assert {one["type"] for one in site.resources()} <= {"pulumi:pulumi:Stack"}
    assert remains(site) == [BUCKET]
    assert in_cluster(site) == []
    assert gates(site, code=4) == {
        "owner": "passed",
        "intended_use": "passed",
        "evaluation": "passed",
        "approvals": "missing",
        "stop": "passed",
    }


def test_plain_pulumi_is_refused_too_and_its_preview_is_told(site: Site, ledger: Desk) -> None:
    previewed = site.ended("pulumi", "preview", "--stack", "gated", "--policy-pack", str(ROOT / "policy"), code=0)
    assert "An update would change nothing, because gates of gated are not passed" in previewed.stdout + previewed.stderr
    assert "[advisory] [severity: high]  release-gates" in previewed.stdout
    refused = site.ended("pulumi", "up", "--yes", "--skip-preview", "--stack", "gated", "--policy-pack", str(ROOT / "policy"), code=1)
    assert "[mandatory] [severity: high]  release-gates" in refused.stdout
    assert {one["type"] for one in site.resources()} <= {"pulumi:pulumi:Stack"}
    assert remains(site) == [BUCKET]


def test_with_all_that_is_asked_it_comes_up(site: Site, ledger: Desk) -> None:
    ledger.approve(described(site), HEAD, model=MODEL)
    said = up(site)
    assert "gates of" not in said
    assert [one["type"] for one in custom(site.resources()) if one["type"].endswith(":HTTPRoute")]
    assert in_cluster(site)
    site.is_settled()


def test_another_description_has_to_be_approved_anew(site: Site, ledger: Desk) -> None:
    before = {one["urn"]: one.get("inputs") for one in site.resources()}
    file = site.environments / "gated" / "models" / f"{MODEL}.yaml"
    file.write_text(file.read_text("utf-8").replace("max: 3", "max: 4"), "utf-8")
    assert "0 of 2" in up(site, code=1)
    assert {one["urn"]: one.get("inputs") for one in site.resources()} == before


def test_broken_glass_lets_it_up_loudly_and_leaves_its_trace(site: Site, ledger: Desk) -> None:
    ledger.at(datetime.now(UTC))
    ledger.break_glass("gated", hours=1, reason="Flights are late all over Europe.")
    said = up(site)
    assert f"THE GLASS IS BROKEN for gated by {OFFICE} until " in said
    assert "(Flights are late all over Europe.). It lets pass:" in said
    scaler = next(one for one in site.resources() if one["type"].endswith(":HorizontalPodAutoscaler"))
    assert scaler["inputs"]["spec"]["maxReplicas"] == 4
    recorded = gates(site, "--record", "--key", str(ledger.root / "ci.pem"))
    assert recorded["approvals"] == "broken_glass"
    (decision,) = [said for _, said in GATE.all_in(ledger.ledger)]
    assert decision.go
    assert ["Flights are late" in one.detail for one in decision.gates if one.outcome == "broken_glass"] == [True]
    assert ledger.signers[MACHINE].id == ledger.ledger.last().key


def test_destruction_asks_nobody(site: Site, ledger: Desk) -> None:
    ledger.at(datetime.now(UTC))
    ledger.break_glass("gated", hours=0)
    assert gates(site, code=4)["approvals"] == "missing"
    site.modelway("destroy", "gated", "--yes")
    assert custom(site.resources()) == []
