"""What scores are where nothing has changed, found from the reference itself, once, and kept with the baseline."""

from collections.abc import Sequence
from dataclasses import dataclass

import msgspec
import numpy as np
from numpy.typing import NDArray
from scipy import optimize, stats

from modelway.monitoring.drift.baseline import Column, Noise
from modelway.monitoring.drift.binning import outside_of
from modelway.monitoring.drift.noise import compared, effective, expected, smoothed, squared
from modelway.monitoring.drift.seasons import Seasonality, seasonality_of, seasons
from modelway.monitoring.drift.statistics import METHODS, ORDERED, Floats, Method
from modelway.monitoring.drift.windows import first

SIZES = (10, 30, 100, 300, 1_000, 10_000)
"""Rows at which noise is drawn; beyond the last one it falls as the formulas say."""
DRAWS = 600
CELLS = 60_000
"""Draws times bins, about: columns of a thousand categories get fewer draws, of which each has more in it."""
TAIL = 0.005
"""Chance at which the tail of a drawn distribution is met."""
ENDLESS = 1e9
"""Rows of a reference that adds no uncertainty of its own."""
TOGETHER = 400
"""Draws of rows over all columns at once, and rows of each."""
FEW = 20
"""Natural windows below which what they say is taken to be as bad as it may well be."""
HEAVY = 3
"""Windows that say as much of a variance as one would where scores were normal: squares of what wanders have rare and large ones."""
SMALLEST_WINDOW = 30
MOST_WINDOWS = 1_000
RATES = ("missing", "wrong", "infinite")
Codes = NDArray[np.int64]


def calibrated(
    columns: Sequence[Column], bins: NDArray[np.integer], times: NDArray[np.float64] | None, window_seconds: int, seed: int
) -> tuple[tuple[Column, ...], float, int]:
    """The columns with their noise; how many independent tests they are worth together; and how many natural windows there were.

    `columns` have their counts (and seasons, where these are wanted), `bins` has shape (rows, columns): the bin of each cell, or −1 where
    it is missing, −2 of a wrong type, −3 infinite. `times` are epoch seconds (NaN: not known). Means and variances are of squares, see
    `noise.squared`; of shares of rows (missing, wrong, infinite, outside, unseen) they are of one row. Drawing is multinomial, which is
    what drawing rows with replacement is for one column; independent tests are found by drawing whole rows. Natural windows are those of
    the reference, which begin as those that are looked at do, with 30 rows or more, each compared with all others (of its season); fewer
    than three say nothing. The same for the same arguments.
    """
    where = _Windows.of(times, window_seconds, seasonality_of(columns[0].seasons if columns else ()))
    drawn = [
        msgspec.structs.replace(column, noise=_drawn(column, np.random.default_rng([seed, at])) if sum(column.counts) else {})
        for at, column in enumerate(columns)
    ]
    done = tuple(
        msgspec.structs.replace(column, noise={**_natural(column, bins[:, at], where), **_rates(column, bins[:, at], where)})
        for at, column in enumerate(drawn)
    )
    return done, _tests(drawn, bins, np.random.default_rng([seed, len(drawn)])), where.number


def methods_of(column: Column) -> tuple[Method, ...]:
    """Statistics that a column can be compared by."""
    return METHODS if column.kind == "number" else tuple(method for method in METHODS if method not in ORDERED)


@dataclass(frozen=True)
class _Windows:
    """Which window each row is in. `rows` are places of rows that are in one, `codes` that window, ascending in time from 0."""

    rows: Codes
    codes: Codes
    number: int
    starts: Codes
    """Of each window, in windows since the first one (windows.first)."""
    seasons: Codes
    """Of each window; all 0 without seasonality."""

    @classmethod
    def of(cls, times: NDArray[np.float64] | None, seconds: int, seasonality: Seasonality | None) -> "_Windows":
        none = np.zeros(0, dtype=np.int64)
        if times is None:
            return cls(none, none, 0, none, none)
        known = np.flatnonzero(np.isfinite(times))
        starts, codes, rows = np.unique(
            np.floor_divide(times[known] - first(seconds), seconds).astype(np.int64), return_inverse=True, return_counts=True
        )
        kept = np.flatnonzero(rows >= SMALLEST_WINDOW)[-MOST_WINDOWS:]
        if kept.size < 3:
            return cls(none, none, 0, none, none)
        places = np.full(starts.size, -1, dtype=np.int64)
        places[kept] = np.arange(kept.size)
        codes = places[codes]
        starts = starts[kept]
        like = np.zeros(kept.size, dtype=np.int64)
        if seasonality is not None:
            like = seasons(seasonality, starts * float(seconds) + first(seconds))
        return cls(known[codes >= 0], codes[codes >= 0], int(kept.size), starts, like)

    def counted(self, cells: NDArray[np.integer], bins: int) -> Floats:
        """Rows by window and bin: shape (windows, bins). Cells below 0 are in none."""
        there = cells[self.rows]
        some = there >= 0
        places = self.codes[some] * bins + there[some]
        return np.bincount(places, minlength=self.number * bins).reshape(self.number, bins).astype(np.float64)

    def others(self, counted: Floats) -> Floats:
        """Of each window, the counts of all other windows of its season: shape (windows, bins)."""
        sums = np.zeros((int(self.seasons.max()) + 1, counted.shape[1]))
        np.add.at(sums, self.seasons, counted)
        return np.asarray(sums[self.seasons] - counted)


def _drawn(column: Column, random: np.random.Generator) -> dict[str, Noise]:
    shares = smoothed(column.counts)
    draws = max(100, min(DRAWS, CELLS // shares.size))
    found: dict[str, list[Floats]] = {method: [] for method in methods_of(column)}
    for size in SIZES:
        windows = random.multinomial(size, shares, size=draws)
        for method in methods_of(column):
            scores = compared(method, column.kind, shares * ENDLESS, windows, size, column.positions, column.counts)
            found[method].append(squared(method, scores, size))
    return {method: _noise(method, squares) for method, squares in found.items()}


def _noise(method: str, squares: Sequence[Floats]) -> Noise:
    means = tuple(float(drawn.mean()) for drawn in squares)
    variances = tuple(float(drawn.var(ddof=1)) for drawn in squares)
    if method in ORDERED and min(means) > 0:
        # Theirs are sums in which a few terms weigh most, with longer tails than a gamma of their variance: it is given their tail instead.
        tail = np.quantile(np.concatenate([drawn / drawn.mean() for drawn in squares[SIZES.index(100) :]]), 1 - TAIL)
        spread = float(optimize.brentq(lambda of: stats.gamma.isf(TAIL, 1 / of, scale=of) - tail, 0.01, 5.0)) if 1.3 < tail < 12 else 0.0
        variances = tuple(max(variance, spread * mean**2) for mean, variance in zip(means, variances, strict=True))
    return Noise(SIZES, means, variances)


def _natural(column: Column, cells: NDArray[np.integer], where: _Windows) -> dict[str, Noise]:
    if not where.number or not column.noise:
        return column.noise
    counted = where.counted(cells, len(column.counts))
    others = where.others(counted)
    rows, against = counted.sum(axis=1), others.sum(axis=1)
    usable = np.flatnonzero((rows >= SMALLEST_WINDOW) & (against >= SMALLEST_WINDOW))
    if usable.size < 3:
        return column.noise
    sizes = effective(rows[usable], against[usable])
    middle, whole = float(np.median(sizes)), others[usable].sum(axis=0)
    found: dict[str, Noise] = {}
    for method in methods_of(column):
        scores = compared(method, column.kind, others[usable], counted[usable], middle, column.positions, whole)
        squares = squared(method, scores, sizes)
        one = expected(method, column, whole, middle)
        means, variances = one.mean * middle / sizes, one.variance * (middle / sizes) ** 2
        found[method] = _with_time(column.noise[method], squares - means, means, variances, where.starts[usable])
    return found


def _with_time(noise: Noise, beyond: Floats, means: Floats, variances: Floats, starts: Codes) -> Noise:
    """`beyond`: by how much the squares of windows are larger than drawing makes them."""
    together = _together(beyond, starts)
    # Small windows, such as the first and the last one, say little; nor do those that go on like the one before say as much as others.
    weights = 1 / np.maximum(variances, 1e-300)
    weights /= weights.sum()
    number = max((1 - together) / (1 + together) / float((weights**2).sum()), 3.0)
    drawn, middle = float(weights @ variances), float(weights @ beyond)
    spread = float(weights @ (beyond - middle) ** 2) / (1 - float((weights**2).sum()))
    mean = max(0.0, middle + float(np.sqrt(spread / number)))
    across = 2 * mean * float(weights @ (variances / np.maximum(means, 1e-300)))
    # What drawing does is known, but not how much it happened to do in these windows.
    beside = max(0.0, spread - drawn - across)
    variance = beside * _careful(number / HEAVY) + drawn * float(np.sqrt(2 / number))
    # All that goes on is of time: what is drawn begins anew.
    persistence = min(1.0, together * spread / beside) if beside > 0 else 0.0
    return msgspec.structs.replace(noise, natural_mean=mean, natural_variance=variance, natural_persistence=persistence)


def _careful(number: float) -> float:
    """What a variance of so many windows may well be too small by: the upper end of a one-sided interval of 75 %, of 90 % for few."""
    degrees = max(number - 1, 1.0)
    return float(degrees / stats.chi2.ppf(0.25 if number >= FEW else 0.1, degrees))


def _together(beyond: Floats, starts: Codes) -> float:
    """Correlation of windows with those next to them; 0 where it may be chance."""
    follow = np.flatnonzero(np.diff(starts) == 1)
    spread = float(beyond.var())
    if follow.size < 3 or spread <= 0:
        return 0.0
    centred = beyond - beyond.mean()
    together = float((centred[follow] * centred[follow + 1]).mean()) / spread
    return min(together, 0.99) if together > 2 / np.sqrt(follow.size) else 0.0


def _rates(column: Column, cells: NDArray[np.integer], where: _Windows) -> dict[str, Noise]:
    found = {}
    for name, (there, of) in rates_of(column).items():
        share = (there + 0.5) / (of + 1)
        noise = Noise((1,), (share,), (share * (1 - share),))
        if where.number:
            # Counted in two bins, without and with it, of those rows that could have it.
            with_it = where.counted(_marked(column, name, cells), 2)
            rows = with_it.sum(axis=1)
            usable = rows >= SMALLEST_WINDOW
            if usable.sum() >= 3:
                shares = with_it[usable, 1] / rows[usable]
                # Around the share of the whole reference, and less what drawing does to so many rows.
                spread = float(((shares - there / max(of, 1)) ** 2).mean()) - share * (1 - share) * float((1 / rows[usable]).mean())
                noise = msgspec.structs.replace(noise, natural_variance=max(0.0, spread) * _careful(int(usable.sum()) / HEAVY))
        found[name] = noise
    return found


def rates_of(column: Column) -> dict[str, tuple[int, int]]:
    """Of each share of rows that is watched: rows that have it, and of how many."""
    valid = sum(column.counts)
    found = {
        "missing": (column.missing, column.rows),
        "wrong": (column.wrong, column.rows),
        "infinite": (column.infinite, column.rows),
    }
    if column.kind == "category":
        return {**found, "unseen": (column.counts[-1], valid)}
    return {**found, "outside": (sum(sum(column.counts[part]) for part in outside_of(column)), valid)}


def _marked(column: Column, name: str, cells: NDArray[np.integer]) -> Codes:
    if name in RATES:
        return np.asarray(cells == -1 - RATES.index(name), dtype=np.int64)
    has = np.zeros(len(column.counts), dtype=np.int64)
    for part in (slice(len(has) - 1, None),) if name == "unseen" else outside_of(column):
        has[part] = 1
    return np.asarray(np.where(cells >= 0, has[np.maximum(cells, 0)], -1), dtype=np.int64)


def _tests(columns: Sequence[Column], bins: NDArray[np.integer], random: np.random.Generator) -> float:
    """Independent tests that have as small a smallest chance: ln 0.9 / ln(1 − a), where one draw in ten has a chance below a."""
    usable = [at for at, column in enumerate(columns) if "psi" in column.noise]
    if len(usable) < 2 or not len(bins):
        return 1.0
    size = min(TOGETHER, len(bins))
    rows = random.integers(0, len(bins), size=TOGETHER * size)
    draw = np.repeat(np.arange(TOGETHER), size)
    smallest = np.ones(TOGETHER)
    for at in usable:
        column, cells = columns[at], bins[rows, at]
        some, number = cells >= 0, len(columns[at].counts)
        drawn = np.bincount(draw[some] * number + cells[some], minlength=TOGETHER * number).reshape(TOGETHER, number)
        whole = np.flatnonzero(drawn.sum(axis=1) > 0)
        against = smoothed(column.counts) * ENDLESS
        valid = max(float(drawn[whole].sum(axis=1).mean()), 1.0)
        noise = expected("psi", column, column.counts, valid)
        squares = compared("psi", column.kind, against, drawn[whole], valid, column.positions, column.counts)
        chances = np.array([noise.chance(float(square)) for square in squares])
        smallest[whole] = np.minimum(smallest[whole], chances)
    low = float(np.quantile(smallest, 0.1))
    return float(np.clip(np.log(0.9) / np.log1p(-low), 1.0, len(usable))) if 0 < low < 1 else float(len(usable))
