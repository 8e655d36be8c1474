"""The entries of a ledger that count for something, without checking the signature of each of thousands that do not.

The newest entry and the head are held against their signatures. Each entry names the SHA-256 of the file before it, so that those two stand
for every byte before them: nothing can be changed, moved or removed. What is counted with is held against its own signature besides.
"""

from collections.abc import Collection
from typing import TYPE_CHECKING, Protocol

import msgspec

from modelway.governance.ledger import Damaged, Entry, Ledger
from modelway.governance.verifier import file_name, sha256

if TYPE_CHECKING:
    from modelway.governance.ledger.store import Store


class Place(msgspec.Struct):
    """Where an entry says that it is, and since when."""

    sequence: int
    previous: str | None
    time: str


class Said(msgspec.Struct):
    """What decides whether an entry is counted with; the rest is not read."""

    ledger: Place
    environment: object = None
    stack: object = None
    released: object = None
    model: object = None
    subject_sha256: object = None
    models: msgspec.Raw = msgspec.Raw(b"[]")


class Statement(msgspec.Struct, rename="camel"):
    """The same of a statement."""

    predicate_type: str
    predicate: Said
    key: str = ""
    """Id of the key that it says it is signed with."""

    @property
    def kind(self) -> str:
        """Such as `approval`, of whatever form."""
        return self.predicate_type.rpartition("/")[0].rpartition("/")[2]


class _Signature(msgspec.Struct):
    keyid: str


class _Envelope(msgspec.Struct):
    payload: bytes
    signatures: list[_Signature]


_envelope = msgspec.json.Decoder(_Envelope)
_statement = msgspec.json.Decoder(Statement)


class Wanted(Protocol):
    """Who decides what is counted with."""

    def see(self, one: Statement) -> None:
        """Of every entry, oldest first."""

    def chosen(self) -> Collection[int]:
        """Places of those that are counted with, after all were seen."""


def entries(ledger: Ledger, store: "Store", wanted: Wanted) -> list[Entry]:
    """Those that are wanted, oldest first. Raises Damaged and what the ledger does."""
    hashes: list[str] = []
    for name, content in store.contents(store.names()):
        hashes.append(_seen(ledger, name, content, hashes, wanted))
    # The head names an entry that was removed from the end.
    last = ledger.last()
    # What was written while this was read.
    for name, content in store.contents([file_name(number) for number in range(len(hashes), last.sequence + 1)]):
        hashes.append(_seen(ledger, name, content, hashes, wanted))
    if last.sequence != len(hashes) - 1 or last.hash != hashes[-1]:
        raise _damaged(ledger, f"{file_name(last.sequence)} is not the last, or not as it was read")
    chosen = sorted(wanted.chosen())
    # Again, so that not all of them are kept meanwhile.
    found = [ledger.read_entry(int(name[:10]), content) for name, content in store.contents([file_name(number) for number in chosen])]
    if [(one.sequence, one.hash) for one in found] != [(number, hashes[number]) for number in chosen]:
        raise _damaged(ledger, "what is there was changed while it was read")
    return found


def _seen(ledger: Ledger, name: str, content: bytes, hashes: list[str], wanted: Wanted) -> str:
    """SHA-256 of the next entry. Raises Damaged."""
    number = len(hashes)
    try:
        envelope = _envelope.decode(content)
        one = _statement.decode(envelope.payload)
    except msgspec.DecodeError:
        raise _damaged(ledger, f"{name} is no entry") from None
    if name != file_name(number) or one.predicate.ledger.sequence != number:
        raise _damaged(ledger, f"{file_name(number)} is missing, or {name} is not in its place")
    if one.predicate.ledger.previous != (hashes[-1] if hashes else None):
        raise _damaged(ledger, f"{name} does not follow the entry before it")
    one.key = envelope.signatures[0].keyid if envelope.signatures else ""
    wanted.see(one)
    return sha256(content)


def _damaged(ledger: Ledger, said: str) -> Damaged:
    return Damaged(f"{ledger.address}: entries/{said}: see `modelway release verify`.")
