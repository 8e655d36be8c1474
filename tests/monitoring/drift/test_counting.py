"""Rows are counted as a plain loop over them counts, whole or in parts."""

import math
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from modelway.monitoring.drift import counting
from modelway.monitoring.drift.baseline import Baseline, Column, hashed
from modelway.monitoring.drift.cells import text
from modelway.monitoring.drift.counting import MOST_VALUES, count, opened
from modelway.monitoring.drift.counts import ColumnCounts, Counts

SALT = "00ff"
CUTS = (-1.0, math.nextafter(0.0, -1), 0.0, 0.30000000000000004, 0.5, 1e300)
KNOWN = ("a", "", "true", "3", "Ä 'quoted'")

NUMBERS = st.one_of(st.none(), st.sampled_from([*CUTS, -0.0, math.nan, math.inf, -math.inf, 5e-324, 1.7e308, -1.7e308]), st.floats())
TEXTS = st.one_of(st.none(), st.sampled_from([*KNOWN, "b", "A", "a "]), st.text(max_size=3))
TIMES = st.integers(0, 4).map(float)
ROWS = st.lists(st.tuples(NUMBERS, TEXTS, TIMES, st.lists(st.sampled_from(["number", "word"]), unique=True)), max_size=30)
Row = tuple[float | None, str | None, float, list[str]]


def baseline(*columns: Column) -> Baseline:
    return Baseline(
        schema=1, model="m", version="1", rows=10, contract="", data="", salt=SALT, columns=columns, window_seconds=3600
    )  # fmt: skip


def number(name: str, cuts: tuple[float, ...] = CUTS, counts: tuple[int, ...] = (5, 0, 40, 1, 2, 0, 7)) -> Column:
    return Column(name=name, role="input", kind="number", rows=10, missing=0, cuts=cuts, counts=counts)


def category(name: str, known: tuple[str, ...] = KNOWN) -> Column:
    categories = tuple(hashed(SALT, one) for one in known)
    return Column(name=name, role="input", kind="category", rows=10, missing=0, categories=categories, counts=(1,) * (len(known) + 1))


LOOKED_AT = baseline(number("number"), category("word"))


def written(path: Path, rows: list[Row]) -> Path:
    # A cell that is wrong is empty.
    cells = [
        (None if "number" in wrong else value, None if "word" in wrong else word, time, wrong) for value, word, time, wrong in rows
    ]  # fmt: skip
    kinds = {"number": pa.float64(), "word": pa.string(), "_time": pa.float64(), "_wrong": pa.list_(pa.string())}
    arrays = [pa.array([row[at] for row in cells], kind) for at, kind in enumerate(kinds.values())]
    pq.write_table(pa.table(arrays, names=list(kinds)), path)
    return path


def by_hand(rows: list[Row]) -> Counts:
    bins, words = [0] * (len(CUTS) + 1), [0] * (len(KNOWN) + 1)
    one, two = ([0, 0, 0] for _ in range(2))
    for value, word, _, wrong in rows:
        if "number" in wrong:
            one[1] += 1
        elif value is None:
            one[0] += 1
        elif not math.isfinite(value):
            one[2] += 1
        else:
            bins[sum(value > cut for cut in CUTS)] += 1
        if "word" in wrong:
            two[1] += 1
        elif word is None:
            two[0] += 1
        else:
            words[KNOWN.index(word) if word in KNOWN else -1] += 1
    made = {"number": ColumnCounts(len(rows), *one, tuple(bins)), "word": ColumnCounts(len(rows), *two, tuple(words))}
    return Counts(len(rows), made)


@pytest.fixture(params=["by histogram", "by comparisons"])
def way(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """As on DuckDB, and as on every other engine."""
    if request.param == "by comparisons":
        monkeypatch.setattr(counting, "_by_histogram", counting._by_comparisons)


BOTH = pytest.mark.usefixtures("way")
EXAMPLES = settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


@BOTH
@EXAMPLES
@given(rows=ROWS)
def test_parts_and_the_whole_are_as_counted_by_hand(rows: list[Row], tmp_path_factory: pytest.TempPathFactory) -> None:
    folder = tmp_path_factory.mktemp("rows")
    half = len(rows) // 2
    parts = [written(folder / "one.parquet", rows[:half]), written(folder / "two.parquet", rows[half:])]
    counted = []
    for paths in ([parts[0]], [parts[1]], parts):
        with opened(paths) as table:
            counted.append(count(table, LOOKED_AT))
    assert counted[2] == by_hand(rows)
    assert counted[0] + counted[1] == counted[2]


@settings(max_examples=10, deadline=None)
@given(rows=ROWS, ends=st.tuples(TIMES, TIMES))
def test_a_window_has_its_start_and_not_its_end(
    rows: list[Row], ends: tuple[float, float], tmp_path_factory: pytest.TempPathFactory
) -> None:
    start, end = sorted(ends)
    with opened([written(tmp_path_factory.mktemp("rows") / "rows.parquet", rows)]) as table:
        assert count(table, LOOKED_AT, start=start, end=end) == by_hand([row for row in rows if start <= row[2] < end])


@BOTH
def test_columns_of_other_types_and_columns_that_are_not_there(tmp_path: Path) -> None:
    looked_at = baseline(*(number(name) for name in ("whole", "single", "text", "truth", "absent")), category("small", ("3", "0", "0.1")))
    columns = {
        "whole": pa.array([0, 1, None, 7], pa.int64()),
        "single": pa.array([0.5, math.nan, math.inf, None], pa.float32()),
        "text": pa.array(["0.5", "one", None, "nan"]),
        "truth": pa.array([True, False, None, True]),
        "small": pa.array([3.0, -0.0, 0.1, 4.0]),
    }
    pq.write_table(pa.table(columns), tmp_path / "rows.parquet")
    with opened([tmp_path / "rows.parquet"]) as table:
        counted = count(table, looked_at).columns
    assert counted["whole"] == ColumnCounts(4, 1, 0, 0, (0, 0, 1, 0, 0, 2, 0))
    assert counted["single"] == ColumnCounts(4, 1, 0, 2, (0, 0, 0, 0, 1, 0, 0))
    assert counted["text"] == ColumnCounts(4, 1, 2, 0, (0, 0, 0, 0, 1, 0, 0))
    assert counted["truth"] == ColumnCounts(4, 1, 3, 0, (0,) * 7)
    assert counted["absent"] == ColumnCounts(4, 4, 0, 0, (0,) * 7)
    assert counted["small"] == ColumnCounts(4, 0, 0, 0, (1, 1, 1, 1))


@BOTH
@given(values=st.lists(st.floats(allow_nan=False), min_size=1, max_size=60))
@settings(EXAMPLES, max_examples=8)
def test_a_value_that_is_a_cut_is_in_the_bin_below_it(values: list[float], tmp_path_factory: pytest.TempPathFactory) -> None:
    path = tmp_path_factory.mktemp("rows") / "rows.parquet"
    pq.write_table(pa.table({"number": pa.array([*values, *values], pa.float64())}), path)
    finite = [value for value in values if math.isfinite(value)]
    cuts = tuple(sorted({0.0 if value == 0 else value for value in finite}))
    with opened([path]) as table:
        counted = count(table, baseline(number("number", cuts, ()))).columns["number"]
    assert counted.counts == (*(2 * sum(value == cut for value in values) for cut in cuts), 0)
    assert counted.infinite == 2 * (len(values) - len(finite))


@BOTH
def test_a_column_without_cuts_has_one_bin(tmp_path: Path) -> None:
    pq.write_table(pa.table({"empty": [1.0, -math.inf, math.inf, math.nan, None]}), tmp_path / "rows.parquet")
    with opened([tmp_path / "rows.parquet"]) as table:
        counted = count(table, baseline(number("empty", (), (0,)))).columns["empty"]
    assert counted == ColumnCounts(5, 1, 0, 3, (1,))


def test_rows_beyond_the_most_values_are_counted_as_unknown(tmp_path: Path) -> None:
    values = [str(each) for each in range(MOST_VALUES + 10)]
    pq.write_table(pa.table({"word": [*values, "a", "a"]}), tmp_path / "rows.parquet")
    with opened([tmp_path / "rows.parquet"]) as table:
        assert count(table, baseline(category("word", ("a",)))).columns["word"].counts == (2, len(values))


def test_no_file_but_those_named_is_read(tmp_path: Path) -> None:
    pq.write_table(pa.table({"word": ["a"]}), tmp_path / "rows[1]*.parquet")
    pq.write_table(pa.table({"word": ["b", "b"]}), tmp_path / "rows1.parquet")
    with opened([tmp_path / "rows[1]*.parquet"]) as table:
        assert count(table, baseline(category("word", ("a",)))).rows == 1
        with pytest.raises(Exception, match=r"(?i)permission|disabled"):
            table.get_backend().con.execute(f"SELECT * FROM '{tmp_path / 'rows1.parquet'}'")


def test_values_as_categories() -> None:
    values = (True, False, 3, 3.0, -0.0, 0.1, "x", 1e22, 10**22)
    assert [text(value) for value in values] == ["true", "false", "3", "3", "0", "0.1", "x", str(10**22), str(10**22)]
