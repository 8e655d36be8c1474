"""What a job found, on a terminal: of each version the newest window, how it came to it, and what is worst."""

from collections.abc import Sequence
from io import StringIO

from rich.console import Console
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from modelway.monitoring.drift import wording
from modelway.monitoring.drift.ranking import worst
from modelway.monitoring.drift.result import Alarm, Finding, Result
from modelway.monitoring.drift.standing import judging, standing
from modelway.monitoring.drift.wording import Tone

WORST = 10
"""Most comparisons that are listed."""
WINDOWS = 24
"""Most windows that have a sign of their own; more would leave no room for words."""
_STYLES: dict[Tone, str] = {"alarm": "bold red", "drifted": "yellow", "unknown": "dim", "steady": "green"}
_SIGNS: dict[Tone, str] = {"alarm": "█", "drifted": "▅", "unknown": "·", "steady": "▂"}

Part = Text | Table | Padding


def shown(results: Sequence[Result], *, earlier: Sequence[Result] = (), width: int = 100, colour: bool = False) -> str:
    """Lines of at most `width` columns, 40 at least; the same words with and without `colour`. `earlier` are windows before, which have the
    labels that `results` do not have yet."""
    before = wording.by_version(earlier)
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
    for number, (version, history) in enumerate(wording.by_version(results).items()):
        for part in [*([Text()] if number else []), *_version(version, history, before.get(version, []), max(40, width))]:
            console.print(part)
    return "\n".join(line.rstrip() for line in out.getvalue().splitlines()) + "\n"


def _version(version: str, history: Sequence[Result], earlier: Sequence[Result], width: int) -> list[Part]:
    newest = standing([*earlier, *history])
    name = f"{wording.visible(newest.endpoint, 80)} {wording.visible(version, 80)}"
    when = f"  in {wording.visible(newest.environment, 80)}, {wording.span(newest)}, {wording.counted(newest.counts.rows, 'row')}"
    parts: list[Part] = [Text.assemble((name, "bold"), (when, "dim")), Text(wording.verdict(newest), _STYLES[wording.tone(newest)])]
    if newest.alarms:
        parts += [Text(), *_watches(newest.alarms, history, earlier, width)]
    found = worst(newest.findings)
    if found:
        parts += [Text(), Text("Worst first", "bold"), _findings(found[:WORST])]
    if len(found) > WORST:
        parts.append(Text(f"  and {wording.counted(len(found) - WORST, 'more comparison')}, in --json and on the page", "dim"))
    odd = [f"{words}: {value:,}" for words, value, wrong in wording.accounts(newest.accounting) if wrong]
    if odd:
        parts += [Text(), Text("What was read and could not be used as it was", "bold")]
        parts += [Padding(Text(f"- {line}"), (0, 0, 0, 2)) for line in odd]
    return parts


def _watches(alarms: Sequence[Alarm], history: Sequence[Result], earlier: Sequence[Result], width: int) -> list[Part]:
    seen, before = (some[-min(WINDOWS, max(0, width - 40)) :] if width > 44 else () for some in (history, earlier))
    table = Table.grid(padding=(0, 2, 0, 0))
    for _ in range(3):
        table.add_column(overflow="fold")
    for alarm in alarms:
        tone = wording.alarm_tone(alarm)
        table.add_row(
            Text(f"  {wording.WATCHES[alarm.watch]}"),
            Text(alarm.state, _STYLES[tone]),
            _strip(judging(alarm.watch, seen, before), alarm.watch),
        )
    parts: list[Part] = [table]
    if seen:
        signs = ", ".join(f"{sign} {'not enough data' if tone == 'unknown' else tone}" for tone, sign in _SIGNS.items())
        parts.append(Padding(Text(f"{wording.counted(len(seen), 'window')}, the newest on the right: {signs}", "dim"), (0, 0, 0, 2)))
    for alarm in alarms:
        if alarm.raised or alarm.changed or alarm.drifted:
            said = Text(f"{wording.WATCHES[alarm.watch]}: {wording.alarm_words(alarm)}", "bold" if alarm.raised else "")
            parts.append(Padding(said, (0, 0, 0, 2)))
    return parts


def _strip(history: Sequence[Result], watch: str) -> Text:
    """A sign for each window, the newest on the right."""
    line = Text()
    for result in history:
        alarm = next((one for one in result.alarms if one.watch == watch), None)
        tone: Tone = wording.alarm_tone(alarm) if alarm is not None else "unknown"
        # An alarm that holds over a window says nothing of it.
        sign: Tone = "unknown" if alarm is not None and alarm.state == "unknown" else tone
        line.append(_SIGNS[sign], _STYLES[tone])
    return line


def _findings(found: Sequence[Finding]) -> Table:
    table = Table.grid(padding=(0, 2, 0, 0))
    table.add_column(no_wrap=True)
    table.add_column(overflow="fold")
    for one in found:
        group = f", group {wording.visible(one.segment, 40)}" if one.segment is not None else ""
        name = f"{wording.visible(one.subject, 60) or 'all rows'}{group}"
        why = wording.visible(one.why, 300)
        compared = f"{wording.method(one.method)} {wording.score_words(one)}".rstrip()
        estimate = ", an estimate without labels" if one.estimated else ""
        table.add_row(
            Text(f"  {one.state}", _STYLES[one.state]),
            Text.assemble((name, "bold"), f": {compared}{estimate}; {why}"),
        )
    return table
