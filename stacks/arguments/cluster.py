"""What clusters and what is in them take."""

import math
from typing import TYPE_CHECKING

from modelway.architecture import EksCluster, Environment, ExistingCluster, ExistingGateway, ManagedGateway, NodePool
from modelway.architecture.instances import whole
from modelway.architecture.protection import protection
from modelway.architecture.quantities import Memory
from stacks.arguments.endpoint import OVERSEERS
from stacks.arguments.placing import EFFECTS, deletion_window, node_tags, teams

if TYPE_CHECKING:
    import pulumi

    from components.cluster.auto_nodes import AutoNodesArgs, AutoPoolArgs
    from components.cluster.eks import AccessArgs, EksClusterArgs
    from components.cluster.existing import ExistingClusterArgs
    from components.cluster.nodes import NodePoolArgs
    from components.cluster.tenancy import GatewayArgs, QuotaArgs, TenancyArgs

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
    vpc_id: "pulumi.Input[str]",
    subnet_ids: "pulumi.Input[list[str]]",
    node_subnet_ids: "pulumi.Input[list[str]]",
) -> "EksClusterArgs":
    access: dict[str, AccessArgs] = {
        name: {"principal": granted.principal, "groups": [OVERSEERS]}
        if granted.policy == "stop"
        else {"principal": granted.principal, "policy": ACCESS_POLICIES[granted.policy]}
        for name, granted in described.access.items()
    }
    made: EksClusterArgs = {
        "cluster_name": f"{environment.environment}-{key}",
        "account": environment.aws.account,
        "region": environment.aws.region,
        "version": described.version,
        "subnet_ids": subnet_ids,
        "node_subnet_ids": node_subnet_ids,
        "service_cidr": str(described.service_cidr),
        "node_pools": {name: _pool(pool) for name, pool in described.groups.items()},
        "addon_versions": dict(described.addons),
        "access": access,
        "caches": sorted(environment.registry.images.pull_through),
        "public_access": described.endpoint.kind == "public",
        "log_types": list(described.logs.types),
        "log_retention_days": described.logs.retention_days,
        "deletion_window_days": deletion_window(environment),
        "protect": protection(environment.tier).protect,
        "tags": node_tags(environment),
    }
    if described.endpoint.callers:
        made["callers"] = list(described.endpoint.callers)
        made["vpc_id"] = vpc_id
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
        "max_unavailable": pool.max_unavailable.number,
        "max_unavailable_is_share": pool.max_unavailable.is_share,
    }
    if pool.disk is not None:
        made["disk_gib"] = _gib(pool.disk)
    if pool.image_release is not None:
        made["image_release"] = pool.image_release
    return made


def auto_nodes(
    described: EksCluster,
    *,
    role: "pulumi.Input[str]",
    security_group_id: "pulumi.Input[str]",
    subnet_ids: "pulumi.Input[list[str]]",
) -> "AutoNodesArgs | None":
    """What pools that EKS Auto Mode makes take; None where there are none."""
    pools = {name: _auto_pool(pool) for name, pool in described.node_pools.items() if pool.made_by == "auto_mode"}
    if not pools:
        return None
    return {"role": role, "security_group_id": security_group_id, "subnet_ids": subnet_ids, "pools": pools}


def _auto_pool(pool: NodePool) -> "AutoPoolArgs":
    made: AutoPoolArgs = {
        "instance_types": list(pool.instance_types),
        "max_nodes": pool.max,
        "gpu": pool.gpu,
        "spot": pool.capacity == "spot",
        "labels": dict(pool.labels),
        "taints": [{"key": taint.key, "value": taint.value, "effect": EFFECTS[taint.effect]} for taint in pool.taints],
        "max_unavailable": str(pool.max_unavailable),
    }
    sizes = [whole(kind) for kind in pool.instance_types]
    known = [size.millicores // 1000 for size in sizes if size is not None]
    if len(known) == len(sizes):
        made["max_cpus"] = pool.max * max(known)
    if pool.disk is not None:
        made["disk_gib"] = _gib(pool.disk)
    return made


def _gib(disk: Memory) -> int:
    return math.ceil(disk.bytes / (1 << 30))


def existing_cluster(environment: Environment, key: str, described: ExistingCluster) -> "ExistingClusterArgs":
    return {
        "context": described.context,
        "teams": teams(environment, key),
        "gateway": _gateway(environment, described.gateway, auto_mode=False),
        "quotas": _quotas(described),
    }


def tenancy(environment: Environment, key: str) -> "TenancyArgs":
    described = environment.clusters[key]
    eks = described if isinstance(described, EksCluster) else None
    auto = eks is not None and eks.auto_mode is not None
    return {
        "teams": teams(environment, key),
        "gateway": _gateway(environment, described.gateway, auto_mode=auto),
        "quotas": _quotas(described),
        "dns_on_nodes": auto,
        "switch_policies_on": auto and eks is not None and not eks.groups,
    }


def _gateway(environment: Environment, described: ManagedGateway | ExistingGateway, *, auto_mode: bool) -> "GatewayArgs":
    if described.kind == "existing":
        return {"name": described.name, "namespace": described.namespace}
    made: GatewayArgs = {"name": GATEWAY, "namespace": GATEWAY_NAMESPACE, "gateway_class": described.class_}
    if described.controller == "envoy":
        internal, network = described.exposure == "internal", environment.network
        made["envoy"] = {"gateway_class": described.class_, "internal": internal, "auto_mode": auto_mode}
        if internal and network is not None and network.kind == "vpc":
            # Which addresses a network has that was there before is not known; on the internet callers come from anywhere.
            made["envoy"]["callers"] = [str(network.cidr), *map(str, network.reaches)]
        if network is not None and network.kind == "existing":
            # Nobody may have tagged them.
            made["envoy"]["subnets"] = list(network.private_subnets if internal else network.public_subnets)
    if described.tls is not None:
        made["tls"] = {"secret": described.tls.secret}
        if described.tls.hostname is not None:
            made["tls"]["hostname"] = described.tls.hostname
        if described.tls.issuer is not None:
            made["tls"]["issuer"] = described.tls.issuer
    return made


def _quotas(described: EksCluster | ExistingCluster) -> "dict[str, QuotaArgs]":
    quotas: dict[str, QuotaArgs] = {}
    for team, quota in described.quotas.items():
        made = quotas[team] = {}
        if quota.cpu is not None:
            made["cpu_millicores"] = quota.cpu.millicores
        if quota.memory is not None:
            made["memory_bytes"] = quota.memory.bytes
        if quota.gpu is not None:
            made["gpus"] = quota.gpu
        if quota.pods is not None:
            made["pods"] = quota.pods
    return quotas
