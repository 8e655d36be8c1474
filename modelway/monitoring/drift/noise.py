"""What a score is where nothing has changed, at any number of rows: from what a baseline keeps of it.

All statistics are looked at as squares, because that is what they have in common: with n rows and a reference of N, their mean falls with
the size n·N / (n + N), and they are spread as a gamma distribution is, of which chi-squared is one.
"""

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import special

from modelway.monitoring.drift.baseline import Column, Kind, Noise
from modelway.monitoring.drift.statistics import ORDERED, Floats, Method, grouped, grouping, scores

MOST_GROUPS: dict[Kind, int] = {"number": 10, "category": 20}
"""Bins that are compared at the most, about: more see less of a change that goes through all of them."""
LEAST_SHAPE = 0.5


@dataclass(frozen=True)
class Expected:
    """A square where nothing has changed: a gamma distribution, shifted so that its third moment fits too. `third` is its third central
    moment, and `natural` the part of the variance that time has beside chance."""

    mean: float
    variance: float
    third: float
    natural: float = 0.0

    def chance(self, square: float) -> float:
        """Probability of this square or a larger one."""
        if square <= 0:
            return 1.0
        if self.mean <= 0 or self.variance <= 0:
            return 0.0
        shape, scale, start = self._gamma()
        return float(special.gammaincc(shape, max(square - start, 0.0) / scale))

    def square(self, chance: float) -> float:
        """The square that is passed with this probability."""
        if self.mean <= 0 or self.variance <= 0:
            return 0.0
        shape, scale, start = self._gamma()
        return float(start + special.gammainccinv(shape, chance) * scale)

    def _gamma(self) -> tuple[float, float, float]:
        """Shape, scale and start of the gamma distribution (K. Pearson's type III) with these moments."""
        shape, scale = 4 * self.variance**3 / self.third**2, self.third / (2 * self.variance)
        return shape, scale, self.mean - shape * scale


def effective(rows: ArrayLike, reference: ArrayLike) -> Floats:
    """Rows of a window that would be as uncertain against an endless reference: n·N / (n + N). Neither may be 0."""
    one, two = np.asarray(rows, dtype=np.float64), np.asarray(reference, dtype=np.float64)
    return np.asarray(one * two / (one + two))


def squared(method: Method, score: ArrayLike, size: ArrayLike) -> Floats:
    """psi as it is, chi-squared by its size, all others as their square."""
    there = np.asarray(score, dtype=np.float64)
    return there if method == "psi" else there / np.asarray(size, dtype=np.float64) if method == "chi_squared" else there**2


def score_of(method: Method, square: float, size: float) -> float:
    """The score that has this square."""
    square = max(square, 0.0)
    return square if method == "psi" else square * size if method == "chi_squared" else float(np.sqrt(square))


def compared(
    method: Method, kind: Kind, reference: ArrayLike, windows: ArrayLike, size: float, positions: ArrayLike, like: ArrayLike | None = None
) -> Floats:
    """Scores of windows against a reference, in the bins that belong together at this size by the counts `like` (None: the reference)."""
    if method in ORDERED:
        return scores(method, reference, windows, positions)
    groups = groups_of(kind, np.asarray(reference if like is None else like, dtype=np.float64), size)
    return scores(method, grouped(reference, groups), grouped(windows, groups))


def groups_of(kind: Kind, reference: ArrayLike, size: float) -> NDArray[np.int64]:
    """Group of each bin where `size` rows are compared, see `statistics.grouping`."""
    counts = np.asarray(reference, dtype=np.float64)
    if kind == "number":
        return grouping(counts, size, MOST_GROUPS[kind])
    # Categories stand by how frequent they are. Put together in that order, the first groups would have what was frequent by chance, and
    # any window less of it; so they are put together in an order that has nothing to do with it.
    order = np.random.default_rng(counts.size).permutation(counts.size)
    groups = np.empty(counts.size, dtype=np.int64)
    groups[order] = grouping(counts[order], size, MOST_GROUPS[kind])
    return groups


def units(method: Method, kind: Kind, reference: ArrayLike, size: float, positions: ArrayLike) -> tuple[float, float]:
    """What mean and variance of a square are in proportion to, times size and its square: by this the noise of one reference and size
    says that of others, such as of a season's rows. Of psi, chi-squared and Jensen–Shannon both are the degrees of freedom."""
    there, places = (np.asarray(values, dtype=np.float64).tobytes() for values in (reference, positions))
    return _units(method, kind, there, float(size), places)


# The same columns are asked for window after window, at the sizes of their noise.
@lru_cache(maxsize=16_384)
def _units(method: Method, kind: Kind, reference: bytes, size: float, positions: bytes) -> tuple[float, float]:
    counts = np.frombuffer(reference, dtype=np.float64)
    if method not in ORDERED:
        counts = grouped(counts, groups_of(kind, counts, size))
    # As many rows as `smoothed` adds: a constant has no spread otherwise.
    shares = smoothed(counts)
    if method in ("psi", "chi_squared", "jensen_shannon"):
        degrees = float(max(shares.size - 1, 1))
        return degrees, degrees
    above = np.cumsum(shares)[:-1]
    spread = above * (1 - above)
    if method == "ks":
        unit = float(spread.max(initial=0.0))
    elif method == "wasserstein":
        unit = float(np.sqrt(np.maximum(spread, 0.0)) @ np.diff(np.frombuffer(positions, dtype=np.float64))) ** 2
    else:
        unit = float(np.sqrt(shares * (1 - shares)).sum()) ** 2
    return unit, unit**2


def smoothed(reference: ArrayLike) -> Floats:
    """Shares of the reference's bins, with half a row spread evenly over all: what never came may come once (W. Perks, 1947)."""
    counts = np.asarray(reference, dtype=np.float64)
    return np.asarray((counts + 0.5 / counts.size) / (counts.sum() + 0.5))


@dataclass(frozen=True)
class Sampling:
    """Noise of drawing rows, of one method and column, in `units`; shape (sizes,) each."""

    sizes: Floats
    means: Floats
    variances: Floats

    def at(self, sizes: ArrayLike) -> tuple[Floats, Floats]:
        """Both at other sizes, still in units: between sizes by their logarithm, beyond them as at the last one."""
        where, known = np.log(np.maximum(np.asarray(sizes, dtype=np.float64), 1.0)), np.log(self.sizes)
        return np.asarray(np.interp(where, known, self.means)), np.asarray(np.interp(where, known, self.variances))


def sampling(method: Method, column: Column) -> Sampling:
    """Raises KeyError where the column has no noise of that method."""
    noise = column.noise[method]
    by = np.array([units(method, column.kind, column.counts, size, column.positions) for size in noise.sizes])
    sizes, means, variances = (np.asarray(values, dtype=np.float64) for values in (noise.sizes, noise.means, noise.variances))
    by[by <= 0] = np.inf
    return Sampling(sizes, means * sizes / by[:, 0], variances * sizes**2 / by[:, 1])


def expected(method: Method, column: Column, reference: ArrayLike, size: float) -> Expected:
    """The square of `method` where `size` rows are compared with `reference`: the column's counts, or those of a season."""
    mean, variance = (float(part) for part in sampling(method, column).at(size))
    unit = units(method, column.kind, reference, size, column.positions)
    mean, variance = mean * unit[0] / size, variance * unit[1] / size**2
    return with_natural(mean, variance, column.noise[method])


def with_natural(mean: float, variance: float, noise: Noise) -> Expected:
    """Sampling noise and what time has beside it: the sum of two gamma distributions. Where both are there they also multiply: a
    chi-squared with λ added to its mean has 2λ times var / mean added to its variance."""
    if mean <= 0:
        return Expected(mean, 0.0, 0.0)
    across = 2 * noise.natural_mean * variance / mean
    third = 2 * (variance + across) ** 2 / (mean + noise.natural_mean)
    if noise.natural_variance > 0:
        # Of a normal whose mean wanders, squares have the shape ½; less is but a mean that is known badly.
        third += 2 * noise.natural_variance**2 / max(noise.natural_mean, np.sqrt(noise.natural_variance * LEAST_SHAPE))
    return Expected(mean + noise.natural_mean, variance + noise.natural_variance + across, float(third), noise.natural_variance)
