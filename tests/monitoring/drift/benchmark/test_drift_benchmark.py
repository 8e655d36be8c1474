"""Recall, false alarms and delay beside two rivals, on a part of the cases that nothing is tuned by; scripts/bench_drift.py takes all of
them, and the real Evidently."""

import json
from collections.abc import Sequence
from functools import cache
from pathlib import Path

import numpy as np
import pytest

from modelway.monitoring.drift.counting import count, opened
from scripts.bench_drift import RESULTS, section
from tests.monitoring.drift.benchmark import ours
from tests.monitoring.drift.benchmark.cases import SIZES, calm, cases, drawn
from tests.monitoring.drift.benchmark.measuring import Outcome, a_month, by_system, delay, ours_on, outcome, outcomes, recall
from tests.monitoring.drift.benchmark.rivals import like_evidently, write

SEED = 41
CHOSEN = (
    "diseases by the ten",
    "yes and no change places",
    "a pixel is stuck",
    "a fifth of air times is missing",
    "more gaps than there were",
    "benign is malignant",
    "one absurd distance in the reference",
    "a constant changes",
    "endless distances",
    "wider than it was",
    "twice as much, in 50 rows",
    "a new carrier",
)
"""Of each kind one that is small, whatever becomes of it."""
KINDS = {
    *("calm halves", "natural change", "unit change", "remap", "new category", "stuck sensor", "missing burst", "concept flip", "subgroup"),
    *("parity", "nasty input"),
}
CALM = {50: 85, 400: 85, 5000: 80}
"""Windows of each of two references of two sets of rows: more than 300 of each size."""


@cache
def found() -> dict[str, list[Outcome]]:
    return by_system(outcomes(cases(CHOSEN), (SEED,), like_evidently))


def test_no_case_is_both_held_out_and_tuned_and_all_kinds_are_held_out():
    held_out, tuned = cases(held_out=True), cases(held_out=False)
    assert len(held_out) >= 30
    assert len(tuned) >= 20
    assert len({case.name for case in (*held_out, *tuned)}) == len(held_out) + len(tuned)
    assert {case.kind for case in held_out} >= KINDS
    assert {case.source for case in held_out} & {case.source for case in tuned} == {"seeded"}
    assert {case.rows for case in held_out if case.kind == "calm halves"} >= {60, 50_000}


def test_drawing_again_gives_the_same_rows_and_another_seed_others():
    case = cases(("a new carrier",))[0]
    one, again, other = drawn(case, SEED), drawn(case, SEED), drawn(case, SEED + 1)
    assert (one.windows[5]["carrier"] == again.windows[5]["carrier"]).all()
    assert (one.windows[5]["carrier"] != other.windows[5]["carrier"]).any()
    assert not any((window["carrier"] == "ZZ").any() for window in one.windows[: case.before])
    assert all((window["carrier"] == "ZZ").any() for window in one.windows[case.before :])


def test_more_is_found_than_by_rivals():
    mine = recall(found()["modelway"])
    assert mine >= 0.9
    assert all(mine >= recall(listed) for listed in found().values())


@pytest.mark.parametrize("rival", ["tests, votes", "evidently, votes", "evidently, half"])
def test_it_is_found_no_later_than_by_a_rival(rival: str):
    assert delay(found()["modelway"]) <= delay(found()[rival])


@pytest.mark.parametrize("size", SIZES)
def test_false_alarms_are_within_the_budget(size: int):
    windows = CALM[size]
    chosen = [case for case in calm(size, windows, held_out=True) if case.name in ("health insurance", "single column")]
    quiet = [outcome("modelway", case, ours_on(case, rows), None) for case in chosen for rows in (drawn(case, SEED), drawn(case, SEED + 1))]
    assert sum(one.calm for one in quiet) >= 300
    assert a_month(quiet) <= 1.5 * ours.BUDGET


@pytest.mark.parametrize("name", ["endless distances", "a new carrier", "more gaps than there were"])
def test_windows_are_counted_as_jobs_count_them(name: str, tmp_path: Path):
    case = cases((name,))[0]
    rows = drawn(case, SEED)
    baseline = ours.baseline_of(case, rows.reference)
    window = rows.windows[-1]
    write(window, tmp_path / "window.parquet")
    with opened([tmp_path / "window.parquet"]) as table:
        assert count(table, baseline) == ours.counted(window, baseline)


def test_an_alarm_is_a_find_only_where_it_is_about_what_changed():
    case = cases(("a new carrier",))[0]

    def judged(run: Sequence[str | None]) -> tuple[int | None, int, int]:
        one = outcome("", case, [None if told is None else frozenset([told]) for told in run], 4)
        return one.delay, one.alarmed, one.begun

    assert judged([None, "origin", None, "carrier", "origin", "origin", "carrier"]) == (3, 2, 2)
    assert judged([None, "origin", "origin", None, "origin"]) == (None, 2, 1)


def test_the_page_has_what_was_measured_last():
    measured = json.loads(RESULTS.read_text("utf-8"))
    assert section(measured) in (RESULTS.parent / "benchmarks.md").read_text("utf-8")


def test_what_rivals_are_said_to_do_is_what_evidently_does():
    """By hand, of the version that is locked: the choice of a test at 1,000 rows, 5 values, and its thresholds."""
    draw = np.random.default_rng(1)
    few, many = {"x": draw.normal(size=1000)}, {"x": draw.normal(size=1001)}
    a_little = {"x": draw.normal(0.09, 1, size=5000)}
    assert like_evidently(few, a_little, ["x"]).named == {"x"}  # Kolmogorov-Smirnov sees it
    assert not like_evidently(many, {"x": many["x"] + 0.09 * many["x"].std()}, ["x"]).named  # the distance is below 0.1
    assert like_evidently(many, {"x": many["x"] + 0.11 * many["x"].std()}, ["x"]).named
