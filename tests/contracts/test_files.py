"""What real files are like: formats, compression, encodings, several in one table, and what is none."""

import gzip
import struct
from pathlib import Path
from tempfile import NamedTemporaryFile

import duckdb
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from modelway.architecture import Contract
from modelway.contracts.compressed import is_damaged
from modelway.contracts.engine import CannotRead, opened
from modelway.contracts.evaluating import evaluate
from modelway.contracts.result import Result
from modelway.contracts.source import NoSource, source
from tests.contracts.example import contract

ONE = contract({"x": {"range": (0.0, 10.0)}, "name": {"type": "text", "unique": True}})


def judged(file: Path | str, asked: Contract = ONE) -> Result:
    return evaluate(asked, source(str(file)))


def faults(result: Result) -> list[str]:
    return [fault.text() for fault in result.faults]


ENDINGS = {"gz": "gzip", "zst": "zstd"}


def zst(content: bytes) -> bytes:
    """A frame of one block as it is (rfc-editor.org/rfc/rfc8878, section 3.1.1)."""
    return b"\x28\xb5\x2f\xfd\x20" + bytes([len(content)]) + (len(content) << 3 | 1).to_bytes(3, "little") + content


def parquet(file: Path, query: str) -> Path:
    with duckdb.connect() as connection:
        connection.execute(f"COPY ({query}) TO '{file}' (FORMAT parquet, COMPRESSION uncompressed)")
    return file


def test_a_nan_that_the_footer_of_a_parquet_file_hides_is_found(tmp_path: Path) -> None:
    # As writers leave it that keep NaN out of statistics: the page has it, and the footer says that all is between 1 and 2.
    file = parquet(tmp_path / "a.parquet", "SELECT unnest([1.0::DOUBLE, 2, 999, 1.5]) AS x, unnest(['a', 'b', 'c', 'd']) AS name")
    content, old = file.read_bytes(), struct.pack("<d", 999.0)
    page = content.index(old)
    file.write_bytes(content[:page] + struct.pack("<d", float("nan")) + content[page + 8 :].replace(old, struct.pack("<d", 2.0)))
    assert faults(judged(file)) == ["x: 1 row is NaN, which is neither missing nor a number: row 3"]


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("bom.csv", "\ufeffx,name\r\n1,a\r\n".encode()),
        ("a.csv.gz", gzip.compress(b"x,name\n1,a\n", mtime=0)),
        ("a.tsv", b"x\tname\n1\ta\n"),
        ("a[1].csv", b"x,name\n1,a\n"),
        ("it's *.csv", b"x,name\n1,a\n"),
        ("a.jsonl.gz", gzip.compress(b'{"x": 1, "name": "a"}\n', mtime=0)),
        ("a.csv.zst", zst(b"x,name\n1,a\n")),
        ("a.jsonl.zst", zst(b'{"x": 1, ') + zst(b'"name": "a"}\n') + b"\x50\x2a\x4d\x18\x03\0\0\0abc"),
        # As PowerShell writes it.
        ("a.csv", "x,name\r\n1,a\r\n".encode("utf-16")),
        ("a.jsonl", '{"x": 1, "name": "a"}\r\n'.encode("utf-16")),
    ],
)
def test_files_as_they_come(name: str, content: bytes, tmp_path: Path) -> None:
    (tmp_path / "a1.csv").write_text("x,name\n99,a\n", "utf-8")
    (tmp_path / name).write_bytes(content)
    result = judged(tmp_path / name)
    assert (result.outcome, result.rows) == ("passed", 1)


def test_another_encoding_is_said(tmp_path: Path) -> None:
    file = tmp_path / "a.csv"
    file.write_bytes("x,name\n1,é\n2,b\n".encode("latin-1"))
    assert "say --encoding latin-1" in faults(judged(file))[0]
    assert evaluate(ONE, source(str(file)), encoding="latin-1").outcome == "passed"


def test_a_pattern_is_one_table(tmp_path: Path) -> None:
    parquet(tmp_path / "part-0.parquet", "SELECT 1 AS x, 'anna' AS name")
    # With a missing value, writers make numbers with a point of whole ones.
    parquet(tmp_path / "part-1.parquet", "SELECT unnest([2.0::DOUBLE, -1, 3]) AS x, unnest(['bob', 'carl', 'anna']) AS name")
    result = judged(f"{tmp_path}/part-*.parquet")
    assert result.rows == 4
    assert faults(result) == [
        "x: 1 row is below 0: row 2 of part-1.parquet",
        "name: 1 row repeats a value that came before: row 3 of part-1.parquet (as in row 1 of part-0.parquet)",
    ]


def test_files_of_a_pattern_that_differ_are_told_apart(tmp_path: Path) -> None:
    parquet(tmp_path / "part-0.parquet", "SELECT 1 AS x, 'a' AS name")
    parquet(tmp_path / "part-1.parquet", "SELECT '2' AS x, 'b' AS name")
    parquet(tmp_path / "part-2.parquet", "SELECT 3 AS x")
    assert faults(judged(f"{tmp_path}/*.parquet")) == [
        "name: in part-2.parquet the column is missing",
        "x: the column holds text (VARCHAR), expected numbers in part-1.parquet",
    ]


def test_lines_that_are_no_rows_are_told_once(tmp_path: Path) -> None:
    (tmp_path / "part-0.csv").write_text("x,name\n1,a\n2,b,c\n", "utf-8")
    (tmp_path / "part-1.csv").write_text("name,x\nd,3\n", "utf-8")
    told = [fault for fault in faults(judged(f"{tmp_path}/*.csv")) if "line" in fault]
    assert told == ["part-0.csv: 1 line with more values than the header, left out of all other counts: line 3"]


def test_types_of_parquet(tmp_path: Path) -> None:
    asked = contract({"at": {"type": "timestamp"}, "on": {"type": "timestamp"}, "flag": {"type": "boolean"}, "kind": {"type": "text"}})
    columns = "1::DECIMAL(9, 2) AS x, TIMESTAMP '2026-01-01' AS at, DATE '2026-01-01' AS \"on\", true AS flag, 'a' AS kind"
    assert judged(parquet(tmp_path / "a.parquet", f"SELECT {columns}"), asked).outcome == "passed"
    other = "'1' AS x, 5 AS at, TIMESTAMPTZ '2026-01-01' AS \"on\", 1 AS flag, {'a': 1} AS kind"
    assert faults(judged(parquet(tmp_path / "b.parquet", f"SELECT {other}"), asked)) == [
        "x: the column holds text (VARCHAR), expected numbers",
        "at: the column holds whole numbers (INTEGER), expected times",
        "flag: the column holds whole numbers (INTEGER), expected true and false",
        "kind: the column holds structures (STRUCT), expected text",
    ]


def test_a_limit_of_a_column_of_32_bits_is_within_it(tmp_path: Path) -> None:
    sample = {"inputs": ({"name": "x", "datatype": "FP64", "shape": (1,), "data": (0.0,)},)}
    asked = contract({"x": {"range": (0.0, 0.1)}}, sample=sample)
    assert judged(parquet(tmp_path / "a.parquet", "SELECT 0.1::FLOAT AS x"), asked).outcome == "passed"


def test_what_is_missing_hides_nothing_that_comes_twice(tmp_path: Path) -> None:
    asked = contract({"id": {"type": "integer", "unique": True, "null_rate": 0.5}})
    made = parquet(tmp_path / "a.parquet", "SELECT 1.0 AS x, unnest([4::BIGINT, NULL, 4]) AS id")
    assert faults(judged(made, asked)) == ["id: 1 row repeats a value that came before: row 3 (as in row 1)"]


def test_long_numbers_are_not_taken_for_each_other(tmp_path: Path) -> None:
    asked = contract({"id": {"type": "integer", "unique": True}})
    (tmp_path / "a.csv").write_text("x,id\n1,9007199254740992\n1,9007199254740993\n1,9007199254740993.0\n", "utf-8")
    assert faults(judged(tmp_path / "a.csv", asked)) == ["id: 1 row repeats a value that came before: row 3 (as in row 2)"]


def test_inputs_of_several_values(tmp_path: Path) -> None:
    inputs = ({"name": "x", "datatype": "FP32", "shape": (-1, 3)},)
    sample = {"inputs": ({"name": "x", "datatype": "FP32", "shape": (1, 3), "data": (1.0, 2.0, 3.0)},)}
    outputs = ({"name": "y", "datatype": "FP32", "shape": (-1,)},)
    asked = contract({"x": {"range": (0.0, 9.0)}}, signature={"inputs": inputs, "outputs": outputs}, sample=sample)
    made = parquet(tmp_path / "a.parquet", "SELECT unnest([[1.0::FLOAT, 2, 3], [1, 2], [1, 2, 10], [1, 2, NULL]]) AS x")
    assert faults(judged(made, asked)) == [
        "x: 1 row holds another number of values than 3: row 2 (a list of 2)",
        "x: 2 rows hold values that are not allowed: row 3 (a list of 3); row 4 (a list of 3)",
    ]
    (tmp_path / "a.csv").write_text("x\n1\n", "utf-8")
    assert judged(tmp_path / "a.csv", asked).outcome == "undecided"
    (tmp_path / "a.jsonl").write_text('{"x": [1, 2, 3]}\n{"x": [[1, 2, 3]]}\n{"x": 5}\n{"x": [1, 2, "3"]}\n', "utf-8")
    assert [(fault.rule, fault.count) for fault in judged(tmp_path / "a.jsonl", asked).faults] == [("type", 1), ("value", 1)]


@pytest.mark.parametrize("content", [b"", b"PAR1", b"PAR1" + b"\0" * 100 + b"PAR1"])
def test_what_is_no_parquet_file_is_said_so(content: bytes, tmp_path: Path) -> None:
    (tmp_path / "a.parquet").write_bytes(content)
    result = judged(tmp_path / "a.parquet")
    assert result.outcome == "failed"
    assert len(result.faults) == 1


@pytest.mark.parametrize("ending", ["gz", "zst"])
def test_a_file_that_is_not_compressed_as_it_says(ending: str, tmp_path: Path) -> None:
    (tmp_path / f"a.csv.{ending}").write_text("x,name\n1,a\n", "utf-8")
    result = judged(tmp_path / f"a.csv.{ending}")
    assert result.outcome == "failed"
    assert faults(result) == [f"a.csv.{ending}: is compressed in another way than its name says, or damaged"]


@pytest.mark.parametrize("ending", ["gz", "zst"])
def test_a_compressed_file_that_was_cut_is_told_wherever_that_was(ending: str, tmp_path: Path) -> None:
    with duckdb.connect() as connection:
        query = "SELECT i / 1000 AS x, md5(i::VARCHAR) AS name FROM range(10_000) r(i)"
        connection.execute(f"COPY ({query}) TO '{tmp_path}/whole.csv.{ending}' (FORMAT csv, HEADER, COMPRESSION {ENDINGS[ending]})")
    whole = (tmp_path / f"whole.csv.{ending}").read_bytes()
    assert judged(tmp_path / f"whole.csv.{ending}").outcome == "passed"
    file = tmp_path / f"cut.csv.{ending}"
    for length in (3, 5, 7, len(whole) // 3, len(whole) // 2, len(whole) - 1):
        file.write_bytes(whole[:length])
        assert judged(file).outcome == "failed", length
        assert "is compressed in another way than its name says, or damaged" in faults(judged(file))[0], length


@pytest.mark.parametrize(
    ("name", "content", "told"),
    [
        ("a.csv", b"", "the file is empty; it has no header"),
        ("a.csv", b"\n\n\n", "a.csv: has no header: no line of it can be read as one"),
        ("a.csv", b" " * 5_000_000, "a.csv: has no header: no line of it can be read as one"),
        ("a.csv", gzip.compress(b"x,name\n1,a\n", mtime=0), "a.csv: is no text: it is of another format than its name says, or in UTF-16"),
        ("a.csv", b"x,name\r\n1,a\n2,b\r\n", "a.csv: has lines that end in different ways (CRLF, LF or CR)"),
        ("a.csv", b"x,name\n1,a\r\n2,b\n", "a.csv: has lines that end in different ways (CRLF, LF or CR)"),
        ("a.csv", b"PAR1\0\0\0\0PAR1", "a.csv: is no text: it is of another format than its name says, or in UTF-16"),
        ("a.jsonl", '{"x": 1}\n'.encode("utf-16-le"), "a.jsonl: is no text: it is of another format than its name says, or in UTF-16"),
    ],
)
def test_what_is_no_table_is_told_in_one_sentence(name: str, content: bytes, told: str, tmp_path: Path) -> None:
    (tmp_path / name).write_bytes(content)
    result = judged(tmp_path / name)
    assert result.outcome == "failed"
    (fault,) = faults(result)
    assert fault.startswith(told)


@settings(max_examples=300, deadline=None)
@given(st.binary(max_size=64), st.integers(0, 3))
def test_whatever_stands_in_a_compressed_file_is_damaged_or_not(content: bytes, kept: int) -> None:
    with NamedTemporaryFile(suffix=".zst") as made:
        made.write(b"\x28\xb5\x2f\xfd"[:kept] + content)
        made.flush()
        assert is_damaged(Path(made.name)) in (True, False)


def test_a_cell_that_is_too_large(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text(f"x,name\n1,{'a' * 3_000_000}\n2,b\n", "utf-8")
    assert faults(judged(tmp_path / "a.csv")) == ["1 line with more than 2 MB, left out of all other counts: line 2"]


def test_many_values_are_looked_up(tmp_path: Path) -> None:
    asked = contract({"code": {"type": "text", "values": tuple(f"code {number}" for number in range(2000))}})
    made = parquet(tmp_path / "a.parquet", "SELECT 1.0 AS x, 'code ' || (i % 2001) AS code FROM range(4002) r(i)")
    assert faults(judged(made, asked)) == [
        "code: 2 rows hold none of the 2000 values allowed: row 2,001 (text of 9 characters); row 4,002 (text of 9 characters)"
    ]


@pytest.mark.parametrize(
    ("name", "told"),
    [
        ("nothing.csv", "there is no file"),
        ("s3://bucket/data.parquet", "Copy it here first"),
        ("notes.txt", "has no ending of data"),
        (".", "is a folder"),
        ("*.*", "several formats"),
    ],
)
def test_what_is_no_source(name: str, told: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    if name == "notes.txt":
        Path("notes.txt").write_text("x", "utf-8")
    elif name == "*.*":
        Path("a.csv").write_text("x", "utf-8")
        Path("a.jsonl").write_text("x", "utf-8")
    with pytest.raises(NoSource, match=told):
        source(name)


@pytest.mark.parametrize(
    "query", ["SELECT * FROM read_csv('/etc/passwd')", "INSTALL httpfs", "COPY (SELECT 1) TO '/tmp/made.csv'", "SET threads = 64"]
)
def test_the_engine_reads_the_named_files_and_nothing_else(query: str, tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("x\n1\n", "utf-8")
    with opened([tmp_path / "a.csv"]) as engine, pytest.raises(CannotRead):
        engine.rows(query)


def test_the_engine_writes_into_one_folder_where_it_is_let(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("x\n1\n", "utf-8")
    (tmp_path / "out").mkdir()
    with opened([tmp_path / "a.csv"], writable=tmp_path / "out") as engine:
        assert engine.rows(f"COPY (SELECT 1) TO '{tmp_path}/out/made.parquet' (FORMAT parquet)") == [(1,)]
        with pytest.raises(CannotRead):
            engine.rows(f"COPY (SELECT 1) TO '{tmp_path}/made.parquet' (FORMAT parquet)")
        with pytest.raises(CannotRead):
            engine.rows("SELECT * FROM read_csv('/etc/passwd')")
