"""What a model learned from and what it is asked later are counted alike: the same rows, in a file of data and in payload logs."""

import json
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from modelway.architecture.contract import Contract
from modelway.architecture.drift import Drift
from modelway.monitoring.drift.counting import count, opened
from modelway.monitoring.drift.counts import ColumnCounts, Counts
from modelway.monitoring.drift.logs import read
from modelway.monitoring.drift.looking import look
from modelway.monitoring.drift.making import make
from modelway.monitoring.drift.watched import Watched, WatchedVersion

START = 1_795_000_000 // 3600 * 3600
INPUTS = {"income": "FP64", "dependants": "INT64", "job": "BYTES", "owner": "BOOL"}
VALID = {"income": 1.5, "dependants": 1, "job": "clerk", "owner": True}
CONTRACT = Contract.model_validate_json(
    json.dumps(
        {
            "signature": {
                "inputs": [
                    *({"name": name, "datatype": kind, "shape": [-1]} for name, kind in INPUTS.items()),
                    {"name": "picture", "datatype": "FP32", "shape": [-1, 3]},
                ],
                "outputs": [{"name": "score", "datatype": "FP64", "shape": [-1]}],
            },
            "expectations": {"income": {"null_rate": 0.1}, "job": {"null_rate": 0.1}},
            "sample": {
                "inputs": [
                    *({"name": name, "datatype": kind, "shape": [1], "data": [VALID[name]]} for name, kind in INPUTS.items()),
                    {"name": "picture", "datatype": "FP32", "shape": [1, 3], "data": [0.0] * 3},
                ]
            },
        }
    )
)
DRIFT = Drift.model_validate_json(json.dumps({"data": {}, "prediction": {}, "window": "1h"}))


def table(rows: int) -> list[dict[str, object]]:
    """With all that may stand in a cell."""
    return [
        {
            "income": None if row % 29 == 0 else 1000.5 + (row * 7919) % 977,
            "dependants": (row * row) % 5,
            "job": None if row % 31 == 0 else ["clerk", "Größe", " smith", "3", "3.0", "true", ""][row % 7],
            "owner": row % 3 == 0,
            "picture": [0.1 * (row % 7), None if row % 50 == 0 else 1.0, float(row)],
            "score": (row % 101) / 100,
        }
        for row in range(rows)
    ]


def logged(file: Path, rows: list[dict[str, object]]) -> Path:
    """The rows as servers write them down, one a request."""
    with file.open("w", encoding="utf-8") as opened_file:
        for number, row in enumerate(rows):
            inputs = [{"name": name, "datatype": kind, "shape": [1], "data": [row[name]]} for name, kind in INPUTS.items()]
            inputs.append({"name": "picture", "datatype": "FP32", "shape": [1, 3], "data": row["picture"]})
            outputs = [{"name": "score", "datatype": "FP64", "shape": [1], "data": [row["score"]]}]
            record = {"id": str(number), "time": START + number / 2, "model": "m", "version": "1", "inputs": inputs, "outputs": outputs}
            opened_file.write(json.dumps(record) + "\n")
    return file


def watched() -> Watched:
    version = WatchedVersion("1", CONTRACT.model_dump(mode="json"), "baseline.json", "0" * 64)
    return Watched(
        schema=1,
        environment="dev",
        endpoint="m",
        team="risk",
        owner="risk@example.com",
        tier="low",
        payloads="payloads",
        results="results",
        format="kserve",
        versions=(version,),
        drift=DRIFT.model_dump(mode="json"),
        live="1",
    )


@pytest.mark.parametrize("kind", ["json", "parquet"])
def test_the_same_rows_have_the_same_counts(tmp_path: Path, kind: str) -> None:
    rows = table(1500)
    data = tmp_path / ("data.jsonl" if kind == "json" else "data.parquet")
    if kind == "json":
        data.write_text("".join(json.dumps(row) + "\n" for row in rows), "utf-8")
    else:
        pq.write_table(pa.Table.from_pylist(rows), data)
    baseline = make([data], model="m", version="1", contract=CONTRACT, drift=DRIFT, window_seconds=3600)
    (tmp_path / "read").mkdir()
    found = read([logged(tmp_path / "log.jsonl", rows)], watched(), tmp_path / "read", now=START + 86400)
    with opened(found.tables["1"]) as there:
        counts = count(there, baseline)
    assert counts.rows == 1500
    assert [one.name for one in baseline.columns] == [
        "income",
        "dependants",
        "job",
        "owner",
        "picture[0]",
        "picture[1]",
        "picture[2]",
        "score",
    ]
    for column in baseline.columns:
        window = counts.columns[column.name]
        assert (window.missing, window.wrong, window.infinite) == (column.missing, column.wrong, column.infinite), column.name
        assert window.counts == column.counts, column.name
    findings = look(baseline, counts, DRIFT, CONTRACT, start=START, window_seconds=3600, minimum=100)
    assert {one.state for one in findings} == {"steady"}


def test_only_what_is_watched_has_to_be_there(tmp_path: Path) -> None:
    rows = table(1500)
    data = tmp_path / "data.parquet"
    pq.write_table(pa.Table.from_pylist(rows), data)
    watches = Drift.model_validate_json(json.dumps({"data": {"features": ["picture", "income"]}, "window": "1h"}))
    baseline = make([data], model="m", version="1", contract=CONTRACT, drift=watches, window_seconds=3600)
    # Nothing else is kept of what is asked and answered.
    kept = ("picture", "income")
    counts = Counts(
        1500,
        {
            column.name: ColumnCounts(1500, column.missing, column.wrong, column.infinite, column.counts)
            if column.name.split("[")[0] in kept
            else ColumnCounts(1500, 1500, 0, 0, (0,) * len(column.counts))
            for column in baseline.columns
        },
    )
    findings = look(baseline, counts, watches, CONTRACT, start=START, window_seconds=3600, minimum=100)
    assert {one.state for one in findings} == {"steady"}
    watched_data = [one.subject for one in findings if one.watch == "data"]
    assert sorted(watched_data) == ["income", "picture[0]", "picture[1]", "picture[2]"]
