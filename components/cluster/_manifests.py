"""What a cluster holds before any model: namespaces of teams and the Gateway they share, as manifests."""

from collections.abc import Mapping
from dataclasses import dataclass

from components._labels import MANAGED, TEAM

Manifest = dict[str, object]

DNS_PORTS = [{"protocol": "UDP", "port": 53}, {"protocol": "TCP", "port": 53}]


def namespace(name: str, *, pod_security: str, labels: dict[str, str] | None = None) -> Manifest:
    """A namespace in which pods are held to a Pod Security Standard (kubernetes.io/docs/concepts/security/pod-security-standards)."""
    security = {f"pod-security.kubernetes.io/{mode}": pod_security for mode in ("enforce", "audit", "warn")}
    metadata = {"name": name, "labels": MANAGED | security | (labels or {})}
    return {"apiVersion": "v1", "kind": "Namespace", "metadata": metadata}


def team_namespace(team: str) -> Manifest:
    """The namespace of a team: Pod Security `restricted`, open to the shared Gateway."""
    return namespace(team, pod_security="restricted", labels={TEAM: team})


def default_deny(team: str, *, dns_on_nodes: bool = False) -> Manifest:
    """Nothing goes in or out of the team's pods but questions to the cluster's DNS; what a model needs it opens itself."""
    pods = {
        "namespaceSelector": {"matchLabels": {"kubernetes.io/metadata.name": "kube-system"}},
        "podSelector": {"matchLabels": {"k8s-app": "kube-dns"}},
    }
    # A program of the node answers in Auto Mode, not a pod, and which address it has AWS does not say
    # (docs.aws.amazon.com/eks/latest/userguide/auto-networking.html).
    dns = {"ports": DNS_PORTS} if dns_on_nodes else {"to": [pods], "ports": DNS_PORTS}
    return {
        "apiVersion": "networking.k8s.io/v1",
        "kind": "NetworkPolicy",
        "metadata": {"name": "default-deny", "namespace": team, "labels": MANAGED | {TEAM: team}},
        "spec": {"podSelector": {}, "policyTypes": ["Ingress", "Egress"], "egress": [dns]},
    }


def quota(team: str, hard: Mapping[str, str]) -> Manifest:
    """What the pods of a team may ask for together. A load balancer or an open port of a node is never among it: requests come by the
    Gateway."""
    closed = {"services.loadbalancers": "0", "services.nodeports": "0"}
    return {
        "apiVersion": "v1",
        "kind": "ResourceQuota",
        "metadata": {"name": "team", "namespace": team, "labels": MANAGED | {TEAM: team}},
        "spec": {"hard": closed | dict(hard)},
    }


def limit_range(team: str) -> Manifest:
    """What a container asks for that does not say; a pod that asks for nothing would be put anywhere and be the first to go."""
    limit = {"type": "Container", "defaultRequest": {"cpu": "100m", "memory": "128Mi"}}
    return {
        "apiVersion": "v1",
        "kind": "LimitRange",
        "metadata": {"name": "team", "namespace": team, "labels": MANAGED | {TEAM: team}},
        "spec": {"limits": [limit]},
    }


def policies_in_auto_mode() -> Manifest:
    """What switches network policies on where no vpc-cni add-on does (docs.aws.amazon.com/eks/latest/userguide/auto-net-pol.html)."""
    return {
        "apiVersion": "v1",
        "kind": "ConfigMap",
        "metadata": {"name": "amazon-vpc-cni", "namespace": "kube-system", "labels": MANAGED},
        "data": {"enable-network-policy-controller": "true"},
    }


@dataclass(frozen=True)
class Tls:
    """How callers are answered: by HTTPS alone."""

    secret: str
    """Secret of type kubernetes.io/tls in the Gateway's namespace."""
    hostname: str = ""
    """Name that callers use; any when empty."""
    issuer: str = ""
    """ClusterIssuer by which cert-manager makes the Secret; somebody else does when empty."""


def gateway(name: str, namespace: str, gateway_class: object, tls: Tls | None = None) -> Manifest:
    """A Gateway that routes in namespaces of teams may hang on, and no others. With `tls` nothing is answered in the clear."""
    teams = {"from": "Selector", "selector": {"matchExpressions": [{"key": TEAM, "operator": "Exists"}]}}
    listener: Manifest = {"name": "http", "port": 80, "protocol": "HTTP", "allowedRoutes": {"namespaces": teams}}
    metadata: Manifest = {"name": name, "namespace": namespace, "labels": MANAGED | {"app.kubernetes.io/name": name}}
    if tls is not None:
        certificate = {"mode": "Terminate", "certificateRefs": [{"group": "", "kind": "Secret", "name": tls.secret}]}
        listener |= {"name": "https", "port": 443, "protocol": "HTTPS", "tls": certificate}
        if tls.hostname:
            listener["hostname"] = tls.hostname
        if tls.issuer:
            metadata["annotations"] = {"cert-manager.io/cluster-issuer": tls.issuer}
    return {
        "apiVersion": "gateway.networking.k8s.io/v1",
        "kind": "Gateway",
        "metadata": metadata,
        "spec": {"gatewayClassName": gateway_class, "listeners": [listener]},
    }
