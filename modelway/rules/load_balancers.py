"""Load balancers: callers speak TLS with them, forged requests do not pass, what came is kept, and nobody deletes them by mistake."""

import re
from collections.abc import Iterator

from modelway.rules.demands import Demand
from modelway.rules.expecting import Judged, items
from modelway.rules.properties import Found, Missing, one
from modelway.rules.subjects import Rule, Subject, text_of, verdict
from modelway.rules.verdicts import Undecided, Unreadable, Verdict

_BALANCERS = ("aws:lb/loadBalancer:LoadBalancer", "aws:alb/loadBalancer:LoadBalancer")
_LISTENERS = ("aws:lb/listener:Listener", "aws:alb/listener:Listener")
_POLICY = re.compile(r"ELBSecurityPolicy-(TLS13-1-[23]|TLS-1-2|FS-1-2)-.+")
"""Policies of AWS that take TLS 1.2 and newer alone
(docs.aws.amazon.com/elasticloadbalancing/latest/application/describe-ssl-policies.html)."""

_MODERN = Demand(
    "callers speak TLS 1.2 or newer",
    "Set sslPolicy to ELBSecurityPolicy-TLS13-1-2-Res-2021-06; the policy that AWS takes by itself still has TLS 1.0.",
)
_LED_ON = Demand("what is asked in the clear is led to HTTPS", "Make redirect with protocol HTTPS the only default action.")
_REFUSED = Demand("requests that are forged do not pass", "Set dropInvalidHeaderFields to true.")
_DEFENSIVE = Demand(_REFUSED.says, "Set desyncMitigationMode to defensive or strictest.")
_WRITTEN = Demand("what was asked of a load balancer is kept", "Set accessLogs.enabled to true, with a bucket.")
_KEPT = Demand("a load balancer is not deleted by mistake", "Set enableDeletionProtection to true.")


def _judge_listener(subject: Subject) -> Verdict:
    return verdict(_listener(subject) if subject.type in _LISTENERS else ())


def _listener(subject: Subject) -> Iterator[Judged]:
    protocol = text_of(one(subject.properties, "protocol"))
    match protocol:
        case "HTTPS" | "TLS":
            yield _modern(one(subject.properties, "sslPolicy"))
        case "HTTP":
            yield from _led_on(subject)
        case Undecided() | Unreadable():
            yield protocol


def _modern(found: Found) -> Judged:
    policy = text_of(found)
    if isinstance(policy, Undecided | Unreadable):
        return policy
    return None if policy and _POLICY.fullmatch(policy) else _MODERN.broken(found)


def _led_on(subject: Subject) -> Iterator[Judged]:
    actions = one(subject.properties, "defaultActions")
    if isinstance(actions.value, Missing) or actions.value in ([], ()):
        yield _LED_ON.broken(Found(actions.path, Missing()))
    for number, item in enumerate(items(subject.properties, "defaultActions")):
        if not isinstance(item, Found):
            yield item
            continue
        kind = one(subject.properties, f"defaultActions[{number}].type")
        judged = _LED_ON.is_one_of(kind, ("redirect",))
        yield judged if judged is not None else _LED_ON.is_one_of(one(subject.properties, f"{item.path}.redirect.protocol"), ("HTTPS",))


def _judge_guards(subject: Subject) -> Verdict:
    return verdict(_guards(subject) if subject.type in _BALANCERS else ())


def _guards(subject: Subject) -> Iterator[Judged]:
    kind = text_of(one(subject.properties, "loadBalancerType"))
    if isinstance(kind, Undecided | Unreadable):
        yield kind
        return
    if kind in (None, "application"):
        yield _REFUSED.is_on(one(subject.properties, "dropInvalidHeaderFields"))
        mode = one(subject.properties, "desyncMitigationMode")
        # AWS takes the defensive one where none is named.
        yield None if isinstance(mode.value, Missing) else _DEFENSIVE.is_one_of(mode, ("defensive", "strictest"))
    # One of type gateway passes packets on and keeps nothing of them.
    if kind != "gateway":
        yield _WRITTEN.is_on(one(subject.properties, "accessLogs.enabled"))


def _judge_deletion(subject: Subject) -> Verdict:
    found = (one(subject.properties, "enableDeletionProtection") for _ in (subject.type,) if subject.type in _BALANCERS)
    return verdict(_KEPT.is_on(each) for each in found)


LISTENERS = Rule(
    id="tls-listeners",
    says="a load balancer speaks TLS 1.2 or newer with callers, and leads those who ask in the clear to it",
    why="What is asked of a model, and what it answers, is read or changed on the way otherwise.",
    severity="high",
    sources=("LB-01", "FSBP ELB.17", "CKV_AWS_2"),
    applies=lambda type_: type_ in _LISTENERS,
    judge=_judge_listener,
)
GUARDS = Rule(
    id="guarded-load-balancers",
    says="a load balancer lets no forged requests pass, and what was asked of it is kept",
    why="A request that two programs read in two ways goes past what checks it, and without a log nobody sees it.",
    severity="high",
    sources=("LB-01", "FSBP ELB.4", "FSBP ELB.5", "CKV_AWS_91", "CKV_AWS_131", "CKV_AWS_328"),
    applies=lambda type_: type_ in _BALANCERS,
    judge=_judge_guards,
)
DELETION = Rule(
    id="load-balancer-deletion",
    says=_KEPT.says,
    why="With it goes the address that callers have.",
    # Development is thrown away with what is in it: there it is said and blocks nothing.
    severity="high",
    sources=("LB-01", "FSBP ELB.6", "CKV_AWS_150"),
    applies=lambda type_: type_ in _BALANCERS,
    judge=_judge_deletion,
)
RULES: tuple[Rule, ...] = (LISTENERS, GUARDS, DELETION)
