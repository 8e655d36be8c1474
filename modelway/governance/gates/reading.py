"""The entries of a ledger that gates count with, without checking the signature of each of thousands that they do not.

The newest entry and the head are held against their signatures. Each entry names the SHA-256 of the file before it, so that those two stand
for every byte before them: nothing can be changed, moved or removed. What is counted with is held against its own signature besides.
"""

import base64
import binascii
from collections.abc import Callable
from typing import TYPE_CHECKING

import msgspec

from modelway.governance.ledger import Damaged, Entry, Ledger
from modelway.governance.verifier import file_name, sha256

if TYPE_CHECKING:
    from modelway.governance.ledger.store import Store


class Place(msgspec.Struct):
    """Where an entry says that it is."""

    sequence: int
    previous: str | None


class Said(msgspec.Struct):
    """What decides whether an entry is counted with; the rest is not read."""

    ledger: Place
    environment: object = None


class Statement(msgspec.Struct, rename="camel"):
    """The same of a statement."""

    predicate_type: str
    predicate: Said


class _Envelope(msgspec.Struct):
    payload: str


_envelope = msgspec.json.Decoder(_Envelope)
_statement = msgspec.json.Decoder(Statement)


def entries(ledger: Ledger, store: "Store", wanted: Callable[[Statement], bool]) -> list[Entry]:
    """Those that are wanted, oldest first. Raises Damaged and what the ledger does."""
    found: list[Entry] = []
    before: str | None = None
    number = -1
    for number, (name, content) in enumerate(store.contents(store.names())):
        try:
            said = _statement.decode(base64.b64decode(_envelope.decode(content).payload))
        except (msgspec.DecodeError, binascii.Error):
            raise _damaged(ledger, f"{name} is no entry") from None
        if name != file_name(number) or said.predicate.ledger.sequence != number:
            raise _damaged(ledger, f"{file_name(number)} is missing, or {name} is not in its place")
        if said.predicate.ledger.previous != before:
            raise _damaged(ledger, f"{name} does not follow the entry before it")
        before = sha256(content)
        if wanted(said):
            found.append(ledger.read_entry(number, content))
    # The head names an entry that was removed from the end.
    last = ledger.last()
    if last.sequence < number or (last.sequence == number and last.hash != before):
        raise _damaged(ledger, f"{file_name(last.sequence)} is not the last, or not as it was read")
    # What was written while this was read.
    for later in range(number + 1, last.sequence + 1):
        entry = ledger.entry(later)
        if entry is None or entry.previous != before:
            raise _damaged(ledger, f"{file_name(later)} does not follow the entry before it")
        before = entry.hash
        if wanted(msgspec.convert({"predicateType": entry.predicate_type, "predicate": entry.statement["predicate"]}, Statement)):
            found.append(entry)
    return found


def _damaged(ledger: Ledger, said: str) -> Damaged:
    return Damaged(f"{ledger.address}: entries/{said}: see `modelway release verify`.")
