"""Which addresses may come in: networks as AWS and Kubernetes write them, and what of them is new."""

import ipaddress
from collections.abc import Iterable, Sequence

Network = ipaddress.IPv4Network | ipaddress.IPv6Network

_OPEN = {4: 7, 6: 16}
"""As wide as this is everybody: 10.0.0.0/8 is the widest private network (RFC 1918), 2000::/3 all of the internet."""


def networks(texts: Iterable[str]) -> tuple[Network, ...]:
    """The networks, joined where they touch. Raises ValueError for what is none."""
    found = [ipaddress.ip_network(text, strict=False) for text in texts]
    four = ipaddress.collapse_addresses(one for one in found if isinstance(one, ipaddress.IPv4Network))
    six = ipaddress.collapse_addresses(one for one in found if isinstance(one, ipaddress.IPv6Network))
    return (*four, *six)


def beyond(after: Sequence[Network], before: Sequence[Network]) -> tuple[Network, ...]:
    """Those of `after` that are not wholly within `before`; both joined."""
    return tuple(one for one in after if not any(_within(one, wide) for wide in before))


def is_everybody(network: Network) -> bool:
    """Whether a network is so wide that it is no network of anybody's own."""
    return network.prefixlen <= _OPEN[network.version]


def _within(one: Network, wide: Network) -> bool:
    if isinstance(one, ipaddress.IPv4Network) and isinstance(wide, ipaddress.IPv4Network):
        return one.subnet_of(wide)
    return isinstance(one, ipaddress.IPv6Network) and isinstance(wide, ipaddress.IPv6Network) and one.subnet_of(wide)
