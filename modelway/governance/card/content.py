"""A card before it is written: sections of facts and tables, as plain texts."""

from dataclasses import dataclass

from modelway.governance.card.approval import Approval

NOT_SAID = "not said"


@dataclass(frozen=True)
class Fact:
    """Something that is said of the version; nothing where nobody said it."""

    name: str
    said: tuple[str, ...]
    exact: bool = False
    """Whether it is a digest, a path or a number that is meant letter by letter."""


@dataclass(frozen=True)
class Table:
    """Several things of one kind."""

    title: str
    head: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    empty: str
    """What is said where there are no rows."""
    left_out: str = ""
    """What is not shown, and where it is."""


@dataclass(frozen=True)
class Section:
    """A section as Mitchell et al. name it (Model Cards for Model Reporting, 2019, doi.org/10.1145/3287560.3287596)."""

    title: str
    elsewhere: str
    """What the Model Card Toolkit and Hugging Face call it."""
    parts: tuple[Fact | Table, ...]

    @property
    def missing(self) -> tuple[str, ...]:
        """Names of what nobody said."""
        facts = [part.name for part in self.parts if isinstance(part, Fact) and not part.said]
        tables = [part.title for part in self.parts if isinstance(part, Table) and not part.rows and part.empty == NOT_SAID]
        return (*facts, *tables)


@dataclass(frozen=True)
class Card:
    """The card of one version in one environment."""

    model: str
    version: str
    environment: str
    risk_tier: str
    description: str
    approval: Approval
    sections: tuple[Section, ...]
    program: str
    """Version of Modelway."""

    @property
    def missing(self) -> tuple[str, ...]:
        """All that nobody said, with its section."""
        return tuple(f"{section.title}: {name}" for section in self.sections for name in section.missing)
