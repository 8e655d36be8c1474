"""What SageMaker may do for one endpoint, as data."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from components._statements import Document, allow, document

_ECR = re.compile(r"([0-9]{12})\.dkr\.ecr\.([a-z0-9-]+)\.(amazonaws\.com(?:\.cn)?)/([^@:]+)[@:].+")


@dataclass(frozen=True)
class Reach:
    """Everything that the execution role of an endpoint reaches. ARNs, but for `account` and `region`."""

    account: str
    region: str
    weights: Mapping[str, Sequence[str]]
    """Keys by the ARN of their bucket."""
    keys: Sequence[str]
    """KMS keys that weights are encrypted with."""
    repositories: Sequence[str]
    log_group: str
    alarms: Sequence[str]
    subnets: Sequence[str] = ()
    """Ids."""
    security_groups: Sequence[str] = ()
    """Ids."""
    captures: str | None = None
    """Where payloads are kept: an object's ARN with `*` at the end."""
    captures_key: str | None = None


def assumed_by_sagemaker(account: str, region: str) -> Document:
    """The trust policy of an execution role: SageMaker, for resources of this account alone."""
    condition = {
        "StringEquals": {"aws:SourceAccount": account},
        "ArnLike": {"aws:SourceArn": f"arn:aws:sagemaker:{region}:{account}:*"},
    }
    return document(allow("SageMaker", ("sts:AssumeRole",), principal={"Service": "sagemaker.amazonaws.com"}, condition=condition))


def repository_arn(image: str) -> str:
    """The ARN of the ECR repository that an image is in. Raises ValueError for an image that is elsewhere."""
    found = _ECR.fullmatch(image)
    if found is None:
        raise ValueError(f"SageMaker takes images from ECR, and {image} is elsewhere")
    account, region, _, name = found.groups()
    return f"arn:aws:ecr:{region}:{account}:repository/{name}"


def execution(reach: Reach) -> Document:
    """What the execution role of an endpoint may do: get these weights and images, write this log, look at these alarms."""
    via_s3 = {"StringEquals": {"kms:ViaService": f"s3.{reach.region}.amazonaws.com"}}
    statements = []
    for number, (bucket, keys) in enumerate(sorted(reach.weights.items()), 1):
        suffix = "" if len(reach.weights) == 1 else str(number)
        statements += [
            allow(f"ReadWeights{suffix}", ("s3:GetObject",), [f"{bucket}/{key}" for key in sorted(keys)]),
            # Or S3 answers 403, not 404, for weights that were never published.
            allow(f"FindWeights{suffix}", ("s3:ListBucket",), [bucket], condition={"StringEquals": {"s3:prefix": sorted(keys)}}),
        ]
    if reach.keys:
        statements.append(allow("DecryptWeights", ("kms:Decrypt",), sorted(reach.keys), condition=via_s3))
    pull = ("ecr:BatchCheckLayerAvailability", "ecr:BatchGetImage", "ecr:GetDownloadUrlForLayer")
    statements += [
        allow("PullImages", pull, sorted(set(reach.repositories))),
        # It names no resource (docs.aws.amazon.com/service-authorization/latest/reference/list_amazonelasticcontainerregistry.html).
        allow("SignIn", ("ecr:GetAuthorizationToken",), ["*"]),
        allow("WriteLog", ("logs:CreateLogStream", "logs:DescribeLogStreams", "logs:PutLogEvents"), [f"{reach.log_group}:*"]),
        # It names no resource (docs.aws.amazon.com/service-authorization/latest/reference/list_amazoncloudwatch.html).
        allow(
            "WriteMetrics",
            ("cloudwatch:PutMetricData",),
            ["*"],
            condition={"StringEquals": {"cloudwatch:namespace": ["/aws/sagemaker/Endpoints", "AWS/SageMaker"]}},
        ),
        # Or an update does not go back by itself (docs.aws.amazon.com/sagemaker/latest/dg/deployment-guardrails-configuration.html).
        allow("ReadAlarms", ("cloudwatch:DescribeAlarms",), sorted(reach.alarms)),
    ]
    if reach.subnets:
        statements += _network(reach)
    if reach.captures is not None:
        statements.append(allow("KeepPayloads", ("s3:PutObject",), [reach.captures]))
        if reach.captures_key is not None:
            statements.append(allow("EncryptPayloads", ("kms:GenerateDataKey",), [reach.captures_key], condition=via_s3))
    return document(*statements)


def _network(reach: Reach) -> list[Document]:
    """Network interfaces in these subnets and groups (docs.aws.amazon.com/sagemaker/latest/dg/sagemaker-roles.html, VpcConfig)."""
    here = f"arn:aws:ec2:{reach.region}:{reach.account}"
    interfaces = f"{here}:network-interface/*"
    subnets = [f"{here}:subnet/{subnet}" for subnet in sorted(reach.subnets)]
    placed = [interfaces, *subnets, *(f"{here}:security-group/{group}" for group in sorted(reach.security_groups))]
    inside = {"ArnEquals": {"ec2:Subnet": subnets}}
    looking = (
        *("ec2:DescribeDhcpOptions", "ec2:DescribeNetworkInterfaces", "ec2:DescribeSecurityGroups"),
        *("ec2:DescribeSubnets", "ec2:DescribeVpcs"),
    )
    return [
        allow("CreateInterfaces", ("ec2:CreateNetworkInterface",), placed),
        allow(
            "UseInterfaces",
            ("ec2:CreateNetworkInterfacePermission", "ec2:DeleteNetworkInterface", "ec2:DeleteNetworkInterfacePermission"),
            [interfaces],
            condition=inside,
        ),
        # They name no resource (docs.aws.amazon.com/service-authorization/latest/reference/list_amazonec2.html).
        allow("LookAtNetwork", looking, ["*"]),
    ]
