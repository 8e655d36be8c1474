"""`modelway doctor ENV` on the local cloud: what its emulators answer, and what they do not."""

import json
import shutil
import subprocess
import uuid
from pathlib import Path

import pytest

from tests.localcloud.conftest import MODELWAY, Cloud

pytestmark = pytest.mark.localcloud

ROOT = Path(__file__).resolve().parents[2]


def test_an_environment_that_is_not_up_yet(cloud: Cloud) -> None:
    done = subprocess.run(
        [MODELWAY, "doctor", "dev", "--json"], cwd=ROOT, env=cloud.environment("222222222222"), capture_output=True, text=True, check=False
    )
    parts = {part["name"]: part for part in json.loads(done.stdout)["parts"]}
    assert parts["credentials"]["state"] == "ok"
    assert "deployer" in parts["credentials"]["found"]
    assert parts["main: access of deployer"]["state"] == "ok"
    assert parts["model store"]["state"] in ("ok", "broken")
    assert parts["main: zones of general"]["state"] == "ok"
    assert all(not part["needed"] for name, part in parts.items() if name.startswith("image of"))
    assert (parts["role of eks.amazonaws.com"]["state"], parts["role of eks.amazonaws.com"]["needed"]) in (("missing", False), ("ok", True))
    # The emulators have no limits of instances: that is told, and is no "ok".
    assert any(part["state"] == "unknown" and "servicequotas" in part["found"] for part in parts.values())


def test_a_name_that_another_account_took_and_an_image_that_is_not_there(cloud: Cloud, tmp_path: Path) -> None:
    shutil.copytree(ROOT / "stacks" / "environments", tmp_path / "environments")
    file = tmp_path / "environments" / "dev" / "environment.yaml"
    taken = f"taken-{uuid.uuid4().hex[:12]}"
    file.write_text(f"{file.read_text('utf-8')}\nregistry: {{models: {{bucket: {taken}, access_logs_days: 30}}}}\n", "utf-8")
    location = {"LocationConstraint": "eu-west-1"}
    cloud.client("s3", "565656565656").create_bucket(Bucket=taken, CreateBucketConfiguration=location)
    ecr = cloud.client("ecr", "222222222222")
    ecr.create_repository(repositoryName="dev/co2-forecast")
    try:
        done = subprocess.run(
            [MODELWAY, "doctor", "dev", "--json", "--environments", str(tmp_path / "environments")],
            cwd=ROOT, env=cloud.environment("222222222222"), capture_output=True, text=True, check=False,
        )  # fmt: skip
    finally:
        ecr.delete_repository(repositoryName="dev/co2-forecast")
        cloud.client("s3", "565656565656").delete_bucket(Bucket=taken)
    assert done.returncode == 1
    parts = {part["name"]: part for part in json.loads(done.stdout)["parts"]}
    assert (parts["model store"]["state"], parts["model store"]["way_out"]) == ("broken", "set registry.models.bucket")
    assert parts["model store: access logs"]["found"] == f"the name {taken}-logs is free"
    image = parts["image of co2-forecast 2026.11.0"]
    assert (image["state"], image["needed"]) == ("missing", True)
    assert image["found"].startswith("dev/co2-forecast has no sha256:")
    assert "`modelway publish` puts it there" in image["way_out"]


def test_credentials_of_another_account(cloud: Cloud) -> None:
    done = subprocess.run(
        [MODELWAY, "doctor", "dev"], cwd=ROOT, env=cloud.environment("333333333333"), capture_output=True, text=True, check=False
    )
    assert done.returncode == 1
    assert "is of account 333333333333, and the environment is in 222222222222" in done.stdout
