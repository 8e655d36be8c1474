"""Models that KServe serves: bounded, more than one, and out of a store that is one's own."""

from collections.abc import Iterator

from modelway.rules.demands import Demand
from modelway.rules.expecting import Judged, breach
from modelway.rules.properties import Found, Missing, one
from modelway.rules.serving.kserve import address, is_service, programs
from modelway.rules.stack import StackRule
from modelway.rules.subjects import Rule, Subject, text_of, verdict, wrong
from modelway.rules.values import Unknown
from modelway.rules.verdicts import Undecided, Verdict

_STORES = ("s3", "oci", "pvc")
"""Stores that have an owner who lets readers in; behind hf, http and git is whoever publishes there."""
_LEAST_REPLICAS = 2

_BOUNDED = Demand("a served model says what it asks of a node and how much memory it takes at most", "Set resources.limits.memory.")
_ASKED = Demand(_BOUNDED.says, "Set resources.requests.cpu.")
_SHARE = Demand("a canary gets between 0 and 100 percent", "Set it to the percentage that the newest version gets.")
_OWN_STORE = Demand("a served model comes out of a store of one's own", "Copy it to one, and name it by s3://, oci:// or pvc://.")
_SEVERAL = Demand(f"{_LEAST_REPLICAS} replicas or more of a model answer", f"Set it to {_LEAST_REPLICAS} at least.")


def _judge(subject: Subject) -> Verdict:
    return verdict(_judged(subject) if is_service(subject.type) else ())


def _judged(subject: Subject) -> Iterator[Judged]:
    properties = subject.properties
    for program in programs(properties):
        if not isinstance(program, Found):
            yield program
            continue
        yield _amount(one(properties, f"{program.path}.resources.limits.memory"), _BOUNDED)
        asked = one(properties, f"{program.path}.resources.requests.cpu")
        # Where nothing is asked for, Kubernetes takes the limit.
        limit = one(properties, f"{program.path}.resources.limits.cpu")
        yield _amount(limit if isinstance(asked.value, Missing) and not isinstance(limit.value, Missing) else asked, _ASKED)
        yield _store(address(properties, program))
    yield _SHARE.is_within(one(properties, "spec.predictor.canaryTrafficPercent"), 0, 100, missing=0)


def _amount(found: Found, demand: Demand) -> Judged:
    match found.value:
        case Unknown():
            return Undecided((found.path,))
        case Missing() | "":
            return breach(found, demand.says, demand.way_out, "empty")
        case bool():
            return wrong(found, "an amount such as 500m or 2Gi")
        case str() | int() | float():
            return None
    return wrong(found, "an amount such as 500m or 2Gi")


def _store(found: Found) -> Judged:
    text = text_of(found)
    if text is None or not isinstance(text, str):
        return text
    return None if text.partition("://")[0].lower() in _STORES else _OWN_STORE.broken(found)


def _judge_replicas(subject: Subject) -> Verdict:
    if not is_service(subject.type):
        return verdict(())
    # KServe takes 1 for what is left out (kserve/kserve, pkg/constants/constants.go, DefaultMinReplicas).
    return verdict([_SEVERAL.is_within(one(subject.properties, "spec.predictor.minReplicas"), _LEAST_REPLICAS, missing=1)])


RULE = Rule(
    id="bounded-inference-service",
    says="a model that KServe serves says what it asks of a node, comes out of a store of one's own, and shares requests in percent",
    why="What is not bounded takes its neighbours with it, and weights from a stranger are a program from a stranger.",
    severity="high",
    sources=("KS-01", "kserve/kserve#1914", "kserve/kserve#4074", "NIST SC-6"),
    applies=is_service,
    judge=_judge,
)
REPLICAS = Rule(
    id="inference-service-replicas",
    says=_SEVERAL.says,
    why="With one, every node that is drained takes the model away; with none, the first request waits for its start.",
    severity="high",
    sources=("KS-01", "NIST CP-10"),
    applies=is_service,
    judge=_judge_replicas,
)

RULES: tuple[Rule | StackRule, ...] = (RULE, REPLICAS)
