"""What a network takes."""

from typing import TYPE_CHECKING

from modelway.architecture import Vpc

if TYPE_CHECKING:
    from components.network import NetworkArgs


def network(described: Vpc) -> "NetworkArgs":
    return {"cidr": str(described.cidr), "zones": described.zones, "nat": described.nat}
