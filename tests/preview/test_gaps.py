"""What could not be analysed and what the verdict says of it agree."""

from dataclasses import replace
from typing import Any

import pytest
from pydantic import TypeAdapter

from modelway.architecture import Environment, load
from modelway.architecture.quantities import Money
from modelway.preview.assembling import assemble
from modelway.preview.changeset import ChangeSet
from modelway.preview.render import line, markdown, words
from scripts.recorded import ROOT, cases

ALL = cases()[::3]
NOTHING = "known to hold something dangerous"
SOMETHING = "may hold something dangerous"


def made(name: str, **without: Any) -> ChangeSet:
    (case,) = cases([name])
    return assemble([replace(case.sources(), **without)])


@pytest.mark.parametrize(("without", "looks"), [({}, False), ({"events": None}, False), ({"state": None}, True), ({"plan": None}, False)])
def test_of_a_move_without_a_state_somebody_has_to_look(without: dict[str, Any], looks: bool) -> None:
    """Who answers is in the state as well; policies that forbid make a preview fail, log or not."""
    report = made("model-canary", **without)
    assert (report.verdict.decision, SOMETHING in words.unanalysed(report)) == (("needs approval", True) if looks else ("ok", False))


@pytest.mark.parametrize(
    "without", [{}, {"events": None}, {"state": None}, {"events": None, "state": None, "plan": None}, {"digest": None}]
)
def test_a_verdict_and_what_is_said_beside_it_agree(without: dict[str, Any]) -> None:
    for case in ALL:
        report = assemble([replace(case.sources(), **without)])
        said, page = words.unanalysed(report), markdown.render(report)
        looks = [gap for gap in report.gaps if gap.look]
        assert said in page
        assert (SOMETHING in said) == bool(looks), case.name
        assert any("Look at what could not be analysed" in one for one in report.verdict.needed) == bool(looks), case.name
        if report.verdict.decision == "ok":
            assert not looks
            assert (NOTHING in said) == bool(report.gaps), case.name
            assert "not analysed" not in line.render(report)


@pytest.mark.parametrize(
    ("name", "decision"),
    [
        # Requests go to what is in no file.
        ("canary-begun", "needs approval"),
        ("shadow-begun", "needs approval"),
        # The same, and nothing moves.
        ("weights-alike", "ok"),
        ("labels-added", "ok"),
    ],
)
def test_what_nobody_looked_at_asks_for_a_look_where_requests_go_there(name: str, decision: str) -> None:
    assert made(name).verdict.decision == decision


@pytest.mark.parametrize(
    ("name", "decision"), [("bucket-tags", "ok"), ("replicas-raised", "needs approval"), ("retained-and-deleted", "ok")]
)
def test_a_state_is_missed_where_it_would_say_who_answers(name: str, decision: str) -> None:
    assert made(name, state=None).verdict.decision == decision


def test_without_an_event_log_what_packs_forbid_is_no_secret() -> None:
    assert made("policy-warns", events=None).verdict.decision == "ok"
    assert made("policy-forbids", events=None).verdict.decision != "ok"
    assert "What they forbid makes a preview fail" in "".join(gap.what for gap in made("policy-warns", events=None).gaps)


def test_a_first_update_and_its_plan_agree() -> None:
    assert not made("first-update").gaps
    assert not made("imported").gaps


def with_budget_of(amount: str, environment: Environment | None) -> Environment:
    assert environment is not None
    return environment.model_copy(update={"budget": TypeAdapter(Money).validate_python(amount)})


def test_what_asks_with_a_base_asks_without_one_too() -> None:
    """A budget below what the environment costs anyway: whether it was lowered is in the base alone."""
    dev = load(ROOT / "stacks" / "environments", "dev", ROOT)
    before, after = (with_budget_of(amount, dev) for amount in ("10000 USD", "1 USD"))
    lowered = made("model-objective", before=before, after=after)
    assert "budget-under-floor" in {one.rule for one in lowered.findings if one.approval}
    assert lowered.verdict.decision != "ok"
    unsaid = made("model-objective", before=after, after=after, described_by="now")
    assert unsaid.verdict.decision != "ok"
    assert [gap.what for gap in unsaid.gaps if gap.look] == [
        "What the description was before was not said: it counts as unchanged, and none of its differences is told."
    ]
    (case,) = cases(["model-objective"])
    assert made("model-objective", before=case.sources().after, described_by="now").verdict.decision == "ok"


def test_a_state_is_missed_where_a_budget_is_to_be_kept() -> None:
    (case,) = cases(["model-objective"])
    with_budget = with_budget_of("10000 USD", case.sources().after)
    assert made("model-objective", state=None).verdict.decision == "ok"
    report = made("model-objective", state=None, after=with_budget)
    assert report.verdict.decision == "needs approval"
    assert "the budget cannot be held against what all of it costs" in report.verdict.needed[-1]
    assert made("model-objective", after=with_budget).verdict.decision == "ok"
