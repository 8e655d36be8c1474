"""What is written down of what happened: for long enough, under a key of one's own, and so that nobody changes it unseen."""

from collections.abc import Iterator

from modelway.rules.demands import Demand
from modelway.rules.expecting import Judged
from modelway.rules.properties import Missing, one
from modelway.rules.subjects import Rule, Subject, text_of, verdict
from modelway.rules.verdicts import Undecided, Unreadable, Verdict

_GROUP = "aws:cloudwatch/logGroup:LogGroup"
_TRAIL = "aws:cloudtrail/trail:Trail"
_LEAST_DAYS = 183
"""Six months, which logs of high-risk systems are kept at least (Regulation (EU) 2024/1689, articles 19 and 26(6))."""

_LONG = Demand(
    f"logs are kept for {_LEAST_DAYS} days or more",
    "Set retentionInDays to 365, or leave it out, which keeps them until somebody deletes them.",
)
_LASTING = Demand(_LONG.says, "Use the class STANDARD or INFREQUENT_ACCESS: CloudWatch deletes from DELIVERY after two days.")
_ENCRYPTED = Demand("logs are encrypted under a key of one's own", "Set kmsKeyId to the ARN of a key.")
_EVERYWHERE = Demand("a trail writes what happens in every region", "Set isMultiRegionTrail to true.")
_GLOBAL = Demand(
    "a trail writes what happens in IAM and other services without a region", "Set includeGlobalServiceEvents to true, or leave it out."
)
_RUNS = Demand("a trail runs", "Set enableLogging to true, or leave it out.")
_PROVED = Demand("a trail shows when somebody has changed or removed a part of it", "Set enableLogFileValidation to true.")


def _judge_retention(subject: Subject) -> Verdict:
    return verdict(_retention(subject) if subject.type == _GROUP else ())


def _retention(subject: Subject) -> Iterator[Judged]:
    kind = one(subject.properties, "logGroupClass")
    name = text_of(kind)
    if isinstance(name, Undecided | Unreadable):
        yield name
    elif name == "DELIVERY":
        yield _LASTING.broken(kind)
    days = one(subject.properties, "retentionInDays")
    # None at all, or 0, is for ever.
    yield None if isinstance(days.value, Missing) or _is_zero(days.value) else _LONG.is_within(days, _LEAST_DAYS)


def _is_zero(value: object) -> bool:
    return value == "0" or (isinstance(value, int | float) and not isinstance(value, bool) and value == 0)


def _judge_key(subject: Subject) -> Verdict:
    return verdict(_ENCRYPTED.is_set(one(subject.properties, "kmsKeyId")) for _ in (subject.type,) if subject.type == _GROUP)


def _judge_trail(subject: Subject) -> Verdict:
    return verdict(_trail(subject) if subject.type == _TRAIL else ())


def _trail(subject: Subject) -> Iterator[Judged]:
    yield _RUNS.is_on(one(subject.properties, "enableLogging"), missing=True)
    yield _EVERYWHERE.is_on(one(subject.properties, "isMultiRegionTrail"))
    yield _GLOBAL.is_on(one(subject.properties, "includeGlobalServiceEvents"), missing=True)
    yield _PROVED.is_on(one(subject.properties, "enableLogFileValidation"))
    yield _ENCRYPTED.is_set(one(subject.properties, "kmsKeyId"))


RETENTION = Rule(
    id="log-retention",
    says=_LONG.says,
    why="Most incidents are found after weeks; what happened then has to be there still.",
    # The Act asks it of systems that are in use, and those are in production: elsewhere it is said and blocks nothing.
    severity="high",
    sources=("LOG-01", "AI Act 19", "AI Act 26(6)", "CKV_AWS_338", "NIST AU-11"),
    applies=lambda type_: type_ == _GROUP,
    judge=_judge_retention,
)
KEY = Rule(
    id="log-key",
    says=_ENCRYPTED.says,
    why="Logs hold what was asked of models; whose key it is decides who may read it, apart from CloudWatch.",
    severity="high",
    sources=("LOG-01", "CKV_AWS_158"),
    applies=lambda type_: type_ == _GROUP,
    judge=_judge_key,
)
TRAIL = Rule(
    id="whole-trail",
    says="a trail writes what happens in all regions, under a key of one's own, and shows when a part of it is gone",
    why="Whoever breaks in works in the region that nobody looks at, and then removes the traces.",
    severity="high",
    sources=("LOG-02", "FSBP CloudTrail.1", "FSBP CloudTrail.2", "FSBP CloudTrail.4", "CKV_AWS_35", "CKV_AWS_36", "CKV_AWS_67"),
    applies=lambda type_: type_ == _TRAIL,
    judge=_judge_trail,
)
RULES: tuple[Rule, ...] = (RETENTION, KEY, TRAIL)
