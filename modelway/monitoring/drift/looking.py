"""What a window's counts say beside the baseline: columns that drifted, and rows that are not as they should be."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from modelway.architecture.contract import Contract
from modelway.architecture.drift import DataDrift, Drift, PredictionDrift
from modelway.architecture.drift_rules import watched_columns
from modelway.monitoring.drift.baseline import Baseline, Column
from modelway.monitoring.drift.binning import outside_of
from modelway.monitoring.drift.budget import SURE, level, sure_level, votes_of, watches_of
from modelway.monitoring.drift.calibrating import FEW, SMALLEST_WINDOW, rates_of
from modelway.monitoring.drift.counts import ColumnCounts, Counts
from modelway.monitoring.drift.deciding import Decision, corrected
from modelway.monitoring.drift.noise import effective, expected
from modelway.monitoring.drift.result import Finding, Watch
from modelway.monitoring.drift.seasons import season
from modelway.monitoring.drift.shares import Share
from modelway.monitoring.drift.statistics import Method

SMALLEST = 0.05
FALSE_ALARMS = 1
ROLES: tuple[tuple[Watch, str], ...] = (("data", "input"), ("prediction", "output"))


@dataclass(frozen=True)
class Compared:
    """A column that is watched, and how."""

    column: Column
    reference: Sequence[int]
    """Counts of the reference, or of its season."""
    method: Method
    declared: float | None
    note: str = ""


def look(
    baseline: Baseline, counts: Counts, drift: Drift, contract: Contract, *, start: int, window_seconds: int, minimum: int
) -> tuple[Finding, ...]:
    """Findings of the watches data and prediction, one for each column that is watched, and of quality: for each column the share of rows
    that are missing, and of those that are wrong, infinite, outside (of the reference's range) or unseen (categories) where there are any.

    With fewer than `minimum` rows, or fewer than 30 with a value, the state is unknown; so it is of a column that the baseline lacks.
    """
    found: list[Finding] = []
    for watch, _ in ROLES:
        found += _watched(watch, baseline, counts, drift, contract, start, window_seconds, minimum)
    # No other column has to be kept of requests, and nothing is missing that nobody keeps.
    kept = watched_columns(drift, contract)
    columns = [column for column in baseline.columns if column.role != "group" and _of_contract(column) in kept]
    return (*found, *_rates(columns, counts, drift, window_seconds, minimum))


def smallest_of(drift: Drift) -> float:
    return drift.smallest.fraction if drift.smallest is not None else SMALLEST


def compared_of(watch: Watch, baseline: Baseline, drift: Drift, start: int | None = None) -> tuple[Compared, ...]:
    """Columns of the baseline that are watched, with what a window that begins at `start` is compared with; None: all of the reference."""
    declared, role = _declared(watch, drift), dict(ROLES).get(watch)
    if declared is None:
        return ()
    names = declared.features if isinstance(declared, DataDrift) else declared.outputs
    found = []
    for column in baseline.columns:
        if column.role != role or (names is not None and _of_contract(column) not in names):
            continue
        by = declared.numbers if column.kind == "number" else declared.categories
        reference: Sequence[int] = column.counts
        note = ""
        if drift.seasonality is not None and drift.seasonality == baseline.seasonality and start is not None:
            reference, note = _of_season(column, season(drift.seasonality, start))
        found.append(Compared(column, reference, by.statistic, by.threshold, note))
    return tuple(found)


@dataclass(frozen=True)
class Chances:
    """How improbable a score has to be where nothing has changed."""

    drifted: float
    sure: float
    """For one window to be enough; 0 where votes are declared."""


def chances_of(compared: Sequence[Compared], baseline: Baseline, drift: Drift, rows: int, window_seconds: int) -> Chances:
    """Those that each of these columns may have in a window, for the budget to hold."""
    persistence = max((_persistence(one, rows) for one in compared), default=0.0)
    return _chances(drift, window_seconds, min(float(len(compared)), baseline.tests), persistence)


def _chances(drift: Drift, window_seconds: int, tests: float, persistence: float = 0.0) -> Chances:
    false_alarms = drift.false_alarms if drift.false_alarms is not None else FALSE_ALARMS
    votes, watches = votes_of(drift), watches_of(drift)
    if drift.votes is not None:
        return Chances(corrected(level(false_alarms, window_seconds, *votes, watches, persistence), tests), 0.0)
    voted = level((1 - SURE) * false_alarms, window_seconds, *votes, watches, persistence)
    return Chances(corrected(voted, tests), corrected(sure_level(false_alarms, window_seconds, watches), tests))


def about_time(baseline: Baseline) -> str:
    """What has to be known of thresholds where the reference says little or nothing about time; empty where it says enough."""
    if not baseline.windows:
        return "its reference has no windows in time, so what changes by itself is taken for drift, and alarms may be more than asked for"
    if baseline.windows < FEW:
        return f"its reference has {baseline.windows} windows in time, which is few, so more is taken to be usual than may be"
    return ""


def _watched(
    watch: Watch, baseline: Baseline, counts: Counts, drift: Drift, contract: Contract, start: int, window_seconds: int, minimum: int
) -> Iterator[Finding]:
    for name, method in _absent(watch, baseline, drift, contract):
        yield Finding(watch, name, method, "unknown", 0, "the baseline does not have this column: make a new one")
    compared = compared_of(watch, baseline, drift, start)
    chances = chances_of(compared, baseline, drift, max(counts.rows, 1), window_seconds)
    for one in compared:
        yield _finding(watch, one, counts, chances, smallest_of(drift), minimum, about_time(baseline))


def _finding(watch: Watch, one: Compared, counts: Counts, chances: Chances, smallest: float, minimum: int, about: str) -> Finding:
    column = one.column
    window = counts.columns.get(column.name) or _nothing(column, counts.rows)
    rows = sum(window.counts)
    why = _too_few(counts.rows, rows, minimum)
    if one.method not in column.noise or not sum(one.reference):
        why = "the reference has no value of this column"
    if why:
        return Finding(watch, column.name, one.method, "unknown", rows, why)
    decision = Decision.of(column, one.reference, rows, one.method, chances.drifted, smallest, one.declared)
    score, effect = float(decision.scores(window.counts)), float(decision.effects(window.counts))
    likely = float(decision.chances(score))
    drifted = bool(decision.drifted(score, effect))
    moved = f"{_percent(float(decision.moves(window.counts)))} of rows went elsewhere, {_percent(effect)} without what chance and time move"
    if drifted:
        why = f"{moved}; it scores as much in {_rarely(likely)}"
    elif effect >= smallest:
        why = f"chance alone scores as much in {_rarely(likely)}"
    else:
        why = f"{moved}; less than {_percent(smallest)} is no drift"
    notes = "".join(f"; {note}" for note in (one.note, about) if note)
    return Finding(
        watch,
        column.name,
        one.method,
        "drifted" if drifted else "steady",
        rows,
        why + notes,
        score=score,
        threshold=decision.threshold,
        chance=likely,
        effect=effect,
        sure=drifted and likely < chances.sure,
    )


def _rates(columns: Sequence[Column], counts: Counts, drift: Drift, window_seconds: int, minimum: int) -> Iterator[Finding]:
    """Of the watch quality. No rate is corrected by what columns have in common: the smallest drift is far above what chance does here."""
    chances = _chances(drift, window_seconds, sum(len(rates_of(column)) for column in columns))
    for column in columns:
        window = counts.columns.get(column.name) or _nothing(column, counts.rows)
        for name, (known, of) in rates_of(column).items():
            found, rows = _found(name, column, window)
            if name == "missing" or found or known:
                natural = column.noise[name].natural_variance if name in column.noise else 0.0
                share = Share(rows, known, of, natural)
                yield _rate(column.name, name, share, found, chances, smallest_of(drift), minimum, counts.rows)


def _rate(subject: str, name: str, share: Share, found: int, chances: Chances, smallest: float, minimum: int, all_rows: int) -> Finding:
    why = _too_few(all_rows, share.rows, minimum) or ("" if share.of else "the reference has no value of this column")
    if why:
        return Finding("quality", subject, name, "unknown", share.rows, why)
    more, fewer = share.chances(found)
    # Fewer missing values than ever are drift too; of the others none is best.
    both = name == "missing"
    likely = min(2 * min(more, fewer), 1.0) if both else more
    score = found / share.rows
    effect = abs(score - share.reference) if both else max(score - share.reference, 0.0)
    drifted = likely < chances.drifted and effect >= smallest
    what = {"missing": "have no value", "wrong": "are of another type", "infinite": "are not finite", "outside": "are out of range"}
    said = f"{_percent(score)} of rows {what.get(name, 'have a value that is new or rare')}, of the reference {_percent(share.reference)}"
    return Finding(
        "quality",
        subject,
        name,
        "drifted" if drifted else "steady",
        share.rows,
        f"{said}; chance makes that so in {_rarely(likely)}",
        score=score,
        threshold=min(max(share.passed(chances.drifted / 2 if both else chances.drifted), share.reference + smallest), 1.0),
        chance=likely,
        effect=effect,
        sure=drifted and likely < chances.sure,
    )


def _declared(watch: Watch, drift: Drift) -> DataDrift | PredictionDrift | None:
    return drift.data if watch == "data" else drift.prediction if watch == "prediction" else None


def absent(baseline: Baseline, drift: Drift, contract: Contract) -> tuple[str, ...]:
    """Columns that are to be watched and that the baseline does not have: nothing is known of them in any window."""
    return tuple(name for watch, _ in ROLES for name, _ in _absent(watch, baseline, drift, contract))


def _absent(watch: Watch, baseline: Baseline, drift: Drift, contract: Contract) -> Iterator[tuple[str, str]]:
    """Columns that are to be watched and that the baseline does not have."""
    declared = _declared(watch, drift)
    if declared is None:
        return
    names = declared.features if isinstance(declared, DataDrift) else declared.outputs
    tensors = contract.signature.inputs if watch == "data" else contract.signature.outputs
    there = {_of_contract(column) for column in baseline.columns}
    for name in names if names is not None else [tensor.name for tensor in tensors]:
        if name not in there:
            yield name, declared.numbers.statistic


def _of_contract(column: Column) -> str:
    """The contract's name of a column, which NAME[0], NAME[1] … are together."""
    return column.name.split("[")[0]


def _of_season(column: Column, name: str) -> tuple[Sequence[int], str]:
    there = column.seasons.get(name, ())
    if sum(there) >= SMALLEST_WINDOW:
        return there, ""
    return column.counts, f"compared with all of the reference, as it has {sum(there)} rows of {name}"


def _persistence(one: Compared, rows: int) -> float:
    """Of a column's scores: time alone goes on from window to window, drawing begins anew."""
    noise = one.column.noise.get(one.method)
    if noise is None or not noise.natural_persistence or not sum(one.reference):
        return 0.0
    there = expected(one.method, one.column, one.reference, float(effective(rows, sum(one.reference))))
    return noise.natural_persistence * there.natural / there.variance if there.variance > 0 else 0.0


def _nothing(column: Column, rows: int) -> ColumnCounts:
    return ColumnCounts(rows, rows, 0, 0, (0,) * len(column.counts))


def _found(name: str, column: Column, window: ColumnCounts) -> tuple[int, int]:
    """Rows that have it, and of how many."""
    if name == "outside":
        return sum(sum(window.counts[part]) for part in outside_of(column)), sum(window.counts)
    if name == "unseen":
        return window.counts[-1], sum(window.counts)
    return {"missing": window.missing, "wrong": window.wrong, "infinite": window.infinite}[name], window.rows


def _too_few(rows: int, valued: int, minimum: int) -> str:
    if rows < minimum:
        return f"the window has {rows:,} rows, and nothing is concluded from fewer than {minimum:,}"
    if valued < SMALLEST_WINDOW:
        return f"{valued:,} rows have a value, and nothing is concluded from fewer than {SMALLEST_WINDOW}"
    return ""


def _percent(share: float) -> str:
    return f"{share:.1%}"


def _rarely(chance: float) -> str:
    if chance > 0.5:
        return "most windows"
    return f"one of {1 / chance:,.0f} windows" if chance > 1e-9 else "fewer than one of a billion windows"
