"""Approvals in a ledger: who approved exactly what an environment says of a model, and which of them count.

A key whose name is an address belongs to that person, and says what that person approves and nothing else. A key without an @ is a
machine's: it writes down what others said, such as reviews of a pull request, or a file that a person has signed, which is kept with it.
"""

import base64
import json
import re
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

import msgspec

from modelway.errors import ModelwayError
from modelway.governance.kinds import Kind
from modelway.governance.ledger import Entry, Key
from modelway.governance.ledger.ledger import sealed
from modelway.governance.ledger.signing import Signer, made
from modelway.governance.record import canonical
from modelway.governance.subject import name_of
from modelway.governance.verifier import SLACK, STATEMENT, Broken, moment_of, opened, stamp


class Refused(ModelwayError):
    """An approval that may not be given, or does not count. Nothing was written."""

    exit_code = 4


class Approved(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One person's approval of what an environment says of one model. Times are RFC 3339 in UTC."""

    environment: str
    model: str
    subject_sha256: str
    """Of what is approved, in hex; see modelway.governance.subject."""
    who: str
    """By address."""
    author: str
    """Who wrote what is approved, by address; several with commas between."""
    when: str
    proof: str
    """Where it can be looked at, such as the address of a review; or why it was given."""
    expires: str | None
    """From when on it does not count any more; the same as `when` takes an earlier approval back."""
    signed: str | None = None
    """The DSSE envelope that the person signed, as JSON, where another key wrote it down."""

    @property
    def withdrawn(self) -> bool:
        """Whether it takes an earlier approval back."""
        return self.expires is not None and self.over(_moment(self.when) or NEVER)

    def over(self, now: datetime) -> bool:
        """Whether its time is past."""
        return self.expires is not None and (_moment(self.expires) or NEVER) <= now


class Offered(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What a person signs who cannot write to the ledger."""

    project: str
    """Whose ledger it is for."""
    approval: Approved


NEVER = datetime.min.replace(tzinfo=UTC)
"""What stands for a time that is none: past, whatever is asked."""
APPROVAL = Kind("approval", Approved)
OFFERED = Kind("approval-file", Offered)


@dataclass(frozen=True)
class Judged:
    """One approval of a ledger, and why it does not count."""

    entry: Entry
    approved: Approved
    refused: str | None
    """None where it counts."""


def approvals_for(
    entries: Sequence[Entry], environment: str, model: str, subject: str, keys: Sequence[Key], now: datetime | None = None
) -> list[Approved]:
    """Those that count of exactly this subject, one of each person, the oldest first. `keys` are the trusted ones. Of one person the last
    word counts; what was taken back does not, though it is written down once more. With `now` without those whose time is past. Raises
    NotARecord."""
    machines = {key.id for key in keys if not person(key)}
    of_it = [
        one
        for one in judged(entries, keys)
        if one.refused is None
        and (one.approved.environment, one.approved.model, one.approved.subject_sha256) == (environment, model, subject)
    ]
    last = {one.approved.who.casefold(): one.approved for one in sorted(of_it, key=lambda one: _said(one, machines))}
    return sorted(
        (one for one in last.values() if not one.withdrawn and (now is None or not one.over(now))), key=lambda one: (one.when, one.who)
    )


def judged(entries: Sequence[Entry], keys: Sequence[Key]) -> Iterator[Judged]:
    """Every approval of a ledger, the oldest first, and why those that do not count do not. Raises NotARecord."""
    by_id = {key.id: key for key in keys}
    for entry, approved in APPROVAL.among(entries):
        yield Judged(entry, approved, _refused(entry, approved, by_id))


def statement(approved: Approved) -> dict[str, object]:
    """To be signed and appended."""
    return APPROVAL.statement(approved, {name_of(approved.environment, approved.model): approved.subject_sha256})


def offered(approved: Approved, project: str, signer: Signer) -> bytes:
    """The approval as a file that a person signed, for a ledger that somebody else adds it to."""
    subjects = {name_of(approved.environment, approved.model): approved.subject_sha256}
    return sealed(OFFERED.statement(Offered(project, approved), subjects), STATEMENT, signer)


def from_file(content: bytes, place: str, project: str, keys: Sequence[Key], now: datetime) -> Approved:
    """The approval in such a file, which it is kept with. Raises Refused for one that is not signed by the person's own key, of another
    project, or whose key may not sign now."""
    by_id = {key.id: key for key in keys}
    try:
        approved = _from_envelope(content, by_id, project)
    except (Broken, ModelwayError) as fault:
        raise Refused(f"{place}: {fault}. Let the person who approves sign it again with their own key.") from None
    kept = msgspec.structs.replace(approved, signed=content.decode())
    key = _by(content, by_id)
    if (reason := _key_refused(key, kept, now)) is not None:
        raise Refused(f"{place}: {reason}.")
    return kept


def named_in(content: bytes, place: str) -> str:
    """The environment that such a file says it is of, whoever signed it. Raises Refused."""
    try:
        payload = json.loads(base64.b64decode(json.loads(content)["payload"], validate=True))
        environment = str(payload["predicate"]["approval"]["environment"])
        # It names a folder, and nobody has looked at the signature yet.
        if re.fullmatch("[a-z0-9]([a-z0-9-]*[a-z0-9])?", environment):
            return environment
        raise ValueError(environment)
    except (ValueError, KeyError, TypeError, RecursionError):
        raise Refused(f"{place} is no approval that `modelway approve --out` wrote.") from None


def person(key: Key) -> bool:
    """Whether a key belongs to a person, whose address its name is."""
    return "@" in key.name


def _said(one: Judged, machines: Collection[str]) -> datetime:
    """From when on it is somebody's word. A machine may write down a review, or a file, again that is older than what took it back."""
    if one.entry.key not in machines or one.approved.withdrawn:
        return one.entry.time
    return min(_moment(one.approved.when) or NEVER, one.entry.time)


def _refused(entry: Entry, approved: Approved, keys: dict[str, Key]) -> str | None:
    written = keys.get(entry.key)
    if written is None:
        return "the key that wrote it is not among the trusted ones any more"
    if approved.who.casefold() in {one.strip().casefold() for one in approved.author.split(",")}:
        return f"{approved.who} wrote what is approved"
    when = _moment(approved.when)
    if when is None or (approved.expires is not None and _moment(approved.expires) is None):
        return f"{approved.when}, {approved.expires}: a time is written like 2026-11-28T09:30:00.000000Z"
    if when > entry.time + SLACK:
        return f"it says {approved.when}, and was written down before, at {stamp(entry.time)}"
    if person(written) and (reason := _key_refused(written, approved, entry.time)) is not None:
        return reason
    if approved.signed is None:
        return None
    try:
        inside = _from_envelope(approved.signed.encode(), keys, entry.project)
    except (Broken, ModelwayError) as fault:
        return f"the file that it was taken from: {fault}"
    if inside != msgspec.structs.replace(approved, signed=None):
        return "it does not say what the file says that it was taken from"
    return _key_refused(_by(approved.signed.encode(), keys), approved, entry.time)


def _key_refused(key: Key, approved: Approved, written: datetime) -> str | None:
    """Why this person's key may not say that, written down at that time."""
    if not person(key) or key.name.casefold() != approved.who.casefold():
        return f"key {key.name!r} may not approve for {approved.who}"
    for time in (_moment(approved.when) or NEVER, written):
        if not key.since - SLACK <= time < key.until:  # their clock may be behind ours, as in a ledger
            return f"key {key.name!r} is for {stamp(key.since)} to {stamp(key.until)}, and this is of {stamp(time)}"
    return None


def _from_envelope(content: bytes, keys: dict[str, Key], project: str) -> Approved:
    read, key = opened(content, STATEMENT, keys, made)
    said = OFFERED.said(read, "what was signed")
    if said is None:
        raise Broken("form", "what was signed is no approval")
    if project not in (said.project,) or key.project != project:
        raise Broken("another-project", f"it is for project {said.project!r}, and this is {project!r}")
    subjects = OFFERED.statement(said, {name_of(said.approval.environment, said.approval.model): said.approval.subject_sha256})
    if canonical(read) != canonical(subjects):
        raise Broken("form", "its subject is not what it says that it approves")
    return said.approval


def _moment(text: str) -> datetime | None:
    try:
        return moment_of(text)
    except Broken:
        return None


def _by(content: bytes, keys: dict[str, Key]) -> Key:
    return keys[str(json.loads(content)["signatures"][0]["keyid"])]
