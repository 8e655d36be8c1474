"""`modelway doctor ENV` on the local cloud: what its emulators answer, and what they do not."""

import json
import subprocess
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
    # The emulators have no limits of instances: that is told, and is no "ok".
    assert any(part["state"] == "unknown" and "servicequotas" in part["found"] for part in parts.values())


def test_credentials_of_another_account(cloud: Cloud) -> None:
    done = subprocess.run(
        [MODELWAY, "doctor", "dev"], cwd=ROOT, env=cloud.environment("333333333333"), capture_output=True, text=True, check=False
    )
    assert done.returncode == 1
    assert "is of account 333333333333, and the environment is in 222222222222" in done.stdout
