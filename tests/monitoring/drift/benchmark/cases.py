"""The cases of held_out.toml and tuned.toml, and the rows that a seed makes of one."""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
from sklearn.linear_model import LogisticRegression

from tests.monitoring.drift.benchmark.changes import CHANGES
from tests.monitoring.drift.benchmark.sources import SOURCES, Table, rows, taken

FOLDER = Path(__file__).parent
HOUR, DAY = 3600, 86400
FIRST = 1_767_571_200
"""Monday, 5 January 2026, 00:00 UTC: where the first window begins of rows that have no time of their own."""


@dataclass(frozen=True)
class Case:
    """One model whose data change, or do not, in the middle of its windows."""

    name: str
    kind: str
    source: str
    columns: tuple[str, ...]
    """What is watched."""
    rows: int = 0
    """Of a window; days have as many as they have where the order is that of time."""
    reference: int = 0
    """Rows of the reference."""
    before: int = 4
    """Windows before the change."""
    after: int = 6
    """Windows after it."""
    changes: tuple[Mapping[str, Any], ...] = ()
    calm: bool = False
    """Whether nobody should be told anything."""
    culprits: tuple[str, ...] = ()
    """Columns of which one has to be named; those that changes are about when absent."""
    cluster: int = 1
    """Rows that come together and are the same, such as those of one customer."""
    absurd: Mapping[str, float] = field(default_factory=dict)
    """A value that one row of the reference has, by column."""
    days: tuple[str, str, str, str] | None = None
    """In order of time: first day of the reference, first after it, first of the windows before the change and of those after it."""
    seasonality: str | None = None
    label: str = ""
    """Column that a model learns from the others; it answers in `answer`, and `label` has what was right."""
    drop: float = 0.0
    """Of roc_auc: too much."""
    parity: str = ""
    """Column of groups, for `recall`, where a gap of 0.2 is too much."""
    held_out: bool = False
    window: int = DAY
    """Seconds."""

    @property
    def named(self) -> frozenset[str]:
        return frozenset(self.culprits or (change["column"] for change in self.changes))


@dataclass(frozen=True)
class Drawn:
    """The rows of a case by one seed. `_time` of each is in seconds since 1970."""

    reference: Table
    windows: tuple[Table, ...]
    starts: tuple[int, ...]
    changed: int | None
    """First window after the change; None where there is none."""


SIZES = (50, 400, 5000)
"""Rows of calm windows."""


def calm(size: int, windows: int, *, held_out: bool, window: int = DAY, reference: int = 20_000) -> list[Case]:
    """One case for each set of rows that false alarms are counted on, with so many windows of `size` rows."""
    file = "held_out.toml" if held_out else "tuned.toml"
    fixed: dict[str, Any] = {"kind": "calm", "calm": True, "rows": size, "reference": reference, "before": 0, "after": windows}
    fixed["window"] = window
    return [_case(one | fixed, held_out) for one in tomllib.loads((FOLDER / file).read_text("utf-8"))["calm"]]


def cases(names: tuple[str, ...] = (), *, held_out: bool | None = None) -> list[Case]:
    """All, or those of these names, or of one of the two files."""
    found = []
    for file, held in (("held_out.toml", True), ("tuned.toml", False)):
        if held_out in (None, held):
            said = tomllib.loads((FOLDER / file).read_text("utf-8"))["case"]
            found += [_case(one, held) for one in said if not names or one["name"] in names]
    return found


def _case(said: dict[str, Any], held_out: bool) -> Case:
    listed = {name: tuple(value) if isinstance(value, list) else value for name, value in said.items()}
    return Case(**listed, held_out=held_out)


def drawn(case: Case, seed: int) -> Drawn:
    """Always the same for one seed."""
    draw = np.random.default_rng([seed, *case.name.encode()])
    population = _with_answers(case, SOURCES[case.source]())
    reference, windows, starts = _in_time(case, population) if case.days else _shuffled(case, population, draw)
    for column, value in case.absurd.items():
        values = reference[column].copy()
        values[int(draw.integers(len(values)))] = value
        reference = reference | {column: values}
    for change in case.changes:
        how = {name: value for name, value in change.items() if name != "what"}
        windows = [
            CHANGES[change["what"]](window, draw, **how) if number >= case.before else window for number, window in enumerate(windows)
        ]
    return Drawn(reference, tuple(windows), tuple(starts), None if case.calm else case.before)


def _with_answers(case: Case, population: Table) -> Table:
    """The columns that are watched, and those that have a part in it without being watched."""
    own = {name: population[name] for name in case.columns}
    if "_time" in population:
        own["_time"] = population["_time"]
    if not case.label:
        return own
    inputs = np.column_stack([_scaled(values) for values in (own[name] for name in case.columns) if values.dtype == np.float64])
    label = population[case.label]
    some = np.random.default_rng(0).permutation(len(label))[:5000]
    model = LogisticRegression().fit(inputs[some], label[some])
    return own | {"label": label, "answer": model.predict_proba(inputs)[:, 1]}


def _scaled(values: np.ndarray) -> np.ndarray:
    known = np.nan_to_num(values, nan=float(np.nanmedian(values)))
    return (known - known.mean()) / (known.std() or 1)


def _shuffled(case: Case, population: Table, draw: np.random.Generator) -> tuple[Table, list[Table], list[int]]:
    """Rows come one by one or in clusters, and no two drawn are the same one where there are enough."""
    windows = case.before + case.after
    clusters = (case.reference + windows * case.rows) // case.cluster
    many = rows(population)
    chosen = draw.permutation(many)[:clusters] if clusters <= many else draw.integers(many, size=clusters)
    chosen = np.repeat(chosen, case.cluster)
    starts = [FIRST + case.window * number for number in range(windows)]
    reference = taken(population, chosen[: case.reference])
    reference["_time"] = FIRST - (case.reference - np.arange(case.reference)) * (case.window / case.rows)
    ends = [case.reference + case.rows * number for number in range(windows + 1)]
    made = [taken(population, chosen[begin:end]) for begin, end in pairwise(ends)]
    for start, window in zip(starts, made, strict=True):
        window["_time"] = start + np.arange(case.rows) * (case.window / case.rows)
    return reference, made, starts


def _in_time(case: Case, population: Table) -> tuple[Table, list[Table], list[int]]:
    assert case.days is not None
    begin, end, before, after = (int(datetime.fromisoformat(day).replace(tzinfo=UTC).timestamp()) for day in case.days)
    times = population["_time"]
    starts = [before + DAY * number for number in range(case.before)] + [after + DAY * number for number in range(case.after)]
    windows = [taken(population, np.flatnonzero((times >= start) & (times < start + DAY))) for start in starts]
    return taken(population, np.flatnonzero((times >= begin) & (times < end))), windows, starts
