"""Noise: chances that are as they say, at every size, for every statistic, and what time has beside chance."""

import numpy as np
import pytest
from numpy.typing import NDArray

from modelway.monitoring.drift.baseline import Column, Noise
from modelway.monitoring.drift.binning import binned
from modelway.monitoring.drift.calibrating import calibrated, methods_of
from modelway.monitoring.drift.deciding import Decision
from modelway.monitoring.drift.noise import with_natural
from modelway.monitoring.drift.shares import Share
from modelway.monitoring.drift.statistics import Method
from modelway.monitoring.drift.windows import MONDAY
from tests.monitoring.drift.made_columns import HOUR, baseline_of, cells, column_of

DRAWS = {
    "normal": lambda random, rows: random.normal(size=rows),
    "zeros": lambda random, rows: np.where(random.random(rows) < 0.6, 0.0, random.exponential(size=rows)),
    "few": lambda random, rows: random.integers(0, 5, rows).astype(float),
}


def windows_of(column: Column, kind: str, rows: int, windows: int, random: np.random.Generator) -> NDArray[np.int64]:
    places = binned(DRAWS[kind](random, rows * windows), column.cuts) + (len(column.counts) * np.repeat(np.arange(windows), rows))
    return np.bincount(places, minlength=len(column.counts) * windows).reshape(windows, -1)


@pytest.mark.parametrize("rows", [50, 400, 5_000])
@pytest.mark.parametrize("kind", DRAWS)
def test_chances_are_as_they_say_at_every_size(kind: str, rows: int) -> None:
    random = np.random.default_rng(1)
    found: dict[Method, list[float]] = {}
    for _ in range(8):
        column = baseline_of({"x": DRAWS[kind](random, 20_000)}).columns[0]
        windows = windows_of(column, kind, rows, 150, random)
        for method in methods_of(column):
            decision = Decision.of(column, column.counts, rows, method, 0.05, 0.05)
            found.setdefault(method, []).extend(decision.chances(decision.scores(windows)))
    for method, chances in found.items():
        # Of 1,200 windows 60 are expected below 0.05, and 12 below 0.01; those of one reference have its chance in common.
        assert 20 <= sum(chance < 0.05 for chance in chances) <= 108, method
        assert sum(chance < 0.01 for chance in chances) <= 30, method


def test_a_threshold_that_is_the_same_for_all_sizes_would_not_be() -> None:
    # The rule of thumb 0.1 is passed by chance in most windows of 50 rows, and in none of 5,000; ours is found for each.
    random = np.random.default_rng(2)
    column = baseline_of({"x": random.normal(size=20_000)}).columns[0]
    above, ours = [], []
    for rows in (50, 5_000):
        decision = Decision.of(column, column.counts, rows, "psi", 0.02, 0.05)
        scores = decision.scores(windows_of(column, "normal", rows, 200, random))
        above.append(float((scores > 0.1).mean()))
        ours.append(float((scores > decision.threshold).mean()))
    assert above[0] > 0.5
    assert above[1] == 0
    assert max(ours) <= 0.06


def test_references_of_sixty_rows_are_no_more_sure_than_they_can_be() -> None:
    random = np.random.default_rng(3)
    seen = 0
    for _ in range(20):
        column = baseline_of({"x": random.normal(size=60)}).columns[0]
        for rows in (50, 400):
            decision = Decision.of(column, column.counts, rows, "psi", 0.02, 0.0)
            scores = decision.scores(windows_of(column, "normal", rows, 50, random))
            seen += int((decision.chances(scores) < 0.02).sum())
    # 40 of 2,000 are expected.
    assert seen <= 80


def timed(windows: int, rows: int, spread: float, keep: float, seed: int) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Rows whose mean wanders from window to window, and their times."""
    random = np.random.default_rng(seed)
    means = np.zeros(windows)
    for at in range(1, windows):
        means[at] = keep * means[at - 1] + np.sqrt(1 - keep**2) * random.normal()
    return random.normal(size=windows * rows) + np.repeat(spread * means, rows), np.repeat(np.arange(windows) * float(HOUR), rows)


def test_clustered_rows_fool_nobody_who_knows_their_time() -> None:
    values, times = timed(200, 100, 0.5, 0.0, 4)
    naive, wise = baseline_of({"x": values}).columns[0], baseline_of({"x": values}, times).columns[0]
    later, _ = timed(200, 100, 0.5, 0.0, 5)
    windows = np.stack([np.bincount(binned(part, wise.cuts), minlength=len(wise.counts)) for part in later.reshape(200, 100)])
    shares = []
    for column in (naive, wise):
        decision = Decision.of(column, column.counts, 100, "psi", 0.02, 0.0)
        shares.append(float((decision.chances(decision.scores(windows)) < 0.02).mean()))
    assert shares[0] > 0.4
    assert shares[1] <= 0.05


def test_noise_of_time_adds_to_that_of_drawing() -> None:
    # Two gamma distributions, and what both have together: moments by hand.
    noise = Noise((100,), (0.1,), (0.002,), 0.1, 0.02)
    found = with_natural(0.1, 0.002, noise)
    assert found.mean == pytest.approx(0.2)
    assert found.variance == pytest.approx(0.002 + 0.02 + 2 * 0.1 * 0.002 / 0.1)
    assert found.third == pytest.approx(2 * 0.006**2 / 0.2 + 2 * 0.02**2 / 0.1)
    # As the sum of a drawn chi-squared and of the square of a normal that wanders is.
    random = np.random.default_rng(13)
    drawn = random.noncentral_chisquare(9, 400 * 0.05 * random.normal(size=200_000) ** 2) / 400
    mixed = with_natural(9 / 400, 18 / 400**2, Noise((400,), (9 / 400,), (18 / 400**2,), 0.05, 2 * 0.05**2))
    for chance in (0.05, 0.01, 0.002):
        assert (drawn > mixed.square(chance)).mean() == pytest.approx(chance, rel=0.4)
        assert mixed.chance(mixed.square(chance)) == pytest.approx(chance)


def test_what_goes_on_from_window_to_window_is_known() -> None:
    steady = baseline_of(*_with(timed(300, 100, 0.5, 0.9, 6))).columns[0].noise["psi"]
    fresh = baseline_of(*_with(timed(300, 100, 0.5, 0.0, 7))).columns[0].noise["psi"]
    assert steady.natural_persistence > 0.5
    assert fresh.natural_persistence < 0.3


def _with(made: tuple[NDArray[np.float64], NDArray[np.float64]]) -> tuple[dict[str, NDArray[np.float64]], NDArray[np.float64]]:
    return {"x": made[0]}, made[1]


def test_few_windows_are_taken_to_say_little() -> None:
    spreads = []
    for windows in (8, 200):
        found = [baseline_of(*_with(timed(windows, 50, 0.3, 0.0, seed))).columns[0].noise["psi"] for seed in range(4)]
        spreads.append(float(np.mean([noise.natural_variance for noise in found])))
    assert spreads[0] > spreads[1]


def test_no_time_and_too_few_windows_say_nothing() -> None:
    values, times = timed(2, 100, 0.5, 0.0, 8)
    assert baseline_of({"x": values}, times).windows == 0
    noise = baseline_of({"x": values}).columns[0].noise["psi"]
    assert (noise.natural_mean, noise.natural_variance) == (0, 0)
    # Rows without a time are in no window.
    unknown = np.where(np.arange(times.size) % 2 == 0, np.nan, times)
    assert baseline_of({"x": values}, unknown).windows == 0


def test_weeks_begin_on_mondays_as_those_that_are_looked_at_do() -> None:
    week = 7 * 24 * HOUR
    times = MONDAY + np.arange(4 * 500) * (week / 500)
    column = baseline_of({"x": np.random.default_rng(9).normal(size=times.size)}).columns[0]
    bins = np.zeros((times.size, 1), dtype=np.int64)
    assert calibrated([column], bins, times, week, 1)[2] == 4


def test_columns_that_move_as_one_are_one_test() -> None:
    random = np.random.default_rng(9)
    same = random.normal(size=4_000)
    assert baseline_of({f"x{at}": same for at in range(10)}).tests < 2
    assert baseline_of({f"x{at}": random.normal(size=4_000) for at in range(10)}).tests > 7


def test_the_same_arguments_give_the_same_noise() -> None:
    values = np.random.default_rng(10).normal(size=500)
    assert baseline_of({"x": values}) == baseline_of({"x": values})


@pytest.mark.parametrize(
    "values",
    [[5.0] * 100, [None] * 100, [1.0], [np.inf] * 50 + [1.0] * 50, [1.0, None] * 50, ["a"] * 100, [f"v{at}" for at in range(100)]],
    ids=["constant", "all missing", "one row", "infinite", "half missing", "one category", "all rare"],
)
def test_whatever_a_reference_is_it_has_finite_noise(values: list[float | str | None]) -> None:
    column = column_of("x", values)
    (done,), tests, _ = calibrated([column], cells(column, values)[:, None], None, HOUR, 1)
    assert tests == 1
    for noise in done.noise.values():
        assert np.isfinite([*noise.means, *noise.variances, noise.natural_mean, noise.natural_variance]).all()
    assert {"missing", "wrong", "infinite"} <= set(done.noise)


def test_a_thousand_categories_are_compared_in_groups_with_enough_rows() -> None:
    random = np.random.default_rng(11)
    names = [f"v{number}" for number in range(1_000)]
    column = baseline_of({"x": [names[at] for at in random.integers(0, 1_000, 20_000)]}).columns[0]
    windows = random.multinomial(400, np.append(np.full(1_000, 0.001), 0.0), size=300)
    decision = Decision.of(column, column.counts, 400, "psi", 0.02, 0.0)
    assert float((decision.chances(decision.scores(windows)) < 0.02).mean()) <= 0.06


@pytest.mark.parametrize("known", [0, 20, 500])
@pytest.mark.parametrize("rows", [50, 400, 20_000])
def test_chances_of_shares_are_as_they_say(rows: int, known: int) -> None:
    random = np.random.default_rng(12)
    share = Share(rows, known, 1_000)
    truth = random.beta(known + 0.5, 1_000 - known + 0.5, 2_000)
    found = random.binomial(rows, truth)
    chances = {int(value): share.chances(int(value)) for value in np.unique(found)}
    for side in (0, 1):
        assert np.mean([chances[int(value)][side] < 0.02 for value in found]) <= 0.03
    assert share.chances(0)[0] == pytest.approx(1)
    assert share.chances(rows)[1] == pytest.approx(1)


@pytest.mark.parametrize("rows", [400, 20_000])
def test_the_share_that_is_passed_has_the_chance(rows: int) -> None:
    share = Share(rows, 50, 1_000)
    passed = share.passed(0.01)
    assert share.chances(round(passed * rows) + 1)[0] < 0.011
    assert share.chances(round(passed * rows) - 5)[0] > 0.009


def test_time_widens_what_a_share_may_be() -> None:
    assert Share(400, 50, 1_000, 0.001).chances(50)[0] > Share(400, 50, 1_000).chances(50)[0]
