"""How it is seen whether models do their work."""

from collections.abc import Mapping
from typing import NotRequired, TypedDict

import pulumi

from components import _alert_routes as routes
from components import _labels as labels
from components import _ports as ports
from components import _prometheus_operator as chart
from components._addresses import plan
from components._alert_routes import AlertRoutesArgs
from components._names import label
from components.cluster._manifests import namespace
from components.objects import KubernetesObject, Manifest
from components.releases import HelmRelease

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


class OperatorArgs(TypedDict):
    """What is chosen of the Prometheus operator that is installed."""

    scrape_interval: str
    """As Prometheus writes it: `30s`."""
    retention_days: NotRequired[int]
    """Days that metrics are kept. Default: 15."""
    storage_gib: NotRequired[int]
    """Size of Prometheus' volume. Default: 50."""
    storage_provisioner: NotRequired[str]
    """Who makes volumes. Default: the EBS driver, ebs.csi.aws.com."""
    copies: NotRequired[int]
    """Prometheus' pods, each with a volume, in a zone of its own. Default: 2."""
    alertmanagers: NotRequired[int]
    """Alertmanager's pods. Default: 3."""
    memory_mib: NotRequired[int]
    """Memory that each Prometheus asks for. Default: 2048."""
    priority: NotRequired[str]
    """PriorityClass of Prometheus, Alertmanager and the operator. Default: none."""
    avoids_auto_mode: NotRequired[bool]
    """Whether some nodes are Auto Mode's, and the driver of volumes is not on them."""
    written_to: NotRequired[bool]
    """Whether Prometheus takes what jobs send it. Default: no."""


class ScraperArgs(TypedDict):
    """A scraper outside of the cluster."""

    cidr: str
    """Addresses of the VPC."""
    zones: int
    """Zones that the VPC is spread over; the scraper stands in their subnets without nodes."""
    namespaces: dict[str, pulumi.Input[str]]
    """Namespaces of teams, by team."""


class MonitoringStackArgs(TypedDict):
    """What the monitoring of a cluster is made from."""

    namespace: str
    groups: list[RuleGroup]
    """Rules for the cluster as a whole; none where rules are kept elsewhere."""
    dashboards: dict[str, str]
    """Grafana dashboards as JSON, by name."""
    operator: NotRequired[OperatorArgs]
    """The operator that is installed. Without it, one that is in the cluster already is told what to do."""
    scraper: NotRequired[ScraperArgs]
    """Who reads metrics from outside, and is let in to every model."""
    envoy: NotRequired[bool]
    """Whether the proxies of Envoy Gateway are read."""
    gpus: NotRequired[bool]
    """Whether NVIDIA's exporter is read."""
    nodes: NotRequired[bool]
    """Whether prometheus-node-exporter is read."""
    routes: NotRequired[AlertRoutesArgs]
    """Who is told of alerts; without it whoever Alertmanager tells anyway."""
    secrets: NotRequired[dict[str, pulumi.Input[str]]]
    """Keys and addresses of those who are told."""
    publisher: NotRequired[pulumi.Input[str]]
    """Association by which an Alertmanager that is installed may publish to topics: AlertmanagerIdentity.association."""


class MonitoringStack(pulumi.ComponentResource):
    """A namespace for the monitoring of a cluster, with base rules, dashboards, and who is told of alerts.

    - the Prometheus operator with Prometheus, Alertmanager and Grafana, where it is not there already; two of the first and three of the
      second unless told otherwise; metrics lie on encrypted volumes, and nothing of it can be reached from outside the cluster
    - keys and addresses of receivers are in one Secret of the namespace
    """

    namespace: pulumi.Output[str]
    """Known once rules can be made."""

    def __init__(self, name: str, args: MonitoringStackArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("modelway:index:MonitoringStack", name, _told(args), opts)
        self._name = name
        self._child = pulumi.ResourceOptions(parent=self)
        home = KubernetesObject(f"{name}-monitoring-namespace", namespace(args["namespace"], pod_security="baseline"), self._child)
        self.namespace = home.physical_name
        if "operator" in args:
            self.namespace = self._operator(args["namespace"], args["operator"], args.get("publisher"))
        if args["groups"]:
            self._object("base-rules", _rule(self._metadata("modelway-base"), args["groups"]))
        self._object("dashboards", _dashboards(self._metadata("modelway-dashboards"), args["dashboards"]))
        if "scraper" in args:
            self._let_in(args["scraper"])
        else:
            self._scraping(args)
        if "routes" in args:
            self._routes(args["routes"], args.get("secrets", {}))
        self.register_outputs({"namespace": self.namespace})

    def _operator(self, home: str, args: OperatorArgs, publisher: pulumi.Input[str] | None) -> pulumi.Output[str]:
        provisioner = args.get("storage_provisioner", "ebs.csi.aws.com")
        chosen = chart.Operator(
            namespace=home,
            scrape_interval=args["scrape_interval"],
            retention_days=args.get("retention_days", 15),
            storage_gib=args.get("storage_gib", 50),
            storage_provisioner=provisioner,
            copies=args.get("copies", 2),
            alertmanagers=args.get("alertmanagers", 3),
            memory_mib=args.get("memory_mib", 2048),
            priority=args.get("priority", ""),
            avoids_auto_mode=args.get("avoids_auto_mode", False),
            written_to=args.get("written_to", False),
        )
        storage = self._object("monitoring-storage", chart.storage_class("modelway-monitoring", labels.MANAGED, provisioner))
        release = HelmRelease(
            f"{self._name}-prometheus-operator",
            {
                "chart": chart.CHART,
                "repository": chart.REPOSITORY,
                "version": chart.VERSION,
                "name": "modelway-monitoring",
                "namespace": self.namespace,
                "values": chart.values(chosen, storage.physical_name, publisher),
            },
            self._child,
        )
        return pulumi.Output.all(self.namespace, release.physical_name).apply(lambda known: str(known[0]))

    def _scraping(self, args: MonitoringStackArgs) -> None:
        common = labels.MANAGED
        if "operator" in args:
            self._object("state-metrics", chart.monitor("modelway-state-metrics", self.namespace, common, chart.state_metrics()))
        if args.get("nodes"):
            self._object("nodes", chart.monitor("modelway-nodes", self.namespace, common, chart.nodes()))
        if args.get("envoy"):
            self._object("envoy", chart.monitor("modelway-envoy", self.namespace, common, chart.envoy(), "PodMonitor"))
        if args.get("gpus"):
            self._object("gpus", chart.monitor("modelway-gpus", self.namespace, common, chart.dcgm()))

    def _let_in(self, args: ScraperArgs) -> None:
        # Nothing of the cluster is in these subnets, so no pod gets past the Gateway by way of this hole.
        sources = [{"ipBlock": {"cidr": block}} for block in plan(args["cidr"], args["zones"]).intra]
        for team, home in sorted(args["namespaces"].items()):
            spec = {
                "podSelector": {"matchExpressions": [{"key": labels.MODEL, "operator": "Exists"}]},
                "policyTypes": ["Ingress"],
                "ingress": [{"from": sources, "ports": [{"protocol": "TCP", "port": ports.SERVING}]}],
            }
            metadata = {"name": "scraper", "namespace": home, "labels": labels.MANAGED | {labels.TEAM: team}}
            policy = {"apiVersion": "networking.k8s.io/v1", "kind": "NetworkPolicy", "metadata": metadata, "spec": spec}
            self._object(f"{team}-scraper", policy)

    def _routes(self, args: AlertRoutesArgs, secrets: Mapping[str, pulumi.Input[str]]) -> None:
        content = {key: pulumi.Output.secret(value) for key, value in secrets.items()}
        manifest = {"apiVersion": "v1", "kind": "Secret", "metadata": self._metadata("modelway-receivers"), "stringData": content}
        hidden = self._object("receivers", manifest)
        self._object("routes", routes.alertmanager_config(self._metadata("modelway"), args, hidden.physical_name))

    def _metadata(self, name: str) -> dict[str, object]:
        return {"name": name, "namespace": self.namespace, "labels": labels.MANAGED}

    def _object(self, name: str, manifest: Manifest) -> KubernetesObject:
        return KubernetesObject(f"{self._name}-{name}", manifest, self._child)


class EndpointMonitoringArgs(TypedDict):
    """What the monitoring of an endpoint is made from."""

    model: str
    team: str
    namespace: pulumi.Input[str]
    """Where the model serves."""
    monitoring_namespace: pulumi.Input[str]
    """Where dashboards are."""
    scrape_interval: NotRequired[str]
    """As Prometheus writes it: `30s`. Without it nothing in the cluster reads."""
    groups: NotRequired[list[RuleGroup]]
    """Rules from the endpoint's objectives; none where rules are kept elsewhere."""
    dashboard: str
    """A Grafana dashboard as JSON."""


class EndpointMonitoring(pulumi.ComponentResource):
    """A ServiceMonitor for the metrics of every version, a PrometheusRule with the endpoint's rules, a ConfigMap with its dashboard."""

    dashboard_name: pulumi.Output[str]
    """Name of the ConfigMap."""

    def __init__(self, name: str, args: EndpointMonitoringArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("modelway:index:EndpointMonitoring", name, _told(args), opts)
        child = pulumi.ResourceOptions(parent=self)
        model = args["model"]
        common = labels.of_model(model, args["team"])
        # Rules of no known kind are refused: these come after the operator that brings their definition.
        home = pulumi.Output.all(args["namespace"], args["monitoring_namespace"]).apply(lambda known: str(known[0]))
        metadata = {"name": model, "namespace": home, "labels": common}
        if "scrape_interval" in args:
            scraping = {
                # The Service for callers in the cluster is of no version, and leads to pods that are read already.
                "selector": {
                    "matchLabels": {labels.MODEL: model},
                    "matchExpressions": [{"key": labels.VERSION, "operator": "Exists"}],
                },
                "endpoints": [{"port": "http", "path": "/metrics", "interval": args["scrape_interval"]}],
            }
            monitor = {"apiVersion": "monitoring.coreos.com/v1", "kind": "ServiceMonitor", "metadata": metadata, "spec": scraping}
            KubernetesObject(f"{name}-scraping", monitor, child)
        if groups := args.get("groups"):
            KubernetesObject(f"{name}-rules", _rule(metadata, groups), child)
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


def _told(args: Mapping[str, object]) -> dict[str, object]:
    """Inputs of the component: what it is made from but documents, which its objects hold word for word; the state has them once."""
    return {name: value for name, value in args.items() if name not in ("groups", "dashboard", "dashboards")}


def _dashboards(metadata: Mapping[str, object], dashboards: Mapping[str, str]) -> dict[str, object]:
    found = {**metadata, "labels": labels.MANAGED | {"grafana_dashboard": "1"}}
    return {"apiVersion": "v1", "kind": "ConfigMap", "metadata": found, "data": {f"{name}.json": text for name, text in dashboards.items()}}


def _rule(metadata: Mapping[str, object], groups: list[RuleGroup]) -> dict[str, object]:
    return {"apiVersion": "monitoring.coreos.com/v1", "kind": "PrometheusRule", "metadata": metadata, "spec": {"groups": groups}}
