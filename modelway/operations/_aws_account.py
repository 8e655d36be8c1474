"""What an account has and allows, as `modelway doctor` asks for it. Reads only."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import boto3
from botocore.exceptions import ClientError

from modelway.operations._aws import AwsFailure, ImageRegistry, explained


@dataclass(frozen=True)
class Quota:
    """A limit of AWS."""

    name: str
    value: float


class Account:
    """The account of the credentials at hand, in one region. Every method raises AwsFailure when AWS does not say."""

    def __init__(self, account: str, region: str) -> None:
        self._account, self._region = account, region
        with explained("credentials"):
            self._session = boto3.Session(region_name=region)

    def identity(self) -> tuple[str, str]:
        """The account that the credentials belong to, and whose they are (ARN)."""
        with explained("sts:GetCallerIdentity"):
            found = self._session.client("sts").get_caller_identity()
        return str(found["Account"]), str(found["Arn"])

    def quota(self, service: str, code: str) -> Quota:
        """The limit of that code: this account's own where it has one, else AWS's default."""
        client = self._session.client("service-quotas")
        try:
            with explained(f"servicequotas:GetServiceQuota {service} {code}"):
                found = client.get_service_quota(ServiceCode=service, QuotaCode=code)["Quota"]
        except AwsFailure as fault:
            # docs.aws.amazon.com/servicequotas/2019-06-24/apireference/API_GetServiceQuota.html: of some there is the default alone.
            if not isinstance(fault.__cause__, client.exceptions.NoSuchResourceException):
                raise
            with explained(f"servicequotas:GetAWSDefaultServiceQuota {service} {code}"):
                found = client.get_aws_default_service_quota(ServiceCode=service, QuotaCode=code)["Quota"]
        return Quota(str(found["QuotaName"]), float(found["Value"]))

    def quota_called(self, service: str, name: str) -> Quota | None:
        """The limit of that name, as above; None when there is none."""
        client = self._session.client("service-quotas")
        for call in ("list_service_quotas", "list_aws_default_service_quotas"):
            with explained(f"servicequotas:{call} {service}"):
                pages = client.get_paginator(call).paginate(ServiceCode=service)
                found = next((quota for page in pages for quota in page["Quotas"] if quota["QuotaName"] == name), None)
            if found is not None:
                return Quota(name, float(found["Value"]))
        return None

    def virtual_cpus(self, instance_types: Sequence[str]) -> dict[str, int]:
        """By type, of those that exist."""
        with explained("ec2:DescribeInstanceTypes"):
            pages = self._pages("ec2", "describe_instance_types", Filters=[{"Name": "instance-type", "Values": list(instance_types)}])
            return {one["InstanceType"]: int(one["VCpuInfo"]["DefaultVCpus"]) for page in pages for one in page["InstanceTypes"]}

    def zones_with(self, instance_types: Sequence[str]) -> dict[str, set[str]]:
        """By zone of the region, those of the types that are sold there; a zone with none is there too."""
        with explained("ec2:DescribeAvailabilityZones"):
            zones = self._session.client("ec2").describe_availability_zones(Filters=[{"Name": "state", "Values": ["available"]}])
        sold: dict[str, set[str]] = {str(zone["ZoneName"]): set() for zone in zones["AvailabilityZones"]}
        with explained("ec2:DescribeInstanceTypeOfferings"):
            filters = [{"Name": "instance-type", "Values": list(instance_types)}]
            for page in self._pages("ec2", "describe_instance_type_offerings", LocationType="availability-zone", Filters=filters):
                for offered in page["InstanceTypeOfferings"]:
                    sold.setdefault(str(offered["Location"]), set()).add(str(offered["InstanceType"]))
        return sold

    def networks_of_others(self, environment: str) -> int:
        """VPCs that are not that environment's."""
        with explained("ec2:DescribeVpcs"):
            found = [vpc for page in self._pages("ec2", "describe_vpcs") for vpc in page["Vpcs"]]
        return sum(_tags(vpc).get("environment") != environment for vpc in found)

    def addresses_of_others(self, environment: str) -> int:
        """Elastic IP addresses that are not that environment's."""
        with explained("ec2:DescribeAddresses"):
            return sum(
                _tags(one).get("environment") != environment for one in self._session.client("ec2").describe_addresses()["Addresses"]
            )

    def clusters(self) -> list[str]:
        """Names of EKS clusters."""
        with explained("eks:ListClusters"):
            return [str(name) for page in self._pages("eks", "list_clusters") for name in page["clusters"]]

    def cluster_endpoint(self, name: str) -> str | None:
        """URL of a cluster's API server; None when there is no such cluster."""
        with explained("eks:DescribeCluster"):
            client = self._session.client("eks")
            try:
                return str(client.describe_cluster(name=name)["cluster"].get("endpoint") or "") or None
            except client.exceptions.ResourceNotFoundException:
                return None

    def kubernetes_versions(self) -> dict[str, str]:
        """Versions that EKS makes clusters of, with their support."""
        with explained("eks:DescribeClusterVersions"):
            found = self._session.client("eks").describe_cluster_versions()["clusterVersions"]
        return {str(one["clusterVersion"]): str(one.get("versionStatus", one.get("status", ""))).lower() for one in found}

    def has_role(self, name: str) -> bool:
        with explained("iam:GetRole"):
            client = self._session.client("iam")
            try:
                client.get_role(RoleName=name)
            except client.exceptions.NoSuchEntityException:
                return False
        return True

    def key_state(self, arn: str) -> str | None:
        """State of a KMS key, such as Enabled; None when there is no such key."""
        with explained("kms:DescribeKey"):
            client = self._session.client("kms")
            try:
                return str(client.describe_key(KeyId=arn)["KeyMetadata"]["KeyState"])
            except client.exceptions.NotFoundException:
                return None

    def bucket_owner(self, name: str) -> str | None:
        """`ours` for a bucket of the account, `others` for one of another; None for a name that is free."""
        with explained("s3:HeadBucket"):
            try:
                self._session.client("s3").head_bucket(Bucket=name, ExpectedBucketOwner=self._account)
            except ClientError as fault:
                match fault.response["Error"]["Code"]:
                    case "404" | "NoSuchBucket":
                        return None
                    case "403" | "AccessDenied" | "301":
                        return "others"
                raise
        return "ours"

    def has_image(self, repository: str, digest: str, *, account: str = "", region: str = "") -> bool | None:
        """In the registry of `account` and `region`, which are this one's where nothing else is said. None when there is no repository."""
        account, region = account or self._account, region or self._region
        with explained("ecr:DescribeRepositories"):
            client = self._session.client("ecr", region_name=region)
            try:
                client.describe_repositories(registryId=account, repositoryNames=[repository])
            except client.exceptions.RepositoryNotFoundException:
                return None
        return ImageRegistry(account, region).by_digest(repository, digest) is not None

    def has_object(self, bucket: str, key: str, *, of_others: bool = False) -> bool:
        """`of_others`: the bucket may be another account's."""
        owner = {} if of_others else {"ExpectedBucketOwner": self._account}
        with explained("s3:HeadObject"):
            try:
                self._session.client("s3").head_object(Bucket=bucket, Key=key, **owner)
            except ClientError as fault:
                if fault.response["Error"]["Code"] in ("404", "NoSuchKey", "NotFound"):
                    return False
                raise
        return True

    def _pages(self, service: str, call: str, **arguments: object) -> Iterator[Mapping[str, Any]]:
        return iter(self._session.client(service).get_paginator(call).paginate(**arguments))


def _tags(thing: Mapping[str, Any]) -> dict[str, str]:
    return {tag["Key"]: tag["Value"] for tag in thing.get("Tags", ())}
