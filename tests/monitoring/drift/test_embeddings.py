"""Vectors: what moves together is seen where no column by itself says so."""

import numpy as np
import pytest
from numpy.typing import NDArray

from modelway.monitoring.drift.embeddings import domain_classifier, mmd


def vectors(rows: int, seed: int, shift: float = 0.0, columns: int = 8) -> NDArray[np.float64]:
    return np.random.default_rng(seed).normal(shift, 1, (rows, columns))


def test_mmd_is_the_formula_of_gretton() -> None:
    one, two = vectors(7, 1, columns=2), vectors(5, 2, columns=2)
    distances = [float(((one[at] - one[other]) ** 2).sum()) for at in range(7) for other in range(at)]
    width = float(np.median(distances))

    def kernel(a: NDArray[np.float64], b: NDArray[np.float64]) -> float:
        return float(np.exp(-((a - b) ** 2).sum() / (2 * width)))

    within = sum(kernel(a, b) for at, a in enumerate(one) for other, b in enumerate(one) if at != other) / 42
    within += sum(kernel(a, b) for at, a in enumerate(two) for other, b in enumerate(two) if at != other) / 20
    between = sum(kernel(a, b) for a in one for b in two) / 35
    assert mmd(one, two)[0] == pytest.approx(within - 2 * between)


def test_calm_vectors_are_not_told_apart() -> None:
    chances = [
        (
            mmd(vectors(80, seed), vectors(60, 100 + seed), permutations=60)[1],
            domain_classifier(vectors(200, seed), vectors(150, 1_000 + seed)),
        )
        for seed in range(30)
    ]
    assert sum((chance or 0) < 0.05 for chance, _ in chances) <= 5
    assert sum(chance < 0.05 for _, (_, chance) in chances) <= 5
    assert np.mean([area for _, (area, _) in chances]) == pytest.approx(0.5, abs=0.04)


def test_a_shift_is_seen_and_a_larger_one_more() -> None:
    reference = vectors(300, 1)
    found = [mmd(reference, vectors(200, 2, shift))[0] for shift in (0, 0.2, 0.5, 1)]
    areas = [domain_classifier(reference, vectors(200, 2, shift))[0] for shift in (0, 0.2, 0.5, 1)]
    assert found == sorted(found)
    assert areas == sorted(areas)
    assert areas[-1] > 0.95
    assert mmd(reference, vectors(200, 2, 0.5), permutations=99)[1] == pytest.approx(0.01)
    assert domain_classifier(reference, vectors(200, 2, 0.5))[1] < 1e-6


def test_columns_that_turn_round_together_are_seen_by_mmd_alone() -> None:
    random = np.random.default_rng(3)
    shared = random.normal(size=(600, 1))
    noise = 0.3 * random.normal(size=(600, 2))
    together = np.hstack([shared, shared]) + noise
    apart = np.hstack([shared, -shared]) + noise
    assert mmd(together[:300], apart[300:], permutations=99)[1] == pytest.approx(0.01)
    # Each column has the same distribution, and no plane divides them.
    assert domain_classifier(together[:300], apart[300:])[1] > 0.001


def test_the_order_of_rows_and_a_constant_column_do_not_matter() -> None:
    one, two = vectors(100, 4), vectors(100, 5, 0.3)
    assert mmd(one[::-1], two)[0] == pytest.approx(mmd(one, two)[0])
    flat = [np.hstack([rows, np.full((100, 1), 7.0)]) for rows in (one, two)]
    assert domain_classifier(flat[0], flat[1])[0] == pytest.approx(domain_classifier(one, two)[0], abs=1e-6)


def test_many_rows_are_sampled_and_the_same_each_time() -> None:
    one, two = vectors(2_500, 6, columns=3), vectors(2_500, 7, columns=3)
    assert domain_classifier(one, two) == domain_classifier(one, two)


def test_what_cannot_be_compared() -> None:
    for one, two in (([[1.0]], [[1.0], [2.0]]), ([[1.0], [2.0]], [[1.0, 2.0], [1.0, 2.0]]), ([1.0, 2.0], [1.0, 2.0])):
        with pytest.raises(ValueError, match="two rows or more"):
            mmd(one, two)
    with pytest.raises(ValueError, match="finite"):
        mmd([[1.0], [np.nan]], [[1.0], [2.0]])
    with pytest.raises(ValueError, match="needs 10 rows"):
        domain_classifier(vectors(5, 1), vectors(50, 2))
