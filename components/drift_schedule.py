"""What looks, ever again, whether a model on SageMaker has drifted."""

import hashlib
import json
from typing import NotRequired, TypedDict

import pulumi
import pulumi_aws as aws

from components import _drift_policies as drift
from components import _drift_times as times
from components._statements import text
from components.drift import SightArgs, seen
from components.endpoint._execution import assumed_by_sagemaker, repository_arn

LONGEST_NAME = 26
"""Characters of a job's name before what EventBridge adds: 36 at most, of the 63 that SageMaker takes
(docs.aws.amazon.com/sagemaker/latest/APIReference/API_CreateProcessingJob.html)."""
INSTANCE, DISK_GIB = "ml.t3.medium", 20
LONGEST_SECONDS = 3600
"""How long a run may take."""
START = "arn:aws:scheduler:::aws-sdk:sagemaker:createProcessingJob"
"""Universal target (docs.aws.amazon.com/scheduler/latest/UserGuide/managing-targets-universal.html)."""


class DriftPlaceArgs(TypedDict):
    """A network that jobs run in."""

    vpc_id: pulumi.Input[str]
    subnet_ids: pulumi.Input[list[str]]


class DriftScheduleArgs(TypedDict):
    """What the job of an endpoint on SageMaker is made from."""

    model: str
    endpoint_name: str
    account: str
    """AWS account, 12 digits."""
    region: str
    image: str
    """In ECR, by digest."""
    window_seconds: float
    lateness_seconds: float
    """How long requests of a window may still come after it."""
    watched: pulumi.Input[str]
    """What is watched, as `modelway drift run --watched` reads it: JSON."""
    results: pulumi.Input[str]
    """Name of the bucket of results."""
    sight: SightArgs
    forget: bool
    """Whether what was watched before is deleted; otherwise it stays, and says what was watched then."""
    place: NotRequired[DriftPlaceArgs]
    """Where jobs run; in a network of SageMaker's own without it."""


class DriftSchedule(pulumi.ComponentResource):
    """A schedule that starts a processing job of SageMaker after each window, which looks for drift of one endpoint.

    - the job is told what is watched by an object whose key ends in the hash of its content
    - its role reads what the endpoint was asked, its baselines and labels, and writes its results; the schedule's may start jobs by that
      role and no other
    """

    schedule: pulumi.Output[str]
    """Name."""
    job_role_arn: pulumi.Output[str]

    def __init__(self, name: str, args: DriftScheduleArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        told = {key: value for key, value in args.items() if key != "watched"}
        super().__init__("modelway:index:DriftSchedule", name, told, opts)
        self._name, self._args = name, args
        self._child = pulumi.ResourceOptions(parent=self)
        group = self._security_group(args["place"]) if "place" in args else None
        role, granted = self._job_role(group)
        watched = self._watched()
        jobs = job_name(args["endpoint_name"])
        caller, started = self._caller(jobs, role)
        request = pulumi.Output.all(
            watched=watched,
            role=role.arn,
            subnets=args["place"]["subnet_ids"] if "place" in args else [],
            groups=[group.id] if group is not None else [],
        ).apply(lambda known: _request(args, jobs, known["watched"], known["role"], known["subnets"], known["groups"]))
        self.schedule = aws.scheduler.Schedule(
            f"{name}-drift",
            name=f"{args['endpoint_name']}-drift",
            description=f"Looks for drift of {args['endpoint_name']}",
            schedule_expression=times.schedule(args["window_seconds"], args["lateness_seconds"], args["model"]),
            schedule_expression_timezone="UTC",
            flexible_time_window={"mode": "OFF"},
            target={
                "arn": START,
                "role_arn": caller.arn,
                "input": request,
                # A later one would be started beside the next window's.
                "retry_policy": {"maximum_event_age_in_seconds": 900, "maximum_retry_attempts": 3},
            },
            opts=pulumi.ResourceOptions.merge(
                self._child, pulumi.ResourceOptions(depends_on=[granted, started], delete_before_replace=True)
            ),
        ).name
        self.job_role_arn = role.arn
        self.register_outputs({"schedule": self.schedule, "job_role_arn": self.job_role_arn})

    def _security_group(self, place: DriftPlaceArgs) -> aws.ec2.SecurityGroup:
        return aws.ec2.SecurityGroup(
            f"{self._name}-drift-jobs",
            description=f"Jobs that look for drift of {self._args['endpoint_name']}: nobody reaches them",
            vpc_id=place["vpc_id"],
            ingress=[],
            egress=[{"description": "AWS", "protocol": "tcp", "from_port": 443, "to_port": 443, "cidr_blocks": ["0.0.0.0/0"]}],
            opts=self._child,
        )

    def _job_role(self, group: aws.ec2.SecurityGroup | None) -> tuple[aws.iam.Role, aws.iam.RolePolicy]:
        args = self._args
        account, region = args["account"], args["region"]
        role = aws.iam.Role(
            f"{self._name}-drift-job",
            description=f"Jobs that look for drift of {args['endpoint_name']}",
            assume_role_policy=text(assumed_by_sagemaker(account, region)),
            opts=self._child,
        )
        look = seen(args["sight"], region).apply(lambda sight: text(drift.look(sight)))
        looking = aws.iam.RolePolicy(f"{self._name}-drift-look", role=role.id, policy=look, opts=self._child)
        placed = pulumi.Output.all(
            subnets=args["place"]["subnet_ids"] if "place" in args else [], groups=[group.id] if group is not None else []
        )
        running = placed.apply(
            lambda known: text(
                drift.run_on_sagemaker(drift.Place(account, region, repository_arn(args["image"]), known["subnets"], known["groups"]))
            )
        )
        after = pulumi.ResourceOptions.merge(self._child, pulumi.ResourceOptions(depends_on=[looking]))
        return role, aws.iam.RolePolicy(f"{self._name}-drift-run", role=role.id, policy=running, opts=after)

    def _watched(self) -> pulumi.Output[str]:
        """Its address. Outside of development whoever deploys puts it there, and may delete none."""
        args = self._args
        content = pulumi.Output.from_input(args["watched"])
        key = content.apply(lambda known: f"{args['model']}/watched-{hashlib.sha256(known.encode()).hexdigest()[:16]}.json")
        made = aws.s3.BucketObjectv2(
            f"{self._name}-drift-watched",
            bucket=args["results"],
            key=key,
            content=content,
            content_type="application/json",
            opts=pulumi.ResourceOptions.merge(self._child, pulumi.ResourceOptions(retain_on_delete=not args["forget"] or None)),
        )
        return pulumi.Output.concat("s3://", made.bucket, "/", made.key)

    def _caller(self, jobs: str, role: aws.iam.Role) -> tuple[aws.iam.Role, aws.iam.RolePolicy]:
        args = self._args
        account, region = args["account"], args["region"]
        caller = aws.iam.Role(
            f"{self._name}-drift-schedule",
            description=f"Starts jobs that look for drift of {args['endpoint_name']}",
            assume_role_policy=text(drift.assumed_by_scheduler(account, region)),
            opts=self._child,
        )
        start = role.arn.apply(lambda arn: text(drift.start_jobs(account, region, jobs, arn)))
        return caller, aws.iam.RolePolicy(f"{self._name}-drift-start", role=caller.id, policy=start, opts=self._child)


def job_name(endpoint: str) -> str:
    """What names of the endpoint's jobs begin with; a long one is cut and ends in a hash of it."""
    wanted = f"{endpoint}-drift-"
    if len(wanted) <= LONGEST_NAME:
        return wanted
    return f"{endpoint[: LONGEST_NAME - 9].rstrip('-')}-{hashlib.sha256(endpoint.encode()).hexdigest()[:7]}-"


def _request(args: DriftScheduleArgs, jobs: str, watched: str, role: str, subnets: list[str], groups: list[str]) -> str:
    """What CreateProcessingJob is asked each time."""
    network: dict[str, object] = {"EnableNetworkIsolation": False}
    if subnets:
        network["VpcConfig"] = {"SecurityGroupIds": groups, "Subnets": subnets}
    request = {
        "ProcessingJobName": f"{jobs}<aws.scheduler.execution-id>",
        "RoleArn": role,
        "AppSpecification": {
            "ImageUri": args["image"],
            "ContainerEntrypoint": ["modelway"],
            "ContainerArguments": ["drift", "run", args["model"], "--watched", watched],
        },
        "Environment": {"AWS_REGION": args["region"], "HOME": "/tmp"},
        "NetworkConfig": network,
        "ProcessingResources": {"ClusterConfig": {"InstanceCount": 1, "InstanceType": INSTANCE, "VolumeSizeInGB": DISK_GIB}},
        "StoppingCondition": {"MaxRuntimeInSeconds": LONGEST_SECONDS},
    }
    return json.dumps(request, sort_keys=True)
