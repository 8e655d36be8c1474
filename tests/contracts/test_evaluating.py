"""The evaluator agrees with plain Python, on random tables in every format, in any order."""

import csv
import json
import math
import tempfile
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import duckdb
from hypothesis import given, settings
from hypothesis import strategies as st

from modelway.contracts.evaluating import evaluate
from modelway.contracts.result import Result
from modelway.contracts.source import source
from tests.contracts.example import contract
from tests.contracts.reference import SIZES, Found, judge

INPUTS = {"int8": "INT8", "uint16": "UINT16", "int64": "INT64", "uint64": "UINT64"}
COLUMNS: dict[str, dict[str, Any]] = {
    "x": {"type": "number", "range": (-10.0, 1e6), "null_rate": 0.4},
    "n": {"type": "number", "values": (0.5, 1, 2.0)},
    "i": {"type": "integer", "range": (-3.0, 99.5)},
    "k": {"type": "integer", "unique": True, "null_rate": 1.0},
    "b": {"type": "boolean", "null_rate": 0.2},
    "t": {"type": "text", "values": ("car", "house", "it's"), "null_rate": 0.1},
    "u": {"type": "text", "unique": True, "null_rate": 0.5},
    **{name: {"type": "integer", "size": size, "null_rate": 0.5} for name, size in INPUTS.items()},
}

NUMBERS = st.one_of(
    st.integers(-5, 5),
    st.integers(-(2**66), 2**66),
    st.sampled_from([0.5, 1.5, 2.0, 1e6, 1e300, -0.0, math.inf, -math.inf, math.nan]),
    st.floats(),
)
WRITTEN = st.one_of(
    NUMBERS.map(str),
    st.sampled_from(
        ["", " 7 ", "+1", "1.", ".5", "1e3", "1E-2", "1_000", "0x10", "1,5", "--1", "1e", "NaN", "-inf", "Infinity", "NA", "null"]
    ),
    st.sampled_from(
        ["true", "False", "TRUE", "yes", "0", "1", "car", "Car", "house", "it's", 'a "b"', "a,b", "a\nb", "é", "'", "127", "128", "128.0"]
    ),
    st.text(st.characters(codec="utf-8", categories=("L", "N", "P", "S")), max_size=5),
)


@contextmanager
def file(name: str) -> Iterator[Path]:
    with tempfile.TemporaryDirectory() as folder:
        yield Path(folder) / name


def evaluated(written: Path) -> Result:
    inputs = tuple({"name": name, "datatype": size, "shape": (-1,)} for name, size in INPUTS.items())
    expectations = {name: {key: value for key, value in one.items() if key != "size"} for name, one in COLUMNS.items()}
    for name in ("x", *INPUTS):
        del expectations[name]["type"]
    signature = {
        "inputs": ({"name": "x", "datatype": "FP64", "shape": (-1,)}, *inputs),
        "outputs": ({"name": "y", "datatype": "FP64", "shape": (-1,)},),
    }
    sample = {
        "inputs": tuple({"name": one["name"], "datatype": one["datatype"], "shape": (1,), "data": (1,)} for one in signature["inputs"])  # type: ignore[attr-defined]
    }
    return evaluate(contract(expectations, signature=signature, sample=sample), source(str(written)))


def counted(result: Result) -> Found:
    return Counter({(fault.subject, fault.rule): fault.count or 0 for fault in result.faults if fault.rule != "rows"})


def write_csv(file: Path, rows: Sequence[Mapping[str, object]]) -> None:
    with file.open("w", encoding="utf-8", newline="") as text:
        writer = csv.DictWriter(text, list(COLUMNS), lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)


rows_of_text = st.lists(st.fixed_dictionaries(dict.fromkeys(COLUMNS, WRITTEN)), min_size=1, max_size=30)


@settings(deadline=None, max_examples=15)
@given(rows_of_text)
def test_csv_is_judged_as_in_python(rows: list[dict[str, str]]) -> None:
    with file("data.csv") as written:
        write_csv(written, rows)
        result = evaluated(written)
    assert result.rows == len(rows)
    assert counted(result) == judge(COLUMNS, rows, text=True)


SMALL = st.integers(-(2**63), 2**63 - 1)
JSON_VALUES = st.one_of(
    st.none(), st.booleans(), SMALL, st.sampled_from([1, 2, 0.5, 2.0, 127, 128, "car", "it's", "1", math.nan, math.inf, [1], {"a": 1}]),
    st.floats(allow_nan=False, allow_infinity=False), st.text(st.characters(codec="utf-8", exclude_characters="\x00"), max_size=5),
)  # fmt: skip


@settings(deadline=None, max_examples=15)
@given(st.lists(st.fixed_dictionaries(dict.fromkeys(COLUMNS, JSON_VALUES)), min_size=1, max_size=30))
def test_json_is_judged_as_in_python(rows: list[dict[str, object]]) -> None:
    # What comes twice among lists and objects is nothing that is asked.
    rows = [{name: None if name in ("k", "u") and isinstance(value, list | dict) else value for name, value in row.items()} for row in rows]
    with file("data.jsonl") as written:
        written.write_text("".join(json.dumps(row) + "\n" for row in rows), "utf-8")
        result = evaluated(written)
    found, expected = counted(result), judge(COLUMNS, rows, text=False)
    for column in ("k", "u"):
        # Of another type, they are told as that.
        found.pop((column, "unique"), None)
        expected.pop((column, "unique"), None)
    assert found == expected


TYPES = {"x": "DOUBLE", "n": "DOUBLE", "i": "DOUBLE", "k": "BIGINT", "b": "BOOLEAN", "t": "VARCHAR", "u": "VARCHAR"}
TYPES |= {"int8": "DOUBLE", "uint16": "INTEGER", "int64": "DOUBLE", "uint64": "UBIGINT"}
VALUES = {
    "DOUBLE": st.one_of(st.floats(), st.sampled_from([0.5, 1.0, 2.0, 127.0, 128.0, 2.0**63, 2.0**64])),
    "BIGINT": st.integers(-4, 4),
    "INTEGER": st.sampled_from([-1, 0, 65535, 65536]),
    "UBIGINT": st.integers(0, 2**64 - 1),
    "BOOLEAN": st.booleans(),
    "VARCHAR": st.sampled_from(["car", "house", "it's", "", "Car"]),
}


@settings(deadline=None, max_examples=10)
@given(
    st.lists(st.fixed_dictionaries({name: st.none() | VALUES[kind] for name, kind in TYPES.items()}), min_size=1, max_size=30), st.randoms()
)
def test_parquet_is_judged_as_in_python_in_any_order(rows: list[dict[str, object]], random: Any) -> None:
    with file("data.parquet") as written:
        write_parquet(written, TYPES, rows)
        result = evaluated(written)
        random.shuffle(rows)
        write_parquet(written, TYPES, rows)
        again = evaluated(written)
    assert counted(result) == judge(COLUMNS, rows, text=False)
    assert counted(again) == counted(result)
    assert (again.outcome, again.rows) == (result.outcome, result.rows)


def write_parquet(file: Path, types: Mapping[str, str], rows: Sequence[Mapping[str, object]]) -> None:
    with duckdb.connect() as connection:
        connection.execute(f"CREATE TABLE made ({', '.join(f'{name} {kind}' for name, kind in types.items())})")
        places = ", ".join(["?"] * len(types))
        connection.executemany(f"INSERT INTO made VALUES ({places})", [[row[name] for name in types] for row in rows])
        connection.execute(f"COPY made TO '{file}'")


def test_sizes_of_the_reference_are_those_of_the_datatypes() -> None:
    from modelway.architecture.tensors import fits

    for datatype, (low, high) in SIZES.items():
        inside = [fits(value, datatype) for value in (low - 1, low, high, high + 1)]  # type: ignore[arg-type]
        assert inside == [False, True, True, False]
