"""What an account still has of a model that serves no more. Reads only."""

from collections.abc import Callable, Iterator

import boto3
from botocore.exceptions import ClientError

from modelway.operations._aws import AwsFailure, explained

MOST = 10_000
"""Objects that are counted below a prefix."""


class Leftovers:
    """One account, and the region of its environment."""

    def __init__(self, region: str) -> None:
        with explained("credentials"):
            self._session = boto3.Session(region_name=region)

    def of(self, environment: str, model: str, store: str) -> tuple[list[str], list[str]]:
        """What is left of it, in words, and what could not be looked at, and why. `store` is the bucket of weights."""
        left, unknown = [], []
        looks: tuple[tuple[str, Callable[[], Iterator[str]]], ...] = (
            ("the repository of its images", lambda: self._images(f"{environment}/{model}")),
            ("its weights and baselines", lambda: self._objects(store, f"{model}/")),
            ("buckets that are called after it", lambda: self._buckets(store, model)),
            ("its endpoint, models and configurations on SageMaker", lambda: self._hosted(f"{environment}-{model}", model)),
            ("its log", lambda: self._logs(f"/aws/sagemaker/Endpoints/{environment}-{model}")),
            ("roles that are called after it", lambda: self._roles(model)),
        )
        for what, look in looks:
            try:
                left += list(look())
            except AwsFailure as fault:
                unknown.append(f"{what}: {fault}")
        return left, unknown

    def _images(self, repository: str) -> Iterator[str]:
        client = self._session.client("ecr")
        with explained("ecr:ListImages"):
            try:
                pages = client.get_paginator("list_images").paginate(repositoryName=repository)
                found = {one["imageDigest"] for page in pages for one in page["imageIds"]}
            except ClientError as fault:
                if fault.response["Error"]["Code"] == "RepositoryNotFoundException":
                    return
                raise
        yield f"repository {repository}: {_some(len(found), 'image')}"

    def _objects(self, bucket: str, prefix: str) -> Iterator[str]:
        client = self._session.client("s3")
        count = size = 0
        with explained("s3:ListBucketVersions"):
            try:
                # An object that was deleted is still there where the bucket keeps versions.
                for page in client.get_paginator("list_object_versions").paginate(Bucket=bucket, Prefix=prefix):
                    count += len(page.get("Versions", []))
                    size += sum(one["Size"] for one in page.get("Versions", []))
                    if count >= MOST:
                        break
            except ClientError as fault:
                if fault.response["Error"]["Code"] == "NoSuchBucket":
                    return
                raise
        if count:
            more = " or more" if count >= MOST else ""
            yield f"s3://{bucket}/{prefix}: {_some(count, 'version')} of objects{more}, {size:,} bytes"

    def _buckets(self, store: str, model: str) -> Iterator[str]:
        with explained("s3:ListAllMyBuckets"):
            buckets = [one["Name"] for one in self._session.client("s3").list_buckets()["Buckets"]]
        # A long name is cut; see components/endpoint/payloads.py.
        named = (f"{store}-payloads-{model}", f"-payloads-{model}")
        yield from (f"bucket {name}: requests and answers" for name in buckets if name == named[0] or name.endswith(named[1]))

    def _hosted(self, endpoint: str, model: str) -> Iterator[str]:
        client = self._session.client("sagemaker")
        with explained("sagemaker:ListEndpoints"):
            yield from (
                f"endpoint {one['EndpointName']}"
                for page in client.get_paginator("list_endpoints").paginate(NameContains=endpoint)
                for one in page["Endpoints"]
                if one["EndpointName"] == endpoint
            )
        with explained("sagemaker:ListModels"):
            pages = client.get_paginator("list_models").paginate(NameContains=f"{model}-v")
            models = [one["ModelName"] for page in pages for one in page["Models"]]
        yield from (f"SageMaker model {name}" for name in models if name.startswith(f"{model}-v"))
        with explained("sagemaker:ListEndpointConfigs"):
            pages = client.get_paginator("list_endpoint_configs").paginate(NameContains=f"{model}-")
            found = [one for page in pages for one in page["EndpointConfigs"]]
        yield from (
            f"configuration {one['EndpointConfigName']}" for one in found if one["EndpointConfigName"].startswith(f"{model}-config")
        )

    def _logs(self, group: str) -> Iterator[str]:
        with explained("logs:DescribeLogGroups"):
            found = self._session.client("logs").describe_log_groups(logGroupNamePrefix=group)["logGroups"]
        yield from (f"log group {one['logGroupName']}" for one in found if one["logGroupName"] == group)

    def _roles(self, model: str) -> Iterator[str]:
        client = self._session.client("iam")
        purposes = tuple(f"{model}-{purpose}-" for purpose in ("role", "execution", "drift"))
        with explained("iam:ListRoles"):
            for page in client.get_paginator("list_roles").paginate():
                yield from (f"role {one['RoleName']}" for one in page["Roles"] if one["RoleName"].startswith(purposes))


def _some(count: int, what: str) -> str:
    return f"{count:,} {what}{'s' if count != 1 else ''}"
