"""A model that may have no pod: nobody is told while nobody asks, and somebody is when it does not wake."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import promql_parser
import pytest

from modelway.monitoring.rules import asked, endpoint_rules
from tests.monitoring.promtool import ENDPOINT, tried
from tests.support.environments import composed

ASLEEP = replace(ENDPOINT, canary=None, answering=["1"], cold_start_seconds=1200)
GROUPS = endpoint_rules(ASLEEP)

CLUSTER = 'envoy_cluster_name="httproute/risk/credit-risk/rule/0",pod="proxy"'
ABSENT = {"severity": "page", "team": "risk", "model": "credit-risk", "version": "1"}


def case(sent: str, refused: str, told: str | None, minutes: int, fires: bool) -> dict[str, Any]:
    series = [
        {"series": f"envoy_cluster_upstream_rq_total{{{CLUSTER}}}", "values": sent},
        {"series": f"envoy_cluster_upstream_cx_connect_fail{{{CLUSTER}}}", "values": refused},
    ]
    if told:
        series.append({"series": 'inference_request_duration_seconds_count{model="credit-risk",version="1"}', "values": told})
    expected = [{"exp_labels": ABSENT}] if fires else []
    asked = {"eval_time": f"{minutes}m", "alertname": "EndpointAbsent", "exp_alerts": expected}
    return {"name": "asleep", "interval": "1m", "input_series": series, "alert_rule_test": [asked]}


@pytest.mark.parametrize(
    "given",
    [
        case("5x90", "0x90", None, 80, fires=False),
        case("5x90", "0+2x90", None, 80, fires=True),
        case("5x90", "0+2x10 20x80", None, 80, fires=False),
        case("0+9x90", "5x90", "0+9x90", 80, fires=False),
        case("5x90", "0x60 2+2x30", None, 80, fires=False),
    ],
    ids=["nobody asks", "nobody answers", "nobody asks any more", "it answers", "it is given the time that it takes"],
)
def test_it_is_missed_only_where_somebody_asks(given: dict[str, Any], tmp_path: Path) -> None:
    said = tried(tmp_path, "EndpointAbsent", [given], GROUPS)
    assert said.returncode == 0, said.stdout + said.stderr


def test_pods_that_the_gateway_does_not_know_are_not_compared() -> None:
    names = {rule.get("alert") for group in GROUPS for rule in group["rules"]}
    assert "EndpointGatewayErrors" not in names
    assert "EndpointGatewayErrors" in {rule.get("alert") for group in endpoint_rules(ENDPOINT) for rule in group["rules"]}


def test_what_wakes_it_is_what_it_is_missed_by() -> None:
    query = asked("risk", "credit-risk")
    promql_parser.parse(query)
    assert all(query in rule["expr"] for group in GROUPS for rule in group["rules"] if rule.get("alert") == "EndpointAbsent")
    (models,) = composed("everything").values()
    (scaler,) = [one for one in models.of("ScaledObject") if one.name.startswith("nightly")]
    spec = scaler.inputs["spec"]
    (wake,) = [one for one in spec["triggers"] if one["name"] == "wake"]
    assert wake["metadata"]["query"] == asked("vision", "nightly")
    assert (spec["minReplicaCount"], spec["cooldownPeriod"]) == (0, 900)
    retry = models.named("screening-traffic").inputs["spec"]["retry"]
    assert retry["retryOn"]["triggers"] == ["connect-failure", "reset-before-request", "5xx"]
    assert (retry["numRetries"], retry["perRetry"]) == (2, {"timeout": "2s"})
