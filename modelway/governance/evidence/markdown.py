"""The evidence as Markdown: first what of each subcategory was found, then all of it with its proofs."""

from collections.abc import Iterator

from modelway.escaping import code, plain, prose, row
from modelway.governance.evidence.document import FRAMEWORK, MEANS, NOT_PROVEN, NOTHING, RESULTS, STRONG, Document
from modelway.governance.evidence.facts import Found
from modelway.governance.evidence.judging import Checked, Evidence

_WHERE = 400
"""Characters of a place; URNs of nested components are long."""


def render(made: Document) -> str:
    """Markdown, ending with a line break; the same document gives the same text."""
    parts = [*_head(made), *_overview(made), *(part for one in made.evidence for part in _subcategory(one))]
    return "\n\n".join(parts) + "\n"


def _head(made: Document) -> Iterator[str]:
    yield f"# Evidence of {plain(made.environment)} for the {FRAMEWORK}"
    yield f"{prose(NOT_PROVEN)}"
    told = [
        f"- environment {code(made.environment)}, tier {made.tier}, on {made.day}; resolved {code(f'sha256:{made.resolved_sha256}')}",
        *(f"- {prose(what)}: {code(which)}" for what, which in made.sources),
        *(f"- **not looked at:** {prose(one)}" for one in made.missing),
    ]
    yield "\n".join(told)
    yield "\n".join(f"- {name}: **{number}**" for name, number in made.counts)


def _overview(made: Document) -> Iterator[str]:
    yield "## Overview"
    lines = [row("", "result", "checks met", "strength found", "link", "what is looked at"), row(*["---"] * 6)]
    lines += [row(one.row.id, one.told, _met(one), one.strength or "", one.link or "", prose(one.row.control)) for one in made.evidence]
    yield "\n".join(lines)
    for title, words in (("Results", RESULTS), ("Strength", STRONG), ("Link", MEANS)):
        yield "\n".join([f"{title}:", "", *(f"- **{name}**: {meaning}" for name, meaning in words.items())])


def _met(one: Evidence) -> str:
    return f"{one.met} of {len(one.applied)}" if one.applied else ""


def _subcategory(one: Evidence) -> Iterator[str]:
    yield f"## {one.row.id}"
    yield prose(one.row.gist)
    if one.outcome is None:
        yield f"Nothing to say: {prose(one.row.control)}"
        return
    shown = [f"**{one.told}**", f"{_met(one)} checks met" if one.applied else "", f"as strong as a {one.strength}" if one.strength else ""]
    yield f"{', '.join(part for part in (*shown, one.link or '') if part)}. Looked at: {prose(one.row.control)}."
    yield "\n".join(line for checked in one.checked for line in _check(checked))
    if one.row.neighbours:
        yield f"Neighbours, as pointers alone: {prose('; '.join(one.row.neighbours))}."


def _check(checked: Checked) -> Iterator[str]:
    held = f"; held by {prose(checked.held_by)}" if checked.held_by else ""
    yield f"- {code(checked.check)}: **{checked.outcome}**{f', {checked.strength}' if checked.strength else ''}{held}"
    if not checked.found:
        yield f"  - {NOTHING}"
    for found in checked.found:
        yield f"  - {_found(found)}"
        yield from (f"    - {proof.kind} {code(proof.at, _WHERE)}" for proof in found.proofs)


def _found(found: Found) -> str:
    excepted = f" (let through {prose(found.excepted)})" if found.excepted else ""
    return f"{found.outcome}: {prose(found.says)}{excepted}"
