"""The report on a terminal: what has to be read, then one line for each change."""

from io import StringIO

from rich import box
from rich.console import Console, Group
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from modelway import escaping
from modelway.preview.changeset import ChangeSet, CostLine, Decision, Endpoint, Finding, PropertyChange, Risk
from modelway.preview.failures import failures
from modelway.preview.render import money, outcomes, shares, words

_STYLES: dict[Risk, str] = {
    "irreversible": "bold red",
    "disruptive": "red",
    "traffic": "blue",
    "exposure": "magenta",
    "blind": "yellow",
    "unknown": "bold",
    "review": "cyan",
    "safe": "green",
}
_DECISIONS: dict[Decision, str] = {"ok": "bold green", "needs approval": "bold yellow", "blocked": "bold red", "unknown": "bold"}
CHANGES = 20
"""Most changes of a component, and most lines of what it costs, that are listed."""
MODELS = 5
"""Most models that the head names."""
WIDE = 110
"""Columns from which digests stand beside what else is told of a version; below it they come after."""


def render(changeset: ChangeSet, *, width: int = 100, colour: bool = False) -> str:
    """Lines of at most `width` columns, 40 at least. The same words with and without `colour`, which whoever prints decides."""
    out = StringIO()
    console = Console(
        file=out,
        width=max(40, width),
        force_terminal=colour,
        color_system="standard" if colour else None,
        no_color=not colour,
        highlight=False,
        markup=False,
        emoji=False,
        legacy_windows=False,
        _environ={},
    )
    for part in _parts(changeset, max(40, width)):
        console.print(part)
    return "\n".join(line.rstrip() for line in out.getvalue().splitlines()) + "\n"


Part = Text | Table | Padding | Group


def _parts(changeset: ChangeSet, width: int) -> list[Part]:
    several = len(changeset.stacks) > 1
    parts: list[Part] = []
    for stack in words.broken(changeset):
        parts += [] if parts else [Text("This report is not complete.", "bold")]
        parts.append(Text.assemble((_plain(stack.stack), "bold"), f": {words.is_partial(stack)}"))
        for failure in failures(stack, changeset.policies):
            parts.append(_indented(Text(_plain(failure.cause), "bold")))
            parts += [_indented(Text(escaping.line(line))) for line in failure.rest]
        parts.append(Text())
    parts.append(Text(words.title(changeset), _DECISIONS[changeset.verdict.decision]))
    if changeset.verdict.counts:
        parts.append(Text(" · ").join(Text(f"{number:,} {risk}", _STYLES[risk]) for risk, number in changeset.verdict.counts))
    moves = shares.moves(changeset)
    parts += [_item(f"{one.name}: {one.told()}") for one in moves[:MODELS]]
    parts += [_item(f"and {words.counted(len(moves) - MODELS, 'more model')}")] if len(moves) > MODELS else []
    if changeset.verdict.needed:
        parts += [Text(), Text("Before it can be merged", "bold"), *(_item(one) for one in changeset.verdict.needed)]
    empty = words.is_empty(changeset)
    if empty:
        parts.append(Text(_plain(words.as_it_is(changeset))))
    elif changeset.stacks:
        parts += _section("Stacks", [_stacks(changeset)])
    parts += _section("Read these", [part for finding in changeset.findings for part in _finding(finding, several)])
    parts += _section("Models", _models(changeset, width))
    parts += _section("Cost", _cost(changeset) if changeset.cost.budgets or not empty else [])
    parts += _section("Policies", _policies(changeset))
    parts += _section("Data and model checks", _checks(changeset))
    parts += _section("Blast radius", _radius(changeset))
    parts += _section("Configuration", _configuration(changeset))
    parts += _section("All changes", _changes(changeset, several))
    parts += _section("What could not be analysed", _gaps(changeset, several))
    made = words.made(changeset)
    if made:
        parts += [Text(), Text(" · ".join(f"{_plain(label)} {_plain(text)}" for label, text in made), "dim")]
    return parts


def _plain(text: str) -> str:
    return escaping.plain(text)


def _said(text: str) -> Text:
    """A sentence; what is code stands out."""
    return Text.assemble(*((piece, "bold" if is_code else "") for is_code, piece in escaping.pieces(_plain(text))))


def _indented(part: Text | Table, by: int = 2) -> Padding:
    return Padding(part, (0, 0, 0, by))


def _item(text: str, sign: str = "-") -> Table:
    """One of a list; what does not fit into the line goes on below its beginning."""
    return _pair(f"  {sign}", _said(text), 4)


def _pair(label: str | Text, text: Text, wide: int) -> Table:
    grid = Table.grid()
    grid.add_column(width=wide, no_wrap=True)
    grid.add_column(overflow="fold")
    grid.add_row(Text(label) if isinstance(label, str) else label, text)
    return grid


def _table(*names: str) -> Table:
    table = Table(box=box.SIMPLE_HEAD, show_edge=False, pad_edge=False, header_style="dim")
    for name in names:
        table.add_column(name, overflow="fold")
    return table


def _section(title: str, parts: list[Part]) -> list[Part]:
    return [Text(), Text(title, "bold"), *parts] if parts else []


def _stacks(changeset: ChangeSet) -> Table:
    ruled = outcomes.are_there(changeset)
    table = _table("Stack", "Changes", "Worst", "Traffic", "Cost a month", *(["Policies"] if ruled else []))
    for stack in changeset.stacks:
        named, ends = words.outputs(stack)
        outputs = f"; output{'s' * (len(stack.outputs) > 1)} {_plain(', '.join(named))}{ends}" if named else ""
        table.add_row(
            Text(_plain(stack.stack)),
            Text(f"{words.happens(changeset, stack)}{outputs}"),
            Text(stack.worst, _STYLES[stack.worst]),
            Text(words.traffic(stack), "bold" if stack.traffic else ""),
            Text(money.difference(stack.monthly)),
            *([Text(outcomes.of_stack(changeset, stack))] if ruled else []),
        )
    return table


def _finding(finding: Finding, several: bool) -> list[Part]:
    weight = "  blocks merging" if finding.blocks else "  needs approval" if finding.approval else ""
    where = f"  in {_plain(finding.stack)}" if several else ""
    head, what = words.headline(finding)
    title = Text.assemble((_plain(head), "bold"), (f"{where}{weight}", "dim"))
    told = [("why", finding.why), ("breaks", finding.breaks), ("avoid", finding.avoid)]
    return [
        _pair(Text(finding.risk, _STYLES[finding.risk]), title, 14),
        *([_indented(_said(what), 14)] if what.strip() else []),
        *(_pair(f"      {label}", _said(text), 14) for label, text in told if text.strip()),
    ]


def _models(changeset: ChangeSet, width: int) -> list[Part]:
    """What changes, then what does not."""
    parts = [part for endpoint in changeset.endpoints if endpoint.changed for part in _endpoint(endpoint, width)]
    kept = [f"{_plain(endpoint.name)} in {_plain(endpoint.stack)}" for endpoint in changeset.endpoints if not endpoint.changed]
    return [*parts, *([Text(f"As before: {', '.join(kept)}", "dim")] if kept else [])]


def _endpoint(endpoint: Endpoint, width: int) -> list[Part]:
    about = [shares.DIALECTS[endpoint.dialect], *(f"{label} {_plain(text)}" for label, text in shares.about(endpoint))]
    state = shares.endpoint_state(endpoint)
    name = f"{_plain(endpoint.name)} in {_plain(endpoint.stack)}"
    title = Text.assemble((name, "bold"), f", {state}" if state else "", ("  " + " · ".join(about), "dim"))
    rows = shares.rows(endpoint)
    columns = shares.columns(rows)
    beside = [column for column in columns if width >= WIDE or column.name not in ("Image", "Weights")]
    table = _table("Version", *(column.name for column in beside))
    for number, one in enumerate(rows):
        version = _plain(one.version) + (f" where {_plain(one.matches)}" if one.matches else "")
        mark = f" ({one.state})" if one.state != "kept" else ""
        table.add_row(Text.assemble(version, (mark, "dim")), *(_side(column.sides[number]) for column in beside))
    below = [
        _pair(f"  {column.name.lower()}", Text.assemble(f"{_plain(one.version)}  ", _side(column.sides[number])), 11)
        for column in columns
        if column not in beside
        for number, one in enumerate(rows)
        if column.sides[number] != ("", "")
    ]
    note = [_indented(_said(words.sentence(endpoint.note)))] if endpoint.note.strip() else []
    return [title, *([_indented(table)] if rows else []), *below, *note]


def _side(side: shares.Side) -> Text:
    before, after = _plain(side[0]), _plain(side[1])
    if before == after:
        return Text(after)
    return Text.assemble(f"{before} → " if before else "", (after or "none", "bold"))


def _cost(changeset: ChangeSet) -> list[Part]:
    cost = changeset.cost
    parts: list[Part] = []
    if cost.lines:
        after, before = money.sums(cost)
        parts.append(Text.assemble("A month: ", (after, "bold"), f", {f'before {before}' if before else 'as before'}"))
        changed = money.changed(cost)
        parts += [_lines(changed)] if changed else []
        parts += [_item(f"and {words.counted(len(changed) - CHANGES, 'more line')}")] if len(changed) > CHANGES else []
        kept = len(money.kept(cost))
        parts += [_item(f"{words.counted(kept, 'line')} as before: {money.kept_sum(cost)}")] if kept and changed else []
    for priced in cost.endpoints:
        each = f", {money.spread(priced.thousand)} for 1,000 predictions" if priced.thousand else ""
        parts.append(_item(f"{priced.endpoint}: {money.spread(priced.month)} a month{each}"))
    for budget in cost.budgets:
        told = money.held(budget)
        note = f": {budget.note}" if budget.note else ""
        parts.append(_item(words.sentence(f"{told} of {money.dollars(budget.limit)} a month for {budget.stack}{note}")))
    parts += [_item(f"Without a price here: {', '.join(cost.unpriced)}.")] if cost.unpriced else []
    parts += [_item(f"Approximate: {one}.") for one in money.approximations(cost)]
    return [*parts, Text(_plain(money.priced(cost)), "dim")] if parts and cost.priced else parts


def _lines(lines: tuple[CostLine, ...]) -> Table:
    table = _table("What", "Before", "After", "How sure")
    for one in lines[:CHANGES]:
        table.add_row(Text(_plain(one.subject)), *(Text(money.side(one, which)) for which in (0, 1)), Text(one.confidence))
    return table


def _policies(changeset: ChangeSet) -> list[Part]:
    parts: list[Part] = [Text(outcomes.outcomes(changeset.policies))] if changeset.policies else []
    for one in outcomes.to_read(changeset.policies):
        resources = ", ".join(one.resources[:5]) + (f" and {len(one.resources) - 5:,} more" if len(one.resources) > 5 else "")
        about = _plain(resources) or words.counted(one.number, "resource")
        style = "bold red" if one.word == "failed" else "yellow" if one.word == "warned" else "bold"
        said = Text.assemble((_plain(one.rule), "bold"), f"  {about}", (f"  {_plain(one.asked)}", "dim"))
        parts.append(_pair(Text(one.word, style), said, 11))
        parts += [_indented(_said(one.message), 11)] if one.message.strip() else []
    return parts


def _checks(changeset: ChangeSet) -> list[Part]:
    parts: list[Part] = []
    for one in changeset.checks:
        rows = f" ({words.counted(one.rows, 'row')})" if one.rows is not None else ""
        parts.append(_item(f"{one.subject}: {one.outcome}{rows}"))
        parts += [_indented(_said(fault), 6) for fault in one.faults]
    return parts


def _radius(changeset: ChangeSet) -> list[Part]:
    """What is reached; what changes itself is listed elsewhere."""
    reached = [node for node in changeset.blast_radius.nodes if not node.changed]
    return [_pair(f"  {node.risk}", Text(_plain(node.label)), 16) for node in reached]


def _configuration(changeset: ChangeSet) -> list[Part]:
    parts: list[Part] = []
    signs = {"added": "+", "removed": "-", "changed": "~"}
    for one in changeset.differences:
        parts += [Text(f"{_plain(one.title)} in {_plain(one.stack)}"), *(_item(text, signs[kind]) for kind, text in one.lines)]
    return parts


def _changes(changeset: ChangeSet, several: bool) -> list[Part]:
    parts: list[Part] = []
    for group in words.groups(changeset.changes):
        where = f" in {_plain(group.stack)}" if several else ""
        parts.append(Text.assemble(_plain(group.title), (f"  {words.operations_of(group.changes)}{where}", "dim")))
        listed = group.changes[:CHANGES]
        grid = Table.grid()
        grid.add_column(width=13, no_wrap=True)
        risky = max((len(one.risk) for one in listed if one.risk != "safe"), default=0)
        if risky:
            grid.add_column(width=risky + 2, no_wrap=True)
        grid.add_column(overflow="fold")
        for one in listed:
            forces = [change.path for change in one.properties if change.replaces]
            line = Text.assemble(f"{_plain(one.name)}  ", (_plain(one.type), "dim"))
            if forces:
                line.append(f"  because of {_few(forces)}", "dim")
            elif one.properties and one.operation == "update":
                line.append(f"  {_few([_property(change) for change in one.properties])}", "dim")
            risk = [Text("" if one.risk == "safe" else one.risk, _STYLES[one.risk])] if risky else []
            grid.add_row(Text(f"  {words.OPERATIONS[one.operation]}"), *risk, line)
        parts.append(grid)
        if len(group.changes) > CHANGES:
            parts.append(_indented(Text(f"and {len(group.changes) - CHANGES:,} more", "dim")))
    return parts


def _few(texts: list[str]) -> str:
    more = f" and {len(texts) - 3:,} more" if len(texts) > 3 else ""
    return f"{_plain(', '.join(texts[:3]))}{more}"


def _property(change: PropertyChange) -> str:
    if words.shows(change) and change.kind == "update":
        return f"{change.path} {words.value(change.before)} → {words.value(change.after)}"
    return change.path if change.kind == "update" else f"{change.path} {'added' if change.kind == 'add' else 'removed'}"


def _gaps(changeset: ChangeSet, several: bool) -> list[Part]:
    return [_item(f"{f'{gap.stack}: ' if several and gap.stack else ''}{gap.what} {gap.way_out}") for gap in changeset.gaps]
