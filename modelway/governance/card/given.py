"""What a card is made of beside the files of an environment: handed over as plain values by whoever read it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from modelway.governance.approvals import Approved
from modelway.governance.measured import Reached


@dataclass(frozen=True)
class Compared:
    """One comparison of a window: a metric on labels that came in, or groups of people with one another."""

    watch: str
    subject: str
    method: str
    state: str
    rows: int
    why: str
    score: float | None = None
    low: float | None = None
    high: float | None = None


@dataclass(frozen=True)
class Alarm:
    """One kind of drift in the newest window."""

    watch: str
    state: str
    raised: bool
    drifted: int
    of: int
    unknown: int


@dataclass(frozen=True)
class Window:
    """What was found last, while the version served."""

    start: str
    """RFC 3339, in UTC."""
    end: str
    rows: int
    windows: int
    """How many windows were read."""
    alarms: Sequence[Alarm]
    judged: Sequence[Compared]
    """Of the newest window whose labels were due."""
    judged_until: str | None
    """The end of that window; None where there is none."""


@dataclass(frozen=True)
class Beside:
    """What an environment's files do not say themselves."""

    modelway: str
    """Version of the program that writes the card."""
    contracts: Mapping[str, str]
    """SHA-256 in hex of each contract's file, by path."""
    approvals: Sequence[Approved] | None = None
    """Those of the ledger that count for the model as it is described; None where no ledger was read."""
    reached: Sequence[Reached] = ()
    """What the version reached on the data that its drift is measured from."""
    window: Window | None = None
    """None where no results were given."""
