"""How the Gateway treats requests of a model beyond its route, as the one policy that Envoy Gateway takes for a route."""

from collections.abc import Sequence
from dataclasses import dataclass

from components import _labels as labels

Manifest = dict[str, object]


@dataclass(frozen=True)
class Sticky:
    """Callers that keep to one pod as long as the pods stay the same."""

    by: str
    """cookie, which they are given, or header, which they send."""
    name: str
    seconds: int = 0
    """How long a cookie is kept; 0 until their session ends."""


@dataclass(frozen=True)
class Retries:
    """When a request that failed is sent again."""

    attempts: int
    on: Sequence[str]
    """Envoy's names of failures."""
    per_try_seconds: float = 0
    """0 for no limit of one try."""


def policy(
    model: str, team: str, namespace: object, *, sticky: Sticky | None = None, retries: Retries | None = None, asleep: bool = False
) -> Manifest:
    """A BackendTrafficPolicy on the model's route: of two on one route Envoy Gateway leaves out the later.

    `asleep`: whether the model may have no pod. Envoy Gateway answers for a Service without pods by itself, and then nothing is counted;
    so it leads to the Service's own address, where a connection is refused, and that is. A connection for each request then is what
    spreads requests over pods.
    """
    spec: Manifest = {"targetRefs": [{"group": "gateway.networking.k8s.io", "kind": "HTTPRoute", "name": model}]}
    if sticky is not None:
        spec["loadBalancer"] = {"type": "ConsistentHash", "consistentHash": {**_key(sticky), "tableSize": 65537}}
    if retries is not None:
        spec["retry"] = _retry(retries)
    if asleep:
        spec["routingType"] = "Service"
        spec["circuitBreaker"] = {"maxRequestsPerConnection": 1}
    return {
        "apiVersion": "gateway.envoyproxy.io/v1alpha1",
        "kind": "BackendTrafficPolicy",
        "metadata": {"name": model, "namespace": namespace, "labels": labels.of_model(model, team)},
        "spec": spec,
    }


def _key(sticky: Sticky) -> Manifest:
    if sticky.by == "cookie":
        return {"type": "Cookie", "cookie": {"name": sticky.name, "ttl": f"{sticky.seconds}s"}}
    return {"type": "Headers", "headers": [{"name": sticky.name}]}


def _retry(retries: Retries) -> Manifest:
    made: Manifest = {"numRetries": retries.attempts, "retryOn": {"triggers": list(retries.on)}}
    if retries.per_try_seconds:
        made["perRetry"] = {"timeout": _duration(retries.per_try_seconds)}
    return made


def _duration(seconds: float) -> str:
    """As the Gateway API writes it: numbers of five digits at most, each with its unit (gateway-api.sigs.k8s.io/geps/gep-2257)."""
    whole, milliseconds = divmod(round(seconds * 1000), 1000)
    return "".join(f"{number}{unit}" for number, unit in ((whole, "s"), (milliseconds, "ms")) if number)
