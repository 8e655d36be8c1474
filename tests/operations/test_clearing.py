"""What an environment would leave in AWS, or stumble over, when it is taken down: volumes of clusters, runners in networks."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import boto3
import pytest
from moto import mock_aws

from modelway.architecture import load
from modelway.operations import environments
from modelway.operations._aws import AwsFailure
from modelway.operations._aws_clearing import Leavings
from modelway.operations._pulumi import EngineFailure
from modelway.operations.clearing import CLUSTER, NAMESPACE, NETWORK
from modelway.operations.environments import Deployment, destroy

ENVIRONMENTS = Path(__file__).resolve().parents[2] / "stacks" / "environments"
REGION = "eu-west-1"


def resource(kind: str, name: str, **more: Any) -> dict[str, Any]:
    return {"type": kind, "urn": f"urn:{kind}::{name}", "id": name, **more}


PLATFORM = [
    resource(NETWORK, "vpc-1"),
    resource(CLUSTER, "dev-main"),
    resource(NAMESPACE, "monitoring"),
    resource(NAMESPACE, "kept", retainOnDelete=True),
]


@dataclass
class Cloud:
    """EC2, with the volumes that are there at each look."""

    looks: list[list[str]]
    groups: Mapping[str, str] = field(default_factory=dict)

    def volumes(self, cluster: str) -> list[str]:
        assert cluster == "dev-main"
        return self.looks.pop(0) if len(self.looks) > 1 else self.looks[0]

    def runners(self, network: str) -> Mapping[str, str]:
        assert network == "vpc-1"
        return self.groups


@dataclass
class Engine:
    """Two stacks; everything is in the first."""

    fails: bool = False
    asked: list[Any] = field(default_factory=list)

    def resources(self, stack: str) -> list[dict[str, Any]]:
        return [] if stack.endswith("-models") else PLATFORM

    def destroy(self, stack: str, *, yes: bool, only: Sequence[str] = (), dependents: bool = False) -> None:
        assert yes
        assert dependents == bool(only)
        self.asked.append((stack, [urn.rpartition("::")[2] for urn in only]))
        if self.fails and stack == "dev":
            raise EngineFailure("DependencyViolation")


@pytest.fixture
def take_down(monkeypatch: pytest.MonkeyPatch) -> Any:
    said: list[str] = []

    def run(engine: Engine, cloud: Any) -> tuple[list[str], list[str]]:
        monkeypatch.setattr(environments, "Leavings", lambda region: cloud)
        monkeypatch.setattr("modelway.operations.clearing.time.sleep", lambda seconds: None)
        environment = load(ENVIRONMENTS, "dev")
        kept = destroy(Deployment(environment, engine), yes=True, progress=said.append)  # type: ignore[arg-type]
        return [f"{one.what} {one.identifier} {one.until}" for one in kept if not one.what.startswith(NAMESPACE)], said

    return run


def test_volumes_go_before_their_cluster_does(take_down: Any) -> None:
    engine, cloud = Engine(), Cloud([["vol-1", "vol-2"], ["vol-2"], ["vol-2"], []])
    assert take_down(engine, cloud)[0] == []
    assert engine.asked == [("dev-models", []), ("dev", ["monitoring"]), ("dev", [])]
    assert cloud.looks == [[]]


def test_without_volumes_nothing_is_taken_out_of_order(take_down: Any) -> None:
    engine = Engine()
    assert take_down(engine, Cloud([[]]))[0] == []
    assert engine.asked == [("dev-models", []), ("dev", [])]


def test_volumes_that_stay_are_named_with_the_way_out(take_down: Any) -> None:
    kept, _ = take_down(Engine(), Cloud([["vol-1"]]))
    assert kept == ["EBS volume of cluster dev-main vol-1 until somebody deletes it: `aws ec2 delete-volume --volume-id vol-1`"]


def test_a_runner_in_the_network_is_named_before_and_when_it_was_in_the_way(take_down: Any) -> None:
    cloud = Cloud([[]], {"sg-1": "acme-dev-runner"})
    assert any("aws codebuild delete-project --name acme-dev-runner" in line for line in take_down(Engine(), cloud)[1])
    with pytest.raises(EngineFailure, match="DependencyViolation") as refused:
        take_down(Engine(fails=True), cloud)
    assert "aws ec2 delete-security-group --group-id sg-1" in str(refused.value)
    with pytest.raises(EngineFailure, match=r"^DependencyViolation$"):
        take_down(Engine(fails=True), Cloud([[]]))


def test_who_may_not_look_is_told_and_goes_on(take_down: Any) -> None:
    class Closed:
        def volumes(self, cluster: str) -> list[str]:
            raise AwsFailure("ec2:DescribeVolumes: no")

        def runners(self, network: str) -> Mapping[str, str]:
            raise AwsFailure("ec2:DescribeSecurityGroups: no")

    engine = Engine()
    _, said = take_down(engine, Closed())
    assert engine.asked == [("dev-models", []), ("dev", [])]
    assert "volumes of cluster dev-main were not looked for: ec2:DescribeVolumes: no" in said


@pytest.fixture
def account(monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    for name in ("AWS_ENDPOINT_URL", "AWS_PROFILE"):
        monkeypatch.delenv(name, raising=False)
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "testing")
    with mock_aws():
        yield boto3.client("ec2", REGION)


def test_a_clusters_volumes_and_a_networks_runners_are_found_and_no_others(account: Any) -> None:
    def volume(cluster: str) -> str:
        tags = [{"Key": f"kubernetes.io/cluster/{cluster}", "Value": "owned"}]
        made = account.create_volume(AvailabilityZone=f"{REGION}a", Size=1, TagSpecifications=[{"ResourceType": "volume", "Tags": tags}])
        return str(made["VolumeId"])

    own, _ = volume("dev-main"), volume("dev-second")
    assert Leavings(REGION).volumes("dev-main") == [own]
    network, other = (account.create_vpc(CidrBlock="10.0.0.0/16")["Vpc"]["VpcId"] for _ in range(2))
    tags = [{"ResourceType": "security-group", "Tags": [{"Key": "managed-by", "Value": "modelway-bootstrap"}]}]
    group = account.create_security_group(GroupName="acme-dev-runner", Description="r", VpcId=network, TagSpecifications=tags)["GroupId"]
    assert Leavings(REGION).runners(network) == {group: "acme-dev-runner"}
    assert Leavings(REGION).runners(other) == {}
