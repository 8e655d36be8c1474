"""Gates that a ledger decides: who approved, what is frozen, whether somebody stopped the model."""

from collections.abc import Iterator
from datetime import UTC, date, datetime

from modelway.architecture import Environment, Model, layout
from modelway.architecture.oversight import TierRequirements
from modelway.errors import ModelwayError
from modelway.governance.gates.gate import Gate, Outcome, listed, shown, waiver
from modelway.governance.gates.known import Known
from modelway.governance.gates.proof import proof
from modelway.governance.gates.releases import releases
from modelway.governance.subject import subject_of

LEDGER_RULE, LEDGER_PATH = "declared-ledger", "governance.ledger"
"""The rule that asks for a ledger, and what it is about: an exception from it lets what only a ledger could tell wait."""


def recorded(environment: Environment, name: str, model: Model, known: Known, now: datetime) -> Iterator[Gate]:
    """The gates of one model that serves."""
    asked = environment.governance.tiers.get(model.risk_tier) or TierRequirements()
    today = now.astimezone(UTC).date()
    if asked.approvers:
        yield _looked_at(environment, known, today, _approvals(environment, name, model, asked.approvers, known, now))
    if asked.proof:
        rule = "versions that answer have answered before, with the same digests, in the environment that they come from"
        if (without := waiver(model, "proof", today)) is not None:
            yield Gate("proof", name, rule, "waived", without)
        else:
            yield _looked_at(environment, known, today, proof(environment, name, model, asked.soak, known, now, rule))
    for gate in (_freeze(environment, name, model, known, today), _stop(environment, name, model, known)):
        if gate is not None:
            yield gate


def ledger_exception(environment: Environment, today: date) -> str | None:
    """What the exception from naming a ledger says, where it is in force."""
    for one in environment.governance.exceptions:
        if (one.rule, one.resource) == (LEDGER_RULE, LEDGER_PATH) and today <= one.expires.day:
            return shown(f"no ledger is named: {one.reason} ({one.approved_by}, until {one.expires})")
    return None


def _looked_at(environment: Environment, known: Known, today: date, gate: Gate) -> Gate:
    """The gate; waived, where nothing is known because the environment may still be without a ledger."""
    if gate.outcome != "unknown" or known.declared or (without := ledger_exception(environment, today)) is None:
        return gate
    return Gate(gate.id, gate.model, gate.says, "waived", without, asked=gate.asked)


def unknown(environment: Environment, known: Known) -> tuple[str, str]:
    """What is said, and how it is supplied, where the ledger does not tell."""
    if not known.declared:
        return shown(known.why_not), "Add `governance: {ledger: {address: …, keys: …}}` to the environment's file."
    if not known.begun:
        return shown(known.why_not), f"Begin it: `modelway gates {environment.environment} --record --begin --key KEY`."
    return shown(known.why_not), "Mend the ledger, or the way to it: `modelway release verify` says what is wrong with it."


def _approvals(environment: Environment, name: str, model: Model, wanted: int, known: Known, now: datetime) -> Gate:
    people = "1 person has" if wanted == 1 else f"{wanted} people have"
    rule = f"{people} approved exactly what {environment.environment} says of it, none of whom wrote or owns it"
    if (without := waiver(model, "approvers", now.astimezone(UTC).date())) is not None:
        return Gate("approvals", name, rule, "waived", without)
    if known.why_not:
        return Gate("approvals", name, rule, "unknown", *unknown(environment, known))
    from modelway.governance.approvals import approvals_for

    subject = subject_of(environment, model)
    try:
        found = approvals_for(known.approvals_of(subject), environment.environment, name, subject, known.keys, now)
    except ModelwayError as fault:
        return Gate("approvals", name, rule, "unknown", shown(str(fault)), "Use the Modelway that wrote it.")
    may = {str(one).casefold(): str(one) for one in (model.governance.approvers if model.governance is not None else ())}
    may.pop(str(model.owner).casefold(), None)
    # Two spellings of one address are one person.
    counted = {one.who.casefold(): may[one.who.casefold()] for one in found if one.who.casefold() in may}
    others = sorted({one.who for one in found if one.who.casefold() not in may})
    told = [f"{len(counted)} of {wanted}{': ' if counted else ''}{', '.join(counted.values())}"]
    told += [f"not asked for: {', '.join(others)}"] if others else []
    if len(counted) >= wanted:
        return Gate("approvals", name, rule, "passed", listed(told))
    left = [one for key, one in may.items() if key not in counted]
    who = f"by {' or '.join(left)}" if left else "by somebody who is named in its governance.approvers"
    return Gate("approvals", name, rule, "missing", listed(told), f"`modelway approve {environment.environment} {name} --key KEY`, {who}.")


def _freeze(environment: Environment, name: str, model: Model, known: Known, today: date) -> Gate | None:
    theirs = [one for one in environment.governance.freezes if not one.tiers or model.risk_tier in one.tiers]
    frozen = [one for one in theirs if one.from_.day <= today <= one.until.day]
    if not theirs:
        return None
    rule = "nothing that is live changes on days without releases"
    if not frozen:
        return Gate("freeze", name, rule, "passed", "no such day today")
    why = listed(f"until {one.until}: {one.reason}" for one in frozen)
    supply = f"Wait until {max(one.until.day for one in frozen)} is over; in an emergency break the glass."
    outcome, detail = _changes(environment, name, model, known)
    return Gate("freeze", name, rule, outcome, shown(f"{detail}; {why}"), "" if outcome == "passed" else supply)


def _changes(environment: Environment, name: str, model: Model, known: Known) -> tuple[Outcome, str]:
    """Whether what is described now is what the last release of its stack described."""
    if known.why_not:
        return "unknown", f"whether anything changes is not known: {known.why_not}"
    try:
        last = releases(known, environment.environment, layout.stack_of(environment, model))[-1:]
    except ModelwayError as fault:
        return "unknown", f"whether anything changes is not known: {fault}"
    recorded = next((one for release in last for one in release.record.models if one.model == name), None)
    if recorded is None:
        return "missing", "no release is recorded that has it, so all of it is a change"
    if recorded.subject_sha256 is None:
        return "unknown", f"release {last[0].number} does not say what it was described as"
    if recorded.subject_sha256 != subject_of(environment, model):
        return "missing", f"its description is another than that of release {last[0].number}"
    return "passed", f"its description is that of release {last[0].number}"


def _stop(environment: Environment, name: str, model: Model, known: Known) -> Gate | None:
    if not known.declared:
        return None
    rule = "nobody stopped it, or it stays as it was stopped"
    if known.why_not:
        return Gate("stop", name, rule, "unknown", *unknown(environment, known))
    from modelway.governance.stops import blocked, heeded, in_force

    try:
        stopped = in_force(known.of("stop", "resume"), environment.environment, name, known.keys)
    except ModelwayError as fault:
        return Gate("stop", name, rule, "unknown", shown(str(fault)), "Use the Modelway that wrote it.")
    if stopped is None:
        return Gate("stop", name, rule, "passed", "nobody did")
    if heeded(stopped, model):
        return Gate("stop", name, rule, "passed", shown(f"stopped by {stopped.who}, and described so"))
    supply = f"`modelway stop {name} --env {environment.environment} --resume`, or write in its file what keeps it stopped."
    return Gate("stop", name, rule, "missing", shown(blocked(stopped)), supply)
