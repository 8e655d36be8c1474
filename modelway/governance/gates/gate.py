"""What a gate is: one thing that has to be true of a model before a release changes what is live, and whether it is."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from typing import Literal

from modelway.architecture import Environment, Model
from modelway.architecture.governance import Waivable
from modelway.escaping import plain
from modelway.redaction import masked

Outcome = Literal["passed", "missing", "unknown", "waived", "broken_glass"]
"""waived: the model, or the environment, does without it for a while. broken_glass: it would block, and somebody has let the stack pass."""

LONGEST = 400
"""Characters of what is said of one gate."""


@dataclass(frozen=True)
class Gate:
    """One thing that is asked of one model, and what was found."""

    id: str
    """Such as `approvals`."""
    model: str
    says: str
    """What has to be true."""
    outcome: Outcome
    detail: str
    """What was found; one line, without what looks like a credential."""
    supply: str = ""
    """How what is missing is supplied; empty where nothing is."""
    asked: bool = True
    """Whether the environment asks for it; otherwise it is looked at because the files say something of it. In staging only what is asked
    blocks."""

    @property
    def open(self) -> bool:
        """Whether it is not known to be as it has to be, and nobody has let it pass."""
        return self.outcome in ("missing", "unknown")


def blocks(gate: Gate, environment: Environment) -> bool:
    """Whether no release may change what is live because of it. In development nothing does; it is told."""
    if not gate.open or environment.tier == "development":
        return False
    return environment.tier == "production" or gate.asked


def waiver(model: Model, rule: Waivable, today: date) -> str | None:
    """What the model's own exception from something says, while its days are not over; None where there is none."""
    for one in model.governance.exceptions if model.governance is not None else ():
        if one.rule == rule and today <= one.expires.day:
            return shown(f"{one.reason} ({one.owner}, until {one.expires})")
    return None


def answering(model: Model) -> list[str]:
    """Versions that get requests, or copies of them."""
    return [version for version in (model.traffic.versions if model.traffic is not None else ()) if version in model.versions]


def answering_people(model: Model) -> list[str]:
    """Those whose answers somebody gets."""
    traffic = model.traffic
    if traffic is None:
        return []
    by_header = {share.version for share in traffic.split if share.header is not None}
    return sorted({*(version for version, share in traffic.shares.items() if share), *by_header} & set(model.versions))


def shown(text: str) -> str:
    """A text of files or ledgers as it is told: one line, not too long, and no credential."""
    return plain(masked(text), LONGEST)


def listed(texts: Iterable[str]) -> str:
    """Several of them."""
    return shown("; ".join(texts))
