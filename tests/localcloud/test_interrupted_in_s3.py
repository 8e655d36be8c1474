"""State in a bucket: the engine is killed, its lock stays, and `modelway recover` proves its owner dead before another `up` goes on."""

import json
import os
import re
import socket
import subprocess
import uuid
from collections.abc import Iterator
from pathlib import Path

import pytest

from modelway.architecture import load
from tests.localcloud.conftest import Cloud
from tests.localcloud.environments import COMMITTED, MODELWAY, ROOT, Site
from tests.localcloud.test_interrupted import blocked, up_until_killed

pytestmark = pytest.mark.localcloud

ACCOUNT, STACK = "343434343434", "stored"
KILLS = 4
ENVIRONMENT = """
environment: stored
tier: development
layout: single
owner: ml-platform@example.com
aws: {account: "343434343434", region: eu-west-1}
clusters:
  main: {kind: existing, context: modelway-local, gateway: {kind: existing, name: none, namespace: nowhere}}
monitoring: {namespace: stored-monitoring}
"""


@pytest.fixture
def site(cloud: Cloud, tmp_path: Path) -> Iterator[Site]:
    folder = tmp_path / "environments"
    for name in ("base", "stored/models"):
        (folder / name).mkdir(parents=True)
    model = (COMMITTED / "base" / "models" / "co2-forecast.yaml").read_text("utf-8").partition("endpoint:")[0]
    (folder / "stored" / "models" / "co2-forecast.yaml").write_text(re.sub(r"(?m)^team: .*$", "team: stored", model), "utf-8")
    (folder / "stored" / "environment.yaml").write_text(ENVIRONMENT, "utf-8")
    cleared = {key: value for key, value in os.environ.items() if not key.startswith(("AWS_", "PULUMI_"))}
    variables = cleared | cloud.environment(ACCOUNT, "eu-west-1")
    bucket = f"state-{uuid.uuid4().hex[:12]}"
    backend = f"s3://{bucket}?endpoint={variables['AWS_ENDPOINT_URL']}&s3ForcePathStyle=true&region=eu-west-1"
    site = Site(load(folder, "stored", ROOT), variables | {"PULUMI_BACKEND_URL": backend}, folder)
    site.aws("s3").create_bucket(Bucket=bucket, CreateBucketConfiguration={"LocationConstraint": "eu-west-1"})
    yield site
    site.modelway("destroy", "stored", "--yes")


def locks(site: Site) -> list[str]:
    bucket = site.variables["PULUMI_BACKEND_URL"].removeprefix("s3://").partition("?")[0]
    found = site.aws("s3").list_objects_v2(Bucket=bucket, Prefix=f".pulumi/locks/organization/modelway/{STACK}/")
    return [one["Key"] for one in found.get("Contents", ())]


def write_lock(site: Site, pid: int, host: str) -> str:
    bucket = site.variables["PULUMI_BACKEND_URL"].removeprefix("s3://").partition("?")[0]
    key = f".pulumi/locks/organization/modelway/{STACK}/{uuid.uuid4()}.json"
    owner = {"pid": pid, "username": "ada", "hostname": host, "timestamp": "2999-01-01T00:00:00Z"}
    site.aws("s3").put_object(Bucket=bucket, Key=key, Body=json.dumps(owner).encode())
    return key


def recovered(site: Site, *more: str) -> subprocess.CompletedProcess[str]:
    command = [MODELWAY, "recover", STACK, "--yes", *more]
    return subprocess.run(command, cwd=ROOT, env=site.variables, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False)


def test_a_killed_run_is_recovered_and_a_living_one_is_left_alone(site: Site) -> None:
    site.run("pulumi", "stack", "init", STACK, "--no-select")
    site.run("pulumi", "config", "set", "modelway:environments", str(site.environments), "--stack", STACK)
    killed: set[str] = set()
    while len(killed) < KILLS and (at := up_until_killed(site, killed)):
        killed.add(at)
        assert len(locks(site)) == 1
        assert "currently locked" in blocked(site, STACK)
        done = recovered(site)
        assert done.returncode == 0, done.stderr
        assert "there is no process" in done.stdout
        assert not locks(site)
        state = json.loads(site.run("pulumi", "stack", "export", "--stack", STACK))["deployment"]
        assert not state.get("pending_operations"), done.stdout
        assert not [one["urn"] for one in state["resources"] if one.get("initErrors")], done.stdout
    assert len(killed) == KILLS, killed

    alive = write_lock(site, os.getpid(), socket.gethostname())
    done = recovered(site)
    assert (done.returncode, locks(site)) == (4, [alive])
    assert f"process {os.getpid()} is alive" in done.stderr
    site.aws("s3").delete_object(Bucket=site.variables["PULUMI_BACKEND_URL"].removeprefix("s3://").partition("?")[0], Key=alive)

    elsewhere = write_lock(site, 1, "runner-7")
    done = recovered(site)
    assert (done.returncode, locks(site)) == (4, [elsewhere])
    done = recovered(site, "--host-is-gone", "runner-7")
    assert (done.returncode, locks(site)) == (0, []), done.stderr

    site.up()
    assert "nothing to do" in site.modelway("recover", STACK)
    site.run("pulumi", "preview", "--expect-no-changes", "--diff", "--stack", STACK)
