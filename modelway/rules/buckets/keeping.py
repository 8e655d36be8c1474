"""What is in a bucket can be got back, does not go with the bucket, and is not paid for when nobody can read it."""

import re
from collections.abc import Iterator, Mapping, Sequence

from modelway.rules.belonging import Whole, at, items_at, logical_name, under
from modelway.rules.buckets.encrypting import own_keys
from modelway.rules.buckets.kinds import TYPES, setting
from modelway.rules.demands import Demand
from modelway.rules.expecting import Judged, items
from modelway.rules.properties import Found, Misplaced, Missing, one
from modelway.rules.stack import Resource, StackRule
from modelway.rules.subjects import Rule, Subject, text_of, truth, verdict, wrong
from modelway.rules.values import Unknown
from modelway.rules.verdicts import Undecided, Unreadable, Verdict

_VERSIONING = setting("Versioning")
_LIFECYCLE = setting("LifecycleConfiguration")
_LOCK = setting("ObjectLockConfiguration")
_STATE = re.compile(r"(?:.*[-._])?state(?:[-._].*)?")
"""A word of a name: `modelway bootstrap` calls the bucket of an environment `PLATFORM-ENVIRONMENT-state-ACCOUNT`."""

_CLEARING = ("abortIncompleteMultipartUpload.daysAfterInitiation", "abortIncompleteMultipartUploadDays")

_VERSIONED = Demand("what is overwritten or deleted in a bucket can be got back", "Add aws.s3.BucketVersioning of the bucket with Enabled.")
_CLEARED = Demand(
    "parts of uploads that were never finished are removed, in all of a bucket",
    "Add a rule without a filter to aws.s3.BucketLifecycleConfiguration of the bucket, with abortIncompleteMultipartUpload.",
)
_KEPT = Demand("a bucket with something in it is not deleted", "Set forceDestroy to false, and empty the bucket first where you mean it.")
_UNLOCKED = Demand(
    "what is in the bucket of the state can be deleted: the engine deletes its locks", "Keep versions instead of locking objects."
)


def _judge_versioning(resources: Sequence[Resource]) -> Mapping[str, Verdict]:
    return _VERSIONING.judged(resources, _versioning)


def _versioning(whole: Whole) -> Iterator[Judged]:
    for each in whole.settings:
        yield _VERSIONED.is_one_of(at(each, "versioningConfiguration.status"), ("Enabled",))
    inside = whole.inside("versioning.enabled", "versionings.*.enabled")
    for found in inside:
        yield _VERSIONED.is_on(found)
    if not whole.settings and not inside:
        yield whole.not_set(_VERSIONED, "versioning")


def _judge_lifecycle(resources: Sequence[Resource]) -> Mapping[str, Verdict]:
    return _LIFECYCLE.judged(resources, _lifecycle)


def _lifecycle(whole: Whole) -> Iterator[Judged]:
    rules = lifecycle_rules(whole)
    said = [does_for_all(rule, *_CLEARING) if isinstance(rule, Found) else rule for rule in rules]
    if True in said:
        yield None
    elif others := [one for one in said if not isinstance(one, bool)]:
        yield from others
    elif whole.settings or rules:
        path = at(whole.settings[0], "rules").path if whole.settings else "lifecycleRules"
        yield _CLEARED.broken(Found(path, "no such rule"))
    else:
        yield whole.not_set(_CLEARED, "lifecycle")


def lifecycle_rules(whole: Whole) -> list[Found | Undecided | Unreadable]:
    """Each rule about the lifecycle of what is in a bucket, as `items` gives them."""
    rules = [rule for each in whole.settings for rule in items_at(each, "rules")]
    return [*rules, *items(whole.resource.subject.properties, "lifecycleRules")]


def does_for_all(rule: Found, *names: str) -> bool | Undecided | Unreadable:
    """Whether a rule about a lifecycle is on, is about all of a bucket, and says one of these."""
    days = [under(rule, name) for name in names]
    filters = [under(rule, name) for name in ("prefix", "filter", "tags")]
    for found in (*days, *filters):
        if isinstance(found.value, Unknown):
            return Undecided((found.path,))
        if isinstance(found.value, Misplaced):
            return wrong(found, "an object")
    on = is_on(rule)
    return on if on is not True else not any(_narrows(each.value) for each in filters) and any(_there(each) for each in days)


def is_on(rule: Found) -> bool | Undecided | Unreadable:
    """Whether a rule about a lifecycle is on; older programs write `enabled`."""
    status, enabled = under(rule, "status"), under(rule, "enabled")
    said = truth(enabled, missing=False) if isinstance(status.value, Missing) else text_of(status)
    return said if isinstance(said, Undecided | Unreadable) else said in ("Enabled", True)


def _there(found: Found) -> bool:
    return not isinstance(found.value, Missing)


def _narrows(value: object) -> bool:
    """Whether a filter leaves anything out."""
    if isinstance(value, Mapping):
        return any(_narrows(inner) for inner in value.values())
    return value not in (None, "", Missing()) and value != []


def _judge_destroy(subject: Subject) -> Verdict:
    found = (one(subject.properties, "forceDestroy") for _ in (subject.type,) if subject.type in TYPES)
    return verdict(_KEPT.is_off(each) for each in found)


def _judge_state(resources: Sequence[Resource]) -> Mapping[str, Verdict]:
    versioned = {whole.resource.urn: whole for whole in _VERSIONING.found(resources)}
    keys = own_keys(resources)
    locked = {whole.resource.urn: whole for whole in _LOCK.found(resources) if is_of_state(whole.resource)}
    return {urn: verdict((*_unlocked(whole), *_versioning(versioned[urn]), *keys[urn])) for urn, whole in locked.items()}


def is_of_state(resource: Resource) -> bool:
    """Whether a bucket is one of the engine's state, by what it is called."""
    name = one(resource.subject.properties, "bucket").value
    return any(isinstance(text, str) and _STATE.fullmatch(text) is not None for text in (name, logical_name(resource)))


def _unlocked(whole: Whole) -> Iterator[Judged]:
    yield _UNLOCKED.is_off(one(whole.resource.subject.properties, "objectLockEnabled"))
    for each in whole.settings:
        yield _UNLOCKED.broken(at(each, "bucket")._replace(value="locks objects", secret=False))
    for found in whole.inside("objectLockConfiguration.objectLockEnabled"):
        yield _UNLOCKED.broken(found)


VERSIONING = StackRule(
    id="bucket-versioning",
    says=_VERSIONED.says,
    why="Weights that were overwritten by mistake, or on purpose, are what an endpoint would have to go back to.",
    severity="high",
    sources=("S3-03", "FSBP S3.14", "CKV_AWS_21", "NIST CP-9"),
    applies=lambda type_: type_ in TYPES,
    judge=_judge_versioning,
)
LIFECYCLE = StackRule(
    id="bucket-lifecycle",
    says=_CLEARED.says,
    why="Nobody sees them, and they are paid for until somebody removes them.",
    severity="low",
    sources=("S3-07", "FSBP S3.13", "CKV_AWS_300", "CKV2_AWS_61"),
    applies=lambda type_: type_ in TYPES,
    judge=_judge_lifecycle,
)
DESTROY = Rule(
    id="bucket-force-destroy",
    says=_KEPT.says,
    why="With the bucket go the weights of every release, and what they could be checked against.",
    # Development is thrown away with what is in it: there it is said and blocks nothing.
    severity="high",
    sources=("S3-08", "NIST CP-9"),
    applies=lambda type_: type_ in TYPES,
    judge=_judge_destroy,
)
STATE = StackRule(
    id="state-bucket",
    says="a bucket of the engine's state keeps versions, locks nothing, and is encrypted under a key of its own",
    why="The state knows every resource and holds secrets; without an earlier one a broken state is the end of the stack.",
    severity="high",
    sources=("S3-09", "NIST CP-9", "NIST SC-28"),
    applies=lambda type_: type_ in TYPES,
    judge=_judge_state,
)
RULES: tuple[Rule | StackRule, ...] = (VERSIONING, LIFECYCLE, DESTROY, STATE)
