"""Takes requests from a model on SageMaker, and gives them back; and how an EKS cluster is reached without asking a stack."""

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

import boto3
from botocore.exceptions import ClientError

from modelway.operations._aws import AwsFailure, explained

WAIT_SECONDS = 900.0
"""AWS changes weights within minutes; an endpoint that does not come to rest by then is told of."""
_PAUSE = 2.0


@dataclass
class Weighed:
    """An endpoint before and after."""

    before: dict[str, float] = field(default_factory=dict)
    """Weight of each variant that answers."""
    after: dict[str, float] = field(default_factory=dict)
    """Empty where the endpoint is gone."""
    configuration: str = ""
    status: str = ""


class EndpointSwitch:
    """Endpoints of the credentials' account in one region. Every method raises AwsFailure when AWS refuses."""

    def __init__(self, region: str) -> None:
        with explained("credentials"):
            self._client = boto3.Session(region_name=region).client("sagemaker")

    def weighed(self, endpoint: str) -> Weighed | None:
        """How requests are spread now. None when there is no such endpoint."""
        with explained("sagemaker:DescribeEndpoint"):
            try:
                found = self._client.describe_endpoint(EndpointName=endpoint)
            except ClientError as fault:
                if _missing(fault):
                    return None
                raise
        weights = {one["VariantName"]: float(one.get("CurrentWeight") or 0) for one in found.get("ProductionVariants", [])}
        return Weighed(weights, dict(weights), found.get("EndpointConfigName", ""), found["EndpointStatus"])

    def spread(self, endpoint: str, weights: Mapping[str, float]) -> None:
        """Requests are spread like this, as AWS says itself."""
        wanted = [{"VariantName": name, "DesiredWeight": weight} for name, weight in sorted(weights.items())]
        with explained("sagemaker:UpdateEndpointWeightsAndCapacities"):
            self._client.update_endpoint_weights_and_capacities(EndpointName=endpoint, DesiredWeightsAndCapacities=wanted)
        self._until(
            endpoint,
            lambda: (found := self.weighed(endpoint)) is not None and found.status == "InService" and found.before == dict(weights),
        )

    def delete(self, endpoint: str) -> None:
        """The endpoint is gone, as AWS says itself. Its configuration, models and instances' images stay."""
        with explained("sagemaker:DeleteEndpoint"):
            self._client.delete_endpoint(EndpointName=endpoint)
        self._until(endpoint, lambda: self.weighed(endpoint) is None)

    def begun_with(self, configuration: str) -> dict[str, float]:
        """Weights of the variants as a configuration says them."""
        return {name: weight for name, (_, weight) in self._variants(configuration).items()}

    def versions(self, configuration: str) -> dict[str, str]:
        """The version that each variant of a configuration has, as its container is told; without those that are told none."""
        versions = {}
        for name, (model, _) in self._variants(configuration).items():
            with explained("sagemaker:DescribeModel"):
                made = self._client.describe_model(ModelName=model)["PrimaryContainer"]
            if version := made.get("Environment", {}).get("MODEL_VERSION"):
                versions[name] = version
        return versions

    def _variants(self, configuration: str) -> dict[str, tuple[str, float]]:
        with explained("sagemaker:DescribeEndpointConfig"):
            found = self._client.describe_endpoint_config(EndpointConfigName=configuration)
        return {one["VariantName"]: (one["ModelName"], float(one.get("InitialVariantWeight", 1))) for one in found["ProductionVariants"]}

    def _until(self, endpoint: str, done: Callable[[], bool]) -> None:
        end = time.monotonic() + WAIT_SECONDS
        while not done():
            if time.monotonic() > end:
                found = self.weighed(endpoint)
                told = "is gone" if found is None else f"is {found.status}, and its variants weigh {_weights(found.before)}"
                raise AwsFailure(
                    f"endpoint {endpoint} was told to change, and has not within {WAIT_SECONDS:g} s: it {told}. It may still get requests:"
                    f" look at it with `aws sagemaker describe-endpoint --endpoint-name {endpoint}`, and run this again."
                )
            time.sleep(_PAUSE)


def _weights(weights: Mapping[str, float]) -> str:
    return ", ".join(f"{name} {weight:g}" for name, weight in sorted(weights.items())) or "nothing"


def kubernetes(region: str, cluster: str) -> dict[str, str]:
    """Where the API server of an EKS cluster is, as a stack would say it. Raises AwsFailure."""
    with explained("eks:DescribeCluster"):
        found = boto3.Session(region_name=region).client("eks").describe_cluster(name=cluster)["cluster"]
    return {
        "kind": "eks",
        "name": cluster,
        "endpoint": found.get("endpoint", ""),
        "certificate_authority": found.get("certificateAuthority", {}).get("data", ""),
    }


def _missing(fault: ClientError) -> bool:
    # SageMaker says ValidationException of what it does not find, and of much else.
    error = fault.response["Error"]
    return error["Code"] == "ValidationException" and "Could not find" in error.get("Message", "")
