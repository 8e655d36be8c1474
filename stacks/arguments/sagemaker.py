"""What a model that serves on SageMaker takes, and the topic that its alarms tell."""

import math
from collections.abc import Mapping
from typing import TYPE_CHECKING

from modelway.architecture import Endpoint, Environment, Image
from modelway.architecture.protection import protection
from modelway.architecture.runtime import SageMakerRuntime
from modelway.architecture.serving import variant
from stacks.arguments.drift import CAPTURED
from stacks.arguments.placing import deletion_window, served, serving

if TYPE_CHECKING:
    import pulumi

    from components.alarms import AlarmTopicArgs
    from components.endpoint.sagemaker import PlaceArgs, RolloutArgs, SageMakerEndpointArgs, VariantArgs

SHORTEST_START, LONGEST_START = 60, 3600
"""Seconds that SageMaker takes for a container's start
(docs.aws.amazon.com/sagemaker/latest/APIReference/API_ProductionVariant.html)."""

LOG_DAYS: Mapping[str, int] = {"development": 14, "staging": 90, "production": 365}
"""How long what containers print is kept, by the environment's tier."""


def on_sagemaker(environment: Environment) -> list[str]:
    """The models that serve on SageMaker."""
    return [model for model in served(environment) if serving(environment, model)[1].runtime.kind == "sagemaker"]


def alarm_topic(environment: Environment) -> "AlarmTopicArgs":
    return {
        "topic_name": f"{environment.environment}-alarms",
        "account": environment.aws.account,
        "region": environment.aws.region,
        "deletion_window_days": deletion_window(environment),
    }


def sagemaker_endpoint(
    environment: Environment,
    model: str,
    *,
    bucket: "pulumi.Output[str]",
    key_arn: "pulumi.Output[str]",
    repositories: "Mapping[str, pulumi.Output[str]]",
    alarms: "pulumi.Output[str]",
    place: "PlaceArgs | None",
    payloads: "pulumi.Output[str] | None",
) -> "SageMakerEndpointArgs":
    """`alarms` is the ARN of the topic that alarms tell; `payloads` is the name of the bucket for requests and answers."""
    described, endpoint, traffic = serving(environment, model)
    runtime = _runtime(endpoint)
    made: SageMakerEndpointArgs = {
        "model": model,
        "endpoint_name": f"{environment.environment}-{model}",
        "account": environment.aws.account,
        "region": environment.aws.region,
        "instance_type": runtime.instance_type,
        "min_replicas": endpoint.scaling.min,
        "max_replicas": endpoint.scaling.max,
        "targets": _targets(endpoint),
        "schedules": [
            {"begins": one.from_, "ends": one.until, "time_zone": one.time_zone, "min": one.min} for one in endpoint.scaling.schedules
        ],
        "versions": {version: _variant(environment, model, version, bucket, repositories) for version in traffic.versions},
        "key_arn": key_arn,
        "latency_p99_seconds": endpoint.slo.latency_p99.seconds,
        "error_rate": endpoint.slo.error_rate.fraction,
        "rollout": _rollout(runtime),
        "alarm_actions": [alarms, *_topics(environment, described.team)],
        "log_retention_days": LOG_DAYS[environment.tier],
        "keep_replaced": protection(environment.tier).retain,
        "environment": _variables(endpoint),
    }
    if place is not None:
        made["place"] = place
    if endpoint.warm_up is not None:
        made["startup_seconds"] = min(max(math.ceil(endpoint.warm_up.seconds), SHORTEST_START), LONGEST_START)
    if endpoint.payload_logging is not None and payloads is not None:
        percent = round(endpoint.payload_logging.sample.fraction * 100)
        made["capture"] = {"bucket": payloads, "prefix": CAPTURED, "key_arn": key_arn, "percent": percent}
    return made


def _runtime(endpoint: Endpoint) -> SageMakerRuntime:
    if endpoint.runtime.kind != "sagemaker":
        raise ValueError(f"an endpoint that runs on {endpoint.runtime.kind} has no instances")
    return endpoint.runtime


def _variant(
    environment: Environment, model: str, name: str, bucket: "pulumi.Output[str]", repositories: "Mapping[str, pulumi.Output[str]]"
) -> "VariantArgs":
    described, _, traffic = serving(environment, model)
    version = described.versions[name]
    made: VariantArgs = {
        "variant": variant(traffic, name),
        "image": _image(version.image, repositories),
        "weights_bucket": version.weights.bucket or bucket,
        "weights_key": version.weights.key,
        "weights_sha256": version.weights.sha256,
        "weight": traffic.shares.get(name, 0),
    }
    if name in traffic.copied:
        made["mirror"] = traffic.copied[name]
    return made


def _image(image: Image, repositories: "Mapping[str, pulumi.Output[str]]") -> "pulumi.Input[str]":
    if image.registry is not None:
        return str(image)
    return repositories[image.name].apply(lambda repository: f"{repository}@{image.digest}")


def _targets(endpoint: Endpoint) -> dict[str, float]:
    target = endpoint.scaling.target
    shares = {"cpu": target.cpu, "memory": target.memory}
    numbers = {"concurrency": target.concurrency, "requests_per_second": target.requests_per_second}
    percent = {name: float(round(share.fraction * 100)) for name, share in shares.items() if share is not None}
    return percent | {name: float(number) for name, number in numbers.items() if number is not None}


def _rollout(runtime: SageMakerRuntime) -> "RolloutArgs":
    rollout = runtime.rollout
    bake = round(rollout.bake.seconds)
    if rollout.kind == "all_at_once":
        return {"kind": "all_at_once", "bake_seconds": bake}
    return {"kind": rollout.kind, "percent": rollout.percent, "wait_seconds": round(rollout.wait.seconds), "bake_seconds": bake}


def _topics(environment: Environment, team: str) -> list[str]:
    """Topics that alerts of the team go to anyway."""
    alerts = environment.monitoring.alerts
    receivers = {**alerts.severities, **alerts.teams.get(team, {})}
    return sorted({receiver.topic for receiver in receivers.values() if receiver.kind == "sns"})


def _variables(endpoint: Endpoint) -> dict[str, str]:
    if endpoint.batching is None:
        return {}
    wait = round(endpoint.batching.max_wait.seconds * 1000)
    return {"BATCH_MAX_SIZE": str(endpoint.batching.max_size), "BATCH_MAX_WAIT_MS": str(wait)}
