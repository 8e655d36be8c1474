"""Gates that the files alone decide: what is asked of a model's description, and whether it is there and good enough."""

from collections.abc import Iterator
from datetime import date

from modelway.architecture import Environment, Model
from modelway.architecture.contract import Metric
from modelway.architecture.model_rules import HOW, HOW_OF_VERSION, says
from modelway.architecture.oversight import Requirement, TierRequirements
from modelway.governance.gates.gate import Gate, answering, listed, shown, waiver

_JUDGED_APART: tuple[Requirement, ...] = ("evaluation", "parity_evidence")
"""What is not only there or not, but also good or bad."""
_OF_OTHERS = {
    "drift": "Add `drift: {data: {}}` to the model's file",
    "parity": "Add `drift: {parity: {group: …, metric: selection_rate, gap: 0.1}}` to the model's file",
    "contract_metrics": "Add metrics to the contract of each version that gets requests",
}


def described(environment: Environment, name: str, model: Model, today: date) -> Iterator[Gate]:
    """The gates of one model that serves."""
    asked = environment.governance.tiers.get(model.risk_tier) or TierRequirements()
    yield Gate("owner", name, "somebody answers for it", "passed", shown(str(model.owner)))
    for requirement in asked.requires:
        if requirement not in _JUDGED_APART:
            yield _required(environment, name, model, requirement, today)
    for gate in (
        _evaluation(environment, name, model, today, asked="evaluation" in asked.requires),
        _parity(name, model, today, asked="parity_evidence" in asked.requires),
        _review(name, model, today, asked),
        _exceptions(name, model, today),
    ):
        if gate is not None:
            yield gate


def _required(environment: Environment, name: str, model: Model, requirement: Requirement, today: date) -> Gate:
    words = requirement.replace("_", " ")
    rule = f"its description has {words}"
    if says(environment, model, requirement):
        return Gate(requirement, name, rule, "passed", shown(_told(model, requirement)))
    if (without := waiver(model, requirement, today)) is not None:
        return Gate(requirement, name, rule, "waived", without)
    how = HOW.get(requirement) or _OF_OTHERS.get(requirement) or HOW_OF_VERSION[requirement][1]
    return Gate(requirement, name, rule, "missing", f"{words} is asked of risk tier {model.risk_tier}, and not there", f"{how}.")


def _told(model: Model, requirement: Requirement) -> str:
    value = getattr(model.governance, requirement, None)
    if isinstance(value, str):
        return value
    if isinstance(value, tuple):
        return f"{len(value):,} said"
    return "it is there"


def _evaluation(environment: Environment, name: str, model: Model, today: date, *, asked: bool) -> Gate | None:
    """Each version that gets requests, or copies, against the limits of its own contract."""
    missing: list[str] = []
    unknown: list[str] = []
    good: list[str] = []
    absent: list[str] = []
    for version in answering(model):
        described, contract = model.versions[version], environment.contracts.get(model.versions[version].contract)
        limits = [metric for metric in contract.metrics if _limit(metric) is not None] if contract is not None else []
        if described.evaluation is None:
            absent.append(version)
            continue
        for metric in limits:
            value = described.evaluation.metrics.get(metric.name)
            if value is None:
                unknown.append(f"{version}: {metric.name} was not evaluated, and its contract has a limit for it")
            elif not _within(metric, value):
                missing.append(f"{version}: {metric.name} is {value:g}, and the contract says {_limit(metric)}")
            else:
                good.append(f"{version}: {metric.name} {value:g}")
        if not limits and asked:
            unknown.append(f"{version}: its contract has no limit that an evaluation could be held against")
    rule = "versions that answer were evaluated, and reach the limits of their contracts"
    supply = "Evaluate again, or name a version that reaches them; `evaluation: {metrics: {…}}` of the version, limits in the contract."
    if missing:
        return Gate("evaluation", name, rule, "missing", listed([*missing, *unknown]), supply, asked)
    if unknown:
        return Gate("evaluation", name, rule, "unknown", listed(unknown), supply, asked)
    if absent and asked:
        if (without := waiver(model, "evaluation", today)) is not None:
            return Gate("evaluation", name, rule, "waived", without)
        return Gate("evaluation", name, rule, "missing", f"no evaluation of {', '.join(absent)}", f"{HOW_OF_VERSION['evaluation'][1]}.")
    return Gate("evaluation", name, rule, "passed", listed(good), asked=asked) if good else None


def _limit(metric: Metric) -> str | None:
    if metric.minimum is not None:
        return f"at least {metric.minimum:g}"
    return f"at most {metric.maximum:g}" if metric.maximum is not None else None


def _within(metric: Metric, value: float) -> bool:
    # Written so that what is no number is not within.
    return (metric.minimum is None or value >= metric.minimum) and (metric.maximum is None or value <= metric.maximum)


def _parity(name: str, model: Model, today: date, *, asked: bool) -> Gate | None:
    """How far groups were apart, against what `drift.parity` allows."""
    rule = "groups of people were found to be no further apart than drift.parity allows"
    watched = model.drift.parity if model.drift is not None else None
    without = waiver(model, "parity_evidence", today)
    if watched is None:
        if not asked:
            return None
        if without is not None:
            return Gate("parity_evidence", name, rule, "waived", without)
        detail = "it is asked for, and drift.parity does not say which groups are compared"
        return Gate("parity_evidence", name, rule, "unknown", detail, f"{_OF_OTHERS['parity']}, and the gap to the version's evaluation.")
    apart: list[str] = []
    absent: list[str] = []
    good: list[str] = []
    for version in answering(model):
        evaluation = model.versions[version].evaluation
        gaps = [one.gap for one in evaluation.gaps if (one.group, one.metric) == (watched.group, watched.metric)] if evaluation else []
        if not gaps:
            absent.append(version)
        elif not max(gaps) <= watched.gap:
            apart.append(f"{version}: {watched.metric} by {watched.group} is {max(gaps):g} apart, and {watched.gap:g} is allowed")
        else:
            good.append(f"{version}: {watched.metric} by {watched.group} {max(gaps):g} apart")
    if apart:
        supply = "Name a version that treats groups alike, or have the gap that is allowed decided anew."
        return Gate("parity_evidence", name, rule, "missing", listed(apart), supply, asked)
    if absent and asked:
        if without is not None:
            return Gate("parity_evidence", name, rule, "waived", without)
        how = f"Add `evaluation: {{gaps: [{{group: {watched.group}, metric: {watched.metric}, gap: …}}]}}` to the version."
        return Gate("parity_evidence", name, rule, "missing", f"no gap of {', '.join(absent)}", how)
    return Gate("parity_evidence", name, rule, "passed", listed(good), asked=asked) if good else None


def _review(name: str, model: Model, today: date, asked: TierRequirements) -> Gate | None:
    said = model.governance
    due = said.review_by.day if said is not None and said.review_by is not None else None
    wanted = asked.review_days is not None
    if due is None and not wanted:
        return None
    rule = "it was looked at, and the day to look again has not gone by"
    if due is not None and due >= today:
        return Gate("review", name, rule, "passed", f"until {due}", asked=wanted)
    if (without := waiver(model, "review", today)) is not None:
        return Gate("review", name, rule, "waived", without, asked=wanted)
    detail = f"review_by is {due}, which has gone by" if due is not None else "no day is named"
    return Gate("review", name, rule, "missing", detail, "Look at the model anew, and write reviewed and review_by.", wanted)


def _exceptions(name: str, model: Model, today: date) -> Gate | None:
    waivers = model.governance.exceptions if model.governance is not None else ()
    if not waivers:
        return None
    rule = "its own exceptions are in force"
    over = [f"{one.rule} ended on {one.expires}" for one in waivers if one.expires.day < today]
    if over:
        supply = "Do as is asked and remove them, or have them decided anew."
        return Gate("exceptions", name, rule, "missing", listed(over), supply)
    return Gate("exceptions", name, rule, "passed", listed(f"{one.rule} until {one.expires}" for one in waivers))
