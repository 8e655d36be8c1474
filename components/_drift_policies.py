"""What the job that looks for drift may do for one endpoint, as IAM documents."""

from collections.abc import Sequence
from dataclasses import dataclass

from components._statements import Document, allow, document


@dataclass(frozen=True)
class Sight:
    """Everything that the job of an endpoint reaches. ARNs, but for `region` and prefixes."""

    region: str
    payloads: str
    """Bucket of what is kept of requests."""
    payloads_prefix: str
    """Empty where the whole bucket is the endpoint's."""
    store: str
    """Model store."""
    baselines: Sequence[str]
    """Keys in the model store."""
    elsewhere: Sequence[str]
    """Baselines in buckets of others: objects."""
    results: str
    """Bucket of results of all endpoints."""
    prefix: str
    """Where this endpoint's results are, with a slash at its end."""
    key: str
    """KMS key that all of them are encrypted with."""
    labels: str | None = None
    """s3://BUCKET/FOLDER/ where it becomes known what was right."""
    buses: Sequence[str] = ()
    """Event buses that are told."""
    workspace: str | None = None
    """Workspace of Amazon Managed Service for Prometheus that metrics are written to."""


def look(sight: Sight) -> Document:
    """Read what this endpoint was asked, its baselines and labels; read and write its own results, and delete nothing."""
    via_s3 = {"StringEquals": {"kms:ViaService": f"s3.{sight.region}.amazonaws.com"}}
    statements = [
        *_folder("Payloads", sight.payloads, sight.payloads_prefix),
        *_folder("Results", sight.results, sight.prefix),
        allow("WriteResults", ("s3:PutObject",), [f"{sight.results}/{sight.prefix}*"]),
        allow("UseKey", ("kms:Decrypt", "kms:GenerateDataKey"), [sight.key], condition=via_s3),
    ]
    if baselines := [f"{sight.store}/{key}" for key in sorted(set(sight.baselines))] + sorted(set(sight.elsewhere)):
        statements.append(allow("ReadBaselines", ("s3:GetObject",), baselines))
    if sight.labels is not None:
        bucket, _, folder = sight.labels.removeprefix("s3://").partition("/")
        statements += _folder("Labels", f"arn:aws:s3:::{bucket}", folder)
    if sight.buses:
        statements.append(allow("TellBuses", ("events:PutEvents",), sorted(set(sight.buses))))
    if sight.workspace is not None:
        statements.append(allow("WriteMetrics", ("aps:RemoteWrite",), [sight.workspace]))
    return document(*statements)


def _folder(what: str, bucket: str, prefix: str) -> list[Document]:
    """List and read one folder of a bucket."""
    within = {"StringLike": {"s3:prefix": f"{prefix}*"}} if prefix else None
    return [
        allow(f"Find{what}", ("s3:ListBucket",), [bucket], condition=within),
        allow(f"Read{what}", ("s3:GetObject",), [f"{bucket}/{prefix}*"]),
    ]


@dataclass(frozen=True)
class Place:
    """Where a job on SageMaker runs, and out of what."""

    account: str
    region: str
    repository: str
    """ARN of the repository of its image."""
    subnets: Sequence[str] = ()
    """Ids."""
    security_groups: Sequence[str] = ()
    """Ids."""


LOG_GROUP = "/aws/sagemaker/ProcessingJobs"
"""Where SageMaker writes what all processing jobs print (docs.aws.amazon.com/sagemaker/latest/dg/logging-cloudwatch.html)."""


def run_on_sagemaker(place: Place) -> Document:
    """What SageMaker does for a job: get its image, write its log, have interfaces in its subnets
    (docs.aws.amazon.com/sagemaker/latest/dg/sagemaker-roles.html#sagemaker-roles-createprocessingjob-perms)."""
    here = f"{place.region}:{place.account}"
    log = f"arn:aws:logs:{here}:log-group:{LOG_GROUP}"
    pull = ("ecr:BatchCheckLayerAvailability", "ecr:BatchGetImage", "ecr:GetDownloadUrlForLayer")
    statements = [
        allow("PullImage", pull, [place.repository]),
        # It names no resource (docs.aws.amazon.com/service-authorization/latest/reference/list_amazonelasticcontainerregistry.html).
        allow("SignIn", ("ecr:GetAuthorizationToken",), ["*"]),
        allow(
            "WriteLog", ("logs:CreateLogGroup", "logs:CreateLogStream", "logs:DescribeLogStreams", "logs:PutLogEvents"), [log, f"{log}:*"]
        ),
        # It names no resource (docs.aws.amazon.com/service-authorization/latest/reference/list_amazoncloudwatch.html).
        allow(
            "WriteMeasures",
            ("cloudwatch:PutMetricData",),
            ["*"],
            condition={"StringEquals": {"cloudwatch:namespace": "/aws/sagemaker/ProcessingJobs"}},
        ),
    ]
    if place.subnets:
        statements += _interfaces(place, here)
    return document(*statements)


def _interfaces(place: Place, here: str) -> list[Document]:
    interfaces = f"arn:aws:ec2:{here}:network-interface/*"
    subnets = [f"arn:aws:ec2:{here}:subnet/{subnet}" for subnet in sorted(place.subnets)]
    placed = [interfaces, *subnets, *(f"arn:aws:ec2:{here}:security-group/{group}" for group in sorted(place.security_groups))]
    use = ("ec2:CreateNetworkInterfacePermission", "ec2:DeleteNetworkInterface", "ec2:DeleteNetworkInterfacePermission")
    looking = ("DescribeDhcpOptions", "DescribeNetworkInterfaces", "DescribeSecurityGroups", "DescribeSubnets", "DescribeVpcs")
    return [
        allow("CreateInterfaces", ("ec2:CreateNetworkInterface",), placed),
        allow("UseInterfaces", use, [interfaces], condition={"ArnEquals": {"ec2:Subnet": subnets}}),
        # They name no resource (docs.aws.amazon.com/service-authorization/latest/reference/list_amazonec2.html).
        allow("LookAtNetwork", [f"ec2:{action}" for action in looking], ["*"]),
    ]


def assumed_by_scheduler(account: str, region: str) -> Document:
    """The trust policy of the role that starts jobs: EventBridge Scheduler, for schedules of this account alone
    (docs.aws.amazon.com/scheduler/latest/UserGuide/cross-service-confused-deputy-prevention.html)."""
    condition = {
        "StringEquals": {"aws:SourceAccount": account},
        "ArnLike": {"aws:SourceArn": f"arn:aws:scheduler:{region}:{account}:schedule-group/default"},
    }
    return document(allow("Scheduler", ("sts:AssumeRole",), principal={"Service": "scheduler.amazonaws.com"}, condition=condition))


def start_jobs(account: str, region: str, jobs: str, role: str) -> Document:
    """Start processing jobs whose names begin with `jobs`, by the role (an ARN) and no other."""
    return document(
        allow("StartJobs", ("sagemaker:CreateProcessingJob",), [f"arn:aws:sagemaker:{region}:{account}:processing-job/{jobs}*"]),
        allow("PassRole", ("iam:PassRole",), [role], condition={"StringEquals": {"iam:PassedToService": "sagemaker.amazonaws.com"}}),
    )
