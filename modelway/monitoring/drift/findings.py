"""What the rows of one window say: all findings of one version, of every watch."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import ibis
import ibis.expr.types as ir
import msgspec

from modelway.architecture.contract import Contract
from modelway.architecture.drift import WITHOUT_LABELS, Drift
from modelway.architecture.drift_rules import watched_columns
from modelway.monitoring.drift.baseline import Baseline
from modelway.monitoring.drift.cells import TIME
from modelway.monitoring.drift.counting import count, opened
from modelway.monitoring.drift.counts import ColumnCounts, Counts
from modelway.monitoring.drift.labels import Labels, read
from modelway.monitoring.drift.looking import look
from modelway.monitoring.drift.quality import quality
from modelway.monitoring.drift.result import OF_LABELS, Accounting, Finding, Result, Watch
from modelway.monitoring.drift.windows import Window

BEFORE = 168
"""Windows before that volumes are compared with: of hours a week."""


@dataclass(frozen=True)
class Version:
    """What a version's windows are compared with, and how."""

    version: str
    contract: Contract
    baseline: Baseline
    digest: str
    drift: Drift
    minimum: int
    """Fewest rows that anything is concluded from."""


@dataclass(frozen=True)
class Said:
    """What a window says."""

    counts: Counts
    findings: tuple[Finding, ...]
    accounting: Accounting


def said(
    version: Version,
    rows: Sequence[Path],
    accounting: Accounting,
    window: Window,
    span: tuple[float, float],
    *,
    before: Sequence[Result],
    labels: Labels | None,
    now: float,
) -> Said:
    """Everything that is to be said of a window. `rows` may hold those of other windows too; `span` is what time they can be of, by the
    files that they are in. `before` are the results of windows before, oldest first; `labels` is None while those of the window are not
    due, and what needs them is not said then."""
    drift, baseline = version.drift, version.baseline
    length = window.end - window.start
    counts, newest = none(baseline), _last_end(before)
    if rows:
        with opened(rows) as table:
            counts = count(table, baseline, start=window.start, end=window.end)
            newest = _newest_of(table, window) or newest
            accounting = msgspec.structs.replace(accounting, misplaced=_misplaced(table, window, span))
    findings = [*look(baseline, counts, drift, version.contract, start=window.start, window_seconds=length, minimum=version.minimum)]
    findings += quality(
        rows,
        version.contract,
        rows_before=[result.counts.rows for result in before[-BEFORE:]],
        starts_before=[result.start for result in before[-BEFORE:]],
        rows_now=counts.rows,
        newest=newest,
        start=window.start,
        end=window.end,
        columns=watched_columns(drift, version.contract),
    )
    if drift.concept is not None or drift.parity is not None:
        # What it stands on takes long to import, and most endpoints have no labels.
        from modelway.monitoring.drift.concept import concept

        given = read([]) if labels is None else labels
        found, of_labels = concept(
            rows, given, version.contract, baseline, drift, start=window.start, end=window.end, now=now, minimum=version.minimum
        )
        late = () if labels is not None else by_labels(drift)
        findings += [finding for finding in found if finding.estimated or finding.watch not in late]
        accounting = _joined(accounting, of_labels) if labels is not None else accounting
    return Said(counts, tuple(findings), accounting)


def unsaid(version: Version, window: Window) -> Said:
    """What a window says whose rows could not be read: of everything that is watched, that it is unknown."""
    counts, length = none(version.baseline), window.end - window.start
    found = look(
        version.baseline, counts, version.drift, version.contract, start=window.start, window_seconds=length, minimum=version.minimum
    )
    why = "the window could not be read; the run that tried says why"
    return Said(counts, tuple(msgspec.structs.replace(finding, why=why) for finding in found), Accounting())


def by_labels(drift: Drift) -> tuple[Watch, ...]:
    """Watches that need labels."""
    concept: tuple[Watch, ...] = ("concept",) if drift.concept is not None else ()
    return (*concept, "parity") if drift.parity is not None and drift.parity.metric not in WITHOUT_LABELS else concept


def none(baseline: Baseline) -> Counts:
    """The counts of no rows."""
    columns = {column.name: ColumnCounts(0, 0, 0, 0, (0,) * len(column.counts)) for column in baseline.columns}
    return Counts(0, columns)


def _newest_of(table: ir.Table, window: Window) -> float | None:
    time = table[TIME]
    newest: float | None = table.filter(time < ibis.literal(float(window.end)))[TIME].max().to_pyarrow().as_py()
    return newest


def _misplaced(table: ir.Table, window: Window, span: tuple[float, float]) -> int:
    """Rows that no window counts: those of a time that their file cannot have, but for those of the window at hand."""
    time = table[TIME]
    first, last, start, end = (ibis.literal(float(moment)) for moment in (*span, window.start, window.end))
    elsewhere = ((time < first) | (time > last)) & ((time < start) | (time >= end))
    return int(table.filter(elsewhere).count().to_pyarrow().as_py())


def _last_end(before: Sequence[Result]) -> float | None:
    """Until when there were rows, to a window's length: their times are not kept."""
    return next((float(result.end) for result in reversed(before) if result.counts.rows), None)


def _joined(accounting: Accounting, of_labels: Accounting) -> Accounting:
    """What was read of rows, and of labels. Files of labels are of many windows and the rows of one, so that labels which are of none of
    these rows may be of others."""
    return msgspec.structs.replace(accounting, **{name: getattr(of_labels, name) for name in OF_LABELS})
