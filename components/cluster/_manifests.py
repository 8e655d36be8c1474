"""What a cluster holds before any model: namespaces of teams and the Gateway they share, as manifests."""

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


def default_deny(team: str) -> Manifest:
    """Nothing goes in or out of the team's pods but questions to the cluster's DNS; what a model needs it opens itself."""
    dns = {
        "to": [
            {
                "namespaceSelector": {"matchLabels": {"kubernetes.io/metadata.name": "kube-system"}},
                "podSelector": {"matchLabels": {"k8s-app": "kube-dns"}},
            }
        ],
        "ports": DNS_PORTS,
    }
    return {
        "apiVersion": "networking.k8s.io/v1",
        "kind": "NetworkPolicy",
        "metadata": {"name": "default-deny", "namespace": team, "labels": MANAGED | {TEAM: team}},
        "spec": {"podSelector": {}, "policyTypes": ["Ingress", "Egress"], "egress": [dns]},
    }


def gateway(name: str, namespace: str, gateway_class: str) -> Manifest:
    """A Gateway that routes in namespaces of teams may hang on, and no others."""
    teams = {"from": "Selector", "selector": {"matchExpressions": [{"key": TEAM, "operator": "Exists"}]}}
    listener = {"name": "http", "port": 80, "protocol": "HTTP", "allowedRoutes": {"namespaces": teams}}
    return {
        "apiVersion": "gateway.networking.k8s.io/v1",
        "kind": "Gateway",
        "metadata": {"name": name, "namespace": namespace, "labels": MANAGED | {"app.kubernetes.io/name": name}},
        "spec": {"gatewayClassName": gateway_class, "listeners": [listener]},
    }
