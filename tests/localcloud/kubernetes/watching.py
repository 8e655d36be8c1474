"""Who would answer behind a route, as the API server tells it: every change of routes and endpoints, in the order in which they come."""

import contextlib
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from kubernetes import client, config, watch

GATEWAY = ("gateway.networking.k8s.io", "v1")


@dataclass
class Series:
    """How many ready endpoints there were behind a route after each change, with seconds since the first."""

    namespace: str
    route: str
    points: list[tuple[float, int, dict[str, int]]] = field(default_factory=list)
    """Seconds, ready endpoints of all Services that the route gives requests to, and by Service."""
    _slices: dict[str, dict[str, Any]] = field(default_factory=dict)
    _backends: list[str] = field(default_factory=list)
    _begin: float = field(default_factory=time.monotonic)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    @property
    def least(self) -> int:
        return min(ready for _, ready, _ in self.points)

    def slice_changed(self, kind: str, found: dict[str, Any]) -> None:
        with self._lock:
            name = found["metadata"]["name"]
            if kind == "DELETED":
                self._slices.pop(name, None)
            else:
                self._slices[name] = found
            self._record()

    def route_changed(self, kind: str, found: dict[str, Any]) -> None:
        with self._lock:
            rules = [] if kind == "DELETED" else found["spec"]["rules"]
            self._backends = sorted({each["name"] for rule in rules for each in rule["backendRefs"] if each["weight"]})
            self._record()

    def _record(self) -> None:
        by_service = {service: self._ready(service) for service in self._backends}
        self.points.append((time.monotonic() - self._begin, sum(by_service.values()), by_service))

    def _ready(self, service: str) -> int:
        return sum(
            bool(endpoint.get("conditions", {}).get("ready")) and not endpoint.get("conditions", {}).get("terminating")
            for each in self._slices.values()
            if each["metadata"].get("labels", {}).get("kubernetes.io/service-name") == service
            for endpoint in each.get("endpoints") or []
        )


@contextlib.contextmanager
def watched(kubeconfig: Path, namespace: str, route: str) -> Iterator[Series]:
    """Every change while it lasts; what is there already is the beginning."""
    api = client.CustomObjectsApi(config.new_client_from_config(str(kubeconfig)))
    series, watches = Series(namespace, route), []

    def follow(group: str, version: str, plural: str, tell: Any, **narrowed: str) -> None:
        listed = api.list_namespaced_custom_object(group, version, namespace, plural, **narrowed)
        for found in listed["items"]:
            tell("ADDED", found)
        stream = watch.Watch()
        watches.append(stream)

        def run() -> None:
            with contextlib.suppress(Exception):
                for event in stream.stream(
                    api.list_namespaced_custom_object,
                    group,
                    version,
                    namespace,
                    plural,
                    resource_version=listed["metadata"]["resourceVersion"],
                    **narrowed,
                ):
                    tell(event["type"], event["object"])

        threading.Thread(target=run, daemon=True).start()

    follow("discovery.k8s.io", "v1", "endpointslices", series.slice_changed)
    follow(*GATEWAY, "httproutes", series.route_changed, field_selector=f"metadata.name={route}")
    # Before both were read, nobody stood behind the route.
    series.points = series.points[-1:]
    try:
        yield series
        # The last changes may still be on their way.
        time.sleep(1)
    finally:
        for each in watches:
            each.stop()
