"""The calls to Kubernetes that operations make: what is there, and a way to a pod. Errors become ClusterFailure."""

import http.client
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any, Self

import urllib3
from kubernetes import client, config
from kubernetes.stream import portforward

from modelway.errors import ModelwayError


class ClusterFailure(ModelwayError):
    """The cluster refused a call, or could not be reached."""


class Cluster:
    """One cluster, as whoever the kubeconfig names."""

    def __init__(self, api: client.ApiClient, name: str) -> None:
        self._name = name
        self._core, self._custom = client.CoreV1Api(api), client.CustomObjectsApi(api)

    @classmethod
    def of_context(cls, context: str) -> Self:
        """The cluster that a context of the kubeconfig leads to."""
        with explained(context):
            return cls(config.new_client_from_config(context=context), context)  # type: ignore[no-untyped-call]

    @classmethod
    def of_kubeconfig(cls, kubeconfig: Mapping[str, object], context: str) -> Self:
        """The cluster that a context of `kubeconfig` leads to."""
        with explained(context):
            return cls(config.new_client_from_config_dict(dict(kubeconfig), context=context), context)  # type: ignore[no-untyped-call]

    def address(self, gateway: str, namespace: str) -> str | None:
        """Where a Gateway answers; None while its controller has not said so."""
        with explained(self._name):
            found: Any = self._custom.get_namespaced_custom_object("gateway.networking.k8s.io", "v1", namespace, "gateways", gateway)
        status = found.get("status", {})
        programmed = any(each["type"] == "Programmed" and each["status"] == "True" for each in status.get("conditions", []))
        addresses = [str(each["value"]) for each in status.get("addresses", [])]
        return addresses[0] if programmed and addresses else None

    def pods(self, namespace: str, labels: Mapping[str, str]) -> list[str]:
        """Names of the pods with these labels that are ready."""
        selector = ",".join(f"{key}={value}" for key, value in labels.items())
        with explained(self._name):
            found: Any = self._core.list_namespaced_pod(namespace, label_selector=selector).items
        return [
            each.metadata.name
            for each in found
            if any(one.type == "Ready" and one.status == "True" for one in each.status.conditions or [])
        ]

    def simulated(self, namespace: str, pod: str) -> bool:
        """Whether nothing runs in the pod: its node is kwok's (kwok.sigs.k8s.io/docs/user/kwok-manage-nodes-and-pods)."""
        with explained(self._name):
            found: Any = self._core.read_namespaced_pod(pod, namespace)
            node: Any = self._core.read_node(found.spec.node_name)
        annotations = node.metadata.annotations or {}
        return annotations.get("kwok.x-k8s.io/node") == "fake"

    def variables(self, namespace: str, pod: str) -> dict[str, str]:
        """Variables of a pod's first container, as far as they are written there."""
        with explained(self._name):
            found: Any = self._core.read_namespaced_pod(pod, namespace)
        return {each.name: each.value for each in found.spec.containers[0].env or [] if each.value is not None}

    def post(self, namespace: str, pod: str, port: int, path: str, body: bytes, headers: Mapping[str, str]) -> tuple[int, bytes]:
        """Status and content of a POST to a port of the pod, by way of the API server and the pod's node."""
        with explained(self._name):
            forwarded: Any = portforward(self._core.connect_get_namespaced_pod_portforward, pod, namespace, ports=str(port))
            connection = http.client.HTTPConnection(f"{pod}.{namespace}", timeout=60)
            connection.sock = forwarded.socket(port)
            connection.sock.setblocking(True)
            try:
                connection.request("POST", path, body, dict(headers))
                answer = connection.getresponse()
                return answer.status, answer.read()
            finally:
                connection.close()


@contextmanager
def explained(name: str) -> Iterator[None]:
    """Errors of calls to a cluster as ClusterFailure, which names it."""
    try:
        yield
    except client.ApiException as fault:
        raise ClusterFailure(f"cluster {name}: {fault.status} {fault.reason}") from fault
    except (config.ConfigException, urllib3.exceptions.HTTPError, http.client.HTTPException, OSError) as fault:
        raise ClusterFailure(f"cluster {name} cannot be reached: {fault}") from fault
