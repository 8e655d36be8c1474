"""What is known of one version of a model before it is in a cluster."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from components import _labels as labels
from components._names import versioned
from components.endpoint._placement import Placement
from components.endpoint._scaling import Targets
from components.endpoint._weights import Weights

Manifest = dict[str, object]


@dataclass(frozen=True)
class Times:
    """What a pod is given, in seconds."""

    warm_up: int = 300
    """Until it answers."""
    drain: int = 20
    """To finish what it was asked, once it accepts nothing more."""


@dataclass(frozen=True)
class Version:
    """One version of a model in its namespace. Values that other resources give may be Outputs."""

    model: str
    version: str
    team: str
    namespace: object
    image: object
    weights: Weights
    cpu_millicores: int
    memory_bytes: int
    gpus: int
    min_replicas: int
    max_replicas: int
    gateway_namespace: object
    monitoring_namespace: object
    identity: object | None
    """Id of the pod identity association; pods start anew when it is another."""
    gpu_resource: str = "nvidia.com/gpu"
    targets: Targets = field(default_factory=Targets)
    placement: Placement = field(default_factory=Placement)
    times: Times = field(default_factory=Times)
    environment: Mapping[str, object] = field(default_factory=dict)

    @property
    def name(self) -> str:
        return versioned(self.model, self.version)

    @property
    def first_replicas(self) -> int:
        """Pods that it begins with: one at least, or nobody would know whether it runs at all."""
        return max(1, self.min_replicas)

    @property
    def selector(self) -> dict[str, str]:
        return labels.selector(self.model, self.version)

    @property
    def labels(self) -> dict[str, str]:
        return labels.of_version(self.model, self.version, self.team, self.name)

    def manifest(self, api_version: str, kind: str, *, annotations: Mapping[str, str] | None = None, **content: object) -> Manifest:
        metadata: dict[str, object] = {"name": self.name, "namespace": self.namespace, "labels": self.labels}
        if annotations:
            metadata["annotations"] = dict(annotations)
        return {"apiVersion": api_version, "kind": kind, "metadata": metadata, **content}
