"""What `modelway doctor ENV` reads of an account, of one that moto plays; limits from answers as AWS gives them."""

import hashlib
import json
from collections.abc import Iterator
from typing import Any

import boto3
import pytest
from botocore.stub import Stubber
from moto import mock_aws

from modelway.operations._aws import AwsFailure
from modelway.operations._aws_account import Account, Quota

ACCOUNT, REGION = "123456789012", "eu-west-1"
KIND = "ml.m7i.large for endpoint usage"


@pytest.fixture
def account(monkeypatch: pytest.MonkeyPatch) -> Iterator[Account]:
    for name in ("AWS_ENDPOINT_URL", "AWS_PROFILE"):
        monkeypatch.delenv(name, raising=False)
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "testing")
    with mock_aws():
        yield Account(ACCOUNT, REGION)


@pytest.fixture
def limits(account: Account, monkeypatch: pytest.MonkeyPatch) -> Iterator[Stubber]:
    """What Service Quotas answers, in this order."""
    client = boto3.client("service-quotas", REGION)
    with Stubber(client) as stub:
        monkeypatch.setattr(boto3.Session, "client", lambda *_, **__: client)
        yield stub
        stub.assert_no_pending_responses()


def quota(name: str, value: float) -> dict[str, Any]:
    return {"ServiceCode": "x", "QuotaName": name, "Value": value}


def test_a_limit_is_the_accounts_own(account: Account, limits: Stubber) -> None:
    limits.add_response("get_service_quota", {"Quota": quota("Endpoints", 8)}, {"ServiceCode": "sagemaker", "QuotaCode": "L-1"})
    assert account.quota("sagemaker", "L-1") == Quota("Endpoints", 8)


def test_where_it_has_none_aws_s_default_holds(account: Account, limits: Stubber) -> None:
    limits.add_client_error("get_service_quota", "NoSuchResourceException", "no applied value", 404)
    limits.add_response("get_aws_default_service_quota", {"Quota": quota("Endpoints", 2)}, {"ServiceCode": "sagemaker", "QuotaCode": "L-1"})
    assert account.quota("sagemaker", "L-1") == Quota("Endpoints", 2)


def test_what_aws_refuses_is_no_limit(account: Account, limits: Stubber) -> None:
    limits.add_client_error("get_service_quota", "AccessDeniedException", "no", 400)
    with pytest.raises(AwsFailure, match="AccessDeniedException"):
        account.quota("sagemaker", "L-1")


def test_a_limit_is_found_by_its_name(account: Account, limits: Stubber) -> None:
    limits.add_response("list_service_quotas", {"Quotas": [quota("other", 1)], "NextToken": "more"})
    limits.add_response("list_service_quotas", {"Quotas": [quota(KIND, 4)]})
    assert account.quota_called("sagemaker", KIND) == Quota(KIND, 4)
    limits.add_response("list_service_quotas", {"Quotas": []})
    limits.add_response("list_aws_default_service_quotas", {"Quotas": [quota(KIND, 0)]})
    assert account.quota_called("sagemaker", KIND) == Quota(KIND, 0)
    limits.add_response("list_service_quotas", {"Quotas": []})
    limits.add_response("list_aws_default_service_quotas", {"Quotas": []})
    assert account.quota_called("sagemaker", KIND) is None


def test_images_are_found_where_they_are(account: Account) -> None:
    assert account.has_image("dev/churn", f"sha256:{'a' * 64}") is None
    manifest = json.dumps({"schemaVersion": 2, "mediaType": "application/vnd.oci.image.manifest.v1+json", "layers": []})
    digest = f"sha256:{hashlib.sha256(manifest.encode()).hexdigest()}"
    ecr = boto3.client("ecr", "eu-central-1")
    ecr.create_repository(repositoryName="dev/churn")
    ecr.put_image(repositoryName="dev/churn", imageManifest=manifest, imageDigest=digest, imageTag="1")
    assert account.has_image("dev/churn", digest) is None
    assert account.has_image("dev/churn", f"sha256:{'a' * 64}", region="eu-central-1") is False
    assert account.has_image("dev/churn", digest, region="eu-central-1") is True


def test_buckets_objects_and_roles_are_found(account: Account) -> None:
    assert account.bucket_owner("store") is None
    boto3.client("s3", REGION).create_bucket(Bucket="store", CreateBucketConfiguration={"LocationConstraint": REGION})
    boto3.client("s3", REGION).put_object(Bucket="store", Key="churn/model.json", Body=b"{}")
    assert account.bucket_owner("store") == "ours"
    assert account.has_object("store", "churn/model.json")
    assert account.has_object("store", "churn/model.json", of_others=True)
    assert not account.has_object("store", "churn/other.json")
    role = "AWSServiceRoleForEC2Spot"
    assert not account.has_role(role)
    boto3.client("iam", REGION).create_service_linked_role(AWSServiceName="spot.amazonaws.com")
    made = [one["RoleName"] for one in boto3.client("iam", REGION).list_roles(PathPrefix="/aws-service-role/")["Roles"]]
    assert made
    assert account.has_role(made[0])


def test_types_are_sold_in_zones(account: Account) -> None:
    sold = account.zones_with(["g6.xlarge", "x9.large"])
    assert set(sold) == {f"{REGION}{letter}" for letter in "abc"}
    assert all("x9.large" not in kinds for kinds in sold.values())
