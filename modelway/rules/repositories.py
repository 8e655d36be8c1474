"""Repositories of images, each by itself: what is in them stays what it is, under a key of one's own, and is not thrown away with them."""

from collections.abc import Iterator

from modelway.rules.demands import Demand
from modelway.rules.expecting import Judged
from modelway.rules.patterns import only_wild
from modelway.rules.properties import Found, look, one
from modelway.rules.subjects import Rule, Subject, text_of, verdict
from modelway.rules.verdicts import Verdict

REPOSITORY = "aws:ecr/repository:Repository"
_TEMPLATE = "aws:ecr/repositoryCreationTemplate:RepositoryCreationTemplate"
_MADE = (REPOSITORY, _TEMPLATE)
_OWN_KEY = ("KMS", "KMS_DSSE")

_FIXED = Demand("a tag of an image stays with that image", "Set imageTagMutability to IMMUTABLE, or name the few tags that may move.")
_ENCRYPTED = Demand("images are encrypted under a key of one's own", "Set encryptionType to KMS and kmsKey to the ARN of a key.")
_KEPT = Demand("a repository with images in it is not deleted", "Set forceDelete to false, and delete the images first where you mean it.")


def _judge_tags(subject: Subject) -> Verdict:
    return verdict(_tags(subject))


def _tags(subject: Subject) -> Iterator[Judged]:
    if subject.type not in _MADE or (subject.type == _TEMPLATE and _only_caches(subject)):
        return
    found = one(subject.properties, "imageTagMutability")
    match text_of(found):
        case "IMMUTABLE":
            yield None
        case "IMMUTABLE_WITH_EXCLUSION":
            yield None
            for each in look(subject.properties, "imageTagMutabilityExclusionFilters.*.filter"):
                yield _named(each)
        case str() | None:
            yield _FIXED.broken(found)
        case other:
            yield other


def _named(found: Found) -> Judged:
    """Whether an exclusion leaves most tags as they are."""
    pattern = text_of(found)
    if isinstance(pattern, str):
        return _FIXED.broken(found) if only_wild(pattern) else None
    return _FIXED.broken(found) if pattern is None else pattern


def _only_caches(subject: Subject) -> bool:
    # Upstream moves its tags; a cache whose tags cannot be moved would stay with the first image.
    return [found.value for found in look(subject.properties, "appliedFors.*")] == ["PULL_THROUGH_CACHE"]


def _judge_key(subject: Subject) -> Verdict:
    return verdict(_key(subject))


def _key(subject: Subject) -> Iterator[Judged]:
    if subject.type not in _MADE:
        return
    kinds = list(look(subject.properties, "encryptionConfigurations.*.encryptionType"))
    # None at all is written as an empty list too; ECR then encrypts under a key of S3.
    for kind in kinds or [one({}, "encryptionConfigurations")]:
        yield (judged := _ENCRYPTED.is_one_of(kind, _OWN_KEY))
        if judged is None:
            yield _ENCRYPTED.is_set(one(subject.properties, kind.path.replace("encryptionType", "kmsKey")))


def _judge_deletion(subject: Subject) -> Verdict:
    found = (one(subject.properties, "forceDelete") for _ in (subject.type,) if subject.type == REPOSITORY)
    return verdict(_KEPT.is_off(each) for each in found)


TAGS = Rule(
    id="immutable-tags",
    says=_FIXED.says,
    why="A tag that moves makes of a review of yesterday one of another image.",
    severity="high",
    sources=("ECR-01", "FSBP ECR.2", "CKV_AWS_51", "NIST SI-7"),
    applies=lambda type_: type_ in _MADE,
    judge=_judge_tags,
)
KEY = Rule(
    id="repository-key",
    says=_ENCRYPTED.says,
    why="Whose key it is decides who may read, apart from the repository, and is written down with each use.",
    severity="medium",
    sources=("ECR-03", "FSBP ECR.5", "CKV_AWS_136", "NIST SC-28"),
    applies=lambda type_: type_ in _MADE,
    judge=_judge_key,
)
DELETION = Rule(
    id="repository-force-delete",
    says=_KEPT.says,
    why="With the repository goes the image that serves, and the one to go back to.",
    # Development is thrown away with what is in it: there it is said and blocks nothing.
    severity="high",
    sources=("ECR-06", "NIST CP-9"),
    applies=lambda type_: type_ == REPOSITORY,
    judge=_judge_deletion,
)
RULES: tuple[Rule, ...] = (TAGS, KEY, DELETION)
