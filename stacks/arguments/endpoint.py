"""What a model that serves on Kubernetes takes."""

import math
from collections.abc import Mapping
from typing import TYPE_CHECKING

from modelway.architecture import Duration, EksCluster, Endpoint, Environment, Image, Resources, Version
from modelway.architecture.platform_rules import bucket_name
from modelway.architecture.protection import protection
from modelway.architecture.retries import Retries
from modelway.monitoring.rules import asked
from stacks.arguments.placing import EFFECTS, cluster_of, proxies, served, serving

if TYPE_CHECKING:
    import pulumi

    from components.cluster.support import ModelSupportArgs
    from components.endpoint.args import (
        AccessArgs,
        KubernetesEndpointArgs,
        PlacementArgs,
        RetriesArgs,
        ServedVersionArgs,
        StickyArgs,
        TargetsArgs,
        TolerationArgs,
    )
    from components.endpoint.payloads import PayloadStoreArgs

PRIORITIES = {"low": "modelway-low", "high": "modelway-high"}
"""PriorityClasses of every cluster; what is normal has none."""

TRIGGERS = {"server_error": "5xx"}
"""Failures that Envoy calls by quite another name."""

OVERSEERS = "modelway-overseers"
"""Group of those who may stop models, in every cluster; who is in it the cluster's `access` says, or whoever made it."""

PROCESSORS = {"cpu", "memory"}
"""Targets that an autoscaler of Kubernetes' own keeps to."""


def kubernetes_endpoint(
    environment: Environment,
    model: str,
    *,
    bucket: "pulumi.Output[str]",
    repositories: "Mapping[str, pulumi.Output[str]]",
    namespace: "pulumi.Output[str]",
    gateway_name: "pulumi.Output[str]",
    gateway_namespace: "pulumi.Output[str]",
    monitoring_namespace: "pulumi.Output[str]",
    identities: "pulumi.Output[dict[str, str]] | None",
    payloads: "pulumi.Output[str] | None" = None,
    workspace: "pulumi.Output[str] | None" = None,
) -> "KubernetesEndpointArgs":
    """`identities` are ids of pod identity associations by version; `payloads` is the name of the bucket for requests and answers;
    `workspace` is the id of the one that Amazon keeps metrics in, where it does."""
    described, endpoint, traffic = serving(environment, model)
    resources = _resources(endpoint)
    made: KubernetesEndpointArgs = {
        "model": model,
        "team": described.team,
        "namespace": namespace,
        "gateway_name": gateway_name,
        "gateway_namespace": gateway_namespace,
        "monitoring_namespace": monitoring_namespace,
        "versions": {version: _version(environment, model, version, bucket, repositories, identities) for version in traffic.versions},
        "cpu_millicores": resources.cpu.millicores,
        "memory_bytes": resources.memory.bytes,
        "gpus": resources.gpu,
        "gpu_resource": _gpu_resource(resources),
        "min_replicas": endpoint.scaling.min,
        "max_replicas": endpoint.scaling.max,
        "targets": _targets(environment, model, monitoring_namespace, workspace),
        "placement": _placement(environment, model, endpoint),
        "environment": {"AWS_REGION": environment.aws.region, **_variables(endpoint), **_payload_variables(endpoint, payloads)},
    }
    if through := proxies(environment, cluster_of(environment, model)):
        made["proxies"] = through
    if endpoint.warm_up is not None:
        made["warm_up_seconds"] = _seconds(endpoint.warm_up.seconds)
    if endpoint.drain is not None:
        made["drain_seconds"] = _seconds(endpoint.drain.seconds)
    if endpoint.timeout is not None:
        made["timeout_seconds"] = _seconds(endpoint.timeout.seconds)
    if endpoint.access is not None:
        made["access"] = _access(described.team, traffic.live, endpoint)
    if described.governance is not None and described.governance.roles is not None:
        made["overseers"] = OVERSEERS
    if traffic.sticky is not None:
        made["sticky"] = _sticky(traffic.sticky.by, traffic.sticky.name, traffic.sticky.lasts)
    if endpoint.retries is not None:
        made["retries"] = _retries(endpoint.retries)
    return made


def payload_store(environment: Environment, model: str, key_arn: "pulumi.Output[str]") -> "PayloadStoreArgs | None":
    """What the bucket for the model's requests and answers takes; None when nothing is kept of them."""
    _, endpoint, _ = serving(environment, model)
    if endpoint.payload_logging is None:
        return None
    guarded = protection(environment.tier)
    return {
        "model": model,
        "store_name": bucket_name(environment),
        "key_arn": key_arn,
        "retention_days": round(endpoint.payload_logging.retention.seconds / 86400),
        "retain": guarded.retain,
        "force_destroy": guarded.force_destroy,
    }


def model_support(environment: Environment, key: str, reader: "pulumi.Input[str] | None" = None) -> "ModelSupportArgs":
    """What models of cluster `key` need besides it; empty for nothing. `reader`: association by which KEDA asks for Amazon's metrics."""
    cluster = environment.clusters[key]
    made: ModelSupportArgs = {}
    there = [environment.models[name].serving for name in served(environment) if cluster_of(environment, name) == key]
    serving_here = [endpoint for endpoint in there if endpoint is not None and endpoint.runtime.kind == "kubernetes"]
    if any(endpoint.placement is not None and endpoint.placement.priority in PRIORITIES for endpoint in serving_here):
        made["priorities"] = True
    # What is in a cluster that was there before is somebody else's.
    if isinstance(cluster, EksCluster) and any(_by_keda(endpoint) for endpoint in serving_here):
        made["keda"] = True
        if reader is not None:
            made["keda_identity"] = reader
    if isinstance(cluster, EksCluster) and any(pool.gpu for pool in cluster.node_pools.values()):
        made["gpu_metrics"] = True
    # Auto Mode brings both itself.
    if isinstance(cluster, EksCluster) and any(pool.gpu for pool in cluster.groups.values()):
        made["gpus"] = True
    if isinstance(cluster, EksCluster) and any(pool.min < pool.max for pool in cluster.groups.values()):
        name = f"{environment.environment}-{key}"
        made["autoscaler"] = {"cluster_name": name, "region": environment.aws.region, "version": cluster.version}
    return made


def _by_keda(endpoint: Endpoint) -> bool:
    return bool(endpoint.scaling.schedules or set(endpoint.scaling.target.named) - PROCESSORS)


def _version(
    environment: Environment,
    model: str,
    name: str,
    bucket: "pulumi.Output[str]",
    repositories: "Mapping[str, pulumi.Output[str]]",
    identities: "pulumi.Output[dict[str, str]] | None",
) -> "ServedVersionArgs":
    described, endpoint, traffic = serving(environment, model)
    version = described.versions[name]
    made: ServedVersionArgs = {"image": _image(version.image, repositories), "weight": traffic.shares.get(name, 0)}
    if version.weights.kind == "oci":
        made["weights_artifact"] = f"{version.weights.key}@sha256:{version.weights.sha256}"
    else:
        made["weights_uri"] = _weights_uri(bucket, version)
        made["weights_sha256"] = version.weights.sha256
        if environment.registry.models.fetcher is not None:
            made["fetch"] = {"image": str(environment.registry.models.fetcher)}
            if version.written_as != "archive":
                made["fetch"]["file"] = version.weights.key.rpartition("/")[2]
            if endpoint.resources is not None and endpoint.resources.disk is not None:
                made["fetch"]["disk_bytes"] = endpoint.resources.disk.bytes
    if name in traffic.copied:
        made["mirror"] = traffic.copied[name]
    for share in traffic.split:
        if share.version == name and share.header is not None:
            made["header"] = {"name": share.header.name, "value": share.header.value}
    if identities is not None:
        made["identity"] = identities[name]
    return made


def _resources(endpoint: Endpoint) -> Resources:
    if endpoint.resources is None:
        raise ValueError("a replica on SageMaker is an instance, and has what its type has")
    return endpoint.resources


def _gpu_resource(resources: Resources) -> str:
    # What NVIDIA's device plugin calls them: github.com/NVIDIA/k8s-device-plugin#shared-access-to-gpus (renameByDefault) and #catalog.
    shared = {"none": "nvidia.com/gpu", "time_slicing": "nvidia.com/gpu.shared", "mig": f"nvidia.com/mig-{resources.mig_profile}"}
    return shared[resources.gpu_sharing]


def _targets(
    environment: Environment,
    model: str,
    monitoring_namespace: "pulumi.Output[str]",
    workspace: "pulumi.Output[str] | None",
) -> "TargetsArgs":
    described, endpoint, _ = serving(environment, model)
    target = endpoint.scaling.target
    made: TargetsArgs = {}
    if target.cpu is not None:
        made["cpu_percent"] = round(target.cpu.fraction * 100)
    if target.memory is not None:
        made["memory_percent"] = round(target.memory.fraction * 100)
    if target.concurrency is not None:
        made["concurrency"] = target.concurrency
    if target.requests_per_second is not None:
        made["requests_per_second"] = target.requests_per_second
    if target.latency_p99 is not None:
        made["latency_p99_seconds"] = target.latency_p99.seconds
    if target.queue_depth is not None:
        made["queue_depth"] = target.queue_depth
    if endpoint.scaling.schedules:
        made["schedules"] = [
            {"begin": one.from_, "end": one.until, "time_zone": one.time_zone, "pods": one.min} for one in endpoint.scaling.schedules
        ]
    if endpoint.scaling.scale_to_zero is not None:
        made["wake"] = asked(described.team, model)
        made["idle_seconds"] = _seconds(endpoint.scaling.scale_to_zero.after.seconds)
    if set(target.named) - PROCESSORS:
        if workspace is not None:
            host = f"https://aps-workspaces.{environment.aws.region}.amazonaws.com"
            made["metrics_address"] = workspace.apply(lambda name: f"{host}/workspaces/{name}")
            made["metrics_region"] = environment.aws.region
        else:
            # The Service that the operator makes for every Prometheus (prometheus-operator.dev/docs/api-reference).
            made["metrics_address"] = monitoring_namespace.apply(lambda name: f"http://prometheus-operated.{name}.svc:9090")
    return made


def _placement(environment: Environment, model: str, endpoint: Endpoint) -> "PlacementArgs":
    wanted, cluster = endpoint.placement, environment.clusters[cluster_of(environment, model)]
    pools = cluster.node_pools if isinstance(cluster, EksCluster) else {}
    made: PlacementArgs = {}
    if wanted is not None and wanted.pool is not None:
        made["node_labels"] = {"modelway.dev/pool": wanted.pool}
        tolerated: list[TolerationArgs] = [
            {"key": taint.key, "value": taint.value, "effect": EFFECTS[taint.effect]} for taint in pools[wanted.pool].taints
        ]
        if tolerated:
            made["tolerated"] = tolerated
    elif (wanted is None or not wanted.spot) and any(pool.capacity == "spot" for pool in pools.values()):
        made["avoid_spot"] = True
    if wanted is not None and wanted.zone_spread == "required":
        made["spread_required"] = True
    if wanted is not None and wanted.priority in PRIORITIES:
        made["priority_class"] = PRIORITIES[wanted.priority]
    return made


def _access(team: str, live: str, endpoint: Endpoint) -> "AccessArgs":
    if endpoint.access is None:
        raise ValueError("nothing is said of access")
    access = endpoint.access
    callers = sorted({team, *access.teams})
    made: AccessArgs = {"live": live, "namespaces": [*callers, *access.namespaces], "teams": callers}
    if access.jwt is not None:
        made["tokens"] = {"issuer": access.jwt.issuer, "audiences": list(access.jwt.audiences), "keys": access.jwt.key_set}
    return made


def _sticky(by: str, name: str, lasts: Duration | None) -> "StickyArgs":
    made: StickyArgs = {"by": by, "name": name}
    if lasts is not None:
        made["seconds"] = _seconds(lasts.seconds)
    return made


def _retries(retries: Retries) -> "RetriesArgs":
    made: RetriesArgs = {"attempts": retries.attempts, "on": [TRIGGERS.get(one, one.replace("_", "-")) for one in retries.on]}
    if retries.per_try is not None:
        made["per_try_seconds"] = retries.per_try.seconds
    return made


def _variables(endpoint: Endpoint) -> dict[str, str]:
    """What a serving program is told of itself besides what every one is."""
    told: dict[str, str] = {}
    if endpoint.drain is not None:
        told["FINISH_SECONDS"] = str(_seconds(endpoint.drain.seconds))
    if endpoint.batching is not None:
        told["BATCH_MAX_SIZE"] = str(endpoint.batching.max_size)
        told["BATCH_MAX_WAIT_MS"] = str(round(endpoint.batching.max_wait.seconds * 1000))
    return told


def _payload_variables(endpoint: Endpoint, bucket: "pulumi.Output[str] | None") -> "dict[str, pulumi.Input[str]]":
    logging = endpoint.payload_logging
    if logging is None or bucket is None:
        return {}
    return {
        "PAYLOAD_URI": bucket.apply(lambda name: f"s3://{name}"),
        "PAYLOAD_SAMPLE": f"{logging.sample.fraction:g}",
        "PAYLOAD_FIELDS": ",".join(logging.fields),
    }


def _image(image: Image, repositories: "Mapping[str, pulumi.Output[str]]") -> "pulumi.Input[str]":
    if image.registry is not None:
        return str(image)
    return repositories[image.name].apply(lambda repository: f"{repository}@{image.digest}")


def _weights_uri(bucket: "pulumi.Output[str]", version: Version) -> "pulumi.Input[str]":
    key = version.weights.key
    if version.weights.bucket is not None:
        return f"s3://{version.weights.bucket}/{key}"
    return bucket.apply(lambda name: f"s3://{name}/{key}")


def _seconds(length: float) -> int:
    """Whole seconds, and none too few."""
    return max(1, math.ceil(length))
