"""Pools of nodes that EKS Auto Mode makes."""

from collections.abc import Mapping
from typing import NotRequired, TypedDict

import pulumi

from components.cluster import _auto_mode as auto_mode
from components.objects import KubernetesObject
from components.outputs import gathered


class AutoTaintArgs(TypedDict):
    """What keeps pods off a node."""

    key: str
    value: str
    effect: str
    """As Kubernetes writes it."""


class AutoPoolArgs(TypedDict):
    """Nodes of one kind."""

    instance_types: list[str]
    max_nodes: int
    max_cpus: NotRequired[int]
    """Processors of all its nodes together; no limit of that sort when absent."""
    gpu: NotRequired[bool]
    """Nodes have NVIDIA GPUs: a taint keeps others off."""
    spot: NotRequired[bool]
    labels: NotRequired[Mapping[str, str]]
    """On top of modelway.dev/pool."""
    taints: NotRequired[list[AutoTaintArgs]]
    disk_gib: NotRequired[int]
    """Size of the disk. Default: 80, EKS's own."""
    max_unavailable: NotRequired[str]
    """Nodes that go at the same time, a number or a percentage. Default: 1."""


class AutoNodesArgs(TypedDict):
    """Where the nodes are, and of which kinds."""

    role: pulumi.Input[str]
    """Name of the role that the cluster's Auto Mode has for nodes: EKS lets in no other."""
    security_group_id: pulumi.Input[str]
    """The cluster's."""
    subnet_ids: pulumi.Input[list[str]]
    pools: dict[str, AutoPoolArgs]


class AutoNodes(pulumi.ComponentResource):
    """A NodeClass and a NodePool for each pool. EKS makes nodes of it when pods ask for them, replaces them after two weeks, and takes away
    those that nobody needs."""

    node_pools: pulumi.Output[dict[str, str]]
    """Name of the NodePool by pool."""

    def __init__(self, name: str, args: AutoNodesArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("modelway:index:AutoNodes", name, {**args}, opts)
        child = pulumi.ResourceOptions(parent=self)
        subnets = pulumi.Output.from_input(args["subnet_ids"]).apply(lambda found: [{"id": subnet} for subnet in found])
        groups = [{"id": args["security_group_id"]}]
        made: dict[str, pulumi.Output[str]] = {}
        for key, given in sorted(args["pools"].items()):
            pool = auto_mode.Pool(**given)
            manifest = auto_mode.node_class(key, pool, role=args["role"], subnets=subnets, security_groups=groups)
            class_name = KubernetesObject(f"{name}-{key}-class", manifest, child).physical_name
            made[key] = KubernetesObject(f"{name}-{key}-pool", auto_mode.node_pool(key, class_name, pool), child).physical_name
        self.node_pools = gathered(made)
        self.register_outputs({"node_pools": self.node_pools})
