"""Nobody removes versions of what is in a bucket alone, and nothing removes them before somebody can have noticed."""

from collections.abc import Iterator, Mapping, Sequence

from modelway.rules.belonging import Whole, at, under
from modelway.rules.buckets.keeping import does_for_all, is_of_state, is_on, lifecycle_rules
from modelway.rules.buckets.kinds import TYPES, setting, takes_access_logs
from modelway.rules.demands import Demand
from modelway.rules.expecting import Judged
from modelway.rules.properties import Found, Missing
from modelway.rules.stack import Resource, StackRule
from modelway.rules.subjects import text_of, truth, verdict
from modelway.rules.values import Unknown
from modelway.rules.verdicts import Evidence, Undecided, Unreadable, Verdict

_VERSIONING = setting("Versioning")
_LIFECYCLE = setting("LifecycleConfiguration")
_LOCK = setting("ObjectLockConfiguration")

_LEAST_DAYS = 30
"""Time in which somebody notices that weights were overwritten or deleted."""
_LEAST_DAYS_OF_LOGS = 183
"""Six months, as for other logs (Regulation (EU) 2024/1689, articles 19 and 26(6))."""

_LOCKED = Demand(
    "versions of what is in a bucket are locked for a time, or deleted with a second factor alone",
    "Add aws.s3.BucketObjectLockConfiguration of the bucket with a defaultRetention, or let the owner of the account turn on MFA delete.",
)
_RETAINED = Demand(
    f"what was overwritten or deleted in a bucket is kept for {_LEAST_DAYS} days or more",
    f"Set noncurrentVersionExpiration to {_LEAST_DAYS} days or more.",
)
_LOGS_RETAINED = Demand(
    f"access logs are kept for {_LEAST_DAYS_OF_LOGS} days or more",
    f"Set expiration to {_LEAST_DAYS_OF_LOGS} days or more, or leave it out.",
)


def _judge_lock(resources: Sequence[Resource]) -> Mapping[str, Verdict]:
    versioned = {whole.resource.urn: whole for whole in _VERSIONING.found(resources)}
    cleared = {whole.resource.urn: whole for whole in _LIFECYCLE.found(resources)}
    found = {whole.resource.urn: whole for whole in _LOCK.found(resources) if not is_of_state(whole.resource)}
    return {urn: verdict(_locked(whole, versioned[urn], cleared[urn], resources)) for urn, whole in found.items()}


def _locked(whole: Whole, versioned: Whole, cleared: Whole, resources: Sequence[Resource]) -> Iterator[Judged]:
    factor = _second_factor(versioned)
    judged = [None] if factor is True else [*_by_lock(whole)]
    if not any(isinstance(each, Evidence) for each in judged):
        yield from judged
        return
    if isinstance(factor, Undecided | Unreadable):
        yield factor
        return
    let_off = _goes_by_itself(cleared, resources)
    if let_off is not True:
        yield from judged if let_off is False else [let_off]


def _by_lock(whole: Whole) -> Iterator[Judged]:
    for each in whole.settings:
        on = at(each, "objectLockEnabled")
        yield None if isinstance(on.value, Missing) else _LOCKED.is_one_of(on, ("Enabled",))
        yield _for_a_time(at(each, "rule.defaultRetention.days"), at(each, "rule.defaultRetention.years"))
    ways = ("rule.defaultRetention", "rules[0].defaultRetentions[0]")
    said = (whole.inside(f"objectLockConfiguration.{way}.days", f"objectLockConfiguration.{way}.years") for way in ways)
    inside = [_for_a_time(*times) for times in said if times][:1]
    yield from inside
    if not whole.settings and not inside:
        yield whole.not_set(_LOCKED, "lock")


def _for_a_time(*times: Found) -> Judged:
    """Of days and years one is set."""
    said = [each for each in times if not isinstance(each.value, Missing)]
    return _LOCKED.is_within((said or times)[0], 1)


def _second_factor(versioned: Whole) -> bool | Undecided | Unreadable:
    """Whether versions are deleted with MFA alone."""
    said: list[bool | Undecided | Unreadable] = []
    for each in versioned.settings:
        text = text_of(at(each, "versioningConfiguration.mfaDelete"))
        said.append(text if isinstance(text, Undecided | Unreadable) else text == "Enabled")
    said += [truth(each, missing=False) for each in versioned.inside("versioning.mfaDelete", "versionings.*.mfaDelete")]
    if said and all(each is True for each in said):
        return True
    if versioned.doubtful and not said:
        return Undecided(versioned.doubtful)
    return False if False in said else next((each for each in said if not isinstance(each, bool)), False)


def _goes_by_itself(cleared: Whole, resources: Sequence[Resource]) -> bool | Undecided | Unreadable:
    """Whether everything in a bucket expires, or S3 writes its access logs there, which it does to no bucket that locks by default
    (docs.aws.amazon.com/AmazonS3/latest/userguide/enable-server-access-logging.html)."""
    for_logs = takes_access_logs(cleared, resources)
    if for_logs is True:
        return True
    said = [does_for_all(rule, "expiration.days") if isinstance(rule, Found) else rule for rule in lifecycle_rules(cleared)]
    if True in said:
        return True
    if others := [each for each in said if not isinstance(each, bool)]:
        return others[0]
    if cleared.doubtful:
        return Undecided(cleared.doubtful)
    return Undecided(("bucket",)) if isinstance(for_logs, Unknown) else False


def _judge_retention(resources: Sequence[Resource]) -> Mapping[str, Verdict]:
    return _LIFECYCLE.judged(resources, lambda whole: _retained(whole, resources))


def _retained(whole: Whole, resources: Sequence[Resource]) -> Iterator[Judged]:
    rules = lifecycle_rules(whole)
    if not rules and whole.doubtful:
        yield Undecided(whole.doubtful)
        return
    yield None
    judged = [each for rule in rules for each in _versions_retained(rule)]
    if any(isinstance(each, Evidence) for each in judged):
        let_off = _goes_by_itself(whole, resources)
        if let_off is not False:
            judged = [] if let_off is True else [let_off]
    yield from judged
    logs = [each for rule in rules if isinstance(rule, Found) for each in _logs_retained(rule)]
    if any(isinstance(each, Evidence) for each in logs):
        for_logs = takes_access_logs(whole, resources)
        if for_logs is False:
            return
        yield from logs if for_logs is True else [Undecided(("bucket",))]


def _versions_retained(rule: Found | Undecided | Unreadable) -> Iterator[Judged]:
    if not isinstance(rule, Found):
        yield rule
        return
    for name in ("noncurrentVersionExpiration.noncurrentDays", "noncurrentVersionExpiration.days"):
        yield from _at_least(rule, name, _LEAST_DAYS, _RETAINED)


def _logs_retained(rule: Found) -> Iterator[Judged]:
    yield from _at_least(rule, "expiration.days", _LEAST_DAYS_OF_LOGS, _LOGS_RETAINED)


def _at_least(rule: Found, name: str, days: int, demand: Demand) -> Iterator[Judged]:
    found = under(rule, name)
    on = is_on(rule)
    if isinstance(found.value, Missing) or on is False:
        return
    yield demand.is_within(found, days) if on is True else on


LOCK = StackRule(
    id="bucket-lock",
    says=f"{_LOCKED.says}; buckets of the engine's state, of access logs, and those where everything expires are let off",
    why=(
        "Versions help against mistakes: whoever has the rights of one role may delete them too. "
        "Only the root user turns MFA delete on, outside of any program."
    ),
    # Development and staging are thrown away with what is in them: there it is said and blocks nothing.
    severity="high",
    sources=("S3-03", "FSBP S3.15", "FSBP S3.20", "NIST CP-9"),
    applies=lambda type_: type_ in TYPES,
    judge=_judge_lock,
)
RETENTION = StackRule(
    id="bucket-retention",
    says=f"{_RETAINED.says}, unless everything in it expires; {_LOGS_RETAINED.says}",
    why="What is gone before somebody has noticed cannot be got back; whether it may go by itself, nobody can tell here.",
    severity="low",
    sources=("S3-07", "FSBP S3.13", "NIST AU-11", "NIST CP-9"),
    applies=lambda type_: type_ in TYPES,
    judge=_judge_retention,
)
RULES: tuple[StackRule, ...] = (LOCK, RETENTION)
