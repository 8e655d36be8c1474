"""Whether a bucket, a repository, a key, a group or an endpoint is there, in the account of the credentials. Reads only."""

from collections.abc import Mapping
from typing import Any

import boto3
from botocore.exceptions import ClientError

from modelway.operations._aws import explained
from modelway.operations.adopting import BUCKET, KEY, REPOSITORY, Found

_GONE = ("404", "NoSuchBucket", "NotFound", "NotFoundException", "RepositoryNotFoundException", "ValidationException")
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

    def _key(self, arn: str, described: str) -> Found | None:
        answer = self._asked("kms", "describe_key", KeyId=arn)
        if answer is None:
            return None
        key = answer["KeyMetadata"]
        if key.get("KeyManager") == "CUSTOMER" and key.get("Description") == described and key.get("KeyState") == "Enabled":
            return Found(str(key["KeyId"]))
        return Found(
            str(key["KeyId"]),
            differs=f"it is not one that Modelway made. Name it in environment.yaml, as registry.images.key and registry.models.key: {arn}",
        )

    def _asked(self, service: str, call: str, more: tuple[str, ...] = (), **asked: object) -> dict[str, Any] | None:
        with explained(f"{service}:{call}"):
            try:
                return dict(getattr(self._session.client(service), call)(**asked))
            except ClientError as fault:
                if fault.response["Error"]["Code"] in (*_GONE, *more):
                    return None
                raise
