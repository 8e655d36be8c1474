"""All subcategories, held against what is known of an environment. Pure: the same facts give the same evidence."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from modelway.governance.evidence import govern, manage, mapping, measure
from modelway.governance.evidence.checks import Check
from modelway.governance.evidence.facts import OUTCOMES, STRENGTHS, Facts, Found, Outcome, Strength
from modelway.governance.evidence.row import Link, Row

TABLE: tuple[Row, ...] = (*govern.ROWS, *mapping.ROWS, *measure.ROWS, *manage.ROWS)
"""All 72 subcategories of the NIST AI RMF 1.0, in its order."""


@dataclass(frozen=True)
class Checked:
    """What one check came to."""

    check: str
    outcome: Outcome
    strength: Strength | None
    """The weakest of what is met: as strong as it is of everything that it is about."""
    found: tuple[Found, ...]

    @property
    def held_by(self) -> str:
        """What refuses an update without it; empty where of something of it nothing does."""
        met = [one.held_by for one in self.found if one.outcome == "met"]
        return "; ".join(dict.fromkeys(met)) if met and all(met) else ""

    @property
    def let_through(self) -> bool:
        """Whether everything of it that is not met is excepted for now."""
        missed = [one for one in self.found if one.outcome == "not met"]
        return bool(missed) and all(one.excepted for one in missed)


@dataclass(frozen=True)
class Evidence:
    """What an environment shows of one subcategory."""

    row: Row
    outcome: Outcome | None
    """None where software has nothing to say."""
    strength: Strength | None
    """The strongest of its checks that are met, as found now; None where none is."""
    link: Link | None
    """What it is here and now; None where nothing was found."""
    checked: tuple[Checked, ...]

    @property
    def applied(self) -> tuple[Checked, ...]:
        """The checks that there is something here for."""
        return tuple(one for one in self.checked if one.found)

    @property
    def met(self) -> int:
        """How many of them are met."""
        return sum(one.outcome == "met" for one in self.applied)

    @property
    def told(self) -> str:
        """The result in words."""
        if self.outcome is None:
            return "nothing to say"
        if self.outcome == "met":
            whole = all(found.outcome == "met" for checked in self.applied for found in checked.found)
            return "met" if whole else "met in part"
        return f"{self.outcome}, excepted" if self.let_through else self.outcome

    @property
    def let_through(self) -> bool:
        """Whether all that is not met is excepted for now."""
        missed = [one for one in self.checked if one.outcome == "not met"]
        return bool(missed) and all(one.let_through for one in missed)


def judged(facts: Facts, table: Sequence[Row] = TABLE) -> tuple[Evidence, ...]:
    """The evidence of every subcategory, in their order."""
    # Many subcategories ask for the same; it is looked at once.
    known: dict[str, Checked] = {}

    def checked(check: Check) -> Checked:
        if check.name not in known:
            known[check.name] = _checked(check, facts)
        return known[check.name]

    return tuple(_evidence(row, tuple(checked(check) for check in row.checks)) for row in table)


def _checked(check: Check, facts: Facts) -> Checked:
    found = tuple(check.judge(facts))
    strengths = [one.strength for one in found if one.outcome == "met" and one.strength is not None]
    return Checked(check.name, worst([one.outcome for one in found]), min(strengths, key=STRENGTHS.index, default=None), found)


def worst(outcomes: Sequence[Outcome]) -> Outcome:
    """The outcome of a whole; of nothing, that nothing was asked."""
    return min(outcomes, key=OUTCOMES.index, default="not asked")


def _evidence(row: Row, checked: tuple[Checked, ...]) -> Evidence:
    if row.link is None:
        return Evidence(row, None, None, None, ())
    met = [one for one in checked if one.outcome == "met"]
    strengths = [one.strength for one in met if one.strength is not None]
    link: Link | None = None
    if met:
        held = any(one.held_by for one in met)
        link = row.link if row.link != "enforced" or held else "evidenced"
    return Evidence(row, worst([one.outcome for one in checked]), max(strengths, key=STRENGTHS.index, default=None), link, checked)


RESULTS = ("met", "met in part", "not met", "unknown", "not asked", "nothing to say")
"""What a subcategory can come to, in words; of what is not met may be said that it is excepted."""


def counts(evidence: Sequence[Evidence]) -> dict[str, int]:
    """How many subcategories came to what."""
    counted = Counter(one.told.partition(",")[0] for one in evidence)
    return {name: counted[name] for name in RESULTS}
