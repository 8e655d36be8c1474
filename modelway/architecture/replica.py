"""One replica of a version: what it gets, and on which nodes it runs."""

from collections.abc import Iterator
from types import MappingProxyType
from typing import Annotated, Literal

from pydantic import Field

from modelway.architecture.base import Breach, Name, Section, Shaped, each
from modelway.architecture.instances import MOST_CPU, MOST_MEMORY
from modelway.architecture.quantities import Cpu, Memory

MigProfile = Annotated[
    str,
    Shaped(
        # docs.nvidia.com/datacenter/tesla/mig-user-guide/supported-mig-profiles.html
        r"[1-7]g\.[1-9][0-9]{0,2}gb",
        "a MIG profile: slices of the processor, a dot, memory",
        "Write it like 1g.10gb.",
        10,
    ),
]

MOST_DISK = 16 << 40
"""Bytes of the largest gp3 volume that nodes are made with
(docs.aws.amazon.com/AWSEC2/latest/APIReference/API_EbsBlockDevice.html)."""


class Resources(Section):
    """What one replica gets: asked for and not exceeded."""

    EXAMPLES = MappingProxyType({"disk": "40Gi", "gpu": 1, "gpu_sharing": "mig"})
    PEERS = MappingProxyType(
        {
            "cpu": "Kubernetes `requests.cpu` and `limits.cpu`",
            "memory": "Kubernetes `requests.memory` and `limits.memory`",
            "gpu": "Kubernetes `limits.nvidia.com/gpu`",
            "disk": "Kubernetes `requests.ephemeral-storage`",
        }
    )

    cpu: Cpu
    """Processors: "2", or 250m for a quarter of one."""
    memory: Memory
    """Memory, such as 512Mi."""
    disk: Memory | None = None
    """Room on the node's disk for weights that `registry.models.fetcher` fetches, such as 40Gi; absent, 1Gi is asked for and as much as
    memory may be taken, 1Gi at least."""
    gpu: int = Field(default=0, ge=0, le=16)
    """GPUs: whole ones, or parts of one by gpu_sharing."""
    gpu_sharing: Literal["none", "time_slicing", "mig"] = "none"
    """How a GPU is shared with others: by turns, without a limit on its memory, or in parts that NVIDIA's MIG keeps apart."""
    mig_profile: MigProfile | None = None
    """Size of a part, such as 1g.10gb; needed with gpu_sharing: mig."""

    def breaches(self) -> Iterator[Breach]:
        rules = [self._cpu_breaches(), self._memory_breaches(), self._disk_breaches()]
        yield from each([*rules, self._sharing_breaches(), self._slice_breaches(), self._profile_breaches()])

    def _cpu_breaches(self) -> Iterator[Breach]:
        if self.cpu.millicores > MOST_CPU * 1000:
            yield Breach(("cpu",), f"at most {MOST_CPU}: no instance has more", 'Write it like "2"; 500m is half of one.')

    def _memory_breaches(self) -> Iterator[Breach]:
        if self.memory.bytes > MOST_MEMORY:
            yield Breach(("memory",), f"at most {MOST_MEMORY >> 40}Ti: no instance has more", "Write it like 512Mi or 2Gi.")

    def _disk_breaches(self) -> Iterator[Breach]:
        if self.disk is not None and self.disk.bytes > MOST_DISK:
            yield Breach(("disk",), f"at most {MOST_DISK >> 40}Ti: no volume of EBS is larger", "Write it like 40Gi.")

    def _sharing_breaches(self) -> Iterator[Breach]:
        if self.gpu_sharing != "none" and not self.gpu:
            yield Breach(("gpu_sharing",), "only a GPU can be shared, and none is asked for", "Add gpu: 1, or remove it.", (("gpu",),))

    def _slice_breaches(self) -> Iterator[Breach]:
        # Two turns may be turns of the same GPU (github.com/NVIDIA/k8s-device-plugin#with-cuda-time-slicing).
        if self.gpu_sharing == "time_slicing" and self.gpu > 1:
            yield Breach(
                ("gpu",),
                "at most 1 where turns are shared: more turns may be turns of the same GPU, and are no faster",
                "Write gpu: 1, or remove gpu_sharing.",
                (("gpu_sharing",),),
            )

    def _profile_breaches(self) -> Iterator[Breach]:
        if self.gpu_sharing == "mig" and self.mig_profile is None:
            yield Breach(
                ("mig_profile",),
                "with gpu_sharing: mig the field mig_profile says how large a part is, and it is missing",
                "Add it like `mig_profile: 1g.10gb`.",
                (("gpu_sharing",),),
            )
        elif self.gpu_sharing != "mig" and self.mig_profile is not None:
            yield Breach(("mig_profile",), "only with gpu_sharing: mig", "Write gpu_sharing: mig, or remove it.", (("gpu_sharing",),))


class Placement(Section):
    """Which nodes replicas run on, and what they have to give way to."""

    EXAMPLES = MappingProxyType({"pool": "gpu", "zone_spread": "required", "priority": "high"})
    PEERS = MappingProxyType(
        {
            "pool": "Kubernetes `nodeSelector`",
            "zone_spread": "Kubernetes `topologySpreadConstraints`",
            "priority": "Kubernetes `priorityClassName`",
        }
    )

    pool: Name | None = None
    """Pool of nodes that they run in; any that fits when absent."""
    zone_spread: Literal["preferred", "required"] = "preferred"
    """Whether replicas are spread over zones as far as possible, or wait rather than be uneven."""
    spot: bool = False
    """Whether they may run on nodes that can be taken away with two minutes' notice."""
    priority: Literal["low", "normal", "high"] = "normal"
    """Which pods give way where there is no room for all: low before normal before high."""
