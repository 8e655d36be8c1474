"""The sections of the report in Markdown. Each is whole by itself and of a bounded length, so that it can be left out."""

from collections.abc import Callable, Iterable, Iterator
from functools import partial
from typing import Literal, NamedTuple

from modelway.escaping import code, entities, fenced, prose, row
from modelway.preview.changeset import ChangeSet, Difference, Endpoint, Finding, PropertyChange, Risk
from modelway.preview.render import drawing, money, outcomes, shares, words

ROWS = 40
"""Most rows of a table."""
LINES = 60
"""Most lines of a block of code."""


class Section(NamedTuple):
    """A part of the page."""

    heading: str
    """Shared by those that follow one another."""
    write: Callable[[], str]
    """Its text. Called only while there is room: of 10,000 changes most are never written."""
    importance: int
    """0 is the last to be left out."""
    things: int = 1
    """How many things it tells."""


def stacks(changeset: ChangeSet, _: str) -> Iterator[Section]:
    """One row for each, the worst first where there are too many to show."""
    shown = changeset.stacks
    if not shown or words.is_empty(changeset):
        return
    if len(shown) > ROWS:
        shown = tuple(sorted(shown, key=lambda stack: (stack.result == "succeeded", words.rank(stack.worst))))
    ruled = outcomes.are_there(changeset)
    names = ["Stack", "Changes", "Worst", "Traffic", "Cost a month", *(["Policies"] if ruled else [])]
    lines = [row(*names), row(*["---"] * len(names))]
    for stack in shown[:ROWS]:
        moved = words.happens(changeset, stack)
        if stack.result != "succeeded":
            moved += f" (**{words.how_far(stack)}**)"
        named, ends = words.outputs(stack)
        if named:
            moved += f"; output{'s' * (len(stack.outputs) > 1)} {', '.join(code(name, 40) for name in named)}{ends}"
        lines.append(
            row(
                code(stack.stack, 60),
                moved,
                _risk(stack.worst),
                f"**{words.traffic(stack)}**" if stack.traffic else words.traffic(stack),
                money.difference(stack.monthly),
                *([outcomes.of_stack(changeset, stack)] if ruled else []),
            )
        )
    yield Section("Stacks", partial(_more, lines, len(shown) - ROWS, "stack"), 0, len(shown))


def findings(changeset: ChangeSet, _: str) -> Iterator[Section]:
    """Each for itself, so that the worst stay."""
    for finding in changeset.findings:
        yield Section("Read these", partial(_finding, finding), 1 + words.rank(finding.risk))


def _finding(finding: Finding) -> str:
    weight = " · blocks merging" if finding.blocks else " · needs approval" if finding.approval else ""
    head, what = words.headline(finding)
    title = f"**{finding.risk.upper()}** · **{prose(head)}** · {code(finding.stack, 60)}{weight}"
    lines = [f"{title}<br>", prose(what)] if what.strip() else [title]
    lines += [
        f"- *{label}:* {prose(text)}"
        for label, text in (("Why", finding.why), ("What breaks", finding.breaks), ("How to avoid it", finding.avoid))
        if text.strip()
    ]
    return "\n".join(lines)


def models(changeset: ChangeSet, _: str) -> Iterator[Section]:
    """What changes, each endpoint for itself; then what does not."""
    for endpoint in changeset.endpoints:
        if endpoint.changed:
            yield Section("Models", partial(_endpoint, endpoint), 10)
    kept = [endpoint for endpoint in changeset.endpoints if not endpoint.changed]
    if kept:
        names = [f"{code(endpoint.name, 60)} in {code(endpoint.stack, 60)}" for endpoint in kept[:ROWS]]
        more = f" and {len(kept) - ROWS:,} more" if len(kept) > ROWS else ""
        yield Section("Models", partial(str, f"As before: {', '.join(names)}{more}."), 19, len(kept))


def _endpoint(endpoint: Endpoint) -> str:
    state = f" · **{shares.endpoint_state(endpoint)}**" if shares.endpoint_state(endpoint) else ""
    about = [f"{label} {code(text)}" for label, text in shares.about(endpoint)]
    lines = [
        " · ".join([f"**{code(endpoint.name, 60)}** in {code(endpoint.stack, 60)}, {shares.DIALECTS[endpoint.dialect]}{state}", *about]),
    ]
    rows = shares.rows(endpoint)
    columns = shares.columns(rows)
    if rows:
        lines += ["", row("Version", *(column.name for column in columns)), row("---", *["---"] * len(columns))]
        for number, one in enumerate(rows[:ROWS]):
            label = code(one.version, 60) + (f" ({one.state})" if one.state != "kept" else "")
            label += f" where {code(one.matches, 80)}" if one.matches else ""
            lines.append(row(label, *(_side(column, number) for column in columns)))
        if len(rows) > ROWS:
            lines += ["", f"and {words.counted(len(rows) - ROWS, 'more version')}"]
    if endpoint.note.strip():
        lines += ["", prose(words.sentence(endpoint.note))]
    return "\n".join(lines)


def _side(column: shares.Column, number: int) -> str:
    """Before and after in one cell; what we counted ourselves needs no code."""
    side = column.sides[number]
    before, after = (text if column.name in ("Requests", "Copies", "Replicas") else code(text, 70) for text in side)
    if side[0] == side[1]:
        return after
    return f"{before} → **{after or 'none'}**" if before else f"**{after}**"


def cost(changeset: ChangeSet, _: str) -> Iterator[Section]:
    """The sum and the budgets; the lines are folded, those that change first."""
    cost = changeset.cost
    if words.is_empty(changeset) and not cost.budgets:
        return
    lines: list[str] = []
    if cost.lines:
        after, before = money.sums(cost)
        lines.append(f"A month: **{after}**, {f'before {before}' if before else 'as before'}")
    for budget in cost.budgets[:ROWS]:
        told = "**Over the budget**" if budget.over else f"{money.held(budget)[:1].upper()}{money.held(budget)[1:]}"
        note = f": {prose(budget.note, 200)}" if budget.note.strip() else ""
        lines.append(f"{told} of {money.dollars(budget.limit)} a month for {code(budget.stack, 60)}{note}")
    for endpoint in cost.endpoints[:ROWS]:
        each = f", {money.spread(endpoint.thousand)} for 1,000 predictions" if endpoint.thousand else ""
        lines.append(f"{code(endpoint.endpoint, 60)}: {money.spread(endpoint.month)} a month{each}")
    if cost.unpriced:
        lines.append(f"Without a price here: {', '.join(code(one, 80) for one in cost.unpriced[:ROWS])}")
    if not lines:
        return
    text = "\n".join(f"- {line}" for line in lines)
    if cost.lines:
        listed = [*money.changed(cost), *money.kept(cost)]
        table = [row("What", "Before", "After", "How sure"), row(*["---"] * 4)]
        table += [row(prose(one.subject, 120), money.side(one, 0), money.side(one, 1), one.confidence) for one in listed[:ROWS]]
        told = _more(table, len(listed) - ROWS, "line")
        about = [prose(money.priced(cost), 200)] if cost.priced.strip() else []
        approximate = money.approximations(cost)
        about += [f"Approximate: {'; '.join(prose(one, 300) for one in approximate[:5])}."] if approximate else []
        changed = len(money.changed(cost))
        title = f"What was counted ({len(cost.lines):,}, {f'of which {changed:,} changed' if changed else 'all as before'})"
        text += f"\n\n{_folded(title, told + (chr(10) * 2 + ' '.join(about) if about else ''))}"
    yield Section("Cost", partial(str, text), 11, max(1, len(cost.lines)))


def policies(changeset: ChangeSet, _: str) -> Iterator[Section]:
    """How many of each outcome, and all that did not pass."""
    if not changeset.policies:
        return
    text = f"**{outcomes.outcomes(changeset.policies)}**"
    to_read = outcomes.to_read(changeset.policies)
    if to_read:
        lines = [row("Rule", "Outcome", "Resource", "What it says"), row(*["---"] * 4)]
        for one in to_read[:ROWS]:
            many = f" ×{one.number:,}" if one.number > 1 else ""
            where = "<br>".join(code(resource, 80) for resource in one.resources[:5])
            where += f"<br>and {len(one.resources) - 5:,} more" if len(one.resources) > 5 else ""
            outcome = f"**{one.word}**{many}" if one.word == "failed" else f"{one.word}{many}"
            lines.append(row(f"{code(one.rule, 60)} {prose(one.asked, 60)}", outcome, where, prose(one.message, 300)))
        text += f"\n\n{_more(lines, len(to_read) - ROWS, 'result')}"
    yield Section("Policies", partial(str, text), 12, len(changeset.policies))


def checks(changeset: ChangeSet, _: str) -> Iterator[Section]:
    """What contracts say of data and of models."""
    lines = []
    for one in sorted(changeset.checks, key=lambda check: check.outcome == "passed")[:ROWS]:
        rows = f" ({words.counted(one.rows, 'row')})" if one.rows is not None else ""
        lines.append(f"- {prose(one.subject, 160)}: **{one.outcome}**{rows}")
        lines += [f"  - {prose(fault, 200)}" for fault in one.faults[:5]]
        lines += [f"  - and {len(one.faults) - 5:,} more"] if len(one.faults) > 5 else []
    if lines:
        yield Section("Data and model checks", partial(_listed, lines, len(changeset.checks) - ROWS), 13, len(changeset.checks))


def radius(changeset: ChangeSet, _: str) -> Iterator[Section]:
    """The drawing, folded."""
    text = drawing.mermaid(changeset.blast_radius) if words.reaches(changeset) else ""
    if text:
        number = sum(max(1, node.folded) for node in changeset.blast_radius.nodes)
        title = f"{words.counted(number, 'resource')}; a round box does not change itself, it is reached"
        yield Section("Blast radius", partial(_folded, title, f"```mermaid\n{text}\n```"), 16, number)


def configuration(changeset: ChangeSet, _: str) -> Iterator[Section]:
    """In the words of `modelway diff`."""
    for one in changeset.differences:
        yield Section("Configuration", partial(_difference, one), 15, max(1, len(one.lines)))


def _difference(one: Difference) -> str:
    # Of these signs GitHub and GitLab make colours.
    signs = {"added": "+", "removed": "-", "changed": "!"}
    told = [f"{signs[kind]} {_flat(text)}" for kind, text in one.lines[:LINES]]
    if len(one.lines) > LINES:
        told.append(f"  and {len(one.lines) - LINES:,} more")
    return _folded(f"{_text(one.title)} in {_text(one.stack)} ({len(one.lines):,})", fenced(told, "diff", 200))


def changes(changeset: ChangeSet, _: str) -> Iterator[Section]:
    """By component, folded; a component whose changes are all safe is left out first."""
    several = len(changeset.stacks) > 1
    for group in words.groups(changeset.changes):
        yield Section("All changes", partial(_group, group, several), 20 + words.rank(group.worst), len(group.changes))


def _group(group: words.Group, several: bool) -> str:
    lines = [row("Resource", "What happens", "Properties"), row(*["---"] * 3)]
    for one in group.changes[:ROWS]:
        renamed = f"<br>renamed from {code(outcomes.resource(one.renamed_from), 80)}" if one.renamed_from else ""
        told = f"{words.OPERATIONS[one.operation]}{'' if one.risk == 'safe' else f', {_risk(one.risk)}'}{renamed}"
        lines.append(row(f"{code(one.name, 80)} {code(one.type, 80)}", told, _properties(one.properties)))
    title = f"{_text(group.title)}: {words.operations_of(group.changes)}"
    title += f" ({group.worst})" if group.worst != "safe" else ""
    title += f" in {_text(group.stack)}" if several else ""
    return _folded(title, _more(lines, len(group.changes) - ROWS, "change"))


def _properties(properties: Iterable[PropertyChange]) -> str:
    properties = sorted(properties, key=lambda one: not one.replaces)
    told = []
    for one in properties[:6]:
        text = code(one.path, 100)
        if words.shows(one):
            before, after = (code(words.value(side), 80) for side in (one.before, one.after))
            text += f" {before} → {after}" if one.kind == "update" else f" added: {after}" if one.kind == "add" else f" removed: {before}"
        elif one.kind != "update":
            text += " added" if one.kind == "add" else " removed"
        told.append(f"{text} (**forces the replacement**)" if one.replaces else text)
    more = [f"and {len(properties) - 6:,} more"] if len(properties) > 6 else []
    return "<br>".join([*told, *more])


def gaps(changeset: ChangeSet, _: str) -> Iterator[Section]:
    """What is not known, which is never left out before what is known to be safe."""
    lines = []
    for gap in changeset.gaps[:ROWS]:
        way = f" {prose(gap.way_out, 200)}" if gap.way_out.strip() else ""
        lines.append(f"- {code(gap.stack, 60)}: {prose(gap.what, 300)}{way}")
    if lines:
        yield Section("What could not be analysed", partial(_listed, lines, len(changeset.gaps) - ROWS), 14, len(changeset.gaps))


def _risk(risk: Risk) -> str:
    return risk if risk in ("safe", "review") else f"**{risk}**"


def _more(lines: list[str], more: int, noun: Literal["stack", "line", "result", "change"]) -> str:
    return "\n".join(lines) + (f"\n\nand {words.counted(more, f'more {noun}')}" if more > 0 else "")


def _listed(lines: list[str], more: int) -> str:
    return "\n".join([*lines, *([f"- and {more:,} more"] if more > 0 else [])])


def _folded(title: str, text: str) -> str:
    """`title` is HTML already."""
    return f"<details><summary>{title}</summary>\n\n{text}\n\n</details>"


def _text(text: str) -> str:
    """A name inside an element: there Markdown is none, but what people are called by still works, so it is code."""
    return f"<code>{entities(text, 100)}</code>"


def _flat(text: str) -> str:
    return " ".join(text.splitlines())
