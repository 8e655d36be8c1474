"""What is set about repositories beside them: that images are scanned, and that none that serves is thrown away."""

import json
from collections.abc import Iterator, Mapping, Sequence

from modelway.rules.belonging import Kind, Whole, at, below, items_at, under
from modelway.rules.demands import Demand
from modelway.rules.expecting import Judged, items
from modelway.rules.patterns import matches
from modelway.rules.properties import Found, Missing, one
from modelway.rules.repositories import REPOSITORY
from modelway.rules.stack import Resource, StackRule
from modelway.rules.subjects import text_of, wrong
from modelway.rules.values import Secret, Unknown
from modelway.rules.verdicts import Evidence, Undecided, Unreadable, Verdict

_SCANNING = "aws:ecr/registryScanningConfiguration:RegistryScanningConfiguration"
_LIFECYCLE = Kind((REPOSITORY,), "name", {"aws:ecr/lifecyclePolicy:LifecyclePolicy": "repository"})
_SCANS = ("SCAN_ON_PUSH", "CONTINUOUS_SCAN")

_SCANNED = Demand("images are scanned when they are pushed", "Set scanOnPush to true, or scan the whole registry.")
_CLEARED = Demand("old images are removed, and none that may be serving", "Add aws.ecr.LifecyclePolicy of the repository.")
_BY_COUNT = Demand(_CLEARED.says, "Let untagged images expire; of those with a tag by imageCountMoreThan and a prefix.")


def _judge_lifecycle(resources: Sequence[Resource]) -> Mapping[str, Verdict]:
    return _LIFECYCLE.judged(resources, _lifecycle)


def _lifecycle(whole: Whole) -> Iterator[Judged]:
    for each in whole.settings:
        yield from _expires(at(each, "policy"))
    if not whole.settings:
        yield whole.not_set(_CLEARED, "lifecyclePolicy")


def _expires(policy: Found) -> Iterator[Judged]:
    """Whether the rules of a lifecycle policy leave images alone that may be serving."""
    content: object = policy.value
    if isinstance(content, str):
        try:
            content = json.loads(content)
        except (ValueError, RecursionError):
            yield Unreadable((f"{policy.path} is no JSON",))
            return
    if isinstance(content, Unknown):
        yield Undecided((policy.path,))
        return
    if not isinstance(content, Mapping):
        yield wrong(policy, "an object with rules")
        return
    rules = list(items(content, "rules"))
    if not rules:
        yield Unreadable((f"{policy.path} has no rules",))
    for item in rules:
        rule = below(policy.path, item)
        if isinstance(rule, Found):
            yield _expires_by(rule._replace(value=Secret(rule.value) if policy.secret else rule.value))
        else:
            yield rule


def _expires_by(rule: Found) -> Judged:
    tagged, count = under(rule, "selection.tagStatus"), under(rule, "selection.countType")
    match text_of(tagged):
        case "untagged":
            # Of an image whose tags cannot be moved, the tag is there as long as the image.
            return None
        case "tagged":
            return _BY_COUNT.is_one_of(count, ("imageCountMoreThan",))
        case Undecided() | Unreadable() as other:
            return other
    # Signatures and attestations are images too: of any, the newest may be nothing else (github.com/aws/containers-roadmap/issues/2613).
    return _BY_COUNT.broken(tagged)


def _judge_scanning(resources: Sequence[Resource]) -> Mapping[str, Verdict]:
    registries = [resource for resource in resources if resource.subject.type == _SCANNING]
    return Kind((REPOSITORY,), "name", {}).judged(resources, lambda whole: _scanned(whole, registries))


def _scanned(whole: Whole, registries: Sequence[Resource]) -> Iterator[Judged]:
    near = [registry for registry in registries if _is_of_region(registry, whole.resource)]
    judged = [_scans(registry, one(whole.resource.subject.properties, "name")) for registry in near]
    if True in judged:
        yield None
    elif unknown := [each for each in judged if isinstance(each, Undecided)]:
        yield from unknown
    elif any(at(registry, "scanType").value == "ENHANCED" for registry in near):
        # What a repository says itself is not looked at then
        # (docs.aws.amazon.com/AmazonECR/latest/userguide/image-scanning-enhanced.html).
        path = at(near[0], "rules").path
        yield Evidence(path, "no filter for this repository", _SCANNED.says, "Add a filter that its name matches.")
    else:
        yield _SCANNED.is_on(one(whole.resource.subject.properties, "imageScanningConfiguration.scanOnPush"))


def _scans(registry: Resource, name: Found) -> bool | Undecided:
    """Whether a registry scans a repository of that name when an image is pushed."""
    open_question: Undecided | None = None
    for rule in items_at(registry, "rules"):
        if isinstance(rule, Undecided):
            open_question = rule
        elif isinstance(rule, Found):
            frequency, filters = under(rule, "scanFrequency"), under(rule, "repositoryFilters")
            unknown = [each for each in (frequency, filters) if isinstance(each.value, Unknown)]
            if unknown:
                open_question = Undecided((unknown[0].path,))
            elif frequency.value in _SCANS:
                for number in range(len(filters.value) if isinstance(filters.value, list | tuple) else 0):
                    taken = _matches(under(filters, f"[{number}].filter"), name)
                    if taken is True:
                        return True
                    open_question = taken if isinstance(taken, Undecided) else open_question
    return open_question or False


def _matches(pattern: Found, name: Found) -> bool | Undecided:
    """A filter without a wildcard takes every name that it is a part of."""
    if isinstance(pattern.value, Unknown):
        return Undecided((pattern.path,))
    if not isinstance(pattern.value, str):
        return False
    if pattern.value and not pattern.value.strip("*"):
        return True
    if not isinstance(name.value, str):
        return Undecided((name.path,))
    return matches(pattern.value if "*" in pattern.value else f"*{pattern.value}*", name.value)


def _is_of_region(registry: Resource, repository: Resource) -> bool:
    there, here = (one(resource.subject.properties, "region").value for resource in (registry, repository))
    return isinstance(there, Missing | Unknown) or isinstance(here, Missing | Unknown) or there == here


SCANNING = StackRule(
    id="scanned-images",
    says="images are scanned when they are pushed, by their repository or by the whole registry",
    why="What is known to be broken in an image is known before it serves, and not from an incident.",
    severity="high",
    sources=("ECR-02", "FSBP ECR.1", "FSBP Inspector.2", "CKV_AWS_163", "NIST RA-5"),
    applies=lambda type_: type_ == REPOSITORY,
    judge=_judge_scanning,
)
LIFECYCLE = StackRule(
    id="repository-lifecycle",
    says="old images are removed, and none that may be serving: by age only those without a tag",
    why="The image of a model that serves well is old; removed, no new pod of it starts, and there is nothing to go back to.",
    severity="medium",
    sources=("ECR-04", "FSBP ECR.3"),
    applies=lambda type_: type_ == REPOSITORY,
    judge=_judge_lifecycle,
)
RULES: tuple[StackRule, ...] = (SCANNING, LIFECYCLE)
