"""Where a network has no way to the internet, what models need of AWS is reached inside of it."""

import re
from collections.abc import Iterator, Mapping, Sequence

from modelway.rules.belonging import Whole, at
from modelway.rules.demands import Demand
from modelway.rules.expecting import Judged
from modelway.rules.networks.parts import ENDPOINT, NETWORKS, OF_NETWORK, OF_SUBNET, WAYS_OUT
from modelway.rules.stack import Resource, StackRule
from modelway.rules.subjects import text_of, verdict
from modelway.rules.verdicts import Evidence, Undecided, Unreadable, Verdict

_NEEDED = ("s3", "ecr.api", "ecr.dkr", "sts", "logs", "kms", "sagemaker.runtime")
_SERVICE = re.compile(r"(?:cn\.)?com\.amazonaws\.[a-z0-9-]+\.(?P<name>.+?)(?:-fips)?")
"""The name of a service in the name of its endpoint (docs.aws.amazon.com/vpc/latest/privatelink/aws-services-privatelink-support.html)."""

_REACHED = Demand(
    "a network without a way to the internet reaches what models need of AWS by endpoints of its own",
    "Add a VpcEndpoint for each; S3 has one of type Gateway, which costs nothing.",
)
_BY_NAME = Demand(_REACHED.says, "Set privateDnsEnabled to true: programs ask for the usual name, which leads outside without it.")


def _judge(resources: Sequence[Resource]) -> Mapping[str, Verdict]:
    """Whether networks without a NAT gateway, egress-only gateway or transit gateway have the endpoints."""
    subnets = OF_SUBNET.found(resources)
    with_nat = {subnet.resource.urn for subnet in subnets if subnet.settings}
    elsewhere = [path for subnet in subnets for path in subnet.doubtful]
    return {network.resource.urn: verdict(_judged(network, with_nat, elsewhere)) for network in OF_NETWORK.found(resources)}


def _judged(network: Whole, with_nat: set[str], elsewhere: Sequence[str]) -> Iterator[Judged]:
    """`with_nat`: subnets with a NAT gateway; `elsewhere`: where it is not known which subnet one is in."""
    if any(setting.subject.type in WAYS_OUT or setting.urn in with_nat for setting in network.settings):
        return
    doubtful = [*network.doubtful, *elsewhere]
    by_service: dict[str, list[Judged]] = {}
    for endpoint in network.settings:
        if endpoint.subject.type == ENDPOINT:
            name = at(endpoint, "serviceName")
            service = text_of(name)
            if isinstance(service, str) and (found := _SERVICE.fullmatch(service)):
                by_service.setdefault(found["name"], []).append(_answers(endpoint))
            elif isinstance(service, Undecided):
                doubtful += service.paths
            elif isinstance(service, Unreadable):
                yield service
    missing = [service for service in _NEEDED if service not in by_service]
    if missing:
        none = Evidence("VpcEndpoint", f"none for {', '.join(missing)}", _REACHED.says, _REACHED.way_out)
        yield Undecided(tuple(doubtful)) if doubtful else none
    for service in _NEEDED:
        # Of several for one service it is enough that one answers.
        judged = by_service.get(service, [])
        yield from [None] if None in judged else judged


def _answers(endpoint: Resource) -> Judged:
    """Whether an endpoint is found by the usual name of its service."""
    kind = text_of(at(endpoint, "vpcEndpointType"))
    if isinstance(kind, Undecided | Unreadable):
        return kind
    return None if kind in (None, "Gateway") else _BY_NAME.is_on(at(endpoint, "privateDnsEnabled"))


RULE = StackRule(
    id="private-endpoints",
    says=_REACHED.says,
    why="Without them nothing starts, or somebody opens the network to everything to make it start.",
    severity="medium",
    sources=("NET-02", "NIST SC-7"),
    applies=lambda type_: type_ in NETWORKS,
    judge=_judge,
)
RULES: tuple[StackRule, ...] = (RULE,)
