"""Buckets are encrypted under a key of KMS, at a price that does not grow with every request."""

from collections.abc import Iterator, Mapping, Sequence

from modelway.rules.belonging import Whole, all_at, under
from modelway.rules.buckets.kinds import TYPES, setting, takes_access_logs
from modelway.rules.demands import Demand
from modelway.rules.expecting import Judged
from modelway.rules.properties import Found, Missing
from modelway.rules.stack import Resource, StackRule
from modelway.rules.values import Unknown
from modelway.rules.verdicts import Evidence, Undecided, Verdict

_ENCRYPTION = setting("ServerSideEncryptionConfiguration")
_BY_KMS = "aws:kms"
_BY_KMS_TWICE = "aws:kms:dsse"
_DEFAULT = "applyServerSideEncryptionByDefault"
_INSIDE = ("serverSideEncryptionConfiguration.rule", "serverSideEncryptionConfigurations.*.rules.*")

_ENCRYPTED = Demand(
    "what is in a bucket is encrypted under a key of KMS",
    "Add aws.s3.BucketServerSideEncryptionConfiguration of the bucket with aws:kms and kmsMasterKeyId.",
)
_BUCKET_KEY = Demand("a bucket has a key of its own, derived from the one of KMS", "Set bucketKeyEnabled to true.")
_OWN = Demand("state is encrypted under a key that is named", "Set kmsMasterKeyId to the ARN of a key whose policy names who may use it.")


def own_keys(resources: Sequence[Resource]) -> Mapping[str, list[Judged]]:
    """Whether the key that each bucket is encrypted under is named, by URN of the bucket."""
    return {whole.resource.urn: list(_named_key(whole)) for whole in _ENCRYPTION.found(resources)}


def _named_key(whole: Whole) -> Iterator[Judged]:
    rules = _rules(whole)
    for rule in rules:
        yield _OWN.is_set(_by_default(rule, "kmsMasterKeyId"))
    if not rules:
        yield whole.not_set(_OWN, "serverSideEncryptionConfiguration")


def _judge(resources: Sequence[Resource]) -> Mapping[str, Verdict]:
    return _ENCRYPTION.judged(resources, lambda whole: _encrypted(whole, resources))


def _encrypted(whole: Whole, resources: Sequence[Resource]) -> Iterator[Judged]:
    rules = _rules(whole)
    judged = [each for rule in rules for each in _by_kms(rule)] or [whole.not_set(_ENCRYPTED, "serverSideEncryptionConfiguration")]
    if any(isinstance(each, Evidence) for each in judged):
        # Access logs are written under S3's own key alone
        # (docs.aws.amazon.com/AmazonS3/latest/userguide/enable-server-access-logging.html).
        for_logs = takes_access_logs(whole, resources)
        if isinstance(for_logs, Unknown):
            judged = [Undecided((each.path,)) if isinstance(each, Evidence) else each for each in judged]
        elif for_logs:
            return
    yield from judged


def _by_kms(rule: Found) -> Iterator[Judged]:
    algorithm = _by_default(rule, "sseAlgorithm")
    yield _ENCRYPTED.is_one_of(algorithm, (_BY_KMS, _BY_KMS_TWICE))
    if algorithm.value == _BY_KMS:
        # With two layers there is no such key (docs.aws.amazon.com/AmazonS3/latest/userguide/bucket-key.html).
        yield _BUCKET_KEY.is_on(under(rule, "bucketKeyEnabled"))


def _rules(whole: Whole) -> list[Found]:
    return [*(rule for each in whole.settings for rule in all_at(each, "rules.*")), *whole.inside(*_INSIDE)]


def _by_default(rule: Found, name: str) -> Found:
    """What a rule says of objects that come without a word about it; in an older program that is a list of one."""
    several = under(rule, f"{_DEFAULT}s[0].{name}")
    return under(rule, f"{_DEFAULT}.{name}") if isinstance(several.value, Missing) else several


ENCRYPTION = StackRule(
    id="bucket-kms",
    says="what is in a bucket is encrypted under a key of KMS; access logs, which S3 writes under its own key alone, are let off",
    why="Whose key it is decides who may read, apart from the bucket's policy; without a bucket key every object is a call of KMS.",
    severity="medium",
    sources=("S3-04", "FSBP S3.17", "CKV_AWS_145", "NIST SC-28"),
    applies=lambda type_: type_ in TYPES,
    judge=_judge,
)
RULES: tuple[StackRule, ...] = (ENCRYPTION,)
