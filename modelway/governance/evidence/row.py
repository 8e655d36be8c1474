"""What the table of evidence is made of: a subcategory, what is looked at for it, and what of it no software can see."""

from dataclasses import dataclass
from typing import Literal

from modelway.governance.evidence.checks import Check

Link = Literal["enforced", "evidenced", "pointer"]
"""enforced: a deploy is refused without it; evidenced: there is proof, and nothing is refused; pointer: somebody has written where to look,
and the work is done by people."""


@dataclass(frozen=True)
class Row:
    """One subcategory of the NIST AI RMF 1.0."""

    id: str
    """Such as `MEASURE 2.4`."""
    gist: str
    """What it asks for, in our words; the text itself is NIST's."""
    control: str
    """What of it is looked at here; of those without a check, why software has nothing to say."""
    link: Link | None = None
    """What it can be at most; None without a check."""
    checks: tuple[Check, ...] = ()
    neighbours: tuple[str, ...] = ()
    """Where others ask for something alike. Pointers alone: who has the one has not therefore the other."""


def near(*, iso: str = "", act: str = "", sp: str = "", genai: str = "") -> tuple[str, ...]:
    """Neighbours: ISO/IEC 42001 Annex A, articles of Regulation (EU) 2024/1689, NIST SP 800-53 r5, actions of NIST AI 600-1."""
    named = (("ISO/IEC 42001", iso), ("EU AI Act", act), ("SP 800-53", sp), ("AI 600-1", genai))
    return tuple(f"{catalogue} {ids}" for catalogue, ids in named if ids)
