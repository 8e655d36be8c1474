"""Networks, each by itself: nothing goes by its default group, and who spoke with whom is kept."""

from collections.abc import Iterator, Mapping, Sequence

from modelway.rules.belonging import Whole, at
from modelway.rules.demands import Demand
from modelway.rules.expecting import Judged, breach, items
from modelway.rules.networks.parts import FLOW_LOG, GROUP, NETWORKS, OF_NETWORK
from modelway.rules.properties import Found
from modelway.rules.stack import Resource, StackRule
from modelway.rules.subjects import verdict
from modelway.rules.verdicts import Verdict

_EMPTY = Demand(
    "the default security group of a network is empty",
    "Add a DefaultSecurityGroup without ingress and egress, and give what uses it a group of its own.",
)
_KEPT = Demand(
    "what spoke with whom in a network is kept", "Add a FlowLog of the network with trafficType ALL, or REJECT for what was refused alone."
)


def _judge_groups(resources: Sequence[Resource]) -> Mapping[str, Verdict]:
    """Whether networks have their default group taken over, and such groups are empty."""
    groups = {one.urn: verdict(_group(one)) for one in resources if one.subject.type == GROUP}
    return {**groups, **OF_NETWORK.judged(resources, _taken_over)}


def _taken_over(network: Whole) -> Iterator[Judged]:
    # AWS makes it with every network, and lets all in it reach each other and everything.
    found = any(setting.subject.type == GROUP for setting in network.settings)
    yield None if found else network.not_set(_EMPTY, "DefaultSecurityGroup")


def _group(resource: Resource) -> Iterator[Judged]:
    # Whoever takes it over removes what AWS has put in, unless it is written here.
    yield None
    for name in ("ingress", "egress"):
        for item in items(resource.subject.properties, name):
            yield breach(item, _EMPTY.says, f"Remove {name}.", "a rule") if isinstance(item, Found) else item


def _judge_logs(resources: Sequence[Resource]) -> Mapping[str, Verdict]:
    """Whether networks have a flow log that keeps what was refused."""
    return OF_NETWORK.judged(resources, _logged)


def _logged(network: Whole) -> Iterator[Judged]:
    logs = [setting for setting in network.settings if setting.subject.type == FLOW_LOG]
    judged = [_KEPT.is_one_of(at(log, "trafficType"), ("ALL", "REJECT")) for log in logs]
    if not judged:
        yield network.not_set(_KEPT, "FlowLog")
    yield from [None] if None in judged else judged


GROUPS = StackRule(
    id="empty-default-group",
    says=_EMPTY.says,
    why="Whatever is made without a group gets the default one, and then all of it reaches each other.",
    severity="high",
    sources=("NET-01", "FSBP EC2.2", "CKV2_AWS_12"),
    applies=lambda type_: type_ in NETWORKS or type_ == GROUP,
    judge=_judge_groups,
)
LOGS = StackRule(
    id="flow-logs",
    says=_KEPT.says,
    why="After an incident nothing else tells what was reached from where, and where data went.",
    # Development goes without, as it is thrown away with what happened in it: there it is said and blocks nothing.
    severity="medium",
    sources=("NET-01", "FSBP EC2.6", "CKV2_AWS_11"),
    applies=lambda type_: type_ in NETWORKS,
    judge=_judge_logs,
)
RULES: tuple[StackRule, ...] = (GROUPS, LOGS)
