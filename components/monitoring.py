"""How it is seen whether models do their work."""

from collections.abc import Mapping
from typing import NotRequired, TypedDict

import pulumi

from components import _labels as labels
from components._names import label
from components.cluster._manifests import namespace
from components.objects import KubernetesObject

Rule = TypedDict(
    "Rule",
    {
        "record": NotRequired[str],
        "alert": NotRequired[str],
        "expr": str,
        "for": NotRequired[str],
        "labels": NotRequired[dict[str, str]],
        "annotations": NotRequired[dict[str, str]],
    },
)
"""A rule as a Prometheus rule file has it: `record` or `alert`, and an expression."""


class RuleGroup(TypedDict):
    """Rules that Prometheus evaluates together."""

    name: str
    interval: NotRequired[str]
    rules: list[Rule]


class MonitoringStackArgs(TypedDict):
    """What the monitoring of a cluster is made from."""

    namespace: str
    groups: list[RuleGroup]
    """Rules for the cluster as a whole."""


class MonitoringStack(pulumi.ComponentResource):
    """The namespace of the monitoring and the base rules, for a prometheus-operator that is in the cluster."""

    namespace: pulumi.Output[str]

    def __init__(self, name: str, args: MonitoringStackArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("modelway:index:MonitoringStack", name, {**args}, opts)
        child = pulumi.ResourceOptions(parent=self)
        home = KubernetesObject(f"{name}-monitoring-namespace", namespace(args["namespace"], pod_security="baseline"), child)
        metadata = {"name": "modelway-base", "namespace": home.physical_name, "labels": labels.MANAGED}
        KubernetesObject(f"{name}-base-rules", _rule(metadata, args["groups"]), child)
        self.namespace = home.physical_name
        self.register_outputs({"namespace": self.namespace})


class EndpointMonitoringArgs(TypedDict):
    """What the monitoring of an endpoint is made from."""

    model: str
    team: str
    namespace: pulumi.Input[str]
    """Where the model serves."""
    monitoring_namespace: pulumi.Input[str]
    """Where dashboards are."""
    scrape_interval: str
    """As Prometheus writes it: `30s`."""
    groups: list[RuleGroup]
    """Rules from the endpoint's objectives."""
    dashboard: str
    """A Grafana dashboard as JSON."""


class EndpointMonitoring(pulumi.ComponentResource):
    """A ServiceMonitor for the metrics of every version, a PrometheusRule with the endpoint's rules, a ConfigMap with its dashboard."""

    dashboard_name: pulumi.Output[str]
    """Name of the ConfigMap."""

    def __init__(self, name: str, args: EndpointMonitoringArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("modelway:index:EndpointMonitoring", name, {**args}, opts)
        child = pulumi.ResourceOptions(parent=self)
        model = args["model"]
        common = labels.of_model(model, args["team"])
        metadata = {"name": model, "namespace": args["namespace"], "labels": common}
        scraping = {
            "selector": {"matchLabels": {labels.MODEL: model}},
            "endpoints": [{"port": "http", "path": "/metrics", "interval": args["scrape_interval"]}],
        }
        monitor = {"apiVersion": "monitoring.coreos.com/v1", "kind": "ServiceMonitor", "metadata": metadata, "spec": scraping}
        KubernetesObject(f"{name}-scraping", monitor, child)
        KubernetesObject(f"{name}-rules", _rule(metadata, args["groups"]), child)
        dashboard = {
            "apiVersion": "v1",
            "kind": "ConfigMap",
            "metadata": {
                "name": label("dashboard", model),
                "namespace": args["monitoring_namespace"],
                # What Grafana's sidecar looks for.
                "labels": common | {"grafana_dashboard": "1"},
            },
            "data": {f"{model}.json": args["dashboard"]},
        }
        self.dashboard_name = KubernetesObject(f"{name}-dashboard", dashboard, child).physical_name
        self.register_outputs({"dashboard_name": self.dashboard_name})


def _rule(metadata: Mapping[str, object], groups: list[RuleGroup]) -> dict[str, object]:
    return {"apiVersion": "monitoring.coreos.com/v1", "kind": "PrometheusRule", "metadata": metadata, "spec": {"groups": groups}}
