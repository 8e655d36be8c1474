"""The network of an environment."""

from ipaddress import IPv4Network
from typing import Literal

from pydantic import Field

from modelway.architecture.base import Section, misshapen
from modelway.architecture.quantities import Written

WIDEST, NARROWEST = 16, 22
"""Prefix lengths: /16 is the widest VPC that AWS makes; past /22 the smallest of the planned subnets is under AWS's least, /28."""

PRIVATE = tuple(IPv4Network(block) for block in ("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "100.64.0.0/10"))
"""Addresses that are nobody's on the internet (RFC 1918, RFC 6598)."""


class Cidr(Written):
    """A block of private IPv4 addresses, /16 to /22."""

    SHAPE = r"[0-9]{1,3}(?:\.[0-9]{1,3}){3}/[0-9]{1,2}"
    RULE = f"a block of private IPv4 addresses, /{WIDEST} to /{NARROWEST}"
    WAY_OUT = "Write it like 10.20.0.0/16."
    __slots__ = ()

    def __init__(self, text: str) -> None:
        super().__init__(text)
        try:
            network = IPv4Network(text, strict=False)
        except ValueError:
            raise misshapen(self.RULE, self.WAY_OUT) from None
        if not WIDEST <= network.prefixlen <= NARROWEST or not any(network.subnet_of(block) for block in PRIVATE):
            raise misshapen(self.RULE, self.WAY_OUT)
        if str(network) != text:
            raise misshapen("the first address of the block, with no bits beyond its length", f"Write {network}.")

    @property
    def network(self) -> IPv4Network:
        return IPv4Network(self.text)


class Network(Section):
    """A VPC of the environment's own, with a public and a private subnet in each zone."""

    kind: Literal["vpc"]
    """What the network is: a VPC that is made for the environment."""
    cidr: Cidr
    """Addresses of the VPC, such as 10.20.0.0/16: private, /16 to /22."""
    zones: int = Field(default=2, ge=1, le=3)
    """Availability zones to spread over, 1 to 3. An EKS cluster needs 2."""
    nat: Literal["one", "per_zone", "none"] = "one"
    """How private subnets reach the internet: through one NAT gateway, through one per zone (dearer; survives a zone's loss), or not."""
