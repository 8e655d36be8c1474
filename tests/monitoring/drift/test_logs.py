"""Payload logs become rows, whatever their form; what cannot be used is counted."""

import base64
import gzip
import json
import math
from collections.abc import Callable
from itertools import zip_longest
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest

from modelway.monitoring.drift import counting, logs
from modelway.monitoring.drift.baseline import Baseline, Column
from modelway.monitoring.drift.counts import ColumnCounts, Counts
from modelway.monitoring.drift.logs import Rows, streams
from modelway.monitoring.drift.logs.pairing import NoRoom
from modelway.monitoring.drift.result import Accounting
from modelway.monitoring.drift.watched import Watched, WatchedVersion

NOW = 1_770_000_000.0
AT = "2026-01-01T10:00:00Z"
SECONDS = 1_767_261_600.0


def contract(*further: dict[str, Any]) -> dict[str, Any]:
    inputs: list[dict[str, Any]] = [
        {"name": "income", "datatype": "FP64", "shape": [-1]},
        {"name": "dependants", "datatype": "INT64", "shape": [-1]},
        {"name": "purpose", "datatype": "BYTES", "shape": [-1]},
        {"name": "married", "datatype": "BOOL", "shape": [-1]},
        *further,
    ]
    data: dict[str, list[object]] = {"FP64": [1.5], "INT64": [1], "BYTES": ["car"], "BOOL": [True]}
    sample = []
    for one in inputs:
        name, datatype, shape = (one[key] for key in ("name", "datatype", "shape"))
        further = list(shape[1:])
        sample.append({"name": name, "datatype": datatype, "shape": [1, *further], "data": data[datatype] * math.prod(further)})
    outputs = [{"name": "risk", "datatype": "FP64", "shape": [-1]}]
    expectations = {"age_band": {"type": "text"}, "applied_at": {"type": "timestamp"}}
    return {
        "signature": {"inputs": inputs, "outputs": outputs},
        "expectations": expectations,
        "ordered_by": "applied_at",
        "sample": {"inputs": sample},
    }


def watched(versions: dict[str, dict[str, Any]] | None = None, form: str = "kserve") -> Watched:
    roles = ("live", "canary") if form == "sagemaker" else ()
    given = (versions or {"1": contract()}).items()
    each = tuple(WatchedVersion(version, made, "b", "d", role) for (version, made), role in zip_longest(given, roles[: len(given)]))
    return Watched(1, "dev", "credit", "risk", "risk@example.com", "high", "payloads", "results", form, each, {}, each[0].version)  # type: ignore[arg-type]


def tensor(name: str, data: list[object], datatype: str = "FP64", shape: list[int] | None = None) -> dict[str, object]:
    return {"name": name, "datatype": datatype, "shape": shape or [len(data)], "data": data}


def request(incomes: list[object], **others: list[object]) -> list[dict[str, object]]:
    given = {"dependants": [1] * len(incomes), "purpose": ["car"] * len(incomes), "married": [True] * len(incomes)} | others
    kinds = {"dependants": "INT64", "purpose": "BYTES", "married": "BOOL"}
    return [tensor("income", incomes), *(tensor(name, list(data), kinds.get(name, "BYTES")) for name, data in given.items())]


def answer(risks: list[object]) -> list[dict[str, object]]:
    return [tensor("risk", risks)]


def record(incomes: list[object], risks: list[object], **envelope: object) -> dict[str, object]:
    return {"time": AT, "model": "credit", "version": "1", "inputs": request(incomes), "outputs": answer(risks)} | envelope


class Folder:
    def __init__(self, path: Path) -> None:
        self.path, self.files = path, list[Path]()

    def write(self, name: str, *records: object, end: str = "\n") -> "Folder":
        text = "\n".join(one if isinstance(one, str) else json.dumps(one) for one in records) + end
        return self.put(name, text.encode())

    def put(self, name: str, content: bytes) -> "Folder":
        path = self.path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
        self.files.append(path)
        return self

    def read(self, of: Watched | None = None) -> Rows:
        made = self.path / "made"
        made.mkdir()
        rows = logs.read(self.files, of or watched(), made, now=NOW)
        assert sorted(made.glob("*.parquet")) == sorted(path for paths in rows.tables.values() for path in paths)
        return rows


@pytest.fixture
def folder(tmp_path: Path) -> Folder:
    return Folder(tmp_path)


def table(rows: Rows, version: str = "1") -> list[dict[str, Any]]:
    found = [row for path in rows.tables[version] for row in pq.read_table(path).to_pylist()]
    return sorted(found, key=lambda row: row["_id"])


def counted(rows: Rows) -> dict[str, int]:
    """What is not 0 of the accounting, but for files and rows."""
    fields = Accounting.__struct_fields__
    return {name: getattr(rows.accounting, name) for name in fields if getattr(rows.accounting, name) and name not in ("files", "rows")}


def test_records_of_our_servers(folder: Folder) -> None:
    rows = folder.write("1/a.jsonl", record([1, 2.5], [0.5, 0.25], id="x"), record([3], [0.75])).read()
    first = {"_id": "x/0", "_time": SECONDS, "_wrong": [], "income": 1.0, "dependants": 1.0, "purpose": "car", "married": "true"}
    assert table(rows)[1:] == [
        first | {"age_band": None, "applied_at": None, "risk": 0.5},
        first | {"_id": "x/1", "income": 2.5, "age_band": None, "applied_at": None, "risk": 0.25},
    ]
    assert table(rows)[0]["_id"].startswith("a.jsonl:1")
    assert rows.span == (SECONDS, SECONDS)
    assert rows.accounting == Accounting(files=1, rows=3)


def event(side: str, data: object, **attributes: object) -> dict[str, object]:
    kind = f"org.kubeflow.serving.inference.{side}"
    return {"specversion": "1.0", "type": kind, "id": "x", "time": AT, "source": "http://localhost:9081/", "data": data} | attributes


def structured(side: str, body: object, name: str = "x") -> dict[str, object]:
    return event(side, body, id=name)


def in_base64(side: str, body: object, name: str = "x") -> dict[str, object]:
    made = event(side, None, id=name, data_base64=base64.b64encode(json.dumps(body).encode()).decode())
    del made["data"]
    return made


def binary(side: str, body: object, name: str = "x") -> dict[str, object]:
    kind = f"org.kubeflow.serving.inference.{side}"
    return {"headers": {"Ce-Id": [name], "CE-Type": kind, "ce-time": AT, "Content-Type": "application/json"}, "body": json.dumps(body)}


def of_a_bucket(side: str, body: object, name: str = "x") -> dict[str, object]:
    return {
        "ReqType": f"org.kubeflow.serving.inference.{side}",
        "Id": name,
        "InferenceService": "credit",
        "Bytes": base64.b64encode(json.dumps(body).encode()).decode(),
        "Metadata": {"Ce-Time": [AT]},
    }


FORMS = (structured, in_base64, binary, of_a_bucket)


@pytest.mark.parametrize("form", FORMS)
def test_requests_find_their_answers(form: Callable[..., dict[str, object]], folder: Folder) -> None:
    folder.write("a.json", [form("request", {"inputs": request([1, 2])}), form("request", {"inputs": request([3])}, "lost")])
    folder.write("b.json", form("response", {"model_name": "credit", "model_version": "1", "outputs": answer([0.1, 0.2])}))
    rows = folder.write("c.json", form("response", {"outputs": answer([0.9])}, "nobody's")).read()
    found = [(row["_id"], row["income"], row["married"], row["risk"]) for row in table(rows)]
    assert found == [("x/0", 1.0, "true", 0.1), ("x/1", 2.0, "true", 0.2)]
    assert counted(rows) == {"unanswered": 2}


def test_requests_alone_are_rows_where_nobody_keeps_answers(folder: Folder) -> None:
    rows = folder.write("a.json", structured("request", {"inputs": request([1])})).read()
    assert [(row["income"], row["risk"]) for row in table(rows)] == [(1.0, None)]
    assert counted(rows) == {}


def test_a_request_is_of_the_version_that_answers(folder: Folder) -> None:
    two = watched({"1": contract(), "2": contract({"name": "rating", "datatype": "FP64", "shape": [-1]})})
    for name, version in (("x", "1"), ("y", "2"), ("z", "3")):
        folder.write(f"{name}.jsonl", structured("request", {"inputs": request([1], rating=[7.0])}, name))
        folder.write(f"{name}-answer.jsonl", structured("response", {"model_version": version, "outputs": answer([0.5])}, name))
    rows = folder.write("w.jsonl", structured("request", {"inputs": request([1])}, "w")).read(two)
    assert [row["_id"] for row in table(rows, "1")] == ["x"]
    assert [(row["_id"], row["rating"]) for row in table(rows, "2")] == [("y", 7.0)]
    assert counted(rows) == {"unknown_version": 1, "unanswered": 2}


@pytest.mark.parametrize("day", ["2026/11/27/05", "2026/11/27", "date=2026-11-27/hour=05", "."])
def test_folders_say_the_version_and_those_of_days_do_not(day: str, folder: Folder) -> None:
    of = watched({version: contract() for version in ("11", "27", "05", "2026", "2026.1", "live")}, "sagemaker")
    captured = capture("1,1,car,true", "0.5", "CSV")
    rows = folder.write(f"credit/2026.1/{day}/a.jsonl", captured).write(f"credit/else/{day}/b.jsonl", captured).read(of)
    assert list(rows.tables) == ["2026.1"]
    assert counted(rows) == {"unknown_version": 1}


V2 = {"inputs": request([1, 2])}
BY_ROW = {"inputs": [tensor("rows", [1, 1, "car", True, 2, 1, "car", True], "BYTES", [2, 4])]}
NESTED = {"inputs": [tensor("rows", [[1, 1, "car", True], [2, 1, "car", True]], "BYTES", [2, 4])]}
V1 = {"instances": [[1, 1, "car", True], [2, 1, "car", True]]}
NAMED = {
    "instances": [
        {"income": 1, "dependants": 1, "purpose": "car", "married": True},
        {"married": True, "income": 2, "dependants": 1, "purpose": "car"},
    ]
}


@pytest.mark.parametrize("body", [V2, BY_ROW, NESTED, V1, NAMED], ids=["columns", "rows", "nested", "instances", "named"])
def test_bodies_by_column_and_by_row(body: object, folder: Folder) -> None:
    folder.write("a.jsonl", structured("request", body), structured("response", {"predictions": [0.5, 0.25]}))
    rows = folder.read()
    found = [(row["income"], row["dependants"], row["purpose"], row["married"], row["risk"]) for row in table(rows)]
    assert found == [(1.0, 1.0, "car", "true", 0.5), (2.0, 1.0, "car", "true", 0.25)]
    assert counted(rows) == {}


def capture(asked: str, answered: str, encoding: str, kind: str = "application/json", **about: str) -> dict[str, object]:
    sides = {
        side: {"observedContentType": kind, "mode": mode, "data": data, "encoding": encoding}
        for side, mode, data in (("endpointInput", "INPUT", asked), ("endpointOutput", "OUTPUT", answered))
    }
    return {"captureData": sides, "eventMetadata": {"eventId": "e", "inferenceTime": AT} | about, "eventVersion": "0"}


BODY, BACK = json.dumps(V2), json.dumps({"outputs": answer([0.5, 0.25])})
LINES, SCORES = "1,1,car,true\n2,1,car,True\n", "0.5\n0.25"


@pytest.mark.parametrize(
    "captured",
    [
        capture(BODY, BACK, "JSON"),
        capture(LINES, SCORES, "CSV", "text/csv"),
        capture(base64.b64encode(BODY.encode()).decode(), base64.b64encode(BACK.encode()).decode(), "BASE64"),
        capture(base64.b64encode(LINES.encode()).decode(), base64.b64encode(SCORES.encode()).decode(), "BASE64", "text/csv; header=absent"),
    ],
    ids=["json", "csv", "base64 of json", "base64 of csv"],
)
def test_what_sagemaker_captures(captured: object, folder: Folder) -> None:
    rows = folder.write("credit/live/2026/01/01/10/a.jsonl", captured).read(watched({"1": contract(), "2": contract()}, "sagemaker"))
    found = [(row["_id"], row["_time"], row["income"], row["purpose"], row["married"], row["risk"]) for row in table(rows)]
    assert found == [("e/0", SECONDS, 1.0, "car", "true", 0.5), ("e/1", SECONDS, 2.0, "car", "true", 0.25)]
    assert counted(rows) == {}


def test_what_sagemaker_captures_is_of_the_version_that_the_variant_runs(folder: Folder) -> None:
    of = watched({"1": contract(), "2": contract()}, "sagemaker")
    captured = capture("1,1,car,true", "0.5", "CSV")
    rows = folder.write("credit/canary/2026/01/01/10/a.jsonl", captured).write("credit/split-1/2026/01/01/10/b.jsonl", captured).read(of)
    assert list(rows.tables) == ["2"]
    assert counted(rows) == {"unknown_version": 1}


def test_an_inference_id_comes_before_the_id_of_the_event(folder: Folder) -> None:
    rows = folder.write("1/a.jsonl", capture("1,1,car,true", "0.5", "CSV", inferenceId="mine")).read(watched(form="sagemaker"))
    assert [row["_id"] for row in table(rows)] == ["mine"]


def test_cells_of_other_types_are_empty_and_named(folder: Folder) -> None:
    inputs = request(["1", True, None, math.nan, 10**400], dependants=[1.0, 2, 3, 2**60, "x"], purpose=[1, "a", None, "\ud800", True])
    inputs += [tensor("age_band", ["a", "b", "c", "d", 5], "BYTES")]
    rows = folder.write("a.jsonl", record([], [], id="x", inputs=inputs, outputs=answer([1, 2, 3, 4, 5]))).read()
    found = table(rows)
    assert [row["_wrong"] for row in found] == [["income", "purpose"], ["income"], [], [], ["income", "dependants", "purpose", "age_band"]]
    assert [row["income"] for row in found[:3]] == [None] * 3
    assert math.isnan(found[3]["income"])
    assert [row["dependants"] for row in found] == [1.0, 2.0, 3.0, 2.0**60, None]
    assert [row["purpose"] for row in found] == [None, "a", None, "?", None]


def test_a_tensor_with_several_values_in_a_row_is_a_column_for_each(folder: Folder) -> None:
    of = watched({"1": contract({"name": "face", "datatype": "FP64", "shape": [-1, 3]})})
    inputs = [*request([1, 2]), tensor("face", [[1, 2, 3], [4, 5, 6]], shape=[2, 3])]
    other = [*request([1, 2]), tensor("face", [[1, 2], [4, 5]], shape=[2, 2])]
    folder.write("a.jsonl", record([], [], id="x", inputs=inputs, outputs=answer([1, 2])), record([], [], inputs=other))
    rows = folder.read(of)
    assert [[row[f"face[{at}]"] for at in range(3)] for row in table(rows)] == [[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]]
    assert counted(rows) == {"unparsable": 1}


def test_what_cannot_be_used_is_counted(folder: Folder) -> None:
    folder.write(
        "a.jsonl",
        record([1], [0.5], id="x"),
        record([9], [0.9], id="x"),
        "{",
        "[1, 2]",
        '{"surprise": true}',
        "[" * 100_000,
        record([1], [0.5], model="else"),
        record([1], [0.5], version="7"),
        record([1], [0.5], time="soon"),
        record([1], [0.5], time="2030-01-01T00:00:00Z"),
        record([1, 2], [0.5], id="uneven"),
        record([], [], id="empty"),
    )
    rows = folder.read()
    assert [(row["_id"], row["income"]) for row in table(rows)] == [("x", 1.0)]
    expected = {"duplicates": 1, "unparsable": 7, "other_models": 1, "unknown_version": 1, "without_time": 1, "future": 1}
    assert counted(rows) == expected


def test_duplicates_across_files_and_forms(folder: Folder) -> None:
    asked, answered = structured("request", {"inputs": request([1])}), structured("response", {"outputs": answer([0.5])})
    folder.write("a.jsonl", asked, answered, asked).write("b.jsonl", asked, answered).write("c.jsonl", record([2], [0.1], id="x"))
    rows = folder.read()
    assert len(table(rows)) == 1
    assert counted(rows) == {"duplicates": 4}


def test_zones_are_minded_and_none_is_utc(folder: Folder) -> None:
    times: list[object] = ["2026-01-01T12:00:00+02:00", "2026-01-01T10:00:00", "2026-01-01 10:00:00.000"]
    times += [SECONDS, SECONDS * 1e3, str(SECONDS)]
    rows = folder.write("a.jsonl", *(record([1], [0.5], time=time) for time in times)).read()
    assert {row["_time"] for row in table(rows)} == {SECONDS}
    assert counted(rows) == {"mixed_zones": 2}


def test_columns_that_change_are_counted(folder: Folder) -> None:
    other = request([1], purpose=[5])
    other[2]["datatype"] = "INT64"
    less = [one for one in request([1]) if one["name"] != "married"]
    changed = [record([], [], inputs=inputs, outputs=answer([1])) for inputs in (other, less)]
    rows = folder.write("a.jsonl", record([1], [0.5]), *changed)
    assert counted(rows.read()) == {"schema_changes": 2}


def test_a_file_that_was_cut_off_is_used_as_far_as_it_goes(folder: Folder) -> None:
    whole = "\n".join(json.dumps(record([number], [0.5], id=f"g{number}")) for number in range(2000)).encode()
    packed = gzip.compress(whole)
    folder.put("a.jsonl.gz", packed[: len(packed) // 2]).put("b.jsonl.gz", packed).put("c.gz", packed[:40])
    rows = folder.write("d.jsonl", record([1], [0.5], id="a"), '{"time": "2026', end="").read()
    assert rows.accounting.rows == 2001
    assert 0 < rows.accounting.duplicates < 2000
    assert counted(rows) == {"damaged_files": 3, "unparsable": 2, "duplicates": rows.accounting.duplicates}


def test_a_bomb_is_not_unpacked(folder: Folder) -> None:
    size = 0
    with gzip.open(folder.path / "bomb.jsonl.gz", "wb", compresslevel=1) as file:
        while size <= streams.UNSUSPICIOUS:
            size += file.write(b" " * (1 << 24))
    folder.files.append(folder.path / "bomb.jsonl.gz")
    rows = folder.write("a.jsonl", record([1], [0.5])).read()
    assert (rows.accounting.rows, counted(rows)) == (1, {"refused_files": 1})


def test_a_line_that_is_too_long_is_passed_over(folder: Folder, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(streams, "MOST_LINE", 2000)
    rows = folder.write("a.jsonl", record([1], [0.5], id="a"), '"' + "x" * 5000 + '"', record([2], [0.5], id="b")).read()
    assert [row["_id"] for row in table(rows)] == ["a", "b"]
    assert counted(rows) == {"unparsable": 1}


def test_nothing_is_no_rows(folder: Folder) -> None:
    rows = folder.put("a.jsonl", b"").put("b.jsonl.gz", b"").put("c.csv", b"").read()
    assert rows == Rows({}, Accounting(files=3), None)


def test_more_rows_than_there_is_room_for_are_an_error_without_them(folder: Folder, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(counting, "MEMORY", "1MB")
    folder.write("a.jsonl", record([1], [0.5], id="planted"), record([1], [0.5], id="planted"))
    with pytest.raises(NoRoom) as caught:
        folder.read()
    assert str(caught.value).startswith("2 rows could not be put together (")
    assert "planted" not in str(caught.value)


INCOMES: list[object] = [0, 1.5, None, "1", math.nan, math.inf, -math.inf, True, 2]
COUNTED = ColumnCounts(rows=9, missing=1, wrong=2, infinite=3, counts=(1, 2))


@pytest.mark.parametrize("at", [0, 4, 9])
def test_parts_of_logs_are_counted_as_the_whole(at: int, folder: Folder) -> None:
    column = Column(name="income", role="input", kind="number", rows=2, missing=0, cuts=(1.0,), counts=(1, 1))
    looked_at = Baseline(
        schema=1, model="credit", version="1", rows=2, contract="", data="", salt="00", columns=(column,), window_seconds=3600
    )
    counts = Counts(0, {})
    for name, incomes in (("a.jsonl", INCOMES[:at]), ("b.jsonl", INCOMES[at:])):
        folder.files = []
        made = folder.path / name.partition(".")[0]
        made.mkdir()
        rows = logs.read(folder.write(name, *(record([one], [0.5]) for one in incomes)).files, watched(), made, now=NOW)
        for paths in rows.tables.values():
            with counting.opened(paths) as table_:
                counts += counting.count(table_, looked_at)
    assert counts == Counts(9, {"income": COUNTED})
