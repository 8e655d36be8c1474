"""Which addresses a network's subnets have."""

from dataclasses import dataclass
from ipaddress import IPv4Network

MAX_ZONES = 3
"""Zones that a plan has room for; a network that grows up to here keeps the subnets it has."""

WIDEST, NARROWEST = 16, 22
"""Prefix lengths a network may have: /16 is the widest AWS takes; past /22 public subnets would be under its least, /28."""

PUBLIC, INTRA = 0, 4
"""Which sixteenth of the last quarter is the first of its kind; one zone takes one, and the eight from the ninth on stay free."""


@dataclass(frozen=True)
class Subnets:
    """One subnet of each kind per zone, as CIDR blocks."""

    public: tuple[str, ...]
    private: tuple[str, ...]
    intra: tuple[str, ...]


def plan(cidr: str, zones: int) -> Subnets:
    """A quarter of `cidr` for each zone's private subnet; public and intra ones, a sixteenth of the last quarter each. The rest stays free.

    Raises ValueError for a network of the wrong size, with host bits, or for more zones than there is room for.
    """
    network = IPv4Network(cidr)
    if not WIDEST <= network.prefixlen <= NARROWEST:
        raise ValueError(f"the network {cidr} has to be between /{WIDEST} and /{NARROWEST}")
    if not 1 <= zones <= MAX_ZONES:
        raise ValueError(f"{zones} zones: the plan has room for 1 to {MAX_ZONES}")
    *private, last = map(str, network.subnets(prefixlen_diff=2))
    small = [str(block) for block in IPv4Network(last).subnets(prefixlen_diff=4)]
    return Subnets(tuple(small[PUBLIC:][:zones]), tuple(private[:zones]), tuple(small[INTRA:][:zones]))
