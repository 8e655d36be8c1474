"""Secrets in Secrets Manager: changed before they are old, under a key of one's own, and called back when they were deleted by mistake."""

import re
from collections.abc import Iterator, Mapping, Sequence

from modelway.rules.belonging import Kind, Whole, at
from modelway.rules.demands import Demand
from modelway.rules.expecting import Judged
from modelway.rules.properties import Found, Missing, look, one
from modelway.rules.stack import Resource, StackRule
from modelway.rules.subjects import Rule, Subject, text_of, verdict
from modelway.rules.verdicts import Verdict

_SECRET = "aws:secretsmanager/secret:Secret"
_MOST_DAYS = 90
_RATE = re.compile(r"rate\((\d{1,6}) (day|hour|minute)s?\)")
_HOURS = {"day": 24.0, "hour": 1.0, "minute": 1 / 60}
_WINDOW_BY_DEFAULT = 30
_LEAST_WINDOW = 7

_ROTATED = Demand(
    f"a secret is changed after {_MOST_DAYS} days at most", "Add aws.secretsmanager.SecretRotation of the secret, with rotationRules."
)
_OWN_KEY = Demand("a secret is encrypted under a key of one's own", "Set kmsKeyId to the ARN of a key.")
_CALLED_BACK = Demand(
    f"a secret that was deleted can be called back for {_LEAST_WINDOW} days or more",
    f"Set recoveryWindowInDays to {_LEAST_WINDOW} at least, or leave it out.",
)


def _is_of(said: str, name: str) -> bool:
    """Whether an ARN or a name is of the secret `name`; an ARN ends with six letters more."""
    return said == name or re.fullmatch(rf"arn:[^:]+:secretsmanager:[^:]*:[^:]*:secret:{re.escape(name)}-\w{{6}}", said) is not None


_ROTATION = Kind((_SECRET,), "name", {"aws:secretsmanager/secretRotation:SecretRotation": "secretId"}, _is_of)


def _judge_rotation(resources: Sequence[Resource]) -> Mapping[str, Verdict]:
    return _ROTATION.judged(resources, _rotated)


def _rotated(whole: Whole) -> Iterator[Judged]:
    for each in whole.settings:
        yield _ROTATED.is_on(at(each, "rotationEnabled"), missing=True)
        schedule = at(each, "rotationRules.scheduleExpression")
        days = at(each, "rotationRules.automaticallyAfterDays")
        yield _ROTATED.is_within(days, 1, _MOST_DAYS) if isinstance(schedule.value, Missing) else _scheduled(schedule)
    if not whole.settings:
        yield whole.not_set(_ROTATED, "rotation")


def _scheduled(schedule: Found) -> Judged:
    text = text_of(schedule)
    if text is None or not isinstance(text, str):
        return text
    rate = _RATE.fullmatch(text)
    # A schedule by the calendar comes round once a year at least; how often is not worked out here.
    often = text.startswith("cron(") if rate is None else 0 < int(rate[1]) * _HOURS[rate[2]] <= _MOST_DAYS * 24
    return None if often else _ROTATED.broken(schedule)


def _judge_key(subject: Subject) -> Verdict:
    return verdict(_key(subject))


def _key(subject: Subject) -> Iterator[Judged]:
    if subject.type != _SECRET:
        return
    yield _OWN_KEY.is_set(one(subject.properties, "kmsKeyId"))
    if not isinstance(one(subject.properties, "replicas").value, Missing):
        for found in look(subject.properties, "replicas.*.kmsKeyId"):
            yield _OWN_KEY.is_set(found)


def _judge_window(subject: Subject) -> Verdict:
    found = (one(subject.properties, "recoveryWindowInDays") for _ in (subject.type,) if subject.type == _SECRET)
    return verdict(_CALLED_BACK.is_within(window, _LEAST_WINDOW, missing=_WINDOW_BY_DEFAULT) for window in found)


ROTATION = StackRule(
    id="secret-rotation",
    says=_ROTATED.says,
    why="Who got hold of a password once has it until it is changed.",
    severity="medium",
    sources=("SEC-02", "FSBP SecretsManager.1", "FSBP SecretsManager.4", "CKV_AWS_304", "CKV2_AWS_57", "AwsSolutions-SMG4"),
    applies=lambda type_: type_ == _SECRET,
    judge=_judge_rotation,
)
KEY = Rule(
    id="secret-key",
    says=_OWN_KEY.says,
    why="Whose key it is decides who may read, apart from the secret, and accounts share none of AWS's own.",
    severity="medium",
    sources=("SEC-02", "CKV_AWS_149", "NIST SC-28"),
    applies=lambda type_: type_ == _SECRET,
    judge=_judge_key,
)
WINDOW = Rule(
    id="secret-recovery-window",
    says=_CALLED_BACK.says,
    why="A password that is gone at once is missed when the next pod starts.",
    severity="medium",
    sources=("SEC-02", "NIST CP-9"),
    applies=lambda type_: type_ == _SECRET,
    judge=_judge_window,
)
RULES: tuple[Rule | StackRule, ...] = (ROTATION, KEY, WINDOW)
