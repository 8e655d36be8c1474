"""What an endpoint runs on."""

from collections.abc import Iterator
from types import MappingProxyType
from typing import Annotated, Literal

from pydantic import Field

from modelway.architecture.base import Breach, Section, each
from modelway.architecture.instances import SageMakerInstance
from modelway.architecture.quantities import Duration

SHORTEST_WAIT, LONGEST_WAIT = 300, 1800
"""Seconds: an alarm goes off when three of five minutes are bad, and an update ends within an hour."""


class KubernetesRuntime(Section):
    """Plain Kubernetes objects and a Gateway API route."""

    kind: Literal["kubernetes"] = "kubernetes"


def _length(rollout: Section, field: str) -> Iterator[Breach]:
    """Asks for the field only when it is asked itself: it may have a fault of its own."""
    length: Duration = getattr(rollout, field)
    if not SHORTEST_WAIT <= length.seconds <= LONGEST_WAIT:
        yield Breach((field,), "5m to 30m: alarms look at five minutes, and an update ends within an hour", "Write it like 10m.")


class CanaryRollout(Section):
    """A part of the requests goes to new instances first, the rest after a while."""

    EXAMPLES = MappingProxyType({"percent": 20, "wait": "15m", "bake": "10m"})
    PEERS = MappingProxyType({"percent": "SageMaker `CanarySize`", "wait": "SageMaker `WaitIntervalInSeconds`"})

    kind: Literal["canary"] = "canary"
    percent: int = Field(default=10, ge=1, le=50)
    """Percent of the instances in the first step, 1 to 50; at least one instance."""
    wait: Duration = Duration("10m")
    """Time after the first step, 5m to 30m."""
    bake: Duration = Duration("5m")
    """How long the old instances stay after the last step, 5m to 30m."""

    def breaches(self) -> Iterator[Breach]:
        yield from each([_length(self, "wait"), _length(self, "bake")])


class LinearRollout(Section):
    """Requests go to new instances in equal steps."""

    EXAMPLES = MappingProxyType({"percent": 20, "wait": "10m", "bake": "10m"})
    PEERS = MappingProxyType({"percent": "SageMaker `LinearStepSize`", "wait": "SageMaker `WaitIntervalInSeconds`"})

    kind: Literal["linear"]
    percent: int = Field(default=25, ge=10, le=50)
    """Percent of the instances in a step, 10 to 50; at least one instance."""
    wait: Duration = Duration("5m")
    """Time between steps, 5m to 30m."""
    bake: Duration = Duration("5m")
    """How long the old instances stay after the last step, 5m to 30m."""

    def breaches(self) -> Iterator[Breach]:
        yield from each([_length(self, "wait"), _length(self, "bake")])


class AllAtOnceRollout(Section):
    """All requests go to new instances at once."""

    EXAMPLES = MappingProxyType({"bake": "15m"})

    kind: Literal["all_at_once"]
    bake: Duration = Duration("10m")
    """How long the old instances stay after it, 5m to 30m."""

    def breaches(self) -> Iterator[Breach]:
        yield from each([_length(self, "bake")])


Rollout = Annotated[CanaryRollout | LinearRollout | AllAtOnceRollout, Field(discriminator="kind")]


class SageMakerRuntime(Section):
    """A real-time endpoint of Amazon SageMaker AI; a replica is an instance."""

    PEERS = MappingProxyType({"instance_type": "SageMaker `InstanceType`, Azure ML `instance_type`"})

    kind: Literal["sagemaker"]
    instance_type: SageMakerInstance
    """Type of the instances, such as ml.m7i.large."""
    rollout: Rollout = Field(default_factory=CanaryRollout)
    """How an update moves requests to new instances; it goes back by itself when the promised latency or error rate is not kept."""


Runtime = Annotated[KubernetesRuntime | SageMakerRuntime, Field(discriminator="kind")]
