"""Brings together what evidence is found in: what rules say of states, what a ledger tells up to a day, files that models name."""

import hashlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import UTC, date, datetime, time
from pathlib import Path

from modelway.architecture import Environment
from modelway.architecture.governance import CARD_PATH
from modelway.architecture.layout import stacks
from modelway.governance import break_glass
from modelway.governance.approvals import approvals_for
from modelway.governance.evidence.facts import Recorded
from modelway.governance.ledger import Entry, Key
from modelway.governance.ledger.store import Store
from modelway.governance.record import from_statement, is_release
from modelway.governance.releases import Release, read_kept
from modelway.governance.stops import RESUME, STOP, Stopped, done_at, may_say
from modelway.governance.subject import subject_of
from modelway.rules.catalogue import DECLARED, RULES
from modelway.rules.exceptions import Grant
from modelway.rules.judging import Finding, configured, excepted
from modelway.rules.judging import judged as asked
from modelway.rules.stack import Resource


def end_of(day: date) -> datetime:
    """The last moment of a day, in UTC: what was recorded on it counts."""
    return datetime.combine(day, time.max, UTC)


def verdicts(environment: Environment, day: date, states: Mapping[str, Sequence[Resource]]) -> tuple[Finding, ...]:
    """What all rules say of the description and of each state, with the environment's exceptions."""
    grants = [Grant(one.rule, one.resource, one.reason, one.approved_by, one.expires.day) for one in environment.governance.exceptions]
    found = [*configured(DECLARED, environment, day), *(one for resources in states.values() for one in asked(RULES, resources))]
    return tuple(excepted(found, grants, day))


def files_of(environment: Environment, root: Path) -> dict[str, str | None]:
    """SHA-256 in hex of the files that models name, by path; None of one that is not there."""
    named = {
        path
        for model in environment.models.values()
        if model.governance is not None
        for path in (model.governance.model_card, model.governance.runbook)
        if path is not None and CARD_PATH.fullmatch(path)
    }
    return {path: _sha256(root / path) for path in sorted(named)}


def _sha256(file: Path) -> str | None:
    return hashlib.sha256(file.read_bytes()).hexdigest() if file.is_file() else None


def recorded(environment: Environment, address: str, entries: Iterable[Entry], keys: Sequence[Key], day: date) -> Recorded:
    """What a ledger tells of the environment up to the end of a day. Raises NotARecord."""
    until = end_of(day)
    known = [one for one in entries if one.time <= until]
    name, of = environment.environment, set(stacks(environment))
    names = {key.id: key.name for key in keys}
    last: dict[str, Release] = {}
    drills: dict[str, tuple[Entry, Stopped]] = {}
    for entry in known:
        if is_release(entry.statement):
            if "@" in names.get(entry.key, "@"):
                # A person's key says what that person approves; what was released is for a machine to record.
                continue
            record = from_statement(entry.statement, f"{address}: entry {entry.sequence}")
            # What was live last, which may have been recorded before what was live earlier.
            newer = record.stack not in last or last[record.stack].record.released <= record.released
            if record.environment == name and record.stack in of and newer:
                last[record.stack] = Release(entry.sequence, entry, record)
        elif (stopped := STOP.said(entry.statement, f"entry {entry.sequence}")) is not None:
            said = stopped.environment == name and may_say(names.get(entry.key, ""), stopped.who)
            earlier = drills.get(stopped.model)
            newer = earlier is None or done_at(earlier[1], earlier[0].time) <= done_at(stopped, entry.time)
            if stopped.drill and said and newer:
                drills[stopped.model] = (entry, stopped)
    approvals = {
        model: approvals_for(known, name, model, subject_of(environment, described), keys, until)
        for model, described in environment.models.items()
    }
    return Recorded(address, known, keys, last, drills, tuple(_stops(name, known, keys)), approvals)


def _stops(environment: str, entries: Sequence[Entry], keys: Sequence[Key]) -> Iterator[tuple[Entry, str]]:
    told: list[tuple[Entry, str]] = []
    for entry, stopped in STOP.among(entries):
        if stopped.environment == environment and not stopped.drill:
            told.append((entry, f"{stopped.model} was stopped by {stopped.who}: {stopped.reason}"))
    for entry, resumed in RESUME.among(entries):
        if resumed.environment == environment:
            told.append((entry, f"{resumed.model} was let answer again by {resumed.who}: {resumed.reason}"))
    for one in break_glass.all_of(entries, keys):
        if one.broken.environment == environment:
            told.append(
                (one.entry, f"{one.broken.who} let {one.broken.stack} pass its gates until {one.broken.until}: {one.broken.reason}")
            )
    yield from sorted(told, key=lambda one: one[0].sequence)


def seen_in(states: Mapping[str, Sequence[Resource]], told: Recorded | None, store: Store | None) -> tuple[dict[str, str], frozenset[str]]:
    """Where each resource was seen, by URN, and the stacks of which all are known: in their states, else in the last release of them, which
    was read back from a state. Raises Damaged where what a release names is not what was kept."""
    found: dict[str, str] = {one.urn: f"state of {stack}" for stack, resources in states.items() for one in resources}
    seen = set(states)
    for stack, release in (told.last if told is not None and store is not None else {}).items():
        # Where what was read back is not what was asked for, the graph does not say what is there.
        if stack in seen or release.record.differences or store is None:
            continue
        graph = read_kept(store, release.record.graph_sha256)
        if graph is not None:
            found.update(dict.fromkeys(graph, f"release {release.number}, read back from the state"))
            seen.add(stack)
    return found, frozenset(seen)
