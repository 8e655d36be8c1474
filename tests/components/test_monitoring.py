import json
from typing import Any

import pulumi
import pytest

from components import _labels as labels
from components._alert_routes import alertmanager_config
from components.endpoint import _access as access
from components.monitoring import EndpointMonitoring, EndpointMonitoringArgs, MonitoringStack, MonitoringStackArgs, RuleGroup
from tests.support.engine import SECRET, run

GROUPS: list[RuleGroup] = [{"name": "g", "rules": [{"record": "a:b", "expr": "vector(1)"}]}]


def stack(name: str, opts: pulumi.ResourceOptions | None = None) -> MonitoringStack:
    return MonitoringStack(name, MonitoringStackArgs(namespace="monitoring", groups=GROUPS, dashboards={"fleet": "{}"}), opts)


def whole(name: str, opts: pulumi.ResourceOptions | None = None) -> MonitoringStack:
    args = MonitoringStackArgs(
        namespace="monitoring",
        groups=GROUPS,
        dashboards={"fleet": "{}", "cluster": "{}"},
        operator={"scrape_interval": "15s", "retention_days": 90, "storage_gib": 100},
        envoy=True,
        gpus=True,
        nodes=True,
        routes={
            "severities": {
                "page": {"kind": "pagerduty", "secret": "page"},
                "ticket": {"kind": "slack", "secret": "ticket", "channel": "#ml"},
            },
            "teams": {
                "risk": {
                    "page": {"kind": "sns", "topic": "arn:aws:sns:eu-west-1:222222222222:pages", "region": "eu-west-1"},
                    "ticket": {"kind": "webhook", "secret": "risk-ticket"},
                }
            },
            "watchdog": {"kind": "webhook", "secret": "watchdog"},
        },
        secrets={
            "page": "routing-key",
            "ticket": "https://hooks.example/1",
            "risk-ticket": "https://own.example",
            "watchdog": "https://listens.example",
        },
    )
    return MonitoringStack(name, args, opts)


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


@pytest.mark.parametrize(
    ("make", "kind"),
    [(stack, MonitoringStack), (whole, MonitoringStack), (endpoint, EndpointMonitoring)],
    ids=["stack", "whole", "endpoint"],
)
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
    assert spec["selector"]["matchLabels"] == {"modelway.dev/model": "churn"}
    # The Service for callers in the cluster has the same labels and port, but is of no version: its pods would be read twice.
    assert spec["selector"]["matchExpressions"] == [{"key": "modelway.dev/version", "operator": "Exists"}]
    inside, of_version = access.inside("churn", "1", "risk", "risk"), labels.of_version("churn", "1", "risk", "churn-v1")
    assert "modelway.dev/version" not in inside["metadata"]["labels"]
    assert "modelway.dev/version" in of_version
    assert spec["endpoints"] == [{"port": "http", "path": "/metrics", "interval": "30s"}]


def test_what_is_there_already_is_not_installed() -> None:
    recorder = run(lambda: stack("it"))
    assert not [resource for resource in recorder.resources if resource.type.endswith((":Release", ":StorageClass", ":Secret"))]


def test_the_operator_keeps_metrics_on_an_encrypted_disk_and_shows_them_to_nobody() -> None:
    recorder = run(lambda: whole("it"))
    assert recorder.one("StorageClass").inputs["parameters"]["encrypted"] == "true"
    release = recorder.one("Release").inputs
    prometheus = release["values"]["prometheus"]["prometheusSpec"]
    assert (prometheus["retention"], prometheus["scrapeInterval"]) == ("90d", "15s")
    claim = prometheus["storageSpec"]["volumeClaimTemplate"]["spec"]
    assert claim["storageClassName"] == recorder.one("StorageClass").inputs["metadata"]["name"]
    assert release["values"]["grafana"]["adminPassword"] == ""
    assert "ingress" not in json.dumps(release["values"]).lower()


def test_definitions_go_along_with_an_upgrade_of_the_operator() -> None:
    job = run(lambda: whole("it")).one("Release").inputs["values"]["crds"]["upgradeJob"]
    assert job["enabled"] is True
    assert job["forceConflicts"] is True
    assert job["image"]["kubectl"]["tag"] == "v1.35.0"


def chosen(**operator: Any) -> dict[str, Any]:
    """Values of the chart."""
    args = MonitoringStackArgs(namespace="monitoring", groups=[], dashboards={}, operator={"scrape_interval": "30s", **operator})  # type: ignore[typeddict-item]
    values: dict[str, Any] = run(lambda: MonitoringStack("it", args)).one("Release").inputs["values"]
    return values


def test_no_single_node_or_zone_takes_away_who_watches() -> None:
    values = chosen()
    prometheus, alertmanager = values["prometheus"]["prometheusSpec"], values["alertmanager"]["alertmanagerSpec"]
    assert (prometheus["replicas"], alertmanager["replicas"]) == (2, 3)
    assert (prometheus["podAntiAffinity"], alertmanager["podAntiAffinity"]) == ("hard", "soft")
    for spec in (prometheus, alertmanager):
        assert spec["podAntiAffinityTopologyKey"] == "topology.kubernetes.io/zone"
    # What was silenced, and who was told, is known after a restart.
    assert alertmanager["storage"]["volumeClaimTemplate"]["spec"]["resources"]["requests"]["storage"] == "2Gi"
    for kind in ("prometheus", "alertmanager"):
        assert values[kind]["podDisruptionBudget"] == {"enabled": True, "minAvailable": 1}
    assert values["prometheus"]["service"] == {"sessionAffinity": "ClientIP"}


def test_a_single_prometheus_keeps_no_node_from_going() -> None:
    values = chosen(copies=1, alertmanagers=1)
    assert values["prometheus"]["prometheusSpec"]["replicas"] == 1
    assert not [kind for kind in ("prometheus", "alertmanager") if "podDisruptionBudget" in values[kind]]


def test_who_watches_asks_for_what_it_needs() -> None:
    values = chosen(memory_mib=3072, priority="system-cluster-critical")
    prometheus, alertmanager = values["prometheus"]["prometheusSpec"], values["alertmanager"]["alertmanagerSpec"]
    assert (prometheus["resources"]["requests"]["memory"], prometheus["resources"]["limits"]) == ("3072Mi", {"memory": "6144Mi"})
    for part in (prometheus, alertmanager, values["prometheusOperator"]):
        assert part["priorityClassName"] == "system-cluster-critical"
        assert set(part["resources"]["requests"]) == {"cpu", "memory"}


@pytest.mark.parametrize(("mixed", "expected"), [(False, None), (True, ["auto"])])
def test_volumes_are_mounted_where_their_driver_is(mixed: bool, expected: list[str] | None) -> None:
    values = chosen(avoids_auto_mode=mixed)
    for spec in (values["prometheus"]["prometheusSpec"], values["alertmanager"]["alertmanagerSpec"]):
        if expected is None:
            assert "affinity" not in spec
            continue
        (term,) = spec["affinity"]["nodeAffinity"]["requiredDuringSchedulingIgnoredDuringExecution"]["nodeSelectorTerms"]
        assert term["matchExpressions"] == [{"key": "eks.amazonaws.com/compute-type", "operator": "NotIn", "values": expected}]


def test_nodes_tell_of_themselves_by_name() -> None:
    monitor = run(lambda: whole("it")).named("it-nodes").inputs["spec"]
    assert monitor["selector"] == {"matchLabels": {"app.kubernetes.io/name": "prometheus-node-exporter"}}
    (endpoint,) = monitor["endpoints"]
    assert endpoint["relabelings"] == [{"sourceLabels": ["__meta_kubernetes_pod_node_name"], "targetLabel": "node"}]


def test_only_the_monitoring_namespace_says_who_is_told() -> None:
    release = run(lambda: whole("it")).one("Release").inputs
    selector = release["values"]["alertmanager"]["alertmanagerSpec"]["alertmanagerConfigNamespaceSelector"]
    assert selector == {"matchLabels": {"kubernetes.io/metadata.name": "monitoring"}}


def test_rules_come_after_the_operator_that_knows_their_kind() -> None:
    recorder = run(lambda: whole("it"))
    release = recorder.one("Release").urn
    for kind in ("PrometheusRule", "ServiceMonitor", "PodMonitor", "AlertmanagerConfig"):
        assert all(release in resource.dependencies for resource in recorder.of(kind)), kind


def test_a_team_is_told_before_everybody() -> None:
    spec = run(lambda: whole("it")).one("AlertmanagerConfig").inputs["spec"]
    told = [(route["receiver"], {matcher["name"]: matcher["value"] for matcher in route["matchers"]}) for route in spec["route"]["routes"]]
    assert told == [
        ("risk-page", {"team": "risk", "severity": "page"}),
        ("risk-ticket", {"team": "risk", "severity": "ticket"}),
        ("page", {"severity": "page"}),
        ("ticket", {"severity": "ticket"}),
        ("watchdog", {"severity": "watchdog"}),
    ]
    assert [route["repeatInterval"] for route in spec["route"]["routes"]] == ["1h", "24h", "1h", "24h", "5m"]
    assert {receiver["name"] for receiver in spec["receivers"]} == {"nobody", *(name for name, _ in told)}
    assert spec["route"]["receiver"] == "nobody"


def test_keys_and_addresses_are_in_the_secret_and_nowhere_else() -> None:
    recorder = run(lambda: whole("it"))
    hidden = recorder.one("Secret")
    assert hidden.inputs["stringData"]["page"] == "routing-key"
    assert SECRET in json.dumps(hidden.raw["stringData"])
    for resource in recorder.resources:
        if resource is not hidden and not resource.type.startswith("modelway:"):
            assert "routing-key" not in json.dumps(resource.inputs)
    receivers = {receiver["name"]: receiver for receiver in recorder.one("AlertmanagerConfig").inputs["spec"]["receivers"]}
    name = hidden.inputs["metadata"]["name"]
    assert receivers["page"]["pagerdutyConfigs"][0]["routingKey"] == {"name": name, "key": "page"}
    assert receivers["ticket"]["slackConfigs"][0]["apiURL"] == {"name": name, "key": "ticket"}
    assert receivers["risk-ticket"]["webhookConfigs"][0]["urlSecret"] == {"name": name, "key": "risk-ticket"}


def test_a_receiver_that_nobody_knows_is_refused() -> None:
    with pytest.raises(ValueError, match="pigeon is no kind of receiver"):
        alertmanager_config({}, {"severities": {"page": {"kind": "pigeon"}}}, "s")
