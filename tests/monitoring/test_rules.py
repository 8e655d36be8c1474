import json

import promql_parser
import pytest

from modelway.monitoring.dashboards import endpoint_dashboard
from modelway.monitoring.rules import ERRORS, Group, Rule, base_rules, endpoint_rules
from modelway.monitoring.slo import BURNS, WINDOWS, Objectives, burns

OBJECTIVES = Objectives(availability=0.999, latency_p99_seconds=0.2, error_rate=0.01)
GROUPS = endpoint_rules("credit-risk", "risk", ["2026.10.0", "2026.11.0"], OBJECTIVES)
BASE = base_rules(["risk", "climate"])


def rules(groups: list[Group]) -> list[Rule]:
    return [rule for group in groups for rule in group["rules"]]  # type: ignore[attr-defined]


def alerts(name: str, groups: list[Group] = GROUPS) -> list[Rule]:
    return [rule for rule in rules(groups) if rule.get("alert") == name]


@pytest.mark.parametrize("rule", rules(GROUPS) + rules(BASE), ids=lambda rule: str(rule.get("alert", rule.get("record"))))
def test_every_expression_is_promql(rule: Rule) -> None:
    promql_parser.parse(rule["expr"])


def test_dashboards_query_in_promql() -> None:
    dashboard = endpoint_dashboard("dev", "credit-risk", "risk", OBJECTIVES)
    queries = [target["expr"] for panel in dashboard["panels"] for target in panel["targets"]]  # type: ignore[attr-defined]
    assert len(queries) >= 6
    for query in queries:
        promql_parser.parse(query)


def test_the_budget_burns_at_the_speeds_of_the_workbook() -> None:
    found = {(rule["labels"]["severity"], rule["labels"]["long_window"]): rule["expr"] for rule in alerts("EndpointErrorBudgetBurn")}  # type: ignore[index]
    assert set(found) == {("page", "1h"), ("page", "6h"), ("ticket", "3d")}
    limit = '{model="credit-risk"} > 0.0144'
    assert found["page", "1h"] == f"{ERRORS}1h{limit} and {ERRORS}5m{limit}"


@pytest.mark.parametrize("burn", BURNS)
def test_each_speed_eats_its_share_of_thirty_days(burn) -> None:
    hours = {"1h": 1, "6h": 6, "3d": 72}[burn.long]
    assert round(burn.factor * hours / (30 * 24), 3) == {"1h": 0.02, "6h": 0.05, "3d": 0.1}[burn.long]


def test_an_alert_that_could_never_fire_is_left_out() -> None:
    loose = Objectives(availability=0.9, latency_p99_seconds=1, error_rate=0.2)
    assert [burn.factor for burn in burns(loose)] == [6, 1]
    assert len([rule for rule in rules(endpoint_rules("m", "t", ["1"], loose)) if rule.get("alert") == "EndpointErrorBudgetBurn"]) == 2


def test_every_window_an_alert_reads_is_recorded() -> None:
    recorded = {rule["record"] for rule in rules(GROUPS) if "record" in rule}
    assert {f"modelway:inference_errors:ratio_rate{window}" for window in WINDOWS} <= recorded


def test_a_shadow_does_not_count() -> None:
    ratio = next(rule for rule in rules(GROUPS) if rule.get("record") == "modelway:inference_errors:ratio_rate5m")
    assert 'version=~"2026\\\\.10\\\\.0|2026\\\\.11\\\\.0"' in str(ratio["expr"])


def test_every_answering_version_is_missed() -> None:
    assert [rule["labels"]["version"] for rule in alerts("EndpointAbsent")] == ["2026.10.0", "2026.11.0"]  # type: ignore[index]


def test_latency_is_held_against_the_promise() -> None:
    (rule,) = alerts("EndpointLatency")
    assert str(rule["expr"]).endswith("> 0.2")


def test_names_of_rules_are_unique_in_their_group() -> None:
    for group in (*GROUPS, *BASE):
        records = [rule["record"] for rule in group["rules"] if "record" in rule]  # type: ignore[attr-defined]
        assert len(records) == len(set(records))


def test_the_budget_is_a_number_people_can_read() -> None:
    assert OBJECTIVES.error_budget == 0.001


def test_dashboards_are_the_same_every_time_and_differ_between_environments() -> None:
    one, again = (endpoint_dashboard("dev", "credit-risk", "risk", OBJECTIVES) for _ in range(2))
    assert json.dumps(one) == json.dumps(again)
    assert one["uid"] != endpoint_dashboard("prod", "credit-risk", "risk", OBJECTIVES)["uid"]
    assert len(str(one["uid"])) <= 40
