"""Findings of the watch `quality`: rows against the contract, how many they are, how old."""

import json
import math
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from modelway.architecture.contract import Contract
from modelway.monitoring.drift.quality import CHANCE, quality, usual_then, volume
from modelway.monitoring.drift.result import Finding

END = 1_795_000_000
CONTRACT = Contract.model_validate_json(
    json.dumps(
        {
            "signature": {
                "inputs": [
                    {"name": "income", "datatype": "FP64", "shape": [-1]},
                    {"name": "dependants", "datatype": "INT8", "shape": [-1]},
                    {"name": "job", "datatype": "BYTES", "shape": [-1]},
                    {"name": "owner", "datatype": "BOOL", "shape": [-1]},
                    {"name": "picture", "datatype": "FP32", "shape": [-1, 2]},
                    {"name": "words", "datatype": "FP32", "shape": [-1, -1]},
                ],
                "outputs": [{"name": "score", "datatype": "FP64", "shape": [-1]}],
            },
            "expectations": {
                "income": {"range": [0, None], "null_rate": 0.01},
                "dependants": {"unique": True},
                "picture": {"range": [0, 255]},
                "job": {"values": ["clerk", "smith"], "shown": True},
                "customer": {"type": "text", "unique": True},
                "defaulted": {"type": "boolean"},
                "applied_at": {"type": "timestamp"},
            },
            "ordered_by": "applied_at",
            "freshness": "2h",
            "rows": {"min": 1_000_000},
            "sample": {
                "inputs": [
                    {"name": "income", "datatype": "FP64", "shape": [1], "data": [1.5]},
                    {"name": "dependants", "datatype": "INT8", "shape": [1], "data": [1]},
                    {"name": "job", "datatype": "BYTES", "shape": [1], "data": ["clerk"]},
                    {"name": "owner", "datatype": "BOOL", "shape": [1], "data": [True]},
                    {"name": "picture", "datatype": "FP32", "shape": [1, 2], "data": [0.0] * 2},
                    {"name": "words", "datatype": "FP32", "shape": [1, 3], "data": [0.0] * 3},
                ]
            },
        }
    )
)


def window(folder: Path, rows: int = 2000, name: str = "window", **changed: list[object]) -> Path:
    """Rows as payload logs are read: numbers as DOUBLE, all else as text."""
    columns: dict[str, list[object]] = {
        "_id": [str(row) for row in range(rows)],
        "_time": [END - 1 - row % 3600 for row in range(rows)],
        "_wrong": [[] for _ in range(rows)],
        "income": [1000.0 + row for row in range(rows)],
        "dependants": [float(row % 4) for row in range(rows)],
        "job": ["clerk" if row % 2 else "smith" for row in range(rows)],
        "owner": ["true" if row % 3 else "false" for row in range(rows)],
        "picture[0]": [float(row % 256) for row in range(rows)],
        "picture[1]": [0.0] * rows,
        "score": [0.5] * rows,
    }
    types = {
        **dict.fromkeys(("_time", "income", "dependants", "score", "picture[0]", "picture[1]"), pa.float64()),
        **dict.fromkeys(("_id", "job", "owner"), pa.string()),
        "_wrong": pa.list_(pa.string()),
    }
    columns |= {column: [*values, *columns[column][len(values) :]] for column, values in changed.items()}
    file = folder / f"{name}.parquet"
    pq.write_table(pa.table({column: pa.array(values, types[column]) for column, values in columns.items()}), file)
    return file


def found(*files: Path, start: int | None = None, newest: float | None = END - 1) -> dict[tuple[str, str], Finding]:
    findings = quality(files, CONTRACT, rows_before=[2000] * 24, rows_now=2000, newest=newest, end=END, start=start)
    assert len({(one.subject, one.method) for one in findings}) == len(findings)
    return {(one.subject, one.method): one for one in findings}


def test_rows_that_are_what_they_should_be_are_steady(tmp_path: Path) -> None:
    findings = found(window(tmp_path))
    assert {key: one.state for key, one in findings.items()} == {
        ("contract", "contract"): "steady",
        ("rows", "volume"): "steady",
        ("rows", "freshness"): "steady",
    }
    assert findings["contract", "contract"].rows == 2000
    assert "beside words" in findings["contract", "contract"].why


@pytest.mark.parametrize(
    ("column", "values", "method", "share"),
    [
        ("income", [-1.0] * 20, "contract_below", 0.01),
        ("income", [None] * 100, "contract_missing", 0.05),
        ("income", [math.nan] * 20, "contract_not_a_number", 0.01),
        ("income", [math.inf] * 20, "contract_infinite", 0.01),
        ("dependants", [1.5] * 20, "contract_fraction", 0.01),
        ("dependants", [300.0] * 20, "contract_too_large", 0.01),
        ("job", ["tinker"] * 20, "contract_value", 0.01),
        ("owner", ["maybe"] * 20, "contract_value", 0.01),
        ("score", [None] * 20, "contract_missing", 0.01),
        ("picture[1]", [256.0] * 20, "contract_above", 0.01),
    ],
)
def test_a_rule_that_many_rows_break_has_drifted(tmp_path: Path, column: str, values: list[object], method: str, share: float) -> None:
    findings = found(window(tmp_path, **{column: values}))
    finding = findings.pop((column, method))
    assert (finding.state, finding.score, finding.rows) == ("drifted", share, 2000)
    assert finding.chance is not None
    assert finding.chance < 1e-5
    assert all(one.state == "steady" for one in findings.values())
    assert ("contract", "contract") not in findings


def test_what_one_row_in_a_thousand_breaks_is_told_and_is_no_drift(tmp_path: Path) -> None:
    findings = found(window(tmp_path, income=[-1.0, -2.0], job=["tinker"]))
    assert {key: one.state for key, one in findings.items() if key[1].startswith("contract_")} == {
        ("income", "contract_below"): "steady",
        ("job", "contract_value"): "steady",
    }
    assert findings["contract", "contract"].state == "steady"


def test_few_rows_have_to_be_wrong_more_often(tmp_path: Path) -> None:
    assert found(window(tmp_path, 40, income=[-1.0, -1.0]))["income", "contract_below"].state == "steady"
    assert found(window(tmp_path, 40, income=[-1.0] * 4))["income", "contract_below"].state == "drifted"
    assert found(window(tmp_path, 1, income=[-1.0]))["income", "contract_below"].state == "steady"


def test_what_may_be_missing_is_judged_by_chance_too(tmp_path: Path) -> None:
    # 1 % may be missing; of 2,000 rows 20 are, and by chance now and then 30.
    assert found(window(tmp_path, income=[None] * 30))["income", "contract_missing"].state == "steady"
    assert ("income", "contract_missing") not in found(window(tmp_path, income=[None] * 20))


def test_a_value_of_another_type_is_told_once(tmp_path: Path) -> None:
    wrong = [["job"]] * 30
    findings = found(window(tmp_path, _wrong=wrong, job=[None] * 30))
    assert findings["job", "contract_type"].state == "drifted"
    assert ("job", "contract_missing") not in findings
    findings = found(window(tmp_path, _wrong=wrong, job=[None] * 60))
    assert findings["job", "contract_missing"].score == 30 / 2000


def test_rows_of_other_windows_do_not_count(tmp_path: Path) -> None:
    late: list[object] = [END + 5] * 200
    early: list[object] = [END - 7200] * 200
    file = window(tmp_path, _time=late + early, income=[-1.0] * 400, _wrong=[["job"]] * 400)
    findings = found(file, start=END - 3600)
    assert findings["contract", "contract"].state == "steady"
    assert findings["contract", "contract"].rows == 1600
    assert found(file)["income", "contract_below"].score == 0.2
    both = window(tmp_path, _time=late + early, income=[-1.0] * 416)
    assert found(both, start=END - 3600)["income", "contract_below"].score == 0.01


def test_the_rows_of_all_files_are_one_window(tmp_path: Path) -> None:
    findings = found(window(tmp_path), window(tmp_path, 1000, "more", income=[-1.0] * 30))
    assert findings["income", "contract_below"].score == 0.01


def test_a_window_without_rows_is_unknown(tmp_path: Path) -> None:
    for files in ((), (window(tmp_path, 0),)):
        findings = found(*files, newest=None)
        assert findings["contract", "contract"].state == "unknown"
        assert findings["rows", "freshness"].state == "unknown"


def test_a_damaged_file_is_unknown_and_no_pass(tmp_path: Path) -> None:
    file = tmp_path / "window.parquet"
    file.write_bytes(b"PAR1 no more")
    assert found(file)["contract", "contract"].state == "unknown"


def test_a_missing_column_has_drifted(tmp_path: Path) -> None:
    file = window(tmp_path)
    pq.write_table(pq.read_table(file).drop_columns(["income"]), file)
    assert found(file)["income", "contract_missing_column"].state == "drifted"


def test_what_is_not_kept_is_not_missing(tmp_path: Path) -> None:
    file = window(tmp_path, income=[None] * 2000, job=[None] * 2000)
    assert found(file)["income", "contract_missing"].score == 1
    findings = quality([file], CONTRACT, rows_before=[2000] * 24, rows_now=2000, newest=END, end=END, columns=["dependants", "score"])
    assert {one.state for one in findings} == {"steady"}
    findings = quality([file], CONTRACT, rows_before=[2000] * 24, rows_now=2000, newest=END, end=END, columns=["income", "score"])
    assert [(one.subject, one.method) for one in findings if one.state == "drifted"] == [("income", "contract_missing")]


def test_old_rows_have_drifted(tmp_path: Path) -> None:
    file = window(tmp_path, 10)
    assert found(file, newest=END - 7200)["rows", "freshness"].state == "steady"
    assert found(file, newest=END - 7201)["rows", "freshness"].state == "drifted"
    assert found(file, newest=END + 60)["rows", "freshness"].score == 0


def test_no_finding_holds_a_value(tmp_path: Path) -> None:
    findings = found(window(tmp_path, job=["Hildegard 1098"] * 300, income=[-4711.25] * 300, dependants=[77.125] * 300))
    told = repr(findings)
    assert len(findings) == 5
    for planted in ("Hildegard", "1098", "4711", "77.125"):
        assert planted not in told


@pytest.mark.parametrize(
    ("before", "now", "drifted"),
    [
        ([1000] * 24, 1000, False),
        ([1000] * 24, 600, False),
        ([1000] * 24, 1900, False),
        ([1000] * 24, 300, True),
        ([1000] * 24, 0, True),
        ([1000] * 24, 3000, True),
        # Nights are quiet.
        ([50] * 8 + [1000] * 16, 40, False),
        ([50] * 8 + [1000] * 16, 0, True),
        # One outage, or one burst, does not blind.
        ([1000] * 5 + [0], 200, True),
        ([1000] * 5 + [1_000_000], 4000, True),
        # Few rows are not odd because they are few.
        ([3, 2, 4, 5, 1, 3], 0, False),
        ([3, 2, 4, 5, 1, 3], 9, False),
        # An outage that lasts is not usual.
        ([1000] * 10 + [0] * 50, 0, True),
        ([1000] * 10 + [0] * 50, 7, True),
        ([1000] * 10 + [0] * 50, 1000, False),
    ],
)
def test_a_volume_is_odd_when_it_is_far_from_the_windows_before(before: list[int], now: int, drifted: bool) -> None:
    (finding,) = [one for one in quality((), CONTRACT, rows_before=before, rows_now=now, newest=None, end=END) if one.method == "volume"]
    assert finding.state == ("drifted" if drifted else "steady")


@pytest.mark.parametrize("before", [[1000] * 4, [1000] * 4 + [0] * 50, [0] * 50, []])
def test_a_volume_is_unknown_after_too_few_windows_with_rows(before: list[int]) -> None:
    for now in (0, 100):
        findings = quality((), CONTRACT, rows_before=before, rows_now=now, newest=None, end=END)
        (finding,) = [one for one in findings if one.method == "volume"]
        assert (finding.state, finding.score) == ("unknown", None)


def states(rows: list[int], length: int, most: int = 60) -> list[str]:
    """Of the volume of each window, by those before it; the first begins on a Monday."""
    monday = END // (7 * 86400) * 7 * 86400 + 4 * 86400
    starts = [monday + length * at for at in range(len(rows))]
    found = []
    for at, now in enumerate(rows):
        first = max(0, at - most)
        known = dict(zip(starts[first:at], rows[first:at], strict=True))
        score, threshold, chance = volume(rows[first:at], now, usual_then(known, starts[at], now))
        odd = score is not None and threshold is not None and chance is not None and score > threshold and chance < CHANCE
        found.append("unknown" if score is None else "drifted" if odd else "steady")
    return found


def test_the_same_time_of_other_days_is_told() -> None:
    starts = [END - END % 3600 + 3600 * at for at in range(49)]
    rows = ([0] * 6 + [200] * 18) * 2
    for known, state in ((starts[:-1], "steady"), ((), "drifted")):
        findings = quality(
            (), CONTRACT, rows_before=rows, starts_before=known, rows_now=0, newest=None, start=starts[-1], end=starts[-1] + 3600
        )
        (finding,) = [one for one in findings if one.method == "volume"]
        assert finding.state == state
        told = ", and none at this time of other days" if known else ""
        assert finding.why == f"0 rows, usual are about 200{told}"


def test_an_outage_stays_drifted_as_long_as_it_lasts() -> None:
    days = states([240] * 10 + [0] * 80 + [240], 86400)
    assert days[5:65] == ["steady"] * 5 + ["drifted"] * 55
    # What was usual before is not read any more, and nothing is said of it.
    assert set(days[66:90]) == {"unknown"}
    hours = states([240] * 48 + [0] * 40 + [240] * 3, 3600)
    assert hours[48:] == ["drifted"] * 40 + ["steady"] * 3


def test_hours_that_are_always_empty_are_usual_after_their_first_day() -> None:
    day = [0] * 6 + [200] * 16 + [3] + [0]
    found = states(day * 5, 3600)
    assert found[24:30] == ["drifted"] * 6
    assert set(found[48:]) == {"steady"}
    # Somebody who asks at night is not odd either.
    assert states([*day * 3, 0, 0, 2], 3600)[-1] == "steady"


def test_an_outage_goes_on_through_hours_that_are_always_empty() -> None:
    day = [0] * 6 + [200] * 18
    found = states([*day * 3, *day[:12], *[0] * 24, *day[12:]], 3600)
    outage = 3 * 24 + 12
    assert set(found[outage - 12 : outage]) == {"steady"}
    assert set(found[outage : outage + 24]) == {"drifted"}
    assert set(found[outage + 24 : outage + 30]) == {"steady"}


def test_weekends_without_rows_are_usual_after_two_of_them() -> None:
    week = [1000] * 5 + [0] * 2
    found = states([*week * 4, 0], 86400)
    assert (found[12], found[13]) == ("drifted", "drifted")
    assert set(found[14:28]) == {"steady"}
    assert found[28] == "drifted"


@given(st.lists(st.integers(1, 10**7), min_size=5, max_size=40), st.integers(0, 10**7))
@settings(max_examples=60, deadline=None)
def test_a_volume_does_not_depend_on_the_order(before: list[int], now: int) -> None:
    scored = volume(before, now)
    assert scored == volume(before[::-1], now) == volume(sorted(before), now)
    score, threshold, chance = scored
    assert score is not None
    assert threshold is not None
    assert chance is not None
    assert score >= 0
    assert threshold >= 0
    assert 0 <= chance <= 1


@pytest.mark.parametrize("mean", [1, 5, 50, 5000])
def test_volumes_that_only_chance_moves_are_quiet(mean: int) -> None:
    random = np.random.default_rng(20_261_127 + mean)
    odd = 0
    for _ in range(500):
        *before, now = (int(one) for one in random.poisson(mean, 25))
        score, threshold, chance = volume(before, now)
        assert score is not None
        assert threshold is not None
        assert chance is not None
        odd += score > threshold and chance < 1e-5
    assert odd == 0
