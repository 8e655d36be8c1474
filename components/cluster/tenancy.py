"""What every team finds in a cluster."""

from typing import NotRequired, TypedDict

import pulumi

from components.cluster import _manifests as manifests
from components.objects import KubernetesObject
from components.outputs import gathered


class GatewayArgs(TypedDict):
    """The Gateway that routes hang on."""

    name: str
    namespace: str
    gateway_class: NotRequired[str]
    """Class of the Gateway to make, in a namespace made for it. Without it the Gateway is there already."""


class TenancyArgs(TypedDict):
    """What a tenancy is made from."""

    teams: list[str]
    """Names of teams; each is the name of a namespace."""
    gateway: GatewayArgs


class Tenancy(pulumi.ComponentResource):
    """A namespace per team, and the Gateway they share.

    - every namespace enforces Pod Security `restricted` and denies all traffic but DNS
    - the Gateway takes routes from these namespaces alone; one that is there already is left as it is
    """

    namespaces: pulumi.Output[dict[str, str]]
    """Namespace by team; nothing runs there unprotected when it is known."""
    gateway_name: pulumi.Output[str]
    gateway_namespace: pulumi.Output[str]

    def __init__(self, name: str, args: TenancyArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("modelway:index:Tenancy", name, {**args}, opts)
        self._name = name
        self._child = pulumi.ResourceOptions(parent=self)
        self.namespaces = gathered({team: self._namespace(team) for team in sorted(args["teams"])})
        self.gateway_name = self._gateway(args["gateway"])
        self.gateway_namespace = pulumi.Output.from_input(args["gateway"]["namespace"])
        self.register_outputs(
            {"namespaces": self.namespaces, "gateway_name": self.gateway_name, "gateway_namespace": self.gateway_namespace}
        )

    def _namespace(self, team: str) -> pulumi.Output[str]:
        namespace = KubernetesObject(f"{self._name}-{team}-namespace", manifests.team_namespace(team), self._child)
        opts = pulumi.ResourceOptions.merge(self._child, pulumi.ResourceOptions(depends_on=[namespace]))
        denial = KubernetesObject(f"{self._name}-{team}-default-deny", manifests.default_deny(team), opts)
        return pulumi.Output.all(namespace.physical_name, denial.physical_name).apply(lambda known: str(known[0]))

    def _gateway(self, args: GatewayArgs) -> pulumi.Output[str]:
        name, namespace = args["name"], args["namespace"]
        if "gateway_class" not in args:
            return pulumi.Output.from_input(name)
        home = KubernetesObject(f"{self._name}-gateway-namespace", manifests.namespace(namespace, pod_security="baseline"), self._child)
        opts = pulumi.ResourceOptions.merge(self._child, pulumi.ResourceOptions(depends_on=[home]))
        return KubernetesObject(f"{self._name}-gateway", manifests.gateway(name, namespace, args["gateway_class"]), opts).physical_name
