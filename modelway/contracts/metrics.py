"""Metrics of a version against what its contract asks, and against those of the version that it replaces."""

import json
import math
from collections.abc import Mapping
from pathlib import Path

from modelway.architecture.contract import Contract, Metric
from modelway.contracts.result import Fault, Result
from modelway.errors import ModelwayError

MOST = 1 << 20
"""Bytes of a file of metrics."""


class NoMetrics(ModelwayError):
    """A file that holds no metrics."""


Metrics = Mapping[str, float | None]
"""By name; None stands for what is no number."""


def read_metrics(file: Path) -> Metrics:
    """Metrics by name out of a JSON file: `{"roc_auc": 0.91}`, or in it under `metrics`, as training leaves it; one that is null is not
    there. Raises NoMetrics."""
    try:
        if file.stat().st_size > MOST:
            raise NoMetrics(f"{file} is larger than 1 MB, which no file of metrics is.")
        data = json.loads(file.read_text("utf-8"))
    except OSError as error:
        raise NoMetrics(f"{file} cannot be read: {error.strerror}.") from None
    except (ValueError, RecursionError):
        raise NoMetrics(f'{file} is no JSON. Write it like {{"roc_auc": 0.91}}.') from None
    inner = data.get("metrics", data) if isinstance(data, dict) else None
    if not isinstance(inner, dict):
        raise NoMetrics(f'{file} holds no metrics by name. Write it like {{"roc_auc": 0.91}}, or {{"metrics": {{"roc_auc": 0.91}}}}.')
    return {str(name): _float(value) for name, value in inner.items() if value is not None}


def _float(value: object) -> float | None:
    if not isinstance(value, int | float) or isinstance(value, bool):
        return None
    try:
        return float(value)
    except OverflowError:
        return math.inf


def judge_metrics(contract: Contract, reached: Metrics, subject: str) -> Result:
    """Whether the metrics are as good as the contract asks; one that it asks for and is not there is undecided."""
    faults, notes = [], []
    for metric in contract.metrics:
        limit = metric.minimum if metric.direction == "higher" else metric.maximum
        value = reached.get(metric.name)
        if limit is None:
            continue
        word = "at least" if metric.direction == "higher" else "at most"
        if (missing := _missing(metric, reached)) is not None:
            faults.append(missing)
        elif value is not None and _worse(metric, value, limit) > 0:
            faults.append(Fault("metric", metric.name, f"{value:.6g}, expected {word} {limit:g}"))
        else:
            notes.append(f"{metric.name}: {value:.6g}, {word} {limit:g}")
    if not any(metric.minimum is not None or metric.maximum is not None for metric in contract.metrics):
        faults.append(Fault("metric", "", "the contract asks for no metric, so nothing could be judged", undecided=True))
    return Result(subject, tuple(faults), notes=tuple(notes))


def compare_metrics(contract: Contract, reached: Metrics, live: Metrics, subject: str) -> Result:
    """Whether the metrics of the contract are as good as those of the live version, but for the tolerance of each."""
    faults, notes = [], []
    for metric in contract.metrics:
        value, other = reached.get(metric.name), live.get(metric.name)
        missing = _missing(metric, reached) or _missing(metric, live, " of the live version")
        if missing is not None or value is None or other is None:
            faults += [missing] if missing else []
            continue
        worse = _worse(metric, value, other)
        if worse > metric.tolerance and not math.isclose(worse, metric.tolerance, abs_tol=1e-12):
            allowed = f"at most {metric.tolerance:g} may be lost" if metric.tolerance else "nothing may be lost"
            faults.append(Fault("live", metric.name, f"{value:.6g}, live {other:.6g}: worse by {worse:.3g}; {allowed}"))
        else:
            notes.append(f"{metric.name}: {value:.6g}, live {other:.6g}")
    if not contract.metrics:
        faults.append(Fault("live", "", "the contract has no metric, so nothing could be compared", undecided=True))
    return Result(subject, tuple(faults), notes=tuple(notes))


def _missing(metric: Metric, there: Metrics, whose: str = "") -> Fault | None:
    if metric.name not in there:
        return Fault("metric", metric.name, f"the metric{whose} is not in the file", undecided=True)
    value = there[metric.name]
    if value is None:
        return Fault("metric", metric.name, f"the metric{whose} is in the file, and is no number")
    if not math.isfinite(value):
        return Fault("metric", metric.name, f"the metric{whose} is {value}, which is no number that says how good it is")
    return None


def _worse(metric: Metric, value: float, than: float) -> float:
    """By how much a value is worse than another; below 0 when it is better."""
    return than - value if metric.direction == "higher" else value - than
