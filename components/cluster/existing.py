"""A cluster that somebody else made."""

from typing import NotRequired, TypedDict

import pulumi

from components.cluster.tenancy import GatewayArgs, QuotaArgs, Tenancy, TenancyArgs


class ExistingClusterArgs(TypedDict):
    """What is added to the cluster; where it is, the Kubernetes provider says."""

    context: str
    """Context of the kubeconfig that leads to it."""
    teams: list[str]
    gateway: GatewayArgs
    quotas: NotRequired[dict[str, QuotaArgs]]
    """By team."""


class ExistingCluster(pulumi.ComponentResource):
    """A cluster that is there already, with a Tenancy in it: namespaces of teams and the Gateway."""

    context: pulumi.Output[str]
    namespaces: pulumi.Output[dict[str, str]]
    gateway_name: pulumi.Output[str]
    gateway_namespace: pulumi.Output[str]

    def __init__(self, name: str, args: ExistingClusterArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("modelway:index:ExistingCluster", name, {**args}, opts)
        child = pulumi.ResourceOptions(parent=self)
        inside = TenancyArgs(teams=args["teams"], gateway=args["gateway"], quotas=args.get("quotas", {}))
        tenancy = Tenancy(name, inside, child)
        self.context = pulumi.Output.from_input(args["context"])
        self._tenancy = tenancy
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

    def namespace(self, team: str) -> pulumi.Output[str]:
        """Namespace of the team, as Tenancy has it."""
        return self._tenancy.namespace(team)
