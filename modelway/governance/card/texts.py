"""Texts of files as a card has them: one line, no credential, not too long, and cut only where it is said."""

from collections.abc import Sequence

from modelway.escaping import plain
from modelway.governance.card.content import Fact, Table
from modelway.redaction import masked

LONGEST = 600
"""Characters of one text; no field of a file takes more, so what is longer was made some other way."""
MOST = 200
"""Rows of one table."""


def text(value: str) -> str:
    """A text as it is shown."""
    whole = plain(masked(value))
    if len(whole) <= LONGEST:
        return whole
    return f"{whole[:LONGEST]}… (cut: it has {len(whole):,} characters, and {LONGEST} are shown)"


def maybe(name: str, value: str | None) -> Fact:
    """A fact that was perhaps not said."""
    shown = text(value) if value else ""
    return Fact(name, (shown,) if shown else ())


def exact(name: str, value: str | None) -> Fact:
    """The same of something that is meant letter by letter."""
    return Fact(name, (text(value),) if value else (), exact=True)


def table(title: str, head: tuple[str, ...], rows: Sequence[tuple[str, ...]], empty: str, where: str) -> Table:
    """At most MOST rows; `where` is what has all of them."""
    left = len(rows) - MOST
    return Table(title, head, tuple(rows[:MOST]), empty, f"{left:,} more are not shown; all are in {text(where)}" if left > 0 else "")


def number(value: float) -> str:
    """A number in a table."""
    return f"{value:.6g}"
