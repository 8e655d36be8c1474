"""What a ledger says of a release that is about to be recorded in it: who approved it, what stopped a model, whose glass is broken."""

from collections.abc import Sequence
from datetime import datetime

from modelway.architecture import Environment
from modelway.architecture import Model as Described
from modelway.governance import break_glass, stops
from modelway.governance.approvals import Approved, approvals_for
from modelway.governance.ledger import Entry, Key
from modelway.governance.record import Approval
from modelway.governance.record_parts import BreakGlass, Stop
from modelway.governance.subject import subject_of
from modelway.governance.verifier import SLACK


def until(entries: Sequence[Entry], moment: datetime) -> list[Entry]:
    """What was in the ledger at that time, as far as two clocks agree."""
    return [entry for entry in entries if entry.time <= moment + SLACK]


def approvals(
    entries: Sequence[Entry], keys: Sequence[Key], environment: Environment, models: Sequence[Described], author: str, released: datetime
) -> tuple[list[Approval], list[str]]:
    """Those that counted when the release went live, and a line for each that did not: given later, or by who wrote the commit. Raises
    NotARecord."""
    before = until(entries, released)
    counting, against = [], []
    for model in models:
        subject = subject_of(environment, model)

        def of(read: Sequence[Entry], model: str = model.model, subject: str = subject) -> list[Approved]:
            return approvals_for(read, environment.environment, model, subject, keys, released)

        found = of(before)
        for one in found:
            if one.who.casefold() == author.casefold():
                against.append(f"{model.model}: {one.who} approved what they wrote themselves, which does not count")
            else:
                counting.append(Approval(one.who, one.when, one.proof, model.model, True))
        known = {one.who.casefold() for one in found}
        against += [
            f"{model.model}: {one.who} approved it only after it was live, which does not count"
            for one in of(entries)
            if one.who.casefold() not in known
        ]
    return counting, against


def broken(entries: Sequence[Entry], keys: Sequence[Key], stack: str, moments: Sequence[datetime]) -> list[BreakGlass]:
    """What let a stack pass its gates at any of these times. Raises NotARecord."""
    found: dict[BreakGlass, None] = {}
    for moment in moments:
        # As it was then: what was opened or ended later says nothing of it.
        if (one := break_glass.in_force(until(entries, moment), stack, moment, keys)) is not None:
            found[BreakGlass(one.who, one.reason, one.since, one.until)] = None
    return list(found)


def stopped(entries: Sequence[Entry], keys: Sequence[Key], environment: str, models: Sequence[Described]) -> dict[str, Stop]:
    """The stop that each of the models is under. Raises NotARecord."""
    found = {model.model: stops.in_force(entries, environment, model.model, keys) for model in models}
    return {model: Stop(one.who, one.when, one.reason) for model, one in found.items() if one is not None}
