"""Which add-ons a cluster has, in which order, and with which rights."""

from dataclasses import dataclass, field


@dataclass(frozen=True)
class Identity:
    """A role that an add-on's pods get by EKS Pod Identity."""

    service_account: str
    """In kube-system."""
    policy: str
    """Name, with its path, of the AWS managed policy."""


@dataclass(frozen=True)
class Addon:
    """An EKS add-on."""

    name: str
    configuration: dict[str, object] = field(default_factory=dict)
    identity: Identity | None = None


NODES = (
    # Without the agent's rules the default-deny policies would be stored and not held.
    Addon("vpc-cni", {"enableNetworkPolicy": "true"}, Identity("aws-node", "AmazonEKS_CNI_Policy")),
    Addon("kube-proxy"),
    Addon("eks-pod-identity-agent"),
)
"""What a node needs to become ready, and pods to get their identity; before the nodes."""

WORKLOADS = (
    Addon("coredns"),
    # Repair of nodes acts on the conditions that it sets; by itself it sees a silent kubelet alone, and no broken GPU
    # (docs.aws.amazon.com/eks/latest/userguide/node-health.html).
    Addon("eks-node-monitoring-agent"),
    Addon("aws-ebs-csi-driver", {}, Identity("ebs-csi-controller-sa", "service-role/AmazonEBSCSIDriverPolicy")),
)
"""What runs on nodes; after them."""

MEASURES = (Addon("metrics-server"), Addon("kube-state-metrics"), Addon("prometheus-node-exporter"))
"""What tells of nodes and pods; after nodes."""


def addons(*, own_nodes: bool) -> tuple[tuple[Addon, ...], tuple[Addon, ...]]:
    """What comes before the nodes, and after them. Auto Mode alone brings what nodes and pods need itself
    (docs.aws.amazon.com/eks/latest/userguide/automode.html)."""
    return (NODES, (*WORKLOADS, *MEASURES)) if own_nodes else ((), MEASURES)
