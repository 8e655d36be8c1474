"""Namespaces of teams in a cluster: nothing goes in or out that nobody has allowed."""

from collections.abc import Iterator, Mapping, Sequence

from modelway.rules.addresses import is_everybody, networks
from modelway.rules.belonging import Kind, Whole, at, items_at
from modelway.rules.demands import Demand
from modelway.rules.expecting import Judged
from modelway.rules.properties import Found, Misplaced, Missing, one
from modelway.rules.stack import Resource, StackRule
from modelway.rules.subjects import text_of, verdict, wrong
from modelway.rules.values import Secret, Unknown
from modelway.rules.verdicts import Undecided, Unreadable, Verdict

_NAMESPACE = "kubernetes:core/v1:Namespace"
_POLICY = "kubernetes:networking.k8s.io/v1:NetworkPolicy"
_TEAM = 'metadata.labels["modelway.dev/team"]'
_IN_NAMESPACE = Kind(wholes=frozenset((_NAMESPACE,)), name="metadata.name", settings={_POLICY: "metadata.namespace"})
_DIRECTIONS = {"Ingress": ("ingress", "from"), "Egress": ("egress", "to")}
"""Where the rules of a direction stand, and in each of them whom it is about."""

_CLOSED = Demand(
    "pods of a team take and send nothing that no policy allows",
    "Add a NetworkPolicy to the namespace with podSelector {} and policyTypes [Ingress, Egress].",
)
_NOT_OPEN = Demand(_CLOSED.says, "Name pods, namespaces, addresses or ports: all of it is open to every pod of the namespace here.")


def _judge(resources: Sequence[Resource]) -> Mapping[str, Verdict]:
    """Whether every namespace of a team has policies that deny both directions to all of its pods unless something else allows them."""
    found = _IN_NAMESPACE.found(resources)
    # A policy that cannot be read is so for both directions, and is told of once.
    return {namespace.resource.urn: verdict(dict.fromkeys(_judged(namespace, found))) for namespace in found}


def _judged(namespace: Whole, others: Sequence[Whole]) -> Iterator[Judged]:
    team = text_of(one(namespace.resource.subject.properties, _TEAM))
    if isinstance(team, Undecided | Unreadable):
        yield team
    if not isinstance(team, str):
        return
    name = _name(namespace)
    twins = [other.resource for other in others if _name(other) == name]
    policies = [policy for policy in namespace.settings if _is_in(policy, namespace.resource, twins)]
    for direction, (rules, peers) in _DIRECTIONS.items():
        answers = [_denies(policy, direction) for policy in policies]
        if True in answers:
            yield None
        elif unclear := [answer for answer in answers if isinstance(answer, Undecided | Unreadable)]:
            yield from unclear
        else:
            yield namespace.not_set(_CLOSED, f"NetworkPolicy for {direction}")
        for policy, answer in zip(policies, answers, strict=True):
            if answer is True:
                yield from _opened(policy, rules, peers)


def _name(namespace: Whole) -> object:
    return one(namespace.resource.subject.properties, "metadata.name").value


def _is_in(policy: Resource, namespace: Resource, twins: Sequence[Resource]) -> bool:
    """Whether a policy is in this one of the namespaces with the same name, which several clusters may have."""
    needed = [twin for twin in twins if twin.urn in policy.depends_on]
    nearer = needed or [twin for twin in twins if twin.parent is not None and twin.parent == policy.parent]
    return not nearer or any(twin is namespace for twin in nearer)


def _denies(policy: Resource, direction: str) -> bool | Undecided | Unreadable:
    """Whether what a policy does not allow in a direction is denied to all pods of its namespace."""
    for name in ("matchLabels", "matchExpressions"):
        chosen = at(policy, f"spec.podSelector.{name}")
        if isinstance(chosen.value, Unknown):
            return Undecided((chosen.path,))
        if isinstance(chosen.value, Misplaced):
            return wrong(chosen, "an object")
        if not isinstance(chosen.value, Missing) and chosen.value not in ({}, [], ()):
            return False
    kinds = at(policy, "spec.policyTypes")
    if isinstance(kinds.value, Missing):
        # Without it a policy is about Ingress, and about Egress where it has rules for that.
        return direction == "Ingress" or not _is_empty(at(policy, "spec.egress"))
    unclear: Undecided | Unreadable | None = None
    for item in items_at(policy, "spec.policyTypes"):
        kind = text_of(item) if isinstance(item, Found) else item
        if kind == direction:
            return True
        if isinstance(kind, Undecided | Unreadable):
            unclear = kind
    return unclear or False


def _opened(policy: Resource, rules: str, peers: str) -> Iterator[Judged]:
    """What of a policy about all pods allows everything."""
    for number, rule in enumerate(items_at(policy, f"spec.{rules}")):
        if not isinstance(rule, Found):
            yield rule
            continue
        path = f"spec.{rules}[{number}]"
        ports = at(policy, f"{path}.ports")
        if isinstance(ports.value, Unknown):
            yield Undecided((ports.path,))
        if not _is_empty(ports):
            continue
        whom = at(policy, f"{path}.{peers}")
        if _is_empty(whom):
            yield _NOT_OPEN.broken(rule._replace(value="everything"))
        for place, peer in enumerate(items_at(policy, f"{path}.{peers}")):
            yield _peer(policy, f"{path}.{peers}[{place}]") if isinstance(peer, Found) else peer


def _peer(policy: Resource, path: str) -> Judged:
    pods, spaces = at(policy, f"{path}.podSelector"), at(policy, f"{path}.namespaceSelector")
    if isinstance(pods.value, Missing) and _selects_all(spaces.value):
        return _NOT_OPEN.broken(spaces._replace(value="every namespace"))
    block = at(policy, f"{path}.ipBlock.cidr")
    text = text_of(block)
    if not isinstance(text, str):
        return text
    try:
        open_to_all = any(is_everybody(network) for network in networks([text]))
    except ValueError:
        return wrong(block, "a network such as 10.0.0.0/8")
    return _NOT_OPEN.broken(block) if open_to_all else None


def _selects_all(selector: object) -> bool:
    value = selector.value if isinstance(selector, Secret) else selector
    return isinstance(value, Mapping) and not any(value.values())


def _is_empty(found: Found) -> bool:
    return isinstance(found.value, Missing) or found.value in ([], ())


RULE = StackRule(
    id="default-deny",
    says=_CLOSED.says,
    why="Without it every pod of the cluster reaches every model, and a model that is taken over reaches everything.",
    severity="high",
    sources=("NET-03", "CIS-EKS 4.3.2", "CIS-EKS 5.4.4", "NIST SC-7"),
    applies=lambda type_: type_ == _NAMESPACE,
    judge=_judge,
)
RULES: tuple[StackRule, ...] = (RULE,)
