"""Alarms that somebody hears, and metrics that only those see who have signed in."""

from collections.abc import Iterator, Mapping, Sequence

from modelway.rules.belonging import Kind
from modelway.rules.demands import Demand
from modelway.rules.expecting import Judged, items
from modelway.rules.grants.documents import judged
from modelway.rules.iam import PRINCIPALS
from modelway.rules.properties import Found, Missing, look, one
from modelway.rules.stack import Resource, StackRule
from modelway.rules.subjects import Rule, Subject, text_of, verdict, wrong
from modelway.rules.values import Unknown
from modelway.rules.verdicts import Undecided, Unreadable, Verdict

_COMPOSITE = "aws:cloudwatch/compositeAlarm:CompositeAlarm"
_ALARMS = frozenset(("aws:cloudwatch/metricAlarm:MetricAlarm", _COMPOSITE))
_TOPIC = "aws:sns/topic:Topic"
_SUBSCRIPTION = "aws:sns/topicSubscription:TopicSubscription"
_OF_TOPIC = Kind(
    wholes=frozenset((_TOPIC,)),
    name="name",
    settings={_SUBSCRIPTION: "topic"},
    same=lambda arn, name: arn.rpartition(":")[2] == name,
)
_GRAFANA = "aws:grafana/workspace:Workspace"
_METRICS = "aws:amp/resourcePolicy:ResourcePolicy"

_TELLS = Demand("an alarm tells somebody", "Set alarmActions to the ARN of a topic that people are subscribed to.")
_ON = Demand(_TELLS.says, "Set actionsEnabled to true, or leave it out.")
_SIGNED_IN = Demand("dashboards are for those who have signed in", "Set authenticationProviders to AWS_SSO or SAML.")
_INSIDE = Demand(
    "dashboards are reached from networks that are named", "Set networkAccessControl to prefix lists, or to endpoints of networks."
)


def _judge_alarms(resources: Sequence[Resource]) -> Mapping[str, Verdict]:
    """Whether alarms do something, and what they tell is heard. Of a topic without a subscription in the stack that is not known: people
    subscribe by themselves, and whether one was confirmed is written nowhere."""
    topics = _OF_TOPIC.found(resources)
    heard = frozenset(topic.resource.urn for topic in topics if topic.settings)
    elsewhere = frozenset(
        topic
        for each in resources
        if each.subject.type == _SUBSCRIPTION and isinstance(topic := one(each.subject.properties, "topic").value, str)
    )
    # What is part of another alarm acts through that one.
    parts = frozenset(urn for each in resources if each.subject.type == _COMPOSITE for urn in each.depends_on)
    return {
        each.urn: verdict(_alarm(each, [topic.resource for topic in topics], heard, elsewhere, part=each.urn in parts))
        for each in resources
        if each.subject.type in _ALARMS
    }


def _alarm(
    alarm: Resource, topics: Sequence[Resource], heard: frozenset[str], elsewhere: frozenset[str], *, part: bool
) -> Iterator[Judged]:
    """`heard`: URNs of topics with a subscription; `elsewhere`: ARNs that subscriptions name."""
    actions = [action for action in look(alarm.subject.properties, "alarmActions.*") if not isinstance(action.value, Missing)]
    if part and not actions:
        yield None
        return
    yield _ON.is_on(one(alarm.subject.properties, "actionsEnabled"), missing=True)
    if not actions:
        yield _TELLS.broken(Found("alarmActions", Missing()))
    reached = [_reaches(action, alarm, topics, heard, elsewhere) for action in actions]
    yield from [None] if None in reached else reached


def _reaches(found: Found, alarm: Resource, topics: Sequence[Resource], heard: frozenset[str], elsewhere: frozenset[str]) -> Judged:
    arn = text_of(found)
    # Of a list that is not known as a whole nobody knows that there is anything in it.
    if isinstance(arn, Unreadable) or (isinstance(arn, Undecided) and found.path == "alarmActions"):
        return arn
    if isinstance(arn, str):
        if not arn.startswith("arn:") or arn.count(":") < 5:
            return wrong(found, "an ARN")
        if arn.split(":")[2] != "sns" or arn in elsewhere:
            # What is no topic, such as a scaling policy or an incident, acts by itself.
            return None
    told = [topic for topic in topics if _is_told(topic, alarm, arn)]
    # Of several that an alarm was made from nobody knows which one this is.
    return None if told and all(topic.urn in heard for topic in told) else Undecided((f"who is subscribed to {found.path}",))


def _is_told(topic: Resource, alarm: Resource, arn: object) -> bool:
    """Whether an action is that topic: by its name, and by what the alarm was made from where one of them is not known yet."""
    name = one(topic.subject.properties, "name").value
    if isinstance(arn, str) and isinstance(name, str):
        return arn.rpartition(":")[2] == name
    return topic.urn in alarm.depends_on


def _judge_dashboards(subject: Subject) -> Verdict:
    return verdict(_dashboards(subject))


def _dashboards(subject: Subject) -> Iterator[Judged]:
    if subject.type == _METRICS:
        yield from judged(one(subject.properties, "policyDocument"), "resource", PRINCIPALS)
    if subject.type != _GRAFANA:
        return
    providers = list(items(subject.properties, "authenticationProviders"))
    if not providers:
        yield _SIGNED_IN.broken(Found("authenticationProviders", Missing()))
    for provider in providers:
        yield _SIGNED_IN.is_one_of(provider, ("AWS_SSO", "SAML")) if isinstance(provider, Found) else provider
    yield _inside(one(subject.properties, "networkAccessControl"))


def _inside(found: Found) -> Judged:
    if isinstance(found.value, Missing):
        return _INSIDE.broken(found)
    if isinstance(found.value, Unknown):
        return Undecided((found.path,))
    return None if isinstance(found.value, Mapping) else wrong(found, "an object")


ALARMS = StackRule(
    id="heard-alarms",
    says="an alarm does something, and what it tells is heard",
    why="An alarm that nobody hears is found the day after, beside the outage.",
    severity="medium",
    sources=("MON-01", "NIST IR-4"),
    applies=lambda type_: type_ in _ALARMS,
    judge=_judge_alarms,
)
DASHBOARDS = Rule(
    id="closed-dashboards",
    says="metrics and dashboards are for those who have signed in, from networks that are named",
    why="What a model answers, how often and for whom shows in its metrics.",
    severity="medium",
    sources=("MON-02", "NIST AC-3"),
    applies=lambda type_: type_ in (_GRAFANA, _METRICS),
    judge=_judge_dashboards,
)
RULES: tuple[Rule | StackRule, ...] = (ALARMS, DASHBOARDS)
