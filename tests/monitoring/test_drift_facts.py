"""What is watched of a model comes to rules and dashboards as its file and its environment say it."""

import json
from dataclasses import replace

import pytest
from ruamel.yaml import YAML

from modelway.monitoring.facts import all_dashboards, drift_facts, endpoint_facts
from modelway.monitoring.rules import drift_rules, endpoint_rules
from tests.support.environments import composed, environment


def alerts(name: str, model: str) -> dict[str, dict[str, str]]:
    rules = [rule for group in endpoint_rules(endpoint_facts(environment(name), model)) for rule in group["rules"]]
    return {rule["alert"]: rule["labels"] for rule in rules if rule.get("alert", "").startswith("Drift")}


def test_a_model_whose_drift_is_looked_at_has_its_rules() -> None:
    found = alerts("everything", "screening")
    assert {name: labels["severity"] for name, labels in found.items()} == {
        "DriftData": "page",
        "DriftPrediction": "ticket",
        "DriftQuality": "page",
        "DriftJobFaults": "ticket",
        "DriftJobSilent": "ticket",
        "DriftCaptureStopped": "ticket",
    }
    assert {labels["team"] for labels in found.values()} == {"oncology"}


@pytest.mark.parametrize(("name", "model"), [("everything", "nightly"), ("dev", "co2-forecast")])
def test_one_that_nobody_looks_at_has_none(name: str, model: str) -> None:
    assert drift_facts(environment(name), model) is None
    assert alerts(name, model) == {}


def test_times_follow_from_window_and_lateness() -> None:
    facts = drift_facts(environment("everything"), "screening")
    assert facts is not None
    assert (facts.window_seconds, facts.lateness_seconds, facts.kept) == (6 * 3600, 1800, 0.05)
    (group,) = drift_rules(facts)
    assert group["interval"] == "5m"
    text = json.dumps(group)
    # Two runs and half an hour; a run and a half, and half an hour.
    assert "[750m]" in text
    assert f"> {60 * (9 * 60 + 30)}" in text
    silent = {rule["labels"]["reason"]: rule["for"] for rule in group["rules"] if rule["alert"] == "DriftJobSilent"}
    assert silent == {"late": "5m", "never": "570m"}


def test_a_month_is_not_waited_for_to_see_that_the_job_is_silent() -> None:
    facts = drift_facts(environment("everything"), "screening")
    assert facts is not None
    monthly = json.dumps(drift_rules(replace(facts, window_seconds=31 * 86400)))
    assert f"> {60 * (36 * 60 + 30)}" in monthly


@pytest.mark.parametrize(
    ("hours", "back", "hold", "fewest"),
    [(1 / 12, "35m", "35m", "100"), (1, "90m", "90m", "100"), (24, "1470m", "90m", "10"), (7 * 24, "7d", "1530m", "10")],
)
def test_that_requests_are_not_kept_is_heard_soon_after_the_window(hours: float, back: str, hold: str, fewest: str) -> None:
    facts = drift_facts(environment("everything"), "screening")
    assert facts is not None
    groups = drift_rules(replace(facts, window_seconds=hours * 3600))
    (rule,) = [rule for group in groups for rule in group["rules"] if rule.get("alert") == "DriftCaptureStopped"]
    assert f"[{'5m' if hours < 1 else '1h'}] offset {back})" in rule["expr"]
    assert rule["for"] == hold
    assert rule["expr"].endswith(f" > {fewest}")


def test_what_is_answered_on_sagemaker_is_not_counted_in_prometheus() -> None:
    facts = drift_facts(environment("managed"), "ranking")
    assert facts is not None
    assert facts.kept is None
    assert "inference_requests_total" not in json.dumps(drift_rules(facts))


def test_the_dashboard_looks_as_far_back_as_the_longest_window_asks() -> None:
    assert "[750m]" in json.dumps(all_dashboards(environment("everything"))["drift"])
    assert "nobody looked" in json.dumps(all_dashboards(environment("dev"))["drift"])


def test_rules_about_a_model_on_sagemaker_are_where_its_metrics_are() -> None:
    made = [one for stack in composed("managed").values() for one in stack.of("RuleGroupNamespace")]
    (rules,) = [one.inputs for one in made if one.inputs["name"] == "ranking"]
    found = [rule["alert"] for group in YAML(typ="safe").load(rules["data"])["groups"] for rule in group["rules"]]
    assert set(found) == {"DriftData", "DriftQuality", "DriftJobFaults", "DriftJobSilent"}
    assert rules["workspaceId"] == "metrics-workspace-id"
