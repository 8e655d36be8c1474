"""How a model is served: on what, by how many, which version to whom, and how well."""

from collections.abc import Iterator
from typing import Literal

from pydantic import Field

from modelway.architecture.base import Breach, Section, VersionName, each
from modelway.architecture.quantities import Cpu, Duration, Memory, Percent


class KubernetesRuntime(Section):
    """Plain Kubernetes objects and a Gateway API route."""

    kind: Literal["kubernetes"] = "kubernetes"


class Resources(Section):
    """What one replica gets: asked for and not exceeded."""

    cpu: Cpu
    """Processors: "2", or 250m for a quarter of one."""
    memory: Memory
    """Memory, such as 512Mi."""
    gpu: int = Field(default=0, ge=0, le=16)
    """Whole GPUs."""


class ScalingTarget(Section):
    """What the autoscaler keeps to."""

    cpu: Percent
    """Mean use of the processors asked for, 1% to 100%."""

    def breaches(self) -> Iterator[Breach]:
        if self.cpu.fraction < 0.01 or self.cpu.fraction * 100 % 1 > 1e-9:
            yield Breach(("cpu",), "a whole number of percent, at least 1", "Write it like 70%.")


class Scaling(Section):
    """How many replicas each version has."""

    min: int = Field(ge=1, le=1000)
    """Fewest replicas, 1 or more."""
    max: int = Field(ge=1, le=1000)
    """Most replicas."""
    target: ScalingTarget
    """What decides between the two."""

    def breaches(self) -> Iterator[Breach]:
        if self.min > self.max:
            yield Breach(
                ("min",),
                f"min is at most max; they are {self.min} and {self.max}",
                f"Lower min to {self.max}, or raise max to {self.min}.",
                (("max",),),
            )


class Canary(Section):
    """A version that answers a part of the requests."""

    version: VersionName
    percent: int = Field(ge=1, le=99)
    """Percent of requests that it answers, 1 to 99; `live` answers the others."""


class Shadow(Section):
    """A version that gets copies of requests; nobody sees what it answers."""

    version: VersionName
    percent: int = Field(ge=1, le=100)
    """Percent of requests that are copied, 1 to 100."""


class Traffic(Section):
    """Which version answers."""

    live: VersionName
    """Version that answers all requests that no canary answers."""
    canary: Canary | None = None
    """Version that is being tried on users."""
    shadow: Shadow | None = None
    """Version that is being tried on copies."""

    def breaches(self) -> Iterator[Breach]:
        yield from each(self._live_again(role) for role in ("canary", "shadow"))

    def _live_again(self, role: str) -> Iterator[Breach]:
        tried = getattr(self, role)
        if tried and tried.version == self.live:
            yield Breach(
                (role, "version"),
                f"{role} and live are different versions; both are {self.live}",
                f"Name the version to try, or remove {role}.",
                (("live",),),
            )


class Slo(Section):
    """What is promised to those who call, over 30 days."""

    latency_p99: Duration
    """What 99 of 100 requests are faster than, such as 200ms."""
    availability: Percent
    """Share of requests answered without a fault of the server, 50% up to but not 100%."""
    error_rate: Percent
    """Share of failed requests that is too much at any time, above 0%."""

    def breaches(self) -> Iterator[Breach]:
        yield from each([self._availability_breaches(), self._error_rate_breaches()])

    def _availability_breaches(self) -> Iterator[Breach]:
        if not 0.5 <= self.availability.fraction < 1:
            yield Breach(
                ("availability",),
                "at least 50% and less than 100%: with nothing left to fail, every fault would page somebody",
                "Write it like 99.9%.",
            )

    def _error_rate_breaches(self) -> Iterator[Breach]:
        if not self.error_rate.fraction:
            yield Breach(("error_rate",), "more than 0%", "Write it like 1%.")


class Endpoint(Section):
    """A model that answers requests by the Open Inference Protocol, version 2."""

    runtime: KubernetesRuntime = Field(default_factory=KubernetesRuntime)
    """What it runs on."""
    resources: Resources
    """What one replica gets."""
    scaling: Scaling
    """How many replicas each version has."""
    traffic: Traffic
    """Which version answers."""
    slo: Slo
    """What is promised; alerts are made from it."""
