"""The one route of a model, as a manifest."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from components import _labels as labels
from components import _ports as ports

Manifest = dict[str, object]

GROUP = "gateway.networking.k8s.io"


@dataclass(frozen=True)
class Spread:
    """Who gets which requests; by the names of Services."""

    weights: Mapping[str, int]
    """Percentages of the requests without such a header, 100 together."""
    headers: Mapping[str, tuple[str, str]] = field(default_factory=dict)
    """Name and value of the header whose requests it answers."""
    mirrors: Mapping[str, int] = field(default_factory=dict)
    """Percentages of all requests that are copied to it."""
    timeout: int = 0
    """Seconds until the Gateway answers with an error; 0 for the Gateway's own limit."""


def url_path(model: str) -> str:
    """Where a model answers behind the Gateway (Open Inference Protocol v2)."""
    return f"/v2/models/{model}"


def http_route(model: str, team: str, namespace: object, gateway: Mapping[str, object], spread: Spread) -> Manifest:
    """An HTTPRoute that spreads requests over Services and copies a share of them to others, whose answers nobody sees.

    What the API server would fill in is written out, because the rules are one atomic list: a default filled in there would read as a
    change.
    """
    path = {"path": {"type": "PathPrefix", "value": url_path(model)}}
    everybody = [_backend(service) | {"weight": weight} for service, weight in spread.weights.items()]
    rules = [
        _rule({**path, "headers": [{"type": "Exact", "name": name, "value": value}]}, [_backend(service) | {"weight": 1}], spread)
        for service, (name, value) in spread.headers.items()
    ]
    parent = {"group": GROUP, "kind": "Gateway", "name": gateway["name"], "namespace": gateway["namespace"]}
    return {
        "apiVersion": f"{GROUP}/v1",
        "kind": "HTTPRoute",
        "metadata": {"name": model, "namespace": namespace, "labels": labels.of_model(model, team)},
        "spec": {"parentRefs": [parent], "rules": [*rules, _rule(path, everybody, spread)]},
    }


def _rule(match: Mapping[str, object], backends: Sequence[Mapping[str, object]], spread: Spread) -> dict[str, object]:
    rule: dict[str, object] = {"matches": [dict(match)], "backendRefs": [dict(backend) for backend in backends]}
    if spread.mirrors:
        rule["filters"] = [
            {"type": "RequestMirror", "requestMirror": {"backendRef": _backend(service), "percent": percent}}
            for service, percent in spread.mirrors.items()
        ]
    if spread.timeout:
        rule["timeouts"] = {"request": f"{spread.timeout}s"}
    return rule


def _backend(service: str) -> dict[str, object]:
    return {"group": "", "kind": "Service", "name": service, "port": ports.SERVICE}
