"""A new version gets more requests in steps, so that what is wrong with it is seen while few are asked of it."""

from collections.abc import Iterator, Mapping, Sequence

from modelway.rules.properties import Missing, one
from modelway.rules.subjects import Rule, Subject
from modelway.rules.values import Secret, Unknown
from modelway.rules.verdicts import Evidence, Failed, NotApplicable, Passed, Undecided, Unreadable, Verdict

MOST = 25.0
"""Percentage points that a version may get more at once."""

_Shares = dict[str, float]
"""Percent of the requests by who answers them."""


class _OfAnotherType(Exception):
    """A weight that is none; says where."""


class _NotKnown(Exception):
    """A weight that is not known yet; says where."""


def judge(subject: Subject) -> Verdict:
    """Whether any version gets much more at once. More for the one that had most already is no jump: the way back is always open."""
    if not _applies(subject.type):
        return NotApplicable()
    try:
        after = dict(_routes(subject.type, subject.properties))
        if not after:
            return NotApplicable()
        if subject.before is None:
            return NotApplicable() if subject.compared else Undecided(("the properties before",))
        before = dict(_routes(subject.type, subject.before))
    except _NotKnown as error:
        return Undecided((str(error),))
    except _OfAnotherType as error:
        return Unreadable((str(error),))
    evidence = tuple(found for path, shares in after.items() if path in before for found in _jumps(path, before[path], shares))
    return Failed(evidence) if evidence else Passed()


def _jumps(path: str, before: _Shares, after: _Shares) -> Iterator[Evidence]:
    for name, share in after.items():
        had = before.get(name, 0.0)
        if share - had > MOST and had <= 50:
            value = f"{name} from {had:g}% to {share:g}%"
            yield Evidence(path, value, RULE.says, f"Raise it in steps of at most {MOST:g} percentage points.")


def _routes(type_: str, properties: Mapping[str, object]) -> Iterator[tuple[str, _Shares]]:
    """Who gets how much, by the path of the list that says so."""
    if type_.endswith(":HTTPRoute"):
        for number, rule in enumerate(_list(properties, "spec.rules")):
            path = f"spec.rules[{number}].backendRefs"
            backends = _list({"rule": rule}, "rule.backendRefs")
            if backends:
                yield _key(rule, path), _shares(path, backends, "name", "weight", missing=1)
    elif type_.endswith(":InferenceService"):
        percent = one(properties, "spec.predictor.canaryTrafficPercent")
        if not isinstance(percent.value, Missing):
            canary = _number(percent.value, percent.path)
            yield "spec.predictor", {"the version before": 100 - canary, "the newest version": canary}
    elif type_ == _SAGEMAKER:
        if variants := _list(properties, "productionVariants"):
            yield "productionVariants", _shares("productionVariants", variants, "variantName", "initialVariantWeight", missing=1)
    else:
        for number in range(len(_list(properties, "actions"))):
            path = f"actions[{number}].forward.targetGroups"
            if groups := _list(properties, path):
                yield path, _shares(path, groups, "arn", "weight", missing=1)


def _key(rule: object, path: str) -> str:
    """Rules of a route are told apart by their name, where they have one, and by their place."""
    name = rule.get("name") if isinstance(rule, Mapping) else None
    return f"spec.rules[{name}].backendRefs" if isinstance(name, str) else path


def _shares(path: str, backends: Sequence[object], name: str, weight: str, missing: float) -> _Shares:
    weights: dict[str, float] = {}
    for number, backend in enumerate(backends):
        here = f"{path}[{number}]"
        if isinstance(backend, Unknown):
            raise _NotKnown(here)
        if not isinstance(backend, Mapping):
            raise _OfAnotherType(f"{here} is no object")
        who = backend.get(name)
        if isinstance(who, Unknown | Secret):
            raise _NotKnown(f"{here}.{name}")
        given = backend.get(weight)
        weights[str(who)] = weights.get(str(who), 0) + (missing if given is None else _number(given, f"{here}.{weight}"))
    total = sum(weights.values())
    return {who: 100 * number / total if total else 0.0 for who, number in weights.items()}


def _number(value: object, path: str) -> float:
    if isinstance(value, Unknown | Secret):
        # What is said of shares would tell a secret weight.
        raise _NotKnown(path)
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        raise _OfAnotherType(f"{path} is no number")
    try:
        number = float(value)
    except ValueError:
        raise _OfAnotherType(f"{path} is no number") from None
    if not 0 <= number < float("inf"):
        raise _OfAnotherType(f"{path} is {number:g}, and has to be 0 or more")
    return number


def _list(properties: Mapping[str, object], path: str) -> Sequence[object]:
    found = one(properties, path)
    match found.value:
        case Missing():
            return ()
        case Unknown():
            raise _NotKnown(found.path)
        case list() | tuple() as listed:
            return listed
    raise _OfAnotherType(f"{found.path} is no list")


_SAGEMAKER = "aws:sagemaker/endpointConfiguration:EndpointConfiguration"
_BALANCER = frozenset(("aws:lb/listenerRule:ListenerRule", "aws:alb/listenerRule:ListenerRule"))


def _applies(type_: str) -> bool:
    return (
        (type_.startswith("kubernetes:gateway.networking.k8s.io/") and type_.endswith(":HTTPRoute"))
        or (type_.startswith("kubernetes:serving.kserve.io/") and type_.endswith(":InferenceService"))
        or type_ == _SAGEMAKER
        or type_ in _BALANCER
    )


RULE = Rule(
    id="traffic-jump",
    says=f"a version gets at most {MOST:g} percentage points more of the requests at once",
    why="A version that is wrong in a way that no test has seen is then wrong for few.",
    severity="high",
    sources=("NIST MANAGE 2.4", "NIST CM-3"),
    applies=_applies,
    judge=judge,
)
