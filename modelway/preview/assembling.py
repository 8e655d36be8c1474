"""From what the engine wrote and the environments before and after to one ChangeSet: each step is looked at once, by everybody."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from sys import intern
from typing import get_args

import msgspec

from modelway.errors import WrongUsage
from modelway.preview import verdict
from modelway.preview.accompanying import Accompanying
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
from modelway.preview.cost.costs import Costs
from modelway.preview.cost.merging import findings as of_budgets
from modelway.preview.cost.merging import merge, monthly
from modelway.preview.cost.prices import Prices, prices
from modelway.preview.descriptions import differences
from modelway.preview.differences import properties
from modelway.preview.gaps import Seen
from modelway.preview.gaps import of as gaps_of
from modelway.preview.netting import netted
from modelway.preview.plan import Plan, exposed
from modelway.preview.policies import Ruling, joined, results
from modelway.preview.quoting import unquoted
from modelway.preview.reading import Preview, own_name, read
from modelway.preview.renames import Candidates
from modelway.preview.resources import Resource, Step, name_of, type_of
from modelway.preview.risks.judging import Risks
from modelway.preview.risks.replaced import replaced
from modelway.preview.risks.table import table
from modelway.preview.sources import Sources
from modelway.preview.state import State
from modelway.preview.steps import STACK
from modelway.preview.traffic import Traffic
from modelway.preview.versions import DELETED, Version, version_of, weighed
from modelway.redaction import masked

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
    for one in sources:
        told.append(_stack(one, judges, market))
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


def _stack(sources: Sources, judges: Risks, market: Prices) -> _Stack:
    preview = read(sources.stack, sources.digest, sources.events, sources.ended)
    state = State(sources.state) if sources.state else None
    plan = Plan(sources.plan) if sources.plan else None
    name = preview.stack or (state.stack if state else "") or (plan.stack if plan else "") or sources.environment
    if not name and preview.result == "unknown":
        _refuse_nameless(sources)
    _refuse_others(name, sources, state, plan)
    passing = _Pass(name, preview, state.parents if state else {}, judges, market)
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
    if plan is not None:
        findings += _exposed(name, plan)
    said = results(name, preview.policy_events, preview.diagnostics) if preview.policy_events is not None else ()
    policies = tuple(unquoted(joined(said, passing.ruling.results()), preview.steps.wanted))
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


class _Pass:
    """One pass over a stack's resources and steps."""

    def __init__(self, stack: str, preview: Preview, parents: Mapping[str, str], judges: Risks, market: Prices) -> None:
        self._stack = stack
        self._steps = preview.steps
        self._judges = judges
        self.traffic = Traffic(stack)
        self.costs = Costs(stack, market)
        self.ruling = Ruling(stack)
        self.accompanying = Accompanying(preview.steps.types("delete"))
        self.changes: list[Change] = []
        self.findings: list[Finding] = []
        self.resources: list[Resource] = []
        self.versions: dict[str, Version] = {}
        """By URN the versions of models that are deleted."""
        self.uncertain: set[str] = set()
        """URNs of changes that are not understood, so that nothing is known of their risk."""
        self.operations: dict[str, str] = {}
        """By URN what the engine does with it, in its own words."""
        self._parents = dict(parents)
        self._expected: dict[str, str] = {}
        """By URN the id of what the engine found there; what of it a state has is taken out."""
        self._created: set[str] = set()
        self._refreshes = bool(preview.steps.types("refresh"))
        self._contradicted = 0
        self._renamed: set[str] = set()
        """URNs that a state has of what is called otherwise now, by an alias."""
        self._components: dict[str, str] = {}
        self._needed: dict[frozenset[str], list[str]] = {}
        self._candidates = Candidates()
        self._renamable = preview.steps.types("create") & preview.steps.types("delete")

    def know(self, resource: Resource) -> None:
        """A resource that stays as it is, once all steps have been seen."""
        if self._expected.pop(resource.urn, resource.id) != resource.id or resource.urn in self._created:
            self._contradicted += 1
        self.accompanying.know(resource)
        if resource.urn in self._renamed or (resource.urn in self._steps and resource.urn not in self._steps.unchanged):
            return
        self.resources.append(self._bare(resource))
        self.traffic.know(resource)
        self.costs.know(resource)

    def seen(self, stack: str) -> Seen:
        """What all of it comes to, for whoever says what is not known."""
        return Seen(stack, self.operations, self.strange, self.traffic.moves)

    @property
    def strange(self) -> int:
        """Resources of which a state says something else than the engine found, once all of it is known."""
        return self._contradicted + len(self._expected)

    def see(self, step: Step) -> None:
        """What happens to a resource."""
        resource = step.new or step.old
        operation = self._steps.operation(step)
        self.operations[step.urn] = step.op
        if resource is not None:
            self._parents[step.urn] = resource.parent
            self.resources.append(self._bare(resource))
        if step.old is not None and not step.old.delete:
            self._expected[step.old.urn] = step.old.id
            if step.old.urn != step.urn:
                self._renamed.add(step.old.urn)
        elif step.op == "create" and not self._refreshes:
            self._created.add(step.urn)
        try:
            differs = properties(step)
            found = self._judges.judge(self._stack, step, differs, operation)
            self.findings += found
            if step.old is not None and any(one.rule == DELETED for one in found):
                self.versions[step.urn] = version_of(step.old)
            self.traffic.see(step)
            self.accompanying.see(step, operation)
            self.costs.see(step)
            self.ruling.see(step)
            if step.op in ("create", "delete") and step.type in self._renamable and resource is not None:
                self._candidates.see(resource, comes=step.op == "create")
        except (msgspec.DecodeError, RecursionError):
            differs = ()
            self._steps.unreadable.append(step.urn)
        step.forget()
        if not self._steps.is_known(step):
            self.uncertain.add(step.urn)
        physical = step.old.id if step.old else step.new.id if step.new else ""
        self.changes.append(
            Change(
                self._stack,
                step.urn,
                step.type,
                step.name,
                operation,
                "safe",
                self._component(resource.parent) if resource is not None else "",
                physical,
                differs,
            )
        )

    def finish(self) -> None:
        """Renames, and what could not be read; nothing of what goes with all that it was there for."""
        along = self.accompanying.accompanied()
        self.findings = [one for one in self.findings if one.urn not in along or self._judges.insists(one)]
        for urn in dict.fromkeys(self._steps.unreadable):
            self.uncertain.add(urn)
            if urn not in self.operations:
                self.changes.append(Change(self._stack, urn, type_of(urn), name_of(urn), "update", "unknown"))
        # The next version of a model is no other name of the last one, and what comes with it is none of what went with that.
        found = {new: old for new, old in self._candidates.renames().items() if old not in self.versions}
        if not along.issuperset(found.values()):
            self.changes = [
                msgspec.structs.replace(change, renamed_from=found[change.urn]) if change.urn in found else change
                for change in self.changes
            ]
            self.findings += [_renamed(self._stack, old, new) for new, old in found.items()]

    def _bare(self, resource: Resource) -> Resource:
        """Without what it is made of, so that the file it was read from can go; all it depends on together, each name and each set of
        names once in memory."""
        needed = frozenset((*resource.dependencies, *(urn for several in resource.property_dependencies.values() for urn in several or ())))
        names = self._needed.get(needed)
        if names is None:
            names = self._needed[needed] = [intern(urn) for urn in needed]
        return Resource(resource.urn, resource.type, parent=resource.parent, dependencies=names)

    def _component(self, parent: str) -> str:
        """The components around a child of `parent`, outermost first."""
        if not parent or type_of(parent) == STACK:
            return ""
        known = self._components.get(parent)
        if known is None:
            label = f"{type_of(parent).rsplit(':', 1)[-1]} {name_of(parent)}"
            self._components[parent] = label  # A parent that is its own grandparent ends here.
            around = self._component(self._parents[parent]) if parent in self._parents else _of_urn(parent)
            known = self._components[parent] = f"{around} / {label}" if around else label
        return known


def _of_urn(urn: str) -> str:
    """The types around a resource that nothing else is known of."""
    parts = urn.split("::", 3)
    around = parts[2].split("$")[:-1] if len(parts) == 4 else []
    return " / ".join(kind.rsplit(":", 1)[-1] for kind in around if kind != STACK)


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


def _renamed(stack: str, old: str, new: str) -> Finding:
    same_place = old.rsplit("::", 1)[0] == new.rsplit("::", 1)[0]
    alias = f'Alias(name="{name_of(old)}")' if same_place and "::" not in name_of(old) else f'"{old}"'
    kind = type_of(new).rsplit(":", 1)[-1]
    moved = f"is called {name_of(new)} now" if name_of(old) != name_of(new) else "stands in another place now"
    return Finding(
        "review",
        "renamed",
        stack,
        f"{kind} {name_of(new)}",
        f"It looks like {kind} {name_of(old)}, which {moved}: one is created and the other deleted.",
        "Their inputs are the same but for the name, and the engine knows resources by name and place.",
        "What the old one holds or is known by is lost, unless it stays.",
        f"Give it `aliases=[{alias}]` in its ResourceOptions: the engine then keeps the one that is there.",
        new,
    )


def _exposed(stack: str, plan: Plan) -> list[Finding]:
    return [
        Finding(
            "exposure",
            "plan-exposes",
            stack,
            f"plan of {stack}",
            f"The plan holds in clear what looks like {found.kind}.",
            f"{found.path} of {name_of(found.urn)}",
            "Whoever can read the plan can use it.",
            "Make the value a secret in the program or the configuration, change it where it is used, and save the plan again.",
            found.urn if found.urn != "configuration" else "",
            found.path,
            blocks=True,
        )
        for found in exposed(plan)
    ]


def _refuse_nameless(sources: Sources) -> None:
    """Raises WrongUsage with the file that should have said of which stack it is."""
    given = {"digest": sources.digest, "events": sources.events, "state": sources.state, "plan": sources.plan}
    kind, file = next((kind, file) for kind, file in given.items() if file is not None)
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
