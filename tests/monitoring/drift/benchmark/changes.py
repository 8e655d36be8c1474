"""What happens to rows in a case: each takes a window and gives it as it is after the change, and leaves what it was given as it was."""

from collections.abc import Callable
from typing import Any

import numpy as np

from tests.monitoring.drift.benchmark.sources import Table, rows

Draw = np.random.Generator


def _some(values: np.ndarray, share: float, draw: Draw) -> np.ndarray:
    return draw.random(len(values)) < share


def _with(table: Table, column: str, values: np.ndarray) -> Table:
    return table | {column: values}


def scaled(table: Table, draw: Draw, *, column: str, by: float, share: float = 1.0) -> Table:
    """Another unit, of all rows or of those that one sender writes."""
    values = table[column]
    return _with(table, column, np.where(_some(values, share, draw), values * by, values))


def shifted(table: Table, draw: Draw, *, column: str, by: float) -> Table:
    return _with(table, column, table[column] + by)


def swapped(table: Table, draw: Draw, *, column: str, one: Any, other: Any) -> Table:
    """Two codes change their places."""
    values = table[column]
    found = values.copy()
    found[values == one], found[values == other] = other, one
    return _with(table, column, found)


def renamed(table: Table, draw: Draw, *, column: str, one: Any, to: Any, share: float = 1.0) -> Table:
    """A code that was never there before, instead of one."""
    values = table[column]
    return _with(table, column, np.where((values == one) & _some(values, share, draw), to, values))


def added(table: Table, draw: Draw, *, column: str, to: Any, share: float) -> Table:
    """A share of rows has a value that was never there."""
    values = table[column]
    return _with(table, column, np.where(_some(values, share, draw), to, values))


def stuck(table: Table, draw: Draw, *, column: str, share: float = 1.0) -> Table:
    """A sensor that repeats the first value of the window."""
    values = table[column]
    known = values[~np.isnan(values)]
    return _with(table, column, np.where(_some(values, share, draw), known[0], values))


def missing(table: Table, draw: Draw, *, column: str, share: float) -> Table:
    values = table[column]
    gone = _some(values, share, draw)
    return _with(table, column, np.where(gone, np.nan if values.dtype == np.float64 else None, values))


def infinite(table: Table, draw: Draw, *, column: str, share: float) -> Table:
    return _with(table, column, np.where(_some(table[column], share, draw), np.inf, table[column]))


def favoured(table: Table, draw: Draw, *, column: str, strength: float) -> Table:
    """Other people come: rows are drawn again, those with a large value (or a late name) of a column more often."""
    values = table[column]
    order = np.unique(values.astype(str) if values.dtype == object else values, return_inverse=True)[1]
    weights = np.exp(strength * order / max(order.max(), 1))
    chosen = draw.choice(rows(table), rows(table), p=weights / weights.sum())
    return {name: found[chosen] for name, found in table.items()}


def clipped(table: Table, draw: Draw, *, column: str, to: float) -> Table:
    return _with(table, column, np.minimum(table[column], to))


def spread(table: Table, draw: Draw, *, column: str, by: float) -> Table:
    """The same middle, and wider or narrower."""
    values = table[column]
    middle = np.nanmedian(values)
    return _with(table, column, middle + by * (values - middle))


def unlearned(table: Table, draw: Draw, *, share: float, group: str = "", value: Any = None) -> Table:
    """Labels change places among all rows, or those of one group: as many are positive as before, whatever the inputs are."""
    return table | {"label": _shuffled(table["label"], _within(table, group, value) & _some(table["label"], share, draw), draw)}


def inverted(table: Table, draw: Draw, *, column: str) -> Table:
    """Where the model says more it is less: labels are those of the rows at the other end of a column."""
    order = np.argsort(table[column], kind="stable")
    found = table["label"].copy()
    found[order] = table["label"][order[::-1]]
    return table | {"label": found}


def withheld(table: Table, draw: Draw, *, group: str, value: Any, share: float) -> Table:
    """The model answers as for the least likely to rows of a group that it answered yes to."""
    answers = table["answer"]
    lower = _within(table, group, value) & (answers >= 0.5) & _some(answers, share, draw)
    return table | {"answer": np.where(lower, 1 - answers, answers)}


def _within(table: Table, group: str, value: Any) -> np.ndarray:
    return table[group] == value if group else np.ones(rows(table), bool)


def _shuffled(values: np.ndarray, which: np.ndarray, draw: Draw) -> np.ndarray:
    found = values.copy()
    found[which] = draw.permutation(values[which])
    return found


CHANGES: dict[str, Callable[..., Table]] = {
    change.__name__: change
    for change in (
        *(scaled, shifted, swapped, renamed, added, stuck, missing, infinite, favoured, clipped, spread),
        *(unlearned, inverted, withheld),
    )
}
