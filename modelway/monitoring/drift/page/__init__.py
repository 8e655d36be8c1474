"""What a job found as one HTML file that needs nothing else: no request, no script, inert whatever names are in it."""

import base64
import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import NamedTuple

import jinja2
from markupsafe import Markup

from modelway.monitoring.drift import wording
from modelway.monitoring.drift.baseline import Baseline
from modelway.monitoring.drift.page import drawing
from modelway.monitoring.drift.ranking import worst
from modelway.monitoring.drift.result import Finding, Result
from modelway.monitoring.drift.standing import judging, standing
from modelway.monitoring.drift.watched import Watched

__all__ = ["page"]

PICTURES = 24
"""Most columns with pictures, the worst ones."""
LISTED = 400
"""Most comparisons in the list of all."""
WINDOWS = 120
"""Most windows that are looked back at."""
_FOLDER = Path(__file__).parent


@dataclass(frozen=True)
class Subject:
    """A column with all that was found of it."""

    name: str
    role: str
    findings: tuple[Finding, ...]
    distribution: drawing.Distribution | None
    curve: drawing.Curve | None


@dataclass(frozen=True)
class Version:
    """One version, as the page has it."""

    name: str
    live: bool
    newest: Result
    history: tuple[Result, ...]
    strips: Mapping[str, tuple[drawing.Cell, ...]]
    subjects: tuple[Subject, ...]
    columns: int
    """How many columns there are, with pictures or without."""
    judged: tuple[Finding, ...]
    """How right it is, and whether for everybody."""
    listed: tuple[Finding, ...]


class _Template(NamedTuple):
    template: jinja2.Template
    style: Markup
    rules: str
    """The Content-Security-Policy: this very style, and nothing from anywhere."""


def page(watched: Watched, results: Sequence[Result], baselines: Mapping[str, Baseline], earlier: Sequence[Result] = ()) -> str:
    """A document in UTF-8: of each version the newest window, and how it came to it. `baselines` by version; without one there are no
    pictures of distributions. `earlier` are windows before, which have the labels that `results` do not have yet."""
    made, before = _template(), wording.by_version(earlier)
    versions = [
        _version(watched, name, some, baselines.get(name), before.get(name, [])) for name, some in wording.by_version(results).items()
    ]
    tones = [wording.tone(version.newest) for version in versions]
    head = min(range(len(versions)), key=lambda at: ("alarm", "drifted", "unknown", "steady").index(tones[at]), default=None)
    return made.template.render(
        rules=made.rules,
        style=made.style,
        watched=watched,
        versions=versions,
        head=versions[head] if head is not None else None,
        words=wording,
        box=(drawing.WIDTH, drawing.HEIGHT),
        listed_at_most=LISTED,
    )


def _version(watched: Watched, name: str, history: list[Result], baseline: Baseline | None, earlier: list[Result]) -> Version:
    newest, seen = standing([*earlier, *history]), tuple(history[-WINDOWS:])
    ordered = worst(newest.findings)
    by_subject: dict[str, list[Finding]] = {}
    for finding in ordered:
        if finding.watch in ("data", "prediction", "quality"):
            by_subject.setdefault(finding.subject, []).append(finding)
    subjects = [_subject(subject, some, seen, baseline) for subject, some in list(by_subject.items())[:PICTURES]]
    return Version(
        name=name,
        live=name == watched.live,
        newest=newest,
        history=seen,
        strips={alarm.watch: drawing.strip(judging(alarm.watch, seen, earlier), alarm.watch) for alarm in newest.alarms},
        subjects=tuple(subjects),
        columns=len(by_subject),
        judged=tuple(sorted((one for one in ordered if one.watch in ("concept", "parity")), key=_metric_first)),
        listed=tuple(ordered[:LISTED]),
    )


def _metric_first(finding: Finding) -> tuple[bool, bool]:
    """What drifted, then of one state the metric itself before what watches its errors."""
    return finding.state != "drifted", finding.watch == "concept" and finding.method != finding.subject


def _subject(name: str, findings: Sequence[Finding], history: Sequence[Result], baseline: Baseline | None) -> Subject:
    newest, column = history[-1], baseline.column(name) if baseline is not None else None
    counts = newest.counts.columns.get(name)
    drawn = None
    if baseline is not None and column is not None and counts is not None:
        drawn = drawing.distribution(column, counts, baseline, newest.start)
    curves = (drawing.curve(history, one.watch, name, one.method) for one in findings if one.score is not None and one.segment is None)
    role = {"input": "input", "output": "answer", "group": "group"}[column.role] if column is not None else ""
    return Subject(name, role, tuple(findings), drawn, next((one for one in curves if one is not None), None))


@cache
def _template() -> _Template:
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(_FOLDER), autoescape=True, undefined=jinja2.StrictUndefined, trim_blocks=True, lstrip_blocks=True
    )
    environment.filters |= {"plain": wording.visible, "percent": wording.percent}
    environment.globals |= {"words": wording}
    style = (_FOLDER / "page.css").read_text("utf-8")
    digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
    rules = f"default-src 'none'; style-src 'sha256-{digest}'; base-uri 'none'; form-action 'none'"
    return _Template(environment.get_template("page.html.jinja"), Markup(style), rules)
