import json
import re
from dataclasses import replace

import promql_parser
import pytest
from hypothesis import given
from hypothesis import strategies as st

from modelway.monitoring.dashboards import cluster_dashboard, drift_dashboard, endpoint_dashboard, fleet_dashboard
from modelway.monitoring.panels import Dashboard
from modelway.monitoring.rules import ClusterFacts, EndpointFacts, Group, Rule, base_rules, endpoint_rules
from modelway.monitoring.rules.writing import ERRORS
from modelway.monitoring.slo import SPEEDS, Objectives, burns, windows
from tests.monitoring.promtool import ENDPOINT, GROUPS

OBJECTIVES = ENDPOINT.objectives


def promising(objectives: Objectives) -> EndpointFacts:
    return replace(ENDPOINT, objectives=objectives)


def rules(groups: list[Group]) -> list[Rule]:
    return [rule for group in groups for rule in group["rules"]]  # type: ignore[attr-defined]


def alerts(name: str, groups: list[Group] = GROUPS) -> list[Rule]:
    return [rule for rule in rules(groups) if rule.get("alert") == name]


@pytest.mark.parametrize("rule", rules(GROUPS), ids=lambda rule: str(rule.get("alert", rule.get("record"))))
def test_every_expression_is_promql(rule: Rule) -> None:
    promql_parser.parse(rule["expr"])


DASHBOARDS = {
    "endpoint": endpoint_dashboard("dev", ENDPOINT),
    "fleet": fleet_dashboard("dev"),
    "cluster": cluster_dashboard("dev", "main"),
    "cluster among others": cluster_dashboard("prod", "main", among_others=True),
    "drift": drift_dashboard("dev"),
}


def queries(dashboard: Dashboard) -> list[str]:
    return [target["expr"] for panel in dashboard["panels"] for target in panel.get("targets", [])]  # type: ignore[attr-defined]


@pytest.mark.parametrize("name", DASHBOARDS)
def test_dashboards_query_in_promql(name: str) -> None:
    assert queries(DASHBOARDS[name])
    for query in queries(DASHBOARDS[name]):
        promql_parser.parse(query.replace("$model", ".*"))


@pytest.mark.parametrize("name", DASHBOARDS)
def test_what_a_dashboard_reads_of_ours_is_recorded(name: str) -> None:
    recorded = {rule["record"] for rule in rules(GROUPS) if "record" in rule}
    assert {found for query in queries(DASHBOARDS[name]) for found in re.findall(r"modelway:[a-z0-9_:]+", query)} <= recorded


def test_a_cluster_among_others_shows_itself_alone() -> None:
    for query in queries(DASHBOARDS["cluster among others"]):
        series = re.findall(r"(?:kube|DCGM|node)_\w+(\{[^}]*\})?", query)
        assert series
        assert all('cluster="main"' in matchers for matchers in series), query


def test_panels_lie_side_by_side() -> None:
    for dashboard in DASHBOARDS.values():
        places = [(panel["gridPos"]["x"], panel["gridPos"]["y"]) for panel in dashboard["panels"]]  # type: ignore[attr-defined]
        assert len(places) == len(set(places))
        assert {x for x, _ in places} <= {0, 12}


def test_the_drift_dashboard_says_where_nobody_looks() -> None:
    assert "nobody looked" in json.dumps(drift_dashboard("dev", watched=False))
    assert "nobody looked" not in json.dumps(DASHBOARDS["drift"])


def test_the_drift_dashboard_reads_what_the_job_writes() -> None:
    from modelway.monitoring.drift.exporting import Health, families
    from tests.support.drift_telling import VERSION, result, watched

    written = {
        sample.name: set(sample.labels)
        for metric in families(watched(), {VERSION: result(1, shift=0.2)}, 0, Health()).collect()
        for sample in metric.samples
    }
    text = " ".join(queries(DASHBOARDS["drift"]))
    read = set(re.findall(r"ml_drift_\w+", text))
    assert written.keys() - read == {"ml_drift_window_seconds"}
    assert read <= written.keys()
    by = {name for labels in re.findall(r"by \(([^)]+)\)", text) for name in labels.split(", ")}
    assert by | {"environment", "state"} == set().union(*written.values())
    told = " ".join(rule["expr"] for rule in rules(GROUPS) if "ml_drift" in rule["expr"])
    assert set(re.findall(r"ml_drift_\w+", told)) <= written.keys()


def test_the_budget_burns_at_the_speeds_of_the_workbook() -> None:
    found = {(rule["labels"]["severity"], rule["labels"]["long_window"]): rule["expr"] for rule in alerts("EndpointErrorBudgetBurn")}  # type: ignore[index]
    assert set(found) == {("page", "1h"), ("page", "6h"), ("ticket", "3d")}
    limit = '{model="credit-risk"} > 0.0144'
    assert found["page", "1h"] == f"{ERRORS}1h{limit} and {ERRORS}5m{limit}"


MINUTES = {"d": 24 * 60, "h": 60, "m": 1}


def minutes(window: str) -> int:
    return int(window[:-1]) * MINUTES[window[-1]]


@given(days=st.integers(7, 90), speed=st.integers(0, 2))
def test_each_speed_eats_its_share_of_the_whole_objective(days: int, speed: int) -> None:
    burn = burns(replace(OBJECTIVES, days=days))[speed]
    assert burn.factor * minutes(burn.long) / (days * 24 * 60) == pytest.approx(SPEEDS[speed].share, rel=0.04)


@given(days=st.integers(7, 90))
def test_windows_are_no_shorter_than_a_rate_can_be_taken_over(days: int) -> None:
    for burn in burns(replace(OBJECTIVES, days=days)):
        assert 5 <= minutes(burn.short) < minutes(burn.long)


def test_the_windows_of_thirty_days_are_those_of_the_workbook() -> None:
    assert [(burn.long, burn.short) for burn in burns(OBJECTIVES)] == [("1h", "5m"), ("6h", "30m"), ("3d", "6h")]


def test_a_longer_objective_is_looked_at_over_longer_windows() -> None:
    longer = replace(OBJECTIVES, days=90)
    assert windows(longer) == ("5m", "15m", "3h", "90m", "18h", "9d")
    assert "The objective of 90 days" in json.dumps(endpoint_rules(promising(longer)))


def test_an_alert_that_could_never_fire_is_left_out() -> None:
    loose = replace(OBJECTIVES, availability=0.9)
    assert [burn.factor for burn in burns(loose)] == [6, 1]
    assert len(alerts("EndpointErrorBudgetBurn", endpoint_rules(promising(loose)))) == 2


@pytest.mark.parametrize("availability", [0.5, 0.9, 0.999, 0.99999])
def test_every_window_an_alert_reads_is_recorded(availability: float) -> None:
    made = rules(endpoint_rules(promising(replace(OBJECTIVES, availability=availability))))
    recorded = {rule["record"] for rule in made if "record" in rule}
    assert {f"{ERRORS}{window}" for window in windows(replace(OBJECTIVES, availability=availability))} <= recorded
    read = {found for rule in made if "alert" in rule for found in re.findall(r"modelway:[a-z0-9_:]+", rule["expr"])}
    assert read <= recorded


def test_what_is_not_there_is_not_looked_at() -> None:
    plain = replace(ENDPOINT, canary=None, behind_envoy=False)
    assert not [rule for rule in rules(endpoint_rules(plain)) if "Canary" in rule.get("alert", "") or "envoy" in rule["expr"]]
    base = rules(base_rules(ClusterFacts(teams=["risk"])))
    assert not [rule for rule in base if any(of in rule["expr"] for of in ("DCGM", "envoy", "node_filesystem"))]
    assert "Watchdog" not in {rule.get("alert") for rule in base}


def test_a_shadow_does_not_count() -> None:
    ratio = next(rule for rule in rules(GROUPS) if rule.get("record") == "modelway:inference_errors:ratio_rate5m")
    assert 'version=~"2026\\\\.10\\\\.0|2026\\\\.11\\\\.0"' in str(ratio["expr"])


def test_every_answering_version_is_missed() -> None:
    assert [rule["labels"]["version"] for rule in alerts("EndpointAbsent")] == ["2026.10.0", "2026.11.0"]  # type: ignore[index]


def test_latency_is_held_against_the_promise() -> None:
    (rule,) = alerts("EndpointLatency")
    assert str(rule["expr"]).endswith("> 0.2")


def test_names_of_rules_are_unique_in_their_group() -> None:
    for group in GROUPS:
        records = [rule["record"] for rule in group["rules"] if "record" in rule]  # type: ignore[attr-defined]
        assert len(records) == len(set(records))


def test_the_budget_is_a_number_people_can_read() -> None:
    assert OBJECTIVES.error_budget == 0.001


def test_dashboards_are_the_same_every_time_and_differ_between_environments() -> None:
    assert json.dumps(endpoint_dashboard("dev", ENDPOINT)) == json.dumps(DASHBOARDS["endpoint"])
    uids = [dashboard["uid"] for dashboard in (*DASHBOARDS.values(), endpoint_dashboard("prod", ENDPOINT), fleet_dashboard("prod"))]
    assert len(uids) == len(set(uids))
    assert all(len(str(uid)) <= 40 for uid in uids)


EXPORTED = {
    "gpu",
    "UUID",
    "pci_bus_id",
    "device",
    "modelName",
    "Hostname",
    "DCGM_FI_DRIVER_VERSION",
    "container",
    "namespace",
    "pod",
    "err_code",
}
"""Labels of DCGM's exporter with the pods that use a GPU
(github.com/NVIDIA/dcgm-exporter: internal/pkg/rendermetrics, internal/pkg/transformation)."""

COUNTERS = {"DCGM_FI_DEV_XID_ERRORS", "DCGM_FI_DEV_FB_USED", "DCGM_FI_DEV_FB_FREE", "DCGM_FI_DEV_GPU_UTIL"}
"""What we read of those that it exports without being told to (etc/default-counters.csv there)."""


def test_gpus_are_looked_at_by_what_the_exporter_tells() -> None:
    of_gpus = [rule for rule in rules(GROUPS) if "DCGM" in rule["expr"]]
    text = json.dumps(of_gpus)
    assert set(re.findall(r"DCGM_FI_\w+", text)) == COUNTERS
    added = {"cluster", "team", "value"}
    said = set(re.findall(r"\$labels\.(\w+)", text)) | {name for by in re.findall(r"by \(([^)]+)\)", text) for name in by.split(", ")}
    assert said <= EXPORTED | added
