"""Who looks for drift, and where what was found is kept."""

from typing import TYPE_CHECKING

import pulumi

from modelway.architecture import Environment
from modelway.architecture.drift_rules import monitored
from stacks import arguments
from stacks.joints import Exports, Platform, RegistryJoint, Text
from stacks.marking import landing
from stacks.metrics import managed_rules
from stacks.providers import Providers
from stacks.secret_values import values

if TYPE_CHECKING:
    from components.drift import SightArgs
    from components.drift_schedule import DriftPlaceArgs
    from components.endpoint.payloads import PayloadStore


def drift_results(environment: Environment, registry: RegistryJoint, providers: Providers) -> Text | None:
    """Name of the bucket of results; None, and none, where nobody looks."""
    args = arguments.drift_results(environment, registry.key_arn)
    if args is None:
        return None
    from components.drift_results import DriftResults

    return DriftResults("drift", args, landing(environment, providers.aws)).bucket


def drift_monitor(
    environment: Environment, model: str, platform: Platform, payloads: "PayloadStore | None", providers: Providers
) -> Exports:
    """What looks for drift of the model's endpoint; empty, and nothing, where nobody does."""
    if model not in monitored(environment):
        return {}
    if payloads is None or platform.drift is None:
        raise ValueError(f"drift of {model} is looked for in what is kept of it, and nothing is")
    workspace = platform.metrics.workspace if platform.metrics is not None else None
    watched = pulumi.Output.all(
        payloads=payloads.bucket, store=platform.registry.bucket, results=platform.drift, workspace=workspace
    ).apply(lambda known: arguments.drift_watched(environment, model, **known))
    sight = arguments.drift_sight(
        environment,
        model,
        payloads_arn=payloads.bucket_arn,
        store_arn=platform.registry.bucket_arn,
        results_arn=platform.drift.apply(lambda name: f"arn:aws:s3:::{name}"),
        key_arn=platform.registry.key_arn,
        workspace=workspace,
    )
    results = pulumi.Output.concat("s3://", platform.drift, f"/{model}/")
    if model in arguments.on_sagemaker(environment):
        # In a workspace its metrics arrive too; those of models in clusters have all rules of theirs in one place.
        managed_rules(environment, model, platform.metrics, providers)
        return {"drift": {"job": _on_sagemaker(environment, model, platform, watched, sight, providers), "results": results}}
    return {"drift": {"job": _in_cluster(environment, model, platform, watched, sight, providers), "results": results}}


def _in_cluster(environment: Environment, model: str, platform: Platform, watched: Text, sight: "SightArgs", providers: Providers) -> Text:
    from components.drift import DriftIdentity, DriftMonitor

    key = arguments.cluster_of(environment, model)
    cluster = platform.clusters[key]
    identified = arguments.drift_identity(environment, model, cluster.facts, cluster.monitoring_namespace, sight)
    identity = None
    if identified is not None:
        identity = DriftIdentity(model, identified, landing(environment, providers.aws, model)).association
    args = arguments.drift_monitor(
        environment,
        model,
        namespace=cluster.monitoring_namespace,
        watched=watched,
        secrets=values(arguments.drift_secrets(environment), providers),
        identity=identity,
    )
    return DriftMonitor(model, args, landing(environment, providers.kubernetes(key, cluster.facts), model)).cron_job


def _on_sagemaker(
    environment: Environment, model: str, platform: Platform, watched: Text, sight: "SightArgs", providers: Providers
) -> Text:
    from components.drift_schedule import DriftSchedule

    place: DriftPlaceArgs | None = None
    if platform.network is not None:
        place = {"vpc_id": platform.network.vpc_id, "subnet_ids": platform.network.private_subnets}
    if platform.drift is None:
        raise ValueError(f"what is found of {model} has no place")
    args = arguments.drift_schedule(environment, model, watched=watched, results=platform.drift, sight=sight, place=place)
    return DriftSchedule(model, args, landing(environment, providers.aws, model)).schedule
