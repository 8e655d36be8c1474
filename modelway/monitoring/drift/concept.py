"""Whether answers are right less often than they were, and whether for everybody: what labels say of one window.

Which output and which label are compared is said in answers.py, how labels find their rows in labels.py.

**The metric.** It is compared with what the baseline reached, else with the contract's `reference`. It has drifted where it lost at least
the declared `drop`, and a true loss of half the drop makes that improbable: less probable than the false-alarm budget allows one window
(budget.level). The first is the effect, the second the evidence, with the reference's own uncertainty in it; a window of 50 rows has to
lose more than one of 50,000. So where nothing has changed an alarm is rarer than the budget says. Calibration errors, which chance makes
larger where rows are few, are first compared with what chance makes of these rows.

**The shares.** The metric of all rows has half of the level, that of groups a quarter, divided by their number, and the detectors a
quarter, divided by the two streams that they look at.

**Groups.** Those for which the baseline says what was reached, each against its own; the worst of each column is told.

**Within the window.** A detector that fires, and a rise that is no chance, are an alarm only where the metric is worse than
it was in the whole window, and by the drop since the rise: errors that are larger in every evening are no drift.

**Labels.** Only those that are due count: what comes early is not what comes late. Where fewer than 80 % are there, and these are of other
answers than those that are missing, their metric is not that of all rows, and every state is unknown. With too few labels what the metric
may be is estimated, and that is no alarm.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import msgspec
import numpy as np
from numpy.typing import NDArray
from scipy import stats

from modelway.architecture.contract import Contract
from modelway.architecture.drift import WITHOUT_LABELS, ConceptDrift, Drift
from modelway.monitoring.drift.answers import Answer, NotSaid, Values, answer
from modelway.monitoring.drift.answers import numbers as as_numbers
from modelway.monitoring.drift.baseline import Baseline, Reached
from modelway.monitoring.drift.budget import SURE, level, sure_level, votes_of, watches_of
from modelway.monitoring.drift.estimate import estimate
from modelway.monitoring.drift.joining import Joined, joined
from modelway.monitoring.drift.judging import Judged, by_group, finding, judged, lost, miscalibrated
from modelway.monitoring.drift.known import Metric, metric
from modelway.monitoring.drift.labels import Labels
from modelway.monitoring.drift.measures import Floats
from modelway.monitoring.drift.metrics import Measured, comparable, measured, of_reference
from modelway.monitoring.drift.parity import group_values, parity, rate
from modelway.monitoring.drift.result import Accounting, Finding, Watch
from modelway.monitoring.drift.within import within

SMALLEST = 0.05
"""Rise of the errors' share or rank that is worth knowing, where drift does not say."""
ENOUGH = 0.8
"""Share of the labels that are due from which it does not matter whose are missing."""
UNLIKE, IMPROBABLE = 0.1, 0.001
"""Distance (Kolmogorov-Smirnov) of answers with labels from those without, and its p-value, from which labels are of other answers."""


@dataclass(frozen=True)
class _Look:
    """What all findings of a window go by."""

    contract: Contract
    baseline: Baseline
    drift: Drift
    rows: Joined
    level: float
    """Chance that one window may have to drift though nothing has changed,"""
    sure: float
    """and below which one is enough for an alarm; 0 where votes are declared."""
    minimum: int


def concept(
    rows: Sequence[Path],
    labels: Labels,
    contract: Contract,
    baseline: Baseline,
    drift: Drift,
    *,
    start: float,
    end: float,
    now: float,
    minimum: int,
) -> tuple[tuple[Finding, ...], Accounting]:
    """Findings of the watches concept and parity, each where `drift` declares it, about the rows from `start` until before `end`; and what
    became of the labels. `rows` are Parquet files as payloads are read into, also of other windows; `minimum` is how many rows with a
    label anything is concluded from."""
    wanted = tuple(_wanted(contract, drift))
    at = joined(
        rows,
        labels,
        numbers=[one.column for one in wanted if not one.text],
        texts=[*(one.column for one in wanted if one.text), *_grouped(baseline), *([drift.parity.group] if drift.parity else [])],
        text=any(one.text for one in wanted),
        start=start,
        end=end,
        now=now,
        delay=drift.labels.delay.seconds if drift.labels is not None else 0,
    )
    look = _Look(contract, baseline, drift, at, *_levels(drift, max(int(end - start), 1)), minimum)
    findings: list[Finding] = []
    if drift.concept is not None:
        findings += _concept(look, drift.concept)
    if drift.parity is not None:
        findings.append(_parity(look))
    # Where nobody writes labels, none is missing.
    account = at.accounting if drift.labels is not None else Accounting()
    unread = _unread(account)
    told = (
        msgspec.structs.replace(one, why=one.why + unread) if one.method == one.subject or one.watch == "parity" else one
        for one in findings
    )
    return tuple(told), account


def _levels(drift: Drift, window_seconds: int) -> tuple[float, float]:
    false_alarms, votes, watches = drift.false_alarms or 1, votes_of(drift), watches_of(drift)
    if drift.votes is not None:
        return level(false_alarms, window_seconds, *votes, watches), 0.0
    return level((1 - SURE) * false_alarms, window_seconds, *votes, watches), sure_level(false_alarms, window_seconds, watches)


def _wanted(contract: Contract, drift: Drift) -> Iterator[Answer]:
    """The outputs that are looked at; one that is not clear is told where it is needed."""
    for name in (drift.concept.metric if drift.concept else None, drift.parity.metric if drift.parity else None):
        if name is not None:
            try:
                one = rate(name) if name in WITHOUT_LABELS else metric(name)
                yield answer(contract, name, one.kind, one.quantile)
            except NotSaid:
                continue


def _grouped(baseline: Baseline) -> list[str]:
    """Columns of groups that the baseline knows."""
    return list(dict.fromkeys(reached.column for reached in baseline.reached if reached.column is not None))


def _column(look: _Look, name: str) -> Values:
    values = look.rows.columns.get(name)
    if values is None:
        raise NotSaid(f"no request has {name}: have it among what payloads keep")
    return values


def _concept(look: _Look, declared: ConceptDrift) -> Iterator[Finding]:
    name = declared.metric
    try:
        one = metric(name)
        output = answer(look.contract, name, one.kind, one.quantile)
        values = _column(look, output.column)
        truth, given, kept = comparable(one, values, look.rows.label, cut=output.cut, text=output.text)
    except NotSaid as why:
        yield _unknown("concept", name, name, str(why), look.rows.rows)
        return
    requests = look.rows.requests[kept]
    others = None if output.text else _of_others(look, values, kept)
    try:
        if truth.size < look.minimum:
            raise NotSaid(_too_few(look, truth.size))
        yield _known(_metric(look, declared, one, truth, given, requests), others)
    except NotSaid as why:
        yield _unknown("concept", name, name, str(why), truth.size)
    if truth.size < look.minimum:
        yield from _estimated(look, declared, one, output, values)
        return
    grouped = {column: look.rows.columns[column][kept] for column in _grouped(look.baseline) if column in look.rows.columns}
    by = by_group(declared, look.contract, look.baseline, one, grouped, truth, given, requests, look.level / 4, look.sure / 4)
    yield from (_known(found, others) for found in by)
    smallest = look.drift.smallest.fraction if look.drift.smallest is not None else SMALLEST
    since = within(declared, one, truth, given, requests, smallest, look.level / 4 / 2, partial(_judged, look, declared, one))
    yield from (_known(found, others) for found in since)


def _too_few(look: _Look, labelled: int) -> str:
    due = int(look.rows.due.sum())
    if not due:
        return "no label is due yet" if look.rows.rows else "there are no requests"
    return f"{labelled:,} labels are there, {look.minimum:,} are needed; {due:,} are due"


def _reference(look: _Look, name: str) -> tuple[float, Reached | None]:
    found = next((one for one in look.baseline.reached if one.metric == name and one.column is None), None)
    if found is not None:
        return found.value, found
    told = next((one.reference for one in look.contract.metrics if one.name == name), None)
    if told is None:
        raise NotSaid(f"nobody says what {name} was: make the baseline with `--labels COLUMN`, or add `reference` to the contract's metric")
    return told, None


def _metric(look: _Look, declared: ConceptDrift, one: Metric, truth: Floats, given: Floats, requests: NDArray[np.int64]) -> Finding:
    now = measured(one, truth, given, requests=requests)
    found = _judged(look, declared, one, now, given, declared.drop, look.level / 2)
    # Of a calibration error, what chance makes of it is no loss.
    was = now.value + found.loss if one.better == "higher" else now.value - found.loss
    why = f"{declared.metric} is {now.value:.4g} and was {was:.4g}: {lost(found.loss)}, {declared.drop:g} is too much{_partly(look)}"
    return finding(declared.metric, declared.metric, now, found, why, sure=found.chance < look.sure / 2)


def _judged(look: _Look, declared: ConceptDrift, one: Metric, now: Measured, given: Floats, drop: float, share: float) -> Judged:
    reference, known = _reference(look, declared.metric)
    if one.name == "calibration_error":
        return miscalibrated(one, now, given, look.baseline.confidence, reference, drop, share)
    return judged(one, now, reference, of_reference(known, one.scale) if known is not None else 0.0, drop, share)


def _partly(look: _Look) -> str:
    account = look.rows.accounting
    due = account.labels + account.labels_missing
    return f"; labels are there for {account.labels / due:.0%} of what is due" if account.labels_missing else ""


def _of_others(look: _Look, values: Values, kept: NDArray[np.bool_]) -> str | None:
    """That labels are of other answers than those that are missing, where they are."""
    given, due = as_numbers(values), look.rows.due
    without = given[due & ~kept & np.isfinite(given)]
    if not without.size or kept.sum() < look.minimum or kept.sum() >= ENOUGH * due.sum():
        return None
    found = stats.ks_2samp(given[kept], without, method="asymp")
    if found.statistic < UNLIKE or found.pvalue > IMPROBABLE:
        return None
    share = f"labels are there for {kept.sum() / due.sum():.0%} of what is due"
    return f"{share}, and for other answers than those that have none: it is not the metric of all"


def _known(told: Finding, others: str | None) -> Finding:
    """Unknown where labels are of others: neither groups nor the time within the window are then as they would be with all labels."""
    return told if others is None else msgspec.structs.replace(told, state="unknown", why=others, sure=False)


def _estimated(look: _Look, declared: ConceptDrift, one: Metric, output: Answer, values: Values) -> Iterator[Finding]:
    try:
        given = as_numbers(values)
        now = estimate(one, given, look.baseline.confidence, cut=output.cut, requests=look.rows.requests)
        if now.rows < look.minimum:
            return
        reference, _ = _reference(look, declared.metric)
    except NotSaid:
        return
    loss = reference - now.value if one.better == "higher" else now.value - reference
    judged = "labels will tell, this is no alarm" if loss >= declared.drop else f"{lost(loss)}"
    yield Finding(
        watch="concept",
        subject=declared.metric,
        method=f"{declared.metric}_estimated",
        state="unknown" if loss >= declared.drop else "steady",
        rows=now.rows,
        why=f"without labels {declared.metric} is estimated to be {now.value:.4g} and was {reference:.4g}: {judged}",
        score=now.value,
        effect=loss,
        low=now.low,
        high=now.high,
        estimated=True,
    )


def _parity(look: _Look) -> Finding:
    declared = look.drift.parity
    if declared is None:  # pragma: no cover - asked for only where it is declared
        raise ValueError("no parity is declared")
    blind = declared.metric in WITHOUT_LABELS
    try:
        group_values(look.contract, declared.group)
        one = rate(declared.metric)
        output = answer(look.contract, declared.metric, one.kind)
        values, members = _column(look, output.column), _column(look, declared.group)
        label: Values = np.zeros(look.rows.rows) if blind else look.rows.label
        truth, given, kept = comparable(one, values, label, cut=output.cut, text=output.text)
        if truth.size < look.minimum:
            raise NotSaid(f"{truth.size:,} answers are there, {look.minimum:,} are needed" if blind else _too_few(look, truth.size))
        return parity(
            declared,
            look.contract,
            members[kept],
            truth,
            given,
            look.rows.requests[kept],
            salt=look.baseline.salt,
            level=look.level,
            sure=look.sure,
            minimum=look.minimum,
        )
    except NotSaid as why:
        return _unknown("parity", declared.group, declared.metric, str(why), look.rows.rows)


def _unknown(watch: Watch, subject: str, method: str, why: str, rows: int) -> Finding:
    return Finding(watch=watch, subject=subject, method=method, state="unknown", rows=rows, why=why)


def _unread(account: Accounting) -> str:
    said = [
        f"{account.unparsable:,} records of labels could not be read" if account.unparsable else "",
        f"{account.damaged_files + account.refused_files:,} files of labels could not be read whole"
        if account.damaged_files + account.refused_files
        else "",
    ]
    return "".join(f"; {one}" for one in said if one)
