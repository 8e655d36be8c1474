"""What policies say: those of packs that the engine ran, out of its events, and the project's own rules, held against steps.

Passes are counted from what the engine says after it has asked a pack about a resource (sdk/go/common/apitype/events.go). Summaries of
remediations are left out: a rule that remediates nothing is listed as passed there too.
"""

import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import date
from functools import cache
from typing import Literal

import msgspec

from modelway.preview.changeset import Diagnostic, PolicyResult
from modelway.preview.resources import Step
from modelway.redaction import masked
from modelway.rules.exceptions import Grant
from modelway.rules.pack import NAME, RULES
from modelway.rules.stack import StackRule
from modelway.rules.subjects import Rule, Subject
from modelway.rules.verdicts import Failed, NotApplicable, Passed, Undecided, Unreadable, Verdict

Enforcement = Literal["advisory", "mandatory", "remediate", "disabled"]

_LEVELS: Mapping[str, Enforcement] = {
    "advisory": "advisory",
    "warning": "advisory",
    "mandatory": "mandatory",
    "remediate": "remediate",
    "disabled": "disabled",
    "none": "disabled",
}
_ASKED: Mapping[str, Rule] = {rule.id: rule for rule in RULES}
"""Rules that the report asks by itself."""
_COLOURS = re.compile(r"<\{%.*?%\}>|\x1b\[[0-9;]*m")
_NOT_RUN = re.compile(r"can't run policy '.*' during preview: ")
"""How a pack says that a value is not known yet (pulumi_policy/policy.py); the engine calls it an advisory violation."""
_NOT_KNOWN = re.compile(r"\w+ value at \.(.+) can't be known during preview")
_FAILED = "failed to run policy"
"""How the engine says that a rule raised; it names neither rule nor pack."""
_NOBODY = "a policy pack"


def results(stack: str, events: Iterable[Mapping[str, object]], diagnostics: Iterable[Diagnostic] = ()) -> tuple[PolicyResult, ...]:
    """What packs said of `stack`: what failed, is undecided or broken resource by resource, then how often each rule passed. `events` are
    those of the event log that policies wrote."""
    found: list[PolicyResult] = []
    passed: Counter[tuple[str, str]] = Counter()
    packs: set[str] = set()
    for event in events:
        for name in ("policyAnalyzeSummaryEvent", "policyAnalyzeStackSummaryEvent"):
            summary = _mapping(event.get(name))
            pack = _text(summary, "policyPackName")
            packs |= {pack} - {""}
            for rule in _listed(summary.get("passed")):
                passed[pack, rule] += 1
        if violation := _mapping(event.get("policyEvent")):
            found.append(_violation(stack, violation))
        if change := _mapping(event.get("policyRemediationEvent")):
            found.append(_remediation(stack, change))
    pack = packs.pop() if len(packs) == 1 else _NOBODY
    broken = {one.message.split("\n")[0] for one in diagnostics if one.severity == "error" and _FAILED in one.message}
    said = sorted(message.removeprefix("error: ") for message in broken)
    found += [PolicyResult(stack, pack, "a rule", "broken", "mandatory", message=message) for message in said]
    counted = (PolicyResult(stack, *key, "passed", _level_of(*key), count=count) for key, count in sorted(passed.items()))
    return (*dict.fromkeys(found), *counted)


def _violation(stack: str, event: Mapping[str, object]) -> PolicyResult:
    pack, rule = _text(event, "policyPackName"), _text(event, "policyName")
    message = _COLOURS.sub("", _text(event, "message")).strip()
    level = _LEVELS.get(_text(event, "enforcementLevel"), "mandatory")
    undecided = _NOT_RUN.match(message)
    severity = _text(event, "severity")
    if undecided:
        unknown = _NOT_KNOWN.search(message)
        message = f"{unknown[1]} is not known before the update" if unknown else message[undecided.end() :]
        # What could not be asked is reported as an advice, whatever the rule is.
        level = _level_of(pack, rule, level)
        severity = severity or (_in_pack()[rule].severity if pack == NAME and rule in _in_pack() else "")
    urn = _text(event, "resourceUrn")
    return PolicyResult(stack, pack, rule, "undecided" if undecided else "failed", level, severity, urn=urn, message=masked(message))


def _remediation(stack: str, event: Mapping[str, object]) -> PolicyResult:
    """What a policy has put right by itself; names, not values, of what it changed."""
    before, after = _mapping(event.get("before")), _mapping(event.get("after"))
    changed = sorted(name for name in before.keys() | after.keys() if before.get(name) != after.get(name))
    message = f"the policy itself has changed {', '.join(changed)}" if changed else "the policy itself has changed the resource"
    urn = _text(event, "resourceUrn")
    return PolicyResult(stack, _text(event, "policyPackName"), _text(event, "policyName"), "failed", "remediate", urn=urn, message=message)


def _level_of(pack: str, rule: str, otherwise: Enforcement = "advisory") -> Enforcement:
    if pack == NAME and rule in _in_pack():
        from modelway.rules.catalogue import level

        # What binds by the tier alone is told as advice here: which environment the stack belongs to is not asked.
        return level(_in_pack()[rule], None)
    return otherwise


@cache
def _in_pack() -> Mapping[str, Rule | StackRule]:
    """The rules of the project's own pack. A report without it does not wait for them."""
    from modelway.rules.catalogue import RULES as ALL

    return {rule.id: rule for rule in ALL}


class Ruling:
    """The project's own rules, held against the steps of one stack, where no pack of theirs ran."""

    def __init__(self, stack: str, rules: tuple[Rule, ...] = RULES) -> None:
        self._stack = stack
        self._rules = {rule.id: rule for rule in rules}
        self._by_type: dict[str, tuple[Rule, ...]] = {}
        self._found: list[PolicyResult] = []
        self._passed: Counter[str] = Counter()

    def see(self, step: Step) -> None:
        """Holds the rules against what a step wants; a type that no rule is about costs a look into a dictionary."""
        rules = self._by_type.get(step.type)
        if rules is None:
            rules = self._by_type[step.type] = tuple(rule for rule in self._rules.values() if rule.applies(step.type))
        if not rules or step.new is None or step.op in ("delete", "discard", "discard-replaced", "delete-replaced"):
            return
        subject = Subject(step.type, step.new.wanted, step.old.wanted if step.old else None, compared=True)
        for rule in rules:
            self._note(rule, step.urn, rule.judge(subject))

    def results(self) -> tuple[PolicyResult, ...]:
        """What failed or is undecided, resource by resource, then how often each rule passed."""
        counted = (self._result(self._rules[name], "passed", count=count) for name, count in sorted(self._passed.items()))
        return (*self._found, *counted)

    def _note(self, rule: Rule, urn: str, verdict: Verdict) -> None:
        match verdict:
            case Passed():
                self._passed[rule.id] += 1
            case Failed(evidence):
                self._found += [self._result(rule, "failed", urn, masked(str(one))) for one in evidence]
            case Undecided(paths):
                self._found.append(self._result(rule, "undecided", urn, f"{', '.join(paths)}: not known before the update"))
            case Unreadable(faults):
                self._found.append(self._result(rule, "undecided", urn, masked("; ".join(faults))))
            case NotApplicable():
                pass

    def _result(
        self, rule: Rule, outcome: Literal["passed", "failed", "undecided"], urn: str = "", message: str = "", count: int = 1
    ) -> PolicyResult:
        # Who asks for a pack makes its rules binding; a report that asks them by itself advises.
        return PolicyResult(self._stack, NAME, rule.id, outcome, "advisory", rule.severity, count, urn, message)


def rules_on(stack: str, steps: Iterable[Step]) -> tuple[PolicyResult, ...]:
    """What the project's own rules say of steps."""
    ruling = Ruling(stack)
    for step in steps:
        ruling.see(step)
    return ruling.results()


def let_through(own: Sequence[PolicyResult], grants: Sequence[Grant], today: date | None) -> Iterator[PolicyResult]:
    """What our own rules say; of what is excepted today that it is, as our pack would tell it. Without a day no exception is in force."""
    by_target = {(grant.rule, grant.resource): grant for grant in grants}
    told = set()
    for one in own:
        grant = by_target.get((one.rule, one.urn))
        if grant is None or today is None or one.outcome == "passed":
            yield one
        elif not grant.in_force(today):
            over = f"An exception was granted until {grant.expires}, and is over."
            yield msgspec.structs.replace(one, message=f"{one.message} {over}")
        elif (one.rule, one.urn) not in told:
            told.add((one.rule, one.urn))
            said = f"excepted from {one.rule}: {grant}"
            yield PolicyResult(one.stack, NAME, "granted-exceptions", "failed", "advisory", urn=one.urn, message=masked(said))


def joined(
    engine: Sequence[PolicyResult], own: Sequence[PolicyResult], at: Callable[[str], Step | None] = lambda _: None
) -> tuple[PolicyResult, ...]:
    """What the engine's packs said, and our own rules where our pack did not run; where it could not decide without what was there before,
    what our own rules decide of the step `at` a URN."""
    if not any(one.pack == NAME for one in engine):
        return (*engine, *own)
    decided = {(one.rule, one.urn): one for one in own if one.urn and one.outcome == "failed"}
    open_ones = {(one.rule, one.urn) for one in own if one.outcome == "undecided"}
    known = (result for one in engine for result in _decided(one, at))
    return tuple(_joined(known, decided, open_ones))


def _decided(one: PolicyResult, at: Callable[[str], Step | None]) -> Iterator[PolicyResult]:
    """A result of the pack; of one that is undecided, what the rule says when it is shown what was there before."""
    left_open = one.pack == NAME and one.outcome == "undecided" and one.rule not in _ASKED
    rule = _in_pack().get(one.rule) if left_open else None
    step = at(one.urn) if isinstance(rule, Rule) else None
    if not isinstance(rule, Rule) or step is None or step.new is None:
        yield one
        return
    ruling = Ruling(one.stack, (rule,))
    ruling.see(step)
    yield from ruling.results()


def _joined(
    engine: Iterable[PolicyResult], decided: Mapping[tuple[str, str], PolicyResult], open_ones: set[tuple[str, str]]
) -> Iterator[PolicyResult]:
    for one in engine:
        key = one.rule, one.urn
        if one.pack != NAME or one.outcome != "undecided" or one.rule not in _ASKED or key in open_ones:
            yield one
        elif key in decided:
            yield decided[key]
        else:
            yield PolicyResult(one.stack, one.pack, one.rule, "passed", one.enforcement)


def _mapping(value: object) -> Mapping[str, object]:
    return value if isinstance(value, Mapping) else {}


def _text(event: Mapping[str, object], name: str) -> str:
    value = event.get(name)
    return value if isinstance(value, str) else ""


def _listed(value: object) -> list[str]:
    return [one for one in value if isinstance(one, str)] if isinstance(value, list) else []
