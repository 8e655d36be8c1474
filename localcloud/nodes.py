"""Node objects of a cluster. kwok plays their kubelets."""

from typing import Any
from urllib.parse import quote

from localcloud.api import Api, ApiError
from localcloud.control import NodeSpec

GROUP_LABEL = "modelway.dev/node-group"

GPU = "nvidia.com/gpu"

LOCAL_NODES = [
    NodeSpec("cpu-1", cpu="8", memory="32Gi", zone="local-a", instance_type="modelway-local"),
    NodeSpec("cpu-2", cpu="8", memory="32Gi", zone="local-b", instance_type="modelway-local"),
    NodeSpec(
        "gpu-1",
        cpu="8",
        memory="32Gi",
        zone="local-a",
        instance_type="modelway-local-gpu",
        gpus=1,
        taints=[{"key": GPU, "value": "present", "effect": "NoSchedule"}],
    ),
]
"""What the cluster `local` has."""


def set_nodes(api: Api, group: str, nodes: list[NodeSpec]) -> None:
    """Afterwards the nodes of `group` are exactly these. Pods of a node that is gone are collected by the controller manager."""
    existing = {
        node["metadata"]["name"]: node
        for node in api.call("GET", f"/api/v1/nodes?labelSelector={quote(f'{GROUP_LABEL}={group}')}")["items"]
    }
    wanted = {node.name: manifest(node, group) for node in nodes}
    for name, node in existing.items():
        if name not in wanted or _hardware(node) != _hardware(wanted[name]):
            _delete(api, name)
    for name, node in wanted.items():
        current = existing.get(name)
        if current is None or _hardware(current) != _hardware(node):
            api.call("POST", "/api/v1/nodes", node)
        else:
            _update(api, current, node)


def manifest(spec: NodeSpec, group: str) -> dict[str, Any]:
    """The Node as its kubelet would register it."""
    resources = {"cpu": spec.cpu, "memory": spec.memory, "pods": "110", "ephemeral-storage": "100Gi"}
    if spec.gpus:
        resources[GPU] = str(spec.gpus)
    labels = {
        "kubernetes.io/hostname": spec.name,
        "kubernetes.io/os": "linux",
        "kubernetes.io/arch": "amd64",
        "topology.kubernetes.io/zone": spec.zone,
        "node.kubernetes.io/instance-type": spec.instance_type,
        GROUP_LABEL: group,
        **spec.labels,
    }
    return {
        "apiVersion": "v1",
        "kind": "Node",
        "metadata": {"name": spec.name, "labels": labels, "annotations": {"kwok.x-k8s.io/node": "fake"}},
        "spec": {"taints": spec.taints} if spec.taints else {},
        "status": {"allocatable": resources, "capacity": resources},
    }


def _update(api: Api, current: dict[str, Any], wanted: dict[str, Any]) -> None:
    # Taints the control plane sets by itself (not-ready, unreachable, …) are its own.
    taints = [taint for taint in current["spec"].get("taints", []) if taint["key"].startswith("node.kubernetes.io/")]
    taints += wanted["spec"].get("taints", [])
    labels: dict[str, str | None] = dict.fromkeys(current["metadata"].get("labels", {}))  # a null removes
    labels.update(wanted["metadata"]["labels"])
    patch = {"metadata": {"labels": labels}, "spec": {"taints": taints}}
    api.call("PATCH", f"/api/v1/nodes/{current['metadata']['name']}", patch, "application/merge-patch+json")


def _delete(api: Api, name: str) -> None:
    try:
        api.call("DELETE", f"/api/v1/nodes/{name}")
    except ApiError as fault:
        if fault.status != 404:
            raise


def _hardware(node: dict[str, Any]) -> tuple[dict[str, str], str, str]:
    labels = node["metadata"]["labels"]
    return node["status"]["capacity"], labels["topology.kubernetes.io/zone"], labels["node.kubernetes.io/instance-type"]
