"""Columns, windows and baselines for tests of decisions, made of arrays."""

import json
from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from modelway.architecture.contract import Contract
from modelway.architecture.drift import Drift
from modelway.monitoring.drift.baseline import Baseline, Column, Role, hashed
from modelway.monitoring.drift.binning import binned, bins_of, categories_of
from modelway.monitoring.drift.calibrating import calibrated
from modelway.monitoring.drift.counts import ColumnCounts, Counts
from modelway.monitoring.drift.looking import look
from modelway.monitoring.drift.result import Finding
from modelway.monitoring.drift.seasons import Seasonality, names, seasons

SALT = "00ff"
HOUR = 3_600
Values = Sequence[float | str | None] | NDArray[np.float64]


def cells(column: Column, values: Values) -> NDArray[np.int64]:
    """As `calibrated` takes them."""
    if column.kind == "category":
        places = {name: place for place, name in enumerate(column.categories)}
        return np.array([-1 if value is None else places.get(hashed(SALT, str(value)), len(places)) for value in values])
    there = np.array([np.nan if value is None else value for value in values], dtype=np.float64)
    found = np.where(np.isnan(there), -1, -3)
    found[np.isfinite(there)] = binned(there[np.isfinite(there)], column.cuts)
    return found


def column_of(
    name: str, values: Values, role: Role = "input", times: NDArray[np.float64] | None = None, by: Seasonality | None = None
) -> Column:
    text = any(isinstance(value, str) for value in values)
    if text:
        known = categories_of([str(value) for value in values if value is not None], SALT)
        column = Column(name, role, "category", len(values), 0, categories=known)
        bins = len(known) + 1
    else:
        there = np.array([np.nan if value is None else value for value in values], dtype=np.float64)
        finite = there[np.isfinite(there)]
        if not finite.size:
            return Column(name, role, "number", len(values), len(values), counts=(0, 0), cuts=(0.0,), positions=(0.0, 0.0))
        made = bins_of(finite)
        column = Column(
            name, role, "number", len(values), 0, cuts=made.cuts, low=made.low, high=made.high, positions=made.positions, scale=made.scale
        )
        bins = len(made.cuts) + 1
    places = cells(column, values)
    kept = {"cuts": column.cuts, "low": column.low, "high": column.high, "positions": column.positions, "scale": column.scale}
    like: dict[str, tuple[int, ...]] = {}
    if by is not None and times is not None:
        which = seasons(by, times)
        like = {name: _counts(places[which == place], bins) for place, name in enumerate(names(by)) if (which == place).any()}
    return Column(
        name,
        role,
        column.kind,
        len(values),
        int((places == -1).sum()),
        infinite=int((places == -3).sum()),
        counts=_counts(places, bins),
        categories=column.categories,
        seasons=like,
        **kept,  # type: ignore[arg-type]
    )


def baseline_of(
    columns: Mapping[str, Values], times: NDArray[np.float64] | None = None, by: Seasonality | None = None, outputs: Sequence[str] = ()
) -> Baseline:
    made = [column_of(name, values, "output" if name in outputs else "input", times, by) for name, values in columns.items()]
    places = np.stack([cells(column, columns[column.name]) for column in made], axis=1)
    done, tests, windows = calibrated(made, places, times, HOUR, 1)
    rows = len(next(iter(columns.values())))
    return Baseline(1, "credit-risk", "1", rows, "", "", SALT, done, HOUR, windows, tests, by)


def counts_of(baseline: Baseline, columns: Mapping[str, Values]) -> Counts:
    rows = len(next(iter(columns.values())))
    found = {}
    for column in baseline.columns:
        if column.name in columns:
            places = cells(column, columns[column.name])
            counts = _counts(places, len(column.counts))
            found[column.name] = ColumnCounts(rows, int((places == -1).sum()), 0, int((places == -3).sum()), counts)
    return Counts(rows, found)


def drift_of(**said: object) -> Drift:
    return Drift.model_validate_json(json.dumps({"data": {}} | said))


def contract_of(baseline: Baseline, more: Sequence[str] = ()) -> Contract:
    inputs = [column.name for column in baseline.columns if column.role == "input"] + list(more)
    outputs = [column.name for column in baseline.columns if column.role == "output"] or ["answer"]
    described = {
        "signature": {
            "inputs": [{"name": name, "datatype": "FP64", "shape": [-1]} for name in inputs],
            "outputs": [{"name": name, "datatype": "FP64", "shape": [-1]} for name in outputs],
        },
        "sample": {"inputs": [{"name": name, "datatype": "FP64", "shape": [1], "data": [0.5]} for name in inputs]},
    }
    return Contract.model_validate_json(json.dumps(described))


def looked(baseline: Baseline, columns: Mapping[str, Values], *, start: int = 0, minimum: int = 30, **said: object) -> tuple[Finding, ...]:
    counts = counts_of(baseline, columns)
    return look(baseline, counts, drift_of(**said), contract_of(baseline), start=start, window_seconds=HOUR, minimum=minimum)


def one(findings: Sequence[Finding], subject: str, method: str = "psi") -> Finding:
    return next(finding for finding in findings if finding.subject == subject and finding.method == method)


def _counts(places: NDArray[np.int64], bins: int) -> tuple[int, ...]:
    return tuple(int(count) for count in np.bincount(places[places >= 0], minlength=bins))
