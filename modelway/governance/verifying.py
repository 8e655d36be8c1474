"""Whether a ledger of releases holds: its chain and signatures, that its records can be read, and what they name by digest."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

import msgspec

from modelway.errors import ModelwayError, WrongUsage
from modelway.governance import live
from modelway.governance.ledger import Ledger, LedgerFailure
from modelway.governance.ledger.store import Store
from modelway.governance.record import NotARecord, Record, from_statement, is_release
from modelway.governance.recording import ReadBack
from modelway.governance.releases import read_kept


@dataclass(frozen=True)
class Verified:
    """What was found in a ledger."""

    entries: int
    releases: int
    faults: list[str]
    notes: list[str]
    """What is no fault, but worth knowing."""
    anchor: str
    """PLACE:HASH of the last entry, to be noted elsewhere."""


def verified(ledger: Ledger, store: Store, anchor: str | None) -> Verified:
    """Every fault of the ledger and its records. Raises WrongUsage for an anchor that is none, and StoreFailure."""
    result = ledger.verify(anchor=_anchor(anchor))
    faults = [str(fault) for fault in result.faults]
    releases, more = 0, list[str]()
    # What is signed by nobody who may sign is a fault already, and no record.
    for number in range(result.entries) if not faults else ():
        count, found = _of_entry(ledger, store, number)
        releases += count
        more += found
    last = f"{result.last.sequence}:{result.last.hash}" if result.last else ""
    return Verified(result.entries, releases, faults + list(dict.fromkeys(more)), list(result.notes), last)


def not_as_released(record: Record, state: ReadBack) -> list[str]:
    """Where what a stack holds now is not what a release described, a line each."""
    read = live.read_back(list(state.resources.values()))
    models = [
        msgspec.structs.replace(
            model,
            versions=[msgspec.structs.replace(one, found=live.found(read, model.model, one.version)) for one in model.versions],
        )
        for model in record.models
    ]
    return live.differences(models, read)


def _of_entry(ledger: Ledger, store: Store, number: int) -> tuple[int, list[str]]:
    try:
        entry = ledger.entry(number)
        if entry is None or not is_release(entry.statement):
            return 0, []
        record = from_statement(entry.statement, f"entry {number}")
    except (NotARecord, LedgerFailure) as fault:
        return 1, [str(fault)]
    found = list(_kept(store, record.resolved_sha256)) + list(_kept(store, record.graph_sha256))
    if record.recorded < record.released:
        found.append(f"entry {number}: it was recorded at {record.recorded}, before it was released at {record.released}")
    return 1, found


def _kept(store: Store, digest: str) -> Iterator[str]:
    try:
        if read_kept(store, digest) is None:
            yield f"kept/{digest}.json is missing: what a release was made from can no longer be compared in detail"
    except ModelwayError as fault:
        yield str(fault)


def _anchor(text: str | None) -> tuple[int, str] | None:
    if text is None:
        return None
    if (read := re.fullmatch(r"(\d{1,10}):([0-9a-f]{64})", text, re.ASCII)) is None:
        raise WrongUsage(f"{text!r} is no anchor: write PLACE:HASH as `modelway release verify` prints it.")
    return int(read[1]), read[2]
