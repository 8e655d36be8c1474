"""What is said of cost where something of it is not known."""

import msgspec
import pytest

from modelway.preview.changeset import Budget, ChangeSet
from modelway.preview.cost.costs import Costs
from modelway.preview.cost.merging import merge
from modelway.preview.cost.prices import prices
from modelway.preview.render import html, line, markdown, money, terminal
from modelway.preview.resources import Resource, Step
from scripts.recorded import cases, judged


def report(name: str) -> ChangeSet:
    (case,) = cases([name])
    return judged(case).report


@pytest.mark.parametrize("name", ["bucket-tags", "policies-hold", "renamed-without-alias"])
def test_what_stays_in_its_region_costs_what_it_did(name: str) -> None:
    found = report(name)
    assert found.stacks[0].monthly == (0, 0)
    assert money.sums(found.cost)[0] == "0 to 3.20 USD"
    assert all(one.before == one.after for one in found.cost.lines)


def test_what_is_new_cost_nothing_and_its_price_is_not_known() -> None:
    assert money.sums(report("first-update").cost) == ("not known (6 things)", "0 USD")
    assert money.sums(report("gateway-deleted").cost)[0] == "0 USD"


@pytest.mark.parametrize("name", ["program-raises", "policy-is-broken", "type-unknown-to-the-provider", "object-refused"])
def test_after_a_preview_that_failed_no_cost_is_known(name: str) -> None:
    found = report(name)
    assert found.stacks[0].monthly is None
    assert all(one.after is None and one.confidence == "unknown" for one in found.cost.lines)
    assert "no change" not in markdown.render(found)
    for page in (markdown.render(found), terminal.render(found), html.render(found)):
        assert "not known (3 things)" in page or not found.cost.lines
    assert "a month" not in line.render(found)


def test_a_budget_is_kept_as_far_as_is_known() -> None:
    cost = report("program-raises").cost
    held = merge([cost.__class__(lines=cost.lines, budgets=(Budget("recorded", 100.0, over=False),))]).budgets[0]
    assert (held.over, held.uncounted) == (False, 3)
    assert money.held(held) == "as far as is known (3 things are not) within the budget"


def bucket(name: str, region: str, **inputs: object) -> Resource:
    outputs = {"region": region} if region else {}
    raw = [msgspec.Raw(msgspec.json.encode(one)) for one in (inputs, outputs)]
    urn = f"urn:pulumi:prod::shop::aws:s3/bucket:Bucket::{name}"
    return Resource(urn, "aws:s3/bucket:Bucket", custom=True, inputs_raw=raw[0], outputs_raw=raw[1])


def test_each_stays_in_its_own_of_several_regions() -> None:
    costs = Costs("prod", prices())
    for name, region in (("here", "eu-west-1"), ("there", "us-east-1")):
        old, new = bucket(name, region, tags={"a": "b"}), bucket(name, "", tags={"a": "c"})
        costs.see(Step("update", old.urn, old=old, new=new))
    found = costs.finish(None, None)
    assert found.lines
    assert all(one.before == one.after and one.confidence != "unknown" for one in found.lines)
