import json
from typing import Any

import pulumi
import pytest
from ruamel.yaml import YAML

from components._addresses import plan
from components._alert_routes import AlertRoutesArgs
from components._managed_metrics import alert_manager
from components.managed_metrics import ManagedMetrics, ManagedMetricsArgs, ManagedRules, ManagedRulesArgs
from components.monitoring import MonitoringStack, MonitoringStackArgs, RuleGroup
from tests.support.engine import run

GROUPS: list[RuleGroup] = [{"name": "g", "rules": [{"record": "a:b", "expr": "vector(1)"}]}]
TOPIC = "arn:aws:sns:eu-west-1:222222222222:pages"
CLUSTER = "arn:aws:eks:eu-west-1:222222222222:cluster/dev-main"


def args() -> ManagedMetricsArgs:
    return {
        "name": "modelway-dev",
        "account": "222222222222",
        "region": "eu-west-1",
        "scrape_interval": "30s",
        "clusters": {"main": {"arn": CLUSTER, "name": "main", "envoy": True, "gpus": True, "nodes": True}},
        "subnet_ids": ["subnet-1", "subnet-2"],
        "groups": GROUPS,
        "retention_days": 90,
        "routes": {"severities": {"page": {"kind": "sns", "topic": TOPIC, "region": "eu-west-1"}}},
        "grafana": True,
    }


def metrics(name: str, opts: pulumi.ResourceOptions | None = None) -> ManagedMetrics:
    return ManagedMetrics(name, args(), opts)


def rules(name: str, opts: pulumi.ResourceOptions | None = None) -> ManagedRules:
    return ManagedRules(name, ManagedRulesArgs(model="churn", workspace="ws-1", groups=GROUPS), opts)


@pytest.mark.parametrize(("make", "kind"), [(metrics, ManagedMetrics), (rules, ManagedRules)], ids=["metrics", "rules"])
def test_contract(contract, make, kind) -> None:
    held = contract(make)
    held.tree(f"managed-{make.__name__}")
    held.outputs(kind)
    held.instances()
    held.options()


def test_metrics_are_encrypted_with_a_key_of_their_own() -> None:
    recorder = run(lambda: metrics("it"))
    key = recorder.one("Key")
    assert recorder.named("it-workspace").inputs["kmsKeyArn"].endswith(f"key/{key.name}")
    assert key.inputs["enableKeyRotation"]
    assert recorder.one("LogGroup").inputs["name"].startswith("/aws/vendedlogs/")


def test_a_workspace_that_is_there_is_written_to_and_left_as_it_is() -> None:
    there: ManagedMetricsArgs = {**args(), "workspace": "ws-there"}
    recorder = run(lambda: ManagedMetrics("it", there))
    assert not recorder.of("Key")
    assert not recorder.of("WorkspaceConfiguration")
    assert recorder.one("Scraper").inputs["destination"]["amp"]["workspaceArn"].endswith(":workspace/ws-there")
    assert recorder.one("RuleGroupNamespace").inputs["workspaceId"] == "ws-there"


def test_grafana_reads_this_workspace_alone_and_only_for_this_account() -> None:
    recorder = run(lambda: metrics("it"))
    (statement,) = json.loads(recorder.one("RolePolicy").inputs["policy"])["Statement"]
    assert statement["Resource"] == ["arn:aws:aps:eu-west-1:222222222222:workspace/it-workspace-id"]
    assert not [action for action in statement["Action"] if "*" in action]
    (trust,) = json.loads(recorder.one("Role").inputs["assumeRolePolicy"])["Statement"]
    assert trust["Condition"]["StringEquals"] == {"aws:SourceAccount": "222222222222"}
    assert recorder.named("it-grafana-workspace").inputs["authenticationProviders"] == ["AWS_SSO"]


def test_without_being_asked_there_is_no_grafana() -> None:
    plain: ManagedMetricsArgs = {**args(), "grafana": False}
    assert not run(lambda: ManagedMetrics("it", plain)).of("Role")


def test_the_rules_are_a_rule_file() -> None:
    data = run(lambda: rules("churn")).one("RuleGroupNamespace").inputs["data"]
    assert YAML(typ="safe").load(data) == {"groups": GROUPS}


def told() -> Any:
    definition = run(lambda: metrics("it")).one("AlertManagerDefinition").inputs["definition"]
    return YAML(typ="safe").load(YAML(typ="safe").load(definition)["alertmanager_config"])


def test_topics_are_told_by_severity() -> None:
    found = told()
    assert found["route"]["routes"] == [{"receiver": "page", "matchers": ['severity="page"'], "repeat_interval": "1h"}]
    assert [receiver["name"] for receiver in found["receivers"]] == ["nobody", "page"]
    (config,) = found["receivers"][1]["sns_configs"]
    assert (config["topic_arn"], config["sigv4"]) == (TOPIC, {"region": "eu-west-1"})


def test_what_amazon_cannot_tell_is_refused() -> None:
    with pytest.raises(ValueError, match="tells SNS topics, and not slack"):
        alert_manager({"severities": {"page": {"kind": "slack", "secret": "page", "channel": "#ml"}}})


def test_a_scraper_reads_models_kubelets_and_exporters() -> None:
    configuration = YAML(typ="safe").load(run(lambda: metrics("it")).one("Scraper").inputs["scrapeConfiguration"])
    assert configuration["global"] == {"scrape_interval": "30s", "external_labels": {"cluster": "main"}}
    jobs = [job["job_name"] for job in configuration["scrape_configs"]]
    assert jobs == ["models", "cadvisor", "kube-state-metrics", "prometheus-node-exporter", "envoy", "dcgm-exporter"]
    of_nodes = configuration["scrape_configs"][3]
    assert of_nodes["relabel_configs"][-1] == {"source_labels": ["__meta_kubernetes_pod_node_name"], "target_label": "node"}


def test_a_topic_hears_every_five_minutes_that_alerts_arrive() -> None:
    watched: AlertRoutesArgs = {"severities": {}, "watchdog": {"kind": "sns", "topic": TOPIC, "region": "eu-west-1"}}
    config = json.loads(json.loads(alert_manager(watched))["alertmanager_config"])
    (route,) = config["route"]["routes"]
    assert (route["receiver"], route["matchers"]) == ("watchdog", ['severity="watchdog"'])
    # A look that comes a moment before the interval is over waits for the next one.
    assert (route["group_interval"], route["repeat_interval"]) == ("1m", "5m")


def test_a_scraper_outside_is_let_in_from_where_nothing_else_is() -> None:
    scraper = {"cidr": "10.20.0.0/16", "zones": 2, "namespaces": {"risk": "risk", "climate": "climate"}}
    stack = MonitoringStackArgs(namespace="monitoring", groups=[], dashboards={}, envoy=True, scraper=scraper)  # type: ignore[typeddict-item]
    recorder = run(lambda: MonitoringStack("it", stack))
    policies = [resource.inputs for resource in recorder.of("NetworkPolicy")]
    assert {policy["metadata"]["namespace"] for policy in policies} == {"risk", "climate"}
    for policy in policies:
        (hole,) = policy["spec"]["ingress"]
        assert tuple(source["ipBlock"]["cidr"] for source in hole["from"]) == plan("10.20.0.0/16", 2).intra
        assert hole["ports"] == [{"protocol": "TCP", "port": 8080}]
    # No kinds of the operator, which is not there.
    assert not [resource for resource in recorder.resources if "monitoring.coreos.com" in resource.type]
