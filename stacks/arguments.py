"""From what an environment says to what components take; nothing else knows both."""

from collections.abc import Mapping
from typing import TYPE_CHECKING

from modelway.architecture import EksCluster, Environment, ExistingCluster, Model, Network
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
