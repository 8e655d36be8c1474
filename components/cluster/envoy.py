"""Envoy Gateway, installed."""

from collections.abc import Sequence
from typing import NotRequired, TypedDict

import pulumi

from components import _labels as labels
from components.cluster import _envoy as chart
from components.cluster import _manifests as manifests
from components.objects import KubernetesObject
from components.releases import HelmRelease


class EnvoyGatewayArgs(TypedDict):
    """How requests reach it."""

    gateway_class: str
    """Name of the class to make."""
    internal: NotRequired[bool]
    """Whether its load balancer answers inside of the network alone. Default: yes."""
    subnets: NotRequired[Sequence[str]]
    """Subnets of the load balancer, where they are not found by their tags."""
    callers: NotRequired[Sequence[str]]
    """Blocks of addresses that it lets in. Default: all."""
    auto_mode: NotRequired[bool]
    """Whether EKS Auto Mode makes load balancers. Default: no."""


class EnvoyGateway(pulumi.ComponentResource):
    """Envoy Gateway by its Helm chart in `envoy-gateway-system`, and a GatewayClass that it answers for.

    Each Gateway of the class gets two to ten proxies over zones, behind a Network Load Balancer.
    """

    class_name: pulumi.Output[str]
    """Known once the controller runs."""

    def __init__(self, name: str, args: EnvoyGatewayArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("modelway:index:EnvoyGateway", name, {**args}, opts)
        child = pulumi.ResourceOptions(parent=self)
        # Proxies bind no port of a node and run as nobody, and `restricted` is what chart and proxies are written for.
        home = KubernetesObject(f"{name}-envoy-namespace", manifests.namespace("envoy-gateway-system", pod_security="restricted"), child)
        load_balancer = chart.service(
            internal=args.get("internal", True),
            subnets=args.get("subnets", ()),
            auto_mode=args.get("auto_mode", False),
            callers=args.get("callers", ()),
        )
        release = HelmRelease(
            f"{name}-envoy",
            {
                "chart": chart.CHART,
                "version": chart.VERSION,
                "name": "envoy-gateway",
                "namespace": home.physical_name,
                "values": chart.values(load_balancer),
            },
            child,
        )
        opts = pulumi.ResourceOptions.merge(child, pulumi.ResourceOptions(depends_on=[release]))
        found = KubernetesObject(f"{name}-envoy-class", chart.gateway_class(args["gateway_class"], labels.MANAGED), opts)
        self.class_name = found.physical_name
        self.register_outputs({"class_name": self.class_name})
