"""What a report calls out of a change of risk tiers, of what is asked of models, of exceptions, and of what proves something of them."""

from datetime import date
from typing import Any

import pytest

from modelway.architecture import Environment
from modelway.preview.assembling import assemble
from modelway.preview.changeset import Finding, Made
from modelway.preview.oversight import findings
from modelway.preview.render import html, markdown
from modelway.preview.sources import Sources
from tests.support.gated import HEAD, LEDGER, MODEL, OFFICE, production

APPROVERS = [OFFICE, HEAD]
FREEZE = {"from": "2026-12-20", "until": "2027-01-03", "reason": "Holidays."}
GRANT = {"rule": "declared-drift", "resource": f"models.{MODEL}", "reason": "No image yet.", "approved_by": HEAD, "expires": "2026-12-31"}
WAIVER = {"rule": "model_card", "reason": "It is written.", "owner": OFFICE, "expires": "2026-08-10"}


def tiers(**asked: Any) -> dict[str, Any]:
    return {"governance__tiers": {"high": asked}}


def said(**governance: Any) -> dict[str, Any]:
    return {f"models__{MODEL}__governance": {"approvers": APPROVERS, "reviewed": "2026-06-01", "review_by": "2026-08-20", **governance}}


def evaluated(**evaluation: Any) -> dict[str, Any]:
    return {f"models__{MODEL}__versions__2026.11.1__evaluation": evaluation}


CASES: dict[str, tuple[dict[str, Any], dict[str, Any], str, str]] = {
    "risk-tier": (
        {f"models__{MODEL}__risk_tier": "high"},
        {f"models__{MODEL}__risk_tier": "low"},
        "governance-risk-tier",
        "risk_tier: high → low",
    ),
    "environment-tier": ({}, {"tier": "staging"}, "governance-environment-tier", "tier: production → staging"),
    "approvers": (tiers(approvers=2), tiers(approvers=1), "governance-demands", "approvers: 2 → 1"),
    "requires": (
        tiers(requires=["intended_use"]) | said(intended_use="x"),
        tiers() | said(intended_use="x"),
        "governance-demands",
        "requires: no intended_use",
    ),
    "review-days": (tiers(review_days=90) | said(), tiers(review_days=200) | said(), "governance-demands", "review_days: 90 → 200"),
    "no-review": (tiers(review_days=90) | said(), tiers() | said(), "governance-demands", "review_days: 90 → none"),
    "tier-gone": (tiers(approvers=1), {"governance__tiers": {}}, "governance-demands", "approvers: 1 → 0"),
    "ledger": ({"governance__ledger": LEDGER["governance/ledger"]}, {}, "governance-ledger", "→ none"),
    "freeze": ({"governance__freezes": [FREEZE]}, {}, "governance-freeze", "2026-12-20 to 2027-01-03: Holidays."),
    "exception": ({}, {"governance__exceptions": [GRANT]}, "governance-exception", f"No image yet. ({HEAD})"),
    "longer": (
        {"governance__exceptions": [GRANT]},
        {"governance__exceptions": [{**GRANT, "expires": "2027-03-31"}]},
        "governance-exception",
        "expires: 2026-12-31 → 2027-03-31",
    ),
    "waiver": (tiers() | said(), tiers() | said(exceptions=[WAIVER]), "governance-exception", f"It is written. ({OFFICE})"),
    "said": (tiers() | said(limits=["x"]), tiers() | said(), "governance-evidence", "governance.limits"),
    "approver": (tiers() | said(), tiers() | said(approvers=[OFFICE]), "governance-evidence", "governance.approvers"),
    "evaluation": (evaluated(metrics={"auc": 0.9}), {}, "governance-evidence", "versions.2026.11.1.evaluation"),
}
"""Before, after, the rule and what it says. What goes this way needs approval; the other way round it is told."""


def told(before: Environment, after: Environment, day: date | None = None) -> list[Finding]:
    return list(findings("dev", before, after, day))


def one(before: dict[str, Any], after: dict[str, Any]) -> tuple[Environment, Environment]:
    base = {**tiers(), "governance__tiers": {}}
    return production(**{**base, **before}), production(**{**base, **after})


@pytest.mark.parametrize("case", sorted(CASES))
def test_what_asks_for_less_needs_approval(case: str) -> None:
    before, after, rule, why = CASES[case]
    found = told(*one(before, after))
    assert [(one.rule, one.approval) for one in found] == [(rule, True)]
    assert why in found[0].why
    assert found[0].avoid


@pytest.mark.parametrize("case", sorted(CASES))
def test_the_other_way_it_is_told(case: str) -> None:
    before, after, rule, _ = CASES[case]
    found = told(*one(after, before))
    # An end that comes earlier is nothing to read: less is let through.
    assert [(one.rule, one.approval) for one in found] == ([] if case == "longer" else [(rule, False)])


@pytest.mark.parametrize("case", sorted(CASES))
def test_nothing_is_told_of_what_stays(case: str) -> None:
    _, after = one(*CASES[case][:2])
    assert told(after, after) == []
    assert list(findings("dev", None, after)) == list(findings("dev", after, None)) == []


def test_another_evaluation_is_told() -> None:
    before, after = one(evaluated(metrics={"auc": 0.9}), evaluated(metrics={"auc": 0.8}))
    (found,) = told(before, after)
    assert (found.rule, found.approval, found.why) == ("governance-evidence", False, "versions.2026.11.1.evaluation")


def test_an_exception_that_is_over_is_told() -> None:
    _, after = one({}, {"governance__exceptions": [GRANT]})
    assert told(after, after, date(2026, 12, 31)) == []
    (found,) = told(after, after, date(2027, 1, 1))
    assert (found.rule, found.approval) == ("governance-exception-over", False)


def test_no_credential_is_shown() -> None:
    planted = "ghp_" + "a1B2" * 9
    _, after = one({}, {"governance__exceptions": [{**GRANT, "reason": f"with {planted}"}]})
    before, _ = one({}, {})
    assert planted not in str(told(before, after))


def test_the_report_asks_for_approval_in_every_form() -> None:
    before, after = one({f"models__{MODEL}__risk_tier": "high"}, {f"models__{MODEL}__risk_tier": "low"})
    stacks = [
        Sources(stack="dev", before=before, after=after, environment="dev", ended="succeeded"),
        Sources(stack="dev-models", before=before, after=after, environment="dev", ended="succeeded", described=False),
    ]
    changeset = assemble(stacks, made=Made(at="2026-11-28T09:00:00Z"))
    found = [finding for finding in changeset.findings if finding.rule == "governance-risk-tier"]
    # Once for the environment, however many stacks it has.
    assert len(found) == 1
    assert any("Approve" in needed and f"model {MODEL}" in needed for needed in changeset.verdict.needed)
    for render in (html.render, markdown.render):
        assert "risk_tier: high" in render(changeset).replace("`", "").replace("</code>", "").replace('<code class="short">', "")
