"""The decision that a ledger keeps: whether a stack may be released, and what each gate said."""

from collections.abc import Sequence
from datetime import UTC, datetime

import msgspec

from modelway.architecture import Environment
from modelway.governance.gates import Gate, blocked, served_by
from modelway.governance.kinds import Kind
from modelway.governance.subject import name_of, subject_of


class Asked(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What one gate said of one model."""

    gate: str
    model: str
    says: str
    outcome: str
    """passed, missing, unknown, waived or broken_glass."""
    detail: str
    asked: bool


class Decided(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Whether one stack might be released at one time. Its subjects are the descriptions of its models."""

    environment: str
    stack: str
    tier: str
    when: str
    """RFC 3339 in UTC."""
    go: bool
    """Whether nothing blocked. What was let through by broken glass blocks nothing, and stands in `gates`."""
    gates: list[Asked]


GATE = Kind("gate", Decided)


def decided(environment: Environment, stack: str, gates: Sequence[Gate], now: datetime) -> Decided:
    """The decision about one stack, whose gates these are."""
    when = now.astimezone(UTC).isoformat(timespec="microseconds").replace("+00:00", "Z")
    told = [Asked(one.id, one.model, one.says, one.outcome, one.detail, one.asked) for one in gates]
    return Decided(environment.environment, stack, environment.tier, when, not blocked(gates, environment), told)


def statement(environment: Environment, made: Decided) -> dict[str, object]:
    """To be signed and appended."""
    name = environment.environment
    subjects = {name_of(name, model): subject_of(environment, environment.models[model]) for model in served_by(environment, made.stack)}
    return GATE.statement(made, subjects)
