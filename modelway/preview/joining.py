"""Several reports as one: CI previews each stack in a job of its own, and a pull request gets one page."""

from collections import Counter
from collections.abc import Iterable, Sequence, Set
from pathlib import Path
from typing import Literal

import msgspec

from modelway.errors import ModelwayError, WrongUsage
from modelway.preview.changeset import (
    RISKS,
    VERSION,
    BlastRadius,
    ChangeSet,
    Decision,
    Finding,
    Gap,
    Made,
    StackChanges,
    Verdict,
)
from modelway.preview.cost.merging import BUDGET_RULES, merge
from modelway.preview.cost.merging import findings as of_budgets
from modelway.preview.files import contents, said, there
from modelway.preview.verdict import blocked
from modelway.redaction import masked

DECISIONS: tuple[Decision, ...] = ("blocked", "unknown", "needs approval", "ok")
"""From the worst."""
UNSEEN = "It is not made yet, so there is nothing to compare with: nobody has looked at what it would become."
LOST = "No report of it was made: its job failed before it had one, or was cancelled."
ENDED = "Nothing describes it any more, so nobody looked at it: what is deployed of it stays."


class Affected(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A stack that a change can touch, as `modelway affected --json` has it."""

    stack: str
    state: Literal["changed", "new", "deleted"] = "changed"
    environment: str = ""
    why: tuple[str, ...] = ()


class _Touched(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    base: str
    stacks: tuple[Affected, ...]


def found(places: Iterable[Path]) -> list[Path]:
    """Files, and those below folders that end in .json. Raises WrongUsage for what is not there, or may not be read."""
    files: list[Path] = []
    for place in places:
        if place.is_dir():
            files += sorted(file for file in place.rglob("*.json") if file.is_file())
        else:
            files.append(place)
    return [there(file, "--report") for file in files]


def load(file: Path) -> ChangeSet:
    """A report that was written as JSON. Raises ModelwayError where it is none, or of another version."""
    data = contents(file)
    try:
        version = msgspec.json.decode(data, type=dict[str, msgspec.Raw]).get("version")
    except msgspec.DecodeError:
        raise ModelwayError(
            f"{file} is not a report: it is not one whole JSON object. Write it with `modelway report --format json`."
        ) from None
    if version is not None and bytes(version) != str(VERSION).encode():
        raise ModelwayError(f"{file} is a report of version {masked(bytes(version).decode()[:20])}; this modelway reads {VERSION}.")
    try:
        return msgspec.json.decode(data, type=ChangeSet)
    except msgspec.DecodeError as fault:
        raise ModelwayError(f"{file} is not a report: {said(fault)}. Write it with `modelway report --format json`.") from None


def expected(file: Path) -> tuple[Affected, ...]:
    """What `modelway affected --json` wrote. Raises WrongUsage where it is not there, ModelwayError where it is something else."""
    try:
        return msgspec.json.decode(contents(there(file, "--affected")), type=_Touched).stacks
    except msgspec.DecodeError as fault:
        raise ModelwayError(f"{file} is not what `modelway affected --json` writes: {said(fault)}.") from None


def join(reports: Sequence[ChangeSet], touched: Sequence[Affected] | None = None) -> ChangeSet:
    """One report of all. A stack of `touched` that none of them is of is told as not known.

    Raises WrongUsage when two are of one stack, when not all are of one commit, and when there is none and `touched` does not say why.
    """
    if not reports and touched is None:
        raise WrongUsage("There is no report, and nobody says that none is needed (--affected).")
    twice = [stack for stack, times in Counter(row.stack for one in reports for row in one.stacks).items() if times > 1]
    if twice:
        raise WrongUsage(f"Two reports are of stack {', '.join(sorted(twice))}: leave one of them out.")
    commits = sorted({one.made.commit for one in reports if one.made.commit})
    if len(commits) > 1:
        raise WrongUsage(f"The reports are of different commits ({', '.join(commit[:10] for commit in commits)}): make them anew.")
    seen = {row.stack for one in reports for row in one.stacks}
    missing = sorted({one.stack for one in touched or () if one.state != "deleted"} - seen)
    new = {one.stack for one in touched or () if one.state == "new"}
    ended = sorted({one.stack for one in touched or () if one.state == "deleted"} - seen)
    if len(reports) == 1 and not missing and not ended:
        return reports[0]
    cost = merge(one.cost for one in reports)
    # A budget is for all stacks of an environment: each may be under it, and together they are not.
    spent = of_budgets(cost)
    findings = [*(found for one in reports for found in one.findings if found.rule not in BUDGET_RULES), *spent]
    return ChangeSet(
        verdict=_verdict(reports, missing, new, spent),
        stacks=(
            *(row for one in reports for row in one.stacks),
            *(StackChanges(stack, result="unknown", worst="unknown") for stack in missing),
        ),
        findings=tuple(sorted(findings, key=lambda found: RISKS.index(found.risk))),
        endpoints=tuple(endpoint for one in reports for endpoint in one.endpoints),
        cost=cost,
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
            *(
                Gap(stack, UNSEEN, "Read its description; the first deployment (`modelway up`) makes it.")
                if stack in new
                else Gap(stack, LOST, "Look at the job's log.")
                for stack in missing
            ),
            *(Gap(stack, ENDED, "Destroy it first, while it is still described.") for stack in ended),
        ),
        made=Made(
            at=max((one.made.at for one in reports), default=""),
            commit=commits[0] if commits else "",
            versions=tuple(dict.fromkeys(version for one in reports for version in one.made.versions)),
            hashes=tuple(entry for one in reports for entry in one.made.hashes),
        ),
    )


def _verdict(reports: Sequence[ChangeSet], missing: Sequence[str], new: Set[str], spent: Sequence[Finding]) -> Verdict:
    over = [blocked(finding) for finding in spent if finding.blocks]
    decisions: list[Decision] = [one.verdict.decision for one in reports]
    if missing:
        decisions.append("unknown")
    if over:
        decisions.append("blocked")
    told = {blocked(finding) for one in reports for finding in one.findings if finding.rule in BUDGET_RULES}
    counts: Counter[str] = Counter()
    for one in reports:
        counts.update(dict(one.verdict.counts))
    return Verdict(
        min(decisions, key=DECISIONS.index, default="ok"),
        (
            *over,
            *dict.fromkeys(needed for one in reports for needed in one.verdict.needed if needed not in told),
            *(
                f"Read the description of stack {stack}: it is not made yet, and no preview shows it."
                if stack in new
                else f"A report of stack {stack}."
                for stack in missing
            ),
        ),
        tuple((risk, counts[risk]) for risk in RISKS if counts[risk]),
    )
