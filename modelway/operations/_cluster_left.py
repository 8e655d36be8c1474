"""What a cluster still has of a model that serves no more. Reads only."""

from modelway.operations._cluster import ClusterFailure
from modelway.operations._cluster_stop import MODEL, ClusterSwitch

KINDS = {
    "Deployment": "/apis/apps/v1/namespaces/{}/deployments",
    "Service": "/api/v1/namespaces/{}/services",
    "ServiceAccount": "/api/v1/namespaces/{}/serviceaccounts",
    "ConfigMap": "/api/v1/namespaces/{}/configmaps",
    "PersistentVolumeClaim": "/api/v1/namespaces/{}/persistentvolumeclaims",
    "NetworkPolicy": "/apis/networking.k8s.io/v1/namespaces/{}/networkpolicies",
    "CronJob": "/apis/batch/v1/namespaces/{}/cronjobs",
    "HTTPRoute": "/apis/gateway.networking.k8s.io/v1/namespaces/{}/httproutes",
    "PrometheusRule": "/apis/monitoring.coreos.com/v1/namespaces/{}/prometheusrules",
}
"""What endpoints and their monitoring are made of."""


class ClusterLeft(ClusterSwitch):
    """What is left in one cluster."""

    def of(self, namespaces: list[str], model: str) -> tuple[list[str], list[str]]:
        """Objects with the model's label, in words; and kinds that nobody could look at, and why."""
        left, unknown = [], []
        for namespace in namespaces:
            for kind, path in KINDS.items():
                try:
                    found = self._get(path.format(namespace), labelSelector=f"{MODEL}={model}") or {}
                except ClusterFailure as fault:
                    unknown.append(f"{kind} in namespace {namespace}: {fault}")
                    continue
                left += [f"{kind} {namespace}/{one['metadata']['name']}" for one in found.get("items", [])]
        return left, unknown
