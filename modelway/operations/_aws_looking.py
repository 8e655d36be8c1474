"""What AWS itself says of what is released: images, objects, endpoints. Reads only; errors of AWS become AwsFailure."""

import base64
import hashlib
from dataclasses import dataclass
from typing import Any

import boto3
from botocore.config import Config
from botocore.exceptions import ClientError

from modelway.operations._aws import AwsFailure, ImageRegistry, explained

COUNTED = 64 * 1024**2
"""Bytes of an object that is read to count its digest, where S3 has none recorded."""

_CONFIG = Config(retries={"mode": "standard", "total_max_attempts": 3}, connect_timeout=10, read_timeout=60)


@dataclass(frozen=True)
class Variant:
    """A variant of an endpoint, and the model that it runs."""

    image: str
    """Reference, with a digest where AWS says one."""
    variables: dict[str, str]
    """Of its container."""
    weights: str
    """s3://BUCKET/KEY"""
    weight: float
    """In proportion to the others."""
    shadow: bool
    """Whether it gets copies alone."""


@dataclass(frozen=True)
class Endpoint:
    """An endpoint as it is."""

    status: str
    configuration: str
    variants: list[Variant]


class Looking:
    """The account of the credentials, in one region."""

    def __init__(self, region: str) -> None:
        with explained("credentials"):
            self._session = boto3.Session(region_name=region)

    def endpoint(self, name: str) -> Endpoint | None:
        """What an endpoint runs; None when there is none. Raises AwsFailure, also where it does not say what its variants run."""
        client = self._session.client("sagemaker", config=_CONFIG)
        found = _found("sagemaker:DescribeEndpoint", client.describe_endpoint, EndpointName=name)
        if found is None:
            return None
        configuration = str(found.get("EndpointConfigName", ""))
        made = _found("sagemaker:DescribeEndpointConfig", client.describe_endpoint_config, EndpointConfigName=configuration)
        if made is None:
            raise AwsFailure(f"endpoint {name} serves {configuration or 'a configuration'}, which is not there any more to be read")
        variants = [
            self._variant(client, name, one, found.get(kind, []), shadow=kind.startswith("Shadow"))
            for kind in ("ProductionVariants", "ShadowProductionVariants")
            for one in made.get(kind, [])
        ]
        return Endpoint(str(found["EndpointStatus"]), configuration, variants)

    def _variant(self, client: Any, endpoint: str, made: dict[str, Any], running: list[dict[str, Any]], *, shadow: bool) -> Variant:
        name, model = made["VariantName"], made["ModelName"]
        described = _found("sagemaker:DescribeModel", client.describe_model, ModelName=model)
        if described is None:
            raise AwsFailure(f"variant {name} of endpoint {endpoint} runs {model}, which is not there any more to be read")
        container = described["PrimaryContainer"]
        source = container.get("ModelDataSource", {}).get("S3DataSource", {})
        now = next((one for one in running if one["VariantName"] == name), {})
        # What was resolved when it was deployed is what runs, whatever the model says by now.
        deployed = [one["ResolvedImage"] for one in now.get("DeployedImages", []) if one.get("ResolvedImage")]
        return Variant(
            deployed[0] if deployed and "@" in deployed[0] else container["Image"],
            container.get("Environment", {}),
            source.get("S3Uri") or container.get("ModelDataUrl", ""),
            float(now.get("CurrentWeight", made.get("InitialVariantWeight", 1))),
            shadow,
        )

    def object(self, bucket: str, key: str, owner: str | None) -> str | None:
        """SHA-256 in hex of an object: as S3 recorded it, else counted; None when there is none.

        Raises AwsFailure, also for one that is too large to be counted. `owner`: the account that the bucket has to be of.
        """
        client = self._session.client("s3", config=_CONFIG)
        of: dict[str, Any] = {"Bucket": bucket, "Key": key} | ({"ExpectedBucketOwner": owner} if owner else {})
        with explained("s3:HeadObject"):
            try:
                head = client.head_object(**of, ChecksumMode="ENABLED")
            except ClientError as fault:
                if fault.response["Error"]["Code"] in ("404", "NoSuchKey", "NotFound"):
                    return None
                raise
        # The checksum of an object put in parts is one of checksums, and carries their number behind a dash.
        if (recorded := str(head.get("ChecksumSHA256", ""))) and "-" not in recorded:
            return base64.b64decode(recorded).hex()
        if head["ContentLength"] > COUNTED:
            raise AwsFailure(
                f"s3://{bucket}/{key} has {head['ContentLength']:,} bytes and no SHA-256 that S3 recorded: it is there, and what it holds"
                " was not read"
            )
        counted = hashlib.sha256()
        with explained("s3:GetObject"):
            for chunk in client.get_object(**of)["Body"].iter_chunks(1024 * 1024):
                counted.update(chunk)
        return counted.hexdigest()


def image(account: str, region: str, repository: str, digest: str) -> str | None:
    """SHA-256 in hex of the manifest that ECR has under a digest, `sha256:…`; None when it has none, or no such repository. Raises
    AwsFailure."""
    try:
        manifest = ImageRegistry(account, region).by_digest(repository, digest)
    except AwsFailure as fault:
        if isinstance(fault.__cause__, ClientError) and fault.__cause__.response["Error"]["Code"] == "RepositoryNotFoundException":
            return None
        raise
    return None if manifest is None else hashlib.sha256(manifest).hexdigest()


def _found(call: str, function: Any, **asked: object) -> dict[str, Any] | None:
    with explained(call):
        try:
            return dict(function(**asked))
        except ClientError as fault:
            # SageMaker says ValidationException of what it does not find, and of much else.
            error = fault.response["Error"]
            if error["Code"] == "ValidationException" and "Could not find" in error.get("Message", ""):
                return None
            raise
