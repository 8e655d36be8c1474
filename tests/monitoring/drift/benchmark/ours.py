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
from modelway.monitoring.drift.budget import voted, votes_of
from modelway.monitoring.drift.counts import ColumnCounts, Counts
from modelway.monitoring.drift.looking import look
from modelway.monitoring.drift.making import make
from modelway.monitoring.drift.result import Finding, State
from modelway.monitoring.drift.voting import WATCHES, state_of
from tests.monitoring.drift.benchmark.cases import DAY, Case
from tests.monitoring.drift.benchmark.sources import Table, rows

BUDGET = 3
"""Alarms a month that are declared to be accepted, for windows of a day: one window in ten may begin one."""
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
    sample = [
        {"name": one["name"], "datatype": one["datatype"], "shape": [1], "data": ["a" if one["datatype"] == "BYTES" else 1.0]}
        for one in inputs
    ]
    signature = {"inputs": inputs, "outputs": [{"name": "answer", "datatype": "FP64", "shape": [-1]}]}
    described = {"signature": signature, "expectations": expected, "ordered_by": TIME, "sample": {"inputs": sample}, **fields}
    # Lists are tuples in JSON alone.
    return Contract.model_validate_json(json.dumps(described))


def drift_of(case: Case) -> Drift:
    said: dict[str, Any] = {"window": "1d", "false_alarms": BUDGET, "minimum_sample": MINIMUM, "data": {}}
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
        return make([file], model="bench", version="1", contract=contract_of(case, reference), drift=drift_of(case), window_seconds=DAY)


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
    return look(baseline, counted(window, baseline), drift, contract, start=start, window_seconds=DAY, minimum=MINIMUM)


def alarmed(findings: Sequence[Iterable[Finding]], drift: Drift) -> list[bool]:
    """Of each window in order, whether there is an alarm of any kind."""
    needed, of = votes_of(drift)
    raised = [False] * len(findings)
    for watch in WATCHES:
        states: list[State] = []
        was = False
        for number, found in enumerate(findings):
            state = state_of(found, watch)
            if state is not None:
                states.append(state)
                was = voted(watch, states, needed, of, was).raised
            raised[number] |= was
    return raised


def named(findings: Iterable[Finding]) -> frozenset[str]:
    return frozenset(finding.subject for finding in findings if finding.state == "drifted" and not finding.estimated)


def _datatype(values: np.ndarray) -> str:
    return "FP64" if values.dtype == np.float64 else "BYTES"
