"""Checks of what is there, what was judged and what was done: resources, rules, gates, releases, drills. Strong proof."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from datetime import timedelta
from functools import partial

from modelway.architecture import Model
from modelway.architecture.layout import stack_of, stacks
from modelway.governance.approving import approvers
from modelway.governance.evidence.checks import Check, answering, asked_of, shown
from modelway.governance.evidence.facts import Facts, Found, Outcome, Proof, Recorded
from modelway.governance.gates.gate import Gate, blocks
from modelway.governance.ledger import Entry
from modelway.governance.releases import Release
from modelway.governance.stops import done_at
from modelway.rules import catalogue
from modelway.rules.configured import ConfigurationRule
from modelway.rules.judging import Finding

LISTED = 5
"""Most places that a proof names of one rule; how many there are stands beside them."""
DRILL_DAYS = 366
"""How old a drill may be where the tier asks for no review: a year later those who did it may be gone."""
NO_STATE = "no state of {} was given, so what is there is not known"
NO_LEDGER = "no ledger was given, so what was recorded is not known"


def ruled(*ids: str) -> tuple[Check, ...]:
    """What rules of the catalogue say, a check each."""
    return tuple(Check(f"rule {one}", partial(_ruled, rule=one)) for one in ids)


def _ruled(facts: Facts, rule: str) -> Iterator[Found]:
    of = catalogue.IDS[rule]
    found = [one for one in facts.findings if one.rule.id == rule]
    binds = catalogue.level(of, facts.environment.tier) == "mandatory"
    held = f"rule {rule}, mandatory in {facts.environment.tier}" if binds else ""
    missing = [] if isinstance(of, ConfigurationRule) else [one for one in stacks(facts.environment) if one not in facts.judged]
    stopped = [one for one in found if one.blocks or one.in_force]
    if stopped:
        yield from _failed(rule, stopped, "" if binds else f", which only advises in {facts.environment.tier},")
    elif any(one.undecided for one in found):
        yield Found("unknown", f"{rule} could not decide", proofs=_places(rule, [one for one in found if one.undecided]))
    elif missing:
        yield Found("unknown", NO_STATE.format(", ".join(missing)))
    elif found:
        counted = f"{len(found):,} thing{'s' if len(found) != 1 else ''}"
        yield Found("met", f"{of.says}: {counted} looked at", "verdict", _places(rule, found), held)


def _failed(rule: str, found: Sequence[Finding], advises: str) -> Iterator[Found]:
    open_ = [one for one in found if one.blocks]
    if open_:
        yield Found("not met", f"{rule}{advises} does not hold of {len(open_):,}", proofs=_places(rule, open_))
    let = [one for one in found if one.in_force and one.granted is not None]
    if let:
        ends = min(one.granted.expires for one in let if one.granted is not None)
        reasons = shown("; ".join(sorted({one.granted.reason for one in let if one.granted is not None})))
        said = f"{rule}{advises} does not hold of {len(let):,}"
        yield Found("not met", said, proofs=_places(rule, let), excepted=f"until {ends}: {reasons}")


def _places(rule: str, found: Sequence[Finding]) -> tuple[Proof, ...]:
    where = sorted(one.where for one in found)
    shown_ = tuple(Proof("rule", f"{rule} {shown_where(one)}".rstrip()) for one in where[:LISTED])
    more = (Proof("rule", f"{rule} and {len(where) - LISTED:,} more"),) if len(where) > LISTED else ()
    return (*shown_, *more)


def shown_where(where: str) -> str:
    """A URN or a path, as they are; they are made of names alone."""
    return " ".join(where.split())


def _binding(facts: Facts) -> Iterator[Found]:
    tier = facts.environment.tier
    binding = [one for one in facts.findings if catalogue.level(one.rule, tier) == "mandatory"]
    known = f"{sum(catalogue.level(rule, tier) == 'mandatory' for rule in catalogue.ALL)} of {len(catalogue.ALL)} rules bind in {tier}"
    failed = sorted({one.rule.id for one in binding if one.blocks})
    missing = [one for one in stacks(facts.environment) if one not in facts.judged]
    let = sorted({one.rule.id for one in binding if one.in_force})
    if failed:
        yield Found("not met", f"{known}; {', '.join(failed)} do not hold", proofs=tuple(Proof("rule", one) for one in failed))
    elif missing:
        yield Found("unknown", f"{known}; {NO_STATE.format(', '.join(missing))}")
    elif any(one.undecided for one in binding):
        yield Found("unknown", f"{known}; not all of them could decide")
    elif let:
        ends = min(one.granted.expires for one in binding if one.in_force and one.granted is not None)
        held_up = f"until {ends} at first, by exceptions of the environment"
        yield Found(
            "not met", f"{known}; {', '.join(let)} do not hold", proofs=(Proof("field", "governance.exceptions"),), excepted=held_up
        )
    else:
        held = f"rules that are mandatory in {tier}"
        yield Found("met", f"{known}, and all of them hold: {len(binding):,} verdicts", "verdict", held_by=held)


binding = Check("rule all that bind", _binding)


def made(name: str, types: tuple[str, ...], suffix: str, of: Callable[[Model], bool] | None = None, *, kind: str | None = None) -> Check:
    """Whether each model that serves has a resource of one of these types, in its stack, whose name ends so. `of` says which models have
    one, `kind` of which runtime they are."""
    return Check(f"resource {name}", partial(_made, what=name, types=types, suffix=suffix, of=of, kind=kind))


def _made(
    facts: Facts, what: str, types: tuple[str, ...], suffix: str, of: Callable[[Model], bool] | None, kind: str | None
) -> Iterator[Found]:
    for name, model in facts.serving:
        runtime = model.serving.runtime.kind if model.serving is not None else ""
        if kind not in (None, runtime):
            continue
        if of is not None and not of(model):
            yield Found("not asked", f"{name} has no {what} described")
            continue
        stack = stack_of(facts.environment, model)
        # With the stack's name, or another environment's would do as well.
        there = [
            urn
            for urn in facts.resources
            if urn.startswith(f"urn:pulumi:{stack}::") and urn.split("::")[2].endswith(types) and _named(urn, name, suffix)
        ]
        if there:
            proofs = tuple(Proof("resource", f"{urn} ({facts.resources[urn]})") for urn in sorted(there)[:LISTED])
            yield Found("met", f"{name}: {len(there)} {what}", "resource", proofs)
        elif stack in facts.seen:
            yield Found("not met", f"{name}: no {what} in {stack}")
        else:
            yield Found("unknown", f"{name}: {NO_STATE.format(stack)}")


def _named(urn: str, model: str, suffix: str) -> bool:
    name = urn.split("::", 3)[3]
    return name.startswith(f"{model}-") and name.endswith(suffix)


def gated(gate: str) -> Check:
    """What a gate says of models."""
    return Check(f"gate {gate}", partial(_gated, gate=gate))


def _gated(facts: Facts, gate: str) -> Iterator[Found]:
    if facts.gates is None:
        yield Found("unknown", "gates were not asked")
        return
    for one in facts.gates:
        if gate in ("all", one.id):
            yield _of_gate(facts, one)


def _of_gate(facts: Facts, gate: Gate) -> Found:
    proof = (Proof("gate", f"{gate.id} {gate.model}".rstrip()),)
    told = shown(f"{gate.model} {gate.id}: {gate.detail or gate.outcome}".strip())
    if gate.outcome == "passed":
        held = blocks(replace(gate, outcome="missing"), facts.environment)
        return Found("met", told, "verdict", proof, f"gate {gate.id}" if held else "")
    if gate.outcome == "unknown":
        return Found("unknown", told, proofs=proof)
    let = {"waived": "by an exception", "broken_glass": "by somebody who broke the glass"}.get(gate.outcome, "")
    return Found("not met", told, proofs=proof, excepted=let)


def _entry(entry: Entry) -> Proof:
    return Proof("entry", f"{entry.sequence} sha256:{entry.hash}")


def recorded(name: str, judge: Callable[[Facts, Recorded], Iterator[Found]]) -> Check:
    """What the ledger tells; not known without one."""

    def of(facts: Facts) -> Iterator[Found]:
        if facts.recorded is None:
            yield Found("unknown", NO_LEDGER)
        else:
            yield from judge(facts, facts.recorded)

    return Check(f"ledger {name}", of)


def _each_release(facts: Facts, told: Recorded, judge: Callable[[Release], Found]) -> Iterator[Found]:
    for stack in stacks(facts.environment):
        release = told.last.get(stack)
        yield judge(release) if release is not None else Found("not met", f"no release of {stack} is recorded")


def _released(facts: Facts, told: Recorded) -> Iterator[Found]:
    def judge(release: Release) -> Found:
        made_, proof = release.record, (_entry(release.entry),)
        if made_.differences:
            return Found("not met", f"release {release.number} of {made_.stack}: {len(made_.differences)} not as described", proofs=proof)
        silent = [f"{of.model} {one.version}" for of, one in made_.answering if one.seen is None and one.found is None]
        if silent:
            what = shown(", ".join(silent))
            return Found("unknown", f"release {release.number} of {made_.stack} does not tell what was live of {what}", proofs=proof)
        said = f"release {release.number} of {made_.stack} is from commit {made_.commit[:12]}, read back as described"
        return Found("met", said, "resource", proof)

    yield from _each_release(facts, told, judge)


def _judged_before(facts: Facts, told: Recorded) -> Iterator[Found]:
    def judge(release: Release) -> Found:
        made_, proof = release.record, (_entry(release.entry),)
        if made_.policy is None:
            return Found("unknown", f"release {release.number} of {made_.stack} has no verdicts of rules", proofs=proof)
        if made_.policy.exit_code:
            outcome: Outcome = "unknown" if made_.policy.exit_code == 3 else "not met"
            return Found(outcome, f"rules did not pass before release {release.number} of {made_.stack}", proofs=proof)
        said = f"{made_.policy.passed:,} verdicts passed before release {release.number} of {made_.stack}"
        return Found("met", said, "verdict", proof)

    yield from _each_release(facts, told, judge)


def _planned(facts: Facts, told: Recorded) -> Iterator[Found]:
    def judge(release: Release) -> Found:
        made_, proof = release.record, (_entry(release.entry),)
        if made_.plan_sha256 is None:
            return Found("not asked", f"release {release.number} of {made_.stack} names no plan", proofs=proof)
        return Found("met", f"release {release.number} of {made_.stack} is of plan sha256:{made_.plan_sha256}", "resource", proof)

    yield from _each_release(facts, told, judge)


def _approved(facts: Facts, told: Recorded) -> Iterator[Found]:
    for name, model in facts.serving:
        needed = asked_of(facts, model).approvers
        may = {one.casefold() for one in approvers(model)} - {model.owner.casefold()}
        given = [one for one in told.approvals.get(name, ()) if one.who.casefold() in may]
        said = f"{name}: {len(given)} of {needed} approvals of what is described now"
        if not needed and not given:
            yield Found("not asked", f"{name}: no approval is asked of risk {model.risk_tier}")
        elif len(given) < needed:
            yield Found("not met", said)
        else:
            who = ", ".join(one.who for one in given)
            proofs = tuple(Proof("entry", f"{shown(one.proof)}, {shown(one.who)}, {one.when}") for one in given)
            yield Found("met", f"{said}: {shown(who)}, none of them its author", "verdict", proofs)


def _drilled(facts: Facts) -> Iterator[Found]:
    for name, model in facts.serving:
        if facts.recorded is None:
            yield Found("unknown", f"{name}: {NO_LEDGER}")
            continue
        entry, drill = facts.recorded.drills.get(name, (None, None))
        most = asked_of(facts, model).review_days or DRILL_DAYS
        if entry is None or drill is None:
            yield Found("not met", f"{name}: no drill of the stop is recorded")
            continue
        day = done_at(drill, entry.time).date()
        if facts.day - day > timedelta(days=most):
            yield Found("not met", f"{name}: the last drill is of {day}, more than {most} days ago", proofs=(_entry(entry),))
        else:
            said = f"{name}: stopped in {drill.seconds:.1f} s in a drill of {day}"
            yield Found("met", said, "drill", (_entry(entry),))


def _told(_: Facts, told: Recorded) -> Iterator[Found]:
    if not told.stops:
        yield Found("not asked", "nothing was stopped, and nobody broke the glass")
    for entry, said in told.stops[-LISTED:]:
        yield Found("met", shown(said), "verdict", (_entry(entry),))


def _pinned(facts: Facts) -> Iterator[Found]:
    for name, _, version_name, _version in answering(facts):
        where = f"models.{name}.versions.{version_name}"
        proofs = (Proof("field", f"{where}.image"), Proof("field", f"{where}.weights"))
        yield Found("met", f"{name} {version_name}: image and weights by SHA-256", "field", proofs, "`modelway validate` refuses a tag")


released = recorded("release", _released)
judged_before = recorded("policy", _judged_before)
planned = recorded("plan", _planned)
approved = recorded("approvals", _approved)
told = recorded("stops", _told)
drilled = Check("drill stop", _drilled)
pinned = Check("field versions.image, weights", _pinned)

alert_rules = made("alert rules", (":PrometheusRule",), "rules", kind="kubernetes")
alarms = made("alarms", (":MetricAlarm",), "", kind="sagemaker")
dashboard = made("dashboard", (":ConfigMap",), "dashboard", kind="kubernetes")
scraping = made("scraping", (":ServiceMonitor",), "scraping", kind="kubernetes")
disruption = made("disruption budgets", (":PodDisruptionBudget",), "disruption", kind="kubernetes")
autoscaler = made("autoscalers", (":HorizontalPodAutoscaler", ":ScaledObject"), "autoscaler", kind="kubernetes")
reachability = made("network policies", (":NetworkPolicy",), "network", kind="kubernetes")
drift_job = made("drift job", (":CronJob",), "drift-job", lambda model: model.drift is not None, kind="kubernetes")
drift_schedule = made("drift schedule", (":Schedule",), "drift-schedule", lambda model: model.drift is not None, kind="sagemaker")
