"""Whether a ledger of releases holds: its chain and signatures, that its records can be read, and what they name by digest."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

import msgspec

from modelway.errors import WrongUsage
from modelway.governance import live
from modelway.governance.ledger import Damaged, Ledger
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
    releases, digests = 0, set[str]()
    # What is signed by nobody who may sign is a fault already, and no record.
    for entry in ledger.entries() if not faults else ():
        if is_release(entry.statement):
            releases += 1
            try:
                record = from_statement(entry.statement, f"entry {entry.sequence}")
            except NotARecord as fault:
                faults.append(str(fault))
                continue
            digests |= {record.resolved_sha256, record.graph_sha256}
            if record.recorded < record.released:
                faults.append(f"entry {entry.sequence}: recorded at {record.recorded}, before it was released at {record.released}")
    faults += [line for digest in sorted(digests) for line in _kept(store, digest)]
    last = f"{result.last.sequence}:{result.last.hash}" if result.last else ""
    return Verified(result.entries, releases, faults, [*result.notes, *store.guards()], last)


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


def _kept(store: Store, digest: str) -> Iterator[str]:
    try:
        if read_kept(store, digest) is None:
            yield f"kept/{digest}.json is missing: what a release was made from can no longer be compared in detail"
    except Damaged as fault:
        yield str(fault)


def _anchor(text: str | None) -> tuple[int, str] | None:
    if text is None:
        return None
    if (read := re.fullmatch(r"(\d{1,10}):([0-9a-f]{64})", text, re.ASCII)) is None:
        raise WrongUsage(f"{text!r} is no anchor: write PLACE:HASH as `modelway release verify` prints it.")
    return int(read[1]), read[2]
