"""Whether groups are treated alike: the largest gap between two of them that is no chance.

Two groups are compared by Newcombe's interval for the difference of two shares, from Wilson's of each (Statistics in Medicine 17, 1998,
method 10), which holds where shares are near 0 or 1. The gap that is allowed is passed only if the interval lies beyond it, at the level
that the false-alarm budget gives, divided by the number of pairs. Groups of fewer than 30 rows (of recall: 30 positives, and so on) are not
compared, and rows of one request count together.
"""

import itertools
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

import numpy as np
from numpy.typing import NDArray
from scipy import stats

from modelway.architecture.contract import Contract
from modelway.architecture.drift import Parity
from modelway.monitoring.drift import measures
from modelway.monitoring.drift.answers import NotSaid, Values, texts
from modelway.monitoring.drift.cells import text
from modelway.monitoring.drift.known import Metric
from modelway.monitoring.drift.measures import Floats, Measure, mean_of, share_of
from modelway.monitoring.drift.metrics import FEWEST, measured, segment_of
from modelway.monitoring.drift.result import Finding

_RATES: Mapping[str, Measure] = MappingProxyType(
    {
        "selection_rate": mean_of(measures.answered),
        "recall": share_of(measures.true_positive, measures.positive),
        "precision": share_of(measures.true_positive, measures.answered),
        "false_positive_rate": share_of(measures.false_positive, measures.negative),
        "accuracy": mean_of(measures.right),
    }
)


@dataclass(frozen=True)
class Group:
    """What a metric is in one group."""

    name: str
    """The group where the contract lets it be shown, else its hash."""
    value: float
    size: float
    """Rows that decide it, as if all were independent."""


@dataclass(frozen=True)
class Gap:
    """Two groups."""

    low: Group
    high: Group
    chance: float
    """Of a gap like theirs where the true one is just what is allowed."""

    @property
    def value(self) -> float:
        return self.high.value - self.low.value


def rate(name: str) -> Metric:
    """What parity compares, as a metric; it is `classes` only where answers may be of any class."""
    return Metric(name, "classes" if name == "accuracy" else "binary", "higher", "logit", _RATES[name])


def group_values(contract: Contract, column: str) -> tuple[str, ...]:
    """The groups that the contract knows, as they stand in rows. Raises NotSaid."""
    expected = contract.expectations.get(column)
    if expected is not None and expected.values is not None:
        return tuple(text(value) for value in expected.values)
    if contract.column_type(column) == "boolean":
        return ("true", "false")
    raise NotSaid(f"who would be compared is not known: add `{column}: {{type: text, values: […]}}` to the contract's expectations")


def named(contract: Contract, column: str, value: str, salt: str) -> str:
    """The group as it may be shown."""
    expected = contract.expectations.get(column)
    return value if expected is not None and expected.shown else segment_of(salt, value)


def parity(
    declared: Parity,
    contract: Contract,
    members: Values,
    truth: Floats,
    given: Floats,
    requests: NDArray[np.int64],
    *,
    salt: str,
    level: float,
    sure: float,
    minimum: int,
) -> Finding:
    """The gap between groups: `members` says to which group each row belongs, whose label and answer `truth` and `given` are, as
    metrics.comparable gives them; a gap whose chance is below `sure` is beyond doubt. Raises NotSaid where groups are not known or too
    few."""
    known = group_values(contract, declared.group)
    belongs = texts(members)
    inside = np.isin(belongs.astype(str), known)
    if inside.sum() < minimum:
        raise NotSaid(f"{int(inside.sum()):,} rows are of a known group, {minimum:,} are needed")
    one = rate(declared.metric)
    groups, small = [], 0
    for value in known:
        chosen = belongs == value
        group = _group(one, named(contract, declared.group, value, salt), truth[chosen], given[chosen], requests[chosen])
        if group is None:
            small += bool(chosen.any())
        else:
            groups.append(group)
    if len(groups) < 2:
        raise NotSaid(f"fewer than two groups have {FEWEST} rows that {declared.metric} is about")
    gaps = [_gap(*pair, declared.gap) for pair in itertools.combinations(groups, 2)]
    worst = min(gaps, key=lambda gap: (gap.chance, -gap.value))
    limit = level / len(gaps)
    drifted = worst.chance < limit and worst.value > declared.gap
    low, high = newcombe(worst.high, worst.low, 1.959964)
    reach = worst.value - newcombe(worst.high, worst.low, float(stats.norm.isf(limit)))[0]
    said = f"{declared.metric} is {worst.low.value:.3g} in group {_short(worst.low)} and {worst.high.value:.3g} in {_short(worst.high)}"
    judged = f"more than {declared.gap:g} apart beyond chance" if drifted else f"not more than {declared.gap:g} apart beyond chance"
    left = f"; {small} more have too few rows" if small else ""
    return Finding(
        watch="parity",
        subject=declared.group,
        method=declared.metric,
        state="drifted" if drifted else "steady",
        rows=int(inside.sum()),
        why=f"{said}, {judged}; {len(groups)} groups are compared{left}",
        score=worst.value,
        threshold=declared.gap + reach,
        chance=worst.chance,
        effect=worst.value - declared.gap,
        low=low,
        high=high,
        segment=worst.low.name,
        sure=drifted and worst.chance < sure / len(gaps),
    )


def _group(one: Metric, name: str, truth: Floats, given: Floats, requests: NDArray[np.int64]) -> Group | None:
    try:
        _, place = np.unique(requests, return_inverse=True)
        now = measured(one, truth, given, requests=place.astype(np.int64))
    except NotSaid:
        return None
    size = now.size
    if 0 < now.value < 1 and np.isfinite(now.error):
        # The scale is the log-odds, where the variance of a share of n rows is 1 / (n p (1 - p)).
        size = min(size, 1 / (now.error**2 * now.value * (1 - now.value)))
    size = min(size, float(place.max() + 1))
    return Group(name, now.value, size) if now.size >= FEWEST else None


def _gap(one: Group, other: Group, allowed: float) -> Gap:
    low, high = sorted((one, other), key=lambda group: group.value)
    beyond = high.value - low.value > allowed
    side = 0 if beyond else 1
    # The number of standard deviations at which the end of the interval reaches what is allowed.
    least, most = 0.0, 40.0
    for _ in range(60):
        middle = (least + most) / 2
        within = newcombe(high, low, middle)[side]
        short = within > allowed if beyond else within < allowed
        least, most = (middle, most) if short else (least, middle)
    tail = float(stats.norm.sf(least))
    return Gap(low, high, tail if beyond else 1 - tail)


def newcombe(one: Group, other: Group, deviations: float) -> tuple[float, float]:
    """Interval of the value of one group less that of the other, so many standard deviations wide to each side."""
    (low, high), (other_low, other_high) = wilson(one, deviations), wilson(other, deviations)
    apart = one.value - other.value
    return (
        apart - float(np.hypot(one.value - low, other_high - other.value)),
        apart + float(np.hypot(high - one.value, other.value - other_low)),
    )


def wilson(group: Group, deviations: float) -> tuple[float, float]:
    """Wilson's interval of a share (JASA 22, 1927)."""
    squared = deviations**2 / group.size
    middle = (group.value + squared / 2) / (1 + squared)
    half = deviations / (1 + squared) * float(np.sqrt(group.value * (1 - group.value) / group.size + squared / (4 * group.size)))
    return max(middle - half, 0.0), min(middle + half, 1.0)


def _short(group: Group) -> str:
    return group.name[:16]
