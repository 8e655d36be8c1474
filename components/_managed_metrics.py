"""What Amazon Managed Service for Prometheus and Managed Grafana read, as data."""

import json
from collections.abc import Mapping, Sequence
from typing import NotRequired, TypedDict

from components._alert_routes import NOBODY, REPEATED, TEXT, TITLE, WATCHDOG, AlertRoutesArgs, named
from components._labels import MODEL
from components._statements import Document, allow, document

Relabelling = Mapping[str, str | Sequence[str]]
"""One step of what Prometheus does to the labels of a target."""


class Job(TypedDict):
    """A job as a Prometheus configuration has it."""

    job_name: str
    kubernetes_sd_configs: list[dict[str, object]]
    relabel_configs: list[Relabelling]
    metrics_path: NotRequired[str]
    honor_labels: NotRequired[bool]
    scheme: NotRequired[str]
    authorization: NotRequired[dict[str, object]]


def rule_file(groups: Sequence[Mapping[str, object]]) -> str:
    """Groups as a rule file; JSON is YAML, and the same for the same rules."""
    return json.dumps({"groups": list(groups)}, indent=1)


def alert_manager(routes: AlertRoutesArgs) -> str:
    """A definition for Amazon's alert manager (docs.aws.amazon.com/prometheus/latest/userguide/AMP-alertmanager-config.html)."""
    found = list(named(routes))
    tree = {
        "receiver": NOBODY,
        "group_by": ["alertname", "team", "model"],
        "group_wait": "30s",
        "group_interval": "5m",
        "repeat_interval": "24h",
        "routes": [
            {
                "receiver": name,
                "matchers": [f'{label}="{value}"' for label, value in labels.items()],
                "repeat_interval": REPEATED[labels["severity"]],
                **({"group_interval": "1m"} if labels["severity"] == WATCHDOG else {}),
            }
            for name, labels, _ in found
        ],
    }
    inhibited = {"source_matchers": ['severity="page"'], "target_matchers": ['severity="ticket"'], "equal": ["alertname", "team", "model"]}
    receivers: list[dict[str, object]] = [{"name": NOBODY}]
    for name, _, receiver in found:
        if receiver["kind"] != "sns":
            raise ValueError(f"Amazon's alert manager tells SNS topics, and not {receiver['kind']}")
        topic = {"topic_arn": receiver["topic"], "sigv4": {"region": receiver["region"]}, "send_resolved": True}
        receivers.append({"name": name, "sns_configs": [topic | {"subject": TITLE, "message": TEXT}]})
    config = {"route": tree, "inhibit_rules": [inhibited], "receivers": receivers}
    return json.dumps({"alertmanager_config": json.dumps(config, indent=1)})


def scraping(cluster: str, interval: str, *, envoy: bool, gpus: bool, nodes: bool) -> str:
    """What a scraper reads in one cluster; every series gets a label `cluster`."""
    jobs = [_models(), *_kubelet(), _service("kube-state-metrics", "http")]
    if nodes:
        jobs.append(_nodes())
    if envoy:
        jobs.append(_pods("envoy", _kept("pod", "app_kubernetes_io_name", "envoy"), "metrics", "/stats/prometheus"))
    if gpus:
        jobs.append(_service("dcgm-exporter", "metrics"))
    settings = {"scrape_interval": interval, "external_labels": {"cluster": cluster}}
    return json.dumps({"global": settings, "scrape_configs": jobs}, indent=1)


def assumed_by_grafana(account: str, region: str) -> Document:
    """The trust policy of the role that Managed Grafana reads with, for workspaces of this account and region alone
    (docs.aws.amazon.com/grafana/latest/userguide/cross-service-confused-deputy-prevention.html)."""
    condition = {
        "StringEquals": {"aws:SourceAccount": account},
        "StringLike": {"aws:SourceArn": f"arn:aws:grafana:{region}:{account}:/workspaces/*"},
    }
    return document(allow("Grafana", ("sts:AssumeRole",), principal={"Service": "grafana.amazonaws.com"}, condition=condition))


def read_metrics(workspace: str) -> Document:
    """Read one workspace."""
    actions = ("aps:DescribeWorkspace", "aps:GetLabels", "aps:GetMetricMetadata", "aps:GetSeries", "aps:QueryMetrics")
    return document(allow("Read", actions, [workspace]))


def ask_metrics(workspace: str) -> Document:
    """Ask one workspace for values, as an autoscaler does."""
    return document(allow("Ask", ("aps:QueryMetrics",), [workspace]))


def _models() -> Job:
    label = MODEL.replace(".", "_").replace("/", "_")
    return _pods(
        "models", {"source_labels": [f"__meta_kubernetes_pod_labelpresent_{label}"], "regex": "true", "action": "keep"}, "http", "/metrics"
    )


def _pods(name: str, kept: Relabelling, port: str, path: str) -> Job:
    return {
        "job_name": name,
        "metrics_path": path,
        "kubernetes_sd_configs": [{"role": "pod"}],
        "relabel_configs": [
            kept,
            {"source_labels": ["__meta_kubernetes_pod_container_port_name"], "regex": port, "action": "keep"},
            {"source_labels": ["__meta_kubernetes_namespace"], "target_label": "namespace"},
            {"source_labels": ["__meta_kubernetes_pod_name"], "target_label": "pod"},
        ],
    }


def _service(name: str, port: str) -> Job:
    """An exporter that tells of others: the labels it gives itself are kept."""
    return {
        "job_name": name,
        "honor_labels": True,
        "kubernetes_sd_configs": [{"role": "endpoints"}],
        "relabel_configs": [
            _kept("service", "app_kubernetes_io_name", name),
            {"source_labels": ["__meta_kubernetes_endpoint_port_name"], "regex": port, "action": "keep"},
        ],
    }


def _nodes() -> Job:
    job = _service("prometheus-node-exporter", "metrics")
    named = {"source_labels": ["__meta_kubernetes_pod_node_name"], "target_label": "node"}
    return {**job, "honor_labels": False, "relabel_configs": [*job["relabel_configs"], named]}


def _kept(kind: str, label: str, value: str) -> Relabelling:
    return {"source_labels": [f"__meta_kubernetes_{kind}_label_{label}"], "regex": value, "action": "keep"}


def _kubelet() -> list[Job]:
    """What containers use, through the API server: the kubelet's own certificate is not signed for its address."""
    return [
        {
            "job_name": "cadvisor",
            "scheme": "https",
            "authorization": {"type": "Bearer", "credentials_file": "/var/run/secrets/kubernetes.io/serviceaccount/token"},
            "kubernetes_sd_configs": [{"role": "node"}],
            "relabel_configs": [
                {"replacement": "kubernetes.default.svc:443", "target_label": "__address__"},
                {
                    "source_labels": ["__meta_kubernetes_node_name"],
                    "regex": "(.+)",
                    "replacement": "/api/v1/nodes/$1/proxy/metrics/cadvisor",
                    "target_label": "__metrics_path__",
                },
            ],
        }
    ]
