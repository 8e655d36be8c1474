"""Where the bins of a column are: frozen from the reference, fine, and such that no single value moves them."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from modelway.monitoring.drift.baseline import Column, hashed

QUANTILES = 50
"""Bins of equal share that numbers have, where they have enough rows."""
FEWEST = 5
"""Rows that a value needs before it is told apart: fewer may be one person."""
ATOM = 0.01
"""Share of rows from which on a value has a bin of its own."""
FENCE = 6.0
"""How many times farther from the median than the 95 % mark a number may be before it is absurd: 9.9 standard deviations of a normal."""
BEYOND = (1.0, 10.0, 100.0, 1_000.0)
"""Where bins beyond the range end, in widths of the range: a unit that changes by a thousand is not the same as one that changes by ten."""
MOST_CATEGORIES = 1_000
LARGEST = float(np.finfo(np.float64).max)
WIDEST = 1e6
"""Standard deviations that a range is taken to be wide at the most."""
SMALLEST = 1e-300
"""Below this a scale would make positions infinite."""


@dataclass(frozen=True)
class Bins:
    """Bins of a column of numbers: see `baseline.Column` for what each field means there."""

    cuts: tuple[float, ...]
    low: float
    high: float
    positions: tuple[float, ...]
    scale: float


def bins_of(values: ArrayLike) -> Bins:
    """Bins for a column of numbers, without NaN and infinite ones. Raises ValueError where there are none.

    Bin i holds cuts[i-1] < x <= cuts[i]. Inside the range there are about fifty bins of equal share (a fifth of the rows where these are
    fewer), cut half-way between two values, and one for each value that 1 % of rows and five rows have: the number just below it is a cut
    and so is it, so zeros of a zero-inflated column are not mixed with what is just above or below.
    The range ends at the outermost values within a fence, rounded outwards to a tenth of the scale's power of ten: six times the distance
    from the median to the 95 % mark (of the values on that side), so an absurd value neither widens the range nor the scale. Beyond it, on
    both sides, bins grow tenfold, and each is a width of the range farther away: an absurd row counts for a few widths, not for a million.
    `scale` is the standard deviation of what is within the range; of a constant its size, and 1 where that is 0. It has no floor: seconds
    written as years are no smaller than years. Positions within the range are means of bins with five rows, else their middle.
    """
    there = np.sort(np.asarray(values, dtype=np.float64).ravel())
    if not there.size or not np.isfinite(there[[0, -1]]).all():
        raise ValueError("bins are of finite numbers, and there have to be some")
    lowest, highest = _fences(there)
    inside = there[np.searchsorted(there, lowest, side="left") : np.searchsorted(there, highest, side="right")]
    scale = _scale(inside)
    low, high = _outwards(float(inside[0]), scale, -1), _outwards(float(inside[-1]), scale, 1)
    below = float(np.nextafter(low, -LARGEST))
    cuts = {below, high, *(cut for cut in (*_quantile_cuts(inside), *_atom_cuts(there)) if below < cut < high)}
    width = max(high - low, scale)
    outer = [(below - factor * width, high + factor * width) for factor in BEYOND]
    cuts.update(float(cut) for pair in outer for cut in pair if np.isfinite(cut))
    ascending = tuple(sorted(cuts))
    return Bins(ascending, low, high, _positions(there, ascending, below, high, scale, width), scale)


def binned(values: ArrayLike, cuts: Sequence[float]) -> NDArray[np.int64]:
    """Bin of each number: shape of `values`, 0 to len(cuts). Infinite ones are in the outermost; NaN has no bin and must be taken out."""
    return np.searchsorted(np.asarray(cuts, dtype=np.float64), np.asarray(values, dtype=np.float64), side="left").astype(np.int64)


def categories_of(values: Sequence[str], salt: str) -> tuple[str, ...]:
    """Hashes of the values that have a bin of their own: most frequent first (by their hash where two are equally frequent), at most
    1,000, none that fewer than five rows have. All else is `others`, the bin after them."""
    found = [(-rows, hashed(salt, value)) for value, rows in Counter(values).items() if rows >= FEWEST]
    return tuple(name for _, name in sorted(found)[:MOST_CATEGORIES])


def outside_of(column: Column) -> tuple[slice, ...]:
    """Bins of a column of numbers that are out of range; none where it has no range."""
    if column.low is None or column.high is None:
        return ()
    first = int(np.searchsorted(column.cuts, column.low, side="left"))
    last = int(np.searchsorted(column.cuts, column.high, side="left"))
    return (slice(0, first), slice(last + 1, None))


def _fences(there: NDArray[np.float64]) -> tuple[float, float]:
    middle = float(there[(there.size - 1) // 2])
    fences = []
    for values, at in ((there[there < middle], 0.1), (there[there > middle], 0.9)):
        # Of the values beyond the median alone, so that a column of zeros with a few others has a width too.
        edge = float(np.quantile(values, at, method="inverted_cdf")) if values.size else middle
        with np.errstate(over="ignore"):
            fences.append(middle + FENCE * (edge - middle))
    return fences[0], fences[1]


def _scale(inside: NDArray[np.float64]) -> float:
    largest = float(np.abs(inside[[0, -1]]).max())
    if inside[0] == inside[-1]:
        return largest if largest > SMALLEST else 1.0
    # Divided first, so that squares neither overflow nor vanish.
    spread = float(np.std(inside / largest)) * largest
    return spread if spread > SMALLEST else 1.0


def _outwards(value: float, scale: float, sign: int) -> float:
    """`value`, or a rounder number that is farther out: the outermost value may be one person's."""
    step = float(10.0 ** (np.floor(np.log10(scale)) - 1))
    if not np.isfinite(step) or step == 0 or abs(value / step) > 2**52:
        return value
    rounded = float(np.ceil(sign * value / step)) * step * sign
    while sign * rounded < sign * value:
        rounded += sign * step
    # 0.30000000000000004 is 0.3, but never within the value.
    written = float(f"{rounded:.12g}")
    rounded = written if sign * written >= sign * value else rounded
    return rounded if np.isfinite(rounded) else value


def _quantile_cuts(inside: NDArray[np.float64]) -> list[float]:
    bins = max(1, min(QUANTILES, inside.size // FEWEST))
    at = np.quantile(inside, np.arange(1, bins) / bins, method="inverted_cdf")
    after = np.searchsorted(inside, at, side="right")
    following = inside[np.minimum(after, inside.size - 1)]
    return [float(cut) for cut, last in zip(at / 2 + following / 2, after, strict=True) if last < inside.size]


def _atom_cuts(there: NDArray[np.float64]) -> list[float]:
    starts = np.flatnonzero(np.concatenate(([True], there[1:] != there[:-1])))
    rows = np.diff(np.append(starts, there.size))
    atoms = there[starts[rows >= max(FEWEST, ATOM * there.size)]]
    return [float(cut) for atom in atoms for cut in (np.nextafter(atom, -np.inf), atom)]


def _positions(
    there: NDArray[np.float64], cuts: tuple[float, ...], below: float, high: float, scale: float, width: float
) -> tuple[float, ...]:
    places = binned(there, cuts)
    rows = np.bincount(places, minlength=len(cuts) + 1)
    sums = np.bincount(places, weights=there / scale, minlength=len(cuts) + 1)
    # In units of the scale from here on: in their own, sums of the largest numbers there are would be infinite.
    edges = np.array([cuts[0], *cuts, cuts[-1]]) / scale
    uppers = np.array([*cuts, np.inf])
    found = np.where(rows >= FEWEST, sums / np.maximum(rows, 1), (edges[:-1] + edges[1:]) / 2)
    # Beyond the range not in proportion: one absurd row in a thousand would outweigh all others.
    under, over = np.flatnonzero(uppers <= below), np.flatnonzero(uppers > high)
    step = min(width / scale, WIDEST)
    found[under] = below / scale - step * (np.arange(under.size, 0, -1) - 0.5)
    found[over] = high / scale + step * (np.arange(over.size) + 0.5)
    return tuple(float(place) for place in np.maximum.accumulate(found))
