"""The model card of a version inside a bill of materials, as CycloneDX has it (cyclonedx.org/docs/1.6/json/#components_items_modelCard).

The library has no objects for it. What nobody said is left out.
"""

from collections.abc import Iterator, Mapping, Sequence

from modelway.architecture import Contract, Model, Version
from modelway.governance.measured import Reached
from modelway.redaction import masked

Json = dict[str, object]

_TASKS: Mapping[str, tuple[str, ...]] = {
    "classification": (
        *(
            "accuracy",
            "average_precision",
            "balanced_accuracy",
            "brier_score",
            "calibration_error",
            "f1",
            "f1_macro",
            "false_positive_rate",
        ),
        *("log_loss", "precision", "precision_macro", "recall", "recall_macro", "roc_auc", "specificity"),
    ),
    "regression": (
        *("mean_absolute_error", "mean_absolute_percentage_error", "mean_squared_error", "median_absolute_error", "r2"),
        "root_mean_squared_error",
    ),
}
"""What a model does, by the metrics that only such models have."""


def model_card(model: Model, version: Version, contract: Contract | None, datasets: Sequence[str], reached: Sequence[Reached]) -> Json:
    """What is known. `datasets` are references of components in the same document."""
    metrics = [*_evaluated(version), *(_reached(one) for one in reached)]
    parts = {
        "modelParameters": _parameters(version, contract, datasets),
        "quantitativeAnalysis": {"performanceMetrics": metrics} if metrics else {},
        "considerations": _considerations(model),
    }
    return {name: part for name, part in parts.items() if part}


def task_of(version: Version, contract: Contract | None) -> str | None:
    """What the model does, where its metrics leave no doubt."""
    names = {metric.name for metric in contract.metrics} if contract is not None else set()
    names |= set(version.evaluation.metrics) if version.evaluation is not None else set()
    found = [task for task, metrics in _TASKS.items() if names & set(metrics)]
    return found[0] if len(found) == 1 else None


def _parameters(version: Version, contract: Contract | None, datasets: Sequence[str]) -> Json:
    parts: Json = {"datasets": [{"ref": one} for one in datasets]}
    if (task := task_of(version, contract)) is not None:
        parts["task"] = task
    if contract is not None:
        for name in ("inputs", "outputs"):
            tensors = contract.signature.inputs if name == "inputs" else contract.signature.outputs
            parts[name] = [{"format": f"{one.name}: {one.datatype} {list(one.shape)}"} for one in tensors]
    return {name: part for name, part in parts.items() if part}


def _evaluated(version: Version) -> Iterator[Json]:
    if version.evaluation is None:
        return
    for name, value in version.evaluation.metrics.items():
        yield {"type": name, "value": repr(value)}
    for gap in version.evaluation.gaps:
        yield {"type": f"largest difference in {gap.metric} between two groups", "value": repr(gap.gap), "slice": gap.group}


def _reached(one: Reached) -> Json:
    interval = {"lowerBound": repr(one.low), "upperBound": repr(one.high)}
    rest = {"value": repr(one.value), "confidenceInterval": interval}
    return {"type": one.metric, **rest, "slice": one.group if one.group is not None else f"drift baseline, {one.rows:,} rows"}


def _considerations(model: Model) -> Json:
    said = model.governance
    if said is None:
        return {}
    watched = model.drift.parity if model.drift is not None else None
    mitigation: Json = {}
    if watched is not None:
        mitigation = {
            "mitigationStrategy": f"{watched.metric} of groups by {watched.group} is watched; more than {watched.gap!r} apart is an alarm"
        }
    limits = [*said.limits, *([f"Not for: {said.prohibited_use}"] if said.prohibited_use else [])]
    parts: dict[str, list[object]] = {
        "users": [masked(one) for one in (said.decommission.dependents if said.decommission is not None else ())],
        "useCases": [masked(said.intended_use)] if said.intended_use else [],
        "technicalLimitations": [masked(one) for one in limits],
        "ethicalConsiderations": [{"name": f"{masked(one.risk)} (not measured: {masked(one.reason)})"} for one in said.unmeasured],
        "fairnessAssessments": [{"groupAtRisk": masked(one), **mitigation} for one in said.affected_groups],
    }
    return {name: part for name, part in parts.items() if part}
