"""A cluster that somebody else made."""

from typing import TypedDict

import pulumi

from components.cluster.tenancy import GatewayArgs, Tenancy, TenancyArgs


class ExistingClusterArgs(TypedDict):
    """What is added to the cluster; where it is, the Kubernetes provider says."""

    context: str
    """Context of the kubeconfig that leads to it."""
    teams: list[str]
    gateway: GatewayArgs


class ExistingCluster(pulumi.ComponentResource):
    """A cluster that is there already, with a Tenancy in it: namespaces of teams and the Gateway."""

    context: pulumi.Output[str]
    namespaces: pulumi.Output[dict[str, str]]
    gateway_name: pulumi.Output[str]
    gateway_namespace: pulumi.Output[str]

    def __init__(self, name: str, args: ExistingClusterArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("modelway:index:ExistingCluster", name, {**args}, opts)
        child = pulumi.ResourceOptions(parent=self)
        tenancy = Tenancy(name, TenancyArgs(teams=args["teams"], gateway=args["gateway"]), child)
        self.context = pulumi.Output.from_input(args["context"])
        self.namespaces = tenancy.namespaces
        self.gateway_name = tenancy.gateway_name
        self.gateway_namespace = tenancy.gateway_namespace
        self.register_outputs(
            {
                "context": self.context,
                "namespaces": self.namespaces,
                "gateway_name": self.gateway_name,
                "gateway_namespace": self.gateway_namespace,
            }
        )
