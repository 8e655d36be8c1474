"""The same table is counted the same on DuckDB and on Spark. Runs in an environment of its own: see scripts/spark.py."""

import math
import random
import struct
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import ibis
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from modelway.architecture.contract import Contract
from modelway.monitoring.drift import counting
from modelway.monitoring.drift.baseline import Baseline, Column, hashed
from modelway.monitoring.drift.counting import count, opened
from modelway.monitoring.drift.counts import ColumnCounts, Counts
from modelway.monitoring.drift.tables import timed

pytestmark = pytest.mark.spark

SALT = "00ff"
CUTS = (-1e300, -1.0, math.nextafter(0.0, -1), 0.0, 0.1, 1.0, 3.0, 1e17)
WORDS = ("a", "", "true", "3", "0.1", "Ä 'quoted' 🎈", "NaN", "null")
ODD = [None, math.nan, math.inf, -math.inf, 0.0, -0.0, 5e-324, -5e-324, 1.7e308, *CUTS, *(math.nextafter(cut, 9e300) for cut in CUTS)]
KINDS = {
    "double": pa.float64(),
    "single": pa.float32(),
    "long": pa.int64(),
    "tiny": pa.int8(),
    "text": pa.string(),
    "truth": pa.bool_(),
    "word": pa.string(),
    "code": pa.float64(),
    "flag": pa.bool_(),
    "whole": pa.int32(),
    "_time": pa.float64(),
    "_wrong": pa.list_(pa.string()),
}


@pytest.fixture(scope="module")
def spark() -> Iterator[Any]:
    from pyspark.sql import SparkSession

    builder = SparkSession.builder.master("local[2]")
    settings = {"spark.ui.enabled": "false", "spark.sql.shuffle.partitions": "2", "spark.driver.host": "127.0.0.1"}
    for name, value in settings.items():
        builder = builder.config(name, value)
    session = builder.getOrCreate()
    yield ibis.pyspark.connect(session)
    session.stop()


def looked_at() -> Baseline:
    numbers = [
        Column(name=name, role="input", kind="number", rows=9, missing=0, cuts=CUTS, counts=(1, 2, 0, 40, 1, 2, 3, 4, 0))
        for name in ("double", "single", "long", "tiny", "text", "truth", "absent")
    ]
    known = tuple(hashed(SALT, one) for one in WORDS)
    words = [
        Column(name=name, role="input", kind="category", rows=9, missing=0, categories=known, counts=(1,) * 9)
        for name in ("word", "code", "flag", "whole", "nowhere")
    ]
    return Baseline(
        schema=1, model="m", version="1", rows=9, contract="", data="", salt=SALT, columns=(*numbers, *words), window_seconds=3600
    )


def row(chance: random.Random) -> dict[str, object]:
    any_bits = struct.unpack("<d", chance.randbytes(8))[0]
    made: dict[str, object] = {
        "double": chance.choice([*ODD, any_bits, chance.gauss(0, 1)]),
        "single": chance.choice([None, math.nan, math.inf, -math.inf, 0.0, -0.0, 0.1, 1.0, 3.0, chance.gauss(0, 1)]),
        "long": chance.choice([None, 0, 1, -1, 3, 2**63 - 1, -(2**63), 10**17, 10**17 + 1, 2**53 + 1]),
        "tiny": chance.choice([None, 0, -1, 3, 127, -128]),
        "text": chance.choice([None, "1", "1.0", "0.1", "-1", "3e0", "NaN", "one", "", "1e17", " 1 ", "1\n", "1d", "1_0", "inf"]),
        "truth": chance.choice([None, True, False]),
        "word": chance.choice([None, *WORDS, "A", "b", "a "]),
        "code": chance.choice([None, 3.0, 0.1, -0.0, 1e22, 7.5]),
        "flag": chance.choice([None, True, False]),
        "whole": chance.choice([None, 3, 4, -3]),
        "_time": chance.choice([None, 0.0, 9.999, 10.0, 15.5, 20.0, 21.0]),
    }
    wrong = chance.choice([None, [], [], ["double"], ["double", "word"]])
    return made | {"_wrong": wrong} | dict.fromkeys(wrong or ())


def written(path: Path, seed: int, rows: int) -> Path:
    chance = random.Random(seed)
    made = [row(chance) for _ in range(rows)]
    pq.write_table(pa.table({name: pa.array([one[name] for one in made], kind) for name, kind in KINDS.items()}), path)
    return path


def on_duckdb(path: Path, *, start: float | None = None, end: float | None = None) -> Counts:
    with opened([path]) as table:
        return count(table, looked_at(), start=start, end=end)


@pytest.mark.parametrize("seed", range(2))
def test_counts_are_the_same(seed: int, spark: Any, tmp_path: Path) -> None:
    path = written(tmp_path / "rows.parquet", seed, 3000)
    table = spark.read_parquet(str(path))
    assert count(table, looked_at()) == on_duckdb(path)
    windowed = count(table, looked_at(), start=10.0, end=20.0)
    assert windowed == on_duckdb(path, start=10.0, end=20.0)
    assert 0 < windowed.rows < 3000


def test_values_that_engines_order_differently(spark: Any, tmp_path: Path) -> None:
    values = [math.nan, math.inf, -math.inf, None, -0.0, 0.0, *CUTS]
    path = tmp_path / "rows.parquet"
    pq.write_table(pa.table({"double": pa.array(values, pa.float64())}), path)
    expected = ColumnCounts(14, 1, 0, 3, (1, 1, 1, 3, 1, 1, 1, 1, 0))
    assert count(spark.read_parquet(str(path)), looked_at()).columns["double"] == expected
    assert on_duckdb(path).columns["double"] == expected


def test_the_most_frequent_values_are_the_same_ones(spark: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(counting, "MOST_VALUES", 5)
    values = [*WORDS, *"abcdefghijklmnopqrstuvwxyz", "Z", "é"]
    path = tmp_path / "rows.parquet"
    pq.write_table(pa.table({"word": values}), path)
    counted = count(spark.read_parquet(str(path)), looked_at())
    assert counted == on_duckdb(path)
    assert sum(counted.columns["word"].counts) == len(values)


def test_no_rows(spark: Any, tmp_path: Path) -> None:
    path = written(tmp_path / "rows.parquet", 0, 0)
    assert count(spark.read_parquet(str(path)), looked_at()) == on_duckdb(path)


@pytest.mark.parametrize("kind", [pa.timestamp("us"), pa.timestamp("us", "UTC"), pa.int64()], ids=["plain", "zoned", "seconds"])
def test_times_of_a_table_of_others(kind: pa.DataType, spark: Any, tmp_path: Path) -> None:
    contract = Contract.model_validate_json(
        '{"signature": {"inputs": [{"name": "double", "datatype": "FP64", "shape": [-1]}],'
        ' "outputs": [{"name": "risk", "datatype": "FP64", "shape": [-1]}]},'
        ' "sample": {"inputs": [{"name": "double", "datatype": "FP64", "shape": [1], "data": [1.5]}]}}'
    )
    times = [1_767_261_599, 1_767_261_600, 1_767_265_199, 1_767_265_200]
    scaled = times if kind == pa.int64() else [time * 1_000_000 + 500_000 for time in times]
    path = tmp_path / "rows.parquet"
    pq.write_table(pa.table({"time": pa.array(scaled, pa.int64()).cast(kind), "double": [1.0] * 4}), path)
    counted = count(timed(spark.read_parquet(str(path)), contract), looked_at(), start=1_767_261_600, end=1_767_265_200)
    with opened([path]) as table:
        assert counted == count(timed(table, contract), looked_at(), start=1_767_261_600, end=1_767_265_200)
    assert counted.rows == 2
