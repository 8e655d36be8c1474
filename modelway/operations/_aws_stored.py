"""Whether a bucket, a repository, a key, a database, a group or an endpoint is there, in the account of the credentials. Reads only."""

from collections.abc import Mapping
from typing import Any

import boto3
from botocore.exceptions import ClientError

from modelway.operations._aws import explained
from modelway.operations.adopting import BUCKET, DATABASE, KEY, REPOSITORY, Found

_GONE = (
    *("404", "NoSuchBucket", "NotFound", "NotFoundException", "RepositoryNotFoundException", "ValidationException"),
    *("DBInstanceNotFound", "DBInstanceNotFoundFault", "DBParameterGroupNotFound", "DBSubnetGroupNotFoundFault"),
)
"""What the services say of what is not there. SageMaker says ValidationException."""


class Stored:
    """One account, and the region of its environment."""

    def __init__(self, account: str, region: str) -> None:
        self._account = account
        with explained("sts"):
            self._session = boto3.Session(region_name=region)
        self._region = region

    def find(self, kind: str, identifier: str, inputs: Mapping[str, object], region: str = "") -> Found | None:
        """What has that type and id, in `region` where that is another one; None when nothing has. Raises AwsFailure."""
        if region and region != self._region:
            return Stored(self._account, region).find(kind, identifier, inputs)
        match kind:
            case _ if kind == BUCKET:
                return self._bucket(identifier)
            case _ if kind == REPOSITORY:
                return self._repository(identifier)
            case _ if kind == KEY:
                return self._key(identifier, str(inputs.get("description")))
            case _ if kind == DATABASE:
                return self._database(identifier, inputs)
            case "aws:rds/subnetGroup:SubnetGroup":
                return Found(identifier) if self._asked("rds", "describe_db_subnet_groups", DBSubnetGroupName=identifier) else None
            case "aws:rds/parameterGroup:ParameterGroup":
                return self._settings(identifier, str(inputs.get("family")))
            case "aws:sagemaker/modelPackageGroup:ModelPackageGroup":
                group = self._asked("sagemaker", "describe_model_package_group", ModelPackageGroupName=identifier)
                return Found(identifier) if group else None
            case "aws:sagemaker/endpoint:Endpoint":
                return Found(identifier) if self._asked("sagemaker", "describe_endpoint", EndpointName=identifier) else None
        return None

    def _bucket(self, name: str) -> Found | None:
        if self._asked("s3", "head_bucket", Bucket=name, ExpectedBucketOwner=self._account) is None:
            return None
        encryption = self._asked("s3", "get_bucket_encryption", ("ServerSideEncryptionConfigurationNotFoundError",), Bucket=name) or {}
        rules = encryption.get("ServerSideEncryptionConfiguration", {}).get("Rules", [{}])
        key = str(rules[0].get("ApplyServerSideEncryptionByDefault", {}).get("KMSMasterKeyID", ""))
        # One that is only named by its id or alias is told by no one here; the bucket gets the new one.
        return Found(name, key=key if key.startswith("arn:") and ":key/" in key else "")

    def _repository(self, name: str) -> Found | None:
        answer = self._asked("ecr", "describe_repositories", registryId=self._account, repositoryNames=[name])
        if not answer or not answer["repositories"]:
            return None
        encryption = answer["repositories"][0].get("encryptionConfiguration", {})
        if encryption.get("encryptionType") != "KMS" or not encryption.get("kmsKey"):
            return Found(
                name,
                differs="it is encrypted without a KMS key of the account, which cannot be changed: it would be replaced, and its images"
                " lost. Copy its images to a new repository, and delete it.",
            )
        return Found(name, key=str(encryption["kmsKey"]))

    def _database(self, identifier: str, inputs: Mapping[str, object]) -> Found | None:
        answer = self._asked("rds", "describe_db_instances", DBInstanceIdentifier=identifier)
        if not answer or not answer["DBInstances"]:
            return None
        there = answer["DBInstances"][0]
        if not there.get("StorageEncrypted") or not there.get("KmsKeyId"):
            return Found(
                identifier,
                differs="it is not encrypted, which cannot be changed: it would be replaced, and what is in it lost. Copy a snapshot of it"
                " under a key, make a database of the copy, and delete it.",
            )
        # What cannot be changed either, by input (docs.aws.amazon.com/AmazonRDS/latest/APIReference/API_ModifyDBInstance.html).
        has = {"engine": there.get("Engine"), "dbName": there.get("DBName"), "username": there.get("MasterUsername")}
        other = [f"{name} is {value}, and would be {inputs.get(name)}" for name, value in has.items() if value != inputs.get(name)]
        if other:
            return Found(identifier, differs=f"it would be replaced, and what is in it lost: {'; '.join(other)}. Move what is in it.")
        return Found(identifier, key=str(there["KmsKeyId"]))

    def _settings(self, name: str, family: str) -> Found | None:
        answer = self._asked("rds", "describe_db_parameter_groups", DBParameterGroupName=name)
        if not answer or not answer["DBParameterGroups"]:
            return None
        there = str(answer["DBParameterGroups"][0]["DBParameterGroupFamily"])
        if there == family:
            return Found(name)
        return Found(name, differs=f"it is of the family {there}, which cannot be changed, and would be of {family}. Delete it.")

    def _key(self, arn: str, described: str) -> Found | None:
        answer = self._asked("kms", "describe_key", KeyId=arn)
        if answer is None:
            return None
        key = answer["KeyMetadata"]
        if key.get("KeyManager") == "CUSTOMER" and key.get("Description") == described and key.get("KeyState") == "Enabled":
            return Found(str(key["KeyId"]))
        return Found(
            str(key["KeyId"]),
            differs="it is not one that Modelway made. Where it is of images or weights, name it in environment.yaml, as"
            f" registry.images.key and registry.models.key: {arn}. A database is copied to one that Modelway makes, by a snapshot.",
        )

    def _asked(self, service: str, call: str, more: tuple[str, ...] = (), **asked: object) -> dict[str, Any] | None:
        with explained(f"{service}:{call}"):
            try:
                return dict(getattr(self._session.client(service), call)(**asked))
            except ClientError as fault:
                if fault.response["Error"]["Code"] in (*_GONE, *more):
                    return None
                raise
