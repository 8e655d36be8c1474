"""Managed groups of nodes."""

from collections.abc import Mapping
from typing import NotRequired, TypedDict

import pulumi
import pulumi_aws as aws

from components._node_labels import GPU_TAINT_KEY, HAS_GPU, POOL_LABEL
from components.ec2 import Ec2Resource

GPU_TAINT = {"key": GPU_TAINT_KEY, "value": "present", "effect": "NO_SCHEDULE"}

GPU_LABELS = {**HAS_GPU, "k8s.amazonaws.com/accelerator": "nvidia"}
"""The second tells an autoscaler that a new node is not ready before its GPUs are."""

ROOT_DISK = "/dev/xvda"
"""What Amazon Linux 2023 starts from (docs.aws.amazon.com/linux/al2023/ug/ami-names-and-ids.html)."""


class TaintArgs(TypedDict):
    """What keeps pods off a node."""

    key: str
    value: str
    effect: str
    """NO_SCHEDULE, PREFER_NO_SCHEDULE or NO_EXECUTE."""


class NodePoolArgs(TypedDict):
    """Nodes of one kind."""

    instance_types: list[str]
    min: int
    max: int
    gpu: NotRequired[bool]
    """Nodes have NVIDIA GPUs: they get the image with drivers and a taint that keeps others off."""
    capacity: NotRequired[str]
    """ON_DEMAND (default) or SPOT."""
    labels: NotRequired[Mapping[str, str]]
    """On top of modelway.dev/pool."""
    taints: NotRequired[list[TaintArgs]]
    disk_gib: NotRequired[int]
    """Size of the disk. Default: 20, EKS's own."""
    max_unavailable: NotRequired[int]
    """Nodes that are replaced at the same time. Default: 1."""
    max_unavailable_is_share: NotRequired[bool]
    """Whether it is a percentage of the group. Default: no."""


class PlaceArgs(TypedDict):
    """Where the nodes of a cluster are."""

    cluster_name: pulumi.Input[str]
    version: str
    """Of Kubernetes. Nodes follow the control plane, after its add-ons."""
    role_arn: pulumi.Input[str]
    subnet_ids: pulumi.Input[list[str]]
    tags: Mapping[str, str]
    """Of instances and volumes: the provider's tags do not reach what a template makes."""


def node_group(name: str, pool: str, nodes: NodePoolArgs, place: PlaceArgs, opts: pulumi.ResourceOptions) -> aws.eks.NodeGroup:
    """A managed group `name`-`pool` with a launch template of its own.

    Instances answer metadata calls with a token alone and only to themselves, not to pods; disks are encrypted; a node that is broken is
    replaced; an update starts new nodes before it drains old ones, as many at a time as may be missing.
    """
    specification = {"tags": {**place["tags"], "Name": f"{name}-{pool}"}}
    disk = {"encrypted": "true", "volumeType": "gp3", "volumeSize": nodes.get("disk_gib", 20), "deleteOnTermination": "true"}
    template = Ec2Resource(
        "LaunchTemplate",
        f"{name}-{pool}-template",
        {
            "description": f"Nodes of pool {pool}",
            # One hop: the answer does not reach a pod, whose packets take two.
            "metadataOptions": {"httpEndpoint": "enabled", "httpTokens": "required", "httpPutResponseHopLimit": 1},
            "blockDeviceMappings": [{"deviceName": ROOT_DISK, "ebs": disk}],
            "tagSpecifications": [{"resourceType": kind, **specification} for kind in ("instance", "volume")],
            "updateDefaultVersion": True,
        },
        opts,
        outputs=["latestVersion"],
    )
    # Numbers are floats on the wire.
    version = template.output("latestVersion").apply(lambda number: str(int(number)))
    own: list[TaintArgs] = [TaintArgs(**GPU_TAINT)] if nodes.get("gpu") else []  # type: ignore[typeddict-item]
    taints = [*own, *nodes.get("taints", [])]
    # Whoever scales owns the number of nodes between the limits.
    scaled = pulumi.ResourceOptions.merge(opts, pulumi.ResourceOptions(ignore_changes=["scalingConfig.desiredSize"]))
    return aws.eks.NodeGroup(
        f"{name}-{pool}",
        cluster_name=place["cluster_name"],
        version=place["version"],
        node_role_arn=place["role_arn"],
        subnet_ids=place["subnet_ids"],
        instance_types=nodes["instance_types"],
        capacity_type=nodes.get("capacity", "ON_DEMAND"),
        ami_type="AL2023_x86_64_NVIDIA" if nodes.get("gpu") else "AL2023_x86_64_STANDARD",
        launch_template={"id": template.id, "version": version},
        scaling_config={"min_size": nodes["min"], "max_size": nodes["max"], "desired_size": nodes["min"]},
        update_config=_update(nodes),
        node_repair_config={"enabled": True},
        labels={**(GPU_LABELS if nodes.get("gpu") else {}), **nodes.get("labels", {}), POOL_LABEL: pool},
        taints=[aws.eks.NodeGroupTaintArgs(**taint) for taint in taints] or None,
        opts=scaled,
    )


def _update(nodes: NodePoolArgs) -> aws.eks.NodeGroupUpdateConfigArgsDict:
    most = nodes.get("max_unavailable", 1)
    return {"max_unavailable_percentage": most} if nodes.get("max_unavailable_is_share") else {"max_unavailable": most}
