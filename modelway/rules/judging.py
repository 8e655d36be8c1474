"""Asking rules, one by one: one that raises is broken, and harms no other. What was excepted stays to be seen."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import TYPE_CHECKING

from modelway.rules.configured import ConfigurationRule
from modelway.rules.exceptions import Grant
from modelway.rules.stack import Resource, StackRule
from modelway.rules.subjects import Rule
from modelway.rules.verdicts import Failed, NotApplicable, Passed, Undecided, Unreadable, Verdict

if TYPE_CHECKING:
    from modelway.architecture import Environment

AnyRule = Rule | StackRule | ConfigurationRule


@dataclass(frozen=True)
class Broken:
    """The rule itself failed: nothing was decided."""

    said: str
    """Kind of what it raised; not its text, which may hold a value that is secret."""


Outcome = Verdict | Broken


@dataclass(frozen=True)
class Finding:
    """What one rule says of one thing that it is about."""

    rule: AnyRule
    where: str
    """URN of a resource; of an environment's description a path in it, such as `clusters.main`; empty where a rule broke about all."""
    outcome: Outcome
    granted: Grant | None = None
    """The exception for exactly this rule and thing, in force or not."""
    in_force: bool = False
    """Whether what does not pass is let through: the exception's last day has not gone by."""

    @property
    def blocks(self) -> bool:
        """Whether a rule that binds would refuse it."""
        return isinstance(self.outcome, Failed | Unreadable | Broken) and not self.in_force

    @property
    def undecided(self) -> bool:
        return isinstance(self.outcome, Undecided) and not self.in_force


def asked(judge: Callable[[], Verdict]) -> Outcome:
    """What a rule says, or that it failed."""
    try:
        outcome = judge()
    except Exception as error:
        return Broken(type(error).__name__)
    return outcome if isinstance(outcome, Verdict) else _strange(outcome)


def all_asked(judge: Callable[[], Mapping[str, Verdict]]) -> Mapping[str, Outcome]:
    """What a rule about several things says of each; under the empty name that it failed."""
    try:
        found = dict(judge())
    except Exception as error:
        return {"": Broken(type(error).__name__)}
    return {where: outcome if isinstance(outcome, Verdict) else _strange(outcome) for where, outcome in found.items()}


def _strange(outcome: object) -> Broken:
    return Broken(f"it answered with {type(outcome).__name__}, which is no verdict")


def judged(rules: Sequence[AnyRule], resources: Sequence[Resource]) -> Iterator[Finding]:
    """What rules about resources and about whole stacks say of the resources of one stack, resource by resource; what they are not about is
    left out."""
    by_type: dict[str, tuple[Rule, ...]] = {}
    of_one = tuple(rule for rule in rules if isinstance(rule, Rule))
    for resource in resources:
        subject = resource.subject
        if subject.type not in by_type:
            by_type[subject.type] = tuple(rule for rule in of_one if concerns(rule, subject.type))
        for rule in by_type[subject.type]:
            outcome = asked(lambda rule=rule, subject=subject: rule.judge(subject))  # type: ignore[misc]
            if not isinstance(outcome, NotApplicable):
                yield Finding(rule, resource.urn, outcome)
    for stack_rule in rules:
        if isinstance(stack_rule, StackRule):
            yield from _findings(stack_rule, all_asked(lambda rule=stack_rule: rule.judge(resources)))  # type: ignore[misc]


def configured(rules: Sequence[AnyRule], environment: "Environment", today: date) -> Iterator[Finding]:
    """What rules about descriptions say of an environment."""
    for rule in rules:
        if isinstance(rule, ConfigurationRule):
            yield from _findings(rule, all_asked(lambda rule=rule: rule.judge(environment, today)))  # type: ignore[misc]


def concerns(rule: Rule, type_: str) -> bool:
    """Whether a rule is about resources of that type; one that cannot even say that is asked, so that it is told."""
    try:
        return rule.applies(type_)
    except Exception:
        return True


def _findings(rule: AnyRule, outcomes: Mapping[str, Outcome]) -> Iterator[Finding]:
    for where, outcome in outcomes.items():
        if not isinstance(outcome, NotApplicable):
            yield Finding(rule, where, outcome)


def excepted(findings: Iterable[Finding], grants: Sequence[Grant], today: date) -> Iterator[Finding]:
    """The findings, those that do not pass with the exception that was granted for them, and whether it is in force. A broken rule is never
    excepted, as nobody knows what it would have found; nor is what is wrong with exceptions."""
    by_target = {(grant.rule, grant.resource): grant for grant in grants}
    for finding in findings:
        grant = by_target.get((finding.rule.id, finding.where))
        kept = isinstance(finding.rule, ConfigurationRule) and not finding.rule.exceptable
        if grant is None or kept or isinstance(finding.outcome, Passed | Broken):
            yield finding
        else:
            yield replace(finding, granted=grant, in_force=grant.in_force(today))
