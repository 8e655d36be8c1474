"""Managed groups of nodes."""

from collections.abc import Callable, Mapping, Sequence
from functools import cache
from typing import NotRequired, TypedDict

import pulumi
import pulumi_aws as aws

from components._node_labels import GPU_TAINT_KEY, HAS_GPU, POOL_LABEL
from components.cluster._sizes import Size, asked
from components.ec2 import Ec2Resource

GPU_TAINT = {"key": GPU_TAINT_KEY, "value": "present", "effect": "NO_SCHEDULE"}

GPU_LABELS = {**HAS_GPU, "k8s.amazonaws.com/accelerator": "nvidia"}
"""The second tells an autoscaler that a new node is not ready before its GPUs are."""

DISK_GIB, GPU_DISK_GIB = 20, 100

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
    """Size of the disk. Default: 20, EKS's own; 100 with GPUs, whose serving images take tens of GiB."""
    image_release: NotRequired[str]
    """Release of the image of nodes. Default: the one that EKS recommends for the version of Kubernetes when the program runs."""
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
    release: Callable[[bool], pulumi.Input[str]]
    """Of the image that is recommended, for nodes with GPUs or without."""
    tags: Mapping[str, str]
    """Of instances and volumes: the provider's tags do not reach what a template makes."""


def recommended(version: str, parent: pulumi.Resource) -> Callable[[bool], pulumi.Output[str]]:
    """Releases of the image that EKS recommends now for a version of Kubernetes, for nodes with GPUs or without; each asked for once."""

    @cache
    def release(gpu: bool) -> pulumi.Output[str]:
        # docs.aws.amazon.com/eks/latest/userguide/retrieve-ami-id.html
        image = f"amazon-linux-2023/x86_64/{'nvidia' if gpu else 'standard'}"
        name = f"/aws/service/eks/optimized-ami/{version}/{image}/recommended/release_version"
        return aws.ssm.get_parameter_output(name=name, opts=pulumi.InvokeOutputOptions(parent=parent)).insecure_value

    return release


def live_sizes(cluster_name: str, parent: pulumi.Resource) -> dict[str, list[Size]]:
    """Sizes of the groups that the cluster has now, by pool; none where there is no cluster yet. Looked up at once, in previews too."""
    opts = pulumi.InvokeOptions(parent=parent)
    # Asked for by name, what is not there would be an error.
    if cluster_name not in aws.eks.get_clusters(opts=opts).names:
        return {}
    found: dict[str, list[Size]] = {}
    for group in aws.eks.get_node_groups(cluster_name=cluster_name, opts=opts).names:
        live = aws.eks.get_node_group(cluster_name=cluster_name, node_group_name=group, opts=opts)
        if POOL_LABEL in live.labels:
            size = [Size(one.min_size, one.max_size, one.desired_size) for one in live.scaling_configs]
            found.setdefault(live.labels[POOL_LABEL], []).extend(size)
    return found


def node_group(
    name: str, pool: str, nodes: NodePoolArgs, place: PlaceArgs, there: Sequence[Size], opts: pulumi.ResourceOptions
) -> aws.eks.NodeGroup:
    """A managed group `name`-`pool` with a launch template of its own.

    Instances answer metadata calls with a token alone and only to themselves, not to pods; disks are encrypted; a node that is broken is
    replaced; an update starts new nodes before it drains old ones, as many at a time as may be missing. `there`: sizes of the pool's groups
    of now, which new limits start from.
    """
    specification = {"tags": {**place["tags"], "Name": f"{name}-{pool}"}}
    size = nodes.get("disk_gib", GPU_DISK_GIB if nodes.get("gpu") else DISK_GIB)
    disk = {"encrypted": "true", "volumeType": "gp3", "volumeSize": size, "deleteOnTermination": "true"}
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
    number, sent = asked(nodes["min"], nodes["max"], there)
    # Whoever scales owns the number of nodes between the limits. The number that is ignored is one of long ago, and the provider sends it
    # with new limits (hashicorp/terraform-provider-aws, internal/service/eks/node_group.go): refused, or a loaded group shrinks.
    ignored = [] if sent else ["scalingConfig.desiredSize"]
    scaled = pulumi.ResourceOptions.merge(opts, pulumi.ResourceOptions(ignore_changes=ignored))
    return aws.eks.NodeGroup(
        f"{name}-{pool}",
        cluster_name=place["cluster_name"],
        version=place["version"],
        node_role_arn=place["role_arn"],
        subnet_ids=place["subnet_ids"],
        instance_types=nodes["instance_types"],
        capacity_type=nodes.get("capacity", "ON_DEMAND"),
        # Without one a group keeps the image of its first day until the version of Kubernetes changes.
        release_version=nodes.get("image_release") or place["release"](nodes.get("gpu", False)),
        ami_type="AL2023_x86_64_NVIDIA" if nodes.get("gpu") else "AL2023_x86_64_STANDARD",
        launch_template={"id": template.id, "version": version},
        scaling_config={"min_size": nodes["min"], "max_size": nodes["max"], "desired_size": number},
        update_config=_update(nodes),
        node_repair_config={"enabled": True},
        labels={**(GPU_LABELS if nodes.get("gpu") else {}), **nodes.get("labels", {}), POOL_LABEL: pool},
        taints=[aws.eks.NodeGroupTaintArgs(**taint) for taint in taints] or None,
        opts=scaled,
    )


def _update(nodes: NodePoolArgs) -> aws.eks.NodeGroupUpdateConfigArgsDict:
    most = nodes.get("max_unavailable", 1)
    return {"max_unavailable_percentage": most} if nodes.get("max_unavailable_is_share") else {"max_unavailable": most}
