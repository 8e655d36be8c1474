import pulumi
import pytest

from components.monitoring import EndpointMonitoring, EndpointMonitoringArgs, MonitoringStack, MonitoringStackArgs, RuleGroup
from tests.support.engine import run

GROUPS: list[RuleGroup] = [{"name": "g", "rules": [{"record": "a:b", "expr": "vector(1)"}]}]


def stack(name: str, opts: pulumi.ResourceOptions | None = None) -> MonitoringStack:
    return MonitoringStack(name, MonitoringStackArgs(namespace="monitoring", groups=GROUPS), opts)


def endpoint(name: str, opts: pulumi.ResourceOptions | None = None) -> EndpointMonitoring:
    args = EndpointMonitoringArgs(
        model="churn",
        team="risk",
        namespace="risk",
        monitoring_namespace="monitoring",
        scrape_interval="30s",
        groups=GROUPS,
        dashboard='{"title": "churn"}',
    )
    return EndpointMonitoring(name, args, opts)


@pytest.mark.parametrize(("make", "kind"), [(stack, MonitoringStack), (endpoint, EndpointMonitoring)], ids=["stack", "endpoint"])
def test_contract(contract, make, kind) -> None:
    held = contract(make)
    held.tree(f"monitoring-{make.__name__}")
    held.outputs(kind)
    held.instances()
    held.options()


def test_rules_and_dashboard_are_passed_on_as_they_are() -> None:
    recorder = run(lambda: endpoint("churn"))
    assert recorder.one("PrometheusRule").inputs["spec"]["groups"] == GROUPS
    dashboard = recorder.one("ConfigMap").inputs
    assert dashboard["metadata"]["labels"]["grafana_dashboard"] == "1"
    assert dashboard["data"] == {"churn.json": '{"title": "churn"}'}


def test_every_version_is_scraped_through_its_service() -> None:
    spec = run(lambda: endpoint("churn")).one("ServiceMonitor").inputs["spec"]
    assert spec["selector"] == {"matchLabels": {"modelway.dev/model": "churn"}}
    assert spec["endpoints"] == [{"port": "http", "path": "/metrics", "interval": "30s"}]
