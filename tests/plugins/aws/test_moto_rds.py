"""What moto's RDS does otherwise than AWS, and does here as AWS."""

from collections.abc import Iterator
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError
from moto import mock_aws
from moto.rds.models import RDSBackend

from localcloud.aws import rds


@pytest.fixture
def client(monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "testing")
    monkeypatch.delenv("AWS_ENDPOINT_URL", raising=False)
    for name in ("modify_db_subnet_group", "create_subnet_group"):
        # Put back afterwards.
        monkeypatch.setattr(RDSBackend, name, getattr(RDSBackend, name))
    rds.install()
    with mock_aws():
        yield boto3.client("rds", "eu-west-1")


@pytest.fixture
def subnets(client: Any) -> list[str]:
    ec2 = boto3.client("ec2", "eu-west-1")
    vpc = ec2.create_vpc(CidrBlock="10.0.0.0/16")["Vpc"]["VpcId"]
    return [ec2.create_subnet(VpcId=vpc, CidrBlock=f"10.0.{number}.0/24")["Subnet"]["SubnetId"] for number in (1, 2, 3)]


def test_a_subnet_group_that_is_changed_is_still_there(client: Any, subnets: list[str]) -> None:
    client.create_db_subnet_group(DBSubnetGroupName="places", DBSubnetGroupDescription="one", SubnetIds=subnets[:2])
    client.modify_db_subnet_group(DBSubnetGroupName="places", DBSubnetGroupDescription="two", SubnetIds=subnets[1:])
    (group,) = client.describe_db_subnet_groups(DBSubnetGroupName="places")["DBSubnetGroups"]
    assert group["DBSubnetGroupDescription"] == "two"
    assert [one["SubnetIdentifier"] for one in group["Subnets"]] == subnets[1:]


def test_a_subnet_group_is_made_once(client: Any, subnets: list[str]) -> None:
    client.create_db_subnet_group(DBSubnetGroupName="places", DBSubnetGroupDescription="one", SubnetIds=subnets)
    with pytest.raises(ClientError) as refused:
        client.create_db_subnet_group(DBSubnetGroupName="places", DBSubnetGroupDescription="two", SubnetIds=subnets)
    assert refused.value.response["Error"]["Code"].startswith("DBSubnetGroupAlreadyExists")


def test_one_that_is_not_there_is_not_changed(client: Any, subnets: list[str]) -> None:
    with pytest.raises(ClientError, match="not found"):
        client.modify_db_subnet_group(DBSubnetGroupName="places", DBSubnetGroupDescription="two", SubnetIds=subnets)
