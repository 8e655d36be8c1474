"""Releases in a ledger: written, found by number or stack, and what was live at a time."""

import base64
import binascii
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

import msgspec

from modelway.errors import WrongUsage
from modelway.governance.ledger import Damaged, Entry, Ledger, Signer
from modelway.governance.ledger.store import Store
from modelway.governance.questions import moment
from modelway.governance.record import Record, canonical, from_statement, hashed, is_release, statement

KEPT = "kept/"
"""Below a ledger's address what its records name by digest alone, because many have the same."""


class NoSuchRelease(WrongUsage):
    """No record has what was asked for."""


@dataclass(frozen=True)
class Release:
    """A record, and its entry in the ledger, whose signature held."""

    number: int
    """Place in the ledger."""
    entry: Entry
    record: Record


def write(ledger: Ledger, store: Store, record: Record, kept: list[object], signer: Signer) -> Release:
    """The record is the newest entry; what it names by digest is there before it. Raises what `Ledger.append` does."""
    # Or what is written below would stay behind a key that may not sign.
    ledger.may_sign(signer)
    for value in kept:
        store.create(f"{KEPT}{hashed(value)}.json", canonical(value))
    entry = ledger.append(statement(record), signer)
    return Release(entry.sequence, entry, record)


def read_kept(store: Store, digest: str) -> dict[str, object] | None:
    """What was kept under a digest; None where it is not there. Raises Damaged where something else is."""
    content = store.read(f"{KEPT}{digest}.json")
    if content is None:
        return None
    try:
        value = msgspec.json.decode(content, type=dict[str, object])
    except msgspec.DecodeError:
        value = {}
    if hashed(value) != digest:
        raise Damaged(f"{store.address}: {KEPT}{digest}.json is not what the records mean: put it back from a copy.")
    return value


def all_of(ledger: Ledger) -> Iterator[Release]:
    """Every release, the newest first. Raises what the ledger does at the first entry that does not hold, and NotARecord."""
    for entry in ledger.backwards():
        if (found := _release(entry, ledger.address)) is not None:
            yield found


def named(ledger: Ledger, name: str) -> Release:
    """The release with a number, or the last one of a stack. Raises NoSuchRelease, and what the ledger does."""
    if name.isascii() and name.isdigit():
        entry = ledger.entry(int(name)) if len(name) <= 10 else None
        found = None if entry is None else _release(entry, ledger.address)
    else:
        found = next((release for release in all_of(ledger) if release.record.stack == name), None)
    if found is None:
        raise NoSuchRelease(f"{ledger.address} has no release {name}: name a stack, or a number that `modelway release list` shows.")
    return found


class _Said(msgspec.Struct):
    """What decides whether an entry is what was live; the rest is not read."""

    environment: str = ""
    stack: str = ""
    released: str = ""


class _Statement(msgspec.Struct, rename="camel"):
    predicate_type: str
    predicate: _Said


class _Envelope(msgspec.Struct):
    payload: str


_envelope = msgspec.json.Decoder(_Envelope)
_statement = msgspec.json.Decoder(_Statement)


def live_at(ledger: Ledger, store: Store, when: datetime, environment: str | None = None) -> list[Release]:
    """The last release of each stack up to then, by environment and stack. Of two of the same time the one that was recorded later.

    The signatures of those are checked; that no other is missing is what `Ledger.verify` tells, which takes longer. Raises Damaged where a
    file is no entry, and what the ledger does.
    """
    newest: dict[tuple[str, str], tuple[datetime, int]] = {}
    for number, (name, content) in enumerate(store.contents(store.names())):
        try:
            read = _statement.decode(base64.b64decode(_envelope.decode(content).payload))
            if not is_release({"predicateType": read.predicate_type}):
                continue
            begun = moment(read.predicate.released)
        except (msgspec.DecodeError, binascii.Error, WrongUsage):
            raise Damaged(f"{store.address}: entries/{name} is no entry: see `modelway release verify`.") from None
        key = (read.predicate.environment, read.predicate.stack)
        if begun <= when and environment in (None, key[0]) and (key not in newest or newest[key][0] <= begun):
            newest[key] = (begun, number)
    return [named(ledger, str(newest[key][1])) for key in sorted(newest)]


def _release(entry: Entry, address: str) -> Release | None:
    if not is_release(entry.statement):
        return None
    return Release(entry.sequence, entry, from_statement(entry.statement, f"{address}: entry {entry.sequence}"))
