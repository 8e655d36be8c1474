"""Every alert fires when it should and is silent when it should be, as Prometheus' own tool sees it; every one has a page."""

import copy
import re
from pathlib import Path
from typing import Any

import pytest

from modelway.monitoring.rules import Rule
from tests.monitoring.promtool import CASES, ENDPOINT, GROUPS, cases, checked, tried

RUNBOOKS = Path(__file__).resolve().parents[2] / "docs" / "runbooks"

ALERTS: dict[str, list[Rule]] = {}
for _group in GROUPS:
    for _rule in _group["rules"]:
        if "alert" in _rule:
            ALERTS.setdefault(_rule["alert"], []).append(_rule)


def expected(case: dict[str, Any]) -> list[dict[str, str]]:
    """Labels of the alerts that a case expects."""
    return [alert["exp_labels"] for asked in case["alert_rule_test"] for alert in asked["exp_alerts"]]


def test_promtool_has_nothing_to_say(tmp_path: Path) -> None:
    said = checked(tmp_path, GROUPS)
    assert said.returncode == 0, said.stdout + said.stderr


@pytest.mark.parametrize("alert", ALERTS)
def test_it_fires_and_stays_silent(alert: str, tmp_path: Path) -> None:
    said = tried(tmp_path, alert, cases(alert))
    assert said.returncode == 0, said.stdout + said.stderr


@pytest.mark.parametrize("alert", ALERTS)
def test_it_is_tried_both_ways(alert: str) -> None:
    tried_both_ways = {bool(expected(case)) for case in cases(alert)}
    assert tried_both_ways == {True, False}


def test_cases_are_of_alerts_that_there_are() -> None:
    assert {file.stem for file in CASES.glob("*.yaml")} == set(ALERTS)


@pytest.mark.parametrize("alert", ALERTS)
def test_every_rule_of_the_name_fires_in_some_case(alert: str) -> None:
    fired = [labels for case in cases(alert) for labels in expected(case)]
    for rule in ALERTS[alert]:
        own = rule["labels"]
        # One of the two versions, one of the two resources: what holds for one holds for the other.
        told_apart = own.keys() - {"version", "resource"}
        assert any(all(labels.get(key) == own[key] for key in told_apart) for labels in fired), own


@pytest.mark.parametrize("alert", ALERTS)
def test_what_its_words_name_is_among_its_labels(alert: str) -> None:
    (labels, *_) = (labels for case in cases(alert) for labels in expected(case))
    for rule in ALERTS[alert]:
        named = re.findall(r"\$labels\.(\w+)", " ".join(rule["annotations"].values()))
        assert set(named) <= labels.keys()


@pytest.mark.parametrize("alert", ALERTS)
def test_a_case_fails_when_the_rule_never_fires(alert: str, tmp_path: Path) -> None:
    never = changed(alert, "vector(1) < 0")
    assert tried(tmp_path, alert, cases(alert), never).returncode != 0


@pytest.mark.parametrize("alert", ALERTS)
def test_a_case_fails_when_the_rule_always_fires(alert: str, tmp_path: Path) -> None:
    always = changed(alert, "vector(1)", hold="0m")
    assert tried(tmp_path, alert, cases(alert), always).returncode != 0


def changed(alert: str, expression: str, hold: str | None = None) -> Any:
    groups = copy.deepcopy(GROUPS)
    for group in groups:
        for rule in group["rules"]:
            if rule.get("alert") == alert:
                rule["expr"] = expression
                rule["for"] = rule["for"] if hold is None else hold
    return groups


@pytest.mark.parametrize("alert", ALERTS)
def test_it_has_a_page_that_says_what_to_do(alert: str) -> None:
    for rule in ALERTS[alert]:
        assert rule["annotations"]["runbook"] == f"docs/runbooks/{alert}.md"
    page = (RUNBOOKS / f"{alert}.md").read_text("utf-8")
    assert page.startswith(f"# {alert}\n")
    for heading in ("## What it means", "## What to look at", "## What to do"):
        assert f"\n{heading}\n" in page


def test_pages_are_of_alerts_that_there_are() -> None:
    assert {file.stem for file in RUNBOOKS.glob("*.md")} - {"README"} == set(ALERTS)


@pytest.mark.parametrize("alert", ALERTS)
def test_somebody_is_told(alert: str) -> None:
    for rule in ALERTS[alert]:
        assert rule["labels"]["severity"] in (("watchdog",) if alert == "Watchdog" else ("page", "ticket"))
        if alert.startswith("Endpoint"):
            assert (rule["labels"]["team"], rule["labels"]["model"]) == (ENDPOINT.team, ENDPOINT.model)
