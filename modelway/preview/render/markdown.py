"""The report as a comment: GitHub's or GitLab's Markdown, never longer than a comment may be.

What does not fit is left out by the section, from the least important; what is left out is said. The verdict always stays.
"""

from collections.abc import Callable, Iterable, Iterator
from typing import Literal, NamedTuple

from modelway import escaping
from modelway.preview.changeset import ChangeSet
from modelway.preview.failures import failures
from modelway.preview.render import shares, words
from modelway.preview.render.markdown_sections import Section, changes, configuration, cost, findings, gaps, models, policies, radius
from modelway.preview.render.markdown_sections import checks as data_checks
from modelway.preview.render.markdown_sections import stacks as all_stacks

Flavour = Literal["github", "gitlab"]
LIMIT = 60_000
"""Characters. GitHub takes 65,536; who posts it adds a marker and a footer."""
LEAST = 2_000
"""Fewest characters that a report can have to keep within."""
_ALERTS = {"ok": "NOTE", "needs approval": "WARNING", "blocked": "CAUTION", "unknown": "IMPORTANT"}


class _Head(NamedTuple):
    """How much of the head is shown."""

    needed: int
    most: int
    """Characters of a sentence."""
    stacks: int
    """Of those whose preview failed."""
    lines: int
    """Of what was said."""
    models: int
    """That are named with what becomes of their requests."""


# The first that takes less than half of the room.
_HEADS = (_Head(20, 400, 10, 16, 5), _Head(10, 200, 5, 8, 3), _Head(3, 100, 2, 3, 1), _Head(1, 30, 1, 0, 0))
_WRAPPED = 110
"""Characters of a line of what was said: forges do not wrap code."""


def render(changeset: ChangeSet, *, limit: int = LIMIT, link: str = "", flavour: Flavour = "github") -> str:
    """Markdown of at most `limit` characters, which is at least LEAST; `link` is where the full report is."""
    if limit < LEAST:
        raise ValueError(f"limit: {limit} characters are too few for a report; it needs {LEAST}.")
    link = link if len(escaping.link("", link)) <= limit // 10 else ""
    head = next(text for size in _HEADS if len(text := _head(changeset, flavour, size)) <= limit // 2)
    foot = _foot(changeset, link, limit // 8)
    sections = [section for part in _PARTS for section in part(changeset, flavour)]
    # The note is longest where nearly everything is left out.
    longest = len(_left_out(sections, sections, link)) + sum(len(f" of {number:,}") for number in _things(sections).values())
    room = limit - len(head) - len(foot) - longest - 8
    kept: dict[int, str] = {}
    left = sorted(range(len(sections)), key=lambda number: (sections[number].importance, number))
    for number in left:
        text = sections[number].write()
        # A heading may come with it.
        room -= len(text) + len(sections[number].heading) + 8
        if room < 0:
            break
        kept[number] = text
    note = _left_out([section for number, section in enumerate(sections) if number not in kept], sections, link)
    return "\n\n".join(part for part in (head, *_in_order(sections, kept), note, foot) if part) + "\n"


_PARTS: tuple[Callable[[ChangeSet, Flavour], Iterable[Section]], ...] = (
    all_stacks,
    findings,
    models,
    cost,
    policies,
    data_checks,
    radius,
    configuration,
    changes,
    gaps,
)


def _in_order(sections: list[Section], kept: dict[int, str]) -> Iterator[str]:
    """Those that are kept, the heading of several once."""
    heading = ""
    for number, section in enumerate(sections):
        if number not in kept:
            continue
        if section.heading != heading:
            heading = section.heading
            yield f"### {heading}"
        yield kept[number]


def _head(changeset: ChangeSet, flavour: Flavour, size: _Head) -> str:
    verdict = changeset.verdict
    parts: list[str] = [f"## {words.title(changeset)}"]
    broken = words.broken(changeset)
    if broken:
        parts.append("**This report is not complete.**")
    for stack in broken[: size.stacks]:
        parts.append(f"**{escaping.code(stack.stack, size.most)}**: {words.is_partial(stack)}")
        said = _wrapped(line for one in failures(stack, changeset.policies) for line in (one.cause, *one.rest))
        if said and size.lines:
            more = [f"… and {words.counted(len(said) - size.lines, 'more line')}"] if len(said) > size.lines else []
            parts.append(escaping.fenced([*said[: size.lines], *more], most=size.most))
    if len(broken) > size.stacks:
        parts.append(f"The same holds for {words.counted(len(broken) - size.stacks, 'more stack')}.")
    tally = " · ".join(f"**{risk.upper()}** ×{number:,}" for risk, number in verdict.counts)
    lines = [tally] if tally else []
    moves = shares.moves(changeset)
    if moves and size.models:
        lines += ["", *(f"- **{escaping.code(one.name, 60)}**: {one.told(_name)}" for one in moves[: size.models])]
        lines += [f"- and {words.counted(len(moves) - size.models, 'more model')}"] if len(moves) > size.models else []
    if verdict.needed:
        lines += ["", "Before it can be merged:", *(f"- {escaping.prose(one, size.most)}" for one in verdict.needed[: size.needed])]
        if len(verdict.needed) > size.needed:
            lines.append(f"- and {len(verdict.needed) - size.needed:,} more")
    if changeset.gaps:
        lines += ["", words.unanalysed(changeset)]
    if words.is_empty(changeset):
        parts.append(words.as_it_is(changeset, _name))
    if lines:
        parts.append(_alert(_ALERTS[verdict.decision], lines[1:] if not lines[0] else lines, flavour))
    return "\n\n".join(parts)


def _name(name: str) -> str:
    return escaping.code(name, 60)


def _wrapped(lines: Iterable[str]) -> list[str]:
    """Lines that are read without scrolling; what goes on is indented as it began. Of a line that has no end only its beginning."""
    from textwrap import wrap

    found: list[str] = []
    for line in lines:
        begin = line[: len(line) - len(line.lstrip())][:40]
        found += wrap(line.strip()[:2_000], _WRAPPED, initial_indent=begin, subsequent_indent=begin, break_on_hyphens=False) or [
            line[:_WRAPPED]
        ]
    return found


def _alert(kind: str, lines: list[str], flavour: Flavour) -> str:
    # GitLab knows alerts since 17.10 only; before that it would show the word.
    first = [f"> [!{kind}]"] if flavour == "github" else []
    return "\n".join([*first, *(f"> {line}".rstrip() for line in lines)])


def _left_out(left: list[Section], sections: list[Section], link: str) -> str:
    """What is not shown, in the order of the page, with how many things that are of how many."""
    if not left:
        return ""
    missing, there = _things(left), _things(sections)
    told = ", ".join(
        f"{heading.lower()} ({number:,}{f' of {there[heading]:,}' if there[heading] > number else ''})"
        for heading, number in missing.items()
    )
    where = f"Everything is in {escaping.link('the full report', link)}." if link else "Everything is in the report as HTML or JSON."
    return f"**Left out to keep this short:** {told}. {where}"


def _things(sections: list[Section]) -> dict[str, int]:
    counts: dict[str, int] = {}
    for section in sections:
        counts[section.heading] = counts.get(section.heading, 0) + section.things
    return counts


def _foot(changeset: ChangeSet, link: str, most: int) -> str:
    said = [f"{label} {escaping.code(text, 70)}" for label, text in words.made(changeset)[:2] if label in ("made", "commit")]
    versions = [f"{escaping.prose(name, 40)} {escaping.code(text, 40)}" for name, text in changeset.made.versions[:8]]
    hashes = [
        f"{escaping.prose(what, 40)} of {escaping.code(stack, 40)} {escaping.code(digits[:12], 12)}"
        for stack, what, digits in changeset.made.hashes[:12]
    ]
    full = [escaping.link("Full report", link)] if link else []
    told = " · ".join([*full, *said, *versions, *hashes])
    return f"<sub>{told}</sub>" if told and len(told) + 11 <= most else " ".join(full)
