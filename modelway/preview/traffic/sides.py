"""What an endpoint is on one side of a change: its rows, and what is to be said of where they come from."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass, field
from typing import Literal

from modelway.preview.changeset import Route

Dialect = Literal["gateway", "kserve", "sagemaker", "alb", "environment"]

Found = Literal["here", "missing", "elsewhere", "hollow"]
"""Whether what a row leads to is among the resources of the stack; `elsewhere`: it is not, and nobody can say that it does not exist;
`hollow`: it is, and what answers behind it is not."""


@dataclass(frozen=True)
class Row:
    """One row, with what the checks ask beyond it."""

    route: Route
    target: str = ""
    """What it leads to, in the words of its dialect: `Service churn-v2`, `variant canary`."""
    path: str = ""
    """Property that says its share, as the engine writes it."""
    weight: float | None = None
    """The share as it is written; None where a percentage is."""
    found: Found = "here"
    unknown: tuple[str, ...] = ()
    """What of it is only known after the update: `weight`, `image`."""


@dataclass(frozen=True)
class Side:
    """An endpoint on one side."""

    dialect: Dialect
    name: str
    """The model where that is known, else what cluster or AWS calls it."""
    physical: str
    """What tells it from all others of its dialect in the stack."""
    urn: str
    rows: tuple[Row, ...]
    team: str = ""
    notes: tuple[str, ...] = ()
    """What is to be said of it, one sentence each without a full stop."""
    unseen: tuple[str, ...] = ()
    """What of it is not among the resources that are known, in the same form."""
    refused: tuple[tuple[str, str], ...] = ()
    """What the installed version of its controller leaves out: property, and why."""
    controller: str = ""
    """Who writes the shares instead of the program: `Argo Rollout churn`."""
    ignored: bool = False
    """Whether the program leaves the shares alone after it made them."""
    gradual: bool = False
    """Whether the platform itself shifts requests step by step at each update, and comes back."""
    sum_of: Literal["relative", "percent"] = "relative"
    """Whether shares are weights of any size, or have to be at most 100 together."""
    parts: tuple[str, ...] = ()
    """URNs of what else says who answers."""

    @property
    def routes(self) -> tuple[Route, ...]:
        return tuple(row.route for row in self.rows)

    @property
    def meaning(self) -> tuple[tuple[Route, float | None], ...]:
        """What makes it another endpoint: its rows, and of shares that are not known what is written."""
        return tuple((row.route, row.weight if row.route.percent is None else None) for row in self.rows)

    @property
    def unmatched(self) -> tuple[Row, ...]:
        """Rows for requests that nothing is asked of, copies among them."""
        return tuple(row for row in self.rows if not row.route.matches)


@dataclass(frozen=True)
class Pair:
    """An endpoint on both sides; one of them may be missing."""

    before: Side | None
    after: Side | None
    consumers: tuple[str, ...] = ()
    owner: str = ""
    risk_tier: str = ""
    team: str = ""
    declared: frozenset[str] | None = None
    """Versions that the description after the change has; None without a description."""
    digests: dict[str, tuple[str, str]] = field(default_factory=dict)
    """Digests of image and weights that the description has for each version."""
    described: tuple[Route, ...] | None = None
    """What the description says after the change."""
    stack: str = ""
    moved_to: str = ""
    """Dialect of the endpoint that takes the place of one that goes."""

    @property
    def known(self) -> Side:
        side = self.after or self.before
        assert side is not None, "an endpoint is there on one side at least"
        return side

    @property
    def changed(self) -> bool:
        return self.before is None or self.after is None or self.before.meaning != self.after.meaning


def unseen(rows: Collection[Row], *, whole: bool) -> tuple[str, ...]:
    """What rows lead to and nobody looked at: what is not there, and apart from it what is there and has nothing behind it that is.
    `whole`: all of the stack is known."""
    where = "in this stack" if whole else "among what was given"
    told = []
    for found, words in (("elsewhere", "{0} {1} not {2}"), ("hollow", "what answers behind {0} is not {2}")):
        named = sorted({row.target for row in rows if row.found == found})
        if named:
            told.append(words.format(_listed(named), "are" if len(named) > 1 else "is", where))
    return tuple(told)


def _listed(names: list[str]) -> str:
    return " and ".join([", ".join(names[:-1]), names[-1]] if len(names) > 1 else names)


def in_order(rows: Iterable[Row]) -> tuple[Row, ...]:
    """For everybody first, then by what is asked of a request; the largest share first: the order in a manifest does not count."""

    def place(row: Row) -> tuple[bool, str, bool, float, float, str]:
        route = row.route
        return (bool(route.matches), route.matches, route.mirror > 0, -(route.percent or 0), -route.mirror, route.version)

    return tuple(sorted(rows, key=place))


def shares(weights: list[float | None]) -> list[float | None]:
    """Weights as percentages, rounded to a hundredth; all None when one is not known, all 0 when none is above 0."""
    # A weight below 0 is refused by every API; here it counts as none.
    known = [max(0.0, weight) for weight in weights if weight is not None]
    if len(known) < len(weights):
        return [None] * len(weights)
    total = sum(known)
    return [round(100 * weight / total, 2) if total > 0 else 0.0 for weight in known]
