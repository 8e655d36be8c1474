"""Whether vectors, such as embeddings of texts or images, are as those of a reference: no column by itself says so.

Both need the vectors themselves, so they are for those who have them at hand: a baseline keeps none.
"""

import numpy as np
from numpy.typing import ArrayLike
from scipy import stats
from scipy.spatial.distance import cdist

from modelway.monitoring.drift.statistics import Floats

MOST = 2_000
"""Rows of each that are looked at: the cost grows with their square."""
RIDGE = 1e-3
FEWEST = 10


def mmd(reference: ArrayLike, window: ArrayLike, *, permutations: int = 0, seed: int = 0) -> tuple[float, float | None]:
    """Maximum mean discrepancy, squared and unbiased, with a Gaussian kernel; and the probability of as much where nothing has changed.

    Shapes (n, d) and (m, d), finite, two rows or more each; the first of a random order of 2,000 rows of each are looked at. The kernel is
    exp(−|x − y|² / 2σ²), with σ the median distance of the reference's rows among themselves (1 where that is 0), so the window does not
    change it. Bins, edges: none. Unit: none. Range: about −1/n to 2; around 0 where nothing has changed. Symmetric but for σ. The
    probability is that of a permutation test, (1 + as large or larger) / (1 + permutations); None where none are asked for. It takes rows
    to be independent. Raises ValueError. Source: A. Gretton and others, A Kernel Two-Sample Test, JMLR 13 (2012), lemma 6 and section 8.
    """
    random = np.random.default_rng(seed)
    one, two = _sampled(reference, window, random)
    both = np.concatenate([one, two])
    distances = np.asarray(cdist(both, both, "sqeuclidean"))
    among = distances[: len(one), : len(one)][np.triu_indices(len(one), 1)]
    width = float(np.median(among)) or 1.0
    kernel = np.exp(-distances / (2 * width))
    np.fill_diagonal(kernel, 0.0)
    found = _discrepancy(kernel, np.arange(len(both)) < len(one))
    if not permutations:
        return found, None
    drawn = [_discrepancy(kernel, random.permutation(len(both)) < len(one)) for _ in range(permutations)]
    return found, (1 + sum(value >= found for value in drawn)) / (1 + permutations)


def domain_classifier(reference: ArrayLike, window: ArrayLike, *, seed: int = 0) -> tuple[float, float]:
    """How well a linear classifier tells the window's rows from the reference's: its area under the ROC curve, and the probability of as
    much where nothing has changed.

    Shapes (n, d) and (m, d), finite, ten rows or more each; 2,000 of each are looked at. The classifier is ridge regression on columns of
    unit variance, fitted on half of the rows and asked about the other half, so it cannot learn rows by heart. It is not fitted again the
    other way round: both areas would have rows in common, and their chance would not be known. Bins, edges: none; equal answers count
    half. Unit: none. Range: 0 to 1; 0.5 where nothing has changed, 1 where both are told apart. The probability is that of Mann and
    Whitney's test; rows are taken to be independent. Only linear differences are seen: for others use `mmd`. Raises ValueError. Source:
    D. Lopez-Paz and M. Oquab, Revisiting Classifier Two-Sample Tests (2017); H. B. Mann and D. R. Whitney (1947).
    """
    random = np.random.default_rng(seed)
    one, two = _sampled(reference, window, random)
    if min(len(one), len(two)) < FEWEST:
        raise ValueError(f"a classifier needs {FEWEST} rows of each; there are {len(one)} and {len(two)}")
    rows = np.concatenate([one, two])
    spread = rows.std(axis=0)
    rows = (rows - rows.mean(axis=0)) / np.where(spread > 0, spread, 1.0)
    window = np.arange(len(rows)) >= len(one)
    # Both are in a random order already.
    learned = np.concatenate([np.arange(len(part)) < len(part) // 2 for part in (one, two)])
    said = rows @ _ridge(rows[learned], window[learned].astype(np.float64))
    test = stats.mannwhitneyu(said[~learned & window], said[~learned & ~window], alternative="greater", method="asymptotic")
    return float(test.statistic) / float((~learned & window).sum() * (~learned & ~window).sum()), float(test.pvalue)


def _sampled(reference: ArrayLike, window: ArrayLike, random: np.random.Generator) -> tuple[Floats, Floats]:
    one, two = np.asarray(reference, dtype=np.float64), np.asarray(window, dtype=np.float64)
    if one.ndim != 2 or two.ndim != 2 or one.shape[1] != two.shape[1] or min(len(one), len(two)) < 2 or not one.shape[1]:
        raise ValueError(f"vectors have the shapes {one.shape} and {two.shape}; both need two rows or more, and as many columns")
    if not (np.isfinite(one).all() and np.isfinite(two).all()):
        raise ValueError("vectors are finite numbers")
    return one[random.permutation(len(one))[:MOST]], two[random.permutation(len(two))[:MOST]]


def _discrepancy(kernel: Floats, first: np.typing.NDArray[np.bool_]) -> float:
    one, two = first.astype(np.float64), (~first).astype(np.float64)
    n, m = one.sum(), two.sum()
    within = one @ kernel @ one / (n * (n - 1)) + two @ kernel @ two / (m * (m - 1))
    return float(within - 2 * (one @ kernel @ two) / (n * m))


def _ridge(rows: Floats, answers: Floats) -> Floats:
    centred = answers - answers.mean()
    squares = rows.T @ rows
    return np.asarray(np.linalg.solve(squares + RIDGE * len(rows) * np.eye(len(squares)), rows.T @ centred))
