"""What clusters and what is in them take."""

import math
from typing import TYPE_CHECKING

from modelway.architecture import EksCluster, Environment, ExistingCluster, ExistingGateway, ManagedGateway, NodePool
from modelway.architecture.protection import protection
from stacks.arguments.placing import deletion_window, tags, teams

if TYPE_CHECKING:
    import pulumi

    from components.cluster.eks import AccessArgs, EksClusterArgs
    from components.cluster.existing import ExistingClusterArgs
    from components.cluster.nodes import NodePoolArgs
    from components.cluster.tenancy import GatewayArgs, TenancyArgs

ACCESS_POLICIES = {
    "cluster-admin": "AmazonEKSClusterAdminPolicy",
    "admin": "AmazonEKSAdminPolicy",
    "edit": "AmazonEKSEditPolicy",
    "view": "AmazonEKSViewPolicy",
}
"""EKS access policies by the name that environments have for them (docs.aws.amazon.com/eks/latest/userguide/access-policies.html)."""

GATEWAY, GATEWAY_NAMESPACE = "models", "gateway-system"
"""The Gateway that is made for a cluster without one, and the namespace it is in."""


def eks_cluster(
    environment: Environment,
    key: str,
    described: EksCluster,
    *,
    subnet_ids: "pulumi.Input[list[str]]",
    node_subnet_ids: "pulumi.Input[list[str]]",
) -> "EksClusterArgs":
    access: dict[str, AccessArgs] = {
        name: {"principal": granted.principal, "policy": ACCESS_POLICIES[granted.policy]} for name, granted in described.access.items()
    }
    made: EksClusterArgs = {
        "cluster_name": f"{environment.environment}-{key}",
        "account": environment.aws.account,
        "region": environment.aws.region,
        "version": described.version,
        "subnet_ids": subnet_ids,
        "node_subnet_ids": node_subnet_ids,
        "service_cidr": str(described.service_cidr),
        "node_pools": {name: _pool(pool) for name, pool in described.node_pools.items()},
        "addon_versions": dict(described.addons),
        "access": access,
        "public_access": described.endpoint.kind == "public",
        "log_types": list(described.logs.types),
        "log_retention_days": described.logs.retention_days,
        "deletion_window_days": deletion_window(environment),
        "protect": protection(environment.tier).protect,
        "tags": tags(environment),
    }
    if described.secrets_key is not None:
        made["secrets_key"] = described.secrets_key
    if described.auto_mode is not None:
        made["auto_mode_pools"] = list(described.auto_mode.node_pools)
    if described.endpoint.kind == "public":
        made["public_access_cidrs"] = [str(block) for block in described.endpoint.allowed]
    return made


def _pool(pool: NodePool) -> "NodePoolArgs":
    made: NodePoolArgs = {
        "instance_types": list(pool.instance_types),
        "min": pool.min,
        "max": pool.max,
        "gpu": pool.gpu,
        "capacity": pool.capacity.upper(),
        "labels": dict(pool.labels),
        "taints": [{"key": taint.key, "value": taint.value, "effect": taint.effect.upper()} for taint in pool.taints],
    }
    if pool.disk is not None:
        made["disk_gib"] = math.ceil(pool.disk.bytes / (1 << 30))
    return made


def existing_cluster(environment: Environment, key: str, described: ExistingCluster) -> "ExistingClusterArgs":
    return {"context": described.context, **tenancy(environment, key)}


def tenancy(environment: Environment, key: str) -> "TenancyArgs":
    return {"teams": teams(environment, key), "gateway": _gateway(environment.clusters[key].gateway)}


def _gateway(described: ManagedGateway | ExistingGateway) -> "GatewayArgs":
    if described.kind == "managed":
        return {"name": GATEWAY, "namespace": GATEWAY_NAMESPACE, "gateway_class": described.class_}
    return {"name": described.name, "namespace": described.namespace}
