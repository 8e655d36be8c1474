"""From what the engine wrote and the environments before and after to one ChangeSet: each step is looked at once, by everybody."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, get_args

import msgspec

from modelway.errors import WrongUsage
from modelway.preview import verdict
from modelway.preview.blast_radius import radius
from modelway.preview.changeset import (
    RISKS,
    Change,
    ChangeSet,
    Cost,
    DataCheck,
    Difference,
    Endpoint,
    Finding,
    Gap,
    Made,
    Operation,
    PolicyResult,
    Risk,
    StackChanges,
)
from modelway.preview.cost.merging import findings as of_budgets
from modelway.preview.cost.merging import merge, monthly
from modelway.preview.cost.prices import Prices, prices
from modelway.preview.descriptions import differences
from modelway.preview.gaps import of as gaps_of
from modelway.preview.netting import netted
from modelway.preview.oversight import findings as of_oversight
from modelway.preview.passing import Pass
from modelway.preview.plan import Plan
from modelway.preview.plan import findings as of_plan
from modelway.preview.policies import joined, let_through, results
from modelway.preview.quoting import unquoted
from modelway.preview.reading import own_name, read
from modelway.preview.resources import Resource
from modelway.preview.risks.judging import Risks
from modelway.preview.risks.replaced import replaced
from modelway.preview.risks.table import table
from modelway.preview.sources import Sources
from modelway.preview.state import State
from modelway.preview.versions import weighed
from modelway.redaction import masked
from modelway.rules.exceptions import Grant
from modelway.rules.pack import NAME

if TYPE_CHECKING:
    from modelway.architecture import Environment

_OPERATIONS: tuple[Operation, ...] = get_args(Operation)


@dataclass
class _Stack:
    """What one stack comes to."""

    row: StackChanges
    changes: list[Change] = field(default_factory=list)
    findings: list[Finding] = field(default_factory=list)
    endpoints: tuple[Endpoint, ...] = ()
    cost: Cost = field(default_factory=Cost)
    policies: Sequence[PolicyResult] = ()
    differences: tuple[Difference, ...] = ()
    gaps: list[Gap] = field(default_factory=list)
    resources: list[Resource] = field(default_factory=list)
    """All that are known, without inputs and outputs."""
    hashes: tuple[tuple[str, str, str], ...] = ()
    versions: tuple[tuple[str, str], ...] = ()


def assemble(
    sources: Iterable[Sources],
    *,
    checks: Sequence[DataCheck] = (),
    risk_table: Path | None = None,
    price_table: Path | None = None,
    made: Made | None = None,
) -> ChangeSet:
    """All of it, for any number of stacks, each of which may be given once.

    `risk_table` and `price_table` are users' own files, which say more than those of the tree. `made` is what the caller knows of where
    and when; hashes of states and plans are added to it. Raises WrongUsage for files that do not go together, UnusableFile for one
    that nothing can be told from, and ModelwayError for tables that are not valid.
    """
    rows_of_risks = table(risk_table)
    judges, market = Risks(rows_of_risks), prices(price_table)
    told: list[_Stack] = []
    # By which exceptions end; a report that does not say when it was made lets nothing through.
    day = datetime.fromisoformat(made.at).date() if made is not None and made.at else None
    for one in sources:
        told.append(_stack(one, judges, market, day))
        twice = [other for other in told[:-1] if other.row.stack == told[-1].row.stack]
        if twice:
            raise WrongUsage(f"Stack {told[-1].row.stack} is given twice: name the other with STACK=FILE, or leave one out.")
    cost = merge(stack.cost for stack in told)
    findings = sorted((*(one for stack in told for one in stack.findings), *of_budgets(cost)), key=_worst_first)
    changes = tuple(change for stack in told for change in stack.changes)
    policies = tuple(result for stack in told for result in stack.policies)
    rows = tuple(_row(stack, findings, cost) for stack in told)
    found = [gap for stack in told for gap in stack.gaps]
    if risk_table is not None and (taken_out := replaced(risk_table, rows_of_risks, table())):
        found += [Gap(stack.row.stack, masked(taken_out), "Look at that file too, where the change itself brings it.") for stack in told]
    gaps = tuple(sorted(dict.fromkeys(found), key=lambda gap: not gap.look))
    return netted(
        ChangeSet(
            verdict=verdict.decide(rows, findings, policies, checks, changes, gaps),
            stacks=rows,
            findings=tuple(findings),
            endpoints=tuple(endpoint for stack in told for endpoint in stack.endpoints),
            cost=cost,
            policies=policies,
            checks=tuple(checks),
            blast_radius=radius(changes, (resource for stack in told for resource in stack.resources)),
            differences=tuple(difference for stack in told for difference in stack.differences),
            changes=changes,
            gaps=gaps,
            made=_made(made or Made(), told),
        )
    )


def _worst_first(finding: Finding) -> tuple[int, str, str]:
    return RISKS.index(finding.risk), finding.stack, finding.subject


def _grants(environment: "Environment | None") -> list[Grant]:
    exceptions = environment.governance.exceptions if environment is not None else ()
    return [Grant(one.rule, one.resource, one.reason, one.approved_by, one.expires.day) for one in exceptions]


def _stack(sources: Sources, judges: Risks, market: Prices, day: date | None) -> _Stack:
    preview = read(sources.stack, sources.digest, sources.events, sources.ended)
    state = State(sources.state) if sources.state else None
    plan = Plan(sources.plan) if sources.plan else None
    name = preview.stack or (state.stack if state else "") or (plan.stack if plan else "") or sources.environment
    if not name and preview.result == "unknown":
        _refuse_nameless(sources)
    _refuse_others(name, sources, state, plan)
    passing = Pass(name, preview, state.parents if state else {}, judges, market)
    for step in preview.steps:
        passing.see(step)
    for resource in state if state is not None else preview.steps.unchanged.values():
        passing.know(resource)
    if state is not None and not passing.strange:
        passing.accompanying.complete()
        if preview.result == "succeeded":
            # Of a preview that did not come to its end, what is nowhere may be made all the same.
            passing.traffic.complete()
    passing.finish()
    previewed = any((sources.digest, sources.events, sources.state, sources.plan))
    endpoints = passing.traffic.endpoints(sources.before, sources.after, previewed=previewed)
    of_steps = weighed(passing.findings, passing.versions, endpoints)
    findings = [*passing.traffic.untold(of_steps), *passing.traffic.findings()]
    if sources.described and sources.described_by == "both":
        findings += of_oversight(name, sources.before, sources.after, day)
    if plan is not None:
        findings += of_plan(name, plan)
    said = results(name, preview.policy_events, preview.diagnostics) if preview.policy_events is not None else ()
    own = passing.ruling.results()
    if not any(one.pack == NAME for one in said):
        # Our pack, where it ran, has let through what is excepted.
        own = tuple(let_through(own, _grants(sources.after), day))
    policies = tuple(unquoted(joined(said, own, preview.steps.at), preview.steps.wanted))
    counted = Counter(change.operation for change in passing.changes)
    if same := preview.summary.get("same"):
        # The stack itself is not counted: it is never listed either.
        counted["same"] = max(counted["same"], same - (preview.steps.root_operations == {"same"}))
    row = StackChanges(
        name,
        environment=sources.environment,
        result=preview.result,
        counts=tuple((operation, counted[operation]) for operation in _OPERATIONS if counted[operation]),
        previewed=preview.given or sources.ended != "unknown",
        # Of a description alone, nobody knows what was on the other side.
        traffic=any(endpoint.changed and (endpoint.dialect != "environment" or sources.described_by == "both") for endpoint in endpoints),
        policies_failed=sum(1 for one in policies if one.outcome == "failed" and one.enforcement == "mandatory"),
        policies_warned=sum(1 for one in policies if one.outcome == "failed" and one.enforcement != "mandatory"),
        outputs=preview.outputs,
        diagnostics=preview.diagnostics,
    )
    return _Stack(
        row,
        _with_risks(passing.changes, findings, passing.uncertain),
        findings,
        endpoints,
        passing.costs.finish(sources.before, sources.after, whole=preview.result == "succeeded"),
        policies,
        differences(name, sources.before, sources.after) if sources.described else (),
        [*preview.gaps, *gaps_of(sources, preview, state, plan, passing.seen(name)), *passing.traffic.gaps()],
        passing.resources,
        tuple((name, what, one.hash) for what, one in (("state", state), ("plan", plan)) if one is not None),
        state.plugins if state else (),
    )


def _with_risks(changes: list[Change], findings: Iterable[Finding], uncertain: set[str]) -> list[Change]:
    worst: dict[str, Risk] = dict.fromkeys(uncertain, "unknown")
    for finding in findings:
        known = worst.get(finding.urn)
        if known is None or RISKS.index(finding.risk) < RISKS.index(known):
            worst[finding.urn] = finding.risk
    return [msgspec.structs.replace(change, risk=worst[change.urn]) if change.urn in worst else change for change in changes]


def _row(stack: _Stack, findings: Iterable[Finding], cost: Cost) -> StackChanges:
    risks_of = {change.risk for change in stack.changes} | {finding.risk for finding in findings if finding.stack == stack.row.stack}
    if stack.row.result != "succeeded":
        risks_of.add("unknown")
    worst = min(risks_of, key=RISKS.index, default="safe")
    more = monthly(cost, stack.row.stack) if stack.row.result == "succeeded" else None
    return msgspec.structs.replace(stack.row, worst=worst, monthly=more)


def _refuse_nameless(sources: Sources) -> None:
    """Raises WrongUsage with the file that should have said of which stack it is."""
    given = {"digest": sources.digest, "events": sources.events, "state": sources.state, "plan": sources.plan}
    kind, file = next(((kind, file) for kind, file in given.items() if file is not None), ("digest", None))
    if file is None:
        raise WrongUsage("Nothing is given that says of which stack it is: write --digest STACK=FILE.")
    empty = "is empty, so nothing says" if file.is_file() and not file.stat().st_size else "does not say"
    raise WrongUsage(f"--{kind}: {file} {empty} of which stack it is: write --{kind} STACK={file}.")


def _refuse_others(stack: str, sources: Sources, state: State | None, plan: Plan | None) -> None:
    """Raises WrongUsage when a file is of another stack than the others."""
    for file, one in ((sources.state, state), (sources.plan, plan)):
        if one is not None and one.stack and one.stack != own_name(stack):
            raise WrongUsage(f"{file} is of stack {one.stack}, not of {stack}.")


def _made(made: Made, told: Sequence[_Stack]) -> Made:
    known = {name for name, _ in made.versions}
    plugins = sorted({plugin for stack in told for plugin in stack.versions if plugin[0] not in known and plugin[1]})
    hashed = {(stack, what) for stack, what, _ in made.hashes}
    hashes = [one for stack in told for one in stack.hashes if one[:2] not in hashed]
    return msgspec.structs.replace(made, versions=(*made.versions, *plugins), hashes=(*made.hashes, *hashes))
