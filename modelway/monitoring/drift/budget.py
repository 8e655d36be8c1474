"""How sure one window has to be so that alarms by chance are as rare as was asked for, and when windows make an alarm."""

from collections.abc import Iterable, Sequence
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from modelway.architecture.drift import Drift
from modelway.monitoring.drift.result import Alarm, Finding, State, Watch

MONTH = 30 * 86400
"""Seconds that a budget is for."""
LARGEST = 0.2
"""Chance of a window above which nothing is evidence, however large the budget."""
VOTES = (2, 3)
SURE = 0.02
"""Share of the budget that single windows may spend which are beyond doubt, where no votes are declared: a change of a unit need not be
voted about."""


def votes_of(drift: Drift) -> tuple[int, int]:
    """Windows that have to have drifted, and of how many."""
    return (drift.votes.needed, drift.votes.of) if drift.votes is not None else VOTES


def watches_of(drift: Drift) -> int:
    """How many watches share the budget: the declared ones, and quality."""
    return len(drift.kinds) + 1


@lru_cache(maxsize=1024)
def level(false_alarms: float, window_seconds: int, needed: int, of: int, watches: int, persistence: float = 0.0) -> float:
    """The chance per window with which one watch may seem to have drifted though nothing has, so that alarms of all `watches` together
    begin `false_alarms` times a month of 30 days.

    Whether a window seems to have drifted is a Markov chain of two states, with `persistence` as the correlation of one window with the
    next (0: independent). An alarm begins where `needed` of the last `of` windows have drifted and of those one before had not. At most
    0.2. Raises ValueError for numbers that are not positive.
    """
    if false_alarms <= 0 or window_seconds <= 0 or watches <= 0 or not 1 <= needed <= of:
        raise ValueError("a budget, windows and watches are more than 0, and needed is from 1 to of")
    wanted = false_alarms * window_seconds / MONTH / watches
    low, high = 0.0, LARGEST
    if beginnings(high, needed, of, persistence) <= wanted:
        return high
    for _ in range(60):
        middle = (low + high) / 2
        low, high = (middle, high) if beginnings(middle, needed, of, persistence) < wanted else (low, middle)
    return low


def sure_level(false_alarms: float, window_seconds: int, watches: int) -> float:
    """The chance per window below which one watch needs no votes."""
    return SURE * false_alarms * window_seconds / MONTH / watches


def beginnings(chance: float, needed: int, of: int, persistence: float = 0.0) -> float:
    """Alarms that begin per window where each window seems to have drifted with this chance: the long-run rate of the chain."""
    windows = _histories(of + 1)
    before, now = windows[:, :-1].sum(axis=1), windows[:, 1:].sum(axis=1)
    again, first = chance + persistence * (1 - chance), chance * (1 - persistence)
    drifts = np.where(windows[:, :-1] == 1, again, first)
    steps = np.where(windows[:, 1:] == 1, drifts, 1 - drifts).prod(axis=1)
    starts = np.where(windows[:, 0] == 1, chance, 1 - chance)
    return float((starts * steps)[(before < needed) & (now >= needed)].sum())


def delay(chance: float, needed: int, of: int, sure: float = 0.0) -> float:
    """Windows until an alarm, on average, from the first one that really has drifted: where each is seen with this chance, is enough by
    itself with the chance `sure` (which is a part of it), and none before did seem to have. Endless where the chance is 0."""
    if chance <= 0:
        return float("inf")
    histories = _histories(of)
    open_ = np.flatnonzero(histories.sum(axis=1) < needed)
    place = {tuple(histories[at].tolist()): row for row, at in enumerate(open_)}
    chain = np.eye(open_.size)
    for row, at in enumerate(open_):
        for drifted, likely in ((1, chance - sure), (0, 1 - chance)):
            to = place.get((*histories[at][1:].tolist(), drifted))
            if to is not None:
                chain[row, to] -= likely
    return float(np.linalg.solve(chain, np.ones(open_.size))[place[(0,) * of]])


def sure_of(findings: Iterable[Finding], watch: Watch) -> bool:
    """Whether one window is enough for this watch."""
    return any(finding.sure for finding in findings if finding.watch == watch and finding.state == "drifted")


def voted(watch: Watch, states: Sequence[State], needed: int, of: int, was_raised: bool, sure: bool = False) -> Alarm:
    """The alarm after the last of `states`, oldest first; only the last `of` count.

    It is raised where `needed` of them have drifted, or where it is `sure` of the last one. Once raised, it stays so while that many have
    drifted or are unknown: without data nobody knows that it is over. Windows that are unknown never raise it. Raises ValueError without a
    state.
    """
    if not states:
        raise ValueError("an alarm needs the state of a window")
    last = states[-of:]
    drifted, unknown = last.count("drifted"), last.count("unknown")
    raised = drifted >= needed or (sure and last[-1] == "drifted") or (was_raised and drifted + unknown >= needed)
    changed = raised != was_raised
    return Alarm(watch=watch, state=last[-1], raised=raised, changed=changed, drifted=drifted, needed=needed, of=of, unknown=unknown)


@lru_cache(maxsize=16)
def _histories(windows: int) -> NDArray[np.int64]:
    """All that so many windows can have been, oldest first: shape (2^windows, windows), 1 where one has drifted."""
    return (np.arange(2**windows)[:, None] >> np.arange(windows - 1, -1, -1)[None, :]) & 1
