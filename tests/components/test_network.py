import ipaddress

import pulumi
import pytest
from hypothesis import given
from hypothesis import strategies as st

from components._addresses import MAX_ZONES, NARROWEST, WIDEST, plan
from components.network import Network, NetworkArgs
from tests.support.engine import Recorder, run


def make(name: str, opts: pulumi.ResourceOptions | None = None) -> Network:
    return Network(name, NetworkArgs(cidr="10.20.0.0/16", zones=2), opts)


def of(nat: str) -> Recorder:
    return run(lambda: Network("net", NetworkArgs(cidr="10.20.0.0/16", zones=3, nat=nat)))


def test_contract(contract) -> None:
    held = contract(make)
    held.tree("network")
    held.outputs(Network)
    held.instances()
    held.options()


@pytest.mark.parametrize(("nat", "gateways", "routes"), [("none", 0, 0), ("one", 1, 3), ("per_zone", 3, 3)])
def test_nat_is_as_many_as_asked_for(nat: str, gateways: int, routes: int) -> None:
    recorder = of(nat)
    assert len(recorder.of("NatGateway")) == len(recorder.of("Eip")) == gateways
    assert len([route for route in recorder.of("Route") if "natGatewayId" in route.inputs]) == routes


def test_no_subnet_gives_public_addresses_away_and_zones_are_sorted() -> None:
    subnets = sorted(of("one").of("Subnet"), key=lambda subnet: subnet.name)
    assert not any(subnet.inputs["mapPublicIpOnLaunch"] for subnet in subnets)
    assert [subnet.inputs["availabilityZone"] for subnet in subnets if "public" in subnet.name] == [
        "eu-west-1a",
        "eu-west-1b",
        "eu-west-1c",
    ]


def test_the_default_security_group_allows_nothing() -> None:
    group = of("one").one("DefaultSecurityGroup")
    assert group.inputs["ingress"] == group.inputs["egress"] == []


networks = st.builds(
    lambda prefix, address: ipaddress.IPv4Network((address, prefix), strict=False),
    st.integers(WIDEST, NARROWEST),
    st.integers(0, 2**32 - 1),
)


@given(networks, st.integers(1, MAX_ZONES))
def test_subnets_lie_inside_and_do_not_overlap(network: ipaddress.IPv4Network, zones: int) -> None:
    made = plan(str(network), zones)
    blocks = [ipaddress.IPv4Network(block) for block in (*made.public, *made.private)]
    assert len(blocks) == 2 * zones
    assert all(block.subnet_of(network) and block.prefixlen <= 28 for block in blocks)
    assert not any(one.overlaps(other) for number, one in enumerate(blocks) for other in blocks[number + 1 :])


@given(networks, st.integers(1, MAX_ZONES - 1))
def test_another_zone_moves_nothing(network: ipaddress.IPv4Network, zones: int) -> None:
    before, after = plan(str(network), zones), plan(str(network), zones + 1)
    assert after.public[:zones] == before.public
    assert after.private[:zones] == before.private


@pytest.mark.parametrize(
    ("cidr", "zones"), [("10.0.0.0/15", 2), ("10.0.0.0/23", 2), ("10.0.0.1/16", 2), ("10.0.0.0/16", 4), ("10.0.0.0/16", 0)]
)
def test_what_does_not_fit_is_refused(cidr: str, zones: int) -> None:
    with pytest.raises(ValueError, match=r"."):
        plan(cidr, zones)
