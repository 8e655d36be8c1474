"""Several reports as one: CI previews each stack in a job of its own, and a pull request gets one page."""

from collections import Counter
from collections.abc import Iterable, Sequence

from modelway.errors import ModelwayError
from modelway.preview.changeset import (
    RISKS,
    BlastRadius,
    ChangeSet,
    Cost,
    Decision,
    Gap,
    Made,
    StackChanges,
    Verdict,
)

DECISIONS: tuple[Decision, ...] = ("blocked", "unknown", "needs approval", "ok")
"""From the worst."""


def join(reports: Sequence[ChangeSet], expected: Iterable[str] = ()) -> ChangeSet:
    """One report of all. A stack of `expected` that none of them is of is told as not known.

    Raises ModelwayError when two are of one stack, or not all of one commit.
    """
    twice = [stack for stack, times in Counter(row.stack for one in reports for row in one.stacks).items() if times > 1]
    if twice:
        raise ModelwayError(f"Two reports are of stack {', '.join(sorted(twice))}: leave one of them out.")
    commits = sorted({one.made.commit for one in reports if one.made.commit})
    if len(commits) > 1:
        raise ModelwayError(f"The reports are of different commits ({', '.join(commit[:10] for commit in commits)}): make them anew.")
    there = {row.stack for one in reports for row in one.stacks}
    missing = sorted(set(expected) - there)
    if len(reports) == 1 and not missing:
        return reports[0]
    lost = "No report of it was made: its job failed before it had one, or was cancelled."
    return ChangeSet(
        verdict=_verdict(reports, missing),
        stacks=(
            *(row for one in reports for row in one.stacks),
            *(StackChanges(stack, result="unknown", worst="unknown") for stack in missing),
        ),
        findings=tuple(sorted((found for one in reports for found in one.findings), key=lambda found: RISKS.index(found.risk))),
        endpoints=tuple(endpoint for one in reports for endpoint in one.endpoints),
        cost=_cost([one.cost for one in reports]),
        policies=tuple(result for one in reports for result in one.policies),
        checks=tuple(dict.fromkeys(check for one in reports for check in one.checks)),
        blast_radius=BlastRadius(
            tuple({node.id: node for one in reports for node in one.blast_radius.nodes}.values()),
            tuple(dict.fromkeys(edge for one in reports for edge in one.blast_radius.edges)),
        ),
        differences=tuple(difference for one in reports for difference in one.differences),
        changes=tuple(change for one in reports for change in one.changes),
        gaps=(
            *(gap for one in reports for gap in one.gaps),
            *(Gap(stack, lost, "Look at the job's log, and run it again.") for stack in missing),
        ),
        made=Made(
            at=max((one.made.at for one in reports), default=""),
            commit=commits[0] if commits else "",
            versions=tuple(dict.fromkeys(version for one in reports for version in one.made.versions)),
            hashes=tuple(entry for one in reports for entry in one.made.hashes),
        ),
    )


def _verdict(reports: Sequence[ChangeSet], missing: Sequence[str]) -> Verdict:
    decisions = [one.verdict.decision for one in reports] + (["unknown"] if missing else [])
    counts: Counter[str] = Counter()
    for one in reports:
        counts.update(dict(one.verdict.counts))
    return Verdict(
        min(decisions, key=DECISIONS.index, default="ok"),
        (
            *dict.fromkeys(needed for one in reports for needed in one.verdict.needed),
            *(f"A report of stack {stack}." for stack in missing),
        ),
        tuple((risk, counts[risk]) for risk in RISKS if counts[risk]),
    )


def _cost(costs: Sequence[Cost]) -> Cost:
    return Cost(
        lines=tuple(line for cost in costs for line in cost.lines),
        endpoints=tuple(endpoint for cost in costs for endpoint in cost.endpoints),
        budgets=tuple(budget for cost in costs for budget in cost.budgets),
        # The oldest: of no price is more known than that it was right then.
        priced=min((cost.priced for cost in costs if cost.priced), default=""),
        approximate=tuple(dict.fromkeys(text for cost in costs for text in cost.approximate)),
        unpriced=tuple(dict.fromkeys(text for cost in costs for text in cost.unpriced)),
    )
