"""Baselines out of files: what is counted, that it is always the same, and that nobody's values are in it."""

import csv
import gzip
import json
import os
import random
from pathlib import Path

import msgspec
import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from modelway.architecture.contract import Contract
from modelway.architecture.drift import Drift
from modelway.errors import ModelwayError
from modelway.monitoring.drift.baseline import Baseline, Column, hashed, read, written
from modelway.monitoring.drift.making import contract_digest, make, save
from modelway.monitoring.drift.reading import NoReference, Rows
from modelway.monitoring.drift.sample import sampled

FIRST = 1_790_000_000 // 86400 * 86400
SAMPLE = {"income": ("FP64", 1.5), "dependants": ("INT8", 1), "job": ("BYTES", "clerk"), "owner": ("BOOL", True)}


def contract(**changed: object) -> Contract:
    inputs = [{"name": name, "datatype": kind, "shape": [-1]} for name, (kind, _) in SAMPLE.items()]
    described: dict[str, object] = {
        "signature": {"inputs": inputs, "outputs": [{"name": "score", "datatype": "FP64", "shape": [-1]}]},
        "expectations": {
            "applied_at": {"type": "timestamp"},
            "defaulted": {"type": "boolean"},
            "band": {"type": "text", "values": ["young", "old"]},
            "customer": {"type": "text", "unique": True},
        },
        "ordered_by": "applied_at",
        "metrics": [{"name": "roc_auc", "direction": "higher", "reference": 0.8}],
        "sample": {"inputs": [{"name": name, "datatype": kind, "shape": [1], "data": [one]} for name, (kind, one) in SAMPLE.items()]},
    }
    return Contract.model_validate_json(json.dumps(described | changed))


def drift(**changed: object) -> Drift:
    return Drift.model_validate_json(json.dumps({"data": {}, "prediction": {}} | changed))


PARITY = {"parity": {"group": "band", "metric": "selection_rate", "gap": 0.1}}


def rows(number: int, seed: int = 1) -> list[dict[str, object]]:
    """Loans, one every ten minutes."""
    chance = random.Random(seed)
    made: list[dict[str, object]] = []
    for row in range(number):
        score = round(chance.random(), 6)
        made.append(
            {
                "income": round(chance.lognormvariate(8, 1), 2),
                "dependants": chance.choice([0, 0, 1, 2, 3]),
                "job": chance.choice(["clerk", "clerk", "smith", "miner"]),
                "owner": chance.random() < 0.4,
                "score": score,
                "applied_at": np.datetime_as_string(np.datetime64(FIRST + 600 * row, "s")) + "Z",
                "defaulted": chance.random() < score,
                "band": "young" if row % 3 else "old",
                "customer": f"customer-{row}",
            }
        )
    return made


def as_csv(file: Path, table: list[dict[str, object]]) -> Path:
    with file.open("w", encoding="utf-8", newline="") as opened:
        writer = csv.DictWriter(opened, list(table[0]))
        writer.writeheader()
        for row in table:
            writer.writerow({name: str(value).lower() if isinstance(value, bool) else value for name, value in row.items()})
    return file


def as_json(file: Path, table: list[dict[str, object]]) -> Path:
    file.write_text("".join(json.dumps(row) + "\n" for row in table), "utf-8")
    return file


def as_parquet(file: Path, table: list[dict[str, object]]) -> Path:
    pq.write_table(pa.Table.from_pylist(table), file)
    return file


def made(*files: Path, watched: Drift | None = None, by: Contract | None = None, **more: object) -> Baseline:
    arguments = {"model": "credit-risk", "version": "1", "window_seconds": 86400} | more
    return make(files, contract=by or contract(), drift=watched or drift(), **arguments)  # type: ignore[arg-type]


def column(baseline: Baseline, name: str) -> Column:
    found = baseline.column(name)
    assert found is not None
    return found


def bare(baseline: Baseline) -> Baseline:
    """Without what comes from the bytes of the files."""
    columns = tuple(
        msgspec.structs.replace(one, noise={}, categories=(), seasons={}, counts=tuple(sorted(one.counts))) for one in baseline.columns
    )
    return msgspec.structs.replace(baseline, data="", salt="", columns=columns, tests=1.0, reached=(), confidence=())


def test_the_same_files_give_the_same_bytes(tmp_path: Path) -> None:
    file = as_csv(tmp_path / "a.csv", rows(600))
    watched = drift(seasonality="weekday", **PARITY)
    one = written(made(file, watched=watched))
    again = as_csv(tmp_path / "b.csv", rows(600))
    assert written(made(again, watched=watched)) == one
    assert read(one, "baseline.json", model="credit-risk", version="1").rows == 600
    other = written(made(as_csv(tmp_path / "c.csv", rows(600, seed=2)), watched=watched))
    assert read(other, "baseline.json").salt != read(one, "baseline.json").salt
    changed = contract(metrics=[{"name": "roc_auc", "direction": "higher", "reference": 0.7}])
    assert made(file, watched=watched, by=changed).salt != read(one, "baseline.json").salt


def test_every_format_gives_the_same_columns(tmp_path: Path) -> None:
    table = rows(400)
    text, lines, parquet = (
        as_csv(tmp_path / "a.csv", table),
        as_json(tmp_path / "a.jsonl", table),
        as_parquet(tmp_path / "a.parquet", table),
    )
    baselines = [made(file) for file in (text, lines, parquet)]
    assert bare(baselines[0]) == bare(baselines[1]) == bare(baselines[2])
    assert [one.name for one in baselines[0].columns] == ["income", "dependants", "job", "owner", "score"]
    # Of several files, in any mix and order, the rows are one reference.
    random.Random(3).shuffle(table)
    mixed = [
        as_csv(tmp_path / "1.csv", table[:150]),
        as_json(tmp_path / "2.jsonl", table[150:300]),
        as_parquet(tmp_path / "3.pq", table[300:]),
    ]
    assert bare(made(*mixed)) == bare(baselines[0])


@pytest.mark.parametrize("make_file", [as_csv, as_json, as_parquet])
def test_what_is_counted(tmp_path: Path, make_file: object) -> None:
    table = rows(500)
    for row in table[:40]:
        row["income"] = None
    for row in table[40:50]:
        row["job"] = "rare" if row is table[40] else None
    baseline = made(make_file(tmp_path / f"a.{'csv' if make_file is as_csv else 'jsonl' if make_file is as_json else 'parquet'}", table))  # type: ignore[operator]
    income, job, owner = (column(baseline, name) for name in ("income", "job", "owner"))
    assert (income.rows, income.missing, income.wrong, income.infinite, sum(income.counts)) == (500, 40, 0, 0, 460)
    cuts = np.asarray(income.cuts)
    values = [float(str(row["income"])) for row in table[40:]]
    assert income.counts == tuple(np.bincount(np.searchsorted(cuts, values), minlength=len(cuts) + 1))
    by_hash = dict(zip(job.categories, job.counts, strict=False))
    expected = {name: sum(row["job"] == name for row in table) for name in ("clerk", "smith", "miner")}
    assert by_hash == {hashed(baseline.salt, name): number for name, number in expected.items()}
    # Fewer than five rows are nobody's own category.
    assert (job.counts[-1], job.missing) == (1, 9)
    assert list(job.counts[:-1]) == sorted(job.counts[:-1], reverse=True)
    trues = sum(row["owner"] is True for row in table)
    assert dict(zip(owner.categories, owner.counts, strict=False))[hashed(baseline.salt, "true")] == trues


def test_values_of_another_type_and_infinite_ones_are_told_apart(tmp_path: Path) -> None:
    table = rows(300)
    for number, odd in enumerate(["abc", "nan", "inf", "-inf", "1_000", ""]):
        table[number]["income"] = odd
    table[7]["owner"] = "perhaps"
    baseline = made(as_csv(tmp_path / "a.csv", table))
    income = column(baseline, "income")
    assert (income.missing, income.wrong, income.infinite, sum(income.counts)) == (1, 2, 3, 294)
    assert column(baseline, "owner").wrong == 1
    assert income.noise["wrong"].means[0] == pytest.approx(2.5 / 301)


def test_a_column_without_any_value_is_in_it(tmp_path: Path) -> None:
    table = [row | {"income": None, "job": None} for row in rows(50)]
    for file in (as_csv(tmp_path / "a.csv", table), as_json(tmp_path / "a.jsonl", table), as_parquet(tmp_path / "a.parquet", table)):
        baseline = made(file)
        assert (column(baseline, "income").missing, column(baseline, "income").counts) == (50, (0,))
        assert (column(baseline, "job").missing, column(baseline, "job").counts) == (50, (0,))


def test_seasons_are_those_of_the_times(tmp_path: Path) -> None:
    table = [row for row in rows(1008) if "T03" not in str(row["applied_at"])]
    file = as_csv(tmp_path / "a.csv", table)
    for seasonality, keys in (("weekday", 7), ("hour", 23), ("hour_of_week", 7 * 23)):
        baseline = made(file, watched=drift(seasonality=seasonality), window_seconds=3600)
        assert baseline.seasonality == seasonality
        for one in baseline.columns:
            assert len(one.seasons) == keys
            assert tuple(np.sum(list(one.seasons.values()), axis=0)) == one.counts
    job, clerk = column(baseline, "job"), hashed(baseline.salt, "clerk")
    first = [row for row in table if str(row["applied_at"])[:13] == str(table[0]["applied_at"])[:13]]
    assert job.seasons["mon-00"][job.categories.index(clerk)] == sum(row["job"] == "clerk" for row in first)


def test_windows_in_time_are_found(tmp_path: Path) -> None:
    file = as_csv(tmp_path / "a.csv", rows(1440))
    assert made(file).windows == 10
    told: list[str] = []
    ordered = contract(ordered_by=None)
    baseline = made(file, watched=drift(seasonality="hour"), by=ordered, told=told.append)
    assert (baseline.windows, baseline.seasonality, column(baseline, "income").seasons) == (0, None, {})
    assert any("seasonality is declared and no row has a time" in one for one in told)
    assert any("its reference has no windows in time" in one for one in told)


def test_days_that_miss_values_are_told_from_days_of_another_type(tmp_path: Path) -> None:
    table = rows(1440)
    for number, row in enumerate(table):
        if number // 144 in (3, 7) and number % 3 == 0:
            row["income"] = None
            row["job"] = None
        if number // 144 == 5 and number % 3 == 0:
            row["dependants"] = "many"
    baseline = made(as_csv(tmp_path / "a.csv", table))
    varies = {
        (one.name, rate): one.noise[rate].natural_variance > 0.01 for one in baseline.columns for rate in ("missing", "wrong", "infinite")
    }
    assert {which for which, much in varies.items() if much} == {("income", "missing"), ("job", "missing"), ("dependants", "wrong")}


def test_what_was_reached_is_in_it_where_labels_are(tmp_path: Path) -> None:
    table = rows(2000)
    baseline = made(as_csv(tmp_path / "a.csv", table), watched=drift(**PARITY))
    (whole,) = [one for one in baseline.reached if one.column is None]
    assert whole.metric == "roc_auc"
    assert whole.low < whole.value < whole.high
    assert 0.8 < whole.value < 0.87
    bands = {one.segment: one.rows for one in baseline.reached if one.column == "band"}
    assert bands == {hashed(baseline.salt, name): sum(row["band"] == name for row in table) for name in ("young", "old")}
    assert sum(number for _, _, number in baseline.confidence) == 2000
    assert all(abs(said - true) < 0.2 for said, true, _ in baseline.confidence)
    assert column(baseline, "band").role == "group"
    without = [{name: value for name, value in row.items() if name != "defaulted"} for row in table]
    baseline = made(as_csv(tmp_path / "b.csv", without))
    assert (baseline.reached, baseline.confidence) == ((), ())


def test_what_days_differ_by_is_known_of_a_metric(tmp_path: Path) -> None:
    alike, table = rows(2016), rows(2016)
    for row in table:
        # Every other day answers say nothing.
        if int(str(np.datetime64(str(row["applied_at"])[:-1], "D").astype(int))) % 2:
            row["score"] = random.Random(str(row["customer"])).random()
    files = [as_csv(tmp_path / "alike.csv", alike), as_csv(tmp_path / "unlike.csv", table)]
    found = [made(file, labels="defaulted").reached[0].natural_variance for file in files]
    assert found[0] < found[1] / 20
    assert found[1] > 0


def test_labels_that_are_not_clear_are_told_and_can_be_named(tmp_path: Path) -> None:
    file = as_csv(tmp_path / "a.csv", rows(100))
    told: list[str] = []
    assert made(file, told=told.append).reached == ()
    assert any("which of defaulted, band is the label is not clear" in one for one in told)
    assert made(file, labels="defaulted").reached != ()
    with pytest.raises(NoReference, match=r"the contract has no column other; there are applied_at, defaulted, band, customer: name one"):
        made(file, labels="other")


def test_files_as_they_come(tmp_path: Path) -> None:
    full = as_csv(tmp_path / "full.csv", rows(60))
    header = tmp_path / "header.csv"
    header.write_text(full.read_text("utf-8").splitlines()[0] + "\n", "utf-8")
    packed = tmp_path / "packed.csv.gz"
    packed.write_bytes(gzip.compress(full.read_bytes()))
    assert made(header, packed).rows == 60
    # A key that comes late, behind all rows that are looked at first.
    table = rows(10_100)
    late = as_json(
        tmp_path / "late.jsonl", [{key: row[key] for key in row if number > 10_050 or key != "income"} for number, row in enumerate(table)]
    )
    income = column(made(late), "income")
    assert (income.missing, sum(income.counts)) == (10_051, 49)
    few = made(as_csv(tmp_path / "few.csv", rows(30)))
    assert read(written(few), "baseline.json") == few
    assert sum(column(few, "income").counts) == 30


def test_what_is_watched_and_not_there_is_told(tmp_path: Path) -> None:
    table = [{name: row[name] for name in SAMPLE} for row in rows(60)]
    told: list[str] = []
    labels = {"labels": {"source": "s3://acme-labels/a/", "delay": "1d"}, "concept": {"metric": "roc_auc", "drop": 0.1}}
    baseline = made(as_csv(tmp_path / "a.csv", table), watched=drift(**PARITY, **labels), told=told.append)
    assert [one.name for one in baseline.columns] == list(SAMPLE)
    for what in ("no column score", "no column band", "no labels (defaulted)"):
        assert any(what in one for one in told), what


def test_all_faults_are_told_at_once(tmp_path: Path) -> None:
    table = rows(30)
    files = [
        as_csv(tmp_path / "a.csv", [{name: value for name, value in row.items() if name != "income"} for row in table]),
        as_parquet(tmp_path / "b.parquet", [row | {"job": 5} for row in table]),
        tmp_path / "c.csv",
        tmp_path / "d.parquet",
        tmp_path / "e.xlsx",
    ]
    for file in files[2:]:
        file.write_bytes(b"PAR1" if file.suffix == ".parquet" else b"")
    with pytest.raises(NoReference) as refused:
        made(*files)
    told = str(refused.value).splitlines()
    assert [line.split(":")[0] for line in told] == ["c.csv", "d.parquet", "e.xlsx", "job", "income"]
    assert "income: the column is missing in a.csv, and the model takes it." in told
    assert "job: the column holds whole numbers (BIGINT), expected text in b.parquet." in told


def test_a_column_of_nearly_that_name_is_asked_for(tmp_path: Path) -> None:
    table = [{{"job": "Job"}.get(name, name): value for name, value in row.items()} for row in rows(30)]
    with pytest.raises(NoReference) as refused:
        made(as_csv(tmp_path / "a.csv", table))
    assert str(refused.value) == "job: the column is missing, and the model takes it: is it Job? Call it job there."


def test_no_row_is_no_reference(tmp_path: Path) -> None:
    for file in (as_csv(tmp_path / "a.csv", rows(1)), as_parquet(tmp_path / "a.parquet", rows(1))):
        if file.suffix == ".csv":
            file.write_text(file.read_text("utf-8").splitlines()[0] + "\n", "utf-8")
        else:
            pq.write_table(pq.read_table(file).slice(0, 0), file)
        with pytest.raises(NoReference, match="there is no row"):
            made(file)
    file = as_json(tmp_path / "a.jsonl", [{"other": 1}] * 20)
    with pytest.raises(NoReference, match="income: the column is missing, and the model takes it"):
        made(file)


def test_columns_that_nothing_can_be_compared_with_are_refused_together(tmp_path: Path) -> None:
    spoilt = [row | {"income": "abc", "owner": "perhaps", "applied_at": "yesterday", "defaulted": "Hildegard"} for row in rows(29)]
    for file in (as_csv(tmp_path / "a.csv", spoilt), as_json(tmp_path / "a.jsonl", spoilt)):
        with pytest.raises(NoReference) as refused:
            made(file, labels="defaulted")
        told = str(refused.value).splitlines()
        assert told[0] == "the data have 29 rows, and a baseline is of at least 30."
        types = {"income": "number", "owner": "boolean", "defaulted": "boolean", "applied_at": "timestamp"}
        for line, (name, kind) in zip(told[1:], types.items(), strict=True):
            assert line.startswith(f"{name}: no row has a value of the type {kind}; 29 of 29 have a value of another type: ")
        assert told[-1].endswith(": write times like 2026-11-27T05:00:00Z.")
    with pytest.raises(NoReference, match="30 of 30 are NaN, infinite or of another type"):
        made(as_csv(tmp_path / "b.csv", [row | {"income": "nan"} for row in rows(30)]))


def test_values_of_another_type_and_few_rows_are_told(tmp_path: Path) -> None:
    table = rows(90)
    for row in table[::3]:
        row |= {"income": "n/a", "applied_at": "yesterday"}
    told: list[str] = []
    made(as_csv(tmp_path / "a.csv", table), watched=drift(minimum_sample=100), told=told.append)
    for name in ("income", "applied_at"):
        assert f"{name}: 30 of 90 rows have a value of another type; they count as such, and in no bin" in told
    assert any(one.startswith("the data have 90 rows, fewer than the 100 (minimum_sample)") for one in told)
    told.clear()
    made(as_csv(tmp_path / "b.csv", rows(100)), watched=drift(minimum_sample=100), told=told.append)
    assert not [one for one in told if "another type" in one or "minimum_sample" in one]


def test_metrics_that_labels_do_not_give_are_told(tmp_path: Path) -> None:
    for value, why in (("true", "all rows have the same one"), ("", "no row has one")):
        told: list[str] = []
        file = as_csv(tmp_path / "a.csv", [row | {"defaulted": value} for row in rows(60)])
        assert made(file, labels="defaulted", told=told.append).reached == ()
        assert f"roc_auc: cannot be computed from the labels in defaulted, as {why}" in told
    told.clear()
    made(as_csv(tmp_path / "b.csv", rows(60)), labels="defaulted", told=told.append)
    assert not [one for one in told if "cannot be computed" in one]


def test_lines_that_are_no_rows_are_told(tmp_path: Path) -> None:
    file = as_csv(tmp_path / "a.csv", rows(50))
    file.write_text(file.read_text("utf-8") + "Hildegard,1\n1,2\n", "utf-8")
    lines = as_json(tmp_path / "b.jsonl", rows(50))
    lines.write_text(lines.read_text("utf-8") + "[1, 2]\nHildegard\n{}\n", "utf-8")
    told: list[str] = []
    assert made(file, lines, told=told.append).rows == 101
    assert any(one.startswith("2 lines in a.csv can be read as no row") for one in told)
    assert any(one.startswith("2 lines in b.jsonl can be read as no row") for one in told)
    assert "Hildegard" not in "".join(told)


def test_inputs_of_several_values_have_a_column_for_each(tmp_path: Path) -> None:
    by = contract(
        signature={
            "inputs": [{"name": "picture", "datatype": "FP32", "shape": [-1, 2, 2]}],
            "outputs": [{"name": "score", "datatype": "FP64", "shape": [-1]}],
        },
        sample={"inputs": [{"name": "picture", "datatype": "FP32", "shape": [1, 2, 2], "data": [0.0] * 4}]},
    )
    pictures: list[object] = [[[float(row), 1.0], [2.0, None]] for row in range(60)]
    pictures[0] = [[1.0, 2.0]]
    pictures[1] = None
    table = [{"picture": picture, "score": 0.5} for picture in pictures]
    for file in (as_json(tmp_path / "a.jsonl", table), as_parquet(tmp_path / "a.parquet", table)):
        baseline = made(file, by=by)
        assert [one.name for one in baseline.columns] == ["picture[0]", "picture[1]", "picture[2]", "picture[3]", "score"]
        first = column(baseline, "picture[0]")
        assert (first.rows, first.missing, first.wrong, sum(first.counts)) == (60, 1, 1, 58)
        assert column(baseline, "picture[3]").missing == 59


def test_nothing_of_a_person_is_in_it(tmp_path: Path) -> None:
    table = rows(800)
    for number, row in enumerate(table):
        row["job"] = f"Hildegard of Bingen {number}" if number % 4 == 0 else "Abbess of Rupertsberg"
    table[3]["income"], table[4]["income"], table[5]["score"] = 987654.321, -123456.789, 0.271828
    told: list[str] = []
    for file in (as_csv(tmp_path / "a.csv", table), as_json(tmp_path / "a.jsonl", table), as_parquet(tmp_path / "a.parquet", table)):
        content = written(made(file, watched=drift(seasonality="weekday", **PARITY), told=told.append)).decode()
        assert len(column(read(content.encode(), "b"), "job").categories) == 1
        for planted in ("Hildegard", "Rupertsberg", "customer-", "clerk", "young", "987654", "123456.7", "0.271828"):
            assert planted not in content + "".join(told), planted


def test_errors_hold_no_values_either(tmp_path: Path) -> None:
    table = [row | {"income": "Hildegard 4711"} for row in rows(40)]
    with pytest.raises(NoReference) as refused:
        made(as_parquet(tmp_path / "a.parquet", table))
    assert "Hildegard" not in str(refused.value)
    damaged = as_parquet(tmp_path / "b.parquet", [row | {"job": "Hildegard 4711"} for row in rows(3000)])
    content = bytearray(damaged.read_bytes())
    content[200:2000] = b"Hildegard 4711"[:14] * 128 + b"xxxxxxxx"
    damaged.write_bytes(bytes(content))
    with pytest.raises(NoReference) as refused:
        made(damaged)
    assert "Hildegard" not in str(refused.value)
    assert refused.value.__cause__ is None


def test_a_sample_is_even_and_always_the_same(tmp_path: Path) -> None:
    numbers = np.arange(50_000)
    files = []
    for part, some in enumerate(np.split(numbers, [20_000])):
        files.append(tmp_path / f"{part}.parquet")
        pq.write_table(pa.table({"row": some}), files[-1])
    whole = Rows(tuple(files), 50_000, (), False)
    assert sampled(whole, 50_000, 7, tmp_path) == tuple(files)

    def of(offset: int) -> list[int]:
        (file,) = sampled(whole, 5_000, offset, tmp_path)
        return [int(row) for row in pq.read_table(file).column("row").to_pylist()]

    chosen = of(7)
    assert of(7) == chosen == sorted(set(chosen))
    assert of(8**9) != chosen
    assert abs(len(chosen) - 5_000) < 20
    # A day of hours, a week of days, a power of two: no period is preferred.
    for period in (7, 24, 168, 256):
        counts = np.bincount(np.asarray(chosen) % period, minlength=period)
        assert counts.min() > 0.8 * 5_000 / period
        assert counts.max() < 1.2 * 5_000 / period


def test_more_rows_than_the_sample_are_all_counted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("modelway.monitoring.drift.making.SAMPLE", 1000)
    monkeypatch.setattr("modelway.monitoring.drift.making.LEAST", 100)
    file = as_parquet(tmp_path / "a.parquet", rows(5000))
    baseline = made(file, watched=drift(**PARITY))
    assert all(one.rows == 5000 == one.missing + sum(one.counts) for one in baseline.columns)
    assert sum(number for _, _, number in baseline.confidence) == pytest.approx(1000, abs=20)
    assert written(made(file, watched=drift(**PARITY))) == written(baseline)


def test_a_file_is_written_whole_or_not_at_all(tmp_path: Path) -> None:
    file = tmp_path / "new" / "baseline.json"
    digest = save(b"one", file)
    assert save(b"two", file) != digest
    assert file.read_bytes() == b"two"
    assert [one.name for one in file.parent.iterdir()] == ["baseline.json"]
    assert file.stat().st_mode & 0o777 == 0o666 & ~_mask()
    with pytest.raises(ModelwayError, match="cannot be written"):
        save(b"three", file / "baseline.json")
    (tmp_path / "folder").mkdir()
    with pytest.raises(ModelwayError, match="cannot be written"):
        save(b"three", tmp_path / "folder")
    assert sorted(one.name for one in tmp_path.iterdir()) == ["folder", "new"]


def _mask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask


def test_a_contract_has_one_digest() -> None:
    assert contract_digest(contract()) == contract_digest(Contract.model_validate_json(contract().model_dump_json()))
    assert contract_digest(contract()) != contract_digest(contract(ordered_by=None))
