"""The rules of the catalogue, on subjects as files below cases/catalogue: RULE.CASE.json has a type, properties, the verdict and what is
said, as cases/pack has (the rules of the first pack have their cases there).

Of a rule about a whole stack a case has `resources`: a list of {urn, type, properties, parent, depends_on, protected}, of which the last
three may be missing. Its `verdict` is the worst of all resources (Failed, Unreadable, Undecided, Passed, NotApplicable, in that order) and
`said` is what is said with that verdict, in the order of the resources; `verdicts`: {urn: [verdict, said]} instead says it of each.
"""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from modelway.rules.catalogue import RULES
from modelway.rules.pack import RULES as FIRST
from modelway.rules.stack import Resource, StackRule
from modelway.rules.subjects import Rule, Subject
from modelway.rules.verdicts import Failed, NotApplicable, Passed, Undecided, Unreadable, Verdict
from tests.rules.test_pack import ANYTHING, told, value

CASES = Path(__file__).parent / "cases" / "catalogue"
OF = {rule.id: rule for rule in RULES}
REQUIRED = ("compliant", "non-compliant", "missing", "unknown", "secret", "wrong-type")
SPELLED = ("text", "otherwise", "structure", "tag")
WORST = (Failed, Unreadable, Undecided, Passed, NotApplicable)
NAMES = sorted(path.stem for path in CASES.glob("*.json"))
FOR_ONE = [name for name in NAMES if isinstance(OF.get(name.split(".")[0]), Rule)]
FOR_STACKS = [name for name in NAMES if isinstance(OF.get(name.split(".")[0]), StackRule)]


def content(name: str) -> dict[str, Any]:
    found = json.loads((CASES / f"{name}.json").read_text("utf-8"))
    assert isinstance(found, dict)
    return found


def subject(case: Mapping[str, Any]) -> Subject:
    before = case.get("before")
    compared = before != "never looked for"
    return Subject(case["type"], value(case["properties"]), value(before) if compared else None, compared)


def resources(case: Mapping[str, Any]) -> list[Resource]:
    return [
        Resource(one["urn"], subject(one), one.get("parent"), frozenset(one.get("depends_on", ())), one.get("protected", False))
        for one in case["resources"]
    ]


def judged(rule: StackRule, stack: list[Resource]) -> dict[str, Verdict]:
    verdicts = rule.judge(stack)
    assert set(verdicts) <= {one.urn for one in stack}
    return {one.urn: verdicts[one.urn] for one in stack if one.urn in verdicts}


def worst(verdicts: Mapping[str, Verdict]) -> tuple[str, list[str]]:
    kind = next((kind for kind in WORST if any(isinstance(one, kind) for one in verdicts.values())), NotApplicable)
    return kind.__name__, [said for one in verdicts.values() if isinstance(one, kind) for said in told(one)]


@pytest.mark.parametrize("name", NAMES)
def test_the_case_is_of_a_rule(name: str) -> None:
    assert name.split(".")[0] in OF


@pytest.mark.parametrize("name", FOR_ONE)
def test_the_verdict_of_the_catalogue(name: str) -> None:
    case, rule = content(name), OF[name.split(".")[0]]
    assert isinstance(rule, Rule)
    of = subject(case)
    verdict = rule.judge(of)
    assert (type(verdict).__name__, told(verdict)) == (case["verdict"], case["said"])
    # A rule that does not apply is never asked: what it would say is lost.
    assert rule.applies(of.type) or isinstance(verdict, NotApplicable)


@pytest.mark.parametrize("name", FOR_STACKS)
def test_the_verdicts_of_a_stack(name: str) -> None:
    case, rule = content(name), OF[name.split(".")[0]]
    assert isinstance(rule, StackRule)
    stack = resources(case)
    verdicts = judged(rule, stack)
    about = {one.urn for one in stack if rule.applies(one.subject.type)}
    assert not [urn for urn, one in verdicts.items() if urn not in about and not isinstance(one, NotApplicable)]
    if "verdicts" in case:
        assert {urn: [type(one).__name__, told(one)] for urn, one in verdicts.items()} == case["verdicts"]
    else:
        assert worst(verdicts) == (case["verdict"], case["said"])


@pytest.mark.parametrize("rule", [rule.id for rule in RULES if rule not in FIRST])
def test_every_rule_of_the_catalogue_has_the_cases_of_its_contract(rule: str) -> None:
    cases = [name for name in NAMES if name.startswith(f"{rule}.")]
    assert len(cases) >= 8
    assert not [one for one in REQUIRED if f"{rule}.{one}" not in cases]
    assert any(name.rpartition(".")[2].split("-")[-1] in SPELLED for name in cases)


@pytest.mark.parametrize("name", [*FOR_ONE, *FOR_STACKS])
def test_a_secret_of_a_case_is_never_shown(name: str) -> None:
    case, rule = content(name), OF[name.split(".")[0]]
    hidden = {text for text in secrets(case) if len(text) > 5}
    verdicts = rule.judge(resources(case)).values() if isinstance(rule, StackRule) else (rule.judge(subject(case)),)
    assert not [text for verdict in verdicts for text in shown(verdict) if any(one in text for one in hidden)]


def shown(verdict: Verdict) -> list[str]:
    """What comes from the subject; the rest of what is said stands in the rule."""
    return [one.value for one in verdict.evidence] if isinstance(verdict, Failed) else told(verdict)


def secrets(given: object, secret: bool = False) -> list[str]:
    match given:
        case {"!": "secret", "value": inner}:
            return secrets(inner, secret=True)
        case dict():
            return [text for item in given.values() for text in secrets(item, secret)]
        case list():
            return [text for item in given for text in secrets(item, secret)]
        case str() if secret:
            return [given]
    return []


def torn(data: st.DataObject, given: object) -> object:
    if data.draw(st.integers(0, 6)) == 0:
        return data.draw(ANYTHING)
    if isinstance(given, dict):
        return {key: torn(data, item) for key, item in given.items()}
    return [torn(data, item) for item in given] if isinstance(given, list) else given


def torn_subject(data: st.DataObject, given: Subject) -> Subject:
    properties = torn(data, dict(given.properties))
    return Subject(given.type, properties if isinstance(properties, dict) else {}, given.before, compared=True)


@given(data=st.data())
def test_no_rule_of_the_catalogue_raises(data: st.DataObject) -> None:
    of = torn_subject(data, subject(content(data.draw(st.sampled_from(FOR_ONE)))))
    for rule in RULES:
        if isinstance(rule, Rule):
            assert isinstance(rule.judge(of), WORST)


@given(data=st.data())
def test_no_rule_about_a_stack_raises(data: st.DataObject) -> None:
    stack = resources(content(data.draw(st.sampled_from(FOR_STACKS))))
    stack = [Resource(one.urn, torn_subject(data, one.subject), one.parent, one.depends_on, one.protected) for one in stack]
    for rule in RULES:
        if isinstance(rule, StackRule):
            assert all(isinstance(one, WORST) for one in judged(rule, stack).values())
