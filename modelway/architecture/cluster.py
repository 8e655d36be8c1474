"""The clusters that models serve in: made as EKS clusters, or there already."""

from collections.abc import Iterator
from ipaddress import IPv4Network
from types import MappingProxyType
from typing import Annotated, Literal

from pydantic import Field

from modelway.architecture.arns import KeyArn
from modelway.architecture.base import Breach, Name, Section, Shaped, each, misshapen, of_each, repeated
from modelway.architecture.eks import ADDONS, IN_AUTO_MODE, VERSIONS
from modelway.architecture.network import Addresses, Days
from modelway.architecture.nodes import BUILT_IN, AutoMode, NodePool
from modelway.architecture.tenancy import Gateway, Quota

KubernetesVersion = Annotated[str, Shaped(r"1\.[1-9][0-9]", "a minor version of Kubernetes, in quotes", 'Write it like "1.35".', 4)]
AddonVersion = Annotated[
    str,
    Shaped(
        r"v[0-9]+\.[0-9]+\.[0-9]+-eksbuild\.[0-9]+",
        "a version of an EKS add-on",
        "Write it like v1.21.1-eksbuild.1; `aws eks describe-addon-versions` lists them.",
        40,
    ),
]
Principal = Annotated[
    str,
    Shaped(
        r"arn:aws[a-z-]*:iam::[0-9]{12}:(role|user)/[A-Za-z0-9+=,.@_/-]+",
        "the ARN of an IAM role or user",
        "Write it like arn:aws:iam::222222222222:role/deployer.",
        600,
    ),
]
Context = Annotated[
    str, Shaped(r"[A-Za-z0-9][A-Za-z0-9@:/._-]*", "the name of a context in a kubeconfig", "`kubectl config get-contexts` lists them.", 253)
]
LogType = Literal["api", "audit", "authenticator", "controllerManager", "scheduler"]


SecurityGroupId = Annotated[
    str, Shaped(r"sg-([0-9a-f]{8}|[0-9a-f]{17})", "the id of a security group", "Write it like sg-0a1b2c3d4e5f67890.", 80)
]


class ServiceAddresses(Addresses):
    """A block of private IPv4 addresses, /12 to /24, for services of a cluster."""

    # docs.aws.amazon.com/eks/latest/APIReference/API_KubernetesNetworkConfigRequest.html
    WIDEST, NARROWEST = 12, 24
    WITHIN = tuple(IPv4Network(block) for block in ("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16"))
    RULE = "a block of private IPv4 addresses, /12 to /24"
    WAY_OUT = "Write it like 172.20.0.0/16."
    __slots__ = ()


class Callers(Addresses):
    """A block of IPv4 addresses that may call; not everybody's."""

    __slots__ = ()

    def __init__(self, text: str) -> None:
        if text.endswith("/0"):
            raise misshapen(
                "addresses of somebody: these are everybody's", "Write those of an office or a runner, or make the endpoint private."
            )
        super().__init__(text)


class PrivateApi(Section):
    """The API server answers inside the network alone."""

    EXAMPLES = MappingProxyType({"callers": ["sg-0a1b2c3d4e5f67890"]})
    PEERS = MappingProxyType({"callers": "EKS `securityGroupIds`"})

    kind: Literal["private"] = "private"
    callers: tuple[SecurityGroupId, ...] = Field(default=(), max_length=40)
    """Security groups of the network that it answers besides nodes, such as the runner's that `modelway bootstrap` makes."""

    def breaches(self) -> Iterator[Breach]:
        yield from each([repeated(self, "callers")])


class PublicApi(Section):
    """The API server answers on the internet as well, to some."""

    EXAMPLES = MappingProxyType({"allowed": ["198.51.100.0/24"], "callers": ["sg-0a1b2c3d4e5f67890"]})
    PEERS = MappingProxyType({"allowed": "EKS `publicAccessCidrs`", "callers": "EKS `securityGroupIds`"})

    kind: Literal["public"]
    allowed: tuple[Callers, ...] = Field(min_length=1, max_length=40)
    """Addresses that are answered, such as an office's; 40 at most (what EKS allows)."""
    callers: tuple[SecurityGroupId, ...] = Field(default=(), max_length=40)
    """Security groups of the network that it answers inside, besides nodes, such as the runner's that `modelway bootstrap` makes."""

    def breaches(self) -> Iterator[Breach]:
        yield from each([repeated(self, "allowed"), repeated(self, "callers")])


Api = Annotated[PrivateApi | PublicApi, Field(discriminator="kind")]


class ClusterLogs(Section):
    """What the control plane writes down, in CloudWatch Logs."""

    EXAMPLES = MappingProxyType({"types": ["audit", "authenticator"]})

    types: tuple[LogType, ...] = ("api", "audit", "authenticator", "controllerManager", "scheduler")
    """Logs that are kept; all five unless said otherwise."""
    retention_days: Days = 90
    """Days that they are kept; one of the numbers that CloudWatch takes."""

    def breaches(self) -> Iterator[Breach]:
        yield from each([repeated(self, "types")])


class Access(Section):
    """Who may do what in a whole cluster."""

    principal: Principal
    """ARN of the IAM role or user."""
    policy: Literal["cluster-admin", "admin", "edit", "view", "stop"]
    """The EKS access policy of that name; or stop, which lets somebody stop models that name an overseer (`modelway stop`), and no more."""


class EksCluster(Section):
    """An EKS cluster of the environment's own, in the environment's network."""

    EXAMPLES = MappingProxyType({"addons": {"vpc-cni": "v1.21.1-eksbuild.1"}})
    PEERS = MappingProxyType({"access": "EKS access entries"})

    kind: Literal["eks"]
    version: KubernetesVersion
    """Minor version of Kubernetes that EKS supports, such as "1.35"."""
    endpoint: Api = Field(default_factory=PrivateApi)
    """Where its API server answers."""
    service_cidr: ServiceAddresses = ServiceAddresses("172.20.0.0/16")
    """Addresses of services: private, /12 to /24, of no network that is reached. It cannot be changed later."""
    node_pools: dict[Name, NodePool] = Field(default_factory=dict)
    """Pools of nodes, by name."""
    auto_mode: AutoMode | None = None
    """EKS Auto Mode; with it there need be no pools."""
    addons: dict[str, AddonVersion] = Field(default_factory=dict)
    """Versions of EKS add-ons, by name; of what is not named, EKS's default for the version of Kubernetes."""
    secrets_key: KeyArn | None = None
    """ARN of the KMS key for secrets; one is made when absent."""
    logs: ClusterLogs = Field(default_factory=ClusterLogs)
    """Logs of the control plane."""
    access: dict[Name, Access] = Field(min_length=1)
    """Who is let in, by a name for the entry. Nobody else is, not even who made the cluster."""
    gateway: Gateway
    """Where requests come in."""
    quotas: dict[Name, Quota] = Field(default_factory=dict)
    """What a team may ask for at most, by team; a team that is not named may ask for all there is."""

    @property
    def groups(self) -> dict[str, NodePool]:
        """Pools that are managed node groups."""
        return {name: pool for name, pool in self.node_pools.items() if pool.made_by == "managed_group"}

    @property
    def most_nodes(self) -> int:
        """Nodes that there are at most, as far as pools say."""
        return sum(pool.max for pool in self.node_pools.values())

    def breaches(self) -> Iterator[Breach]:
        rules = [self._version_breaches(), self._access_breaches(), self._pool_breaches(), self._auto_mode_breaches()]
        of_pools = (of_each(self, "node_pools", rule) for rule in (self._maker_breaches, self._name_breaches, self._image_breaches))
        yield from each([*rules, of_each(self, "addons", self._addon_breaches), *of_pools])

    def _version_breaches(self) -> Iterator[Breach]:
        if self.version not in VERSIONS:
            yield Breach(
                ("version",),
                f"a version that EKS supports: {', '.join(VERSIONS)}",
                f'Write "{max(VERSIONS)}"; an older cluster is upgraded one version at a time.',
            )

    def _access_breaches(self) -> Iterator[Breach]:
        if all(granted.policy != "cluster-admin" for granted in self.access.values()):
            yield Breach(
                ("access",),
                "somebody has to be cluster-admin, or nothing could ever be put into the cluster",
                "Give whoever runs `pulumi up` the policy cluster-admin.",
            )

    def _pool_breaches(self) -> Iterator[Breach]:
        if self.auto_mode is not None:
            return
        if not self.node_pools:
            yield Breach(
                ("node_pools",),
                "a cluster has pools of nodes, or auto_mode, or both",
                "Add a pool like `general: {instance_types: [m7i.large], min: 2, max: 4}`, or `auto_mode: {}`.",
                judged_by=(("auto_mode",),),
            )
        elif all(pool.gpu or pool.taints for pool in self.node_pools.values()):
            yield Breach(
                ("node_pools",),
                "a pool without GPUs and taints is needed: DNS and controllers do not run on other nodes",
                "Add a pool like `general: {instance_types: [m7i.large], min: 2, max: 4}`.",
                judged_by=(("auto_mode",),),
            )
        elif not any(pool.min for pool in self.node_pools.values() if not pool.gpu and not pool.taints):
            yield Breach(
                ("node_pools",),
                "a pool without GPUs and taints has to keep a node: nothing would start in an empty cluster",
                "Set min to 1 or more in one of them.",
                judged_by=(("auto_mode",),),
            )

    def _auto_mode_breaches(self) -> Iterator[Breach]:
        others = [pool for pool in self.node_pools.values() if not pool.gpu and not pool.taints]
        if self.auto_mode is not None and not others and "general-purpose" not in self.auto_mode.node_pools:
            yield Breach(
                ("auto_mode", "node_pools"),
                "general-purpose is needed where there is no other pool without GPUs and taints: models do not run on system nodes",
                "Write [general-purpose, system].",
                judged_by=(("node_pools",),),
            )

    def _addon_breaches(self, name: str, _version: str) -> Iterator[Breach]:
        if name not in ADDONS:
            yield Breach(("addons", name), f"one of the add-ons {', '.join(ADDONS)}", "Name one of them, or remove it.")
        elif self.auto_mode is not None and not self.groups and name in IN_AUTO_MODE:
            yield Breach(
                ("addons", name),
                "in Auto Mode EKS runs this add-on itself, in a version of its own choice",
                "Remove it.",
                judged_by=(("auto_mode",), ("node_pools",)),
            )

    def _maker_breaches(self, name: str, pool: NodePool) -> Iterator[Breach]:
        if pool.made_by == "auto_mode" and self.auto_mode is None:
            yield Breach(
                ("node_pools", name, "made_by"),
                "auto_mode only in a cluster that has it",
                "Add `auto_mode: {}` to the cluster, or write managed_group.",
                judged_by=(("auto_mode",),),
            )

    def _image_breaches(self, name: str, pool: NodePool) -> Iterator[Breach]:
        if pool.image_release is not None and not pool.image_release.startswith(f"{self.version}."):
            yield Breach(
                ("node_pools", name, "image_release"),
                f"a release for the cluster's version of Kubernetes, {self.version}",
                f"Write one like {self.version}.0-20261112, or remove it.",
                judged_by=(("version",),),
            )

    def _name_breaches(self, name: str, pool: NodePool) -> Iterator[Breach]:
        if pool.made_by == "auto_mode" and name in BUILT_IN:
            yield Breach(
                ("node_pools", name),
                f"another name than those of Auto Mode's own: {', '.join(BUILT_IN)}",
                f"Write it like our-{name}.",
                judged_by=(("node_pools", name, "made_by"),),
            )


class ExistingCluster(Section):
    """A cluster that is there already, reached through a kubeconfig."""

    EXAMPLES = MappingProxyType({"context": "on-premises"})

    kind: Literal["existing"]
    context: Context
    """Context in the kubeconfig of whoever runs the engine."""
    gateway: Gateway
    """Where requests come in."""
    quotas: dict[Name, Quota] = Field(default_factory=dict)
    """What a team may ask for at most, by team; a team that is not named may ask for all there is."""


Cluster = Annotated[EksCluster | ExistingCluster, Field(discriminator="kind")]
