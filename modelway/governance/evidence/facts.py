"""What evidence is found in, and what a check says that it found. No clock, no network: everything was read before."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Literal

from modelway.architecture import Environment, Model
from modelway.governance.approvals import Approved
from modelway.governance.gates.gate import Gate
from modelway.governance.ledger import Entry, Key
from modelway.governance.releases import Release
from modelway.governance.stops import Stopped
from modelway.rules.judging import Finding

Outcome = Literal["met", "not met", "unknown", "not asked"]
OUTCOMES: tuple[Outcome, ...] = ("not met", "unknown", "met", "not asked")
"""The first that any part of something has is that of the whole."""
Strength = Literal["field", "resource", "verdict", "drill"]
STRENGTHS: tuple[Strength, ...] = ("field", "resource", "verdict", "drill")
"""From the weakest: somebody wrote it; it is there; somebody or something judged it; it was done, and timed."""


@dataclass(frozen=True)
class Proof:
    """Where something can be looked at."""

    kind: Literal["field", "file", "resource", "rule", "gate", "entry"]
    at: str
    """Path in the environment (`modelway show`), path of a file and its SHA-256, URN and where it was seen, id of a rule and what it is
    about, id of a gate and its model, place and hash of an entry of the ledger."""


@dataclass(frozen=True)
class Found:
    """What a check says of one thing."""

    outcome: Outcome
    says: str
    strength: Strength | None = None
    """Of what was found; None where nothing was."""
    proofs: tuple[Proof, ...] = ()
    held_by: str = ""
    """What refuses an update, or the description, that is without it; empty where nothing does."""
    excepted: str = ""
    """Until when it is let through though it is not met, and why; empty where it is not."""


@dataclass(frozen=True)
class Recorded:
    """What a ledger tells, up to the day."""

    address: str
    entries: Sequence[Entry]
    keys: Sequence[Key]
    last: Mapping[str, Release]
    """The newest release of each stack of the environment, by stack."""
    drills: Mapping[str, tuple[Entry, Stopped]]
    """The newest drill of each model of the environment."""
    stops: Sequence[tuple[Entry, str]]
    """What stopped a model of the environment, or let a stack of it pass its gates: the entry, and what it says."""
    approvals: Mapping[str, Sequence[Approved]]
    """Those that count of what the environment says now, by model."""


@dataclass(frozen=True)
class Facts:
    """What is known of an environment on a day."""

    environment: Environment
    day: date
    findings: Sequence[Finding] = ()
    """Of all rules that were asked."""
    judged: frozenset[str] = frozenset()
    """Stacks of the environment whose resources rules were asked about."""
    resources: Mapping[str, str] = field(default_factory=dict)
    """Where each resource was seen, by URN: `state of prod`, `release 57`."""
    seen: frozenset[str] = frozenset()
    """Stacks of which all resources are known."""
    files: Mapping[str, str | None] = field(default_factory=dict)
    """SHA-256 of files that models name, by path; None of one that is not there."""
    gates: Sequence[Gate] | None = None
    recorded: Recorded | None = None
    unread: Sequence[str] = ()
    """What should have been read and could not, with the reason."""

    @property
    def serving(self) -> Iterator[tuple[str, Model]]:
        """The models that serve, by name."""
        return ((name, model) for name, model in self.environment.models.items() if model.serving is not None)
