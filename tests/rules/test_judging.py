"""Asking rules: one that raises harms no other, and exceptions are for one rule and one thing, until their last day."""

import pkgutil
from collections.abc import Mapping, Sequence
from datetime import date
from importlib import import_module
from pathlib import Path

import pytest

from modelway import rules
from modelway.architecture import load
from modelway.rules.catalogue import ALL, DECLARED, IDS, IN_PRODUCTION, RULES, TIERS, code_of, level, named
from modelway.rules.configured import ConfigurationRule
from modelway.rules.exceptions import Grant
from modelway.rules.judging import Broken, Finding, all_asked, asked, configured, excepted, judged
from modelway.rules.pack import RULES as FIRST
from modelway.rules.stack import Resource, StackRule
from modelway.rules.subjects import Rule, Subject
from modelway.rules.verdicts import Evidence, Failed, NotApplicable, Passed, Undecided, Unreadable, Verdict

URN = "urn:pulumi:dev::modelway::aws:kms/key:Key::key"
KEY = Resource(URN, Subject("aws:kms/key:Key", {"password": "hunter2"}))
BAD = Failed((Evidence("description", "none", "a key is described", "Describe it."),))
LAST = date(2027, 1, 31)


def rule(name: str, says: Verdict | Exception) -> Rule:
    def judge(_: Subject) -> Verdict:
        if isinstance(says, Exception):
            raise says
        return says

    return Rule(name, "a key is described", "…", "high", (), lambda type_: type_.startswith("aws:kms"), judge)


def stack_rule(name: str, says: Mapping[str, Verdict] | Exception) -> StackRule:
    def judge(_: Sequence[Resource]) -> Mapping[str, Verdict]:
        if isinstance(says, Exception):
            raise says
        return says

    return StackRule(name, "keys are described", "…", "high", (), lambda _: True, judge)


def test_a_rule_that_raises_harms_no_other() -> None:
    asked_of = (
        rule("first", Passed()),
        rule("careless", KeyError("hunter2")),
        stack_rule("careless-stack", ZeroDivisionError("hunter2")),
        stack_rule("last", {URN: BAD}),
        rule("odd", "no verdict"),  # type: ignore[arg-type]
    )
    found = list(judged(asked_of, [KEY]))
    assert [(one.rule.id, one.where, type(one.outcome)) for one in found] == [
        ("first", URN, Passed),
        ("careless", URN, Broken),
        ("odd", URN, Broken),
        ("careless-stack", "", Broken),
        ("last", URN, Failed),
    ]
    # What it raised may hold a value that is secret.
    assert "hunter2" not in str([one.outcome for one in found])
    assert [one.blocks for one in found] == [False, True, True, True, True]


def test_a_rule_that_cannot_say_what_it_applies_to_is_asked() -> None:
    def applies(_: str) -> bool:
        raise TypeError

    broken = Rule("careless", "", "", "low", (), applies, lambda _: 1 / 0)  # type: ignore[arg-type, return-value]
    assert [type(one.outcome) for one in judged((broken,), [KEY])] == [Broken]


def test_what_a_rule_is_not_about_is_left_out() -> None:
    other = Resource("urn:other", Subject("aws:s3/bucket:Bucket", {}))
    assert not list(judged((rule("of-keys", BAD),), [other]))
    assert not list(judged((rule("of-keys", NotApplicable()),), [KEY]))


def test_rules_about_descriptions_are_asked_about_them_alone() -> None:
    def careless(_environment: object, _today: date) -> Mapping[str, Verdict]:
        raise KeyError("hunter2")

    about = ConfigurationRule("about", "", "", "high", (), lambda _environment, _today: {"clusters.main": BAD, "other": NotApplicable()})
    asked_of = (rule("of-keys", BAD), about, ConfigurationRule("careless", "", "", "low", (), careless))
    described = load(Path(__file__).resolve().parents[2] / "stacks" / "environments", "local")
    found = list(configured(asked_of, described, LAST))
    assert [(one.rule.id, one.where, type(one.outcome)) for one in found] == [("about", "clusters.main", Failed), ("careless", "", Broken)]


def test_whatever_is_asked_answers_or_is_broken() -> None:
    assert asked(lambda: Passed()) == Passed()
    assert asked(lambda: None) == Broken("it answered with NoneType, which is no verdict")  # type: ignore[arg-type, return-value]
    assert all_asked(lambda: 3) == {"": Broken("TypeError")}  # type: ignore[arg-type, return-value]


@pytest.mark.parametrize("outcome", [BAD, Undecided(("x",)), Unreadable(("odd",))])
def test_an_exception_holds_until_its_last_day(outcome: Verdict) -> None:
    finding = Finding(rule("a-rule", outcome), URN, outcome)
    grant = Grant("a-rule", URN, "Moves in January.", "security@example.com", LAST)
    (last_day,) = excepted([finding], [grant], LAST)
    assert (last_day.granted, last_day.in_force, last_day.blocks, last_day.undecided) == (grant, True, False, False)
    (day_after,) = excepted([finding], [grant], date(2027, 2, 1))
    assert (day_after.granted, day_after.in_force) == (grant, False)
    assert day_after.blocks or day_after.undecided


@pytest.mark.parametrize(("of", "resource"), [("other-rule", URN), ("a-rule", f"{URN}2"), ("a-rule", "*"), ("*", URN), ("a-rule", "")])
def test_an_exception_is_for_one_rule_and_one_thing(of: str, resource: str) -> None:
    grant = Grant(of, resource, "All of it.", "security@example.com", LAST)
    (found,) = excepted([Finding(rule("a-rule", BAD), URN, BAD)], [grant], LAST)
    assert found.granted is None
    assert found.blocks


def test_what_broke_or_is_about_exceptions_is_never_excepted() -> None:
    about = IDS["declared-exceptions"]
    assert isinstance(about, ConfigurationRule)
    findings = [Finding(rule("a-rule", BAD), URN, Broken("KeyError")), Finding(about, "governance.exceptions[0]", BAD)]
    grants = [Grant(one.rule.id, one.where, "…", "security@example.com", LAST) for one in findings]
    assert [one.blocks for one in excepted(findings, grants, LAST)] == [True, True]


def test_levels_by_severity_and_tier() -> None:
    levels = {
        severity: [level(Rule("a", "", "", severity, (), lambda _: True, lambda _: Passed()), tier)[:3] for tier in (*TIERS, None)]
        for severity in ("critical", "high", "medium", "low")
    }
    assert levels == {
        "critical": ["man", "man", "man", "man"],
        "high": ["man", "man", "man", "man"],
        "medium": ["adv", "man", "man", "adv"],
        "low": ["adv", "adv", "man", "adv"],
    }


@pytest.mark.parametrize("name", sorted(IN_PRODUCTION))
def test_some_bind_in_production_alone(name: str) -> None:
    assert [level(IDS[name], tier) for tier in (*TIERS, None)] == ["advisory", "advisory", "mandatory", "advisory"]


def test_rules_are_found_by_id_and_code() -> None:
    assert [one.id for one in named("Pinned-Digest")] == ["pinned-digest"]
    assert {code_of(one) for one in named("gov-04")} == {"GOV-04"}
    assert not named("no-such-rule")
    assert not named("")


def test_no_group_of_rules_is_left_out() -> None:
    there = {
        rule
        for module in pkgutil.walk_packages(rules.__path__, "modelway.rules.")
        for rule in getattr(import_module(module.name), "RULES", ())
    }
    assert there == {*RULES, *DECLARED}


def test_every_code_of_the_table_has_a_rule() -> None:
    numbers = {"EKS": 12, "ECR": 6, "IMG": 2, "S3": 9, "KMS": 2, "SEC": 3, "IAM": 6, "NET": 3, "LB": 1, "SM": 8, "KS": 1, "K8S": 7}
    # Of GOV the last asks for a ledger, which the table did not have yet.
    numbers |= {"LOG": 2, "MON": 2, "GOV": 7}
    assert {code_of(one) for one in ALL} - {""} == {
        f"{group}-{number:02}" for group, last in numbers.items() for number in range(1, last + 1)
    }


def test_every_id_is_of_one_rule() -> None:
    assert len({one.id for one in ALL}) == len(ALL) == len(RULES) + len(DECLARED)
    assert set(FIRST) <= set(RULES)


@pytest.mark.parametrize("one", [one for one in ALL if one not in FIRST], ids=lambda one: one.id)
def test_every_rule_names_its_code_and_says_why(one: Rule | StackRule | ConfigurationRule) -> None:
    assert code_of(one)
    assert not one.says.endswith(".")
    assert one.why.endswith(".")
    assert "compliant" not in f"{one.says} {one.why}".lower()
