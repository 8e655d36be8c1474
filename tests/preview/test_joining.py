"""Several reports as one."""

import json
from pathlib import Path

import msgspec
import pytest

from modelway.errors import ModelwayError
from modelway.preview.changeset import (
    BlastRadius,
    Budget,
    Change,
    ChangeSet,
    Cost,
    CostLine,
    Decision,
    Finding,
    Made,
    Node,
    StackChanges,
    Verdict,
)
from modelway.preview.cost import merge
from modelway.preview.joining import Affected, expected, found, join, load


def report(
    stack: str, decision: Decision = "ok", *, at: str = "2026-11-20T10:00:00Z", commit: str = "c1", priced: str = "2026-11-20"
) -> ChangeSet:
    return ChangeSet(
        Verdict(decision, (f"Look at {stack}.",) if decision != "ok" else (), (("review", 1), ("safe", 2))),
        (StackChanges(stack),),
        findings=(Finding("review", "r", stack, stack, "Something."), Finding("irreversible", "r", stack, stack, "More.")),
        cost=Cost((CostLine(stack, "a node", "known"),), priced=priced),
        blast_radius=BlastRadius((Node("shared", "shared", "safe", False), Node(stack, stack, "review", True)), (("shared", stack),)),
        changes=(Change(stack, f"urn:{stack}", "t", "n", "update", "review"),),
        made=Made(at, commit, (("modelway", "1.0"),), ((stack, "state", "ab"),)),
    )


def test_everything_of_each_is_in_it() -> None:
    both = join([report("dev", at="2026-11-20T10:05:00Z", priced="2026-11-21"), report("prod", "needs approval")])
    assert [row.stack for row in both.stacks] == ["dev", "prod"]
    assert both.verdict == Verdict("needs approval", ("Look at prod.",), (("review", 2), ("safe", 4)))
    assert [one.risk for one in both.findings] == ["irreversible", "irreversible", "review", "review"]
    assert [line.stack for line in both.cost.lines] == ["dev", "prod"]
    assert both.cost.priced == "2026-11-20", "the oldest"
    assert [node.id for node in both.blast_radius.nodes] == ["shared", "dev", "prod"]
    assert both.made == Made("2026-11-20T10:05:00Z", "c1", (("modelway", "1.0"),), (("dev", "state", "ab"), ("prod", "state", "ab")))


@pytest.mark.parametrize(
    ("one", "other", "whole"),
    [
        ("ok", "ok", "ok"),
        ("ok", "needs approval", "needs approval"),
        ("needs approval", "unknown", "unknown"),
        ("unknown", "blocked", "blocked"),
    ],
)
def test_the_worst_verdict_counts(one: Decision, other: Decision, whole: Decision) -> None:
    for pair in ((one, other), (other, one)):
        joined = join([report(f"s{number}", decision) for number, decision in enumerate(pair)])
        assert joined.verdict.decision == whole


def test_a_stack_without_a_report_is_not_known() -> None:
    joined = join([report("dev")], [Affected("dev"), Affected("prod"), Affected("old", "deleted")])
    assert [(row.stack, row.result) for row in joined.stacks] == [("dev", "succeeded"), ("prod", "unknown")]
    assert joined.verdict.decision == "unknown"
    assert joined.verdict.needed == ("A report of stack prod.",)
    assert [(gap.stack, gap.what.split(" ")[0]) for gap in joined.gaps] == [("prod", "No"), ("old", "Nothing")]


def test_that_no_report_is_needed_has_to_be_said() -> None:
    with pytest.raises(ModelwayError, match="There is no report, and nobody says that none is needed"):
        join([])
    assert join([], []).verdict.decision == "ok"


def test_one_alone_is_as_it_was() -> None:
    one = report("dev")
    assert join([one], [Affected("dev")]) == one


def test_two_of_one_stack_are_refused() -> None:
    with pytest.raises(ModelwayError, match="Two reports are of stack dev"):
        join([report("dev"), report("dev")])


def test_two_of_different_commits_are_refused() -> None:
    with pytest.raises(ModelwayError, match=r"different commits \(c1, c2\)"):
        join([report("dev"), report("prod", commit="c2")])
    assert join([report("dev"), report("prod", commit="")]).made.commit == "c1"


def test_files_and_folders_are_found(tmp_path: Path) -> None:
    (tmp_path / "b" / "c").mkdir(parents=True)
    for name in ("b/c/dev.json", "b/prod.json", "b/notes.txt"):
        (tmp_path / name).write_bytes(msgspec.json.encode(report("dev")))
    assert [file.name for file in found([tmp_path])] == ["dev.json", "prod.json"]
    assert load(tmp_path / "b" / "prod.json") == report("dev")
    with pytest.raises(ModelwayError, match=r"^--report: there is no file .*none\.json\.$"):
        found([tmp_path / "none.json"])


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "it is not one whole JSON object"),
        ("Loading policy packs…", "it is not one whole JSON object"),
        ('{"version": 1, "verdict": {"decision": "ok"', "it is not one whole JSON object"),
        ("[]", "it is not one whole JSON object"),
        ('{"version": 2, "verdict": {}}', "is a report of version 2; this modelway reads 1"),
        ('{"version": 1}', "is not a report: object missing required field `verdict`"),
        ('{"verdict": {"decision": "fine"}, "stacks": []}', "is not a report: invalid enum value"),
        ('{"steps": [], "config": {}}', "is not a report: object contains unknown field|is not a report: object missing required field"),
    ],
)
def test_what_is_no_report_is_told_in_one_sentence(tmp_path: Path, text: str, said: str) -> None:
    (tmp_path / "report.json").write_text(text, "utf-8")
    with pytest.raises(ModelwayError, match=said) as fault:
        load(tmp_path / "report.json")
    assert "\n" not in str(fault.value)
    assert "report.json" in str(fault.value)


def test_what_affected_wrote_is_read(tmp_path: Path) -> None:
    stacks = [{"stack": "dev", "environment": "dev", "state": "new", "why": ["x"]}]
    (tmp_path / "affected.json").write_text(json.dumps({"base": "abc", "stacks": stacks}), "utf-8")
    assert expected(tmp_path / "affected.json") == (Affected("dev", "new", "dev", ("x",)),)
    (tmp_path / "affected.json").write_text("no stack is touched", "utf-8")
    with pytest.raises(ModelwayError, match="is not what `modelway affected --json` writes"):
        expected(tmp_path / "affected.json")


def test_a_budget_is_held_over_all_stacks_of_an_environment() -> None:
    def part(stack: str, usd: float) -> ChangeSet:
        line = CostLine(stack, "nodes", "known", after=(usd, usd))
        return ChangeSet(Verdict("ok"), (StackChanges(stack),), cost=merge([Cost((line,), budgets=(Budget("prod", 100, over=False),))]))

    under = join([part("prod", 40), part("prod-models", 50)])
    assert (under.verdict.decision, under.findings) == ("ok", ())
    over = join([part("prod", 60), part("prod-models", 50)])
    assert over.verdict.decision == "blocked"
    assert over.verdict.needed == (
        "Change what blocks merging, budget of prod: It costs at least 110.00 USD a month; the budget is 100.00 USD.",
    )
    assert [finding.rule for finding in over.findings] == ["cost-over-budget"]
