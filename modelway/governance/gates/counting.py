"""Which entries of a ledger gates and evidence count with, by what they say: few of them, however many releases there are."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import msgspec

from modelway.architecture import Environment
from modelway.governance.approvals import APPROVAL
from modelway.governance.gates.gate import answering_people
from modelway.governance.gates.reading import Said, Statement
from modelway.governance.gates.releases import went_live
from modelway.governance.record import PREDICATES
from modelway.governance.subject import subject_of
from modelway.governance.verifier import Broken, moment_of

if TYPE_CHECKING:
    from modelway.governance.ledger import Key

ALWAYS = frozenset({"break-glass", "stop", "resume"})
"""Kinds that are counted with whatever they are about; they are few."""
_FORMS = frozenset(PREDICATES.values())


class _Share(msgspec.Struct):
    image: str
    weights: str


class _Model(msgspec.Struct):
    model: str
    versions: list[_Share]


_models = msgspec.json.Decoder(list[_Model])


class Counting:
    """Sees the entries of a ledger one after another, and says which are counted with, up to a time: what stopped something or let it
    pass; approvals of what is described now; the newest release of each of the environment's stacks; of the environment that versions come
    from the releases that had a version that answers here, and what came after each; and the last entry. Releases of a form that is not
    known here are among them, so that nobody takes them for none."""

    def __init__(self, environment: Environment, keys: "Sequence[Key]", until: datetime | None = None) -> None:
        self._environment, self._until = environment, until
        self._from = environment.promotion.from_ if environment.promotion is not None else None
        self._people = {key.id for key in keys if "@" in key.name}
        self._proof = _proof(environment)
        self._subjects: dict[str, str] = {}
        self._last = -1
        self._over = False
        self._always: set[int] = set()
        self._said: dict[str, tuple[str, int]] = {}
        self._live: dict[str, tuple[datetime, int]] = {}
        self._proving: dict[str, list[tuple[datetime, int, bool]]] = {}

    def see(self, one: Statement) -> None:
        """The next entry."""
        # Times never go back along a ledger.
        self._over = self._over or (self._until is not None and _time(one.predicate) > self._until)
        if self._over:
            return
        self._last += 1
        kind = one.kind
        if kind == "release":
            self._release(one)
        elif kind in ALWAYS or (kind == "approval" and self._approves(one)):
            self._always.add(self._last)

    def chosen(self) -> Collection[int]:
        """Places of what is counted with."""
        chosen = {*self._always, *(number for newest in (self._said, self._live) for _, number in newest.values())}
        for of_stack in self._proving.values():
            chosen.update(_proving(sorted(of_stack)))
        return chosen | ({self._last} if self._last >= 0 else set())

    def _release(self, one: Statement) -> None:
        about, number = one.predicate, self._last
        own, there = about.environment == self._environment.environment, about.environment == self._from
        if not own and not there:
            return
        if one.predicate_type not in _FORMS or not isinstance(about.released, str) or not isinstance(about.stack, str):
            self._always.add(number)
            return
        # As evidence finds the newest, and as gates do.
        if own and self._said.get(about.stack, ("", -1))[0] <= about.released:
            self._said[about.stack] = (about.released, number)
        if one.key in self._people or not ((own and self._environment.governance.freezes) or (there and self._proof)):
            return
        since = went_live(about.released, _time(about))
        if own and (about.stack not in self._live or self._live[about.stack][0] <= since):
            self._live[about.stack] = (since, number)
        if there:
            self._proving.setdefault(about.stack, []).append((since, number, _proves(about, self._proof)))

    def _approves(self, one: Statement) -> bool:
        name, subjects, models = one.predicate.model, self._subjects, self._environment.models
        if one.predicate_type != APPROVAL.type or not isinstance(name, str):
            return True
        if name in models and name not in subjects:
            subjects[name] = subject_of(self._environment, models[name])
        return name in models and one.predicate.subject_sha256 == subjects[name]


def _proof(environment: Environment) -> Mapping[str, set[tuple[str, str]]]:
    """Digests of image and weights of the versions that have to be proven, by model."""
    found: dict[str, set[tuple[str, str]]] = {}
    for name, model in environment.models.items():
        asked = environment.governance.tiers.get(model.risk_tier)
        if asked is not None and asked.proof and model.serving is not None:
            versions = [model.versions[version] for version in answering_people(model)]
            found[name] = {(str(one.image.digest), f"sha256:{one.weights.sha256}") for one in versions}
    return found


def _proves(about: Said, proof: Mapping[str, set[tuple[str, str]]]) -> bool:
    """Whether a release had a version that has to be proven; also where what it had cannot be read, which is to be said."""
    try:
        models = _models.decode(about.models)
    except msgspec.DecodeError:
        return True
    return any(
        (share.image.rpartition("@")[2], share.weights.rpartition("@")[2]) in proof[one.model]
        for one in models
        if one.model in proof
        for share in one.versions
    )


def _proving(of_stack: Sequence[tuple[datetime, int, bool]]) -> Iterator[int]:
    """What proves something, and what ended it."""
    before = False
    for _, number, proves in of_stack:
        if proves or before:
            yield number
        before = proves


def _time(about: Said) -> datetime:
    try:
        return moment_of(about.ledger.time)
    except Broken:
        # Whoever counts with it is told what is wrong.
        return datetime.min.replace(tzinfo=UTC)
