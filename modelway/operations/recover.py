"""After a run of the engine that was killed: its lock is removed, and what it had begun is decided."""

import json
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from modelway.errors import ModelwayError
from modelway.operations.locks import Lock, Locks, Proof, open_locks, prove
from modelway.operations.pending import Object, Pending, Settled, applied, is_ours, operations, settle, unread

_PATIENCE = 40 * 60
"""Seconds that are waited for what is still being made; an EKS cluster takes up to 20 minutes."""
_BEING_MADE = ("CREATING", "PENDING", "UPDATING")


class StillLocked(ModelwayError):
    """The owner of a lock is alive, or nobody can tell."""

    exit_code = 4


class NeedsAnswers(ModelwayError):
    """A creation may have made its resource, and nobody can look it up."""

    exit_code = 3


class NotPending(ModelwayError):
    """Somebody says what became of a thing that nobody asked for."""

    exit_code = 2


class Engine(Protocol):
    """What is needed of the engine."""

    def backend(self) -> str: ...

    def export(self, stack: str) -> dict[str, object]: ...

    def put(self, stack: str, exported: Mapping[str, object]) -> None: ...

    def refresh(self, stack: str, urns: Sequence[str]) -> None: ...

    def forget(self, stack: str, urn: str) -> None: ...


class AwsLookup(Protocol):
    """Where what was begun in AWS is looked for."""

    def find(self, type_: str, inputs: Object, tags: Mapping[str, str]) -> Sequence[str] | None: ...


@dataclass(frozen=True)
class Removed:
    """A lock, and why it may go."""

    lock: Lock
    proof: Proof


@dataclass(frozen=True)
class Plan:
    """What a recovery does; nothing is changed before it is carried out."""

    stack: str
    locks: tuple[Removed, ...]
    settled: tuple[Settled, ...]
    unread: tuple[str, ...]
    """URNs that an earlier, interrupted recovery found again."""
    exported: Mapping[str, object]

    @property
    def empty(self) -> bool:
        return not (self.locks or self.settled or self.unread)


@dataclass(frozen=True)
class Outcome:
    """What became of one resource."""

    urn: str
    what: str
    """imported, cleared, or forgotten, and why."""


def plan(
    stack: str,
    engine: Engine,
    lookup: Callable[[str], AwsLookup],
    *,
    gone_hosts: frozenset[str] = frozenset(),
    imports: Mapping[str, str] | None = None,
    gone: frozenset[str] = frozenset(),
    locks: Callable[[str], Locks | None] = open_locks,
) -> Plan:
    """What has to be done for the stack. `lookup` gives the place to look in by region.

    Raises NotPending when `imports` or `gone` name what nobody has to decide, StillLocked when the owner of a lock is not proved to be
    dead, NeedsAnswers when a creation is undecided; EngineFailure, AwsFailure.
    """
    held = locks(engine.backend())
    removed = [Removed(lock, prove(lock.owner, gone_hosts)) for lock in (held.of(stack) if held else ())]
    if alive := [one for one in removed if not one.proof.dead]:
        raise StillLocked(_still_locked(stack, alive))
    if held is not None:
        held.mend(stack)
    # Whoever is dead keeps others out while its leavings are looked up: the lock goes last.
    exported = engine.export(stack)
    deployment = _deployment(exported)
    pending = operations(deployment)
    again = unread(deployment)
    if unknown := sorted((gone | set(imports or ())) - {one.urn for one in pending} - set(again)):
        raise NotPending(_not_pending(stack, unknown, [one.urn for one in pending]))
    looks = _Looks(deployment, lookup)
    settled = [settle(one, looks.find, imports=imports or {}, gone=gone) for one in pending]
    if open_questions := [one for one in settled if one.way == "ask"]:
        raise NeedsAnswers(_needs_answers(stack, open_questions))
    return Plan(stack, tuple(removed), tuple(settled), tuple(again), exported)


def carry_out(
    made: Plan, engine: Engine, *, locks: Callable[[str], Locks | None] = open_locks, patience: float = _PATIENCE
) -> list[Outcome]:
    """The plan is done: no lock, nothing pending, everything that was found again read back. Returns what became of each resource.

    Raises EngineFailure; what was done until then is kept, and another recovery goes on.
    """
    held = locks(engine.backend())
    for one in made.locks:
        if held is not None:
            held.remove(one.lock)
    if made.settled:
        engine.put(made.stack, {**made.exported, "deployment": applied(_deployment(made.exported), made.settled)})
    back = [*dict.fromkeys([*made.unread, *(one.pending.urn for one in made.settled if one.way == "import")])]
    there = _read_back(made.stack, engine, back, patience) if back else {}
    ids = {one.pending.urn: one.id for one in made.settled if one.way == "import"}
    outcomes = [Outcome(one.pending.urn, f"cleared: {one.why}") for one in made.settled if one.way == "clear"]
    for urn in back:
        found = there.get(urn)
        if found is None:
            outcomes.append(Outcome(urn, "cleared: there is no such thing"))
        elif not is_ours(found):
            engine.forget(made.stack, urn)
            outcomes.append(
                Outcome(urn, f"forgotten: {found.get('id')} is there and is not of this stack; delete it, or see `modelway adopt`")
            )
        else:
            outcomes.append(Outcome(urn, f"imported: {found.get('id', ids.get(urn))}"))
    return outcomes


def _read_back(stack: str, engine: Engine, urns: Sequence[str], patience: float) -> dict[str, Object]:
    """Those of the resources that exist, as the provider reads them once they are made."""
    until = time.monotonic() + patience
    while True:
        engine.refresh(stack, urns)
        found = {
            str(one["urn"]): one for one in _resources(_deployment(engine.export(stack))) if one["urn"] in urns and not one.get("delete")
        }
        if time.monotonic() > until or not any(_being_made(one) for one in found.values()):
            return found
        time.sleep(5)


def _being_made(resource: Object) -> bool:
    outputs = resource.get("outputs")
    status = (outputs.get("status") or outputs.get("state")) if isinstance(outputs, Mapping) else None
    return isinstance(status, str) and status.upper() in _BEING_MADE and str(resource["type"]).startswith("aws:")


class _Looks:
    """Looks up what is in no state, with the tags that the resource's provider gives."""

    def __init__(self, deployment: Object, lookup: Callable[[str], AwsLookup]) -> None:
        self._resources = _resources(deployment)
        self._known = {str(one.get("id")) for one in self._resources}
        self._lookup = lookup

    def find(self, pending: Pending) -> Sequence[str] | None:
        if not pending.type.startswith("aws:"):
            return None
        provider = self._provider(str(pending.resource.get("provider", "")))
        tags = _text_values(pending.inputs.get("tagsAll")) or {**_default_tags(provider), **_text_values(pending.inputs.get("tags"))}
        found = self._lookup(str(provider.get("region"))).find(pending.type, pending.inputs, tags)
        return found if found is None else [one for one in found if one not in self._known]

    def _provider(self, reference: str) -> Object:
        urn = reference.rpartition("::")[0]
        inputs = next((one.get("inputs") for one in self._resources if one["urn"] == urn), None)
        return inputs if isinstance(inputs, Mapping) else {}


def _default_tags(provider: Object) -> dict[str, str]:
    given = provider.get("defaultTags")
    try:
        # The SDK sends what a provider is configured with as JSON texts.
        content = json.loads(given) if isinstance(given, str) else given
    except ValueError:
        return {}
    return _text_values(content.get("tags")) if isinstance(content, Mapping) else {}


def _text_values(given: object) -> dict[str, str]:
    return (
        {str(key): value for key, value in given.items() if isinstance(value, str) and key != "__defaults"}
        if isinstance(given, Mapping)
        else {}
    )


def _deployment(exported: Mapping[str, object]) -> Object:
    found = exported.get("deployment")
    return found if isinstance(found, Mapping) else {}


def _resources(deployment: Object) -> list[Object]:
    found = deployment.get("resources")
    return list(found) if isinstance(found, list) else []


def _still_locked(stack: str, alive: Sequence[Removed]) -> str:
    lines = [f"  {one.lock.key}: {one.lock.owner or 'nobody is named'}: {one.proof.why}" for one in alive]
    hosts = sorted({one.lock.owner.host for one in alive if one.lock.owner is not None})
    elsewhere = f", or `--host-is-gone {hosts[0]}` when that machine no longer exists" if hosts else ""
    return (
        f"stack {stack} is locked, and nobody has proved that who holds it is dead:\n"
        + "\n".join(lines)
        + f"\nWait for that run to end; run this on its own host{elsewhere}. A lock that names nobody was cut off while it was written:"
        " make sure that no run is on, then delete it."
    )


def _not_pending(stack: str, unknown: Sequence[str], pending: Sequence[str]) -> str:
    there = "these are:\n" + "\n".join(f"  {urn}" for urn in pending) if pending else "nothing is."
    return (
        f"stack {stack}: not begun and left open:\n"
        + "\n".join(f"  {urn}" for urn in unknown)
        + f"\nWrite their URNs as they are told; {there}"
    )


def _needs_answers(stack: str, questions: Sequence[Settled]) -> str:
    lines = [f"  {one.pending.urn}: {one.why}" for one in questions]
    return (
        f"stack {stack}: these were being made, and it is not known whether they are there:\n"
        + "\n".join(lines)
        + "\nLook, and say it: `--import URN=ID` for one that is there, `--gone URN` for one that is not."
    )
