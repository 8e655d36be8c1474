"""What clusters and what is in them take."""

from typing import TYPE_CHECKING

from modelway.architecture import EksCluster, Environment, ExistingCluster, ExistingGateway, ManagedGateway
from stacks.arguments.placing import deletion_window, teams

if TYPE_CHECKING:
    import pulumi

    from components.cluster.eks import AccessArgs, EksClusterArgs, NodePoolArgs
    from components.cluster.existing import ExistingClusterArgs
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
    environment: Environment, key: str, described: EksCluster, *, subnet_ids: "pulumi.Input[list[str]]", node_subnet_ids: "pulumi.Input[list[str]]"
) -> "EksClusterArgs":
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
        "node_subnet_ids": node_subnet_ids,
        "node_pools": pools,
        "access": access,
        "public_access": described.endpoint.kind == "public",
        "log_retention_days": described.logs.retention_days,
        "deletion_window_days": deletion_window(environment),
    }
    if described.endpoint.kind == "public":
        made["public_access_cidrs"] = [str(block) for block in described.endpoint.allowed]
    return made


def existing_cluster(environment: Environment, key: str, described: ExistingCluster) -> "ExistingClusterArgs":
    return {"context": described.context, **tenancy(environment, key)}


def tenancy(environment: Environment, key: str) -> "TenancyArgs":
    return {"teams": teams(environment, key), "gateway": _gateway(environment.clusters[key].gateway)}


def _gateway(described: ManagedGateway | ExistingGateway) -> "GatewayArgs":
    if described.kind == "managed":
        return {"name": GATEWAY, "namespace": GATEWAY_NAMESPACE, "gateway_class": described.class_}
    return {"name": described.name, "namespace": described.namespace}
