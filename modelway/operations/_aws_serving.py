"""Endpoints of SageMaker, as `modelway ask` and `modelway up` ask about them."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import boto3
from botocore.config import Config
from botocore.exceptions import ClientError

from modelway.operations._aws import explained

ANSWER_SECONDS = 70
"""A container has 60 seconds (docs.aws.amazon.com/sagemaker/latest/APIReference/API_runtime_InvokeEndpoint.html)."""

SIMULATED = "SimulatedEndpoint"
"""What the cloud on a laptop answers for endpoints, behind which nothing runs. AWS has no such error."""


@dataclass(frozen=True)
class Serving:
    """An endpoint as it is."""

    status: str
    """InService, Updating …"""
    configuration: str
    """Name of the one that it serves."""
    reason: str
    """Why the last thing that failed did, as AWS says it."""


@dataclass(frozen=True)
class Instances:
    """What a variant runs on."""

    type: str
    """With `ml.` first; empty where the configuration that says it is gone."""
    count: int
    """As many as there are, or as many as there should be, where these are more."""


@dataclass(frozen=True)
class Invoked:
    """An answer of an endpoint."""

    status: int
    content: bytes
    variant: str
    """Which one answered; empty where it is not said."""


@dataclass(frozen=True)
class Container:
    """What a variant of a configuration runs."""

    image: str
    variables: dict[str, str]
    weights: str
    """s3://BUCKET/KEY"""


class Endpoints:
    """The endpoints of the credentials' account, in one region. Every method raises AwsFailure when AWS refuses."""

    def __init__(self, region: str) -> None:
        with explained("credentials"):
            self._session = boto3.Session(region_name=region)

    def serving(self, endpoint: str) -> Serving | None:
        """None when there is no such endpoint."""
        with explained("sagemaker:DescribeEndpoint"):
            try:
                found = self._session.client("sagemaker").describe_endpoint(EndpointName=endpoint)
            except ClientError as fault:
                if _missing(fault):
                    return None
                raise
        # A configuration that was deleted meanwhile may not be named.
        return Serving(found["EndpointStatus"], found.get("EndpointConfigName", ""), found.get("FailureReason", ""))

    def fleet(self, endpoint: str) -> dict[str, Instances]:
        """What each variant that answers runs on; nothing where there is no such endpoint."""
        client = self._session.client("sagemaker")
        with explained("sagemaker:DescribeEndpoint"):
            try:
                found = client.describe_endpoint(EndpointName=endpoint)
            except ClientError as fault:
                if _missing(fault):
                    return {}
                raise
        configured = []
        if name := found.get("EndpointConfigName"):
            with explained("sagemaker:DescribeEndpointConfig"):
                try:
                    configured = client.describe_endpoint_config(EndpointConfigName=name)["ProductionVariants"]
                except ClientError as fault:
                    if not _missing(fault):
                        raise
        types = {one["VariantName"]: one.get("InstanceType", "") for one in configured}
        return {
            one["VariantName"]: Instances(
                types.get(one["VariantName"], ""), max(one.get("CurrentInstanceCount", 0), one.get("DesiredInstanceCount", 0))
            )
            for one in found.get("ProductionVariants", [])
        }

    def has_configuration(self, name: str) -> bool:
        with explained("sagemaker:DescribeEndpointConfig"):
            try:
                self._session.client("sagemaker").describe_endpoint_config(EndpointConfigName=name)
            except ClientError as fault:
                if _missing(fault):
                    return False
                raise
        return True

    def container(self, configuration: str, variant: str) -> Container | None:
        """None when the configuration has no such variant."""
        client = self._session.client("sagemaker")
        with explained("sagemaker:DescribeEndpointConfig"):
            variants = client.describe_endpoint_config(EndpointConfigName=configuration)["ProductionVariants"]
        model = next((one["ModelName"] for one in variants if one["VariantName"] == variant), None)
        if model is None:
            return None
        with explained("sagemaker:DescribeModel"):
            made = client.describe_model(ModelName=model)["PrimaryContainer"]
        source = made.get("ModelDataSource", {}).get("S3DataSource", {})
        return Container(made["Image"], made.get("Environment", {}), source.get("S3Uri", ""))

    def download(self, uri: str, file: Path) -> None:
        """The file holds the object at s3://BUCKET/KEY."""
        bucket, _, key = uri.removeprefix("s3://").partition("/")
        with explained("s3:GetObject"):
            self._session.client("s3").download_file(bucket, key, str(file))

    def going_off(self, alarms: Sequence[str]) -> dict[str, str]:
        """Those of the alarms that are on, and why."""
        if not alarms:
            return {}
        with explained("cloudwatch:DescribeAlarms"):
            found = self._session.client("cloudwatch").describe_alarms(AlarmNames=list(alarms))["MetricAlarms"]
        return {one["AlarmName"]: one.get("StateReason", "") for one in found if one.get("StateValue") == "ALARM"}

    def invoke(self, endpoint: str, body: bytes) -> Invoked | None:
        """The answer to a request in JSON, an error of the container too; None where nothing runs behind the endpoint."""
        # Asked once: somebody wants to know what happens.
        config = Config(read_timeout=ANSWER_SECONDS, retries={"total_max_attempts": 1})
        client = self._session.client("sagemaker-runtime", config=config)
        with explained("sagemaker:InvokeEndpoint"):
            try:
                answer = client.invoke_endpoint(EndpointName=endpoint, Body=body, ContentType="application/json", Accept="application/json")
            except ClientError as fault:
                match fault.response["Error"]["Code"]:
                    case "ModelError":
                        return _of_container(fault)
                    case code if code == SIMULATED:
                        return None
                raise
            return Invoked(200, answer["Body"].read(), answer.get("InvokedProductionVariant", ""))


def _of_container(fault: ClientError) -> Invoked:
    said = dict(fault.response)
    content = str(said.get("OriginalMessage") or fault.response["Error"].get("Message", ""))
    return Invoked(int(str(said.get("OriginalStatusCode") or 500)), content.encode(), "")


def _missing(fault: ClientError) -> bool:
    # SageMaker says ValidationException of what it does not find, and of much else.
    error = fault.response["Error"]
    return error["Code"] == "ValidationException" and "Could not find" in error.get("Message", "")
