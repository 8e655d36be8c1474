"""When an object is ready, kind by kind. Rules and default time-outs follow the official provider (provider/pkg/await).

A check looks at the live object (and what belongs to it) and returns what is still missing, as sentences; nothing missing = ready.
"""

# Every rule has the same form, whether or not it has to ask the cluster for more.
# ruff: noqa: ARG001

from __future__ import annotations

import json
import re
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from localcloud.plugins.kubernetes import reasons
from localcloud.plugins.kubernetes.client import ApiError, Client, Kind, NoMatch, Unreachable
from localcloud.plugins.kubernetes.reasons import condition, number, part, text
from localcloud.plugins.values import Properties, Value


class Failed(Exception):
    """The object will not become ready any more; the message says why."""


class Cancelled(Exception):
    """The user interrupted the wait."""


@dataclass(frozen=True)
class Rule:
    """`missing(client, live)` → what is missing; `timeout` in seconds unless the resource says otherwise."""

    missing: Callable[[Client, Properties], Sequence[str]]
    timeout: float = 600.0


def _deployment(client: Client, live: Properties) -> Sequence[str]:
    status, wanted = part(live, "status"), _replicas(live)
    if number(status, "observedGeneration") < number(part(live, "metadata"), "generation"):
        return ["the deployment controller has not seen the change yet"]
    missing = []
    updated, available = number(status, "updatedReplicas"), number(status, "availableReplicas")
    if updated < wanted:
        missing.append(f"{updated} of {wanted} replicas are updated")
    elif number(status, "replicas") > updated:
        missing.append(f"{number(status, 'replicas') - updated} old replicas are still there")
    if available < wanted:
        missing.append(f"{available} of {wanted} replicas are available")
    return missing


def _stateful_set(client: Client, live: Properties) -> Sequence[str]:
    status, wanted = part(live, "status"), _replicas(live)
    if number(status, "observedGeneration") < number(part(live, "metadata"), "generation"):
        return ["the stateful set controller has not seen the change yet"]
    missing = []
    strategy = part(live, "spec", "updateStrategy")
    if text(strategy, "type") != "OnDelete":
        due = wanted - number(part(strategy, "rollingUpdate"), "partition")
        if status.get("updateRevision") != status.get("currentRevision") and number(status, "updatedReplicas") < due:
            missing.append(f"{number(status, 'updatedReplicas')} of {due} replicas are updated")
    if number(status, "readyReplicas") < wanted:
        missing.append(f"{number(status, 'readyReplicas')} of {wanted} replicas are ready")
    return missing


def _daemon_set(client: Client, live: Properties) -> Sequence[str]:
    status = part(live, "status")
    if number(status, "observedGeneration") < number(part(live, "metadata"), "generation"):
        return ["the daemon set controller has not seen the change yet"]
    wanted, missing = number(status, "desiredNumberScheduled"), []
    if text(part(live, "spec", "updateStrategy"), "type") != "OnDelete" and number(status, "updatedNumberScheduled") < wanted:
        missing.append(f"{number(status, 'updatedNumberScheduled')} of {wanted} pods are updated")
    if number(status, "numberReady") < wanted:
        missing.append(f"{number(status, 'numberReady')} of {wanted} pods are ready")
    return missing


def _replica_set(client: Client, live: Properties) -> Sequence[str]:
    ready, wanted = number(part(live, "status"), "readyReplicas"), _replicas(live)
    return [] if ready >= wanted else [f"{ready} of {wanted} replicas are ready"]


def _pod(client: Client, live: Properties) -> Sequence[str]:
    phase = text(part(live, "status"), "phase")
    if phase == "Failed":
        raise Failed("the pod failed")
    if phase == "Succeeded" or condition(live, "Ready").get("status") == "True":
        return []
    return [f"the pod is {phase or 'not seen yet'} and not ready"]


def _job(client: Client, live: Properties) -> Sequence[str]:
    failed = condition(live, "Failed")
    if failed.get("status") == "True":
        raise Failed(f"the job failed: {text(failed, 'message') or text(failed, 'reason')}")
    if condition(live, "Complete").get("status") == "True" or part(live, "spec").get("suspend") is True:
        return []
    return [f"the job has {number(part(live, 'status'), 'succeeded')} successful pods and is not complete"]


def _service(client: Client, live: Properties) -> Sequence[str]:
    spec, missing = part(live, "spec"), []
    if text(spec, "type") == "ExternalName":
        return []
    if part(spec, "selector") and not _has_endpoints(
        client, text(part(live, "metadata"), "namespace"), text(part(live, "metadata"), "name")
    ):
        missing.append("the service has no ready endpoint: does its selector match pods that become ready?")
    if text(spec, "type") == "LoadBalancer" and not part(live, "status", "loadBalancer").get("ingress"):
        missing.append("the service has no load balancer address")
    return missing


def _has_endpoints(client: Client, namespace: str, service: str) -> bool:
    slices = client.list("discovery.k8s.io/v1", "EndpointSlice", namespace, labelSelector=f"kubernetes.io/service-name={service}")
    endpoints = [each for item in slices for each in _maps(item.get("endpoints"))]
    return any(part(each, "conditions").get("ready") is not False for each in endpoints)


def _ingress(client: Client, live: Properties) -> Sequence[str]:
    namespace, missing = text(part(live, "metadata"), "namespace"), []
    paths = [path for rule in _maps(part(live, "spec").get("rules")) for path in _maps(part(rule, "http").get("paths"))]
    backends = [part(path, "backend") for path in paths] + [part(live, "spec", "defaultBackend")]
    for name in sorted({text(part(backend, "service"), "name") for backend in backends} - {""}):
        service = client.get(client.kind("v1", "Service"), namespace, name)
        if service is None:
            missing.append(f"the service {name} does not exist")
        elif text(part(service, "spec"), "type") != "ExternalName" and not _has_endpoints(client, namespace, name):
            missing.append(f"the service {name} has no ready endpoint")
    if not part(live, "status", "loadBalancer").get("ingress"):
        missing.append("no ingress controller has given it an address")
    return missing


def _volume_claim(client: Client, live: Properties) -> Sequence[str]:
    phase = text(part(live, "status"), "phase")
    if phase == "Lost":
        raise Failed("the volume of the claim is lost")
    if phase == "Bound" or _binds_late(client, live):
        return []
    return [f"the claim is {phase or 'not seen yet'} and not bound to a volume"]


def _binds_late(client: Client, live: Properties) -> bool:
    name = text(part(live, "spec"), "storageClassName")
    storage_class = client.get(client.kind("storage.k8s.io/v1", "StorageClass"), "", name) if name else None
    return storage_class is not None and text(storage_class, "volumeBindingMode") == "WaitForFirstConsumer"


def _volume(client: Client, live: Properties) -> Sequence[str]:
    phase = text(part(live, "status"), "phase")
    if phase == "Failed":
        raise Failed(f"the volume failed: {text(part(live, 'status'), 'message')}")
    return [] if phase in ("Available", "Bound") else [f"the volume is {phase or 'not seen yet'}"]


def _namespace(client: Client, live: Properties) -> Sequence[str]:
    phase = text(part(live, "status"), "phase")
    return [] if phase == "Active" else [f"the namespace is {phase or 'not seen yet'}"]


def _quota(client: Client, live: Properties) -> Sequence[str]:
    return [] if part(live, "status").get("hard") == part(live, "spec").get("hard") else ["the quota is not in force yet"]


def _definition(client: Client, live: Properties) -> Sequence[str]:
    refused = condition(live, "NamesAccepted")
    if refused.get("status") == "False":
        raise Failed(f"the names of the definition are refused: {text(refused, 'message')}")
    return [] if condition(live, "Established").get("status") == "True" else ["the definition is not established"]


_RULES: dict[tuple[str, str], Rule] = {
    ("", "Namespace"): Rule(_namespace, 300),
    ("", "PersistentVolume"): Rule(_volume, 300),
    ("", "PersistentVolumeClaim"): Rule(_volume_claim, 300),
    ("", "Pod"): Rule(_pod),
    ("", "ReplicationController"): Rule(_replica_set, 300),
    ("", "ResourceQuota"): Rule(_quota, 60),
    ("", "Service"): Rule(_service),
    ("apiextensions.k8s.io", "CustomResourceDefinition"): Rule(_definition, 60),
    ("apps", "DaemonSet"): Rule(_daemon_set),
    ("apps", "Deployment"): Rule(_deployment),
    ("apps", "ReplicaSet"): Rule(_replica_set, 300),
    ("apps", "StatefulSet"): Rule(_stateful_set),
    ("batch", "Job"): Rule(_job),
    ("networking.k8s.io", "Ingress"): Rule(_ingress),
}

# Kinds whose deletion may go unawaited with skipAwait, and how long a deletion may take (seconds).
SKIPS_DELETE_WAIT = frozenset({"Namespace", "Pod", "ReplicationController", "DaemonSet", "Deployment", "StatefulSet", "Job"})
DELETE_TIMEOUT = 300.0
_LONG_DELETE = frozenset({"DaemonSet", "Deployment", "StatefulSet"})
_POLL = (0.1, 0.8)  # seconds: first and longest pause between two looks


def rule_for(kind: Kind, wait_for: str) -> Rule | None:
    """How to tell that an object of this kind is ready; `wait_for` is its annotation pulumi.com/waitFor. None = as soon as it exists."""
    if wait_for:
        return _custom(wait_for)
    return _RULES.get((kind.api_version.rpartition("/")[0], kind.kind))


def delete_timeout(kind: str) -> float:
    return 600.0 if kind in _LONG_DELETE else DELETE_TIMEOUT


def until_ready(
    client: Client, kind: Kind, live: Properties, rule: Rule, timeout: float, cancelled: threading.Event, tell: Callable[[str], None]
) -> tuple[Properties, list[str]]:
    """Looks until the object is ready: (live object, []). Else the object as it is now and why it is not ready, time-out first.

    Raises Cancelled when the user interrupts.
    """
    namespace, name = text(part(live, "metadata"), "namespace"), text(part(live, "metadata"), "name")
    deadline, pause, told = time.monotonic() + timeout, _POLL[0], ""
    while True:
        try:
            fresh = client.get(kind, namespace, name)
            if fresh is None:
                return live, ["the object was deleted while it was waited for"]
            live = fresh
            missing = rule.missing(client, live)
            if not missing:
                return live, []
        except Failed as failure:
            return live, [str(failure), *reasons.of(client, live)]
        except (Unreachable, ApiError, NoMatch) as error:
            missing = [str(error)]
        if time.monotonic() >= deadline:
            return live, [f"not ready after {timeout:g} s", *missing, *reasons.of(client, live)]
        if missing[0] != told:
            tell(missing[0])
            told = missing[0]
        if cancelled.wait(min(pause, max(deadline - time.monotonic(), 0.01))):
            raise Cancelled(f"interrupted while waiting: {missing[0]}")
        pause = min(pause * 1.5, _POLL[1])


def until_gone(
    client: Client, kind: Kind, live: Properties, timeout: float, cancelled: threading.Event, tell: Callable[[str], None]
) -> list[str]:
    """Looks until the object is gone (or another one has its name): []. Else why it is still there."""
    metadata = part(live, "metadata")
    namespace, name, uid = text(metadata, "namespace"), text(metadata, "name"), text(metadata, "uid")
    deadline, pause, told = time.monotonic() + timeout, _POLL[0], ""
    while True:
        try:
            fresh = client.get(kind, namespace, name)
            if fresh is None or text(part(fresh, "metadata"), "uid") != uid:
                return []
            left = reasons.of_deletion(fresh)
        except (Unreachable, ApiError) as error:
            left = [str(error)]
        if time.monotonic() >= deadline:
            return [f"not gone after {timeout:g} s", *left]
        if left and left[0] != told:
            tell(left[0])
            told = left[0]
        if cancelled.wait(min(pause, max(deadline - time.monotonic(), 0.01))):
            return ["interrupted while waiting for the deletion"]
        pause = min(pause * 1.5, _POLL[1])


def _custom(wait_for: str) -> Rule:
    """The annotation pulumi.com/waitFor: `condition=Type[=Status]`, `jsonpath={.a.b}[=value]`, or a JSON list of those."""
    try:
        parsed = json.loads(wait_for)
    except ValueError:
        parsed = wait_for
    expressions = [str(each) for each in parsed] if isinstance(parsed, list) else [wait_for]
    checks = [_expression(each) for each in expressions]
    return Rule(lambda _client, live: [each.removeprefix("!") for check in checks if (each := check(live))])


def _expression(expression: str) -> Callable[[Properties], str]:
    form, _, rest = expression.partition("=")
    if form == "condition":
        name, _, wanted = rest.partition("=")
        return lambda live: (
            "" if condition(live, name).get("status") == (wanted or "True") else f"condition {name} is not {wanted or 'True'}"
        )
    if form == "jsonpath":
        match = re.fullmatch(r"\{?\.?([A-Za-z0-9_.\-]+)\}?(?:=(.*))?", rest)
        if match:
            path, value = match.group(1).split("."), match.group(2)
            return lambda live: "" if _matches(live, path, value) else f"{rest} is not the case"
    raise Failed(f'pulumi.com/waitFor expects "condition=TYPE" or "jsonpath={{.field}}", not {expression!r}')


def _matches(live: Properties, path: Sequence[str], value: str | None) -> bool:
    node: Value = live
    for key in path:
        node = node.get(key) if isinstance(node, dict) else None
    if value is None:
        return node is not None
    return (json.dumps(node) if isinstance(node, bool) else str(node)) == value.strip("'\"")


def _replicas(live: Properties) -> int:
    return number(part(live, "spec"), "replicas", 1)


def _maps(value: Value) -> list[Properties]:
    return [each for each in value if isinstance(each, dict)] if isinstance(value, list) else []
