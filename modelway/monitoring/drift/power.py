"""What a budget for false alarms buys at an endpoint's volume: how likely and how late a drift is seen, before anything is deployed."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from modelway.architecture.drift import Drift
from modelway.monitoring.drift.baseline import Baseline
from modelway.monitoring.drift.budget import MONTH, SURE, beginnings, delay, level, sure_level, votes_of, watches_of
from modelway.monitoring.drift.calibrating import SMALLEST_WINDOW
from modelway.monitoring.drift.deciding import Decision
from modelway.monitoring.drift.looking import FALSE_ALARMS, ROLES, Chances, Compared, about_time, chances_of, compared_of, smallest_of
from modelway.monitoring.drift.matching import mismatches
from modelway.monitoring.drift.noise import groups_of
from modelway.monitoring.drift.statistics import Floats

DRAWS = 200
SHARES = (0.01, 0.02, 0.03, 0.05, 0.075, 0.1, 0.15, 0.2, 0.3, 0.5, 0.75, 1.0)
"""Drifts that are tried, as the share of rows that goes elsewhere."""
ENOUGH = 0.8
"""Chance with which a drift is said to be seen, as is usual (J. Cohen, 1988)."""
MOST_COLUMNS = 20
"""Columns that are tried, spread evenly, where there are more."""


@dataclass(frozen=True)
class Seen:
    """How a drift is seen that a share of rows makes."""

    share: float
    chance: float
    """That one window shows it, in a column in the middle of all."""
    delay_windows: float
    """Windows until the alarm, on average, the first one that has drifted included; endless where it is never seen."""


@dataclass(frozen=True)
class Power:
    """What can be expected of one endpoint. A drift is taken to be in one column, and to be there from one window to the next."""

    rows: int
    """In a window."""
    level: float
    """Chance per window that one watch seems to have drifted though nothing has."""
    false_alarms: float
    """Alarms a month of all watches that this level makes, at the most: the smallest drift makes them fewer."""
    smallest: float
    """Share of rows that `chance` and `delay` are about. As anything smaller is no drift, one as small as this is seen half of the time at
    the most; larger ones are in `by_share`."""
    chance: float
    delay_windows: float
    delay_seconds: float
    seen: float | None
    """Smallest share that one window shows with 80 %, in a column in the middle of all; None where none is."""
    by_share: tuple[Seen, ...]
    """Of shares from 1 % to all rows, and of the smallest drift."""
    notes: tuple[str, ...] = ()


def power(baseline: Baseline, drift: Drift, rows_per_window: int, window_seconds: int) -> Power:
    """Found by drawing windows of `rows_per_window` rows: from the reference, but that a share of rows has gone from everywhere to one
    group of bins, and by deciding about each as `look` does. The group is one in the middle, so shifts to a tail are seen sooner. The same
    for the same arguments. Without a watched column that has values, all chances are 0."""
    needed, of = votes_of(drift)
    smallest = smallest_of(drift)
    compared = [one for watch, _ in ROLES for one in _usable(compared_of(watch, baseline, drift))]
    chances = {
        watch: chances_of(compared_of(watch, baseline, drift), baseline, drift, rows_per_window, window_seconds) for watch, _ in ROLES
    }
    roles = {role: watch for watch, role in ROLES}
    tried = compared[:: max(1, -(-len(compared) // MOST_COLUMNS))]
    shares = tuple(sorted({*SHARES, smallest}))
    found = np.array(
        [
            _seen(one, shares, rows_per_window, chances[roles[one.column.role]], smallest, np.random.default_rng(at))
            for at, one in enumerate(tried)
        ]
    ).reshape(len(tried), len(shares), 2)
    if not tried or rows_per_window < SMALLEST_WINDOW:
        found = np.zeros((1, len(shares), 2))
    middle = np.maximum.accumulate(np.median(found, axis=0), axis=0)
    by_share = tuple(
        Seen(share, float(one), delay(float(one), needed, of, float(sure))) for share, (one, sure) in zip(shares, middle, strict=True)
    )
    there = by_share[shares.index(smallest)]
    watches, budget = watches_of(drift), float(drift.false_alarms or FALSE_ALARMS)
    single = 0.0 if drift.votes is not None else sure_level(budget, window_seconds, watches)
    of_watch = level(budget * (1 if drift.votes is not None else 1 - SURE), window_seconds, needed, of, watches)
    return Power(
        rows=rows_per_window,
        level=of_watch,
        false_alarms=(beginnings(of_watch, needed, of) + single) * watches * MONTH / window_seconds,
        smallest=smallest,
        chance=there.chance,
        delay_windows=there.delay_windows,
        delay_seconds=there.delay_windows * window_seconds,
        seen=_least(shares, middle[:, 0]),
        by_share=by_share,
        notes=(*_notes(baseline, drift, rows_per_window, bool(tried)), *_refused(baseline, drift, window_seconds)),
    )


def _usable(compared: Sequence[Compared]) -> list[Compared]:
    return [one for one in compared if sum(one.reference) and one.method in one.column.noise]


def _seen(
    one: Compared, shares: Sequence[float], rows: int, chances: Chances, smallest: float, random: np.random.Generator
) -> list[tuple[float, float]]:
    column = one.column
    valued = max(round(rows * sum(column.counts) / max(column.rows, 1)), 1)
    decision = Decision.of(column, one.reference, valued, one.method, chances.drifted, smallest, one.declared)
    counts = np.asarray(one.reference, dtype=np.float64)
    whole = counts / counts.sum()
    groups = groups_of(column.kind, one.reference, decision.size)
    to = np.where(groups == groups[int(np.searchsorted(np.cumsum(whole), 0.5))], whole, 0.0)
    found: list[tuple[float, float]] = []
    for share in shares:
        # Rows of the group itself stay there, so more have to be taken for this share to go elsewhere.
        taken = min(share / max(1 - to.sum(), 1e-9), 1.0)
        windows = random.multinomial(valued, _even((1 - taken) * whole + taken * to / to.sum()), size=DRAWS)
        scores = decision.scores(windows)
        drifted = decision.drifted(scores, decision.effects(windows))
        found.append((float(drifted.mean()), float((drifted & (decision.chances(scores) < chances.sure)).mean())))
    return found


def _even(shares: Floats) -> Floats:
    return np.asarray(shares / shares.sum())


def _least(shares: Sequence[float], chances: Floats) -> float | None:
    """Between two shares that were tried, on the line."""
    for at, likely in enumerate(chances):
        if likely >= ENOUGH:
            if not at:
                return shares[0]
            before = float(chances[at - 1])
            return float(shares[at - 1] + (shares[at] - shares[at - 1]) * (ENOUGH - before) / (float(likely) - before))
    return None


def _refused(baseline: Baseline, drift: Drift, window_seconds: int) -> tuple[str, ...]:
    return tuple(f"the job will refuse this baseline: {one}" for one in mismatches(baseline, drift, window_seconds))


def _notes(baseline: Baseline, drift: Drift, rows: int, tried: bool) -> tuple[str, ...]:
    notes = [about_time(baseline)]
    if not tried:
        notes.append("no column is watched that the reference has values of")
    if drift.minimum_sample is not None and rows < drift.minimum_sample:
        notes.append(f"a window has {rows:,} rows, and nothing is concluded from fewer than {drift.minimum_sample:,}: make windows longer")
    return tuple(note for note in notes if note)
