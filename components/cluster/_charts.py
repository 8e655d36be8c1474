"""Charts for nodes, as data."""

from dataclasses import dataclass

from components._node_labels import HAS_GPU


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

SHARES = 4
"""Pods that take turns on a GPU where nodes say `nvidia.com/device-plugin.config: shared`."""

_WHOLE = "version: v1"
_SHARED = f"""version: v1
sharing:
  timeSlicing:
    renameByDefault: true
    failRequestsGreaterThanOne: true
    resources: [{{name: nvidia.com/gpu, replicas: {SHARES}}}]"""
_DIVIDED = """version: v1
flags: {migStrategy: mixed}"""


def device_plugin() -> dict[str, object]:
    """GPUs are whole, unless a pool has the label nvidia.com/device-plugin.config: `shared` offers nvidia.com/gpu.shared by turns,
    `divided` the profiles that MIG was set to (github.com/NVIDIA/k8s-device-plugin#deployment-via-helm)."""
    return {"config": {"map": {"whole": _WHOLE, "shared": _SHARED, "divided": _DIVIDED}, "default": "whole"}}


def gpu_metrics() -> dict[str, object]:
    """One pod on every node with GPUs, whatever keeps others off; who is scraped is said elsewhere, by the chart's labels and port
    (github.com/NVIDIA/dcgm-exporter)."""
    return {
        "serviceMonitor": {"enabled": False},
        "nodeSelector": HAS_GPU,
        "tolerations": [{"operator": "Exists"}],
        "resources": {"requests": {"cpu": "100m", "memory": "256Mi"}, "limits": {"memory": "1Gi"}},
    }


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
