"""One emulated EKS cluster for the tests that need one. Made on first use (about 9 s)."""

import base64
import functools
import uuid
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from modelway.operations.kube_token import kube_token
from tests.localcloud.aws.eks_cluster import ACCOUNT, REGION, EksCluster, Place, trust, wait


@pytest.fixture(scope="session")
def client(cloud) -> Callable[[str, str], Any]:
    """client(service, account): a boto3 client of role deployer, made once."""
    return functools.cache(cloud.client)


@pytest.fixture(scope="session")
def place(cloud) -> Place:
    iam, ec2 = cloud.client("iam", ACCOUNT), cloud.client("ec2", ACCOUNT)
    role = iam.create_role(RoleName="cluster", AssumeRolePolicyDocument=trust({"Service": "eks.amazonaws.com"}))["Role"]["Arn"]
    vpc = ec2.create_vpc(CidrBlock="10.20.0.0/16")["Vpc"]["VpcId"]
    subnets = [
        ec2.create_subnet(VpcId=vpc, CidrBlock=f"10.20.{number}.0/24", AvailabilityZone=f"{REGION}{zone}")["Subnet"]["SubnetId"]
        for number, zone in enumerate("ab")
    ]
    return Place(cloud, role, vpc, subnets)


@pytest.fixture(scope="session")
def cluster(place: Place, tmp_path_factory: pytest.TempPathFactory) -> Iterator[EksCluster]:
    eks = place.client("eks")
    name = f"shared-{uuid.uuid4().hex[:6]}"
    eks.create_cluster(**place.request(name, tags={"made": "by tests"}))
    wait(eks, "cluster_active", name=name)
    described = eks.describe_cluster(name=name)["cluster"]
    authority = tmp_path_factory.mktemp("eks") / "ca.crt"
    authority.write_bytes(base64.b64decode(described["certificateAuthority"]["data"]))
    yield EksCluster(place, name, described, authority)
    for group in eks.list_nodegroups(clusterName=name)["nodegroups"]:
        eks.delete_nodegroup(clusterName=name, nodegroupName=group)
        wait(eks, "nodegroup_deleted", clusterName=name, nodegroupName=group)
    eks.delete_cluster(name=name)
    wait(eks, "cluster_deleted", name=name)


Token = Callable[..., str]


@pytest.fixture
def token(cloud, monkeypatch: pytest.MonkeyPatch) -> Token:
    """Makes a token as `modelway kube-token` does, with the credentials of role `deployer` in an account, or with given ones."""

    def make(cluster: str, account: str = ACCOUNT, credentials: dict[str, str] | None = None) -> str:
        variables = {**cloud.environment(account), **(credentials or {})}
        for variable in ("AWS_PROFILE", "AWS_SESSION_TOKEN"):
            monkeypatch.delenv(variable, raising=False)
        for variable in variables:
            if variable.startswith("AWS_"):
                monkeypatch.setenv(variable, variables[variable])
        status = kube_token(cluster, REGION)["status"]
        assert isinstance(status, dict)
        return str(status["token"])

    return make
