"""The rules between models and what an environment and their contracts ask of them: drift, governance, payloads, weights."""

from collections.abc import Iterator
from typing import TYPE_CHECKING

from modelway.architecture.base import Breach, FieldPath, each
from modelway.architecture.contract import Contract
from modelway.architecture.governance import Governance, Waivable
from modelway.architecture.model import RUNS_CODE, Model
from modelway.architecture.oversight import Requirement, TierRequirements

if TYPE_CHECKING:
    from modelway.architecture.environment import Environment

HOW = {
    "model_card": "Add `model_card: docs/cards/MODEL.md`",
    "intended_use": "Add `intended_use: …`",
    "prohibited_use": "Add `prohibited_use: …`",
    "affected_groups": "Add `affected_groups: [people who apply for a loan]`",
    "data_provenance": "Add `data_provenance: [{name: …, source: …}]`",
    "incident_contact": "Add `incident_contact: …`",
    "roles": "Add `roles: {accountable: …, overseer: …}`",
    "human_oversight": "Add `human_oversight: {mode: on_the_loop, escalation: …}`",
    "legal_basis": "Add `legal_basis: [EU AI Act, Annex III 5(b)]`",
    "decommission": "Add `decommission: {retain_days: 365, alternative: …}`",
}
"""What to add to a model's governance, by what is asked for."""

HOW_OF_VERSION = {
    "evaluation": ("evaluation", "Add `evaluation: {metrics: {roc_auc: …}}`"),
    "training_data": ("training", "Add `training: {data: [{name: …, part: training, sha256: …}]}`"),
    "parity_evidence": ("evaluation", "Add how far groups were apart: `evaluation: {gaps: [{group: …, metric: …, gap: …}]}`"),
}
"""Where a version says what is asked of it, and what to add there."""

OR_EXCEPTION = "or an exception with its reason, owner and end"


def model_breaches(environment: "Environment") -> Iterator[Breach]:
    """What models do not say, or do not fit to, though the environment or their contracts ask for it."""
    rules = (_features, _outputs, _metric, _group, _drift_kinds, _window, _requirements, _approvers, _review)
    for name, model in environment.models.items():
        yield from each(rule(environment, name, model) for rule in (*rules, _fields, _all_fields, _runs_code))


def _contracts(environment: "Environment", model: Model) -> Iterator[tuple[str, Contract]]:
    """The contracts of versions that get requests, each with the first of them; of a model without an endpoint of all versions."""
    seen = set()
    for version, described in model.versions.items():
        gets = model.endpoint is None or version in (*model.endpoint.traffic.versions, model.pin)
        if gets and described.contract in environment.contracts and described.contract not in seen:
            seen.add(described.contract)
            yield version, environment.contracts[described.contract]


def _judged(name: str, version: str, environment: "Environment") -> tuple[FieldPath, ...]:
    return ("contracts", environment.models[name].versions[version].contract), ("models", name, "versions", version)


def _columns(
    environment: "Environment", name: str, model: Model, path: FieldPath, columns: tuple[str, ...], sides: tuple[str, ...]
) -> Iterator[Breach]:
    """Columns that are none of the inputs or outputs of a version."""
    for version, contract in _contracts(environment, model):
        known = [tensor.name for side in sides for tensor in getattr(contract.signature, side)]
        for number, column in enumerate(columns):
            if column not in known:
                yield Breach(
                    ("models", name, *path, number),
                    f"one of the {' and '.join(sides)} of version {version}: {', '.join(known[:6])}{', …' if len(known) > 6 else ''}",
                    "Correct it, or remove it.",
                    judged_by=_judged(name, version, environment),
                )


def _features(environment: "Environment", name: str, model: Model) -> Iterator[Breach]:
    if model.drift is not None and model.drift.data is not None:
        yield from _columns(environment, name, model, ("drift", "data", "features"), model.drift.data.features or (), ("inputs",))


def _outputs(environment: "Environment", name: str, model: Model) -> Iterator[Breach]:
    if model.drift is not None and model.drift.prediction is not None:
        outputs = model.drift.prediction.outputs or ()
        yield from _columns(environment, name, model, ("drift", "prediction", "outputs"), outputs, ("outputs",))


def _fields(environment: "Environment", name: str, model: Model) -> Iterator[Breach]:
    if model.endpoint is not None and model.endpoint.payload_logging is not None:
        fields = model.endpoint.payload_logging.fields
        yield from _columns(environment, name, model, ("endpoint", "payload_logging", "fields"), fields, ("inputs", "outputs"))


def _all_fields(environment: "Environment", name: str, model: Model) -> Iterator[Breach]:
    endpoint = model.endpoint
    if endpoint is None or endpoint.payload_logging is None or endpoint.runtime.kind != "sagemaker":
        return
    for version, contract in _contracts(environment, model):
        tensors = (*contract.signature.inputs, *contract.signature.outputs)
        missing = [tensor.name for tensor in tensors if tensor.name not in endpoint.payload_logging.fields]
        if missing:
            # docs.aws.amazon.com/sagemaker/latest/dg/model-monitor-data-capture-endpoint.html
            yield Breach(
                ("models", name, "endpoint", "payload_logging", "fields"),
                f"all of them on SageMaker, which keeps requests and answers whole; missing of version {version}: {', '.join(missing[:6])}",
                "Add them if they may be kept, or remove payload_logging, or choose runtime kubernetes.",
                judged_by=(*_judged(name, version, environment), ("models", name, "endpoint", "runtime")),
            )


def _metric(environment: "Environment", name: str, model: Model) -> Iterator[Breach]:
    if model.drift is None or model.drift.concept is None:
        return
    for version, contract in _contracts(environment, model):
        known = [metric.name for metric in contract.metrics if metric.reference is not None]
        if model.drift.concept.metric not in known:
            yield Breach(
                ("models", name, "drift", "concept", "metric"),
                f"a metric with a reference in the contract of version {version}: {', '.join(known) or 'there is none'}",
                "Correct it, or add the metric and its reference to the contract.",
                judged_by=_judged(name, version, environment),
            )


def _group(environment: "Environment", name: str, model: Model) -> Iterator[Breach]:
    if model.drift is None or model.drift.parity is None:
        return
    group = model.drift.parity.group
    for version, contract in _contracts(environment, model):
        column = contract.expectations.get(group)
        if contract.column_type(group) != "boolean" and (column is None or column.values is None):
            yield Breach(
                ("models", name, "drift", "parity", "group"),
                f"a column with known values in the contract of version {version}: who would be compared is not known",
                f"Add `{group}: {{type: text, values: […]}}` to the contract's expectations, or name another column.",
                judged_by=_judged(name, version, environment),
            )


def _waives(model: Model, rule: Waivable) -> bool:
    return model.governance is not None and model.governance.waives(rule)


def _drift_kinds(environment: "Environment", name: str, model: Model) -> Iterator[Breach]:
    minimum = environment.monitoring.drift.tiers.get(model.risk_tier)
    if minimum is None or model.serving is None:
        return
    watched = model.drift.kinds if model.drift is not None else ()
    for kind in minimum.requires:
        if kind not in watched and not _waives(model, kind):
            yield Breach(
                ("models", name, "drift", kind),
                f"asked of every model of risk tier {model.risk_tier} in {environment.environment}",
                f"Add `{kind}: …`, {OR_EXCEPTION}.",
                judged_by=(("monitoring", "drift", "tiers", model.risk_tier), *_about(name)),
            )


def _window(environment: "Environment", name: str, model: Model) -> Iterator[Breach]:
    minimum = environment.monitoring.drift.tiers.get(model.risk_tier)
    longest = minimum.window_at_most if minimum is not None else None
    window = model.drift.window if model.drift is not None else None
    if longest is not None and window is not None and window.seconds > longest.seconds and not _waives(model, "window"):
        yield Breach(
            ("models", name, "drift", "window"),
            f"at most {longest} for risk tier {model.risk_tier} in {environment.environment}",
            f"Write {longest} or less.",
            judged_by=(("monitoring", "drift", "tiers", model.risk_tier), *_about(name)),
        )


def _about(name: str) -> tuple[FieldPath, ...]:
    return ("models", name, "risk_tier"), ("models", name, "presence"), ("models", name, "governance", "exceptions")


def _asked(environment: "Environment", model: Model) -> TierRequirements | None:
    return environment.governance.tiers.get(model.risk_tier) if model.serving is not None else None


def _requirements(environment: "Environment", name: str, model: Model) -> Iterator[Breach]:
    asked = _asked(environment, model)
    for requirement in asked.requires if asked is not None else ():
        if _waives(model, requirement) or says(environment, model, requirement):
            continue
        judged = (("governance", "tiers", model.risk_tier), *_about(name))
        rule = f"asked of every model of risk tier {model.risk_tier} in {environment.environment}"
        if requirement in HOW:
            yield Breach(("models", name, "governance", requirement), rule, f"{HOW[requirement]}, {OR_EXCEPTION}.", judged_by=judged)
        elif requirement in HOW_OF_VERSION:
            field, how = HOW_OF_VERSION[requirement]
            for version in _answering(model):
                if not _version_says(model, version, requirement):
                    yield Breach(("models", name, "versions", version, field), rule, f"{how}, {OR_EXCEPTION}.", judged_by=judged)
        elif requirement == "contract_metrics":
            for version, contract in _contracts(environment, model):
                if not contract.metrics:
                    yield Breach(
                        ("models", name, "versions", version, "contract"),
                        f"a contract with metrics is {rule}",
                        f"Add metrics to it, {OR_EXCEPTION}.",
                        judged_by=(*judged, *_judged(name, version, environment)),
                    )
        else:
            path: FieldPath = ("drift",) if requirement == "drift" else ("drift", "parity")
            example = "drift: {data: {}}" if requirement == "drift" else "parity: {group: …, metric: selection_rate, gap: 0.1}"
            yield Breach(("models", name, *path), rule, f"Add `{example}`, {OR_EXCEPTION}.", judged_by=judged)


def says(environment: "Environment", model: Model, requirement: Requirement) -> bool:
    """Whether what is asked of a model that serves is there."""
    if requirement == "drift":
        return model.drift is not None
    if requirement == "parity":
        return model.drift is not None and model.drift.parity is not None
    if requirement == "contract_metrics":
        return all(contract.metrics for _, contract in _contracts(environment, model))
    if requirement in HOW_OF_VERSION:
        return all(_version_says(model, version, requirement) for version in _answering(model))
    return bool(getattr(model.governance or Governance(), requirement))


def _answering(model: Model) -> list[str]:
    """Versions that get requests, or copies of them."""
    return [version for version in (model.traffic.versions if model.traffic is not None else ()) if version in model.versions]


def _version_says(model: Model, name: str, requirement: Requirement) -> bool:
    version = model.versions[name]
    if requirement == "training_data":
        return version.training is not None and any(data.part == "training" for data in version.training.data)
    if requirement == "parity_evidence":
        asked = model.drift.parity if model.drift is not None else None
        gaps = version.evaluation.gaps if version.evaluation is not None else ()
        return asked is None or any((one.group, one.metric) == (asked.group, asked.metric) for one in gaps)
    return version.evaluation is not None


def _approvers(environment: "Environment", name: str, model: Model) -> Iterator[Breach]:
    asked = _asked(environment, model)
    wanted = asked.approvers if asked is not None else 0
    if environment.tier == "production" and model.risk_tier == "high" and model.serving is not None:
        wanted = max(wanted, 1)
    named = len(model.governance.approvers) if model.governance is not None else 0
    if named < wanted and not _waives(model, "approvers"):
        yield Breach(
            ("models", name, "governance", "approvers"),
            f"at least {wanted} for risk tier {model.risk_tier} in {environment.environment}, and {named or 'none'} named",
            "Add who may approve a change of what is live, like `approvers: [risk-office@example.com]`.",
            judged_by=(("tier",), ("governance", "tiers", model.risk_tier), *_about(name)),
        )


def _review(environment: "Environment", name: str, model: Model) -> Iterator[Breach]:
    asked = _asked(environment, model)
    if asked is None or asked.review_days is None or _waives(model, "review"):
        return
    said = model.governance or Governance()
    judged = (("governance", "tiers", model.risk_tier), *_about(name))
    if said.reviewed is None or said.review_by is None:
        yield Breach(
            ("models", name, "governance", "review_by"),
            f"reviewed and review_by are asked of every model of risk tier {model.risk_tier} in {environment.environment}",
            f"Add both, at most {asked.review_days} days apart.",
            judged_by=judged,
        )
    elif (said.review_by.day - said.reviewed.day).days > asked.review_days:
        days = (said.review_by.day - said.reviewed.day).days
        yield Breach(
            ("models", name, "governance", "review_by"),
            f"at most {asked.review_days} days after reviewed for risk tier {model.risk_tier}; these are {days}",
            "Write an earlier day.",
            judged_by=(*judged, ("models", name, "governance", "reviewed")),
        )


def _runs_code(environment: "Environment", name: str, model: Model) -> Iterator[Breach]:
    if environment.tier != "production" or model.traffic is None:
        return
    for version in model.traffic.versions:
        written = model.versions[version].written_as if version in model.versions else None
        if written in RUNS_CODE:
            yield Breach(
                ("models", name, "versions", version, "weights"),
                f"no {written} in production: a program may be in it, which runs as it is loaded",
                "Save them as safetensors, onnx, or the framework's own data format.",
                judged_by=(("tier",), ("models", name, "versions", version, "format")),
            )
