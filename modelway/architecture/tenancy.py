"""What teams find in a cluster: the Gateway that they share, and how much each may ask for."""

import re
from collections.abc import Iterator
from types import MappingProxyType
from typing import Annotated, Literal

from pydantic import Field

from modelway.architecture.base import Breach, Name, Section, Shaped, each
from modelway.architecture.quantities import Cpu, Memory

ObjectName = Annotated[
    str,
    Shaped(
        r"[a-z0-9]([-a-z0-9.]*[a-z0-9])?",
        "a Kubernetes name: lower-case letters, digits, dots and dashes",
        "`kubectl get` shows the names that are there.",
        253,
    ),
]
Hostname = Annotated[
    str,
    Shaped(
        r"(\*\.)?([a-z0-9]([-a-z0-9]*[a-z0-9])?\.)+[a-z]([-a-z0-9]*[a-z0-9])?",
        "a DNS name, in lower case; the first label may be *",
        "Write it like models.example.com.",
        253,
    ),
]

_ENVOY = re.compile(r"eg|.*envoy.*")
"""Classes that Envoy Gateway answers for where it was there before, by the names that its documentation uses
(gateway.envoyproxy.io/docs/tasks/quickstart)."""


class GatewayTls(Section):
    """The certificate that a Gateway answers with."""

    EXAMPLES = MappingProxyType({"secret": "models-tls", "hostname": "models.example.com", "issuer": "letsencrypt"})

    secret: ObjectName
    """Secret of type kubernetes.io/tls in the namespace `gateway-system`; only its name is known here."""
    hostname: Hostname | None = None
    """Name that callers use, such as models.example.com; any when absent."""
    issuer: ObjectName | None = None
    """ClusterIssuer of cert-manager that makes and renews the Secret; somebody else does when absent. It needs a hostname."""

    def breaches(self) -> Iterator[Breach]:
        yield from each([self._issuer_breaches()])

    def _issuer_breaches(self) -> Iterator[Breach]:
        if self.issuer is not None and self.hostname is None:
            yield Breach(
                ("issuer",),
                "cert-manager makes certificates for a name, and there is none",
                "Add `hostname: NAME`.",
                judged_by=(("hostname",),),
            )


class ManagedGateway(Section):
    """A Gateway that is made: `models`, in the namespace `gateway-system`."""

    EXAMPLES = MappingProxyType({"class": "envoy"})
    PEERS = MappingProxyType({"class": "Gateway API `gatewayClassName`", "tls": "Gateway API `listeners.tls`"})

    kind: Literal["managed"]
    class_: ObjectName = Field(alias="class")
    """Class of the Gateway (gatewayClassName)."""
    controller: Literal["there", "envoy"] = "there"
    """Who answers for the class: a controller that is there, or Envoy Gateway, which is installed and makes the class."""
    exposure: Literal["internal", "internet"] = "internal"
    """Where the load balancer of an Envoy Gateway that is installed answers: in the network alone, or on the internet."""
    tls: GatewayTls | None = None
    """Answer by HTTPS on port 443 alone; by HTTP on port 80 when absent."""

    @property
    def is_envoy(self) -> bool:
        """Whether Envoy Gateway answers for the class: it is installed here, or the name says so."""
        return self.controller == "envoy" or bool(_ENVOY.fullmatch(self.class_))

    def breaches(self) -> Iterator[Breach]:
        yield from each([self._exposure_breaches()])

    def _exposure_breaches(self) -> Iterator[Breach]:
        if self.exposure == "internet" and self.controller == "there":
            yield Breach(
                ("exposure",),
                "a controller that is there already decides itself where it answers",
                "Remove it, or write controller: envoy.",
                (("controller",),),
            )
        elif self.exposure == "internet" and self.tls is None:
            yield Breach(
                ("exposure",),
                "on the internet requests are encrypted, and there is no certificate",
                "Add `tls: {secret: NAME}`.",
                judged_by=(("controller",), ("tls",)),
            )


class ExistingGateway(Section):
    """A Gateway that is there already and is left as it is."""

    EXAMPLES = MappingProxyType({"name": "shared", "namespace": "gateways"})

    kind: Literal["existing"]
    name: ObjectName
    namespace: Name
    """Namespace it is in."""


Gateway = Annotated[ManagedGateway | ExistingGateway, Field(discriminator="kind")]


class Quota(Section):
    """What the pods of a team may ask for together."""

    EXAMPLES = MappingProxyType({"cpu": "64", "memory": "256Gi", "gpu": 4, "pods": 100})
    PEERS = MappingProxyType(dict.fromkeys(("cpu", "memory", "gpu", "pods"), "Kubernetes `ResourceQuota`"))

    cpu: Cpu | None = None
    """Processors; any number when absent."""
    memory: Memory | None = None
    """Memory; any amount when absent."""
    gpu: int | None = Field(default=None, ge=0, le=10_000)
    """NVIDIA GPUs, whole ones; any number when absent."""
    pods: int | None = Field(default=None, ge=1, le=10_000)
    """Pods; any number when absent."""
