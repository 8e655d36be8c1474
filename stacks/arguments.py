"""From what an environment says to what components take; nothing else knows both."""

import json
from collections.abc import Mapping
from typing import TYPE_CHECKING

from modelway.architecture import (
    EksCluster,
    Endpoint,
    Environment,
    ExistingCluster,
    ExistingGateway,
    Image,
    ManagedGateway,
    Model,
    Traffic,
    Vpc,
)
from modelway.architecture.platform_rules import bucket_name
from modelway.monitoring.dashboards import endpoint_dashboard
from modelway.monitoring.rules import base_rules, endpoint_rules
from modelway.monitoring.slo import Objectives

if TYPE_CHECKING:
    import pulumi

    from components.cluster.eks import AccessArgs, EksClusterArgs, NodePoolArgs
    from components.cluster.existing import ExistingClusterArgs
    from components.cluster.tenancy import GatewayArgs, TenancyArgs
    from components.endpoint.kubernetes import KubernetesEndpointArgs, ServedVersionArgs
    from components.identity import ModelIdentityArgs
    from components.monitoring import EndpointMonitoringArgs, MonitoringStackArgs
    from components.network import NetworkArgs
    from components.registry import ArtifactRegistryArgs

ACCESS_POLICIES = {
    "cluster-admin": "AmazonEKSClusterAdminPolicy",
    "admin": "AmazonEKSAdminPolicy",
    "edit": "AmazonEKSEditPolicy",
    "view": "AmazonEKSViewPolicy",
}
"""EKS access policies by the name that environments have for them (docs.aws.amazon.com/eks/latest/userguide/access-policies.html)."""

GATEWAY, GATEWAY_NAMESPACE = "models", "gateway-system"
"""The Gateway that is made for a cluster without one, and the namespace it is in."""


def cluster_of(environment: Environment, model: str) -> str:
    """Key of the cluster that a model serves in; where there is one, a model need not say."""
    return environment.models[model].cluster or next(iter(environment.clusters))


def teams(environment: Environment, key: str) -> list[str]:
    """The teams with models in the cluster, serving or not."""
    return sorted({model.team for name, model in environment.models.items() if cluster_of(environment, name) == key})


def served(environment: Environment) -> list[str]:
    """The models that have an endpoint."""
    return [name for name, model in environment.models.items() if model.endpoint is not None]


def tags(environment: Environment) -> dict[str, str]:
    """The tags on everything in AWS."""
    own = {"environment": environment.environment, "owner": environment.owner, "managed-by": "modelway"}
    pays = {"cost-owner": environment.cost_owner} if environment.cost_owner is not None else {}
    return {**own, **pays, **environment.tags}


def network(described: Vpc) -> "NetworkArgs":
    return {"cidr": str(described.cidr), "zones": described.zones, "nat": described.nat}


def registry(environment: Environment) -> "ArtifactRegistryArgs":
    return {
        "account": environment.aws.account,
        "bucket_name": bucket_name(environment),
        "repository_prefix": environment.environment,
        "models": sorted(environment.models),
        "untagged_days": environment.registry.images.untagged_days,
        "noncurrent_days": environment.registry.models.noncurrent_days,
        "deletion_window_days": _deletion_window(environment),
        "force_destroy": environment.tier == "development",
    }


def eks_cluster(environment: Environment, key: str, described: EksCluster, subnet_ids: "pulumi.Input[list[str]]") -> "EksClusterArgs":
    pools: dict[str, NodePoolArgs] = {
        name: {"instance_types": list(pool.instance_types), "min": pool.min, "max": pool.max, "gpu": pool.gpu}
        for name, pool in described.node_pools.items()
    }
    access: dict[str, AccessArgs] = {
        name: {"principal": granted.principal, "policy": ACCESS_POLICIES[granted.policy]} for name, granted in described.access.items()
    }
    made: EksClusterArgs = {
        "cluster_name": f"{environment.environment}-{key}",
        "account": environment.aws.account,
        "version": described.version,
        "subnet_ids": subnet_ids,
        "node_pools": pools,
        "access": access,
        "public_access": described.endpoint.kind == "public",
        "log_retention_days": described.logs.retention_days,
        "deletion_window_days": _deletion_window(environment),
    }
    if described.endpoint.kind == "public":
        made["public_access_cidrs"] = [str(block) for block in described.endpoint.allowed]
    return made


def existing_cluster(environment: Environment, key: str, described: ExistingCluster) -> "ExistingClusterArgs":
    return {"context": described.context, **tenancy(environment, key)}


def tenancy(environment: Environment, key: str) -> "TenancyArgs":
    return {"teams": teams(environment, key), "gateway": _gateway(environment.clusters[key].gateway)}


def monitoring_stack(environment: Environment, key: str) -> "MonitoringStackArgs":
    return {"namespace": environment.monitoring.namespace, "groups": base_rules(teams(environment, key))}


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
) -> "KubernetesEndpointArgs":
    described, endpoint = _serving(environment, model)
    weights, mirrors = shares(endpoint.traffic)
    versions: dict[str, ServedVersionArgs] = {}
    for version in sorted({*weights, *mirrors}):
        made = described.versions[version]
        versions[version] = {
            "image": _image(made.image, repositories),
            "weights_uri": _weights_uri(bucket, made.weights.key),
            "weights_sha256": made.weights.sha256,
            "weight": weights.get(version, 0),
        }
        if version in mirrors:
            versions[version]["mirror"] = mirrors[version]
        if identities is not None:
            versions[version]["identity"] = identities[version]
    return {
        "model": model,
        "team": described.team,
        "namespace": namespace,
        "gateway_name": gateway_name,
        "gateway_namespace": gateway_namespace,
        "monitoring_namespace": monitoring_namespace,
        "versions": versions,
        "cpu_millicores": endpoint.resources.cpu.millicores,
        "memory_bytes": endpoint.resources.memory.bytes,
        "gpus": endpoint.resources.gpu,
        "min_replicas": endpoint.scaling.min,
        "max_replicas": endpoint.scaling.max,
        "cpu_target_percent": round(endpoint.scaling.target.cpu.fraction * 100),
        "environment": {"AWS_REGION": environment.aws.region},
    }


def endpoint_monitoring(
    environment: Environment, model: str, *, namespace: "pulumi.Output[str]", monitoring_namespace: "pulumi.Output[str]"
) -> "EndpointMonitoringArgs":
    described, endpoint = _serving(environment, model)
    answering, _ = shares(endpoint.traffic)
    objectives = Objectives(
        availability=endpoint.slo.availability.fraction,
        latency_p99_seconds=endpoint.slo.latency_p99.seconds,
        error_rate=endpoint.slo.error_rate.fraction,
    )
    return {
        "model": model,
        "team": described.team,
        "namespace": namespace,
        "monitoring_namespace": monitoring_namespace,
        "scrape_interval": str(environment.monitoring.scrape_interval),
        "groups": endpoint_rules(model, described.team, sorted(answering), objectives),
        "dashboard": json.dumps(endpoint_dashboard(environment.environment, model, described.team, objectives), sort_keys=True, indent=1),
    }


def model_identity(
    environment: Environment,
    model: str,
    *,
    cluster_name: "pulumi.Output[str]",
    cluster_arn: "pulumi.Output[str]",
    namespace: "pulumi.Output[str]",
    bucket_arn: "pulumi.Output[str]",
    key_arn: "pulumi.Output[str]",
) -> "ModelIdentityArgs":
    described, endpoint = _serving(environment, model)
    weights, mirrors = shares(endpoint.traffic)
    return {
        "model": model,
        "account": environment.aws.account,
        "cluster_name": cluster_name,
        "cluster_arn": cluster_arn,
        "namespace": namespace,
        "bucket_arn": bucket_arn,
        "key_arn": key_arn,
        "weights": {version: described.versions[version].weights.key for version in sorted({*weights, *mirrors})},
    }


def shares(traffic: Traffic) -> tuple[dict[str, int], dict[str, int]]:
    """Percentages of requests that versions answer, 100 together, and of requests that are copied to versions."""
    canary = {traffic.canary.version: traffic.canary.percent} if traffic.canary else {}
    mirrors = {traffic.shadow.version: traffic.shadow.percent} if traffic.shadow else {}
    return {traffic.live: 100 - sum(canary.values()), **canary}, mirrors


def _gateway(described: ManagedGateway | ExistingGateway) -> "GatewayArgs":
    if described.kind == "managed":
        return {"name": GATEWAY, "namespace": GATEWAY_NAMESPACE, "gateway_class": described.class_}
    return {"name": described.name, "namespace": described.namespace}


def _serving(environment: Environment, model: str) -> tuple[Model, Endpoint]:
    described = environment.models[model]
    if described.endpoint is None:
        raise ValueError(f"{model} is registered and does not serve")
    return described, described.endpoint


def _image(image: Image, repositories: "Mapping[str, pulumi.Output[str]]") -> "pulumi.Input[str]":
    if image.registry is not None:
        return str(image)
    return repositories[image.name].apply(lambda repository: f"{repository}@{image.digest}")


def _weights_uri(bucket: "pulumi.Output[str]", key: str) -> "pulumi.Output[str]":
    return bucket.apply(lambda name: f"s3://{name}/{key}")


def _deletion_window(environment: Environment) -> int:
    """Days that AWS keeps a key: the least it allows in development, the most elsewhere."""
    return 7 if environment.tier == "development" else 30
