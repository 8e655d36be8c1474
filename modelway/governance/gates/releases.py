"""The releases of a ledger that gates count with."""

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from modelway.governance.gates.known import Known, predicate

if TYPE_CHECKING:
    from modelway.governance.record import Record


@dataclass(frozen=True)
class Release:
    """A record, its place in the ledger, and since when it was live."""

    number: int
    record: "Record"
    since: datetime


def releases(known: Known, environment: str, stack: str | None = None) -> list[Release]:
    """Those of an environment, or of one of its stacks, in the order in which they went live. What a person's own key signed is left out:
    releases are written down by machines. Raises NotARecord."""
    from modelway.governance.record import from_statement

    people = {key.id for key in known.keys if "@" in key.name}
    found = []
    for entry in known.of("release"):
        said = predicate(entry)
        if said.get("environment") != environment or stack not in (None, said.get("stack")) or entry.key in people:
            continue
        record = from_statement(entry.statement, f"entry {entry.sequence}")
        found.append(Release(entry.sequence, record, went_live(record.released, entry.time)))
    return sorted(found, key=lambda one: (one.since, one.number))


def went_live(text: str, written: datetime) -> datetime:
    """When it went live, as it says; never after it was written down. What is no time is taken for that time."""
    try:
        said = datetime.fromisoformat(text)
    except ValueError:
        return written
    return min(said.replace(tzinfo=UTC) if said.tzinfo is None else said.astimezone(UTC), written)
