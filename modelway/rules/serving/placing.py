"""Where AWS runs something for its owner: in a network of the owner's, or in none."""

from collections.abc import Iterator, Mapping

from modelway.rules.demands import Demand
from modelway.rules.expecting import Judged
from modelway.rules.properties import Found, Missing, one
from modelway.rules.subjects import wrong
from modelway.rules.values import Unknown
from modelway.rules.verdicts import Undecided


def in_network(properties: Mapping[str, object], path: str, demand: Demand) -> Iterator[Judged]:
    """Whether the `vpcConfig` at `path` names subnets and security groups."""
    for name in ("subnets", "securityGroupIds"):
        yield has_items(one(properties, f"{path}.{name}"), demand)


def has_items(found: Found, demand: Demand) -> Judged:
    """Whether a list has anything in it; what, does not matter."""
    match found.value:
        case Missing():
            return demand.broken(found)
        case Unknown():
            return Undecided((found.path,))
        case list() | tuple() as listed:
            return None if listed else demand.broken(found)
    return wrong(found, "a list")
