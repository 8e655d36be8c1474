"""What is there already, asked of an account that moto plays."""

from collections.abc import Iterator

import boto3
import pytest
from moto import mock_aws

from modelway.operations._aws_stored import Stored
from modelway.operations.adopting import BUCKET, DATABASE, KEY, REPOSITORY

ASKED = {"engine": "postgres", "dbName": "mlflow", "username": "mlflow"}
ACCOUNT, REGION = "123456789012", "eu-west-1"


@pytest.fixture
def stored(monkeypatch: pytest.MonkeyPatch) -> Iterator[Stored]:
    for name in ("AWS_ENDPOINT_URL", "AWS_PROFILE"):
        monkeypatch.delenv(name, raising=False)
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "testing")
    with mock_aws():
        yield Stored(ACCOUNT, REGION)


def made_key(described: str) -> str:
    return str(boto3.client("kms", REGION).create_key(Description=described)["KeyMetadata"]["Arn"])


def test_what_is_not_there_is_not_found(stored: Stored) -> None:
    for kind, name in (
        (BUCKET, "nobody-s-bucket"),
        (REPOSITORY, "dev/churn"),
        (KEY, f"arn:aws:kms:{REGION}:{ACCOUNT}:key/1234abcd-12ab-34cd-56ef-1234567890ab"),
        ("aws:sagemaker/modelPackageGroup:ModelPackageGroup", "dev-churn"),
        ("aws:sagemaker/endpoint:Endpoint", "dev-churn"),
        (DATABASE, "dev-mlflow"),
        ("aws:rds/subnetGroup:SubnetGroup", "dev-mlflow"),
        ("aws:rds/parameterGroup:ParameterGroup", "dev-mlflow-17"),
        ("aws:ec2/vpc:Vpc", "vpc-1"),
    ):
        assert stored.find(kind, name, {}) is None, kind


def test_a_bucket_and_a_repository_bring_their_keys(stored: Stored) -> None:
    key = made_key("ours")
    s3 = boto3.client("s3", REGION)
    s3.create_bucket(Bucket="models", CreateBucketConfiguration={"LocationConstraint": REGION})
    rule = {"ApplyServerSideEncryptionByDefault": {"SSEAlgorithm": "aws:kms", "KMSMasterKeyID": key}}
    s3.put_bucket_encryption(Bucket="models", ServerSideEncryptionConfiguration={"Rules": [rule]})
    boto3.client("ecr", REGION).create_repository(
        repositoryName="dev/churn", encryptionConfiguration={"encryptionType": "KMS", "kmsKey": key}
    )
    for kind, name in ((BUCKET, "models"), (REPOSITORY, "dev/churn")):
        found = stored.find(kind, name, {})
        assert found is not None
        assert (found.id, found.key, found.differs) == (name, key, "")
    found = stored.find(KEY, key, {"description": "ours"})
    assert found is not None
    assert (found.id, found.differs) == (key.rpartition("/")[2], "")


def test_a_repository_that_would_be_replaced_is_told(stored: Stored) -> None:
    boto3.client("ecr", REGION).create_repository(repositoryName="dev/churn")
    found = stored.find(REPOSITORY, "dev/churn", {})
    assert found is not None
    assert "its images lost" in found.differs


def database(**more: object) -> None:
    asked = {"DBInstanceIdentifier": "dev-mlflow", "DBInstanceClass": "db.t4g.small", "AllocatedStorage": 20, "Engine": "postgres"}
    boto3.client("rds", REGION).create_db_instance(**{**asked, "DBName": "mlflow", "MasterUsername": "mlflow", **more})


def test_a_database_brings_its_key(stored: Stored) -> None:
    key = made_key("The database dev-mlflow")
    database(StorageEncrypted=True, KmsKeyId=key)
    found = stored.find(DATABASE, "dev-mlflow", ASKED)
    assert found is not None
    assert (found.id, found.key, found.differs) == ("dev-mlflow", key, "")


@pytest.mark.parametrize(
    ("more", "said"),
    [({}, "not encrypted"), ({"StorageEncrypted": True, "KmsKeyId": "k", "DBName": "rows"}, "dbName is rows, and would be mlflow")],
)
def test_a_database_that_would_be_replaced_is_told(stored: Stored, more: dict[str, object], said: str) -> None:
    database(**more)
    found = stored.find(DATABASE, "dev-mlflow", ASKED)
    assert found is not None
    assert said in found.differs
    assert "what is in it lost" in found.differs


def test_settings_of_a_database_are_found_if_they_are_of_its_version(stored: Stored) -> None:
    boto3.client("rds", REGION).create_db_parameter_group(
        DBParameterGroupName="dev-mlflow-17", DBParameterGroupFamily="postgres17", Description="ours"
    )
    kind = "aws:rds/parameterGroup:ParameterGroup"
    found, other = (stored.find(kind, "dev-mlflow-17", {"family": family}) for family in ("postgres17", "postgres16"))
    assert found is not None
    assert not found.differs
    assert other is not None
    assert "postgres17" in other.differs


def test_somebody_elses_key_is_not_taken_over(stored: Stored) -> None:
    key = made_key("theirs")
    found = stored.find(KEY, key, {"description": "ours"})
    assert found is not None
    assert f"registry.models.key: {key}" in found.differs
