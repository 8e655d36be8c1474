"""Models that somebody stopped, and started again: what a ledger tells of them."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

import msgspec

from modelway.architecture import Model
from modelway.errors import WrongUsage
from modelway.governance.given import LONGEST
from modelway.governance.kinds import Kind
from modelway.governance.ledger import Entry, Key
from modelway.governance.record import NotARecord, hashed
from modelway.governance.verifier import Broken, moment_of
from modelway.redaction import masked


class Stopped(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Somebody took all requests from a model, or gave them to its fallback."""

    environment: str
    model: str
    who: str
    when: str
    """In UTC, as ISO 8601."""
    reason: str
    before: dict[str, int]
    """Percent of requests by version."""
    after: dict[str, int]
    """The same once it was stopped; nobody answers when it is empty."""
    seconds: float
    """From the command until cluster or cloud was read back as stopped."""
    drill: bool
    """Whether everything was put back at once."""
    where: list[str] = []
    """What was changed: objects of a cluster, an endpoint."""
    resumed_seconds: float | None = None
    """Of a drill: from then on until everything was read back as it was."""


class Resumed(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Somebody let a model answer again."""

    environment: str
    model: str
    who: str
    when: str
    reason: str
    after: dict[str, int]
    """Percent of requests by version."""
    seconds: float


STOP = Kind("stop", Stopped)
RESUME = Kind("resume", Resumed)


def in_force(entries: Sequence[Entry], environment: str, model: str, keys: Sequence[Key]) -> Stopped | None:
    """The stop that a model of an environment is under: the last that is no drill, and after which nobody let it answer again.

    A stop counts whoever signed it. What lets a model answer again does not where the key is another person's than who says it.
    Raises NotARecord.
    """
    names = {key.id: key.name for key in keys}
    found: Stopped | None = None
    for entry in entries:
        place = f"entry {entry.sequence}"
        if (stopped := STOP.said(entry.statement, place)) is not None:
            if not stopped.drill and (stopped.environment, stopped.model) == (environment, model):
                found = stopped
        elif (resumed := RESUME.said(entry.statement, place)) is not None:
            same = (resumed.environment, resumed.model) == (environment, model)
            if same and may_say(names.get(entry.key, ""), resumed.who):
                found = None
    return found


def done_at(said: Stopped, written: datetime) -> datetime:
    """When it was done, of what was written down then or later: a record that was kept in a file is as old as it says. What says no time is
    older than anything."""
    try:
        return min(moment_of(said.when), written)
    except Broken:
        return datetime.min.replace(tzinfo=UTC)


def may_say(key: str, who: str) -> bool:
    """Whether a key of that name may sign what `who` says: a person's key, which has an @ in its name, for that person alone."""
    return key.casefold() == who.casefold() if "@" in key else bool(key)


def heeded(stopped: Stopped, model: Model | None) -> bool:
    """Whether what is described of a model goes with the stop: it is not served, or what was left to answer is all that does."""
    traffic = model.traffic if model is not None else None
    return traffic is None or set(traffic.versions) <= set(stopped.after)


def blocked(stopped: Stopped) -> str:
    """Why a model is not brought up as live, and the ways out."""
    ways = [f"`modelway stop {stopped.model} --env {stopped.environment} --resume` lets it answer again, with a record"]
    ways.append(f"{lasting(stopped.after)} in its file keeps it stopped")
    return f"{stopped.model} was stopped by {stopped.who} at {stopped.when}: {stopped.reason.rstrip('.')}. {'; '.join(ways)}."


def lasting(after: Mapping[str, int]) -> str:
    """What in a model's file says the same as a stop."""
    return f'`pin: "{next(iter(after))}"`' if len(after) == 1 else "`presence: disabled`"


def statement(said: Stopped | Resumed) -> dict[str, Any]:
    """To be signed and appended."""
    if isinstance(said, Stopped):
        return STOP.statement(said, {f"{said.environment}/{said.model}/stop": hashed(said)})
    return RESUME.statement(said, {f"{said.environment}/{said.model}/resume": hashed(said)})


def written(said: Stopped | Resumed) -> bytes:
    """The statement for a file, until a ledger has it."""
    return msgspec.json.format(msgspec.json.encode(statement(said))) + b"\n"


def plain(said: Stopped | Resumed) -> dict[str, Any]:
    """What it says, as JSON has it."""
    return dict(msgspec.to_builtins(said))


def kept(content: bytes, place: str) -> Stopped | Resumed:
    """What a statement in a file says, which was kept because no ledger could be written. Raises NotARecord, which names `place`."""
    try:
        read = msgspec.json.decode(content, type=dict[str, Any])
    except msgspec.DecodeError as fault:
        raise NotARecord(f"{place} is no record of a stop: {fault}.") from None
    said = STOP.said(read, place) or RESUME.said(read, place)
    if said is None:
        raise NotARecord(f"{place} is no record of a stop: name a file that `modelway stop` kept.")
    return said


def refuse_unfit(option: str, text: str) -> None:
    """Raises WrongUsage for what must not be kept for ever, or would be printed as something else."""
    if not text.isprintable() or len(text) > LONGEST or not text.strip():
        raise WrongUsage(f"{option}: {text[:40]!r} is no text of one line with 1 to {LONGEST:,} characters. Write another.")
    if masked(text) != text:
        raise WrongUsage(f"{option}: {masked(text)} holds what looks like a credential, and records stay. Leave it out.")
