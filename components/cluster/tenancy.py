"""What every team finds in a cluster."""

from typing import NotRequired, TypedDict

import pulumi

from components import _quantities as quantities
from components.cluster import _manifests as manifests
from components.cluster.envoy import EnvoyGateway, EnvoyGatewayArgs
from components.objects import KubernetesObject
from components.outputs import gathered


class TlsArgs(TypedDict):
    """With which certificate the Gateway answers."""

    secret: str
    """Secret of type kubernetes.io/tls in the Gateway's namespace."""
    hostname: NotRequired[str]
    issuer: NotRequired[str]
    """ClusterIssuer by which cert-manager makes the Secret."""


class GatewayArgs(TypedDict):
    """The Gateway that routes hang on."""

    name: str
    namespace: str
    gateway_class: NotRequired[str]
    """Class of the Gateway to make, in a namespace made for it. Without it the Gateway is there already."""
    envoy: NotRequired[EnvoyGatewayArgs]
    """Envoy Gateway to install, which then makes the class. Without it a controller for the class is there already."""
    tls: NotRequired[TlsArgs]
    """Answer by HTTPS on 443 alone. Without it, by HTTP on 80."""


class QuotaArgs(TypedDict):
    """What the pods of a team may ask for together; any amount of what is not named."""

    cpu_millicores: NotRequired[int]
    memory_bytes: NotRequired[int]
    gpus: NotRequired[int]
    """NVIDIA GPUs, whole ones."""
    pods: NotRequired[int]


class TenancyArgs(TypedDict):
    """What a tenancy is made from."""

    teams: list[str]
    """Names of teams; each is the name of a namespace."""
    gateway: GatewayArgs
    quotas: NotRequired[dict[str, QuotaArgs]]
    """By team."""
    dns_on_nodes: NotRequired[bool]
    """Whether nodes answer questions to DNS, not pods alone, as in EKS Auto Mode. Default: no."""
    switch_policies_on: NotRequired[bool]
    """Whether network policies have to be switched on, as in EKS Auto Mode without vpc-cni. Default: no."""


class Tenancy(pulumi.ComponentResource):
    """A namespace per team, and the Gateway they share.

    - every namespace enforces Pod Security `restricted` and denies all traffic but DNS
    - a team has no load balancer and no port of a node, and asks for no more than its quota; containers that do not say ask for a little
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
        self._args = args
        if args.get("switch_policies_on"):
            KubernetesObject(f"{name}-network-policies", manifests.policies_in_auto_mode(), self._child)
        self._namespaces = {team: self._namespace(team) for team in sorted(args["teams"])}
        self.namespaces = gathered(self._namespaces)
        self.gateway_name = self._gateway(args["gateway"])
        self.gateway_namespace = pulumi.Output.from_input(args["gateway"]["namespace"])
        self.register_outputs(
            {"namespaces": self.namespaces, "gateway_name": self.gateway_name, "gateway_namespace": self.gateway_namespace}
        )

    def namespace(self, team: str) -> pulumi.Output[str]:
        """Namespace of the team; what is made with it waits for no other team's, as it would with `namespaces`."""
        return self._namespaces[team]

    def _namespace(self, team: str) -> pulumi.Output[str]:
        namespace = KubernetesObject(f"{self._name}-{team}-namespace", manifests.team_namespace(team), self._child)
        opts = pulumi.ResourceOptions.merge(self._child, pulumi.ResourceOptions(depends_on=[namespace]))
        denial = manifests.default_deny(team, dns_on_nodes=self._args.get("dns_on_nodes", False))
        guards = [
            KubernetesObject(f"{self._name}-{team}-{kind}", manifest, opts).physical_name
            for kind, manifest in (
                ("default-deny", denial),
                ("quota", manifests.quota(team, _hard(self._args.get("quotas", {}).get(team, {})))),
                ("limits", manifests.limit_range(team)),
            )
        ]
        return pulumi.Output.all(namespace.physical_name, *guards).apply(lambda known: str(known[0]))

    def _gateway(self, args: GatewayArgs) -> pulumi.Output[str]:
        name, namespace = args["name"], args["namespace"]
        if "gateway_class" not in args:
            return pulumi.Output.from_input(name)
        home = KubernetesObject(f"{self._name}-gateway-namespace", manifests.namespace(namespace, pod_security="baseline"), self._child)
        opts = pulumi.ResourceOptions.merge(self._child, pulumi.ResourceOptions(depends_on=[home]))
        gateway_class: pulumi.Input[str] = args["gateway_class"]
        if "envoy" in args:
            gateway_class = EnvoyGateway(self._name, args["envoy"], self._child).class_name
        tls = manifests.Tls(**args["tls"]) if "tls" in args else None
        return KubernetesObject(f"{self._name}-gateway", manifests.gateway(name, namespace, gateway_class, tls), opts).physical_name


def _hard(quota: QuotaArgs) -> dict[str, str]:
    hard: dict[str, str] = {}
    if "cpu_millicores" in quota:
        hard["requests.cpu"] = quantities.cpu(quota["cpu_millicores"])
    if "memory_bytes" in quota:
        hard["requests.memory"] = quantities.memory(quota["memory_bytes"])
    if "gpus" in quota:
        hard["requests.nvidia.com/gpu"] = str(quota["gpus"])
    if "pods" in quota:
        hard["pods"] = str(quota["pods"])
    return hard
