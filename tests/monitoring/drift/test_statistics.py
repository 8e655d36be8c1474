"""Statistics: against scipy, against published values, and by what holds of all of them."""

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from scipy import stats
from scipy.spatial.distance import jensenshannon

from modelway.monitoring.drift.statistics import (
    METHODS,
    Method,
    chi_squared,
    grouped,
    grouping,
    jensen_shannon,
    ks,
    moved,
    psi,
    scores,
    wasserstein,
)

COUNTS = st.lists(st.integers(0, 5_000), min_size=2, max_size=30)


@st.composite
def pairs(draw: st.DrawFn) -> tuple[list[int], list[int]]:
    one = draw(COUNTS)
    two = draw(st.lists(st.integers(0, 5_000), min_size=len(one), max_size=len(one)))
    assume(sum(one) and sum(two))
    return one, two


def score(method: Method, one: list[int], two: list[int]) -> float:
    return float(scores(method, one, two, range(len(one))))


def test_psi_is_what_others_published() -> None:
    # strappy 0.0.3, tests/test_psi.py: six and five against five and four is 0.00041. Many rows, so that half a row is nothing.
    assert psi([600_000, 500_000], [500_000, 400_000]) == pytest.approx(0.00041, abs=5e-6)
    # By hand: 0.1 · ln 1.2 − 0.1 · ln 0.8.
    assert psi([5_000_000, 5_000_000], [6_000_000, 4_000_000]) == pytest.approx(0.040547, abs=1e-6)


def test_psi_of_equal_shares_is_spread_as_yurdakul_says() -> None:
    # (1/n + 1/N)⁻¹ · PSI has the chi-squared distribution with bins − 1 degrees.
    random = np.random.default_rng(7)
    one, two = random.multinomial(3_000, [0.1] * 10, 4_000), random.multinomial(2_000, [0.1] * 10, 4_000)
    found = scores("psi", one, two) / (1 / 3_000 + 1 / 2_000)
    assert found.mean() == pytest.approx(9, rel=0.03)
    assert (found > stats.chi2.isf(0.05, 9)).mean() == pytest.approx(0.05, abs=0.012)


def test_wasserstein_is_what_scipy_documents() -> None:
    # The three examples of scipy.stats.wasserstein_distance.
    assert wasserstein([1, 1, 1, 0, 0, 0], [0, 0, 0, 1, 1, 1], [0, 1, 3, 5, 6, 8]) == pytest.approx(5)
    assert wasserstein([3, 1], [2, 2], [0, 1]) == pytest.approx(0.25)
    places, one = [1.4, 3.4, 3.9, 4.5, 7.5, 7.8], [0, 1.4, 0.9, 0, 3.1, 7.2]
    assert wasserstein(one, [3.5, 0, 0, 3.2, 0, 0], places) == pytest.approx(4.0781331438047861)


def test_chi_squared_is_what_scipy_documents() -> None:
    assert chi_squared([10, 10, 20], [20, 20, 20]) == pytest.approx(2.7777777777777777)


def test_jensen_shannon_is_what_scipy_documents() -> None:
    assert jensen_shannon([1, 0, 0], [0, 1, 0]) == pytest.approx(1.0)
    # The documented one is in nats.
    assert jensen_shannon([1, 0], [1, 1]) * np.sqrt(np.log(2)) == pytest.approx(0.46450140402245893)


@given(pairs())
@settings(max_examples=60, deadline=None)
def test_all_are_as_in_scipy(pair: tuple[list[int], list[int]]) -> None:
    one, two = (np.array(counts) for counts in pair)
    places = np.arange(one.size)
    assert jensen_shannon(one, two) == pytest.approx(jensenshannon(one, two, 2.0), abs=1e-7)
    assert wasserstein(one, two, places) == pytest.approx(stats.wasserstein_distance(places, places, one, two), abs=1e-9)
    there = (one + two) > 0
    if there.sum() > 1:
        assert chi_squared(one, two) == pytest.approx(stats.chi2_contingency([one[there], two[there]], correction=False).statistic)
    if one.sum() + two.sum() < 20_000:
        values = [np.repeat(places, counts) for counts in (one, two)]
        assert ks(one, two) == pytest.approx(stats.ks_2samp(*values, method="asymp").statistic, abs=1e-12)


@given(pairs(), st.integers(2, 50))
@settings(max_examples=60, deadline=None)
def test_equal_shares_have_no_distance(pair: tuple[list[int], list[int]], times: int) -> None:
    one, _ = pair
    for method in METHODS:
        assert score(method, one, one) == pytest.approx(0, abs=1e-6)
        if method != "psi":
            assert score(method, one, [times * count for count in one]) == pytest.approx(0, abs=1e-6)


@given(pairs())
@settings(max_examples=60, deadline=None)
def test_who_is_the_reference_does_not_matter(pair: tuple[list[int], list[int]]) -> None:
    one, two = pair
    for method in METHODS:
        assert score(method, one, two) == pytest.approx(score(method, two, one), rel=1e-9, abs=1e-9)


@given(pairs(), st.randoms(use_true_random=False))
@settings(max_examples=60, deadline=None)
def test_the_order_of_bins_does_not_matter_but_where_it_should(pair: tuple[list[int], list[int]], random: object) -> None:
    one, two = pair
    order = list(range(len(one)))
    random.shuffle(order)  # type: ignore[attr-defined]
    for method in ("psi", "jensen_shannon", "chi_squared", "moved"):
        shuffled = [[counts[at] for at in order] for counts in (one, two)]
        assert score(method, *shuffled) == pytest.approx(score(method, one, two), rel=1e-9, abs=1e-7)


@given(pairs())
@settings(max_examples=60, deadline=None)
def test_each_is_within_its_range(pair: tuple[list[int], list[int]]) -> None:
    one, two = pair
    for method in ("ks", "jensen_shannon", "moved"):
        assert 0 <= score(method, one, two) <= 1 + 1e-12
    assert 0 <= score("psi", one, two) <= 2 * np.log(2 * (sum(one) + sum(two)) + len(one))
    assert 0 <= score("wasserstein", one, two) <= len(one) - 1 + 1e-9
    assert 0 <= score("chi_squared", one, two) <= sum(one) + sum(two) + 1e-6
    # Of the shares that moved, no more can be seen at one place.
    assert score("ks", one, two) <= score("moved", one, two) + 1e-12


@pytest.mark.parametrize("method", METHODS)
def test_a_larger_shift_scores_more(method: Method) -> None:
    edges = np.linspace(-3, 3, 40)

    def shifted(by: float) -> list[int]:
        above = stats.norm.cdf(np.concatenate([[-np.inf], edges, [np.inf]]), by)
        return [int(count) for count in np.round(np.diff(above) * 1e6)]

    found = [score(method, shifted(0), shifted(by)) for by in (0, 0.05, 0.1, 0.2, 0.4, 0.8, 1.6)]
    assert found == sorted(found)
    assert found[1] < found[2]


def test_no_rows_cannot_be_compared() -> None:
    for one, two in (([0, 0], [1, 1]), ([1, 1], [0, 0]), ([1], [1, 1]), ([-1, 2], [1, 1]), ([], [])):
        with pytest.raises(ValueError, match=r"not the same|0 or more|without rows"):
            psi(one, two)
    with pytest.raises(ValueError, match="ascending"):
        wasserstein([1, 1], [1, 1], [1, 0])


def test_one_row_is_compared_without_a_fault() -> None:
    for method in METHODS:
        assert np.isfinite(score(method, [10, 10, 0], [0, 0, 1]))


def test_moved_is_the_share_of_rows_that_went_elsewhere() -> None:
    assert moved([50, 50, 0], [45, 45, 10]) == pytest.approx(0.1)


@given(COUNTS, st.floats(1, 1e6), st.integers(2, 40))
@settings(max_examples=100, deadline=None)
def test_every_bin_is_in_a_group_and_no_row_is_lost(counts: list[int], size: float, most: int) -> None:
    assume(sum(counts))
    groups = grouping(counts, size, most)
    assert set(groups.tolist()) == set(range(groups.max() + 1))
    assert grouped(counts, groups).sum() == sum(counts)
    assert groups.max() >= 1 or (np.array(counts) > 0).sum() > 1


def test_groups_expect_enough_rows_and_frequent_values_stay_apart() -> None:
    counts = [20, 20, 400, 20, 20, 20, 20, 400, 40, 40]
    groups = grouping(counts, 10_000, 10)
    assert (groups == groups[2]).sum() == (groups == groups[7]).sum() == 1
    assert grouped(counts, grouping(counts, 60, 10)).min() >= 5 / 60 * 1_000
    # With few rows there are few groups.
    assert grouping([1] * 100, 50, 10).max() + 1 <= 10
    assert grouping([1] * 100, 10_000, 10).max() + 1 == 11


def test_a_constant_has_two_groups() -> None:
    assert grouping([0, 0, 1_000, 0], 50, 10).tolist() == [1, 1, 0, 1]
