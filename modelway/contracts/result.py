"""What a contract says of data or of a version, as plain data."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

Outcome = Literal["passed", "failed", "undecided"]
"""`undecided`: something could not be looked at, and nothing that could be is wrong. It is no pass."""

Rule = Literal[
    "file",
    "line",
    "missing_column",
    "repeated_column",
    "column_type",
    "missing",
    "type",
    "not_a_number",
    "infinite",
    "fraction",
    "too_large",
    "below",
    "above",
    "value",
    "length",
    "zones",
    "unique",
    "rows",
    "freshness",
    "future",
    "signature",
    "metric",
    "live",
]
"""What was not kept."""


@dataclass(frozen=True)
class Sample:
    """One of the rows that do not keep a rule, told without its value."""

    file: str
    """Name of the file, where there are several; empty otherwise."""
    row: int
    """From 1; a header is no row."""
    shape: str = ""
    """What stands there, such as `text of 14 characters`; the value itself where the contract lets reports show it."""

    def text(self) -> str:
        place = f"row {self.row:,} of {self.file}" if self.file else f"row {self.row:,}"
        return f"{place} ({self.shape})" if self.shape else place


@dataclass(frozen=True)
class Fault:
    """One rule that is not kept."""

    rule: Rule
    subject: str
    """The column or metric; empty where it is the file."""
    what: str
    """One sentence without its end, and without a value that may tell of a person."""
    count: int | None = None
    """Rows that do not keep it, where it is about rows."""
    samples: tuple[Sample, ...] = ()
    undecided: bool = False
    """Whether nothing is known to be wrong, and something could not be looked at."""

    def text(self) -> str:
        """The fault in one line."""
        head = f"{self.subject}: {self.what}" if self.subject else self.what
        return f"{head}: {'; '.join(sample.text() for sample in self.samples)}" if self.samples else head


@dataclass(frozen=True)
class Result:
    """What the contract says of one table of data, or of one question about a version."""

    subject: str
    """The file, the pattern of several, or what was compared."""
    faults: tuple[Fault, ...]
    rows: int | None = None
    notes: tuple[str, ...] = ()
    """What is worth knowing and no fault, one sentence each."""

    @property
    def outcome(self) -> Outcome:
        return outcome(self.faults)


def outcome(faults: Iterable[Fault]) -> Outcome:
    """Failed by one fault that is known; else undecided by one that is not."""
    unknown = [fault.undecided for fault in faults]
    return "passed" if not unknown else "undecided" if all(unknown) else "failed"


def named(names: Iterable[str], most: int = 6) -> str:
    """Names in a row, at most so many of them."""
    every = list(names)
    more = len(every) - most
    return ", ".join(every[:most]) + (f" and {more} more" if more > 0 else "")


def counted(count: int, noun: str = "row") -> str:
    """`1 row`, `1,204 rows`."""
    return f"{count:,} {noun}{'' if count == 1 else 's'}"
