"""The one route of a model, as a manifest."""

from collections.abc import Mapping

from components import _labels as labels
from components import _ports as ports

Manifest = dict[str, object]


def url_path(model: str) -> str:
    """Where a model answers behind the Gateway (Open Inference Protocol v2)."""
    return f"/v2/models/{model}"


def http_route(
    model: str, team: str, namespace: object, gateway: Mapping[str, object], weights: Mapping[str, int], mirrors: Mapping[str, int]
) -> Manifest:
    """An HTTPRoute that spreads requests over Services by weight and copies a share of them to others, whose answers nobody sees.

    `weights` and `mirrors` are percentages by the name of a Service. What the API server would fill in is written out, because the
    rules are one atomic list: a default filled in there would read as a change.
    """
    mirrored = [
        {"type": "RequestMirror", "requestMirror": {"backendRef": _backend(service), "percent": percent}}
        for service, percent in mirrors.items()
    ]
    rule: dict[str, object] = {
        "matches": [{"path": {"type": "PathPrefix", "value": url_path(model)}}],
        "backendRefs": [_backend(service) | {"weight": weight} for service, weight in weights.items()],
    }
    if mirrored:
        rule["filters"] = mirrored
    parent = {"group": "gateway.networking.k8s.io", "kind": "Gateway", "name": gateway["name"], "namespace": gateway["namespace"]}
    return {
        "apiVersion": "gateway.networking.k8s.io/v1",
        "kind": "HTTPRoute",
        "metadata": {"name": model, "namespace": namespace, "labels": labels.of_model(model, team)},
        "spec": {"parentRefs": [parent], "rules": [rule]},
    }


def _backend(service: str) -> dict[str, object]:
    return {"group": "", "kind": "Service", "name": service, "port": ports.SERVICE}
