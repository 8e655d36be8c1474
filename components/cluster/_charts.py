"""Charts for nodes, as data."""

from dataclasses import dataclass

from components import _labels as labels
from components._node_labels import HAS_GPU

AUTO_MODE = "eks.amazonaws.com/compute-type"
"""Label of nodes that EKS Auto Mode made, with the value auto (docs.aws.amazon.com/eks/latest/userguide/associate-workload.html)."""


@dataclass(frozen=True)
class Chart:
    """A chart in one version."""

    name: str
    repository: str
    version: str


DEVICE_PLUGIN = Chart("nvidia-device-plugin", "https://nvidia.github.io/k8s-device-plugin", "0.18.2")
GPU_METRICS = Chart("dcgm-exporter", "https://nvidia.github.io/dcgm-exporter/helm-charts", "4.8.4")
AUTOSCALER = Chart("cluster-autoscaler", "https://kubernetes.github.io/autoscaler", "9.46.6")

AUTOSCALER_ACCOUNT = "cluster-autoscaler"
"""Service account in kube-system."""

KEDA_NAMESPACE, KEDA_ACCOUNT = "keda", "keda-operator"
"""Where KEDA is, and the service account by which its operator asks for metrics."""

SHARES = 4
"""Pods that take turns on a GPU where nodes say `nvidia.com/device-plugin.config: shared`."""

_READ = ["get", "list", "watch"]

_WHOLE = "version: v1"
_SHARED = f"""version: v1
sharing:
  timeSlicing:
    renameByDefault: true
    failRequestsGreaterThanOne: true
    resources: [{{name: nvidia.com/gpu, replicas: {SHARES}}}]"""
_DIVIDED = """version: v1
flags: {migStrategy: mixed}"""


def keda(identity: object = None) -> dict[str, object]:
    """Two of what scales, or nothing does while a node is replaced.

    `identity`: id of the association by which the operator's pods have a role; they start after it, and anew when it is another.
    """
    annotations = {} if identity is None else {"podAnnotations": {"keda": {"modelway.dev/identity": identity}}}
    account = {"operator": {"name": KEDA_ACCOUNT}}
    return {"operator": {"replicaCount": 2}, "metricsServer": {"replicaCount": 2}, "serviceAccount": account, **annotations}


def device_plugin() -> dict[str, object]:
    """GPUs are whole, unless a pool has the label nvidia.com/device-plugin.config: `shared` offers nvidia.com/gpu.shared by turns,
    `divided` the profiles that MIG was set to (github.com/NVIDIA/k8s-device-plugin#deployment-via-helm).

    On every node with GPUs, whatever keeps others off, but Auto Mode's, which offer theirs by themselves
    (docs.aws.amazon.com/eks/latest/userguide/auto-accelerated.html)."""
    where = [
        *({"key": key, "operator": "In", "values": [value]} for key, value in HAS_GPU.items()),
        {"key": AUTO_MODE, "operator": "NotIn", "values": ["auto"]},
    ]
    return {
        "config": {"map": {"whole": _WHOLE, "shared": _SHARED, "divided": _DIVIDED}, "default": "whole"},
        "tolerations": [{"operator": "Exists"}],
        # In place of the chart's own, which asks for any of three labels.
        "affinity": {
            "nodeAffinity": {"requiredDuringSchedulingIgnoredDuringExecution": {"nodeSelectorTerms": [{"matchExpressions": where}]}}
        },
    }


def gpu_metrics() -> dict[str, object]:
    """One pod on every node with GPUs, whatever keeps others off; who is scraped is said elsewhere, by the chart's labels and port
    (github.com/NVIDIA/dcgm-exporter)."""
    return {
        "serviceMonitor": {"enabled": False},
        "nodeSelector": HAS_GPU,
        "tolerations": [{"operator": "Exists"}],
        "resources": {"requests": {"cpu": "100m", "memory": "256Mi"}, "limits": {"memory": "1Gi"}},
    }


def autoscaler_reads() -> tuple[dict[str, object], dict[str, object]]:
    """A role and its binding: what the autoscaler of 1.34 and 1.35 lists and the chart's own role does not let it, whichever version of the
    chart it is. Without devices it finds no room for any pod (github.com/kubernetes/autoscaler/issues/9244)."""
    name = f"{AUTOSCALER_ACCOUNT}-devices-and-attachments"
    rbac = {"apiVersion": "rbac.authorization.k8s.io/v1", "metadata": {"name": name, "labels": labels.MANAGED}}
    devices = {"apiGroups": ["resource.k8s.io"], "resources": ["deviceclasses", "resourceclaims", "resourceslices"], "verbs": _READ}
    attached = {"apiGroups": ["storage.k8s.io"], "resources": ["volumeattachments"], "verbs": _READ}
    account = {"kind": "ServiceAccount", "name": AUTOSCALER_ACCOUNT, "namespace": "kube-system"}
    return (
        {**rbac, "kind": "ClusterRole", "rules": [devices, attached]},
        {
            **rbac,
            "kind": "ClusterRoleBinding",
            "roleRef": {"apiGroup": "rbac.authorization.k8s.io", "kind": "ClusterRole", "name": name},
            "subjects": [account],
        },
    )


def autoscaler(cluster_name: str, region: str, version: str) -> dict[str, object]:
    """Two of it, one at work; groups are found by the tags that EKS gives them
    (github.com/kubernetes/autoscaler/blob/master/cluster-autoscaler/cloudprovider/aws/README.md)."""
    return {
        "autoDiscovery": {"clusterName": cluster_name},
        "awsRegion": region,
        "image": {"tag": f"v{version}.0"},
        "replicaCount": 2,
        "rbac": {"serviceAccount": {"name": AUTOSCALER_ACCOUNT}},
        "extraArgs": {"balance-similar-node-groups": True, "expander": "least-waste", "skip-nodes-with-system-pods": False},
        "podDisruptionBudget": {"maxUnavailable": 1},
        "resources": {"requests": {"cpu": "100m", "memory": "300Mi"}, "limits": {"memory": "600Mi"}},
    }
