"""The chart that brings Prometheus, Alertmanager, Grafana and their operator, and how it is configured."""

from dataclasses import dataclass

from components.cluster._charts import AUTO_MODE

REPOSITORY, CHART, VERSION = "https://prometheus-community.github.io/helm-charts", "kube-prometheus-stack", "83.4.0"

ALERTMANAGER = "modelway-alertmanager"
"""Service account of Alertmanager."""

Manifest = dict[str, object]

LEFT_OUT = ("kubeControllerManager", "kubeScheduler", "kubeEtcd", "kubeProxy", "kubeStateMetrics", "nodeExporter")
"""EKS shows nobody the first three and kube-proxy only to its node; the last two are add-ons of the cluster."""

UPGRADE: dict[str, object] = {
    "enabled": True,
    # What Helm made at first is Helm's until somebody else insists.
    "forceConflicts": True,
    # By default that of the cluster's version, and EKS calls its versions as no image is called.
    "image": {"kubectl": {"tag": "v1.35.0"}},
}
"""A job before each upgrade brings the definitions up to the chart: Helm makes what is in a chart's crds/ once and never again
(helm.sh/docs/chart_best_practices/custom_resource_definitions)."""


@dataclass(frozen=True)
class Operator:
    """What is chosen of the chart."""

    namespace: str
    scrape_interval: str
    """As Prometheus writes it: `30s`."""
    retention_days: int
    storage_gib: int
    storage_provisioner: str
    """Who makes volumes: the EBS driver, or Auto Mode's own."""
    copies: int
    """Prometheus' pods; each reads everything, has a volume of its own, and stands in a zone of its own."""
    alertmanagers: int
    """Alertmanager's pods, which tell one another whom they told."""
    memory_mib: int
    """Memory that each Prometheus asks for; it may have twice as much."""
    priority: str
    """PriorityClass of what keeps metrics and tells people; empty for none."""
    avoids_auto_mode: bool
    """Whether volumes are mounted only on nodes that Auto Mode did not make."""
    written_to: bool = False
    """Whether Prometheus takes what jobs send, which are gone before it could read them."""

    @property
    def many(self) -> bool:
        return self.copies > 1


def storage_class(name: str, labels: dict[str, str], provisioner: str) -> Manifest:
    """Encrypted volumes in the zone of the pod. EKS marks no class as the default one from Kubernetes 1.30 on
    (docs.aws.amazon.com/eks/latest/userguide/kubernetes-versions-extended.html)."""
    return {
        "apiVersion": "storage.k8s.io/v1",
        "kind": "StorageClass",
        "metadata": {"name": name, "labels": labels},
        "provisioner": provisioner,
        "parameters": {"type": "gp3", "encrypted": "true"},
        "reclaimPolicy": "Delete",
        "volumeBindingMode": "WaitForFirstConsumer",
        "allowVolumeExpansion": True,
    }


SILENCES_GIB = 2
"""Room for what each Alertmanager keeps: silences, and whom it told. Without it, all are told again after a restart."""

ZONE = "topology.kubernetes.io/zone"

# The driver of volumes has no pod on Auto Mode's nodes, nor Auto Mode's own one on others
# (docs.aws.amazon.com/eks/latest/userguide/auto-migrate-volumes.html).
NOT_AUTO_MODE = {
    "nodeAffinity": {
        "requiredDuringSchedulingIgnoredDuringExecution": {
            "nodeSelectorTerms": [{"matchExpressions": [{"key": AUTO_MODE, "operator": "NotIn", "values": ["auto"]}]}]
        }
    }
}


def values(operator: Operator, storage_class_name: object, publisher: object = None) -> dict[str, object]:
    """Values of the chart: it takes rules and what is scraped from every namespace, receivers from its own alone.

    `publisher`: id of the association by which Alertmanager's pods have a role; they start after it, and anew when it is another.
    """
    own = {"matchLabels": {"kubernetes.io/metadata.name": operator.namespace}}
    first = {"priorityClassName": operator.priority} if operator.priority else {}
    placed = {**first, "podAntiAffinityTopologyKey": ZONE, **({"affinity": NOT_AUTO_MODE} if operator.avoids_auto_mode else {})}
    # While nodes are replaced one stays, where there are several; of a single one, a budget would only keep its node from going.
    kept = {"podDisruptionBudget": {"enabled": True, "minAvailable": 1}} if operator.many else {}
    return {
        "fullnameOverride": "modelway",
        "crds": {"upgradeJob": UPGRADE},
        # Alerts are ours, each with a page that says what to do; those of the chart name severities that nobody is told of.
        "defaultRules": {"create": False},
        **{part: {"enabled": False} for part in LEFT_OUT},
        "prometheusOperator": {**first, "resources": _resources("100m", 128, 512)},
        "prometheus": {
            **kept,
            # Copies differ by moments: who looks twice asks the same one (prometheus-operator.dev/docs/platform/high-availability).
            **({"service": {"sessionAffinity": "ClientIP"}} if operator.many else {}),
            "prometheusSpec": {
                "replicas": operator.copies,
                "resources": _resources("200m", operator.memory_mib, 2 * operator.memory_mib),
                # A volume does not leave its zone, so nothing is lost by asking for one each.
                "podAntiAffinity": "hard",
                **placed,
                "scrapeInterval": operator.scrape_interval,
                "evaluationInterval": "30s",
                **({"enableRemoteWriteReceiver": True} if operator.written_to else {}),
                "retention": f"{operator.retention_days}d",
                # Fuller, the oldest metrics go: a full disk would end it.
                "retentionSize": f"{operator.storage_gib * 9 // 10}GiB",
                "storageSpec": _volume(storage_class_name, operator.storage_gib),
                # By default the chart takes only what its own release made.
                **{f"{kind}SelectorNilUsesHelmValues": False for kind in ("rule", "serviceMonitor", "podMonitor")},
            },
        },
        "alertmanager": {
            **kept,
            "serviceAccount": {"name": ALERTMANAGER},
            "alertmanagerSpec": {
                "replicas": operator.alertmanagers,
                "resources": _resources("10m", 64, 256),
                # Three do not fit into two zones.
                "podAntiAffinity": "soft",
                **placed,
                "storage": _volume(storage_class_name, SILENCES_GIB),
                **({"podMetadata": {"annotations": {"modelway.dev/identity": publisher}}} if publisher is not None else {}),
                # Many alerts are about a model, and have no label `namespace` that would match that of the receivers.
                "alertmanagerConfigMatcherStrategy": {"type": "None"},
                # So who writes receivers is told of everybody's alerts: only this namespace may.
                "alertmanagerConfigNamespaceSelector": own,
            },
        },
        "grafana": {
            # Empty, the chart makes a password up and keeps it in a Secret; its own default is public.
            "adminPassword": "",
            "defaultDashboardsEnabled": False,
            "resources": _resources("50m", 256, 512),
            "sidecar": {
                "dashboards": {"enabled": True, "label": "grafana_dashboard", "labelValue": "1", "searchNamespace": operator.namespace}
            },
        },
    }


def _resources(cpu: str, memory_mib: int, most_mib: int) -> dict[str, object]:
    return {"requests": {"cpu": cpu, "memory": f"{memory_mib}Mi"}, "limits": {"memory": f"{most_mib}Mi"}}


def _volume(storage_class_name: object, gib: int) -> dict[str, object]:
    asked = {"requests": {"storage": f"{gib}Gi"}}
    claim = {"storageClassName": storage_class_name, "accessModes": ["ReadWriteOnce"], "resources": asked}
    return {"volumeClaimTemplate": {"spec": claim}}


def monitor(name: str, namespace: object, labels: dict[str, str], spec: dict[str, object], kind: str = "ServiceMonitor") -> Manifest:
    """What is scraped in every namespace."""
    metadata = {"name": name, "namespace": namespace, "labels": labels}
    everywhere = {"namespaceSelector": {"any": True}, **spec}
    return {"apiVersion": "monitoring.coreos.com/v1", "kind": kind, "metadata": metadata, "spec": everywhere}


def state_metrics() -> dict[str, object]:
    """kube-state-metrics, wherever it runs; its labels win, since `namespace` is the pod's that it tells of and not its own."""
    selector = {"matchLabels": {"app.kubernetes.io/name": "kube-state-metrics"}}
    return {"selector": selector, "endpoints": [{"port": "http", "honorLabels": True}]}


def nodes() -> dict[str, object]:
    """prometheus-node-exporter, one on each node, whose name its series get."""
    named = {"sourceLabels": ["__meta_kubernetes_pod_node_name"], "targetLabel": "node"}
    selector = {"matchLabels": {"app.kubernetes.io/name": "prometheus-node-exporter"}}
    return {"selector": selector, "endpoints": [{"port": "metrics", "relabelings": [named]}]}


def envoy() -> dict[str, object]:
    """The proxies of Envoy Gateway (gateway.envoyproxy.io/docs/tasks/observability/proxy-metric)."""
    selector = {"matchLabels": {"app.kubernetes.io/name": "envoy", "app.kubernetes.io/managed-by": "envoy-gateway"}}
    return {"selector": selector, "podMetricsEndpoints": [{"port": "metrics", "path": "/stats/prometheus"}]}


def dcgm() -> dict[str, object]:
    """NVIDIA's exporter; `namespace` and `pod` are those of who uses the GPU."""
    selector = {"matchLabels": {"app.kubernetes.io/name": "dcgm-exporter"}}
    return {"selector": selector, "endpoints": [{"port": "metrics", "honorLabels": True}]}
