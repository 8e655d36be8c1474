"""Pools whose nodes EKS Auto Mode makes, as manifests."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from components import _labels as labels
from components._node_labels import GPU_TAINT_KEY, HAS_GPU, POOL_LABEL

Manifest = dict[str, object]

LIFETIME = "336h"
"""How old a node becomes before another takes its place: EKS's own default; 21 days are the most that it allows
(docs.aws.amazon.com/eks/latest/userguide/automode-learn-instances.html)."""

PATIENCE = "24h"
"""How long pods may hold up a node that has to go, as in EKS's own pools; without an end a single budget would keep old nodes for ever."""


@dataclass(frozen=True)
class Pool:
    """Nodes of one kind."""

    instance_types: Sequence[str]
    max_nodes: int
    max_cpus: int = 0
    """Processors of all its nodes together; 0 where nobody knows how many its types have."""
    gpu: bool = False
    spot: bool = False
    labels: Mapping[str, str] = field(default_factory=dict)
    taints: Sequence[Mapping[str, object]] = ()
    """Key, value and effect as Kubernetes writes it."""
    disk_gib: int = 0
    """0 for EKS's own, 80."""
    max_unavailable: str = "1"
    """Nodes that go at the same time, a number or a percentage."""


def node_class(name: str, pool: Pool, *, role: object, subnets: object, security_groups: object) -> Manifest:
    """Where the pool's nodes stand and as whom they join; `subnets` and `security_groups` are lists of terms.

    Disks are encrypted with the account's key for EBS, by EKS itself (docs.aws.amazon.com/eks/latest/userguide/auto-kms.html).
    """
    spec: Manifest = {"role": role, "subnetSelectorTerms": subnets, "securityGroupSelectorTerms": security_groups}
    if pool.disk_gib:
        spec["ephemeralStorage"] = {"size": f"{pool.disk_gib}Gi"}
    return {
        "apiVersion": "eks.amazonaws.com/v1",
        "kind": "NodeClass",
        "metadata": {"name": name, "labels": labels.MANAGED},
        "spec": spec,
    }


def node_pool(name: str, class_name: object, pool: Pool) -> Manifest:
    """Nodes that come when pods ask for them, and go when others have room for theirs; those with GPUs, when they are empty: weights take
    long to load again."""
    requirements = [
        _one_of("node.kubernetes.io/instance-type", *pool.instance_types),
        _one_of("karpenter.sh/capacity-type", "spot" if pool.spot else "on-demand"),
        _one_of("kubernetes.io/arch", "amd64"),
        _one_of("kubernetes.io/os", "linux"),
    ]
    own = [{"key": GPU_TAINT_KEY, "value": "present", "effect": "NoSchedule"}] if pool.gpu else []
    node: Manifest = {
        "nodeClassRef": {"group": "eks.amazonaws.com", "kind": "NodeClass", "name": class_name},
        "requirements": requirements,
        "expireAfter": LIFETIME,
        "terminationGracePeriod": PATIENCE,
    }
    if taints := [*own, *({key: value for key, value in taint.items() if value} for taint in pool.taints)]:
        node["taints"] = taints
    told = {**(HAS_GPU if pool.gpu else {}), **pool.labels, POOL_LABEL: name}
    # Releases of Karpenter differ in whether they hold pools that grow to a number of nodes; all hold them to processors.
    limits = {"nodes": str(pool.max_nodes), **({"cpu": str(pool.max_cpus)} if pool.max_cpus else {})}
    return {
        "apiVersion": "karpenter.sh/v1",
        "kind": "NodePool",
        "metadata": {"name": name, "labels": labels.MANAGED},
        "spec": {
            "template": {"metadata": {"labels": told}, "spec": node},
            "limits": limits,
            "disruption": {
                "consolidationPolicy": "WhenEmpty" if pool.gpu else "WhenEmptyOrUnderutilized",
                "consolidateAfter": "10m" if pool.gpu else "5m",
                "budgets": [{"nodes": pool.max_unavailable}],
            },
        },
    }


def _one_of(key: str, *values: str) -> Manifest:
    return {"key": key, "operator": "In", "values": list(values)}
