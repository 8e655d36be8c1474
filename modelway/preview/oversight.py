"""What a change does to who looks at models and what proves it: risk tiers, what tiers ask for, exceptions, freezes, what is said and
measured of models. All of it stands in the descriptions, so that no resource tells of it."""

from collections.abc import Iterator
from datetime import date
from typing import TYPE_CHECKING, Any

from modelway.preview.changeset import Finding
from modelway.redaction import masked

if TYPE_CHECKING:
    from modelway.architecture import Environment, Model
    from modelway.architecture.oversight import TierRequirements

_LESS = "Keep it, or let whoever answers for the risk of these models approve that it goes."
_TIERS = {"low": 0, "medium": 1, "high": 2}
_KINDS = {"development": 0, "staging": 1, "production": 2}


def findings(stack: str, before: "Environment | None", after: "Environment | None", day: date | None = None) -> Iterator[Finding]:
    """What is to be read of it. What asks for less needs approval; what asks for more, or says something else, is told. Of an environment
    that is new or goes there is nothing to hold it against. `day`: on which it is looked at, by which exceptions end."""
    if before is None or after is None:
        return
    yield from _environment(stack, before, after)
    for tier in dict.fromkeys([*before.governance.tiers, *after.governance.tiers]):
        yield from _demands(stack, tier, before.governance.tiers.get(tier), after.governance.tiers.get(tier))
    yield from _exceptions(stack, "the environment", _granted(before), _granted(after), day)
    for name, model in after.models.items():
        old = before.models.get(name)
        known = _waived(old) if old is not None else {}
        yield from _exceptions(stack, f"model {name}", known, _waived(model), day)
        if old is not None:
            yield from _tier(stack, name, old, model)
            yield from _evidence(stack, name, old, model)


def _finding(stack: str, rule: str, subject: str, what: str, why: str = "", *, less: bool) -> Finding:
    return Finding(
        risk="review",
        rule=rule,
        stack=stack,
        subject=subject,
        what=masked(what),
        why=masked(why),
        avoid=_LESS if less else "",
        approval=less,
    )


def _environment(stack: str, before: "Environment", after: "Environment") -> Iterator[Finding]:
    if before.tier != after.tier:
        less = _KINDS[after.tier] < _KINDS[before.tier]
        what = f"The environment is handled {'less' if less else 'more'} carefully: gates and rules bind by its tier."
        yield _finding(stack, "governance-environment-tier", "the environment", what, f"tier: {before.tier} → {after.tier}", less=less)
    if before.governance.ledger != after.governance.ledger:
        old, new = before.governance.ledger, after.governance.ledger
        what = (
            "Releases and approvals are recorded elsewhere, or by other keys." if new else "Nothing proves releases and approvals any more."
        )
        told = " → ".join(f"{one.address}, keys {one.keys}" if one is not None else "none" for one in (old, new))
        yield _finding(stack, "governance-ledger", "the ledger", what, f"governance.ledger: {told}", less=old is not None)
    old_freezes, new_freezes = set(before.governance.freezes), set(after.governance.freezes)
    for gone in sorted(f"{one.from_} to {one.until}: {one.reason}" for one in old_freezes - new_freezes):
        yield _finding(stack, "governance-freeze", "days without releases", "A freeze goes, or is another.", gone, less=True)
    for come in sorted(f"{one.from_} to {one.until}: {one.reason}" for one in new_freezes - old_freezes):
        yield _finding(stack, "governance-freeze", "days without releases", "A freeze comes.", come, less=False)


def _demands(stack: str, tier: str, before: "TierRequirements | None", after: "TierRequirements | None") -> Iterator[Finding]:
    from modelway.architecture.oversight import TierRequirements

    old, new = before or TierRequirements(), after or TierRequirements()
    lower: list[str] = []
    higher: list[str] = []

    def told(name: str, was: object, is_: object, less: bool) -> None:
        if was != is_:
            (lower if less else higher).append(f"{name}: {_text(was)} → {_text(is_)}")

    told("approvers", old.approvers, new.approvers, new.approvers < old.approvers)
    told("review_days", old.review_days, new.review_days, old.review_days is not None and (new.review_days or 10**6) > old.review_days)
    told("proof", old.proof, new.proof, old.proof)
    told("soak", old.soak, new.soak, old.soak is not None and (new.soak is None or new.soak.seconds < old.soak.seconds))
    lower += [f"requires: no {one}" for one in old.requires if one not in new.requires]
    higher += [f"requires: {one}" for one in new.requires if one not in old.requires]
    subject = f"models of risk {tier}"
    if lower:
        yield _finding(stack, "governance-demands", subject, "Less is asked of them.", "; ".join(lower), less=True)
    if higher:
        yield _finding(stack, "governance-demands", subject, "More is asked of them.", "; ".join(higher), less=False)


def _tier(stack: str, name: str, before: "Model", after: "Model") -> Iterator[Finding]:
    if before.risk_tier != after.risk_tier:
        less = _TIERS[after.risk_tier] < _TIERS[before.risk_tier]
        what = f"It counts as {'less' if less else 'more'} harmful, and {'less' if less else 'more'} is asked of it."
        why = f"risk_tier: {before.risk_tier} → {after.risk_tier}"
        yield _finding(stack, "governance-risk-tier", f"model {name}", what, why, less=less)


def _evidence(stack: str, name: str, before: "Model", after: "Model") -> Iterator[Finding]:
    """What is said and measured of it, field by field; exceptions are told apart, and versions that come or go with the traffic."""
    gone: list[str] = []
    other: list[str] = []
    for path, (was, is_) in _fields(before, after).items():
        if was != is_:
            (gone if _empty(is_) or (path == "governance.approvers" and not set(was) <= set(is_)) else other).append(path)
    if gone:
        what = "Something that was said or measured of it is not there any more."
        yield _finding(stack, "governance-evidence", f"model {name}", what, ", ".join(gone), less=True)
    if other:
        yield _finding(
            stack, "governance-evidence", f"model {name}", "What is said or measured of it differs.", ", ".join(other), less=False
        )


def _fields(before: "Model", after: "Model") -> dict[str, tuple[Any, Any]]:
    from modelway.architecture.governance import Governance

    old, new = before.governance or Governance(), after.governance or Governance()
    fields = {
        f"governance.{field}": (getattr(old, field), getattr(new, field))
        for field in Governance.__pydantic_fields__
        if field != "exceptions"
    }
    for version in before.versions.keys() & after.versions.keys():
        for field in ("training", "evaluation"):
            sides = tuple(getattr(model.versions[version], field) for model in (before, after))
            fields[f"versions.{version}.{field}"] = (sides[0], sides[1])
    return dict(sorted(fields.items()))


_Exceptions = dict[tuple[str, str], tuple[date, str]]


def _granted(environment: "Environment") -> _Exceptions:
    return {(one.rule, one.resource): (one.expires.day, f"{one.reason} ({one.approved_by})") for one in environment.governance.exceptions}


def _waived(model: "Model") -> _Exceptions:
    listed = model.governance.exceptions if model.governance is not None else ()
    return {(one.rule, ""): (one.expires.day, f"{one.reason} ({one.owner})") for one in listed}


def _exceptions(stack: str, of: str, before: _Exceptions, after: _Exceptions, day: date | None) -> Iterator[Finding]:
    for (rule, where), (until, why) in after.items():
        about = f"{rule}, {where}" if where else rule
        known = before.get((rule, where))
        if known is None:
            yield _finding(stack, "governance-exception", of, f"An exception comes: {about}, until {until}.", why, less=True)
        elif known[0] < until:
            yield _finding(
                stack,
                "governance-exception",
                of,
                f"An exception is longer: {about}, until {until}.",
                f"expires: {known[0]} → {until}",
                less=True,
            )
        if day is not None and until < day and (known is None or known[0] == until):
            yield _finding(stack, "governance-exception-over", of, f"An exception is over: {about}, since {until}.", why, less=False)
    for rule, where in sorted(before.keys() - after.keys()):
        about = f"{rule}, {where}" if where else rule
        yield _finding(stack, "governance-exception", of, f"An exception goes: {about}.", less=False)


def _empty(value: object) -> bool:
    return value is None or value == ()


def _text(value: object) -> str:
    return "none" if value is None else str(value).lower() if isinstance(value, bool) else str(value)
