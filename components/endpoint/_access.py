"""Who reaches the pods of a model, as manifests: network policies, an address inside the cluster, tokens."""

from collections.abc import Sequence
from dataclasses import dataclass

from components import _labels as labels
from components import _names as names
from components import _ports as ports
from components.endpoint._version import Manifest, Version

POD_IDENTITY_AGENT = "169.254.170.23/32"
"""Where EKS pods get their credentials (docs.aws.amazon.com/eks/latest/userguide/pod-id-how-it-works.html)."""

ROUTE = "gateway.networking.k8s.io"
ENVOY = "gateway.envoyproxy.io/v1alpha1"


@dataclass(frozen=True)
class Callers:
    """Who may call besides the scraper of metrics."""

    gateway: bool = True
    """Whether whoever comes through the Gateway may."""
    proxies: Sequence[object] = ()
    """Namespaces that the Gateway's proxies run in besides its own."""
    namespaces: Sequence[object] = ()
    """Namespaces whose pods may."""


def network_policy(version: Version, callers: Callers) -> Manifest:
    """In: whoever may call, and the scraper, on the serving port. Out: TLS to AWS, and the agent that gives credentials; the namespace
    adds DNS."""
    allowed = [
        *([version.gateway_namespace, *callers.proxies] if callers.gateway else []),
        *callers.namespaces,
        version.monitoring_namespace,
    ]
    spec = {
        "podSelector": {"matchLabels": version.selector},
        "policyTypes": ["Ingress", "Egress"],
        "ingress": [{"from": [_all_of(namespace) for namespace in allowed], "ports": [_port()]}],
        "egress": [
            {"to": [{"ipBlock": {"cidr": "0.0.0.0/0"}}], "ports": [{"protocol": "TCP", "port": 443}]},
            {"to": [{"ipBlock": {"cidr": POD_IDENTITY_AGENT}}], "ports": [{"protocol": "TCP", "port": 80}]},
        ],
    }
    return version.manifest("networking.k8s.io/v1", "NetworkPolicy", spec=spec)


def inside(model: str, version: str, team: str, namespace: object) -> Manifest:
    """The address of the model for callers in the cluster; pods of its live version answer."""
    port = {"name": "http", "port": ports.SERVICE, "targetPort": "http", "protocol": "TCP", "appProtocol": "http"}
    return {
        "apiVersion": "v1",
        "kind": "Service",
        "metadata": {"name": model, "namespace": namespace, "labels": labels.of_model(model, team)},
        "spec": {"type": "ClusterIP", "selector": labels.selector(model, version), "ports": [port]},
    }


def way_out(model: str, team: str, namespace: object, caller: object, calling: str) -> Manifest:
    """Lets the pods of namespace `caller`, of team `calling`, call the model: they are denied every other way out."""
    destination = {**_all_of(namespace), "podSelector": {"matchLabels": {labels.MODEL: model}}}
    return {
        "apiVersion": "networking.k8s.io/v1",
        "kind": "NetworkPolicy",
        "metadata": {"name": names.label(model, "calls"), "namespace": caller, "labels": labels.of_model(model, team)},
        "spec": {
            # The namespace's other pods are none of ours.
            "podSelector": {"matchLabels": {labels.TEAM: calling}},
            "policyTypes": ["Egress"],
            "egress": [{"to": [destination], "ports": [_port()]}],
        },
    }


def tokens(model: str, team: str, namespace: object, *, issuer: str, audiences: Sequence[str], keys: str) -> Manifest:
    """Requests through the Gateway show a token of `issuer` for one of `audiences`, or are refused; `keys` is the address of its keys."""
    provider = {
        "name": "callers",
        "issuer": issuer,
        "audiences": list(audiences),
        "remoteJWKS": {"uri": keys, "cacheDuration": "300s"},
    }
    return {
        "apiVersion": ENVOY,
        "kind": "SecurityPolicy",
        "metadata": {"name": model, "namespace": namespace, "labels": labels.of_model(model, team)},
        "spec": {"targetRefs": [{"group": ROUTE, "kind": "HTTPRoute", "name": model}], "jwt": {"providers": [provider]}},
    }


def _all_of(namespace: object) -> dict[str, object]:
    return {"namespaceSelector": {"matchLabels": {"kubernetes.io/metadata.name": namespace}}}


def _port() -> dict[str, object]:
    return {"protocol": "TCP", "port": ports.SERVING}
