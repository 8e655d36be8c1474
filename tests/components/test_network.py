import ipaddress
import json

import pulumi
import pytest
from hypothesis import given
from hypothesis import strategies as st

from components._addresses import MAX_ZONES, NARROWEST, WIDEST, plan
from components.network import FlowLogsArgs, Network, NetworkArgs
from tests.support.engine import Recorder, run

FLOW_LOGS = FlowLogsArgs(account="222222222222", region="eu-west-1", log_group="/modelway/dev/flows", retention_days=30)


def make(name: str, opts: pulumi.ResourceOptions | None = None) -> Network:
    return Network(name, NetworkArgs(cidr="10.20.0.0/16", zones=2), opts)


def watched(name: str, opts: pulumi.ResourceOptions | None = None) -> Network:
    """One with all that can be asked for."""
    endpoints = {short: f"com.amazonaws.eu-west-1.{short}" for short in ("s3", "sts", "ecr.api")}
    args = NetworkArgs(cidr="10.20.0.0/16", zones=2, nat="none", endpoints=endpoints, flow_logs=FLOW_LOGS, discovery="dev")
    return Network(name, args, opts)


def of(nat: str) -> Recorder:
    return run(lambda: Network("net", NetworkArgs(cidr="10.20.0.0/16", zones=3, nat=nat)))


@pytest.mark.parametrize(("make", "golden"), [(make, "network"), (watched, "network-watched")])
def test_contract(contract, make, golden: str) -> None:
    held = contract(make)
    held.tree(golden)
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


def test_subnets_stand_where_clusters_can_and_stay_there() -> None:
    recorder = of("one")
    (asked,) = [args for token, args in recorder.calls if token.endswith("getAvailabilityZones")]
    assert {"use1-az3", "usw1-az2", "cac1-az3"} <= set(asked["excludeZoneIds"])
    assert all(subnet.ignored == ["availabilityZone"] for subnet in recorder.of("Subnet"))


def test_the_default_security_group_allows_nothing() -> None:
    group = of("one").one("DefaultSecurityGroup")
    assert group.inputs["ingress"] == group.inputs["egress"] == []


def test_nodes_and_load_balancers_find_their_subnets() -> None:
    tags = {subnet.name: subnet.inputs["tags"] for subnet in run(lambda: watched("net")).of("Subnet")}
    assert {name for name, found in tags.items() if found.get("karpenter.sh/discovery") == "dev"} == {"net-private-1", "net-private-2"}
    assert {name for name, found in tags.items() if "kubernetes.io/role/elb" in found} == {"net-public-1", "net-public-2"}
    assert not any("kubernetes.io" in key for key in tags["net-intra-1"])


def test_nothing_leads_out_of_intra_subnets() -> None:
    recorder = of("per_zone")
    associated = {one.inputs["routeTableId"] for one in recorder.of("RouteTableAssociation") if "intra" in one.name}
    assert associated == {"net-intra-routes-id"}
    assert not [route for route in recorder.of("Route") if route.inputs["routeTableId"] in associated]


def test_endpoints_answer_the_network_alone() -> None:
    recorder = run(lambda: watched("net"))
    endpoints = {endpoint.inputs["serviceName"].rpartition("eu-west-1.")[2]: endpoint.inputs for endpoint in recorder.of("VpcEndpoint")}
    assert endpoints["s3"]["vpcEndpointType"] == "Gateway"
    tables = ["net-private-1-routes-id", "net-private-2-routes-id", "net-intra-routes-id"]
    assert endpoints["s3"]["routeTableIds"] == tables
    for service in ("sts", "ecr.api"):
        assert endpoints[service]["subnetIds"] == ["net-intra-1-id", "net-intra-2-id"]
        assert endpoints[service]["privateDnsEnabled"] is True
        assert endpoints[service]["securityGroupIds"] == ["net-endpoints-id"]
    group = recorder.one("SecurityGroup").inputs
    (rule,) = group["ingress"]
    assert (rule["cidrBlocks"], rule["fromPort"], rule["toPort"], rule["protocol"]) == (["10.20.0.0/16"], 443, 443, "tcp")
    assert "egress" not in group


def test_flow_logs_are_encrypted_and_written_by_a_role_that_can_do_nothing_else() -> None:
    recorder = run(lambda: watched("net"))
    (group,) = recorder.of("LogGroup")
    assert (group.inputs["retentionInDays"], group.inputs["kmsKeyId"].endswith("key/net-flows")) == (30, True)
    assert recorder.one("FlowLog").inputs["trafficType"] == "ALL"
    assert recorder.one("RolePolicy").urn in recorder.one("FlowLog").dependencies
    own = "arn:aws:logs:eu-west-1:222222222222:log-group:/modelway/dev/flows"
    for statement in json.loads(recorder.one("RolePolicy").inputs["policy"])["Statement"]:
        assert statement["Action"] == ["logs:DescribeLogGroups"] or all(one.startswith(own) for one in statement["Resource"])
    (trust,) = json.loads(recorder.one("Role").inputs["assumeRolePolicy"])["Statement"]
    assert trust["Condition"]["StringEquals"] == {"aws:SourceAccount": "222222222222"}


networks = st.builds(
    lambda prefix, address: ipaddress.IPv4Network((address, prefix), strict=False),
    st.integers(WIDEST, NARROWEST),
    st.integers(0, 2**32 - 1),
)


@given(networks, st.integers(1, MAX_ZONES))
def test_subnets_lie_inside_and_do_not_overlap(network: ipaddress.IPv4Network, zones: int) -> None:
    made = plan(str(network), zones)
    blocks = [ipaddress.IPv4Network(block) for block in (*made.public, *made.private, *made.intra)]
    assert len(blocks) == 3 * zones
    assert all(block.subnet_of(network) and block.prefixlen <= 28 for block in blocks)
    assert not any(one.overlaps(other) for number, one in enumerate(blocks) for other in blocks[number + 1 :])


@given(networks, st.integers(1, MAX_ZONES - 1))
def test_another_zone_moves_nothing(network: ipaddress.IPv4Network, zones: int) -> None:
    before, after = plan(str(network), zones), plan(str(network), zones + 1)
    assert after.public[:zones] == before.public
    assert after.private[:zones] == before.private
    assert after.intra[:zones] == before.intra


@pytest.mark.parametrize(
    ("cidr", "zones"), [("10.0.0.0/15", 2), ("10.0.0.0/23", 2), ("10.0.0.1/16", 2), ("10.0.0.0/16", 4), ("10.0.0.0/16", 0)]
)
def test_what_does_not_fit_is_refused(cidr: str, zones: int) -> None:
    with pytest.raises(ValueError, match=r"."):
        plan(cidr, zones)
