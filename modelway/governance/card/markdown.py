"""A card as Markdown: to be read on GitHub and GitLab, and kept in the repository. Whatever its texts are, they stay texts."""

import hashlib
from collections.abc import Iterator

from modelway.escaping import code, prose, row
from modelway.governance.card.content import NOT_SAID, Card, Fact, Section, Table

_LONG = 800
"""Characters; texts of a card are shorter, as they were cut where that is said."""


def markdown(card: Card) -> str:
    """The same bytes for the same card. The last line has the SHA-256 of all lines before it."""
    above = "\n".join(_lines(card)) + "\n"
    return f"{above}{_LAST}{hashlib.sha256(above.encode()).hexdigest()}\n"


_LAST = "Digest of all lines above: sha256:"


def content_digest(card: Card) -> str:
    """What that last line has, in hex."""
    return markdown(card).rpartition(_LAST)[2].strip()


def _lines(card: Card) -> Iterator[str]:
    approval = card.approval
    yield f"# Model card: {code(card.model)} {code(card.version)}"
    yield ""
    if card.description:
        yield prose(card.description, _LONG)
        yield ""
    yield f"In {code(card.environment)}, risk tier {card.risk_tier}. Approval: **{approval.state}**, {prose(approval.why)}."
    yield ""
    for one in approval.by:
        until = f", until {code(one.expires)}" if one.expires is not None else ""
        yield f"- approved by {code(one.who)}, {code(one.when)}{until}: {prose(one.proof, _LONG)}"
    if approval.by:
        yield ""
    for section in card.sections:
        yield from _section(section)
    yield "## Not said"
    yield ""
    yield from [f"- {prose(one)}" for one in card.missing] or ["Nothing is missing."]
    yield ""
    yield f"Written by Modelway {code(card.program)} from the files of the environment and what was handed over with them."
    yield f"The description that is approved has the digest {code(f'sha256:{approval.subject_sha256}')}."
    yield ""


def _section(section: Section) -> Iterator[str]:
    yield f"## {section.title}"
    yield ""
    # Facts and tables are written apart, as a table ends a list.
    inside = False
    for part in section.parts:
        if isinstance(part, Fact):
            yield from _fact(part)
            inside = True
            continue
        if inside:
            yield ""
        inside = False
        yield from _table(part)
    if inside:
        yield ""


def _fact(fact: Fact) -> Iterator[str]:
    shown = [code(one, _LONG) if fact.exact else prose(one, _LONG) for one in fact.said] or [f"_{NOT_SAID}_"]
    if len(shown) == 1:
        yield f"- **{fact.name}**: {shown[0]}"
        return
    yield f"- **{fact.name}**:"
    yield from (f"  - {one}" for one in shown)


def _table(table: Table) -> Iterator[str]:
    yield f"**{table.title}**"
    yield ""
    if not table.rows:
        yield f"_{table.empty}_"
        yield ""
        return
    yield row(*table.head)
    yield row(*["---"] * len(table.head))
    yield from (row(*(prose(cell, _LONG) for cell in cells)) for cells in table.rows)
    yield ""
    if table.left_out:
        yield prose(table.left_out, _LONG)
        yield ""
