"""Bins: frozen from the reference, and not moved by what is absurd in it."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from modelway.monitoring.drift.baseline import Column, hashed
from modelway.monitoring.drift.binning import Bins, binned, bins_of, categories_of, outside_of
from modelway.monitoring.drift.statistics import wasserstein

SALT = "00ff"


def counted(values: object, bins: Bins) -> list[int]:
    return [int(count) for count in np.bincount(binned(values, bins.cuts), minlength=len(bins.cuts) + 1)]


@given(st.lists(st.floats(allow_nan=False, allow_infinity=False), min_size=1, max_size=200))
@settings(max_examples=150, deadline=None)
def test_whatever_is_finite_has_bins(values: list[float]) -> None:
    bins = bins_of(values)
    assert list(bins.cuts) == sorted(set(bins.cuts))
    assert len(bins.positions) == len(bins.cuts) + 1
    assert list(bins.positions) == sorted(bins.positions)
    assert np.isfinite(bins.positions).all()
    assert bins.scale > 0
    assert bins.low <= bins.high
    assert sum(counted(values, bins)) == len(values)


@given(st.lists(st.floats(-1e6, 1e6), min_size=1, max_size=100), st.randoms(use_true_random=False))
@settings(max_examples=50, deadline=None)
def test_the_order_of_rows_does_not_matter(values: list[float], random: object) -> None:
    shuffled = list(values)
    random.shuffle(shuffled)  # type: ignore[attr-defined]
    assert bins_of(values) == bins_of(shuffled)


@given(st.lists(st.integers(-1_000, 1_000), min_size=20, max_size=200), st.sampled_from([1e-9, 1e-3, 1e3, 1e9]))
@settings(max_examples=50, deadline=None)
def test_a_unit_changes_no_bin(values: list[int], unit: float) -> None:
    plain, other = bins_of(values), bins_of([value * unit for value in values])
    # Ends are rounded outwards, to other digits in another unit; scale and share of rows are the same.
    if len(set(values)) > 1:
        assert other.scale == pytest.approx(plain.scale * unit, rel=1e-9)


def test_bins_are_closed_above() -> None:
    assert binned([0.9, 1.0, 1.1, 2.0, 2.1], [1.0, 2.0]).tolist() == [0, 0, 1, 1, 2]


def test_zeros_of_a_zero_inflated_column_are_alone() -> None:
    values = np.concatenate([np.zeros(700), np.random.default_rng(1).exponential(size=300)])
    bins = bins_of(values)
    counts = counted(values, bins)
    assert counts[int(binned([0.0], bins.cuts)[0])] == 700
    # What is just above or below is not with them, as it would be in half-open bins.
    assert len(set(binned([-1e-12, 0.0, 1e-12], bins.cuts).tolist())) == 3


def test_a_frequent_value_in_the_middle_is_alone() -> None:
    values = np.concatenate([np.zeros(100), np.random.default_rng(8).normal(size=900)])
    bins = bins_of(values)
    assert counted(values, bins)[int(binned([0.0], bins.cuts)[0])] == 100
    assert len(set(binned([-1e-12, 0.0, 1e-12], bins.cuts).tolist())) == 3


def test_a_constant_that_changes_its_value_goes_elsewhere() -> None:
    bins = bins_of([5.0] * 100)
    assert len(set(binned([4.9, 5.0, 5.1, 6.0], bins.cuts).tolist())) >= 3


def test_one_absurd_value_widens_neither_range_nor_scale() -> None:
    plain = np.random.default_rng(2).normal(size=60)
    for absurd in (1e12, -1e12, 1e300):
        bins = bins_of([*plain, absurd])
        assert -4 < bins.low <= plain.min()
        assert plain.max() <= bins.high < 4
        assert bins.scale == pytest.approx(plain.std(), rel=0.01)
        column = Column(
            "x", "input", "number", 61, 0, counts=tuple(counted([*plain, absurd], bins)), cuts=bins.cuts, low=bins.low, high=bins.high
        )
        assert sum(sum(column.counts[part]) for part in outside_of(column)) == 1


def test_a_shift_is_not_hidden_by_an_absurd_value_of_the_reference() -> None:
    random = np.random.default_rng(3)
    reference = np.concatenate([random.normal(size=1_000), [1e12]])
    bins = bins_of(reference)
    found = wasserstein(counted(reference, bins), counted(random.normal(0.5, size=1_000), bins), bins.positions)
    assert found == pytest.approx(0.5, abs=0.1)


def test_small_units_have_a_small_scale() -> None:
    values = np.random.default_rng(4).normal(size=500)
    assert bins_of(values * 1e-12).scale == pytest.approx(bins_of(values).scale * 1e-12)


def test_another_unit_is_far_beyond_the_range_and_not_endless() -> None:
    values = np.random.default_rng(5).lognormal(size=2_000)
    bins = bins_of(values)
    tenfold, thousandfold = (wasserstein(counted(values, bins), counted(values * factor, bins), bins.positions) for factor in (10, 1_000))
    assert 1 < tenfold < thousandfold < 100


def test_heavy_tails_are_not_absurd() -> None:
    values = np.random.default_rng(6).exponential(size=20_000)
    assert bins_of(values).high >= values.max()


def test_interior_cuts_are_no_rows_value() -> None:
    values = np.random.default_rng(7).normal(size=500)
    bins = bins_of(values)
    assert not set(bins.cuts) & set(values)


def test_nothing_and_nan_have_no_bins() -> None:
    for values in ([], [np.nan, 1.0], [np.inf]):
        with pytest.raises(ValueError, match="finite"):
            bins_of(values)


def test_categories_are_the_most_frequent_ones_by_hash() -> None:
    values = ["b"] * 20 + ["a"] * 30 + ["rare"] * 4
    assert categories_of(values, SALT) == (hashed(SALT, "a"), hashed(SALT, "b"))


def test_there_are_at_most_a_thousand_categories() -> None:
    values = [f"v{number}" for number in range(1_500) for _ in range(5)]
    found = categories_of(values, SALT)
    assert len(found) == 1_000
    assert found == categories_of(values[::-1], SALT)
