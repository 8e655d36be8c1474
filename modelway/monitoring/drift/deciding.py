"""When a column has drifted: by an effect that is large enough, and by evidence that it is no chance."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from modelway.monitoring.drift.baseline import Column
from modelway.monitoring.drift.noise import Expected, compared, effective, expected, score_of, squared
from modelway.monitoring.drift.statistics import Floats, Method


@dataclass(frozen=True)
class Decision:
    """How windows of `rows` rows are held against `reference`, in the bins of `column`."""

    column: Column
    reference: Sequence[int]
    """Its counts, or those of a season."""
    method: Method
    size: float
    """Rows that are as uncertain against an endless reference."""
    noise: Expected
    moved: Expected
    chance: float
    """A score has to be less likely than this where nothing has changed."""
    smallest: float
    """Share of rows that has to have gone elsewhere."""
    least: float = 0.0
    """Square that it has to reach in any case: what a declared threshold asks for, above the mean of the noise."""

    @classmethod
    def of(
        cls,
        column: Column,
        reference: Sequence[int],
        rows: int,
        method: Method,
        chance: float,
        smallest: float,
        declared: float | None = None,
    ) -> "Decision":
        """`declared` is a threshold of the score, of chi_squared a probability. Raises KeyError without noise of the method."""
        size = float(effective(rows, sum(reference)))
        noise, moved = expected(method, column, reference, size), expected("moved", column, reference, size)
        least = 0.0
        if declared is not None and method == "chi_squared":
            chance = min(chance, declared)
        elif declared is not None:
            least = noise.mean + float(squared(method, declared, size))
        return cls(column, reference, method, size, noise, moved, chance, smallest, least)

    @property
    def threshold(self) -> float:
        """The score that has to be passed."""
        return score_of(self.method, max(self.noise.square(self.chance), self.least), self.size)

    def scores(self, windows: ArrayLike) -> Floats:
        """Of windows with counts in the column's bins, shape (bins,) or (windows, bins)."""
        return compared(self.method, self.column.kind, self.reference, windows, self.size, self.column.positions)

    def chances(self, scores: ArrayLike) -> Floats:
        """Probability of each score or a larger one."""
        squares = squared(self.method, scores, self.size)
        return np.asarray(np.vectorize(self.noise.chance, otypes=[np.float64])(squares))

    def moves(self, windows: ArrayLike) -> Floats:
        """Share of rows that went elsewhere."""
        return compared("moved", self.column.kind, self.reference, windows, self.size, self.column.positions)

    def effects(self, windows: ArrayLike) -> Floats:
        """Share of rows that went elsewhere, above what chance and time do."""
        return np.asarray(np.sqrt(np.maximum(self.moves(windows) ** 2 - self.moved.mean, 0.0)))

    def drifted(self, scores: ArrayLike, effects: ArrayLike) -> NDArray[np.bool_]:
        squares = squared(self.method, scores, self.size)
        enough = np.asarray(effects, dtype=np.float64) >= self.smallest
        return np.asarray(enough & (squares > max(self.noise.square(self.chance), self.least)))


def corrected(level: float, tests: float) -> float:
    """The chance that each of so many independent tests may have, so that one of them passes with `level` (Z. Šidák, 1967)."""
    return float(-np.expm1(np.log1p(-level) / max(tests, 1.0)))
