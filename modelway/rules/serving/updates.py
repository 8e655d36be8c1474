"""How endpoints on SageMaker get new versions: beside the old ones, and back by themselves when an alarm goes off."""

from collections.abc import Iterator, Mapping, Sequence

from modelway.rules.demands import Demand
from modelway.rules.expecting import Judged, items
from modelway.rules.properties import Found, Missing, one
from modelway.rules.serving.alarm_reading import READS_ALARMS, may_read_alarms
from modelway.rules.stack import Resource, StackRule
from modelway.rules.subjects import Rule, text_of, verdict, wrong
from modelway.rules.values import Unknown
from modelway.rules.verdicts import Evidence, Undecided, Verdict

ENDPOINT = "aws:sagemaker/endpoint:Endpoint"
_NAMED = {"aws:cloudwatch/metricAlarm:MetricAlarm": "name", "aws:cloudwatch/compositeAlarm:CompositeAlarm": "alarmName"}

_BLUE_GREEN = "deploymentConfig.blueGreenUpdatePolicy"
_ROLLING = "deploymentConfig.rollingUpdatePolicy"
_ALARMS = "deploymentConfig.autoRollbackConfiguration.alarms"

_WAITS = Demand(
    "instances of before stay for a while in which alarms are looked at", "Set it to 300 or more: an alarm needs minutes for going off."
)
_GOES_BACK = Demand("an update goes back when an alarm goes off", f"Name alarms of the endpoint's variants in {_ALARMS}.")


def judge(resources: Sequence[Resource]) -> Mapping[str, Verdict]:
    """Whether each endpoint is updated with a way back that works: old instances that stay, alarms that there are, a role that may read
    them. Of an alarm or a role that is no resource of the stack it is not known."""
    alarms = {text_of(one(each.subject.properties, _NAMED[each.subject.type])) for each in resources if each.subject.type in _NAMED}
    names = {name for name in alarms if isinstance(name, str)}
    return {endpoint.urn: verdict(_judged(endpoint, names, resources)) for endpoint in resources if endpoint.subject.type == ENDPOINT}


def _judged(endpoint: Resource, alarms: set[str], resources: Sequence[Resource]) -> Iterator[Judged]:
    properties = endpoint.subject.properties
    yield _stays(properties)
    named = list(items(properties, _ALARMS))
    if not named:
        yield _GOES_BACK.broken(one(properties, _ALARMS))
    for item in named:
        yield _is_there(one(properties, f"{item.path}.alarmName"), alarms) if isinstance(item, Found) else item
    if named:
        yield _may_read(endpoint, resources)


def _stays(properties: Mapping[str, object]) -> Judged:
    """Whether old instances stay for a while, by whichever policy there is."""
    for policy, wait in ((_BLUE_GREEN, "terminationWaitInSeconds"), (_ROLLING, "waitIntervalInSeconds")):
        found = one(properties, policy)
        match found.value:
            case Mapping():
                return _WAITS.is_within(one(properties, f"{policy}.{wait}"), 1, missing=0)
            case Unknown():
                return Undecided((found.path,))
            case Missing():
                continue
        return wrong(found, "an object")
    # SageMaker then shifts all requests at once, and old instances go at once.
    way_out = "Add blueGreenUpdatePolicy, with terminationWaitInSeconds, or rollingUpdatePolicy, with waitIntervalInSeconds."
    return Evidence("deploymentConfig", "no policy of updates", _WAITS.says, way_out)


def _is_there(found: Found, alarms: set[str]) -> Judged:
    name = text_of(found)
    if not name:
        return _GOES_BACK.broken(found)
    if not isinstance(name, str):
        return name
    return None if name in alarms else Undecided((found.path,))


def _may_read(endpoint: Resource, resources: Sequence[Resource]) -> Judged:
    allowed = may_read_alarms(endpoint, resources)
    if allowed is None:
        return Undecided(("rights of the execution role",))
    way_out = f"Allow {READS_ALARMS} in a policy of it; without that the update fails, or never goes back."
    return None if allowed else Evidence("execution role", f"without {READS_ALARMS}", _GOES_BACK.says, way_out)


RULE = StackRule(
    id="guarded-update",
    says="an update of an endpoint leaves the old instances for a while, and goes back to them when an alarm goes off",
    why="Otherwise a bad version answers everybody until somebody notices, and there is nothing left to go back to.",
    severity="high",
    sources=("SM-03", "NIST AI RMF MANAGE 2.4", "NIST SI-17"),
    applies=lambda type_: type_ == ENDPOINT,
    judge=judge,
)

RULES: tuple[Rule | StackRule, ...] = (RULE,)
