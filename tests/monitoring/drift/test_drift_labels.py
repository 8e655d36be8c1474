"""Labels find the rows that they are about; what does not fit is counted, and nothing of it used."""

import gzip
import json
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from modelway.monitoring.drift.joining import Joined, joined
from modelway.monitoring.drift.labels import Labels, read

DAY = 86400.0


def logged(folder: Path, rows: Sequence[tuple[str, float, float]], name: str = "rows.parquet") -> list[Path]:
    """Rows of id, time and answer, as they are read out of payloads."""
    table = {
        "_id": [row[0] for row in rows],
        "_time": [row[1] for row in rows],
        "_wrong": [[] for _ in rows],
        "p": [row[2] for row in rows],
    }
    path = folder / name
    pq.write_table(
        pa.table(
            table, schema=pa.schema([("_id", pa.string()), ("_time", pa.float64()), ("_wrong", pa.list_(pa.string())), ("p", pa.float64())])
        ),
        path,
    )
    return [path]


def lines(folder: Path, records: Sequence[object], name: str = "labels.jsonl") -> Path:
    path = folder / name
    path.write_text("".join((json.dumps(record) if not isinstance(record, str) else record) + "\n" for record in records), "utf-8")
    return path


def put(rows: Sequence[Path], labels: Labels, *, text: bool = False, end: float = DAY, now: float = 10 * DAY, delay: float = DAY) -> Joined:
    return joined(rows, labels, numbers=["p", "absent"], texts=[], text=text, start=0, end=end, now=now, delay=delay)


def test_every_format_says_the_same(tmp_path: Path) -> None:
    records = [{"id": "a", "label": True, "time": "1970-01-02T00:00:00Z"}, {"id": "b/1", "label": False, "time": 86400}]
    made = [
        lines(tmp_path, records),
        tmp_path / "l.csv",
        tmp_path / "s.tsv",
        tmp_path / "l.parquet",
        tmp_path / "l.csv.gz",
        tmp_path / "named.csv",
    ]
    made[1].write_text('\ufeffid,label,time\n"a",true,1970-01-02T00:00:00Z\nb/1,false,86400\n', "utf-8")
    made[2].write_text("time\tlabel\tid\n1970-01-02T01:00:00+01:00\ttrue\ta\n86400.0\tfalse\tb/1\n", "utf-8")
    moment = datetime(1970, 1, 2, tzinfo=UTC)
    pq.write_table(pa.table({"label": [True, False], "other": [1, 2], "id": ["a", "b/1"], "time": [moment, moment]}), made[3])
    made[4].write_bytes(gzip.compress(made[1].read_bytes()))
    made[5].write_text("id;defaulted;time\na;true;86400\nb/1;false;86400\n", "utf-8")
    for file in made:
        found = read([file])
        assert found.table.to_pydict() == {"id": ["a", "b/1"], "value": ["true", "false"], "time": [DAY, DAY]}, file
        assert (found.files, found.unparsable, found.damaged_files, found.refused_files) == (1, 0, 0, 0)


def test_the_contract_may_name_the_label(tmp_path: Path) -> None:
    file = tmp_path / "loans.csv"
    file.write_text("id,defaulted,amount\na,1,500\n", "utf-8")
    record = lines(tmp_path, [{"id": "a", "defaulted": 1, "amount": 500}])
    assert read([file, record], "defaulted").table["value"].to_pylist() == ["1", "1"]
    unclear = read([file, record])
    assert (unclear.table.num_rows, unclear.damaged_files, unclear.unparsable) == (0, 1, 1)


def test_what_is_no_label_is_counted(tmp_path: Path) -> None:
    bad = [
        *(
            "",
            "{",
            "[1]",
            '{"id": "a", "label": NaN}',
            '{"id": "a"}',
            '{"label": 1}',
            '{"id": "", "label": 1}',
            '{"id": "a", "label": null}',
        ),
        *(
            '{"id": "a", "label": [1]}',
            '{"id": true, "label": 1}',
            '{"id": "a", "x": 1, "y": 2}',
            '{"id": "a", "label": 1' + " " * (1 << 21) + "}",
        ),
    ]
    found = read([lines(tmp_path, [*bad, {"id": 7, "label": 1.0}])])
    assert found.table.to_pydict() == {"id": ["7"], "value": ["1"], "time": [None]}
    assert found.unparsable == len(bad) - 1
    ragged = tmp_path / "ragged.csv"
    ragged.write_text("id,label\na,1\nb\nc,1,1\n\nd,\n", "utf-8")
    found = read([ragged])
    assert (found.table.num_rows, found.unparsable) == (1, 3)


def test_what_can_be_read_of_a_damaged_file_is_used(tmp_path: Path) -> None:
    whole = gzip.compress(b"".join(b'{"id": "%d", "label": %d}\n' % (number, number % 2) for number in range(50_000)))
    cut = tmp_path / "cut.jsonl.gz"
    cut.write_bytes(whole[: len(whole) // 2])
    named = tmp_path / "named.csv.gz"
    named.write_text("id,label\na,1\n", "utf-8")
    wrong = tmp_path / "wrong.csv"
    wrong.write_text("who,what\na,1\n", "utf-8")
    parquet = tmp_path / "cut.parquet"
    parquet.write_bytes(b"PAR1nothing")
    other = tmp_path / "labels.xlsx"
    other.write_bytes(b"x")
    found = read(
        [cut, named, wrong, parquet, other, tmp_path / "gone.csv", tmp_path / "no-ending", lines(tmp_path, [{"id": "z", "label": 1}])]
    )
    assert 1000 < found.table.num_rows < 50_000
    assert "z" in found.table["id"].to_pylist()
    assert (found.damaged_files, found.refused_files, found.files) == (5, 2, 8)


def test_a_bomb_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("modelway.monitoring.drift.labels.LARGEST", 1 << 22)
    bomb = tmp_path / "bomb.jsonl.gz"
    bomb.write_bytes(gzip.compress(b'{"id": "a", "label": 1}\n' + b" " * (1 << 24)))
    lined = tmp_path / "lined.csv.gz"
    lined.write_bytes(gzip.compress(b"id,label\n" + b"a,1\n" * (1 << 21)))
    found = read([bomb, lined])
    assert found.refused_files == 2
    assert found.table.num_rows <= (1 << 20) + 1


def test_rows_of_a_request_are_told_apart(tmp_path: Path) -> None:
    rows = logged(tmp_path, [("a", 5, 0.1), ("b/0", 3, 0.2), ("b/1", 3, 0.3), ("c/0", 4, 0.4)])
    given = [("a/0", 1), ("b/0", 0), ("b/1", 1), ("c/0", 1), ("b", 1), ("c", 1)]
    found = put(rows, read([lines(tmp_path, [{"id": name, "label": value} for name, value in given])]))
    assert found.columns["p"].tolist() == [0.2, 0.3, 0.4, 0.1]
    assert found.label.tolist() == [0, 1, 1, 1]
    assert found.requests[0] == found.requests[1]
    assert len(set(found.requests.tolist())) == 3
    assert list(found.columns) == ["p"]
    assert (found.accounting.labels, found.accounting.labels_unknown) == (4, 2)


def test_ids_that_end_in_numbers_are_no_request(tmp_path: Path) -> None:
    found = put(logged(tmp_path, [(f"2026-11-27/{number}", number, 0.5) for number in range(9)]), read([]))
    assert sorted(found.requests.tolist()) == list(range(9))


def test_two_labels_count_once_or_not_at_all(tmp_path: Path) -> None:
    rows = logged(tmp_path, [("a", 1, 0.1), ("b", 2, 0.2), ("c", 3, 0.3)])
    given = [("a", True), ("a", 1), ("a", "1.0"), ("b", 0), ("b", 1), ("c", 1)]
    found = put(rows, read([lines(tmp_path, [{"id": name, "label": value} for name, value in given])]))
    assert found.label.tolist()[::2] == [1, 1]
    assert np.isnan(float(found.label[1]))
    assert (found.accounting.labels, found.accounting.labels_twice, found.accounting.labels_missing) == (2, 3, 1)


def test_texts_are_compared_as_they_are(tmp_path: Path) -> None:
    rows = logged(tmp_path, [("a", 1, 0.1), ("b", 2, 0.2), ("c", 3, 0.3)])
    given = [("a", "01"), ("a", "1"), ("b", "high")]
    found = put(rows, read([lines(tmp_path, [{"id": name, "label": value} for name, value in given])]), text=True)
    assert found.label.tolist() == [None, "high", None]


def test_labels_wait_until_they_are_due(tmp_path: Path) -> None:
    rows = logged(tmp_path, [("a", 0, 0.1), ("b", 100, 0.2), ("c", 200, 0.3), ("d", 300, 0.4), ("old", -1, 0.5)])
    given = [
        {"id": "a", "label": 1},
        {"id": "b", "label": 1, "time": 9e9},
        {"id": "d", "label": 1},
        {"id": "old", "label": 1},
        {"id": "e", "label": 1},
    ]
    found = put(rows, read([lines(tmp_path, given)]), now=DAY + 200)
    assert found.due.tolist() == [True, True, True, False]
    assert np.isfinite(found.label.astype(float)).tolist() == [True, False, False, False]
    account = found.accounting
    assert (account.labels, account.labels_missing, account.labels_unknown, account.future) == (1, 2, 1, 1)


def test_labels_of_another_type_are_counted(tmp_path: Path) -> None:
    rows = logged(tmp_path, [("a", 1, 0.1), ("b", 2, 0.2)])
    found = put(rows, read([lines(tmp_path, [{"id": "a", "label": "yes"}, {"id": "b", "label": "inf"}])]))
    assert (found.accounting.unparsable, found.accounting.labels, found.accounting.labels_missing) == (2, 0, 2)


def test_times_without_a_zone_are_counted(tmp_path: Path) -> None:
    given = [{"id": "a", "label": 1, "time": "1970-01-02T00:00:00"}, {"id": "b", "label": 1, "time": "1970-01-02T00:00:00+02:00"}]
    given.append({"id": "c", "label": 1, "time": "soon"})
    found = read([lines(tmp_path, given)])
    assert found.table["time"].to_pylist() == [DAY, DAY - 7200, None]
    assert found.mixed_zones == 1


def test_no_rows_are_no_fault(tmp_path: Path) -> None:
    found = put([], read([lines(tmp_path, [{"id": "a", "label": 1}])]))
    assert (found.rows, found.columns, found.accounting.labels_unknown) == (0, {}, 1)


def test_a_label_from_before_the_window_is_of_another_one(tmp_path: Path) -> None:
    given = [{"id": "nobody", "label": 1, "time": time} for time in (-5, 5, None)]
    found = put(logged(tmp_path, [("a", 1, 0.1)]), read([lines(tmp_path, given)]))
    assert found.accounting.labels_unknown == 2


def test_several_files_of_rows_are_one(tmp_path: Path) -> None:
    one, other = logged(tmp_path, [("a", 1, 0.1)], "[1].parquet"), logged(tmp_path, [("b", 2, 0.2)], "*.parquet")
    found = put([*one, *other], read([lines(tmp_path, [{"id": "b", "label": 0}])]))
    assert found.columns["p"].tolist() == [0.1, 0.2]
    assert found.accounting.labels_missing == 1
