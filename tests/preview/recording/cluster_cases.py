"""Previews of small programs on Kubernetes."""

from collections.abc import Iterator
from typing import Any

from tests.preview.recording.declared import Case, Item, kube, namespace, res

OLD, NEW = (f"registry.example.com/credit-risk@sha256:{digit * 64}" for digit in "ab")


def cases() -> Iterator[Case]:
    for case in (*serving(), *routing(), *watching(), *guarding(), *scaling(), *keeping()):
        yield Case(**{**vars(case), "before": [namespace(), *case.before], "after": [namespace(), *case.after]})


def deployment(image: str = OLD, replicas: int = 2, name: str = "credit-risk", strategy: str = "RollingUpdate", **more: Any) -> Item:
    labels = {"app": "credit-risk"}
    container = {"name": "server", "image": image, "resources": {"requests": {"cpu": "10m", "memory": "16Mi"}}}
    template = {"metadata": {"labels": labels}, "spec": {"containers": [{**container, **more}]}}
    # What waits for pods takes long on a machine that others use.
    skip = {"annotations": {"pulumi.com/skipAwait": "true"}}
    spec = {"replicas": replicas, "selector": {"matchLabels": labels}, "strategy": {"type": strategy}, "template": template}
    return kube("apps/v1", "Deployment", name, spec, metadata=skip)


def service(name: str) -> Item:
    spec = {"selector": {"app": name}, "ports": [{"name": "http", "port": 80, "targetPort": 8080}]}
    return kube("core/v1", "Service", name, spec, metadata={"annotations": {"pulumi.com/skipAwait": "true"}})


def serving() -> Iterator[Case]:
    yield Case("image-digest-changed", [deployment()], [deployment(NEW)], (("traffic", "credit-risk"),), tuned=True)
    yield Case(
        "image-tag-instead",
        [deployment()],
        [deployment("registry.example.com/credit-risk:latest")],
        (("traffic", "credit-risk"),),
        may=(("exposure", "credit-risk"), ("review", "credit-risk")),
    )
    yield Case("replicas-raised", [deployment()], [deployment(replicas=4)], may=(("review", "credit-risk"),))
    yield Case("replicas-to-none", [deployment()], [deployment(replicas=0)], (("disruptive", "credit-risk"),))
    yield Case(
        "recreated-on-change",
        [deployment(strategy="Recreate")],
        [deployment(NEW, strategy="Recreate")],
        (("disruptive", "credit-risk"), ("traffic", "credit-risk")),
    )
    yield Case(
        "deployment-deleted",
        [deployment(), service("credit-risk")],
        [service("credit-risk")],
        (("disruptive", "credit-risk"),),
        may=(("traffic", "credit-risk"), ("irreversible", "credit-risk")),
    )
    secret = {"env": [{"name": "DATABASE_PASSWORD", "value": {"$secret": "first words of it"}}]}
    other = {"env": [{"name": "DATABASE_PASSWORD", "value": {"$secret": "other words of it"}}]}
    yield Case(
        "secret-variable-changed",
        [deployment(**secret)],
        [deployment(**other)],
        (("review", "credit-risk"),),
        tuned=True,
    )
    yield Case(
        "labels-added",
        [kube("core/v1", "ConfigMap", "settings", data={"a": "1"})],
        [kube("core/v1", "ConfigMap", "settings", data={"a": "1"}, metadata={"labels": {"team": "risk"}})],
    )
    yield Case("quantity-in-other-words", [deployment()], [deployment(resources={"requests": {"cpu": "0.01", "memory": "16777216"}})])


def route(*backends: tuple[str, int], mirror: str = "", host: str = "models.example.com") -> Item:
    filters = [{"type": "RequestMirror", "requestMirror": {"backendRef": {"name": mirror, "port": 80}, "percent": 50}}] if mirror else []
    rule = {
        "backendRefs": [{"name": name, "port": 80, "weight": weight} for name, weight in backends],
        **({"filters": filters} if filters else {}),
    }
    spec = {"parentRefs": [{"name": "models"}], "hostnames": [host], "rules": [rule]}
    return kube(
        "gateway.networking.k8s.io/v1", "HTTPRoute", "credit-risk", spec, metadata={"annotations": {"pulumi.com/skipAwait": "true"}}
    )


def routing() -> Iterator[Case]:
    old, new = service("risk-1"), service("risk-2")
    whole = route(("risk-1", 100), ("risk-2", 0))
    yield Case(
        "canary-begun", [old, new, whole], [old, new, route(("risk-1", 90), ("risk-2", 10))], (("traffic", "credit-risk"),), tuned=True
    )
    yield Case("canary-jump", [old, new, whole], [old, new, route(("risk-1", 0), ("risk-2", 100))], (("traffic", "credit-risk"),))
    yield Case(
        "promoted", [old, new, route(("risk-1", 50), ("risk-2", 50))], [old, new, route(("risk-2", 100))], (("traffic", "credit-risk"),)
    )
    yield Case(
        "shadow-begun",
        [old, new, route(("risk-1", 100))],
        [old, new, route(("risk-1", 100), mirror="risk-2")],
        (("traffic", "credit-risk"),),
    )
    yield Case("backend-missing", [old, new, whole], [old, new, route(("risk-1", 90), ("risk-3", 10))], (("traffic", "credit-risk"),))
    yield Case("weights-alike", [old, new, route(("risk-1", 1), ("risk-2", 1))], [old, new, route(("risk-1", 50), ("risk-2", 50))])
    yield Case("backends-reordered", [old, new, route(("risk-1", 90), ("risk-2", 10))], [old, new, route(("risk-2", 10), ("risk-1", 90))])
    yield Case(
        "host-changed",
        [old, route(("risk-1", 100))],
        [old, route(("risk-1", 100), host="ml.example.com")],
        (("disruptive", "credit-risk"),),
    )
    yield Case("route-deleted", [old, route(("risk-1", 100))], [old], (("disruptive", "credit-risk"),), may=(("traffic", "credit-risk"),))
    listener = {"name": "http", "protocol": "HTTP", "port": 80}
    gateway = kube(
        "gateway.networking.k8s.io/v1",
        "Gateway",
        "models",
        {"gatewayClassName": "modelway-local", "listeners": [listener]},
        metadata={"annotations": {"pulumi.com/skipAwait": "true"}},
    )
    yield Case("gateway-deleted", [gateway, old], [old], (("disruptive", "models"),), may=(("traffic", "models"),))


def watching() -> Iterator[Case]:
    rule = {"alert": "Down", "expr": "up == 0", "for": "5m", "labels": {"severity": "page"}}
    slow = {**rule, "alert": "Slow", "expr": "latency > 1"}

    def rules(*kept: Item) -> Item:
        return kube("monitoring.coreos.com/v1", "PrometheusRule", "credit-risk", {"groups": [{"name": "slo", "rules": list(kept)}]})

    settings = kube("core/v1", "ConfigMap", "settings", data={"a": "1"})
    yield Case("rules-deleted", [rules(rule), settings], [settings], (("blind", "credit-risk"),))
    yield Case("rule-removed", [rules(rule, slow)], [rules(rule)], (("blind", "credit-risk"),))
    yield Case("rule-added", [rules(rule)], [rules(rule, slow)], may=(("review", "credit-risk"),))
    scraped = kube(
        "monitoring.coreos.com/v1",
        "ServiceMonitor",
        "credit-risk",
        {"selector": {"matchLabels": {"app": "credit-risk"}}, "endpoints": [{"port": "http"}]},
    )
    yield Case("scraping-deleted", [scraped, settings], [settings], (("blind", "credit-risk"),))


def guarding() -> Iterator[Case]:
    inside = [{"from": [{"podSelector": {"matchLabels": {"app": "gateway"}}}]}]

    def policy(ingress: list[Any]) -> Item:
        return kube(
            "networking.k8s.io/v1", "NetworkPolicy", "credit-risk", {"podSelector": {}, "policyTypes": ["Ingress"], "ingress": ingress}
        )

    settings = kube("core/v1", "ConfigMap", "settings", data={"a": "1"})
    yield Case("network-policy-opened", [policy(inside)], [policy([{}])], (("exposure", "credit-risk"),))
    yield Case("network-policy-deleted", [policy(inside), settings], [settings], (("exposure", "credit-risk"),))
    yield Case("network-policy-closed", [policy([{}])], [policy(inside)])
    volume = {"accessModes": ["ReadWriteOnce"], "resources": {"requests": {"storage": "1Gi"}}, "storageClassName": "none"}
    claim = kube("core/v1", "PersistentVolumeClaim", "weights", volume, metadata={"annotations": {"pulumi.com/skipAwait": "true"}})
    yield Case("volume-deleted", [claim, settings], [settings], (("irreversible", "weights"),))
    yield Case("settings-changed", [settings], [kube("core/v1", "ConfigMap", "settings", data={"a": "2"})], may=(("review", "settings"),))
    yield Case(
        "object-refused",
        [settings],
        [settings, res("kubernetes:apps/v1:Deployment", "bad", {"metadata": {"name": "Not_A_Name", "namespace": "NAMESPACE"}, "spec": {}})],
        result="failed",
        decision="unknown",
    )


def scaling() -> Iterator[Case]:
    """Recorded before a report of them was read, as were those of `keeping`."""

    def scaled(least: int, most: int, threshold: str = "100") -> Item:
        trigger = {"type": "prometheus", "metadata": {"serverAddress": "http://prometheus:9090", "query": "up", "threshold": threshold}}
        spec = {"scaleTargetRef": {"name": "credit-risk"}, "minReplicaCount": least, "maxReplicaCount": most, "triggers": [trigger]}
        return kube("keda.sh/v1alpha1", "ScaledObject", "credit-risk-scaling", spec)

    there = [deployment(), scaled(2, 6)]
    yield Case("scaled-to-none", there, [deployment(), scaled(0, 6)], (("disruptive", "credit-risk-scaling"),))
    yield Case("scaled-to-more", there, [deployment(), scaled(2, 12)], may=(("review", "credit-risk-scaling"),))
    yield Case("scaling-removed", there, [deployment()], (("disruptive", "credit-risk-scaling"),))
    budget = kube(
        "policy/v1",
        "PodDisruptionBudget",
        "credit-risk-budget",
        {"minAvailable": 1, "selector": {"matchLabels": {"app": "credit-risk"}}},
    )
    yield Case("budget-removed", [deployment(), budget], [deployment()], (("disruptive", "credit-risk-budget"),))


def keeping() -> Iterator[Case]:
    def secret(name: str, words: str) -> Item:
        return kube("core/v1", "Secret", "access", stringData={"password": {"$secret": words}}, metadata={"name": name})

    settings = kube("core/v1", "ConfigMap", "settings", data={"a": "1"})
    first = secret("access", "first words of it")
    # The provider makes a Secret anew for another value, so that for a moment there is none; what it holds the program has.
    gone = (("disruptive", "access"),)
    yield Case("secret-turned", [first], [secret("access", "other words of it")], may=(("review", "access"), *gone), tuned=True)
    yield Case("secret-replaced", [first], [secret("access-2", "first words of it")], gone, tuned=True)
    yield Case("secret-deleted", [first, settings], [settings], gone, tuned=True)
    account = kube("core/v1", "ServiceAccount", "runs")
    yield Case("account-labelled", [account], [kube("core/v1", "ServiceAccount", "runs", metadata={"labels": {"team": "risk"}})])
