"""Several stacks' costs as one, and what has to be said of budgets."""

from collections import Counter
from collections.abc import Iterable
from typing import TYPE_CHECKING

from modelway.architecture.layout import owner_of
from modelway.preview.changeset import Budget, Cost, CostLine, Finding
from modelway.preview.cost.estimates import Range, total

if TYPE_CHECKING:
    from collections.abc import Sequence


BUDGET_RULES = frozenset({"cost-over-budget", "cost-may-exceed-budget", "budget-under-floor"})
"""Rules of findings that are about a whole environment: they are judged anew when its stacks are put together."""


def merge(costs: Iterable[Cost]) -> Cost:
    """All of them together. In whatever order and groups costs are put together, lines in the same order give the same."""
    parts = list(costs)
    lines = tuple(line for part in parts for line in part.lines)
    budgets = {budget.stack: budget for part in reversed(parts) for budget in part.budgets}
    unpriced: Counter[str] = Counter()
    for part in parts:
        for told in part.unpriced:
            kind, _, number = told.rpartition(": ")
            unpriced[kind] += int(number) if number.isdecimal() else 1
    return Cost(
        lines=lines,
        endpoints=tuple(dict.fromkeys(endpoint for part in parts for endpoint in part.endpoints)),
        budgets=tuple(_held(budgets[stack], lines) for stack in sorted(budgets)),
        priced=min((part.priced for part in parts if part.priced), default=""),
        approximate=tuple(sorted({told for part in parts for told in part.approximate})),
        unpriced=tuple(f"{kind}: {number}" for kind, number in sorted(unpriced.items())),
    )


def by_endpoint(lines: Iterable[CostLine]) -> dict[str, Range]:
    """What endpoints cost after a change by lines of their own; those of which a part is not known are left out."""
    months: dict[str, list[Range]] = {}
    open_ends = set()
    for line in lines:
        if line.confidence == "unknown" and line.after == (0.0, 0.0):
            # It goes.
            continue
        if line.endpoint and line.after is not None:
            months.setdefault(line.endpoint, []).append(line.after)
        elif line.endpoint and line.confidence == "unknown":
            open_ends.add(line.endpoint)
    return {endpoint: total(found) for endpoint, found in months.items() if endpoint not in open_ends}


def monthly(cost: Cost, stack: str) -> Range | None:
    """What a stack costs a month more (or less) than before, least and most; None where a line that differs is not known.

    The least that it grows by is the smaller of the two differences: a pool whose limits move has one at its least and one at its most.
    """
    lines = [line for line in cost.lines if line.stack == stack and line.changed]
    if any(line.confidence == "unknown" for line in lines):
        return None
    before, after = _sum(lines, "before"), _sum(lines, "after")
    differences = (round(after[0] - before[0], 6), round(after[1] - before[1], 6))
    return min(differences), max(differences)


def findings(cost: Cost) -> list[Finding]:
    """What is to be read of budgets: over it, perhaps over it, under what the environment costs by its description alone."""
    return [finding for budget in cost.budgets for finding in _of_budget(budget, cost)]


def _of_budget(budget: Budget, cost: Cost) -> "Sequence[Finding]":
    subject = f"budget of {budget.stack}"
    found = []
    open_ends = [line.subject for line in _lines_of(budget.stack, cost.lines) if line.confidence == "unknown"]
    several = "1 thing has" if len(open_ends) == 1 else f"{len(open_ends)} things have"
    example = f"{': ' if len(open_ends) == 1 else ', such as '}{open_ends[0]}" if open_ends else ""
    uncounted = f" {several} no known cost, and {'is' if len(open_ends) == 1 else 'are'} not counted{example}." if open_ends else ""
    if budget.over:
        cheaper = budget.month[0] < budget.before[0] and budget.month[1] <= budget.before[1] and not budget.lowered
        found.append(
            Finding(
                risk="review",
                rule="cost-over-budget",
                stack=budget.stack,
                subject=subject,
                what=f"It costs at least {money(budget.month[0])} a month; the budget is {money(budget.limit)}.",
                why=f"Before the change at least {money(budget.before[0])}; {budget.note}.{uncounted}",
                breaks="Nobody has agreed to pay for that.",
                avoid="Lower the minimum of nodes or replicas, take smaller ones, or raise `budget` in environment.yaml.",
                path="budget",
                # What makes it cheaper is the way back under the budget.
                blocks=not cheaper,
                approval=cheaper,
            )
        )
    elif budget.month[1] > budget.limit and (budget.lowered or budget.month[1] > budget.before[1]):
        # Not of every change: what could be too much before and is no more now is nobody's doing.
        found.append(
            Finding(
                risk="review",
                rule="cost-may-exceed-budget",
                stack=budget.stack,
                subject=subject,
                what=f"With everything scaled up it would cost {money(budget.month[1])} a month; the budget is {money(budget.limit)}.",
                why=f"At the least {money(budget.month[0])}; {budget.note}.{uncounted}",
                avoid="Lower the maximum of pools and endpoints, or raise `budget` in environment.yaml.",
                path="budget",
            )
        )
    if budget.floor is not None and budget.floor > budget.limit:
        found.append(
            Finding(
                risk="review",
                rule="budget-under-floor",
                stack=budget.stack,
                subject=subject,
                what=f"By its description alone it costs about {money(budget.floor)} a month; the budget is {money(budget.limit)}.",
                why="Control planes, nodes at `min`, NAT gateways, endpoints and load balancers run whether anybody calls them or not.",
                breaks="The budget can never be kept.",
                avoid=f"Raise `budget` above {money(budget.floor)}, or describe fewer or smaller things.",
                path="budget",
                approval=budget.lowered,
            )
        )
    return found


def money(usd: float) -> str:
    """An amount for people, to the cent below 1,000 dollars."""
    return f"{usd:,.0f} USD" if abs(usd) >= 1000 else f"{usd:,.2f} USD"


def _held(budget: Budget, lines: tuple[CostLine, ...]) -> Budget:
    """The budget against the lines that are there of its environment."""
    mine = _lines_of(budget.stack, lines)
    stacks = ", ".join(sorted({line.stack for line in mine})) or "none"
    month = _sum(mine, "after")
    return Budget(
        stack=budget.stack,
        limit=budget.limit,
        over=month[0] > budget.limit,
        note=f"counted: the stacks in this report, {stacks}",
        month=month,
        before=_sum(mine, "before"),
        floor=budget.floor,
        lowered=budget.lowered,
        uncounted=sum(1 for line in mine if line.confidence == "unknown"),
    )


def _lines_of(environment: str, lines: Iterable[CostLine]) -> list[CostLine]:
    """Lines of an environment's stacks: its own, and those of its models."""
    return [line for line in lines if line.stack == environment or (owner_of(line.stack) or ("", None))[0] == environment]


def _sum(lines: Iterable[CostLine], side: str) -> Range:
    found = [getattr(line, side) for line in lines]
    return total([month for month in found if month is not None])
