"""Clusters that look at signatures before an image runs: by Kyverno, or by the policy controller of Sigstore."""

from collections.abc import Iterable, Iterator, Mapping, Sequence

from modelway.rules.belonging import at, items_at, logical_name, under
from modelway.rules.demands import Demand
from modelway.rules.expecting import Judged
from modelway.rules.globs import covers, overlap
from modelway.rules.properties import Found, Missing, one
from modelway.rules.stack import Resource, StackRule
from modelway.rules.subjects import verdict
from modelway.rules.values import Unknown
from modelway.rules.verdicts import Undecided, Verdict

_CLUSTER = "aws:eks/cluster:Cluster"
_KYVERNO = ("kubernetes:kyverno.io/v1:ClusterPolicy", "kubernetes:kyverno.io/v2beta1:ClusterPolicy")
_OF_IMAGES = ":ImageValidatingPolicy"
_SIGSTORE = ":ClusterImagePolicy"

_REPOSITORY = "aws:ecr/repository:Repository"
_ECR = ".dkr.ecr."
_SOME_HOST = "111122223333.dkr.ecr.eu-west-1.amazonaws.com"

_VERIFIED = Demand(
    "an image from ECR runs once its signature was verified",
    "Add a policy of Kyverno with verifyImages that enforces, or a ClusterImagePolicy of Sigstore's policy controller, for all of the "
    "registry, such as 222222222222.dkr.ecr.eu-west-1.amazonaws.com/*.",
)


def _judge(resources: Sequence[Resource]) -> Mapping[str, Verdict]:
    clusters = [resource for resource in resources if resource.subject.type == _CLUSTER]
    names = [one(resource.subject.properties, "name").value for resource in resources if resource.subject.type == _REPOSITORY]
    # Without their names, or without any, it has to be about all that may come.
    known = [f"{name}@*" for name in names if isinstance(name, str)] if all(isinstance(name, str) for name in names) else []
    policies = [(resource, _enforces(resource, known or ["*"])) for resource in resources if _is_policy(resource.subject.type)]
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


def _enforces(policy: Resource, images: Sequence[str]) -> bool | Undecided:
    """Whether a policy keeps images out whose signature it cannot verify. `images`: patterns of those that are asked for, without host."""
    type_ = policy.subject.type
    if type_ in _KYVERNO:
        whole = [_closed(at(policy, f"spec.{path}")) for path in ("failurePolicy", "webhookConfiguration.failurePolicy")]
        return _all(*whole, _any(_kyverno(policy, images)))
    if type_.endswith(_OF_IMAGES):
        denies, about = _contains(at(policy, "spec.validationActions"), "Deny"), at(policy, "spec.matchImageReferences")
        open_ = _closed(at(policy, "spec.failurePolicy"))
        return _all(_holds(at(policy, "spec.attestors[0]")), denies, open_, _about(about, images, "glob", "expression"))
    # It holds in namespaces that are labelled for it alone (docs.sigstore.dev/policy-controller/overview): that is not looked at here.
    enforces, about = _says(at(policy, "spec.mode"), "enforce", missing=True), at(policy, "spec.images")
    return _all(_holds(at(policy, "spec.authorities[0]")), enforces, _authorities(policy), _about(about, images, "glob", "regex"))


def _authorities(policy: Resource) -> bool | Undecided:
    """Whether none lets every image in: one of several is enough for an image (docs.sigstore.dev/policy-controller/overview)."""
    said = (under(each, "static.action") for each in items_at(policy, "spec.authorities") if isinstance(each, Found))
    return _all(*(_not(_says(action, "pass")) for action in said))


def _kyverno(policy: Resource, images: Sequence[str]) -> Iterator[bool | Undecided]:
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
            each = under(verifications, f"[{number}]")
            own = under(each, "failureAction")
            action = whole if isinstance(own.value, Missing) else own
            signed = _any((_holds(under(each, "attestors[0]")), _holds(under(each, "key"))))
            about = _all(_about(under(each, "imageReferences"), images), _skips_none(under(each, "skipImageReferences"), images))
            yield _all(signed, _says(action, "enforce"), _says(under(each, "required"), "true", missing=True), about)


def _about(found: Found, images: Sequence[str], name: str = "", otherwise: str = "") -> bool | Undecided:
    """Whether a list of patterns, or of objects that have one as `name`, is about all of these images. What is said `otherwise`, in a
    language of its own, is not read."""
    if isinstance(found.value, Unknown):
        return Undecided((found.path,))
    patterns: list[str] = []
    unread: list[str] = []
    for number in range(len(found.value) if isinstance(found.value, list | tuple) else 0):
        each = under(found, f"[{number}]" + (f".{name}" if name else ""))
        if isinstance(each.value, str):
            patterns.append(each.value)
        elif isinstance(each.value, Unknown):
            unread.append(each.path)
        elif otherwise and not isinstance((other := under(found, f"[{number}].{otherwise}")).value, Missing):
            unread.append(other.path)
    if otherwise == "regex":
        # Sigstore's `*` ends at a slash, and its `**` does not.
        patterns = [pattern.replace("**", "*") for pattern in patterns if pattern.endswith("**")]
    if all(any(covers(pattern, f"{_host(pattern)}/{image}") for pattern in patterns) for image in images):
        return True
    return Undecided(tuple(unread)) if unread else False


def _skips_none(found: Found, images: Sequence[str]) -> bool | Undecided:
    """Whether a list of patterns is about none of these images."""
    if isinstance(found.value, Unknown):
        return Undecided((found.path,))
    each = [under(found, f"[{number}]") for number in range(len(found.value) if isinstance(found.value, list | tuple) else 0)]
    skipped = [one.value for one in each if isinstance(one.value, str)]
    if any(overlap(pattern, f"{_host(pattern)}/{image}") for pattern in skipped for image in images):
        return False
    return next((Undecided((one.path,)) for one in each if isinstance(one.value, Unknown)), True)


def _host(pattern: str) -> str:
    """Of which registry an image would have to be: of the one in ECR that the pattern names. Which account it is, is not looked at."""
    host = pattern.partition("/")[0]
    return host if _ECR in host else _SOME_HOST


def _closed(found: Found) -> bool | Undecided:
    """Whether nothing runs while nobody answers, which is so where nothing is said."""
    return _says(found, "fail", missing=True)


def _not(said: bool | Undecided) -> bool | Undecided:
    return said if isinstance(said, Undecided) else not said


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
    why=(
        "A digest says which image it is, and a signature who made it: whoever may push could put in one of their own. "
        "Whether the controller runs, in which namespaces its policy holds, and whose key it is, is not seen in a stack's inputs."
    ),
    severity="high",
    sources=("IMG-02", "NIST SI-7", "NIST SR-4"),
    applies=lambda type_: type_ == _CLUSTER,
    judge=_judge,
)
RULES: tuple[StackRule, ...] = (SIGNATURES,)
