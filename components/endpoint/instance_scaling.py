"""How many instances a variant of a SageMaker endpoint has."""

from typing import Any, TypedDict, cast

import pulumi
import pulumi_aws as aws

from components.endpoint import _variants as variants
from components.endpoint._schedules import aws_cron


class ScheduleArgs(TypedDict):
    """A time with more instances."""

    begins: str
    """As cron has it, five fields in numbers."""
    ends: str
    time_zone: str
    min: int


class ScalingArgs(TypedDict):
    """What the number of a variant's instances follows."""

    endpoint_name: str
    variant: str
    min: int
    max: int
    targets: dict[str, float]
    """cpu and memory in percent; concurrency, requests_per_second of an instance."""
    schedules: list[ScheduleArgs]


def scale(name: str, args: ScalingArgs, endpoint: aws.sagemaker.Endpoint, opts: pulumi.ResourceOptions) -> None:
    """The variant is scaled by Application Auto Scaling: a policy for each target, two actions for each schedule, one where it begins and
    one where it ends. `name` and `opts` are those of the endpoint's component."""
    variant = args["variant"]
    target = aws.appautoscaling.Target(
        f"{name}-{variant}-scaling",
        service_namespace="sagemaker",
        scalable_dimension=variants.DIMENSION,
        resource_id=endpoint.name.apply(lambda known: f"endpoint/{known}/variant/{variant}"),
        min_capacity=args["min"],
        max_capacity=args["max"],
        opts=opts,
    )
    place: dict[str, Any] = {
        "service_namespace": target.service_namespace,
        "scalable_dimension": target.scalable_dimension,
        "resource_id": target.resource_id,
    }
    for measure, value in sorted(args["targets"].items()):
        aws.appautoscaling.Policy(
            f"{name}-{variant}-{measure}",
            name=f"{args['endpoint_name']}-{variant}-{measure}",
            policy_type="TargetTrackingScaling",
            target_tracking_scaling_policy_configuration=cast(
                "aws.appautoscaling.PolicyTargetTrackingScalingPolicyConfigurationArgsDict",
                variants.tracking(args["endpoint_name"], variant, measure, value),
            ),
            **place,
            opts=opts,
        )
    for number, schedule in enumerate(args["schedules"], 1):
        for moment, least in (("begins", schedule["min"]), ("ends", args["min"])):
            times = aws_cron(schedule["begins"] if moment == "begins" else schedule["ends"])
            for count, when in enumerate(times, 1):
                role = f"{moment}-{number}" if len(times) == 1 else f"{moment}-{number}-{count}"
                aws.appautoscaling.ScheduledAction(
                    f"{name}-{variant}-{role}",
                    name=f"{args['endpoint_name']}-{variant}-{role}",
                    schedule=when,
                    timezone=schedule["time_zone"],
                    scalable_target_action={"min_capacity": least, "max_capacity": args["max"]},
                    **place,
                    opts=opts,
                )
