"""Results in words, the same on a page and on a terminal."""

import math
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from typing import Literal

from modelway.monitoring.drift.result import Accounting, Alarm, Finding, Result, Watch

Tone = Literal["alarm", "drifted", "unknown", "steady"]
"""How bad it is, from the worst: an alarm; drift that is no alarm yet; nothing can be said; all as it was."""

WATCHES: dict[Watch, str] = {
    "data": "requests",
    "prediction": "answers",
    "quality": "quality of the data",
    "concept": "how right the answers are",
    "parity": "parity between groups",
}
METHODS = {
    "psi": "population stability index",
    "ks": "Kolmogorov-Smirnov distance",
    "wasserstein": "Wasserstein distance in standard deviations",
    "jensen_shannon": "Jensen-Shannon distance",
    "chi_squared": "chi-squared",
    "missing": "rows without a value",
    "wrong": "values of another type",
    "infinite": "infinite values, or not a number",
    "outside": "values outside of the range",
    "unseen": "values never seen before",
    "volume": "rows against the windows before",
    "freshness": "age of the newest row",
    "adwin": "errors over time (ADWIN)",
    "page_hinkley": "errors over time (Page-Hinkley)",
    "ddm": "errors over time (DDM)",
    "contract": "rules of the contract",
}
_SHARES = ("missing", "wrong", "infinite", "outside", "unseen")
_OF_CONTRACT = "contract_"
"""What methods begin with that are rules of the contract; their score is a share of rows too."""
ACCOUNTS = {
    "files": "files that were read",
    "rows": "rows that were looked at",
    "duplicates": "records with an id that came before, left out",
    "unparsable": "lines that are no record, left out",
    "damaged_files": "files that are cut off or not what they should be; what could be read is used",
    "refused_files": "files that are too large once unpacked, left out",
    "unknown_version": "records of a version that is not watched, left out",
    "other_models": "records of another model, left out",
    "without_time": "records without a time, left out",
    "mixed_zones": "times without a zone beside times with one, taken as UTC",
    "future": "records of the future",
    "misplaced": "rows of another time than their file can have, and not of this window",
    "late": "records that came after the window had been looked at",
    "schema_changes": "columns that changed their type, came or went within the window",
    "unanswered": "requests without an answer, or answers without a request",
    "labels": "labels that were found for requests",
    "labels_unknown": "labels for none of these requests: of other windows, or of nobody",
    "labels_twice": "second labels for a request; where two differ neither counts",
    "labels_missing": "requests whose label is due and not there",
}
_PLAIN = ("files", "rows", "labels")
"""Counts that say nothing is wrong."""
_LEFT_OUT = ("unparsable", "damaged_files", "refused_files", "unknown_version", "other_models", "without_time", "future")
_BLANK = frozenset("\u034f\u115f\u1160\u17b4\u17b5\u2800\u3164\uffa0")
"""Printable for Python, but nobody sees them."""


def visible(text: str, most: int = 0) -> str:
    """A name or a sentence of others in one line, of at most `most` characters; what nobody sees or what turns the direction of writing is
    shown as its code point."""
    text = " ".join("".join(_seen(one) for one in (text[: 4 * most] if most else text)).split())
    return f"{text[: most - 1]}…" if most and len(text) > most else text


def _seen(character: str) -> str:
    if character.isspace():
        return " "
    if character.isprintable() and character not in _BLANK:
        return character
    code = ord(character)
    return f"\\x{code:02x}" if code < 256 else f"\\u{code:04x}" if code < 65536 else f"\\U{code:08x}"


def tone(result: Result) -> Tone:
    if any(alarm.raised for alarm in result.alarms):
        return "alarm"
    states = {alarm.state for alarm in result.alarms}
    return "drifted" if "drifted" in states else "steady" if "steady" in states else "unknown"


def verdict(result: Result) -> str:
    """What the window means, as a heading."""
    raised = [WATCHES[alarm.watch] for alarm in result.alarms if alarm.raised]
    drifted = [WATCHES[alarm.watch] for alarm in result.alarms if alarm.state == "drifted"]
    match tone(result):
        case "alarm":
            return f"Alarm: {listed(raised)} drifted"
        case "drifted":
            return f"Drifted in this window, and no alarm yet: {listed(drifted)}"
        case "steady":
            unseen = [WATCHES[alarm.watch] for alarm in result.alarms if alarm.state == "unknown"]
            return f"Steady; nothing can be said of {listed(unseen)}" if unseen else "Steady"
        case "unknown":
            return "Not enough data to say anything"


def alarm_words(alarm: Alarm) -> str:
    """Whether somebody is told, and how near to it one is."""
    votes = f"{alarm.drifted} of the last {counted(alarm.of, 'window')} drifted, {alarm.needed} needed"
    if alarm.raised and alarm.drifted < alarm.needed:
        held = not alarm.changed and alarm.drifted + alarm.unknown >= alarm.needed
        votes += f"; it holds, as nothing is known of {alarm.unknown:,}" if held else " but for one that is beyond doubt"
    if alarm.raised:
        return f"alarm{', since this window' if alarm.changed else ''}: {votes}"
    return f"{'alarm has ended' if alarm.changed else 'no alarm'}: {votes}"


def alarm_tone(alarm: Alarm) -> Tone:
    return "alarm" if alarm.raised else alarm.state


def method(name: str) -> str:
    if name.startswith(_OF_CONTRACT):
        return f"contract: {visible(name.removeprefix(_OF_CONTRACT).replace('_', ' '), 60)}"
    return METHODS.get(name, visible(name.replace("_", " "), 60))


def figure(method_: str, value: float | None) -> str:
    """A score or a threshold: shares in percent, ages in hours, all else with three digits that count."""
    if value is None:
        return ""
    if method_ == "freshness":
        return f"{number(round(value / 3600, 1))} h"
    return percent(value) if method_ in _SHARES or method_.startswith(_OF_CONTRACT) else number(value)


def number(value: float) -> str:
    if not math.isfinite(value):
        return "not a number" if math.isnan(value) else "endless"
    if value and (abs(value) >= 1e6 or abs(value) < 1e-4):
        return f"{value:.2e}"
    digits = max(0, 2 - math.floor(math.log10(abs(value)))) if value else 0
    text = f"{value:,.{min(digits, 6)}f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def percent(share: float) -> str:
    """0.0123 as 1.2%; what is there at all is never 0%."""
    if 0 < share < 0.0005:
        return "< 0.1%"
    return f"{number(round(share * 100, 1))}%"


def score_words(finding: Finding) -> str:
    """The score with its interval, beside what it has to pass; nothing where there is none."""
    if finding.score is None or finding.method == "contract":
        return ""
    words = figure(finding.method, finding.score)
    if finding.low is not None and finding.high is not None:
        words += f" ({figure(finding.method, finding.low)} to {figure(finding.method, finding.high)})"
    if finding.threshold is not None:
        words += f", threshold {figure(finding.method, finding.threshold)}"
    return words


def accounts(accounting: Accounting) -> list[tuple[str, int, bool]]:
    """Every count in words; whether it is something to look at."""
    counts = ((name, words, getattr(accounting, name)) for name, words in ACCOUNTS.items())
    return [(words, value, bool(value) and name not in _PLAIN) for name, words, value in counts]


def left_out(accounting: Accounting) -> str:
    """Counts of records and files that no row was made of, in words; nothing where there are none."""
    counts = ((getattr(accounting, name), ACCOUNTS[name].removesuffix(", left out")) for name in _LEFT_OUT)
    return "; ".join(f"{value:,} {words}" for value, words in counts if value)


def zeros(accounting: Accounting) -> str:
    """How many of the counts are none."""
    none = sum(not value for _, value, _ in accounts(accounting))
    return f"{none} of {len(ACCOUNTS)} counts are 0 and not shown." if none else ""


def span(result: Result) -> str:
    """When the window was, in UTC."""
    start, end = moment(result.start), moment(result.end)
    return f"{start} to {end[11:] if start[:10] == end[:10] else end} UTC"


def moment(seconds: float) -> str:
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%d %H:%M")


def counted(number_: int, noun: str) -> str:
    return f"{number_:,} {noun}{'' if number_ == 1 else 's'}"


def listed(names: Iterable[str]) -> str:
    *most, last = list(names) or [""]
    return f"{', '.join(most)} and {last}" if most else last


def history(results: Sequence[Result]) -> list[Result]:
    """Of results of one version the last look at each window, oldest first."""
    latest: dict[int, Result] = {}
    for result in sorted(results, key=lambda one: (one.start, one.revision)):
        latest[result.start] = result
    return list(latest.values())


def by_version(results: Sequence[Result]) -> dict[str, list[Result]]:
    """The histories of all versions, the one with the newest window first."""
    found: dict[str, list[Result]] = {}
    for result in results:
        found.setdefault(result.version, []).append(result)
    histories = {version: history(some) for version, some in found.items()}
    return dict(sorted(histories.items(), key=lambda one: (-one[1][-1].end, one[0])))
