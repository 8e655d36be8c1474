"""The engine is killed in the midst of bringing an environment up, at resources of many types; `modelway recover` and another `up` go on.

It is killed when it says that a resource is being created: the provider has been asked by then, and may have made it or not.
"""

import json
import os
import re
import signal
import subprocess
from pathlib import Path

import pytest

from tests.localcloud.conftest import Cloud
from tests.localcloud.environments import Alive, Gone, Site

pytestmark = pytest.mark.localcloud

KILLS = 20
CREATING = re.compile(r"^ *\+ +(\S+) (\S+) creating")


def up_until_killed(site: Site, spared: set[str]) -> str | None:
    """The platform's stack is brought up; the engine is killed at the first resource of a type that is not among `spared`.

    Returns that type; None when it came up.
    """
    command = ["pulumi", "up", "--stack", site.stacks[0], "--yes", "--skip-preview", "--non-interactive"]
    with subprocess.Popen(
        command, env=site.variables, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    ) as engine:
        assert engine.stdout is not None
        said = []
        for line in engine.stdout:
            said.append(line)
            found = CREATING.match(line)
            if found and found[1] not in spared and not found[1].startswith(("modelway:", "pulumi:")):
                os.kill(engine.pid, signal.SIGKILL)
                engine.wait()
                return found[1]
        engine.wait()
    assert engine.returncode == 0, "".join(said)
    return None


class TestInterrupted(Gone, Alive):
    """The whole life of an environment that came up only after its engine was killed again and again."""

    name = "dev"

    @pytest.fixture(scope="class", autouse=True)
    @classmethod
    def interrupted(cls, site: Site) -> None:
        platform = site.stacks[0]
        # The stacks exist, and know where their environment is, before anything is killed.
        known = {one["name"].rpartition("/")[2] for one in json.loads(site.run("pulumi", "stack", "ls", "--json"))}
        for stack in site.stacks:
            if stack not in known:
                site.run("pulumi", "stack", "init", stack, "--no-select")
            site.run("pulumi", "config", "set", "modelway:environments", str(site.environments), "--stack", stack)
        killed: set[str] = set()
        while len(killed) < KILLS and (at := up_until_killed(site, killed)):
            killed.add(at)
            # Where the kill hit the store while it wrote, the state cannot even be read.
            assert re.search("currently locked|failed to load checkpoint", blocked(site, platform))
            said = site.modelway("recover", platform, "--yes")
            assert "there is no process" in said
            state = json.loads(site.run("pulumi", "stack", "export", "--stack", platform))["deployment"]
            assert not state.get("pending_operations"), said
            assert not [one["urn"] for one in state["resources"] if one.get("initErrors")], said
        assert len(killed) == KILLS, killed
        assert "nothing to do" in site.modelway("recover", platform)
        site.up()
        for type_, ids in inventory(site).items():
            assert ids, type_
            assert sorted(ids) == sorted(resource["id"] for resource in site.resources() if resource["type"] == f"aws:{type_}")


def blocked(site: Site, stack: str) -> str:
    command = ["pulumi", "up", "--stack", stack, "--yes", "--skip-preview", "--non-interactive"]
    done = subprocess.run(command, env=site.variables, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False)
    assert done.returncode
    return done.stdout + done.stderr


def inventory(site: Site) -> dict[str, list[str]]:
    """Ids of what there is in the account, by type."""
    ec2, kms = site.aws("ec2"), site.aws("kms")
    own = [{"Name": "tag:managed-by", "Values": ["modelway"]}]
    nats = ec2.describe_nat_gateways(Filter=own)["NatGateways"]
    keys = [kms.describe_key(KeyId=one["KeyId"])["KeyMetadata"] for one in kms.list_keys()["Keys"]]
    return {
        "ec2/vpc:Vpc": [one["VpcId"] for one in ec2.describe_vpcs(Filters=own)["Vpcs"]],
        "ec2/subnet:Subnet": [one["SubnetId"] for one in ec2.describe_subnets(Filters=own)["Subnets"]],
        "ec2/internetGateway:InternetGateway": [
            one["InternetGatewayId"] for one in ec2.describe_internet_gateways(Filters=own)["InternetGateways"]
        ],
        "ec2/routeTable:RouteTable": [one["RouteTableId"] for one in ec2.describe_route_tables(Filters=own)["RouteTables"]],
        "ec2/eip:Eip": [one["AllocationId"] for one in ec2.describe_addresses(Filters=own)["Addresses"]],
        "ec2/natGateway:NatGateway": [one["NatGatewayId"] for one in nats if one["State"] != "deleted"],
        "kms/key:Key": [one["KeyId"] for one in keys if one["KeyState"] == "Enabled" and one["KeyManager"] == "CUSTOMER"],
        "s3/bucket:Bucket": [one["Name"] for one in site.aws("s3").list_buckets()["Buckets"]],
        "ecr/repository:Repository": [one["repositoryName"] for one in site.aws("ecr").describe_repositories()["repositories"]],
        "eks/cluster:Cluster": site.aws("eks").list_clusters()["clusters"],
    }


def test_a_living_run_keeps_its_lock(cloud: Cloud, tmp_path: Path) -> None:
    variables = cloud.environment("222222222222")
    locks = Path(variables["PULUMI_BACKEND_URL"].removeprefix("file://")) / ".pulumi" / "locks" / "organization" / "modelway" / "nobody"
    locks.mkdir(parents=True)
    lock = locks / "a.json"
    lock.write_text(
        json.dumps({"pid": os.getpid(), "username": "ada", "hostname": os.uname().nodename, "timestamp": "2999-01-01T00:00:00Z"}), "utf-8"
    )
    try:
        done = subprocess.run(["modelway", "recover", "nobody", "--yes"], env=variables, capture_output=True, text=True, check=False)
        assert done.returncode == 4
        assert f"process {os.getpid()} is alive" in done.stderr
        assert lock.exists()
    finally:
        lock.unlink()
        locks.rmdir()
