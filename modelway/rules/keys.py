"""Keys of KMS: in use, changed every year, and called back for long enough."""

from collections.abc import Iterator

from modelway.rules.demands import Demand
from modelway.rules.expecting import Judged
from modelway.rules.properties import Missing, one
from modelway.rules.subjects import Rule, Subject, text_of, verdict
from modelway.rules.verdicts import Verdict

_KEY = "aws:kms/key:Key"
_ENABLED = {
    _KEY: "isEnabled",
    "aws:kms/replicaKey:ReplicaKey": "enabled",
    "aws:kms/externalKey:ExternalKey": "enabled",
    "aws:kms/replicaExternalKey:ReplicaExternalKey": "enabled",
}
"""Where a key is switched off, by type."""
_YEAR = 365
_WINDOW_BY_DEFAULT = 30
_LEAST_WINDOW = 14

_IN_USE = Demand("a key is enabled", "Set it to true: what is encrypted under a key that is off cannot be read.")
_ROTATION = Demand("a key is rotated", "Set enableKeyRotation to true; what is encrypted already stays readable.")
_YEARLY = Demand("a key is rotated once a year or more often", "Leave rotationPeriodInDays out, or set it to 365 at most.")
_CALLED_BACK = Demand(
    f"a key that was deleted can be called back for {_LEAST_WINDOW} days or more",
    f"Set deletionWindowInDays to {_LEAST_WINDOW} at least, better {_WINDOW_BY_DEFAULT}.",
)


def _judge(subject: Subject) -> Verdict:
    return verdict(_judged(subject))


def _judged(subject: Subject) -> Iterator[Judged]:
    if path := _ENABLED.get(subject.type):
        yield _IN_USE.is_on(one(subject.properties, path), missing=True)
    if subject.type == _KEY:
        yield from _rotated(subject)


def _rotated(subject: Subject) -> Iterator[Judged]:
    # KMS rotates symmetric keys for encryption alone, and none whose material is outside of it
    # (docs.aws.amazon.com/kms/latest/developerguide/rotate-keys.html).
    for name, rotated in (("customerMasterKeySpec", "SYMMETRIC_DEFAULT"), ("keyUsage", "ENCRYPT_DECRYPT")):
        value = text_of(one(subject.properties, name))
        if isinstance(value, str) and value != rotated:
            return
        if value is not None and not isinstance(value, str):
            yield value
            return
    if any(not isinstance(one(subject.properties, name).value, Missing) for name in ("customKeyStoreId", "xksKeyId")):
        return
    yield _ROTATION.is_on(one(subject.properties, "enableKeyRotation"))
    yield _YEARLY.is_within(one(subject.properties, "rotationPeriodInDays"), 1, _YEAR, missing=_YEAR)


def _judge_window(subject: Subject) -> Verdict:
    found = (one(subject.properties, "deletionWindowInDays") for _ in (subject.type,) if subject.type in _ENABLED)
    return verdict(_CALLED_BACK.is_within(window, _LEAST_WINDOW, missing=_WINDOW_BY_DEFAULT) for window in found)


ROTATION = Rule(
    id="key-rotation",
    says="a key is enabled, and rotated every year where KMS can do that",
    why="A key that never changes makes all that was ever encrypted readable for whoever gets hold of it once.",
    severity="high",
    sources=("KMS-01", "FSBP KMS.4", "CKV_AWS_7", "CKV_AWS_227", "AwsSolutions-KMS5", "NIST SC-12"),
    applies=lambda type_: type_ in _ENABLED,
    judge=_judge,
)
WINDOW = Rule(
    id="key-deletion-window",
    says=_CALLED_BACK.says,
    why="Without the key everything that is encrypted under it is lost, and that is found out weeks later.",
    # Development is thrown away with its keys, as soon as KMS lets it: there it is said and blocks nothing.
    severity="high",
    sources=("KMS-01", "FSBP KMS.3", "NIST CP-9"),
    applies=lambda type_: type_ in _ENABLED,
    judge=_judge_window,
)
RULES: tuple[Rule, ...] = (ROTATION, WINDOW)
