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
    Resources,
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
    """The models that have an endpoint, and are not disabled."""
    return [name for name, model in environment.models.items() if model.serving is not None]


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
    described, endpoint, traffic = _serving(environment, model)
    resources = _resources(endpoint)
    weights, mirrors = traffic.shares, traffic.copied
    versions: dict[str, ServedVersionArgs] = {}
    for version in traffic.versions:
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
    endpoint_args: KubernetesEndpointArgs = {
        "model": model,
        "team": described.team,
        "namespace": namespace,
        "gateway_name": gateway_name,
        "gateway_namespace": gateway_namespace,
        "monitoring_namespace": monitoring_namespace,
        "versions": versions,
        "cpu_millicores": resources.cpu.millicores,
        "memory_bytes": resources.memory.bytes,
        "gpus": resources.gpu,
        "min_replicas": endpoint.scaling.min,
        "max_replicas": endpoint.scaling.max,
        "environment": {"AWS_REGION": environment.aws.region},
    }
    if endpoint.scaling.target.cpu is not None:
        endpoint_args["cpu_target_percent"] = round(endpoint.scaling.target.cpu.fraction * 100)
    return endpoint_args


def endpoint_monitoring(
    environment: Environment, model: str, *, namespace: "pulumi.Output[str]", monitoring_namespace: "pulumi.Output[str]"
) -> "EndpointMonitoringArgs":
    described, endpoint, traffic = _serving(environment, model)
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
        "groups": endpoint_rules(model, described.team, sorted(traffic.shares), objectives),
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
    described, _, traffic = _serving(environment, model)
    return {
        "model": model,
        "account": environment.aws.account,
        "cluster_name": cluster_name,
        "cluster_arn": cluster_arn,
        "namespace": namespace,
        "bucket_arn": bucket_arn,
        "key_arn": key_arn,
        "weights": {version: described.versions[version].weights.key for version in traffic.versions},
    }


def _gateway(described: ManagedGateway | ExistingGateway) -> "GatewayArgs":
    if described.kind == "managed":
        return {"name": GATEWAY, "namespace": GATEWAY_NAMESPACE, "gateway_class": described.class_}
    return {"name": described.name, "namespace": described.namespace}


def _serving(environment: Environment, model: str) -> tuple[Model, Endpoint, Traffic]:
    described = environment.models[model]
    if described.serving is None or described.traffic is None:
        raise ValueError(f"{model} is registered and does not serve")
    return described, described.serving, described.traffic


def _resources(endpoint: Endpoint) -> Resources:
    if endpoint.resources is None:
        raise ValueError("a replica on SageMaker is an instance, and no component makes one yet")
    return endpoint.resources


def _image(image: Image, repositories: "Mapping[str, pulumi.Output[str]]") -> "pulumi.Input[str]":
    if image.registry is not None:
        return str(image)
    return repositories[image.name].apply(lambda repository: f"{repository}@{image.digest}")


def _weights_uri(bucket: "pulumi.Output[str]", key: str) -> "pulumi.Output[str]":
    return bucket.apply(lambda name: f"s3://{name}/{key}")


def _deletion_window(environment: Environment) -> int:
    """Days that AWS keeps a key: the least it allows in development, the most elsewhere."""
    return 7 if environment.tier == "development" else 30
