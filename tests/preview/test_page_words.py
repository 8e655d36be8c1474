"""The words that every page takes: what moves, what it costs, what policies say."""

import re

from modelway.preview.changeset import (
    Change,
    ChangeSet,
    Cost,
    CostLine,
    Endpoint,
    Finding,
    PolicyResult,
    PropertyChange,
    Route,
    Shown,
    StackChanges,
    Verdict,
)
from modelway.preview.render import html, line, markdown, money, outcomes, shares, terminal, words


def endpoint(before: tuple[Route, ...], after: tuple[Route, ...], name: str = "churn") -> Endpoint:
    return Endpoint("prod", name, "gateway", before, after)


def told(*endpoints: Endpoint) -> list[str]:
    moves = shares.moves(ChangeSet(Verdict("ok"), (StackChanges("prod"),), endpoints=endpoints))
    return [f"{one.name}: {one.told()}" for one in moves]


OLD, NEW = Route("1", percent=100, image="sha256:a"), Route("2", percent=10, image="sha256:b")


def test_the_head_says_where_requests_go() -> None:
    left = Route("1", percent=90, image="sha256:a")
    assert told(endpoint((OLD,), (left, NEW))) == ["churn: 1 100% → 90%, 2 0% → 10%"]
    assert told(endpoint((), (OLD,))) == ["churn: new: 1 100%"]
    assert told(endpoint((OLD,), ())) == ["churn: goes away: 1 100% → 0%"]
    assert told(endpoint((OLD,), (OLD, Route("2", percent=0, mirror=50)))) == ["churn: 2 copies none → 50%"]
    assert told(endpoint((OLD,), (Route("1", percent=None, image="sha256:a"),))) == ["churn: 1 100% → not known"]
    assert told(endpoint((OLD,), (OLD, Route("2", percent=100, matches="header x: y")))) == ["churn: 2 where header x: y 0% → 100%"]


def test_the_head_says_what_answers_where_no_request_moves() -> None:
    assert told(endpoint((OLD,), (Route("1", percent=100, image="sha256:c"),))) == ["churn: 1 other image"]
    small, large = (Route("1", percent=100, least=2, most=most) for most in (4, 8))
    assert told(endpoint((small,), (large,))) == ["churn: 1 replicas 2 to 4 → 2 to 8"]
    assert told(endpoint((OLD,), (OLD,))) == []


def test_models_whose_requests_move_come_first_and_many_versions_are_counted() -> None:
    other = Route("1", percent=100, image="sha256:c")
    many = tuple(Route(str(number), percent=10) for number in range(2, 11))
    names = told(endpoint((OLD,), (other,), "first"), endpoint((OLD,), (Route("1", percent=10), *many), "second"))
    assert [name.partition(":")[0] for name in names] == ["second", "first"]
    assert names[0].endswith(", 6 more")


def test_of_a_version_that_goes_only_its_requests_have_an_arrow() -> None:
    rows = shares.rows(endpoint((Route("1", percent=100, least=2, most=2),), (Route("2", percent=100, least=3, most=3),)))
    columns = {column.name: column.sides for column in shares.columns(rows)}
    assert [row.state for row in rows] == ["left out", "new"]
    assert columns["Requests"] == (("100%", "0%"), ("0%", "100%"))
    assert columns["Replicas"] == (("2", "2"), ("3", "3"))


def lines(*changed: bool) -> tuple[CostLine, ...]:
    return tuple(CostLine("prod", f"bucket {number}", "assumed", (1, 2), (1, 2 + one), changed=one) for number, one in enumerate(changed))


def test_a_sum_says_what_it_leaves_out() -> None:
    open_ = CostLine("prod", "nodes", "unknown")
    assert money.sums(Cost(lines(False, False))) == ("2.00 to 4.00 USD", "")
    assert money.sums(Cost(lines(True))) == ("1.00 to 3.00 USD", "1.00 to 2.00 USD")
    assert money.sums(Cost((*lines(False), open_))) == ("1.00 to 2.00 USD and 1 thing not known", "1.00 to 2.00 USD and 1 thing not known")
    assert money.sums(Cost((open_, open_)))[0] == "not known (2 things)"


def test_what_costs_the_same_is_one_line() -> None:
    report = ChangeSet(Verdict("needs approval"), (StackChanges("prod", counts=(("create", 1),)),), cost=Cost(lines(True, False, False)))
    for page in (terminal.render(report), html.render(report)):
        assert "2 lines as before: 2.00 to 4.00 USD" in page
    assert "What was counted (3, of which 1 changed)" in markdown.render(report)
    assert "bucket 1" not in terminal.render(report)


def test_approximate_prices_are_one_sentence_for_each_reason() -> None:
    cost = Cost(
        approximate=(
            "kms key in eu-west-1: not compared with a price list",
            "s3 storage in eu-west-1: not compared with a price list",
            "sagemaker ml.m5.large in eu-west-1: derived from EC2: 1.2 times",
        )
    )
    assert money.approximations(cost) == (
        "KMS key, S3 storage in eu-west-1: not compared with a price list",
        "SageMaker ml.m5.large in eu-west-1: derived from EC2: 1.2 times",
    )


def test_the_day_of_the_prices_that_were_used_is_told_where_it_is_another() -> None:
    used = CostLine("prod", "nodes", "known", basis="730 h × 0.1 USD (us-east-1, 2026-01-19)")
    assert money.priced(Cost((used,), priced="2026-11-27")) == "Table of prices of 2026-11-27; those used are of 2026-01-19."
    assert money.priced(Cost(priced="2026-11-27")) == "Table of prices of 2026-11-27."
    assert money.priced(Cost()) == ""


def result(outcome: str, enforcement: str = "advisory", urn: str = "", stack: str = "prod") -> PolicyResult:
    return PolicyResult(stack, "ours", "owner", outcome, enforcement, urn=urn, message="" if outcome == "passed" else "Name it.")  # type: ignore[arg-type]


def test_failed_is_what_forbids_and_warned_what_does_not() -> None:
    results = (result("failed", "mandatory"), result("failed"), result("failed"), result("undecided"), result("passed"))
    assert outcomes.outcomes(results) == "1 failed, 1 undecided, 2 warned, 1 passed"
    report = ChangeSet(Verdict("blocked"), (StackChanges("prod"), StackChanges("dev")), policies=(*results, result("passed", stack="dev")))
    assert [outcomes.of_stack(report, stack) for stack in report.stacks] == ["1 failed, 1 undecided, 2 warned", "1 passed"]
    assert outcomes.of_stack(report, StackChanges("other")) == "–"


def test_what_a_rule_says_of_several_resources_is_told_once() -> None:
    urns = [f"urn:pulumi:prod::p::aws:s3/bucket:Bucket::{name}" for name in ("a", "b")]
    (one,) = outcomes.to_read([result("failed", urn=urn) for urn in urns])
    assert (one.word, one.resources, one.number) == ("warned", ("Bucket a", "Bucket b"), 2)


def test_a_finding_that_names_what_it_is_about_is_one_line() -> None:
    def told(subject: str, what: str) -> tuple[str, str]:
        return words.headline(Finding("review", "row", "prod", subject, what))

    assert told("bucket a", "bucket a is deleted.") == ("bucket a is deleted.", "")
    assert told("bucket a", "Tags of bucket a change.") == ("Tags of bucket a change.", "")
    assert told("bucket a", "bucket a-2 is deleted.") == ("bucket a", "bucket a-2 is deleted.")
    assert told("model churn", "Its endpoint goes away.") == ("model churn", "Its endpoint goes away.")


def test_nothing_is_told_of_the_cost_of_what_does_not_change() -> None:
    report = ChangeSet(Verdict("ok"), (StackChanges("prod"),), cost=Cost(lines(False)))
    for page in (terminal.render(report), markdown.render(report), html.render(report).partition('<script type="application/json"')[0]):
        assert "No changes" in page
        assert "USD" not in page
        assert "as it is." in page
    assert line.render(report) == "No changes · stack prod"


def test_every_page_says_which_property_of_a_safe_change_differs() -> None:
    def shown(secret: bool, text: str | None) -> Shown:
        return Shown(text, secret=secret)

    differs = (
        PropertyChange("password", "update", shown(True, None), shown(True, None)),
        PropertyChange("spec.replicas", "update", shown(False, "2"), shown(False, "3")),
        PropertyChange("ingress[0].cidrBlocks", "delete", shown(False, None)),
    )
    urn = "urn:pulumi:prod::p::aws:rds/instance:Instance::database"
    change = Change("prod", urn, "aws:rds/instance:Instance", "database", "update", "safe", properties=differs)
    report = ChangeSet(Verdict("ok"), (StackChanges("prod", counts=(("update", 1),)),), changes=(change,))
    pages = terminal.render(report, width=200), markdown.render(report), html.render(report).partition('<script type="application/json"')[0]
    for page in (re.sub("<[^>]*>|`", " ", page) for page in pages):
        text = " ".join(page.split())
        for told in ("password", "[secret]", "spec.replicas", "2 → 3", "ingress[0].cidrBlocks", "removed"):
            assert told in text, told
