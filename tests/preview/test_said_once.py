"""What one change means is said in one finding, with what is in it."""

import pytest

from modelway.preview.changeset import Finding
from scripts.recorded import cases, judged


def findings(name: str) -> dict[str, Finding]:
    (case,) = cases([name])
    found = judged(case).report.findings
    assert len({one.rule for one in found}) == len(found)
    return {one.rule: one for one in found}


@pytest.mark.parametrize(
    ("name", "why"),
    [
        ("canary-begun", "risk-1 100% → 90%; risk-2 0% → 10%"),
        ("model-canary", "2026.10.0 100% → 90%; 2026.11.0 0% → 10%"),
        ("shadow-begun", "risk-2 copies 0% → 50%"),
        ("hosted-canary", "first 100% → 90%; second 0% → 10%"),
    ],
)
def test_a_move_is_told_once_with_its_shares(name: str, why: str) -> None:
    moves = [one for one in findings(name).values() if one.risk == "traffic"]
    assert [(one.rule, one.why, one.approval) for one in moves] == [("traffic-moved", why, False)]


@pytest.mark.parametrize(("name", "rule"), [("canary-jump", "traffic-live-at-once"), ("promoted", "traffic-jump")])
def test_a_move_that_is_too_large_is_told_as_that_alone(name: str, rule: str) -> None:
    assert [one.rule for one in findings(name).values() if one.risk == "traffic"] == [rule]


@pytest.mark.parametrize(
    ("name", "rule", "why"),
    [
        ("host-changed", "route-hostnames-changed", "spec.hostnames: models.example.com → ml.example.com"),
        ("log-deleted", "logs-deleted", ""),
        ("route-deleted", "traffic-endpoint-gone", "risk-1 100% → nobody"),
    ],
)
def test_what_comes_instead_is_told_and_nothing_twice(name: str, rule: str, why: str) -> None:
    assert [(one.rule, one.why) for one in findings(name).values()] == [(rule, why)]
