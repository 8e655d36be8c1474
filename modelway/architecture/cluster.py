"""The clusters that models serve in: made as EKS clusters, or there already."""

from collections.abc import Iterator
from typing import Annotated, Literal

from pydantic import Field

from modelway.architecture.base import Breach, Name, Section, Shaped, each

KubernetesVersion = Annotated[str, Shaped(r"1\.[1-9][0-9]", "a minor version of Kubernetes, in quotes", 'Write it like "1.35".', 4)]
InstanceType = Annotated[str, Shaped(r"[a-z][a-z0-9-]*\.[a-z0-9-]+", "a type of EC2 instance", "Write it like m7i.large.", 32)]
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
ObjectName = Annotated[
    str,
    Shaped(
        r"[a-z0-9]([-a-z0-9.]*[a-z0-9])?",
        "a Kubernetes name: lower-case letters, digits, dots and dashes",
        "`kubectl get` shows the names that are there.",
        253,
    ),
]


class ManagedGateway(Section):
    """A Gateway that is made: `models`, in the namespace `gateway-system`."""

    kind: Literal["managed"]
    class_: ObjectName = Field(alias="class")
    """Class of the Gateway (gatewayClassName); its controller has to run in the cluster."""


class ExistingGateway(Section):
    """A Gateway that is there already and is left as it is."""

    kind: Literal["existing"]
    name: ObjectName
    namespace: Name
    """Namespace it is in."""


Gateway = Annotated[ManagedGateway | ExistingGateway, Field(discriminator="kind")]


class NodePool(Section):
    """Nodes of one kind."""

    instance_types: tuple[InstanceType, ...] = Field(min_length=1, max_length=20)
    """EC2 instance types, the preferred one first."""
    min: int = Field(ge=0, le=450)
    """Fewest nodes, 0 to 450 (what EKS allows in a managed node group)."""
    max: int = Field(ge=1, le=450)
    """Most nodes, 1 to 450."""
    gpu: bool = False
    """Whether the nodes have GPUs; only pods that ask for one run there."""

    def breaches(self) -> Iterator[Breach]:
        if self.min > self.max:
            yield Breach(
                ("min",),
                f"min is at most max; they are {self.min} and {self.max}",
                f"Lower min to {self.max}, or raise max to {self.min}.",
                (("max",),),
            )


class Access(Section):
    """Who may do what in a whole cluster."""

    principal: Principal
    """ARN of the IAM role or user."""
    policy: Literal["cluster-admin", "admin", "edit", "view"]
    """The EKS access policy of that name."""


class EksCluster(Section):
    """An EKS cluster of the environment's own: private, in the environment's network."""

    kind: Literal["eks"]
    version: KubernetesVersion
    """Minor version of Kubernetes, such as "1.35"."""
    node_pools: dict[Name, NodePool] = Field(min_length=1)
    """Pools of nodes, by name."""
    access: dict[Name, Access] = Field(min_length=1)
    """Who is let in, by a name for the entry. Nobody else is, not even who made the cluster."""
    gateway: Gateway
    """Where requests come in."""

    def breaches(self) -> Iterator[Breach]:
        yield from each([self._access_breaches(), self._pool_breaches()])

    def _access_breaches(self) -> Iterator[Breach]:
        if all(granted.policy != "cluster-admin" for granted in self.access.values()):
            yield Breach(
                ("access",),
                "somebody has to be cluster-admin, or nothing could ever be put into the cluster",
                "Give whoever runs `pulumi up` the policy cluster-admin.",
            )

    def _pool_breaches(self) -> Iterator[Breach]:
        if all(pool.gpu for pool in self.node_pools.values()):
            yield Breach(
                ("node_pools",),
                "a pool without GPUs is needed: DNS and controllers do not run on GPU nodes",
                "Add a pool like `general: {instance_types: [m7i.large], min: 2, max: 4}`.",
            )
        elif not any(pool.min for pool in self.node_pools.values() if not pool.gpu):
            yield Breach(
                ("node_pools",),
                "a pool without GPUs has to keep a node: nothing would start in an empty cluster",
                "Set min to 1 or more in one of them.",
            )


class ExistingCluster(Section):
    """A cluster that is there already, reached through a kubeconfig."""

    kind: Literal["existing"]
    context: Context
    """Context in the kubeconfig of whoever runs the engine."""
    gateway: Gateway
    """Where requests come in."""


Cluster = Annotated[EksCluster | ExistingCluster, Field(discriminator="kind")]
