"""Breaking the glass: a person lets one stack pass its gates for a few hours, signed, and for all to see."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import msgspec

from modelway.governance.approvals import person
from modelway.governance.kinds import Kind
from modelway.governance.ledger import Entry, Key
from modelway.governance.record import hashed
from modelway.governance.verifier import SLACK, Broken, moment_of, stamp

LONGEST = timedelta(hours=24)


class BrokenGlass(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What somebody did when they could not wait. Times are RFC 3339 in UTC."""

    environment: str
    stack: str
    reason: str
    who: str
    """By address."""
    since: str
    until: str
    """The same as `since` ends what was opened before."""


BREAK_GLASS = Kind("break-glass", BrokenGlass)


@dataclass(frozen=True)
class Told:
    """One statement of a ledger, and why it does not count."""

    entry: Entry
    broken: BrokenGlass
    refused: str | None
    """None where it counts."""


def in_force(entries: Sequence[Entry], stack: str, now: datetime, keys: Sequence[Key]) -> BrokenGlass | None:
    """What lets a stack pass its gates now. The last statement that counts decides. `keys` are the trusted ones. Raises NotARecord."""
    last = None
    for one in all_of(entries, keys):
        if one.refused is None and one.broken.stack == stack:
            last = one.broken
    # A clock that is behind the one that signed is not so far behind, or the ledger would refuse it.
    return last if last is not None and moment_of(last.since) - SLACK <= now < moment_of(last.until) else None


def all_of(entries: Sequence[Entry], keys: Sequence[Key]) -> Iterator[Told]:
    """Every such statement, the oldest first, and why those that do not count do not. Raises NotARecord."""
    by_id = {key.id: key for key in keys}
    for entry, broken in BREAK_GLASS.among(entries):
        yield Told(entry, broken, _refused(entry, broken, by_id.get(entry.key)))


def statement(broken: BrokenGlass) -> dict[str, object]:
    """To be signed and appended."""
    return BREAK_GLASS.statement(broken, {f"{broken.stack}/break-glass": hashed(broken)})


def _refused(entry: Entry, broken: BrokenGlass, key: Key | None) -> str | None:
    if key is None:
        return "the key that wrote it is not among the trusted ones any more"
    if not person(key) or key.name.casefold() != broken.who.casefold():
        return f"key {key.name!r} may not break the glass as {broken.who}: only a person's own key may"
    try:
        since, until = moment_of(broken.since), moment_of(broken.until)
    except Broken as fault:
        return fault.text
    if abs(since - entry.time) > SLACK:
        return f"it says that it begins at {broken.since}, and was written down at {stamp(entry.time)}"
    if not since <= until <= since + LONGEST:
        return f"it is for {broken.since} to {broken.until}, which is not at most {LONGEST.total_seconds() / 3600:g} hours"
    return None
