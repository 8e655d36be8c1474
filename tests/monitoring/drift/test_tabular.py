"""Tables that others wrote become the same rows as logs do."""

import gzip
import math
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from modelway.monitoring.drift import logs
from modelway.monitoring.drift.logs import Rows, tabular
from modelway.monitoring.drift.result import Accounting
from modelway.monitoring.drift.watched import Watched, WatchedVersion

NOW = 1_770_000_000.0
SECONDS = 1_767_261_600.0
AT = datetime(2026, 1, 1, 10, tzinfo=UTC)


def contract(ordered_by: str | None = "applied_at") -> dict[str, Any]:
    tensors = [("income", "FP64", [-1], [1.5]), ("purpose", "BYTES", [-1], ["car"]), ("married", "BOOL", [-1], [True])]
    tensors.append(("face", "FP32", [-1, 2], [0.5, 0.25]))
    inputs = [{"name": name, "datatype": datatype, "shape": shape} for name, datatype, shape, _ in tensors]
    sample = [
        {"name": name, "datatype": datatype, "shape": [1, *shape[1:]], "data": data} for name, datatype, shape, data in tensors
    ]  # fmt: skip
    return {
        "signature": {"inputs": inputs, "outputs": [{"name": "risk", "datatype": "FP64", "shape": [-1]}]},
        "expectations": {"applied_at": {"type": "timestamp"}},
        "ordered_by": ordered_by,
        "sample": {"inputs": sample},
    }


def watched(*versions: str, ordered_by: str | None = "applied_at") -> Watched:
    each = tuple(WatchedVersion(version, contract(ordered_by), "b", "d") for version in versions or ("1",))
    return Watched(1, "dev", "credit", "risk", "risk@example.com", "high", "p", "r", "tables", each, {}, each[0].version)


def read(folder: Path, *files: Path, of: Watched | None = None) -> Rows:
    (folder / "made").mkdir()
    return logs.read(files, of or watched(), folder / "made", now=NOW)


def table(rows: Rows, version: str = "1") -> list[dict[str, Any]]:
    found = [row for path in rows.tables[version] for row in pq.read_table(path).to_pylist()]
    return sorted(found, key=lambda row: row["_id"])


def columns(rows: Rows, *names: str) -> list[tuple[object, ...]]:
    return [tuple(row[name] for name in names) for row in table(rows)]


def parquet(path: Path, **columns: object) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    pq.write_table(pa.table(dict(columns)), path)
    return path


def csv(path: Path, *lines: str) -> Path:
    path.write_text("\n".join(lines) + "\n", "utf-8")
    return path


def test_parquet(tmp_path: Path) -> None:
    path = parquet(
        tmp_path / "rows.parquet",
        id=["a", "b", "c"],
        applied_at=pa.array([AT] * 3, pa.timestamp("ms", "Europe/Berlin")),
        income=pa.array([1, None, 3], pa.int32()),
        purpose=pa.array(["car", "boat", "car"]).dictionary_encode(),
        married=[True, None, False],
        face=[[0.5, 1.0], None, [0.25]],
        risk=pa.array([Decimal("0.50"), Decimal("0.25"), None], pa.decimal128(5, 2)),
    )
    rows = read(tmp_path, path)
    assert columns(rows, "_id", "_time", "income", "purpose", "married", "face[0]", "face[1]", "risk", "_wrong") == [
        ("a", SECONDS, 1.0, "car", "true", 0.5, 1.0, 0.5, []),
        ("b", SECONDS, None, "boat", None, None, None, 0.25, []),
        ("c", SECONDS, 3.0, "car", "false", 0.25, None, None, []),
    ]
    assert rows.span == (SECONDS, SECONDS)
    assert rows.accounting == Accounting(files=1, rows=3)


def test_csv(tmp_path: Path) -> None:
    lines = (
        "_id,_time,income,purpose,married,unknown",
        "a,2026-01-01T10:00:00Z,1e3,car,TRUE,x",
        'b,1767261600,-.5,"boat, red\nand ""new""",false,',
        "c,2026-01-01T11:00:00+01:00,nan,,,",
        "d,2026-01-01T10:00:00,-inf,01,no,",
        "e,2026-01-01T10:00:00,1_000,NULL,1,",
    )
    rows = read(tmp_path, csv(tmp_path / "rows.csv", *lines))
    found = columns(rows, "_id", "_time", "income", "purpose", "married", "_wrong")
    assert math.isnan(float(str(found[2][2])))
    assert [*found[:2], (*found[2][:2], *found[2][3:]), *found[3:]] == [
        ("a", SECONDS, 1000.0, "car", "true", []),
        ("b", SECONDS, -0.5, 'boat, red\nand "new"', "false", []),
        ("c", SECONDS, None, None, []),
        ("d", SECONDS, -math.inf, "01", None, ["married"]),
        ("e", SECONDS, None, "NULL", None, ["income", "married"]),
    ]
    assert rows.accounting == Accounting(files=1, rows=5, mixed_zones=2)


def test_csv_that_is_packed_has_tabs_and_lines_that_are_no_rows(tmp_path: Path) -> None:
    path = tmp_path / "rows.tsv.gz"
    path.write_bytes(gzip.compress(b"time\tincome\n1767261600\t1\n1767261600\t2\t3\n1767261600\t4\n"))
    rows = read(tmp_path, path)
    assert [row["income"] for row in table(rows)] == [1.0, 4.0]
    assert rows.accounting == Accounting(files=1, rows=2, unparsable=1, schema_changes=0)


@pytest.mark.parametrize(
    ("column", "kind", "mixed"),
    [
        ([datetime(2026, 1, 1, 10)] * 2, pa.timestamp("us"), 0),
        ([date(2026, 1, 1)] * 2, pa.date32(), 0),
        ([SECONDS] * 2, pa.float64(), 0),
        ([int(SECONDS * 1e9)] * 2, pa.int64(), 0),
        (["2026-01-01T10:00:00", "2026-01-01T10:00:00Z"], pa.string(), 1),
    ],
    ids=["timestamps", "days", "seconds", "nanoseconds", "texts"],
)
def test_times_of_rows(column: list[object], kind: pa.DataType, mixed: int, tmp_path: Path) -> None:
    rows = read(tmp_path, parquet(tmp_path / "rows.parquet", time=pa.array(column, kind), income=[1.0, 2.0]), of=watched(ordered_by=None))
    expected = SECONDS - (36_000 if kind == pa.date32() else 0)
    assert {row["_time"] for row in table(rows)} == {expected}
    assert rows.accounting.mixed_zones == mixed


def test_rows_without_a_time_or_in_the_future_are_counted(tmp_path: Path) -> None:
    path = parquet(tmp_path / "rows.parquet", _time=[SECONDS, None, math.nan, NOW + 1e6], income=[1.0, 2.0, 3.0, 4.0])
    other = parquet(tmp_path / "others.parquet", income=[1.0, 2.0])
    rows = read(tmp_path, path, other)
    assert [row["income"] for row in table(rows)] == [1.0]
    assert rows.accounting == Accounting(files=2, rows=1, without_time=4, future=1)


def test_versions_by_column_and_by_folder(tmp_path: Path) -> None:
    path = parquet(tmp_path / "rows.parquet", _time=[SECONDS] * 4, _version=["1", "2", "3", None], income=[1.0, 2.0, 3.0, 4.0])
    placed = parquet(tmp_path / "2" / "rows.parquet", _time=[SECONDS], income=[5.0])
    rows = read(tmp_path, path, placed, of=watched("1", "2"))
    assert [row["income"] for row in table(rows, "1")] == [1.0]
    assert sorted(row["income"] for row in table(rows, "2")) == [2.0, 5.0]
    assert rows.accounting == Accounting(files=2, rows=3, unknown_version=2)


def test_duplicates_by_id_and_columns_that_change(tmp_path: Path) -> None:
    one = parquet(tmp_path / "one.parquet", _id=["a", "b", "a"], _time=[SECONDS] * 3, income=[1.0, 2.0, 3.0])
    two = parquet(tmp_path / "two.parquet", _id=["b", "c"], _time=[SECONDS] * 2, income=["4", "x"], purpose=["car", "boat"])
    rows = read(tmp_path, one, two)
    assert columns(rows, "_id", "income", "_wrong") == [("a", 1.0, []), ("b", 2.0, []), ("c", None, ["income"])]
    assert rows.accounting == Accounting(files=2, rows=3, duplicates=2, schema_changes=2)


def test_rows_that_were_read_are_read_as_they_are(tmp_path: Path) -> None:
    rows = read(tmp_path, csv(tmp_path / "rows.csv", "_id,_time,income", "a,1767261600,1", "b,1767261600,x"))
    (tmp_path / "again").mkdir()
    again = logs.read(rows.tables["1"], watched(), tmp_path / "again", now=NOW)
    assert table(again) == table(rows)


def test_damaged_files_are_counted(tmp_path: Path) -> None:
    whole = parquet(tmp_path / "whole.parquet", _time=[SECONDS], income=[1.0])
    (tmp_path / "cut.parquet").write_bytes(whole.read_bytes()[:-20])
    (tmp_path / "text.parquet").write_text("no")
    (tmp_path / "latin.csv").write_bytes(b"_time,purpose\n1767261600,caf\xe9\n")
    packed = gzip.compress("\n".join(["_time,income", *(f"1767261600,{number}" for number in range(100_000))]).encode())
    (tmp_path / "cut.csv.gz").write_bytes(packed[: len(packed) * 3 // 4])
    files = [tmp_path / name for name in ("whole.parquet", "cut.parquet", "text.parquet", "latin.csv", "cut.csv.gz")]
    rows = read(tmp_path, *files)
    assert rows.accounting == Accounting(files=5, rows=rows.accounting.rows, damaged_files=4, unparsable=rows.accounting.unparsable)
    assert rows.accounting.unparsable <= 1
    assert 20_000 < rows.accounting.rows < 100_000


def test_parquet_that_becomes_too_large_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    columns = {"purpose": ["x" * 1000] * 3000, "_time": [SECONDS] * 3000}
    pq.write_table(pa.table(columns), tmp_path / "plain.parquet", use_dictionary=False)
    pq.write_table(pa.table(columns), tmp_path / "once.parquet")
    assert (tmp_path / "once.parquet").stat().st_size < 10_000
    monkeypatch.setattr(tabular, "MOST_UNPACKED", 1 << 20)
    monkeypatch.setattr(tabular, "MOST_DECODED", 1 << 20)
    rows = read(tmp_path, tmp_path / "plain.parquet", tmp_path / "once.parquet")
    assert rows == Rows({}, Accounting(files=2, refused_files=2), None)
