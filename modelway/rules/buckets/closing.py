"""Buckets are closed: to the public, to whoever does not use TLS, and to lists of rights that stand at single objects."""

from collections.abc import Iterator, Mapping, Sequence

from modelway.rules.belonging import Whole, at, items_at
from modelway.rules.buckets.kinds import TYPES, setting
from modelway.rules.demands import Demand
from modelway.rules.expecting import Judged, items
from modelway.rules.patterns import matches, only_wild
from modelway.rules.policy_documents import Document, Item, Statement, read
from modelway.rules.properties import Found
from modelway.rules.stack import Resource, StackRule
from modelway.rules.subjects import text_of
from modelway.rules.values import Secret
from modelway.rules.verdicts import Evidence, Undecided, Unreadable, Verdict

_BLOCK = setting("PublicAccessBlock")
_POLICY = setting("Policy")
_OWNERSHIP = setting("OwnershipControls")
_ACL = setting("Acl")
_FLAGS = ("blockPublicAcls", "blockPublicPolicy", "ignorePublicAcls", "restrictPublicBuckets")
_EVERYTHING = "s3:*"

_CLOSED = Demand("a bucket is closed to the public", "Add an aws.s3.BucketPublicAccessBlock of the bucket with all four flags.")
_TLS = Demand(
    "a bucket is reached over TLS alone",
    "Deny s3:* to * on the bucket and on everything in it where aws:SecureTransport is false.",
)
_OWNED = Demand(
    "the bucket's owner owns what is in it, and there are no ACLs",
    "Add aws.s3.BucketOwnershipControls of the bucket with BucketOwnerEnforced.",
)
_NO_ACL = Demand(_OWNED.says, "Remove the ACL, and give access by a bucket policy.")


def _judge_block(resources: Sequence[Resource]) -> Mapping[str, Verdict]:
    return _BLOCK.judged(resources, _block)


def _block(whole: Whole) -> Iterator[Judged]:
    for one in whole.settings:
        for flag in _FLAGS:
            yield _CLOSED.is_on(at(one, flag))
    if not whole.settings:
        yield whole.not_set(_CLOSED, "publicAccessBlock")


def _judge_tls(resources: Sequence[Resource]) -> Mapping[str, Verdict]:
    return _POLICY.judged(resources, _tls)


def _tls(whole: Whole) -> Iterator[Judged]:
    policies = [*(at(one, "policy") for one in whole.settings), *whole.inside("policy")]
    if not policies:
        yield whole.not_set(_TLS, "policy")
    for policy in policies:
        yield _refuses(policy, read(Secret(policy.value) if policy.secret else policy.value, "resource"))


def _refuses(policy: Found, document: Document) -> Judged:
    """Whether a bucket policy refuses whoever does not use TLS.

    Which bucket a statement names does not matter: S3 takes no other than the policy's own.
    """
    if document.faults:
        return Unreadable(tuple(f"{policy.path}: {fault}" for fault in document.faults))
    unknown = [f"{policy.path}#{path}" if path.startswith("Statement") else policy.path for path in document.unknown]
    bucket = objects = False
    for statement in document.statements:
        items = _unknown_of(statement)
        if items and statement.effect == "Deny":
            unknown += [f"{policy.path}#{path}" for path in items]
        elif _is_about_plain_requests(statement):
            resources = [item.value for item in statement.resources or ()]
            bucket = bucket or any("/" not in resource for resource in resources)
            objects = objects or any(_all_objects(resource) for resource in resources)
    if bucket and objects:
        return None
    return Undecided(tuple(unknown)) if unknown else Evidence(policy.path, "no statement refuses HTTP", _TLS.says, _TLS.way_out)


def _all_objects(resource: str) -> bool:
    name, slash, objects = resource.partition("/")
    return only_wild(objects) if slash else name.endswith("*")


def _is_about_plain_requests(statement: Statement) -> bool:
    if statement.effect != "Deny" or len(statement.conditions) != 1:
        return False
    condition = statement.conditions[0]
    plain = (condition.operator, condition.key, condition.set_operator) == ("bool", "aws:securetransport", "")
    refused = plain and [item.value.lower() for item in condition.values] == ["false"]
    everybody = any(who.kind == "AWS" and who.item.value == "*" for who in statement.principals or ())
    return refused and everybody and any(matches(item.value, _EVERYTHING) for item in statement.actions or ())


def _unknown_of(statement: Statement) -> list[str]:
    items: list[Item] = [*(statement.actions or ()), *(statement.resources or ()), *(who.item for who in statement.principals or ())]
    items += [item for condition in statement.conditions for item in condition.values]
    return [item.path for item in items if not item.known]


def _judge_ownership(resources: Sequence[Resource]) -> Mapping[str, Verdict]:
    lists = {whole.resource.urn: whole for whole in _ACL.found(resources)}
    return _OWNERSHIP.judged(resources, lambda whole: _ownership(whole, lists[whole.resource.urn]))


def _ownership(whole: Whole, lists: Whole) -> Iterator[Judged]:
    for one in whole.settings:
        yield _OWNED.is_one_of(at(one, "rule.objectOwnership"), ("BucketOwnerEnforced",))
    if not whole.settings:
        yield whole.not_set(_OWNED, "ownershipControls")
    for found in (*(at(one, "acl") for one in lists.settings), *lists.inside("acl")):
        # `private` is the same as none, and S3 refuses it like any other once ACLs are off.
        if text_of(found) is not None:
            yield _NO_ACL.is_one_of(found, ("private",))
    grants = [grant for one in lists.settings for grant in items_at(one, "accessControlPolicy.grants")]
    for grant in (*grants, *items(whole.resource.subject.properties, "grants")):
        yield Evidence(grant.path, "a grant", _NO_ACL.says, _NO_ACL.way_out) if isinstance(grant, Found) else grant


PUBLIC_ACCESS = StackRule(
    id="bucket-public-access",
    says="a bucket is closed to the public by all four flags of a block of its own",
    why="A policy or an ACL that is written wrong is then refused, and does not open the bucket.",
    severity="critical",
    sources=("S3-01", "FSBP S3.1", "FSBP S3.8", "CKV_AWS_53", "CKV_AWS_54", "CKV_AWS_55", "CKV_AWS_56", "CKV2_AWS_6", "NIST AC-3"),
    applies=lambda type_: type_ in TYPES,
    judge=_judge_block,
)
TLS = StackRule(
    id="bucket-tls-only",
    says=_TLS.says,
    why="Whoever listens on the way would read weights and data, or put others in their place.",
    severity="high",
    sources=("S3-02", "FSBP S3.5", "CKV_AWS_379", "NIST SC-8"),
    applies=lambda type_: type_ in TYPES,
    judge=_judge_tls,
)
OWNERSHIP = StackRule(
    id="bucket-owner-enforced",
    says=_OWNED.says,
    why="An ACL at one object opens it whatever the bucket's policy says, and nobody looks for it there.",
    severity="medium",
    sources=("S3-05", "FSBP S3.12", "CKV2_AWS_65", "NIST AC-3"),
    applies=lambda type_: type_ in TYPES,
    judge=_judge_ownership,
)
RULES: tuple[StackRule, ...] = (PUBLIC_ACCESS, TLS, OWNERSHIP)
