"""The policy pack: hands what the engine wants to make to the rules of modelway/rules, and their verdicts back. No rule stands here.

    pulumi preview -s STACK --policy-pack policy

Which rules bind depends on the tier of the stack's environment. The engine hands a policy no more than what is wanted, not what is there: a
rule that compares both is undecided here, and decided in the report (`modelway preview`, `modelway report`).
"""

import sys
from collections import defaultdict
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from pulumi_policy import (
    EnforcementLevel,
    PolicyPack,
    PolicyResource,
    ReportViolation,
    ResourceValidationArgs,
    ResourceValidationPolicy,
    Severity,
    StackValidationArgs,
    StackValidationPolicy,
)
from pulumi_policy.proxy import UNKNOWN_STRING_VALUE, UnknownValueError

# The engine starts this file by its path, so the repository is not on the import path.
sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from modelway.rules.catalogue import DECLARED, IDS, NAME, RULES, level
from modelway.rules.configured import ConfigurationRule
from modelway.rules.judging import AnyRule, Broken, Finding, Outcome, all_asked, asked, concerns, excepted
from modelway.rules.stack import Resource, StackRule
from modelway.rules.subjects import Rule, Subject
from modelway.rules.values import received
from modelway.rules.verdicts import Failed, NotApplicable, Undecided, Unreadable
from policy import read_once, stack_told
from policy.environment import Held, held
from policy.gates import GATES, gate_policies, gates_level

HELD = Held(None, ())
"""What the stack is held to; until the engine has named it, nothing is let through."""
TODAY = datetime.now(UTC).date()
NOT_ABOUT = "it has nothing that the rule is about"
BROKEN: defaultdict[str, list[str]] = defaultdict(list)
"""By URN, or the empty name, what rules failed with that could not say anything. Told under a name of its own: it binds, also where the
rule advises."""


def policy(rule: Rule) -> ResourceValidationPolicy:
    """A rule as the engine asks it, once for every resource."""

    def validate(args: ResourceValidationArgs, report: ReportViolation) -> None:
        if not concerns(rule, args.resource_type):
            args.not_applicable(NOT_ABOUT)
        # Whatever raises would end all policies of the pack without a word of which.
        finding = settled(rule, args.urn, asked(lambda: rule.judge(Subject(args.resource_type, properties(args.props)))))
        if finding.in_force or isinstance(finding.outcome, NotApplicable):
            args.not_applicable(NOT_ABOUT if finding.granted is None else f"excepted: {finding.granted}")
        for text in told(finding):
            report(text, None)
        if isinstance(finding.outcome, Undecided):
            raise UnknownValueError(UNKNOWN_STRING_VALUE, [", ".join(finding.outcome.paths)])

    return ResourceValidationPolicy(validate=validate, **described(rule))


def stack_policy(rule: StackRule) -> StackValidationPolicy:
    """A rule as the engine asks it, once for a whole stack."""

    def validate(args: StackValidationArgs, report: ReportViolation) -> None:
        resources = [resource(one) for one in args.resources]
        outcomes = all_asked(lambda: rule.judge(resources))
        undecided: list[str] = []
        for urn, outcome in outcomes.items():
            finding = settled(rule, urn, outcome)
            for text in told(finding) if not finding.in_force else ():
                report(text, urn)
            if finding.undecided and isinstance(outcome, Undecided):
                undecided += (f"{urn.rpartition('::')[2]}.{path}" for path in outcome.paths)
        if undecided:
            raise UnknownValueError(UNKNOWN_STRING_VALUE, [", ".join(undecided)])
        if all(isinstance(outcome, NotApplicable) for outcome in outcomes.values()):
            args.not_applicable(NOT_ABOUT)

    return StackValidationPolicy(validate=validate, **described(rule))


def declared_policy(rule: ConfigurationRule) -> ResourceValidationPolicy:
    """A rule about descriptions, asked when the engine begins with the stack itself: before anything is changed."""

    def validate(args: ResourceValidationArgs, report: ReportViolation) -> None:
        environment = HELD.environment
        if args.resource_type != "pulumi:pulumi:Stack" or environment is None:
            args.not_applicable(NOT_ABOUT)
        else:
            for where, outcome in all_asked(lambda: rule.judge(environment, TODAY)).items():
                finding = settled(rule, where, outcome)
                for text in told(finding) if HELD.describes(where) and not finding.in_force else ():
                    report(text, None)

    return ResourceValidationPolicy(validate=validate, **described(rule))


def described(rule: AnyRule) -> dict[str, Any]:
    """What the engine is told of a rule."""
    return {
        "name": rule.id,
        "description": f"{rule.says[:1].upper()}{rule.says[1:]}.",
        "enforcement_level": EnforcementLevel(level(rule, None)),
        "severity": Severity(rule.severity),
        "tags": list(rule.sources),
        "remediation_steps": rule.why,
    }


def hold(stack: str, configured: Mapping[str, str], *, previewed: bool) -> None:
    """Afterwards rules bind as the tier of the stack's environment says, and what it excepts is let through."""
    global HELD
    HELD = held(stack, configured)
    for one in ASKED:
        if one.name in IDS:
            one.enforcement_level = EnforcementLevel(level(IDS[one.name], HELD.tier))
        elif one.name == GATES:
            one.enforcement_level = gates_level(previewed=previewed)


def settled(rule: AnyRule, where: str, outcome: Outcome) -> Finding:
    """What a rule says of a resource, or a part of the description, and the exception for exactly that."""
    if isinstance(outcome, Broken):
        BROKEN[where].append(f"rule {rule.id} failed with {outcome.said}: nothing was decided")
    (finding,) = excepted((Finding(rule, where, outcome),), HELD.grants, TODAY)
    return finding


def told(finding: Finding) -> list[str]:
    """What is wrong, without the values: the engine hands secrets over as plain values."""
    over = f" An exception was granted until {finding.granted.expires}, and is over." if finding.granted is not None else ""
    match finding.outcome:
        case Failed(evidence):
            return [f"{found.path}: {found.rule}. {found.way_out}{over}" for found in evidence]
        case Unreadable(faults):
            return [f"{fault}{over}" for fault in faults]
    return []


def tell_exceptions(args: ResourceValidationArgs, report: ReportViolation) -> None:
    """Names what is let through, so that the report has it: with the resource, or with the stack what is described."""
    for grant in HELD.grants:
        of_stack = args.resource_type == "pulumi:pulumi:Stack" and ":" not in grant.resource and HELD.describes(grant.resource)
        if (grant.resource == args.urn or of_stack) and grant.in_force(TODAY):
            report(f"excepted from {grant.rule}: {grant}", None)


def tell_broken(args: ResourceValidationArgs, report: ReportViolation) -> None:
    # What broke about all of a description stands under no name.
    for where in (args.urn, *([""] if args.resource_type == "pulumi:pulumi:Stack" else [])):
        for text in BROKEN.pop(where, ()):
            report(text, None)


def tell_broken_of_stack(_: StackValidationArgs, report: ReportViolation) -> None:
    for urn in tuple(BROKEN):
        for text in BROKEN.pop(urn):
            report(text, urn or None)


def resource(given: PolicyResource) -> Resource:
    depends_on = {one.urn for one in given.dependencies}
    depends_on.update(one.urn for several in given.property_dependencies.values() for one in several)
    parent = given.parent.urn if given.parent is not None else None
    return Resource(
        given.urn, Subject(given.resource_type, properties(given.props)), parent, frozenset(depends_on), given.opts.protect is True
    )


@read_once.kept
def properties(proxy: Any) -> dict[str, object]:
    """The inputs without the engine's guards, which raise at the first property that is not known yet, whoever asks for which."""
    found = received(_bare(proxy))
    assert isinstance(found, dict)
    return found


def _bare(value: Any) -> Any:
    target = value["__target"] if type(value).__module__ == "pulumi_policy.proxy" else value
    if isinstance(target, dict):
        return {key: _bare(item) for key, item in target.items()}
    if isinstance(target, list):
        return [_bare(item) for item in target]
    return target


ASKED = [
    *(policy(rule) for rule in RULES if isinstance(rule, Rule)),
    *(declared_policy(rule) for rule in DECLARED),
    *gate_policies(lambda: HELD),
    ResourceValidationPolicy("granted-exceptions", "What is let through for a while is named.", tell_exceptions, EnforcementLevel.ADVISORY),
    ResourceValidationPolicy("broken-rule", "Every rule can be asked.", tell_broken, EnforcementLevel.MANDATORY),
    *(stack_policy(rule) for rule in RULES if isinstance(rule, StackRule)),
    StackValidationPolicy("broken-stack-rule", "Every rule about a stack can be asked.", tell_broken_of_stack, EnforcementLevel.MANDATORY),
]
read_once.install()
stack_told.install(hold)
PolicyPack(NAME, ASKED)
