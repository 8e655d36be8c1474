"""Where alerts go: to somebody."""

import re
from collections.abc import Iterator, Mapping

from modelway.rules.expecting import Judged
from modelway.rules.properties import Found, Missing, one
from modelway.rules.stack import StackRule
from modelway.rules.subjects import Rule, Subject, text_of, verdict, wrong
from modelway.rules.values import Secret, Unknown
from modelway.rules.verdicts import Evidence, Undecided, Verdict

_MANAGED = "aws:amp/alertManagerDefinition:AlertManagerDefinition"
_RECEIVER = re.compile(r"\b(sns|pagerduty)_configs\b")
"""Whom Amazon's alert manager can tell (docs.aws.amazon.com/prometheus/latest/userguide/AMP-alertmanager-config.html)."""
_WAY_OUT = "Add `monitoring.alerts.severities: {page: …, ticket: …}`, or a receiver that a route leads to."


def _judge(subject: Subject) -> Verdict:
    """Whether a route of alerts leads to a receiver that tells somebody, by whatever alert."""
    if subject.type == _MANAGED:
        return verdict([_told(one(subject.properties, "definition"))])
    return verdict([_led(subject.properties)] if _is_config(subject.type) else ())


def _is_config(type_: str) -> bool:
    return type_.startswith("kubernetes:monitoring.coreos.com/") and type_.endswith(":AlertmanagerConfig")


def _told(found: Found) -> Judged:
    text = text_of(found)
    if text is not None and not isinstance(text, str):
        return text
    return None if _RECEIVER.search(text or "") else Evidence(found.path, "nobody is told", RULE.says, _WAY_OUT)


def _led(properties: Mapping[str, object]) -> Judged:
    receivers, route = one(properties, "spec.receivers"), one(properties, "spec.route")
    for found, kind, wanted in ((receivers, list | tuple, "a list"), (route, Mapping, "an object")):
        if isinstance(found.value, Unknown):
            return Undecided((found.path,))
        if not isinstance(found.value, Missing | kind):
            return wrong(found, wanted)
    telling = {name for item in _listed(receivers.value) for name in [_name_of_telling(item)] if name}
    if telling & set(_receivers(route.value)):
        return None
    return Evidence("spec.route", "nobody is told", RULE.says, _WAY_OUT)


def _name_of_telling(receiver: object) -> str | None:
    """The name of a receiver with an address; None of one that tells nobody."""
    inner = receiver.value if isinstance(receiver, Secret) else receiver
    if not isinstance(inner, Mapping) or not any(str(key).endswith("Configs") and value for key, value in inner.items()):
        return None
    name = inner.get("name")
    return name if isinstance(name, str) else None


def _receivers(route: object) -> Iterator[str]:
    """The receivers that a route and those below it name."""
    waiting = [route]
    while waiting:
        taken = waiting.pop()
        if isinstance(taken, Mapping):
            name = taken.get("receiver")
            if isinstance(name, str):
                yield name
            waiting += _listed(taken.get("routes"))


def _listed(value: object) -> list[object]:
    return list(value) if isinstance(value, list | tuple) else []


RULE = Rule(
    id="alerts-reach-somebody",
    says="alerts are led to a receiver that tells somebody",
    why="An alarm that nobody is told of is a line in a log.",
    # In development there is nobody to call: there it is said and blocks nothing.
    severity="medium",
    sources=("SM-07", "NIST AI RMF MANAGE 4.1", "NIST IR-4"),
    applies=lambda type_: type_ == _MANAGED or _is_config(type_),
    judge=_judge,
)

RULES: tuple[Rule | StackRule, ...] = (RULE,)
