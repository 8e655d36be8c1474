"""The sections of a card that numbers are in: groups, metrics, data, and what was found."""

import math
from collections.abc import Sequence

from modelway.architecture import Contract, Model, Version
from modelway.architecture.contract import Metric
from modelway.architecture.training import TrainingData
from modelway.governance.card.content import NOT_SAID, Fact, Section, Table
from modelway.governance.card.given import Beside, Window
from modelway.governance.card.texts import exact, maybe, number, table, text
from modelway.governance.measured import Reached

_SHOWN_VALUES = 20
"""Values of a group that are named."""


def factors(model: Model, contract: Contract | None) -> Section:
    """Groups of people, and how they are told apart."""
    parity = model.drift.parity if model.drift is not None else None
    said = model.governance
    groups: tuple[str, ...] = ()
    if parity is not None:
        expected = contract.expectations.get(parity.group) if contract is not None else None
        values = [text(str(one)) for one in (expected.values or ())] if expected is not None and expected.shown else []
        more = f", and {len(values) - _SHOWN_VALUES:,} more" if len(values) > _SHOWN_VALUES else ""
        named = ", ".join(values[:_SHOWN_VALUES]) + more
        groups = (f"{text(parity.group)}{f': {named}' if values else ''}",)
    return Section(
        "Factors",
        "Model Card Toolkit: model_parameters.data, quantitative_analysis by slice; Hugging Face: Factors",
        (
            Fact("Relevant groups", tuple(text(one) for one in said.affected_groups) if said is not None else ()),
            Fact("Groups that are compared", groups),
        ),
    )


def metrics(model: Model, version: Version, contract: Contract | None) -> Section:
    """What the contract asks for, and what the evaluation reached."""
    evaluation = version.evaluation
    reached = evaluation.metrics if evaluation is not None else {}
    asked = {metric.name: metric for metric in (contract.metrics if contract is not None else ())}
    rows = [
        (text(name), _reached(reached.get(name)), _limit(asked.get(name)), _verdict(reached.get(name), asked.get(name)))
        for name in (*asked, *sorted(reached.keys() - asked.keys()))
    ]
    parity = model.drift.parity if model.drift is not None else None
    gaps = [
        (text(one.group), text(one.metric), number(one.gap), *_gap(one.group, one.metric, one.gap, model))
        for one in (evaluation.gaps if evaluation is not None else ())
    ]
    measured = {(one.group, one.metric) for one in (evaluation.gaps if evaluation is not None else ())}
    if parity is not None and (parity.group, parity.metric) not in measured:
        gaps.append((text(parity.group), parity.metric, NOT_SAID, f"at most {number(parity.gap)}", "not known"))
    return Section(
        "Metrics",
        "Model Card Toolkit: quantitative_analysis.performance_metrics; Hugging Face: Metrics",
        (
            table("Reached, against the contract", ("Metric", "Reached", "Asked for", "Verdict"), rows, NOT_SAID, version.contract),
            table(
                "Largest difference between groups",
                ("Group", "Metric", "Difference", "Allowed", "Verdict"),
                gaps,
                NOT_SAID,
                "the model's file",
            ),
            maybe("Measured by", evaluation.by if evaluation is not None else None),
            maybe("Measured on", str(evaluation.day) if evaluation is not None and evaluation.day is not None else None),
            maybe("Measured with", evaluation.tool if evaluation is not None else None),
            exact("Report", evaluation.report if evaluation is not None else None),
        ),
    )


def _reached(value: float | None) -> str:
    return NOT_SAID if value is None else number(value)


def _limit(metric: Metric | None) -> str:
    if metric is None:
        return "the contract does not name it"
    limit = metric.minimum if metric.direction == "higher" else metric.maximum
    if limit is None:
        return f"no limit; {metric.direction} is better"
    return f"at {'least' if metric.direction == 'higher' else 'most'} {number(limit)}"


def _verdict(value: float | None, metric: Metric | None) -> str:
    limit = None if metric is None else metric.minimum if metric.direction == "higher" else metric.maximum
    if metric is None or limit is None:
        return ""
    if value is None:
        return "not known"
    if not math.isfinite(value):
        return "missed"
    return "kept" if (value >= limit if metric.direction == "higher" else value <= limit) else "missed"


def _gap(group: str, metric: str, gap: float, model: Model) -> tuple[str, str]:
    parity = model.drift.parity if model.drift is not None else None
    if parity is None or (parity.group, parity.metric) != (group, metric):
        return "nothing is said", ""
    return f"at most {number(parity.gap)}", "kept" if gap <= parity.gap else "missed"


def evaluation_data(version: Version) -> Section:
    """What it was measured on."""
    known = [one for one in (version.training.data if version.training is not None else ()) if one.part != "training"]
    return Section(
        "Evaluation Data",
        "Model Card Toolkit: model_parameters.data; Hugging Face: Testing Data",
        (_data("Validation and test data", known),),
    )


def training_data(model: Model, version: Version) -> Section:
    """What it learned from."""
    known = [one for one in (version.training.data if version.training is not None else ()) if one.part == "training"]
    told = [
        tuple(text(one or NOT_SAID) for one in (data.name, data.source, str(data.until) if data.until is not None else None, data.license))
        for data in (model.governance.data_provenance if model.governance is not None else ())
    ]
    return Section(
        "Training Data",
        "Model Card Toolkit: model_parameters.data; Hugging Face: Training Data",
        (
            _data("By fingerprint", known),
            table("As the model's file tells", ("Name", "Source", "Until", "Licence"), told, NOT_SAID, "the model's file"),
        ),
    )


def _data(title: str, known: Sequence[TrainingData]) -> Table:
    rows = [
        (
            text(one.name),
            one.part,
            f"{one.rows:,}" if one.rows is not None else NOT_SAID,
            text(one.source or NOT_SAID),
            text(one.license or NOT_SAID),
            one.sha256,
        )
        for one in known
    ]
    return table(title, ("Name", "Part", "Rows", "Source", "Licence", "SHA-256"), rows, NOT_SAID, "the model's file")


def analyses(model: Model, version: Version, contract: Contract | None, beside: Beside) -> Section:
    """What the baseline says with its intervals, and what was found while it served."""
    reached = [_of_baseline(one) for one in beside.reached]
    if beside.reached:
        empty = "no metric was reached on it"
    else:
        empty = "no baseline was given" if version.baseline is not None else "no baseline is described"
    watched = ", ".join(model.drift.kinds) if model.drift is not None else ""
    return Section(
        "Quantitative Analyses",
        "Model Card Toolkit: quantitative_analysis; Hugging Face: Results",
        (
            table("On the drift baseline", ("Metric", "Group", "Value", "95 % interval", "Rows"), reached, empty, "the baseline"),
            Fact("Watched while it serves", (watched,) if watched else ()),
            Fact("Limits that drift is held against", _watched(model, contract)),
            *_found(beside.window, watched=bool(watched)),
        ),
    )


def _of_baseline(one: Reached) -> tuple[str, ...]:
    group = text(one.group) if one.group is not None else "all rows"
    return (text(one.metric), group, number(one.value), f"{number(one.low)} to {number(one.high)}", f"{one.rows:,}")


def _watched(model: Model, contract: Contract | None) -> tuple[str, ...]:
    drift = model.drift
    if drift is None:
        return ()
    parts = []
    if drift.concept is not None:
        metric = next((one for one in (contract.metrics if contract is not None else ()) if one.name == drift.concept.metric), None)
        than = f" than {number(metric.reference)}" if metric is not None and metric.reference is not None else ""
        parts.append(f"{text(drift.concept.metric)} no more than {number(drift.concept.drop)} worse{than}")
    if drift.parity is not None:
        parts.append(f"{drift.parity.metric} no more than {number(drift.parity.gap)} apart by {text(drift.parity.group)}")
    return tuple(parts)


def _found(window: Window | None, *, watched: bool) -> tuple[Fact | Table, ...]:
    if window is None:
        return (Fact("Found while it served", ("no results were given",) if watched else ()),)
    alarms = [
        (one.watch, one.state, "yes" if one.raised else "no", f"{one.drifted} of {one.of}", f"{one.unknown} of {one.of}")
        for one in window.alarms
    ]
    judged = [
        (
            one.watch,
            text(one.subject if one.watch == "parity" else one.method),
            one.state,
            number(one.score) if one.score is not None else "not known",
            f"{number(one.low)} to {number(one.high)}" if one.low is not None and one.high is not None else "",
            text(one.why),
        )
        for one in window.judged
    ]
    head = ("Kind", "State", "Alarm", "Windows that drifted", "Windows not known")
    until = f" (labels until {window.judged_until})" if window.judged_until is not None else ""
    return (
        Fact("Newest window", (f"{window.start} to {window.end}, {window.rows:,} rows; {window.windows:,} windows were read",)),
        table("Drift in the newest window", head, alarms, "nothing was watched", "the results"),
        table(
            f"How right it was, and whether for everybody{until}",
            ("Kind", "Of", "State", "Value", "95 % interval", "Why"),
            judged,
            "no labels were due, or nobody looks at them",
            "the results",
        ),
    )
