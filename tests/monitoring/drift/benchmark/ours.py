"""What Modelway says of a case: a baseline as a release makes it, and each window looked at as the job does, without files in between."""

import json
from collections.abc import Iterable, Sequence
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as parquet

from modelway.architecture.contract import Contract
from modelway.architecture.drift import Drift
from modelway.monitoring.drift.baseline import Baseline, Column, hashed
from modelway.monitoring.drift.binning import binned
from modelway.monitoring.drift.budget import sure_of, voted, votes_of
from modelway.monitoring.drift.concept import concept
from modelway.monitoring.drift.counts import ColumnCounts, Counts
from modelway.monitoring.drift.labels import read
from modelway.monitoring.drift.looking import look
from modelway.monitoring.drift.making import make
from modelway.monitoring.drift.result import Finding, State, Watch
from modelway.monitoring.drift.voting import WATCHES, state_of
from tests.monitoring.drift.benchmark.cases import HOUR, Case
from tests.monitoring.drift.benchmark.sources import Table, rows

BUDGET = 1
"""Alarms a month that are declared to be accepted, which is the default."""
MINIMUM = 30
TIME = "asked_at"


def contract_of(case: Case, reference: Table) -> Contract:
    """Takes what is watched, answers `answer`; labels and groups are columns beside these."""
    inputs = [{"name": name, "datatype": _datatype(reference[name]), "shape": [-1]} for name in case.columns]
    expected: dict[str, Any] = {TIME: {"type": "timestamp"}} | {name: {"null_rate": 1.0} for name in case.columns}
    fields: dict[str, Any] = {}
    if case.label:
        expected["label"] = {"type": "integer"}
        fields["metrics"] = [{"name": "roc_auc", "direction": "higher", "minimum": 0.5}]
    if case.parity:
        expected[case.parity]["values"] = sorted(set(reference[case.parity]))
    sample = [one | {"shape": [1], "data": [_some(reference[one["name"]])]} for one in inputs]
    signature = {"inputs": inputs, "outputs": [{"name": "answer", "datatype": "FP64", "shape": [-1]}]}
    described = {"signature": signature, "expectations": expected, "ordered_by": TIME, "sample": {"inputs": sample}, **fields}
    # Lists are tuples in JSON alone.
    return Contract.model_validate_json(json.dumps(described))


def drift_of(case: Case) -> Drift:
    said: dict[str, Any] = {"window": f"{case.window // HOUR}h", "false_alarms": BUDGET, "minimum_sample": MINIMUM, "data": {}}
    if case.seasonality:
        said["seasonality"] = case.seasonality
    if case.label:
        said["prediction"] = {}
    if case.drop or case.parity:
        said["labels"] = {"source": "s3://labels/bench/", "delay": "1h"}
    if case.drop:
        said["concept"] = {"metric": "roc_auc", "drop": case.drop}
    if case.parity:
        said["parity"] = {"group": case.parity, "metric": "recall", "gap": 0.2}
    return Drift.model_validate(said)


def baseline_of(case: Case, reference: Table) -> Baseline:
    with TemporaryDirectory(prefix="modelway-bench-") as folder:
        file = Path(folder) / "reference.parquet"
        columns = {name: pa.array(values, from_pandas=True) for name, values in reference.items() if name != "_time"}
        columns[TIME] = pa.array((reference["_time"] * 1e6).astype(np.int64), pa.timestamp("us", "UTC"))
        parquet.write_table(pa.table(columns), file)
        return make(
            [file], model="bench", version="1", contract=contract_of(case, reference), drift=drift_of(case), window_seconds=case.window
        )


def counted(window: Table, baseline: Baseline) -> Counts:
    """As counting.count counts, for tables that are here already; a test holds the two against each other."""
    many = rows(window)
    return Counts(many, {column.name: _column(window[column.name], column, baseline.salt) for column in baseline.columns})


def _column(values: np.ndarray, column: Column, salt: str) -> ColumnCounts:
    if column.kind == "number":
        there = values[~np.isnan(values)]
        finite = there[np.isfinite(there)]
        counts = np.bincount(binned(finite, column.cuts), minlength=len(column.cuts) + 1)
        return ColumnCounts(len(values), len(values) - len(there), 0, len(there) - len(finite), tuple(map(int, counts)))
    known = {name: place for place, name in enumerate(column.categories)}
    found = [0] * (len(column.categories) + 1)
    there = values[np.array([value is not None for value in values], bool)].astype(str)
    for value, many in zip(*np.unique(there, return_counts=True), strict=True):
        found[known.get(_hashed(salt, str(value)), len(known))] += int(many)
    return ColumnCounts(len(values), len(values) - len(there), 0, 0, tuple(found))


@cache
def _hashed(salt: str, value: str) -> str:
    return hashed(salt, value)


def looked(case: Case, window: Table, start: int, baseline: Baseline, contract: Contract, drift: Drift) -> tuple[Finding, ...]:
    found = look(baseline, counted(window, baseline), drift, contract, start=start, window_seconds=case.window, minimum=MINIMUM)
    if not (case.drop or case.parity):
        return found
    with TemporaryDirectory(prefix="modelway-bench-") as made:
        rows_, labels = _written(window, Path(made))
        more, _ = concept(
            [rows_],
            read([labels]),
            contract,
            baseline,
            drift,
            start=start,
            end=start + case.window,
            now=start + 2 * case.window,
            minimum=MINIMUM,
        )
    return (*found, *more)


def _written(window: Table, folder: Path) -> tuple[Path, Path]:
    """A window's rows as payloads are read into, and the file of their labels."""
    ids = [f"request-{number}" for number in range(rows(window))]
    beside = {"_id": pa.array(ids), "_wrong": pa.array([[]] * len(ids), pa.list_(pa.string()))}
    columns = {name: pa.array(values, from_pandas=True) for name, values in window.items() if name != "label"}
    parquet.write_table(pa.table(beside | columns), folder / "rows.parquet")
    parquet.write_table(pa.table({"id": ids, "label": window["label"]}), folder / "labels.parquet")
    return folder / "rows.parquet", folder / "labels.parquet"


def told(findings: Sequence[Sequence[Finding]], drift: Drift) -> list[frozenset[str] | None]:
    """Of each window in order, what alarms of any kind are about: all that drifted in the windows that vote. None where there is none."""
    needed, of = votes_of(drift)
    found: list[frozenset[str] | None] = [None] * len(findings)
    for watch in WATCHES:
        states: list[State] = []
        was = False
        for number, now in enumerate(findings):
            state = state_of(now, watch)
            if state is None:
                continue
            states.append(state)
            was = voted(watch, states, needed, of, was, sure_of(now, watch)).raised
            if was:
                voting = findings[max(0, number + 1 - of) : number + 1]
                found[number] = (found[number] or frozenset()) | named(watch, (one for window in voting for one in window))
    return found


def named(watch: Watch, findings: Iterable[Finding]) -> frozenset[str]:
    return frozenset(one.subject for one in findings if one.watch == watch and one.state == "drifted" and not one.estimated)


def _some(values: np.ndarray) -> float | str:
    """A value that there is, or 1."""
    there = [value for value in values[:100] if value is not None and value == value]
    return there[0] if there else 1.0


def _datatype(values: np.ndarray) -> str:
    return "FP64" if values.dtype == np.float64 else "BYTES"
