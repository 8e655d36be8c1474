"""The report on a terminal: what has to be read, then one line for each change."""

from io import StringIO

from rich import box
from rich.console import Console, Group
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from modelway.preview.changeset import ChangeSet, Decision, Endpoint, Finding, Risk
from modelway.preview.render import escaping, words

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
"""Most changes of a component that are listed."""


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
    for part in _parts(changeset):
        console.print(part)
    return "\n".join(line.rstrip() for line in out.getvalue().splitlines()) + "\n"


Part = Text | Table | Padding | Group


def _parts(changeset: ChangeSet) -> list[Part]:
    parts: list[Part] = []
    for stack in words.broken(changeset):
        parts.append(Text.assemble("This report is not complete. ", (_plain(stack.stack), "bold"), f": {words.is_partial(stack)}"))
        parts += [_indented(Text(_plain(line))) for one in words.errors(stack) for line in one.message.splitlines()]
        parts.append(Text())
    parts.append(Text(words.title(changeset), _DECISIONS[changeset.verdict.decision]))
    if changeset.verdict.counts:
        parts.append(Text(" · ").join(Text(f"{number:,} {risk}", _STYLES[risk]) for risk, number in changeset.verdict.counts))
    parts += [_item(one) for one in changeset.verdict.needed]
    if changeset.stacks:
        parts += _section("Stacks", [_stacks(changeset)])
    parts += _section("Read these", [part for finding in changeset.findings for part in _finding(finding)])
    parts += _section("Models", [part for endpoint in changeset.endpoints for part in _endpoint(endpoint)])
    parts += _section("Cost", _cost(changeset))
    parts += _section("Policies", _policies(changeset))
    parts += _section("Data and model checks", _checks(changeset))
    parts += _section("Blast radius", _radius(changeset))
    for one in changeset.differences:
        signs = {"added": "+", "removed": "-", "changed": "~"}
        parts += _section(f"{_plain(one.title)} in {_plain(one.stack)}", [_item(text, signs[kind]) for kind, text in one.lines])
    parts += _section("All changes", _changes(changeset))
    parts += _section("What could not be analysed", [_item(f"{gap.stack}: {gap.what} {gap.way_out}") for gap in changeset.gaps])
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


def _pair(label: str, text: Text, wide: int) -> Table:
    grid = Table.grid()
    grid.add_column(width=wide, no_wrap=True)
    grid.add_column(overflow="fold")
    grid.add_row(Text(label), text)
    return grid


def _table(*names: str) -> Table:
    table = Table(box=box.SIMPLE_HEAD, show_edge=False, pad_edge=False, header_style="dim")
    for name in names:
        table.add_column(name, overflow="fold")
    return table


def _section(title: str, parts: list[Part]) -> list[Part]:
    return [Text(), Text(title, "bold"), *parts] if parts else []


def _stacks(changeset: ChangeSet) -> Table:
    ruled = words.has_policies(changeset)
    table = _table("Stack", "Changes", "Worst", "Traffic", "Cost a month", *(["Policies"] if ruled else []))
    for stack in changeset.stacks:
        outputs = f"; outputs {_plain(', '.join(stack.outputs))}" if stack.outputs else ""
        table.add_row(
            Text(_plain(stack.stack)),
            Text(f"{words.operations(stack.counts) or 'none'}{outputs}"),
            Text(stack.worst, _STYLES[stack.worst]),
            Text(words.traffic(stack), "bold" if stack.traffic else ""),
            Text(words.difference(stack.monthly)),
            *([Text(words.policies(stack))] if ruled else []),
        )
    return table


def _finding(finding: Finding) -> list[Part]:
    weight = "  blocks merging" if finding.blocks else "  needs approval" if finding.approval else ""
    where = f"in {_plain(finding.stack)}{weight}"
    title = Text.assemble((finding.risk, _STYLES[finding.risk]), f"  {_plain(finding.subject)}  ", (where, "dim"))
    told = [("what", finding.what), ("why", finding.why), ("breaks", finding.breaks), ("avoid", finding.avoid)]
    return [title, *(_pair(f"    {label}", _said(text), 12) for label, text in told if text.strip())]


def _endpoint(endpoint: Endpoint) -> list[Part]:
    name = f"{_plain(endpoint.name)} in {_plain(endpoint.stack)}"
    if not endpoint.changed:
        return [Text(f"{name}: as before", "dim")]
    about = [words.DIALECTS[endpoint.dialect], *(f"{label} {_plain(text)}" for label, text in words.about(endpoint))]
    state = words.endpoint_state(endpoint)
    title = Text.assemble((name, "bold"), f", {state}" if state else "", ("  " + " · ".join(about), "dim"))
    rows = words.rows(endpoint)
    columns = {
        "Requests": [one.share for one in rows],
        "Copies": [one.mirror for one in rows],
        "Replicas": [one.replicas for one in rows],
        "Hardware": [one.hardware for one in rows],
        "Image": [(words.digest(one.image[0]), words.digest(one.image[1])) for one in rows],
    }
    columns = {label: sides for label, sides in columns.items() if any(side != ("", "") for side in sides)}
    table = _table("Version", *columns)
    for number, one in enumerate(rows):
        version = _plain(one.version) + (f" where {_plain(one.matches)}" if one.matches else "")
        table.add_row(Text(version), *(_side(sides[number]) for sides in columns.values()))
    note = [_indented(_said(endpoint.note))] if endpoint.note.strip() else []
    return [title, *([_indented(table)] if rows else []), *note]


def _side(side: words.Side) -> Text:
    before, after = _plain(side[0]), _plain(side[1])
    if before == after:
        return Text(after)
    return Text.assemble(f"{before} → " if before else "", (after or "none", "bold"))


def _cost(changeset: ChangeSet) -> list[Part]:
    cost = changeset.cost
    parts: list[Part] = []
    if cost.lines:
        before, after = words.total(cost)
        parts.append(Text.assemble((words.spread(after), "bold"), f" a month, before {words.spread(before)}"))
        table = _table("What", "Before", "After", "How sure")
        for one in cost.lines:
            sides = ("–" if side is None and one.confidence != "unknown" else words.spread(side) for side in (one.before, one.after))
            table.add_row(Text(_plain(one.subject)), *(Text(side) for side in sides), Text(one.confidence))
        parts.append(table)
    for priced in cost.endpoints:
        each = f", {words.spread(priced.thousand)} for 1,000 predictions" if priced.thousand else ""
        parts.append(_item(f"{priced.endpoint}: {words.spread(priced.month)} a month{each}"))
    for budget in cost.budgets:
        told = "over the budget" if budget.over else "within the budget"
        parts.append(
            _item(f"{told} of {words.dollars(budget.limit)} a month for {budget.stack}{f': {budget.note}' if budget.note else ''}")
        )
    parts += [_item(f"without a price here: {', '.join(cost.unpriced)}")] if cost.unpriced else []
    parts += [_item(f"approximate: {one}") for one in cost.approximate]
    return [*parts, Text(f"Prices of {_plain(cost.priced)}.", "dim")] if parts and cost.priced else parts


def _policies(changeset: ChangeSet) -> list[Part]:
    parts: list[Part] = [Text(words.outcomes(changeset.policies))] if changeset.policies else []
    for one in words.to_read(changeset.policies):
        where = f" {words.resource(one.urn)}:" if one.urn else ""
        parts.append(_item(f"{one.outcome} {one.rule} ({words.asked(one)}):{where} {one.message}"))
    return parts


def _checks(changeset: ChangeSet) -> list[Part]:
    parts: list[Part] = []
    for one in changeset.checks:
        rows = f" of {words.counted(one.rows, 'row')}" if one.rows is not None else ""
        parts.append(_item(f"{one.subject}: {one.outcome}{rows}"))
        parts += [_indented(_said(fault), 6) for fault in one.faults]
    return parts


def _radius(changeset: ChangeSet) -> list[Part]:
    """What is reached; what changes itself is listed elsewhere."""
    reached = [node for node in changeset.blast_radius.nodes if not node.changed]
    return [_pair(f"  {node.risk}", Text(_plain(node.label)), 16) for node in reached]


def _changes(changeset: ChangeSet) -> list[Part]:
    parts: list[Part] = []
    for group in words.groups(changeset.changes):
        parts.append(Text.assemble(_plain(group.title), (f"  {words.operations_of(group.changes)} in {_plain(group.stack)}", "dim")))
        grid = Table.grid()
        grid.add_column(width=13, no_wrap=True)
        grid.add_column(overflow="fold")
        for one in group.changes[:CHANGES]:
            forces = [change.path for change in one.properties if change.replaces]
            line = Text.assemble(f"{_plain(one.name)}  ", (_plain(one.type), "dim"))
            if one.risk != "safe":
                line.append(f"  {one.risk}", _STYLES[one.risk])
            if forces:
                line.append(f"  because of {_plain(', '.join(forces))}", "dim")
            grid.add_row(Text(f"  {words.OPERATIONS[one.operation]}"), line)
        parts.append(grid)
        if len(group.changes) > CHANGES:
            parts.append(_indented(Text(f"and {len(group.changes) - CHANGES:,} more", "dim")))
    return parts
