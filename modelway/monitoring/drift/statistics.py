"""How far the rows of a window are from those of a reference: published statistics, on counts in the same bins.

All take two arrays of counts of the same length, reference first, and give a number that is 0 where both have the same shares. Bins are
taken as they are given: what they hold and which of them belong together is settled in `binning`. None of them says whether a number is
much; that depends on how many rows there are, see `noise`. All raise ValueError where lengths differ, a count is negative, or one of both
has no rows.
"""

from collections.abc import Sequence
from functools import lru_cache
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray

Method = Literal["psi", "ks", "wasserstein", "jensen_shannon", "chi_squared", "moved"]
METHODS: tuple[Method, ...] = ("psi", "ks", "wasserstein", "jensen_shannon", "chi_squared", "moved")
ORDERED: tuple[Method, ...] = ("ks", "wasserstein")
"""Those that go by the order of bins, and so are none for categories."""

Floats = NDArray[np.float64]

HALF = 0.5
"""Rows that each bin has beside those that were counted, where a formula has no answer for none."""


LARGEST_LEAST = 0.3
"""Share of the reference from which on bins are a group however few rows are compared: so there are at least two."""


def psi(reference: ArrayLike, window: ArrayLike) -> float:
    """Population stability index: the sum over bins of (p − q) · ln(p / q), with q the reference's share and p the window's.

    Bins: any; the rules of thumb 0.1 and 0.25 are about ten of equal share. Edges: those of the bins. Zeros: half a row is added to each
    bin of both, so q = (count + ½) / (rows + ½ · bins), and an empty bin costs less the fewer rows there are. Unit: nats. Range: 0 to
    about 2 · ln(rows). Symmetric. Where nothing has changed it is about (bins − 1) · (1/n + 1/N), which a fixed threshold ignores.
    Source: S. Kullback and R. A. Leibler, On Information and Sufficiency (1951), J(1, 2); N. Siddiqi, Credit Risk Scorecards (2006),
    system stability index; B. Yurdakul, Statistical Properties of Population Stability Index (2018) for its distribution.
    """
    return float(scores("psi", reference, window))


def ks(reference: ArrayLike, window: ArrayLike) -> float:
    """Two-sample Kolmogorov–Smirnov: the largest distance between the two cumulated shares, looked at above each bin.

    Bins: as fine as there are, ascending; it is at most that of the values themselves, and the same where no bin holds two values. Edges:
    each bin has its upper one. Zeros: nothing to handle. Unit: share of rows. Range: 0 to 1. Symmetric. Source: N. Smirnov, Table for
    estimating the goodness of fit of empirical distributions (1948); `scipy.stats.ks_2samp`.
    """
    return float(scores("ks", reference, window))


def wasserstein(reference: ArrayLike, window: ArrayLike, positions: ArrayLike) -> float:
    """First Wasserstein (earth mover's) distance: the area between the two cumulated shares over `positions`.

    Bins: ascending, with a position each, in units of the column's scale. Edges: all rows of a bin are at its position. Zeros: nothing to
    handle. Unit: that of positions; a baseline's are standard deviations, so 0.1 is a mean shift of a tenth of one. Range: 0 to the
    distance of the outermost positions. Symmetric. Source: L. N. Vaserstein (1969); A. Ramdas, N. García and M. Cuturi, On Wasserstein
    Two Sample Testing (2017); `scipy.stats.wasserstein_distance`.
    """
    return float(scores("wasserstein", reference, window, positions))


def jensen_shannon(reference: ArrayLike, window: ArrayLike) -> float:
    """Jensen–Shannon distance: the root of the mean divergence (base 2) of both from their middle.

    Bins: any. Edges: those of the bins. Zeros: a bin without rows adds nothing (0 · log 0 = 0). Unit: root of bits. Range: 0, same
    shares, to 1, no bin in common. Symmetric. Source: J. Lin, Divergence Measures Based on the Shannon Entropy (1991); D. M. Endres and
    J. E. Schindelin, A new metric for probability distributions (2003); `scipy.spatial.distance.jensenshannon` with base 2.
    """
    return float(scores("jensen_shannon", reference, window))


def chi_squared(reference: ArrayLike, window: ArrayLike) -> float:
    """Pearson's chi-squared of homogeneity, of the table with two rows and a column for each bin, without continuity correction.

    Bins: each should expect five rows or more (W. G. Cochran, 1954). Edges: those of the bins. Zeros: a bin that is empty in both adds
    nothing. Unit: none. Range: 0 to n + N. Symmetric. Where nothing has changed and rows are independent it has the chi-squared
    distribution with bins − 1 degrees. It grows with the number of rows wherever there is any difference. Source: K. Pearson (1900);
    `scipy.stats.chi2_contingency(…, correction=False)`.
    """
    return float(scores("chi_squared", reference, window))


def moved(reference: ArrayLike, window: ArrayLike) -> float:
    """Total variation: half the sum over bins of |p − q|, which is the share of rows that would have to go to another bin.

    Bins: any. Edges: those of the bins. Zeros: nothing to handle. Unit: share of rows, the only one here that means the same for numbers
    and categories. Range: 0 to 1. Symmetric. Source: D. A. Levin and Y. Peres, Markov Chains and Mixing Times, proposition 4.2.
    """
    return float(scores("moved", reference, window))


def scores(method: Method, reference: ArrayLike, window: ArrayLike, positions: ArrayLike = ()) -> Floats:
    """`method` of one window (shape (bins,), result ()) or of many against one reference (shape (windows, bins), result (windows,)); a
    reference may also be one for each window. Raises ValueError."""
    one, two = np.asarray(reference, dtype=np.float64), np.asarray(window, dtype=np.float64)
    if one.shape[-1:] != two.shape[-1:] or not one.size or not two.size:
        raise ValueError(f"reference has shape {one.shape} and window {two.shape}; their bins are not the same")
    if (one < 0).any() or (two < 0).any():
        raise ValueError("counts are 0 or more")
    if (one.sum(axis=-1) <= 0).any() or (two.sum(axis=-1) <= 0).any():
        raise ValueError("a reference or a window without rows cannot be compared")
    if method == "psi":
        return _psi(one, two)
    if method == "chi_squared":
        return _chi_squared(one, two)
    q, p = _shares(one), _shares(two)
    if method == "moved":
        return np.asarray(0.5 * np.abs(p - q).sum(axis=-1))
    if method == "jensen_shannon":
        return _jensen_shannon(q, p)
    # Rounding of sums may leave 1e-17 between shares that are the same; a cumulated share of all rows is 1 by definition.
    apart = np.abs(np.cumsum(p, axis=-1) - np.cumsum(q, axis=-1))[..., :-1]
    if method == "ks":
        return np.asarray(apart.max(axis=-1, initial=0.0))
    places = np.asarray(positions, dtype=np.float64)
    if places.shape != one.shape[-1:] or (np.diff(places) < 0).any():
        raise ValueError(f"positions are one for each of the {one.shape[-1]} bins, ascending")
    return np.asarray(apart @ np.diff(places))


def grouped(counts: ArrayLike, groups: Sequence[int] | NDArray[np.int64]) -> Floats:
    """Counts of bins that belong together: `groups` says of each bin which one it goes to, 0 and up."""
    there = np.asarray(counts, dtype=np.float64)
    to = np.asarray(groups, dtype=np.int64)
    return np.asarray(there @ (to[:, None] == np.arange(to.max() + 1)[None, :]).astype(np.float64))


def grouping(reference: ArrayLike, size: float, most: int) -> NDArray[np.int64]:
    """Which bins belong together where `size` rows are compared: shape (bins,), group numbers from 0.

    A bin that holds 0.9 / `most` of the reference, and of `size` rows expects five, is a group of its own: frequent values stay apart.
    The others are put together in their order until they do, so that there are about `most` groups (more where values are frequent, fewer
    where rows are few); what is left over goes to the last of these. Where all others are frequent values it is a group of its own, or
    with the rarest of them where not even one row of it is expected; but a constant has two groups: its value, and anything else.
    Depends on the reference alone, never on the window. Source: W. G. Cochran, Some Methods for Strengthening the Common χ² Tests (1954),
    for five.
    """
    return _grouping(np.asarray(reference, dtype=np.float64).tobytes(), float(size), most)


# The same columns are asked for window after window, at the same few sizes.
@lru_cache(maxsize=4096)
def _grouping(reference: bytes, size: float, most: int) -> NDArray[np.int64]:
    shares = _shares(np.frombuffer(reference, dtype=np.float64))
    # A hair less, for sums of shares that should be just as much.
    least = min(max(0.9 / most, 5.0 / max(size, 1.0)), LARGEST_LEAST) - 1e-9
    groups = np.full(shares.size, -1, dtype=np.int64)
    frequent = np.flatnonzero(shares >= least)
    groups[frequent] = np.arange(frequent.size)
    number, held, pending = int(frequent.size), 0.0, []
    for bin_, share in enumerate(shares):
        if groups[bin_] >= 0:
            continue
        pending.append(bin_)
        held += float(share)
        if held >= least:
            groups[pending] = number
            number, held, pending = number + 1, 0.0, []
    if number > frequent.size:
        groups[pending] = number - 1
    elif frequent.size > 1 and held * size < 1:
        groups[pending] = int(np.argmin(shares[frequent]))
    else:
        groups[pending] = number
    groups.flags.writeable = False
    return groups


def _shares(counts: Floats) -> Floats:
    return np.asarray(counts / counts.sum(axis=-1, keepdims=True))


def _psi(one: Floats, two: Floats) -> Floats:
    q, p = _shares(one + HALF), _shares(two + HALF)
    return np.asarray(((p - q) * np.log(p / q)).sum(axis=-1))


def _chi_squared(one: Floats, two: Floats) -> Floats:
    rows, others = two.sum(axis=-1, keepdims=True), one.sum(axis=-1, keepdims=True)
    both = one + two
    squares = (two * np.sqrt(others / rows) - one * np.sqrt(rows / others)) ** 2
    return np.asarray(np.divide(squares, both, out=np.zeros_like(both), where=both > 0).sum(axis=-1))


def _jensen_shannon(q: Floats, p: Floats) -> Floats:
    middle = (p + q) / 2
    # Rounding may put the divergence of equal shares just below 0.
    return np.asarray(np.sqrt(np.maximum((_divergence(p, middle) + _divergence(q, middle)) / 2, 0.0)))


def _divergence(p: Floats, middle: Floats) -> Floats:
    of = np.broadcast_to(p, middle.shape)
    ratio = np.divide(of, middle, out=np.ones_like(middle), where=of > 0)
    return np.asarray((of * np.log2(ratio)).sum(axis=-1))
