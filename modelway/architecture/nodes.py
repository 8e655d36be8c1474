"""Nodes of an EKS cluster: pools of one's own, or EKS Auto Mode's."""

from collections.abc import Iterator
from types import MappingProxyType
from typing import Annotated, Any, Literal

from pydantic import Field, GetJsonSchemaHandler
from pydantic_core import CoreSchema

from modelway.architecture.base import Breach, Section, Shaped, each, min_above_max, of_each, repeated
from modelway.architecture.eks import has_arm_processors, has_nvidia_gpus
from modelway.architecture.instances import InstanceType
from modelway.architecture.quantities import Memory, Written

LabelKey = Annotated[
    str,
    Shaped(
        # kubernetes.io/docs/concepts/overview/working-with-objects/labels; kubelets may not set most of the reserved ones
        # (kubernetes.io/docs/reference/access-authn-authz/admission-controllers/#noderestriction).
        r"(?!([a-z0-9.-]+\.)?(kubernetes\.io|k8s\.io|eks\.amazonaws\.com|modelway\.dev)/)([a-z0-9]([-a-z0-9.]*[a-z0-9])?/)?"
        r"[A-Za-z0-9]([-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?",
        "the key of a label, not of kubernetes.io, k8s.io, eks.amazonaws.com or modelway.dev, which are others' to set",
        "Write it like example.com/purpose.",
        200,
    ),
]
LabelValue = Annotated[
    str,
    Shaped(r"([A-Za-z0-9]([-A-Za-z0-9_.]*[A-Za-z0-9])?)?", "letters, digits, dashes, dots and underscores", "Write it like batch.", 63),
]

ImageRelease = Annotated[
    str,
    Shaped(
        r"1\.[1-9][0-9]\.[0-9]+-20[0-9]{6}",
        "a release of EKS's image for nodes",
        "Write it like 1.35.0-20261112; github.com/awslabs/amazon-eks-ami/releases lists them.",
        40,
    ),
]

GPU_TAINT = "nvidia.com/gpu"
"""Key of the taint that pools with GPUs have already."""


BUILT_IN = ("default", "general-purpose", "system")
"""Names of EKS Auto Mode's own pools and of their class (docs.aws.amazon.com/eks/latest/userguide/create-node-class.html)."""


class Unavailable(Written):
    """How many nodes: a number, or a share of a pool."""

    # docs.aws.amazon.com/eks/latest/APIReference/API_NodegroupUpdateConfig.html
    SHAPE = r"([1-9][0-9]?|100)(%?)"
    RULE = "a number of nodes or a whole percentage, 1 to 100"
    WAY_OUT = "Write it like 2 or 25%."
    __slots__ = ()

    @classmethod
    def _read(cls, value: object) -> "Unavailable":
        return super()._read(str(value) if isinstance(value, int) and not isinstance(value, bool) else value)

    @classmethod
    def __get_pydantic_json_schema__(cls, schema: CoreSchema, handler: GetJsonSchemaHandler) -> dict[str, Any]:
        return {**super().__get_pydantic_json_schema__(schema, handler), "type": ["string", "integer"]}

    @property
    def number(self) -> int:
        """Of nodes, or of each hundred of them."""
        return int(self._parts[1])

    @property
    def is_share(self) -> bool:
        return bool(self._parts[2])


class Taint(Section):
    """What keeps pods off a node, but those that tolerate it."""

    EXAMPLES = MappingProxyType({"value": "nightly"})

    key: LabelKey
    """Key, such as example.com/purpose."""
    value: LabelValue = ""
    """Value; may be left out."""
    effect: Literal["no_schedule", "prefer_no_schedule", "no_execute"]
    """What it does to pods: not put here, rather not put here, or put elsewhere even when they run."""


class NodePool(Section):
    """Nodes of one kind."""

    EXAMPLES = MappingProxyType(
        {
            "instance_types": ["m7i.large", "m7a.large"],
            "min": 2,
            "max": 6,
            "capacity": "spot",
            "labels": {"example.com/purpose": "batch"},
            "disk": "100Gi",
            "made_by": "managed_group",
            "max_unavailable": "25%",
            "image_release": "1.35.0-20261112",
        }
    )
    PEERS = MappingProxyType(
        {
            "instance_types": "EKS `instanceTypes`",
            "min": "EKS `minSize`",
            "max": "EKS `maxSize`",
            "capacity": "EKS `capacityType`",
            "disk": "EKS `diskSize`",
            "taints": "Kubernetes `taints`",
            "labels": "Kubernetes `labels`",
            "made_by": "EKS `Nodegroup`, Karpenter `NodePool`",
            "image_release": "EKS `releaseVersion`",
            "max_unavailable": "EKS `updateConfig.maxUnavailable`, Karpenter `disruption.budgets`",
        }
    )

    instance_types: tuple[InstanceType, ...] = Field(min_length=1, max_length=20)
    """EC2 instance types, the preferred one first."""
    min: int = Field(ge=0, le=450)
    """Fewest nodes, 0 to 450 (what EKS allows in a managed node group)."""
    max: int = Field(ge=1, le=450)
    """Most nodes, 1 to 450."""
    gpu: bool = False
    """Whether the nodes have GPUs; only pods that ask for one run there."""
    capacity: Literal["on_demand", "spot"] = "on_demand"
    """How they are bought. Spot nodes cost less and can be taken away with two minutes' notice."""
    labels: dict[LabelKey, LabelValue] = Field(default_factory=dict, max_length=40)
    """Labels of the nodes, besides modelway.dev/pool."""
    taints: tuple[Taint, ...] = Field(default=(), max_length=40)
    """What keeps other pods off; pools with GPUs have a taint for that already."""
    disk: Memory | None = None
    """Size of each node's disk, 20Gi to 16Ti; absent, 20Gi, with GPUs 100Gi, and 80Gi where Auto Mode makes them."""
    made_by: Literal["managed_group", "auto_mode"] = "managed_group"
    """Who makes the nodes: a managed node group that Cluster Autoscaler scales, or EKS Auto Mode when pods ask for them."""
    image_release: ImageRelease | None = None
    """Release of EKS's image for nodes; absent, the one that EKS recommends at the time of `pulumi up`, which then replaces nodes of an
    older one. Auto Mode replaces nodes by itself."""
    max_unavailable: Unavailable = Unavailable("1")
    """Nodes that are replaced at the same time, a number or a percentage, 1 to 100. More is faster, and moves more pods at once."""

    def breaches(self) -> Iterator[Breach]:
        yield from each([min_above_max(self), repeated(self, "instance_types"), self._disk_breaches(), self._kept_breaches()])
        yield from each([self._image_breaches()])
        yield from each(of_each(self, "instance_types", rule) for rule in (self._arm_breaches, self._gpu_breaches))
        yield from each(of_each(self, "taints", rule) for rule in (self._taint_breaches, self._own_taint_breaches))

    def _disk_breaches(self) -> Iterator[Breach]:
        # The image of a node needs 20 GiB; an EBS volume of type gp3 has 16 TiB at most.
        if self.disk is not None and not 20 << 30 <= self.disk.bytes <= 16 << 40:
            yield Breach(("disk",), "20Gi to 16Ti", "Write it like 100Gi.")

    def _kept_breaches(self) -> Iterator[Breach]:
        if self.min and self.made_by == "auto_mode":
            yield Breach(
                ("min",),
                "0 where Auto Mode makes the nodes: it keeps none that no pod asks for",
                "Write min: 0, or made_by: managed_group.",
                (("made_by",),),
            )

    def _image_breaches(self) -> Iterator[Breach]:
        if self.image_release is not None and self.made_by == "auto_mode":
            yield Breach(
                ("image_release",),
                "a choice for managed groups: Auto Mode chooses images itself",
                "Remove it, or write made_by: managed_group.",
                (("made_by",),),
            )

    def _arm_breaches(self, number: int, kind: str) -> Iterator[Breach]:
        if has_arm_processors(kind):
            yield Breach(
                ("instance_types", number),
                "instances with x86 processors: these have Arm processors, and serving images are made for x86",
                "Name one without a g after the generation, like m7i.large.",
            )

    def _gpu_breaches(self, number: int, kind: str) -> Iterator[Breach]:
        if has_arm_processors(kind):
            return
        if self.gpu and not has_nvidia_gpus(kind):
            yield Breach(
                ("instance_types", number),
                "instances with NVIDIA GPUs, in a pool with gpu: true",
                "Name one like g6.xlarge, or remove gpu.",
                (("gpu",),),
            )
        elif not self.gpu and has_nvidia_gpus(kind):
            yield Breach(
                ("instance_types", number),
                "instances without GPUs, in a pool without gpu: true: nothing could use what they cost",
                "Add gpu: true, or name one like m7i.large.",
                judged_by=(("gpu",),),
            )

    def _taint_breaches(self, number: int, taint: Taint) -> Iterator[Breach]:
        if any((taint.key, taint.effect) == (other.key, other.effect) for other in self.taints[:number]):
            yield Breach(("taints", number, "key"), "one taint for each key and effect", "Remove one of the two.")

    def _own_taint_breaches(self, number: int, taint: Taint) -> Iterator[Breach]:
        if self.gpu and taint.key == GPU_TAINT:
            yield Breach(("taints", number, "key"), "a pool with GPUs has this taint already", "Remove it.", judged_by=(("gpu",),))


class AutoMode(Section):
    """EKS Auto Mode: EKS chooses, starts and replaces nodes by what pods ask for."""

    EXAMPLES = MappingProxyType({"node_pools": ["general-purpose"]})

    node_pools: tuple[Literal["general-purpose", "system"], ...] = Field(default=("general-purpose", "system"), min_length=1)
    """Pools of EKS's own (docs.aws.amazon.com/eks/latest/userguide/set-builtin-node-pools.html)."""

    def breaches(self) -> Iterator[Breach]:
        yield from each([repeated(self, "node_pools")])
