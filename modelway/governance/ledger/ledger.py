"""Reads, appends to and checks one ledger.

The head is written before the first entry, and after each: it may be behind when a writer was ended, never ahead. An entry is written
where nothing is yet, so that of two who want the same place one takes the next. What was returned is in the ledger.
"""

import base64
import random
import secrets
import time
from bisect import bisect_right
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import UTC, datetime

from modelway.governance import verifier
from modelway.governance.ledger import failures
from modelway.governance.ledger.failures import AnotherProject, ClockBehind, Damaged, LedgerFailure, NoLedger, UnfitStatement, WrongKey
from modelway.governance.ledger.signing import Signer, made
from modelway.governance.ledger.store import ENTRIES, HEAD, Store, store_at
from modelway.governance.verifier import SLACK, Broken, Entry, Head, Key, Result, canonical, encoded, file_name, stamp

_STATEMENT = "https://in-toto.io/Statement/v1"
_LONGEST_PAUSE = 2.0
"""Seconds between two attempts of a writer among many."""

Clock = Callable[[], datetime]


def _now() -> datetime:
    return datetime.now(UTC)


def opened(address: str, project: str, keys: Sequence[Key], *, clock: Clock = _now) -> "Ledger":
    """The ledger at an address: a folder, or s3://BUCKET/PREFIX. Raises NoLedger, AnotherProject, and what its first entry has wrong."""
    ledger = Ledger(store_at(address), project, keys, clock)
    if ledger.entry(0) is None:
        raise NoLedger(f"{address}: there is no ledger here. Correct the address, or begin one with `modelway release record --begin`.")
    return ledger


def begun(address: str, project: str, keys: Sequence[Key], signer: Signer, *, clock: Clock = _now) -> "Ledger":
    """A new ledger at an address, where none may be. Raises Damaged where there is one or what is left of one, and WrongKey."""
    store = store_at(address)
    ledger = Ledger(store, project, keys, clock)
    ledger.may_sign(signer)
    head = store.read(HEAD)
    # Who was ended between both files left a head of entry 0, and begins again.
    if store.names() or (head is not None and ledger.read_head(head).sequence):
        raise Damaged(f"{address}: there is a ledger already, or what is left of one. Name an empty folder or prefix, or open it.")
    own = secrets.token_hex(16)
    statement = {
        "_type": _STATEMENT,
        "predicateType": verifier.BEGINNING,
        "predicate": {},
        "subject": [{"name": project, "digest": {"sha256": verifier.sha256(own.encode())}}],
    }
    content = _signed_entry(statement, signer, {"id": own, "project": project, "sequence": 0, "previous": None, "time": stamp(clock())})
    first = ledger.read_entry(0, content)
    new = _signed_head(first, signer)
    written = store.create(HEAD, new) if head is None else store.replace(HEAD, new, head)
    if not written or not store.create(f"{ENTRIES}{file_name(0)}", content):
        raise Damaged(f"{address}: somebody else is beginning a ledger here. Open it.")
    return ledger


class Ledger:
    """One ledger, whose entries are those of one project. Everything that is read is held against its signature first."""

    def __init__(self, store: Store, project: str, keys: Sequence[Key], clock: Clock) -> None:
        self.address = store.address
        self.project = project
        self._store, self._clock = store, clock
        self._keys = {key.id: key for key in keys}
        self._last: Entry | None = None

    def entry(self, sequence: int) -> Entry | None:
        """The entry at that place; None when there is none. Raises Damaged and its like."""
        content = self._store.read(f"{ENTRIES}{file_name(sequence)}")
        return None if content is None else self.read_entry(sequence, content)

    def last(self) -> Entry:
        """The newest entry. Raises Damaged where head and entries do not go together."""
        found = self._last or self._at_head()
        while (following := self.entry(found.sequence + 1)) is not None:
            found = self._after(found, following)
        self._last = found
        return found

    def entries(self) -> Iterator[Entry]:
        """All, oldest first, each held against the one before it. Raises Damaged and its like at the first that does not hold."""
        before: Entry | None = None
        for number, (name, content) in enumerate(self._store.contents(self._store.names())):
            if name != file_name(number):
                raise Damaged(f"{self.address}: {ENTRIES}{file_name(number)} is missing, or {name} is none. {failures.LOOK}")
            entry = self.read_entry(number, content)
            before = entry if before is None else self._after(before, entry)
            yield before

    def backwards(self, until: datetime | None = None) -> Iterator[Entry]:
        """The same from the newest on, or from the newest that is not later than `until`. Reads few: times never go back along a ledger."""
        last = self.last()
        number = last.sequence
        if until is not None and last.time > until:
            number = bisect_right(range(number), until, key=lambda place: self._there(place).time) - 1
        after: Entry | None = None
        for place in range(number, -1, -1):
            entry = self._there(place)
            if after is not None:
                self._after(entry, after)
            yield entry
            after = entry

    def append(self, statement: Mapping[str, object], signer: Signer) -> Entry:
        """The statement is the newest entry, signed; `predicate.ledger` says where. Its time is never before that of the entry before it.

        Raises UnfitStatement, WrongKey, ClockBehind, Damaged; StoreFailure. It can be called by many at once, of this process and others.
        """
        self._fit(statement)
        self.may_sign(signer)
        if self._last is None:
            self._last = at_head = self._at_head()
            if self.last() is not at_head:
                # Where writers were ended one after another, what follows the head would grow, and with it what each has to read.
                self._move_head(self._last, signer)
        attempt = 0
        while True:
            last, now = self.last(), self._clock()
            if last.time - now > SLACK:
                raise ClockBehind(
                    f"{self.address}: entry {last.sequence} is of {stamp(last.time)}, and this machine says {stamp(now)}. Set its clock; if"
                    " the entry's was wrong, no other can be written before that time."
                )
            place = {"id": last.ledger, "project": self.project, "sequence": last.sequence + 1, "previous": last.hash}
            content = _signed_entry(statement, signer, {**place, "time": stamp(max(now, last.time))})
            if len(content) > verifier.MAX_BYTES:
                raise UnfitStatement(f"the entry would have {len(content):,} bytes; {_SMALLER}")
            entry = self._own(last, content)
            if self._store.create(f"{ENTRIES}{file_name(entry.sequence)}", content):
                break
            attempt += 1
            time.sleep(random.uniform(0, min(_LONGEST_PAUSE, 0.005 * 2 ** min(attempt, 10))))
        self._last = entry
        self._move_head(entry, signer)
        return entry

    def verify(self, *, anchor: tuple[int, str] | None = None) -> Result:
        """Every fault; `anchor` is the place and hash of an entry that was noted elsewhere. Raises StoreFailure alone."""
        return verifier.check(
            self._store.contents(self._store.names()),
            self._store.read(HEAD),
            tuple(self._keys.values()),
            self.project,
            now=self._clock(),
            anchor=anchor,
            signed=made,
        )

    def may_sign(self, signer: Signer) -> None:
        """Raises WrongKey or AnotherProject for a key whose entries would not hold now."""
        key, now = self._keys.get(signer.id), self._clock()
        if key is None:
            raise WrongKey(f"the key {signer.id} is not among those that may sign. Add it to the file of keys, in a reviewed change.")
        if key.project != self.project:
            raise AnotherProject(
                f"key {key.name!r} is for project {key.project!r}, and this is {self.project!r}. Sign with a key of its own."
            )
        if not key.since <= now < key.until:
            raise WrongKey(
                f"key {key.name!r} is for {stamp(key.since)} to {stamp(key.until)}, and now is {stamp(now)}. Sign with a newer key, which"
                " is added to the file of keys in a reviewed change."
            )

    def read_entry(self, sequence: int, content: bytes) -> Entry:
        """The entry that these bytes are, at that place."""
        place = f"{self.address}: {ENTRIES}{file_name(sequence)}"
        try:
            entry = verifier.read_entry(content, self._keys, self.project, made)
            if entry.sequence != sequence or (entry.predicate_type == verifier.BEGINNING) != (sequence == 0):
                raise Broken("moved", f"it was written as entry {entry.sequence}")
        except Broken as broken:
            raise failures.failure(place, broken) from None
        return entry

    def read_head(self, content: bytes) -> Head:
        """What these bytes say as head.json."""
        try:
            return verifier.read_head(content, self._keys, self.project, made)
        except Broken as broken:
            raise failures.failure(f"{self.address}: {HEAD}", broken) from None

    def _there(self, sequence: int) -> Entry:
        entry = self.entry(sequence)
        if entry is None:
            raise Damaged(f"{self.address}: {ENTRIES}{file_name(sequence)} is missing. {failures.LOOK}")
        return entry

    def _at_head(self) -> Entry:
        content = self._store.read(HEAD)
        if content is None:
            raise Damaged(f"{self.address}: {HEAD} is missing. {failures.LOOK}")
        head = self.read_head(content)
        entry = self._there(head.sequence)
        if entry.hash != head.hash or entry.ledger != head.ledger:
            raise Damaged(f"{self.address}: {HEAD} does not name {ENTRIES}{file_name(head.sequence)} as it is. {failures.LOOK}")
        try:
            verifier.still_valid(head, entry.time)
        except Broken as broken:
            raise failures.failure(f"{self.address}: {HEAD}", broken) from None
        return entry

    def _after(self, before: Entry, entry: Entry) -> Entry:
        if entry.previous != before.hash or entry.ledger != before.ledger or entry.time < before.time:
            raise Damaged(f"{self.address}: {ENTRIES}{file_name(entry.sequence)} does not follow the entry before it. {failures.LOOK}")
        return entry

    def _own(self, last: Entry, content: bytes) -> Entry:
        """What is about to be written, held against what it has to be: a key that signs something else must not leave it here."""
        try:
            return self._after(last, verifier.read_entry(content, self._keys, self.project, made))
        except Broken as broken:
            raise WrongKey(
                f"{self.address}: what was to be entry {last.sequence + 1} would not hold: {broken.text}. Sign with another key."
            ) from None

    def _move_head(self, entry: Entry, signer: Signer) -> None:
        """The head names this entry or a later one."""
        new = _signed_head(entry, signer)
        try:
            while (was := self._store.read(HEAD)) is not None and self.read_head(was).sequence < entry.sequence:
                if self._store.replace(HEAD, new, was):
                    return
        except LedgerFailure:
            # The entry is there, which is what was asked for. Who verifies is told that the head is behind, and the next entry mends it.
            return

    def _fit(self, statement: Mapping[str, object]) -> None:
        predicate, subjects = statement.get("predicate"), statement.get("subject")
        if set(statement) != {"_type", "predicateType", "predicate", "subject"} or statement["_type"] != _STATEMENT:
            raise UnfitStatement(f"an entry is an in-toto statement with _type {_STATEMENT}, subject, predicateType and predicate.")
        if not isinstance(predicate, Mapping) or "ledger" in predicate or statement["predicateType"] == verifier.BEGINNING:
            raise UnfitStatement(
                "the predicate of an entry is an object without `ledger`, which the ledger adds, and of a type of its own."
            )
        if not isinstance(statement["predicateType"], str) or not isinstance(subjects, list) or not subjects:
            raise UnfitStatement("an entry has a predicateType and at least one subject.")


_SMALLER = f"at most {verifier.MAX_BYTES:,} are kept: put what is large beside it, and its digest in the entry."


def _signed_entry(statement: Mapping[str, object], signer: Signer, place: Mapping[str, object]) -> bytes:
    held = {**place, "version": verifier.VERSION, "entry": secrets.token_hex(16)}
    predicate = statement["predicate"]
    assert isinstance(predicate, Mapping)
    return sealed({**statement, "predicate": {**predicate, "ledger": held}}, verifier.STATEMENT, signer)


def _signed_head(last: Entry, signer: Signer) -> bytes:
    value = {"id": last.ledger, "project": last.project, "sequence": last.sequence, "hash": last.hash, "version": verifier.VERSION}
    return sealed(value, verifier.HEAD, signer)


def sealed(value: object, kind: str, signer: Signer) -> bytes:
    """A file of a ledger: a DSSE envelope with the value as its payload. Raises UnfitStatement for what is no JSON."""
    try:
        payload = canonical(value)
    except (ValueError, TypeError, RecursionError) as fault:
        raise UnfitStatement(f"the entry cannot be written as JSON: {fault}.") from None
    signature = {"keyid": signer.id, "sig": base64.b64encode(signer.sign(encoded(kind, payload))).decode()}
    return canonical({"payload": base64.b64encode(payload).decode(), "payloadType": kind, "signatures": [signature]})
