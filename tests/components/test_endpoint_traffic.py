"""What the Gateway is asked of beyond a route, and a model that may have no pod."""

import re
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from components.endpoint import _traffic as traffic
from components.endpoint.kubernetes import KubernetesEndpoint
from tests.components.test_endpoint import LIVE, args, version
from tests.support.engine import Recorder, run

ADDRESS = "http://prometheus.monitoring:9090"
WAKE = "sum(rate(envoy_cluster_upstream_rq_total[2m]))"
ASLEEP: dict[str, Any] = {
    "min_replicas": 0,
    "targets": {"concurrency": 4, "wake": WAKE, "idle_seconds": 900, "metrics_address": ADDRESS},
}


def made(**changed: Any) -> Recorder:
    return run(lambda: KubernetesEndpoint("churn", args({LIVE: version(100)}, **changed)))


def policy(recorder: Recorder) -> dict[str, Any]:
    spec: dict[str, Any] = recorder.one("BackendTrafficPolicy").inputs["spec"]
    return spec


def test_a_model_that_asks_for_nothing_has_no_policy() -> None:
    assert not made().of("BackendTrafficPolicy")


class TestRetries:
    def test_they_are_bounded_in_number_time_and_reason(self) -> None:
        given = {"attempts": 2, "on": ["connect-failure", "reset"], "per_try_seconds": 2.5}
        assert policy(made(retries=given))["retry"] == {
            "numRetries": 2,
            "retryOn": {"triggers": ["connect-failure", "reset"]},
            "perRetry": {"timeout": "2s500ms"},
        }

    def test_one_try_may_take_as_long_as_all_unless_it_is_said(self) -> None:
        assert "perRetry" not in policy(made(retries={"attempts": 1, "on": ["connect-failure"]}))["retry"]

    def test_there_is_one_policy_for_all_that_is_asked(self) -> None:
        recorder = made(retries={"attempts": 1, "on": ["connect-failure"]}, sticky={"by": "header", "name": "x-user"})
        assert {"retry", "loadBalancer"} <= policy(recorder).keys()
        made_by_name = recorder.named("churn-traffic")
        assert "churn-sticky" in made_by_name.alias_names
        assert made_by_name.urn in recorder.named("churn-route").dependencies

    @given(st.floats(0.001, 3600))
    def test_a_duration_is_one_that_the_gateway_api_reads(self, seconds: float) -> None:
        made = traffic.policy("m", "t", "n", retries=traffic.Retries(1, ["reset"], seconds))
        spec = made["spec"]
        assert isinstance(spec, dict)
        text = spec["retry"]["perRetry"]["timeout"]
        found = re.fullmatch(r"(?:(\d{1,5})s)?(?:(\d{1,5})ms)?", text)
        assert found is not None
        assert found[0]
        assert abs(int(found[1] or 0) + int(found[2] or 0) / 1000 - seconds) <= 0.0006


class TestAsleep:
    @pytest.fixture(scope="class")
    @classmethod
    def asleep(cls) -> Recorder:
        return made(**ASLEEP)

    @pytest.fixture(scope="class")
    @classmethod
    def scaler(cls, asleep: Recorder) -> dict[str, Any]:
        spec: dict[str, Any] = asleep.one("ScaledObject").inputs["spec"]
        return spec

    def test_the_last_pod_goes_after_a_time_without_requests(self, scaler: dict[str, Any]) -> None:
        assert (scaler["minReplicaCount"], scaler["cooldownPeriod"]) == (0, 900)

    def test_a_new_version_begins_with_a_pod_and_keeps_it_as_long(self, asleep: Recorder, scaler: dict[str, Any]) -> None:
        assert asleep.one("Deployment").inputs["spec"]["replicas"] == 1
        assert scaler["initialCooldownPeriod"] == 900

    def test_a_request_wakes_it_and_decides_nothing_more(self, scaler: dict[str, Any]) -> None:
        wake, counted = (next(one for one in scaler["triggers"] if one["name"] == name) for name in ("wake", "concurrency"))
        assert wake["metadata"]["query"] == WAKE
        # One pod is enough for what it says, however many requests there are.
        assert float(wake["metadata"]["threshold"]) >= 1e9
        assert counted["metadata"]["threshold"] == "4"
        # KEDA takes more than 0 for activity unless it is told otherwise.
        assert "activationThreshold" not in wake["metadata"]

    def test_nobody_sleeps_because_prometheus_does(self, scaler: dict[str, Any]) -> None:
        assert scaler["fallback"]["replicas"] == 1

    def test_the_gateway_counts_requests_that_nobody_is_there_for(self, asleep: Recorder) -> None:
        spec = policy(asleep)
        assert spec["routingType"] == "Service"
        assert spec["circuitBreaker"] == {"maxRequestsPerConnection": 1}
        assert "routingType" not in policy(made(sticky={"by": "header", "name": "x-user"}))

    def test_a_budget_lets_the_last_pod_go(self, asleep: Recorder) -> None:
        assert asleep.one("PodDisruptionBudget").inputs["spec"]["maxUnavailable"] == 1

    @pytest.mark.parametrize(
        "changed",
        [
            {"min_replicas": 0},
            {"min_replicas": 0, "targets": {"concurrency": 4, "metrics_address": ADDRESS}},
            {"targets": ASLEEP["targets"]},
        ],
        ids=["no targets", "nothing wakes it", "always awake"],
    )
    def test_it_is_refused_where_nothing_would_wake_it(self, changed: dict[str, Any]) -> None:
        with pytest.raises(ValueError, match="wake"):
            made(**changed)
