"""The policy pack: hands what the engine wants to make to the rules of modelway/rules, and their verdicts back. No rule stands here.

    pulumi preview -s STACK --policy-pack policy

The engine hands a policy no more than what is wanted, not what is there: a rule that compares both is undecided here, and decided in the
report (`modelway preview`, `modelway report`).
"""

import sys
from pathlib import Path
from typing import Any

from pulumi_policy import EnforcementLevel, PolicyPack, ReportViolation, ResourceValidationArgs, ResourceValidationPolicy, Severity
from pulumi_policy.proxy import UNKNOWN_STRING_VALUE, UnknownValueError

# The engine starts this file by its path, so the repository is not on the import path.
sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from modelway.rules.pack import NAME, RULES
from modelway.rules.subjects import Rule, Subject
from modelway.rules.values import received
from modelway.rules.verdicts import Failed, NotApplicable, Undecided, Unreadable


def policy(rule: Rule) -> ResourceValidationPolicy:
    """A rule as the engine asks it, once for every resource."""

    def validate(args: ResourceValidationArgs, report: ReportViolation) -> None:
        if not rule.applies(args.resource_type):
            args.not_applicable("it has nothing that the rule is about")
        # Whatever raises ends all policies of the pack without a word of which: a rule that is broken is a violation of its own.
        try:
            verdict = rule.judge(Subject(args.resource_type, properties(args.props)))
        except Exception as error:
            report(f"the rule itself failed with {type(error).__name__}; nothing was decided", None)
            return
        match verdict:
            case Failed(evidence):
                for found in evidence:
                    # Not the value: the engine hands secrets over as plain values.
                    report(f"{found.path}: {found.rule}. {found.way_out}", None)
            case Unreadable(faults):
                for fault in faults:
                    report(fault, None)
            case Undecided(paths):
                raise UnknownValueError(UNKNOWN_STRING_VALUE, [", ".join(paths)])
            case NotApplicable():
                args.not_applicable("it has nothing that the rule is about")

    level = EnforcementLevel.MANDATORY if rule.severity in ("high", "critical") else EnforcementLevel.ADVISORY
    return ResourceValidationPolicy(
        rule.id,
        f"{rule.says[:1].upper()}{rule.says[1:]}.",
        validate,
        level,
        severity=Severity(rule.severity),
        tags=list(rule.sources),
        remediation_steps=rule.why,
    )


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


PolicyPack(NAME, [policy(rule) for rule in RULES])
