"""Clusters that look at signatures before an image runs: by Kyverno, or by the policy controller of Sigstore."""

from collections.abc import Iterable, Iterator, Mapping, Sequence

from modelway.rules.belonging import at, items_at, logical_name, under
from modelway.rules.demands import Demand
from modelway.rules.expecting import Judged
from modelway.rules.properties import Found, Missing
from modelway.rules.stack import Resource, StackRule
from modelway.rules.subjects import verdict
from modelway.rules.values import Unknown
from modelway.rules.verdicts import Undecided, Verdict

_CLUSTER = "aws:eks/cluster:Cluster"
_KYVERNO = ("kubernetes:kyverno.io/v1:ClusterPolicy", "kubernetes:kyverno.io/v2beta1:ClusterPolicy")
_OF_IMAGES = ":ImageValidatingPolicy"
_SIGSTORE = ":ClusterImagePolicy"

_VERIFIED = Demand(
    "an image runs once its signature was verified",
    "Add a policy of Kyverno with verifyImages that enforces, or a ClusterImagePolicy of Sigstore's policy controller.",
)


def _judge(resources: Sequence[Resource]) -> Mapping[str, Verdict]:
    clusters = [resource for resource in resources if resource.subject.type == _CLUSTER]
    policies = [(resource, _enforces(resource)) for resource in resources if _is_policy(resource.subject.type)]
    return {cluster.urn: verdict((_verified(cluster, clusters, policies),)) for cluster in clusters}


def _verified(cluster: Resource, clusters: Sequence[Resource], policies: Sequence[tuple[Resource, bool | Undecided]]) -> Judged:
    enforced = [resource for resource, enforces in policies if enforces is True]
    if enforced and len(clusters) == 1:
        return None
    if any(cluster.urn in resource.depends_on for resource in enforced):
        return None
    # Which cluster an object is in, its provider says, and the provider is not among what a rule sees.
    others = [other.urn for other in clusters if other is not cluster]
    open_ = [resource for resource in enforced if not any(urn in resource.depends_on for urn in others)]
    if open_:
        return Undecided(tuple(f"{logical_name(resource)}#provider" for resource in open_))
    unknown = next((enforces for _, enforces in policies if isinstance(enforces, Undecided)), None)
    return unknown or _VERIFIED.broken(Found("signatures", Missing()))


def _is_policy(type_: str) -> bool:
    return type_ in _KYVERNO or (
        type_.startswith(("kubernetes:policies.kyverno.io/", "kubernetes:policy.sigstore.dev/")) and type_.endswith((_OF_IMAGES, _SIGSTORE))
    )


def _enforces(policy: Resource) -> bool | Undecided:
    """Whether a policy keeps images out whose signature it cannot verify."""
    type_ = policy.subject.type
    if type_ in _KYVERNO:
        return _any(_kyverno(policy))
    if type_.endswith(_OF_IMAGES):
        return _all(_holds(at(policy, "spec.attestors[0]")), _contains(at(policy, "spec.validationActions"), "Deny"))
    # It holds in namespaces that are labelled for it alone (docs.sigstore.dev/policy-controller/overview): that is not looked at here.
    return _all(_holds(at(policy, "spec.authorities[0]")), _says(at(policy, "spec.mode"), "enforce", missing=True))


def _kyverno(policy: Resource) -> Iterator[bool | Undecided]:
    """Of each verification in a rule of a ClusterPolicy, whether it binds (kyverno.io/docs/policy-types/cluster-policy/verify-images)."""
    whole = at(policy, "spec.validationFailureAction")
    for rule in items_at(policy, "spec.rules"):
        if not isinstance(rule, Found):
            yield rule if isinstance(rule, Undecided) else False
            continue
        verifications = under(rule, "verifyImages")
        if isinstance(verifications.value, Unknown):
            yield Undecided((verifications.path,))
        for number in range(len(verifications.value) if isinstance(verifications.value, list | tuple) else 0):
            one = under(verifications, f"[{number}]")
            own = under(one, "failureAction")
            action = whole if isinstance(own.value, Missing) else own
            signed = _any((_holds(under(one, "attestors[0]")), _holds(under(one, "key"))))
            yield _all(signed, _says(action, "enforce"), _says(under(one, "required"), "true", missing=True))


def _says(found: Found, wanted: str, *, missing: bool = False) -> bool | Undecided:
    if isinstance(found.value, Unknown):
        return Undecided((found.path,))
    return missing if isinstance(found.value, Missing) else str(found.value).lower() == wanted


def _holds(found: Found) -> bool | Undecided:
    """Whether there is something."""
    return Undecided((found.path,)) if isinstance(found.value, Unknown) else isinstance(found.value, str | Mapping) and bool(found.value)


def _contains(found: Found, wanted: str) -> bool | Undecided:
    if isinstance(found.value, Unknown):
        return Undecided((found.path,))
    return isinstance(found.value, list | tuple) and wanted in found.value


def _all(*said: bool | Undecided) -> bool | Undecided:
    if False in said:
        return False
    return next((each for each in said if isinstance(each, Undecided)), True)


def _any(said: Iterable[bool | Undecided]) -> bool | Undecided:
    each = list(said)
    return True if True in each else next((one for one in each if isinstance(one, Undecided)), False)


SIGNATURES = StackRule(
    id="verified-signatures",
    says=_VERIFIED.says,
    why="A digest says which image it is, and a signature who made it: whoever may push could put in one of their own.",
    severity="high",
    sources=("IMG-02", "NIST SI-7", "NIST SR-4"),
    applies=lambda type_: type_ == _CLUSTER,
    judge=_judge,
)
RULES: tuple[StackRule, ...] = (SIGNATURES,)
