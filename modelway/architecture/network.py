"""The network of an environment: made for it, or there already."""

from collections.abc import Iterator
from ipaddress import IPv4Network
from types import MappingProxyType
from typing import Annotated, ClassVar, Literal

from pydantic import Field

from modelway.architecture.base import Breach, Section, Shaped, each, misshapen, of_each, repeated
from modelway.architecture.quantities import Written

WIDEST, NARROWEST = 16, 22
"""Prefix lengths: /16 is the widest VPC that AWS makes; past /22 the smallest of the planned subnets is under AWS's least, /28."""

PRIVATE = tuple(IPv4Network(block) for block in ("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "100.64.0.0/10"))
"""Addresses that are nobody's on the internet (RFC 1918, RFC 6598)."""

RESERVED = 5
"""Addresses of every subnet that AWS keeps (docs.aws.amazon.com/vpc/latest/userguide/subnet-sizing.html)."""

NODE_ADDRESSES = 16
"""Addresses that a node holds at least: its own, and a spare interface of them for pods, which the VPC CNI keeps ready
(docs.aws.amazon.com/eks/latest/best-practices/vpc-cni.html)."""

WITHOUT_INTERNET = ("s3", "ecr.api", "ecr.dkr", "sts", "ec2", "logs", "eks-auth")
"""What EKS nodes and pods have to reach where there is no way to the internet
(docs.aws.amazon.com/eks/latest/userguide/private-clusters.html)."""

Service = Literal[
    "s3",
    "ecr.api",
    "ecr.dkr",
    "sts",
    "ec2",
    "logs",
    "sagemaker.runtime",
    "eks-auth",
    "eks",
    "autoscaling",
    "elasticloadbalancing",
    "aps-workspaces",
]
"""Services of AWS as the names of their endpoints end
(docs.aws.amazon.com/vpc/latest/privatelink/aws-services-privatelink-support.html)."""

Days = Literal[1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288, 3653]
"""Days that CloudWatch Logs can keep a log group
(docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_PutRetentionPolicy.html)."""


class Addresses(Written):
    """A block of IPv4 addresses, /8 to /32."""

    WIDEST: ClassVar[int] = 8
    NARROWEST: ClassVar[int] = 32
    WITHIN: ClassVar[tuple[IPv4Network, ...]] = ()
    """Blocks of which one has to hold all of it; any will do where none is named."""

    SHAPE = r"[0-9]{1,3}(?:\.[0-9]{1,3}){3}/[0-9]{1,2}"
    RULE = "a block of IPv4 addresses, /8 to /32"
    WAY_OUT = "Write it like 198.51.100.0/24."
    __slots__ = ()

    def __init__(self, text: str) -> None:
        super().__init__(text)
        try:
            network = IPv4Network(text, strict=False)
        except ValueError:
            raise misshapen(self.RULE, self.WAY_OUT) from None
        inside = not self.WITHIN or any(network.subnet_of(block) for block in self.WITHIN)
        if not self.WIDEST <= network.prefixlen <= self.NARROWEST or not inside:
            raise misshapen(self.RULE, self.WAY_OUT)
        if str(network) != text:
            raise misshapen("the first address of the block, with no bits beyond its length", f"Write {network}.")

    @property
    def network(self) -> IPv4Network:
        return IPv4Network(self.text)


class Cidr(Addresses):
    """A block of private IPv4 addresses, /16 to /22."""

    WIDEST, NARROWEST, WITHIN = WIDEST, NARROWEST, PRIVATE
    RULE = f"a block of private IPv4 addresses, /{WIDEST} to /{NARROWEST}"
    WAY_OUT = "Write it like 10.20.0.0/16."
    __slots__ = ()


VpcId = Annotated[str, Shaped(r"vpc-([0-9a-f]{8}|[0-9a-f]{17})", "the id of a VPC", "Write it like vpc-0a1b2c3d4e5f67890.", 80)]
SubnetId = Annotated[str, Shaped(r"subnet-([0-9a-f]{8}|[0-9a-f]{17})", "the id of a subnet", "Write it like subnet-0a1b2c3d4e5f67890.", 80)]


class FlowLogs(Section):
    """A record of which addresses spoke with which, in CloudWatch Logs."""

    retention_days: Days = 90
    """Days that it is kept; one of the numbers that CloudWatch takes."""


class Vpc(Section):
    """A VPC of the environment's own, with a public and a private subnet in each zone."""

    EXAMPLES = MappingProxyType(
        {"zones": 3, "nat": "per_zone", "private_endpoints": ["s3", "ecr.api", "ecr.dkr"], "reaches": ["10.200.0.0/16"]}
    )

    kind: Literal["vpc"]
    """What the network is: a VPC that is made for the environment."""
    cidr: Cidr
    """Addresses of the VPC, such as 10.20.0.0/16: private, /16 to /22."""
    zones: int = Field(default=2, ge=1, le=3)
    """Availability zones to spread over, 1 to 3. An EKS cluster needs 2."""
    nat: Literal["one", "per_zone", "none"] = "one"
    """How private subnets reach the internet: through one NAT gateway, through one per zone (dearer; survives a zone's loss), or not.
    Without, an EKS cluster has only what comes from ECR: nothing is installed from charts."""
    private_endpoints: tuple[Service, ...] = ()
    """Services of AWS that are reached without the internet. Each but s3 costs by the hour and zone."""
    flow_logs: FlowLogs | None = None
    """Record of the traffic; none when absent."""
    reaches: tuple[Addresses, ...] = ()
    """Addresses of other networks that it is connected to, such as an office or another VPC. None may be its own as well."""

    @property
    def private_addresses(self) -> int:
        """Addresses that nodes and pods can have: a quarter of the block in each zone, as the network component plans it."""
        return self.zones * (self.cidr.network.num_addresses // 4 - RESERVED)

    def breaches(self) -> Iterator[Breach]:
        yield from each([repeated(self, "private_endpoints"), of_each(self, "reaches", self._overlap_breaches)])

    def _overlap_breaches(self, number: int, other: Addresses) -> Iterator[Breach]:
        if other.network.overlaps(self.cidr.network):
            yield Breach(
                ("reaches", number),
                f"networks that reach each other share no addresses; the VPC has {self.cidr}",
                "Choose another cidr for the VPC, or correct what it reaches.",
                (("cidr",),),
            )


class ExistingNetwork(Section):
    """A VPC that is there already and is left as it is."""

    EXAMPLES = MappingProxyType(
        {"private_subnets": ["subnet-0a1b2c3d4e5f67890", "subnet-0a1b2c3d4e5f67891"], "public_subnets": ["subnet-0a1b2c3d4e5f67892"]}
    )

    kind: Literal["existing"]
    """What the network is: one that somebody else made."""
    vpc_id: VpcId
    """Id of the VPC."""
    private_subnets: tuple[SubnetId, ...] = Field(min_length=1, max_length=16)
    """Ids of the subnets that nodes and pods run in, in different zones. An EKS cluster needs 2."""
    public_subnets: tuple[SubnetId, ...] = Field(default=(), max_length=16)
    """Ids of the subnets for load balancers that answer on the internet."""

    def breaches(self) -> Iterator[Breach]:
        yield from each([repeated(self, "private_subnets"), repeated(self, "public_subnets"), self._both_breaches()])

    def _both_breaches(self) -> Iterator[Breach]:
        for number, subnet in enumerate(self.public_subnets):
            if subnet in self.private_subnets:
                yield Breach(
                    ("public_subnets", number),
                    "a subnet is private or public; this one is among the private ones too",
                    "Remove it from one of the two.",
                    (("private_subnets",),),
                )


Network = Annotated[Vpc | ExistingNetwork, Field(discriminator="kind")]
