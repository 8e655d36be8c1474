"""What an endpoint of SageMaker is made of, as data: names, variants, how an update goes, when it goes back, how it scales."""

import hashlib
import re
from collections.abc import Sequence
from dataclasses import dataclass

from components._names import versioned

NAME_LIMIT = 63
"""Characters of every name in SageMaker (docs.aws.amazon.com/sagemaker/latest/APIReference/API_CreateModel.html)."""

GENERATED = 8
"""Characters that Pulumi puts behind the name of what it may have to make anew before the old one goes: a dash and seven digits."""

MODEL_FOLDER = "/opt/ml/model"
"""Where SageMaker puts weights (docs.aws.amazon.com/sagemaker/latest/APIReference/API_S3ModelDataSource.html)."""

ALARM_PERIOD, ALARM_PERIODS, ALARM_BREACHES = 60, 5, 3
"""An alarm goes off when three of five minutes are bad."""

LONGEST_WAITS = 40 * 60
"""Seconds that an update may wait in all: the provider gives it an hour, and new instances take some of it."""

DIMENSION = "sagemaker:variant:DesiredInstanceCount"
"""What Application Auto Scaling changes of a variant."""

# Instances with disks of their own encrypt them themselves, and SageMaker refuses a key for them
# (docs.aws.amazon.com/sagemaker/latest/APIReference/API_CreateEndpointConfig.html, KmsKeyId).
_OWN_DISKS = re.compile(r"ml\.(([a-z]+[0-9]+[a-z]*d[a-z]*)|g4dn|g5|g6|g6e|gr6|p3dn|p4de?|p5e?n?|p6[a-z0-9-]*|trn1n?|trn2)\..*")


@dataclass(frozen=True)
class Rollout:
    """How an update shifts requests: `canary` in two steps, `linear` in equal ones, or `all_at_once`."""

    kind: str
    percent: int
    """Share of the instances in the first step, or in each."""
    wait_seconds: int
    """Between steps."""
    bake_seconds: int
    """How long the old instances stay after the last step."""


def model_name(endpoint: str, version: str) -> str:
    """The logical name of a version's model, which Pulumi completes to its physical one: letters, digits and dashes, short enough."""
    name = versioned(endpoint, version)
    room = NAME_LIMIT - GENERATED
    if len(name) <= room:
        return name
    digest = hashlib.sha256(f"{endpoint}\0{version}".encode()).hexdigest()[:7]
    return f"{name[: room - 8].rstrip('-')}-{digest}"


def own_disks(instance_type: str) -> bool:
    """Whether instances of the type have disks of their own."""
    return _OWN_DISKS.fullmatch(instance_type) is not None


def deployment(rollout: Rollout, instances: int, alarms: Sequence[object]) -> dict[str, object]:
    """How an endpoint is updated: new instances beside the old, requests shifted, back by itself when one of the alarms goes off.

    A step is counted in instances, because a share of few is none; with a single instance there are no steps.
    """
    routing: dict[str, object] = {"type": "ALL_AT_ONCE", "wait_interval_in_seconds": 0}
    waits = rollout.bake_seconds
    if rollout.kind != "all_at_once" and instances > 1:
        step = step_size(rollout, instances)
        size = {"type": "INSTANCE_COUNT", "value": step}
        routing = {"wait_interval_in_seconds": rollout.wait_seconds}
        routing |= {"type": "CANARY", "canary_size": size} if rollout.kind == "canary" else {"type": "LINEAR", "linear_step_size": size}
        waits += rollout.wait_seconds * (1 if rollout.kind == "canary" else -(-instances // step) - 1)
    return {
        "blue_green_update_policy": {
            "traffic_routing_configuration": routing,
            "termination_wait_in_seconds": rollout.bake_seconds,
            # At most 14400 (docs.aws.amazon.com/sagemaker/latest/APIReference/API_BlueGreenUpdatePolicy.html); an hour is for instances.
            "maximum_execution_timeout_in_seconds": min(14400, waits + 3600),
        },
        "auto_rollback_configuration": {"alarms": [{"alarm_name": alarm} for alarm in alarms]},
    }


def step_size(rollout: Rollout, instances: int) -> int:
    """Instances of a step: at least one and a tenth of all, at most half, as SageMaker wants it."""
    least = max(1, -(-instances // 10)) if rollout.kind == "linear" else 1
    return min(max(instances * rollout.percent // 100, least), max(1, instances // 2))


def beginning(rollout: Rollout, least: int, wanted: int) -> int:
    """Instances that an update may begin with whose steps are counted for `least`: `wanted`, or fewer where it goes in equal steps.

    Such a step is a tenth of all at least (docs.aws.amazon.com/sagemaker/latest/APIReference/API_TrafficRoutingConfig.html), and all of
    them together wait no longer than the provider does.
    """
    if rollout.kind != "linear" or least == 1:
        return wanted
    steps = min(10, 1 + max(0, LONGEST_WAITS - rollout.bake_seconds) // max(1, rollout.wait_seconds))
    return max(least, min(wanted, step_size(rollout, least) * steps))


def alarms(endpoint: str, variant: str, latency_p99_seconds: float, error_rate: float) -> dict[str, dict[str, object]]:
    """The alarms of a variant by what they watch: more failed requests than promised, slower answers than promised.

    Without requests there is nothing to say, and no alarm.
    """
    shared: dict[str, object] = {
        "namespace": "AWS/SageMaker",
        "dimensions": {"EndpointName": endpoint, "VariantName": variant},
        "comparison_operator": "GreaterThanThreshold",
        "period": ALARM_PERIOD,
        "evaluation_periods": ALARM_PERIODS,
        "datapoints_to_alarm": ALARM_BREACHES,
        "treat_missing_data": "notBreaching",
    }
    return {
        # Of each request a 1 or a 0, so that the mean is the rate (docs.aws.amazon.com/sagemaker/latest/dg/monitoring-cloudwatch.html).
        "errors": shared
        | {
            "name": f"{endpoint}-{variant}-errors",
            "alarm_description": f"More than {error_rate:.4g} of the requests to {variant} of {endpoint} fail.",
            "metric_name": "Invocation5XXErrors",
            "statistic": "Average",
            "threshold": error_rate,
        },
        "latency": shared
        | {
            "name": f"{endpoint}-{variant}-latency",
            "alarm_description": f"One of 100 requests to {variant} of {endpoint} takes longer than {latency_p99_seconds:g} s.",
            "metric_name": "ModelLatency",
            "extended_statistic": "p99",
            # In microseconds.
            "threshold": round(latency_p99_seconds * 1_000_000),
            "evaluate_low_sample_count_percentiles": "ignore",
        },
    }


def tracking(endpoint: str, variant: str, target: str, value: float) -> dict[str, object]:
    """The policy that keeps one target: `cpu` and `memory` in percent, `concurrency` and `requests_per_second` by instance.

    Raises KeyError for a target that SageMaker has no metric of.
    """
    predefined = {
        # Requests a minute.
        "requests_per_second": ("SageMakerVariantInvocationsPerInstance", 60 * value),
        "concurrency": ("SageMakerVariantConcurrentRequestsPerModelHighResolution", value),
    }
    if target in predefined:
        metric, value = predefined[target]
        specification: dict[str, object] = {"predefined_metric_specification": {"predefined_metric_type": metric}}
    else:
        # The normalized one: the other adds up over processors.
        metric = {"cpu": "CPUUtilizationNormalized", "memory": "MemoryUtilization"}[target]
        dimensions = [{"name": "EndpointName", "value": endpoint}, {"name": "VariantName", "value": variant}]
        metric_of = {"namespace": "/aws/sagemaker/Endpoints", "metric_name": metric, "dimensions": dimensions, "statistic": "Average"}
        specification = {"customized_metric_specification": metric_of}
    return {"target_value": float(value), "scale_in_cooldown": 300, "scale_out_cooldown": 60, **specification}
