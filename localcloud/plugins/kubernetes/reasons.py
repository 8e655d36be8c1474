"""Why an object is not ready, or not gone: its conditions, the pods it made, their containers, and the warnings among the events."""

from __future__ import annotations

from localcloud.plugins.kubernetes.client import ApiError, Client, NoMatch, Unreachable
from localcloud.plugins.values import Properties

_PODS_TOLD = 5
_EVENTS_TOLD = 5


def part(body: Properties, *path: str) -> Properties:
    """The mapping at a path; empty when there is none."""
    for key in path:
        inner = body.get(key)
        body = inner if isinstance(inner, dict) else {}
    return body


def text(body: Properties, key: str) -> str:
    value = body.get(key)
    return value if isinstance(value, str) else ""


def number(body: Properties, key: str, default: int = 0) -> int:
    value = body.get(key)
    return value if isinstance(value, int) else default


def condition(live: Properties, name: str) -> Properties:
    """A condition of the status; empty when it is not there."""
    conditions = part(live, "status").get("conditions")
    for each in conditions if isinstance(conditions, list) else []:
        if isinstance(each, dict) and each.get("type") == name:
            return each
    return {}


def of(client: Client, live: Properties) -> list[str]:
    """What conditions, pods and events say, most telling first. Never fails: a server that does not answer adds nothing."""
    told = _conditions(live)
    try:
        pods = [live] if text(live, "kind") == "Pod" else _pods(client, live)
        for pod in pods[:_PODS_TOLD]:
            told += _pod(pod)
        told += _events(client, live, pods)
    except (ApiError, Unreachable, NoMatch):
        pass
    return list(dict.fromkeys(told))


def of_deletion(live: Properties) -> list[str]:
    """What keeps an object that is being deleted: finalizers, and for a namespace what is left in it."""
    told = []
    for name in ("NamespaceContentRemaining", "NamespaceFinalizersRemaining", "NamespaceDeletionContentFailure"):
        each = condition(live, name)
        if each.get("status") == "True":
            told.append(text(each, "message"))
    finalizers = part(live, "metadata").get("finalizers")
    if isinstance(finalizers, list) and finalizers:
        told.append(f"it has the finalizers {', '.join(str(each) for each in finalizers)}")
    return told or ["it still exists"]


def _conditions(live: Properties) -> list[str]:
    if text(live, "kind") == "Pod":
        return []
    conditions = part(live, "status").get("conditions")
    told = []
    for each in conditions if isinstance(conditions, list) else []:
        if not isinstance(each, dict):
            continue
        bad = each.get("status") == ("True" if "Failure" in text(each, "type") else "False")
        if bad and text(each, "message"):
            told.append(f"{text(each, 'type')}: {text(each, 'message')} ({text(each, 'reason')})")
    return told


def _pods(client: Client, live: Properties) -> list[Properties]:
    """The pods that a workload or a service selects."""
    selector = part(live, "spec", "selector")
    labels = part(selector, "matchLabels") or (selector if text(live, "kind") == "Service" else {})
    if not labels:
        return []
    query = ",".join(f"{key}={value}" for key, value in labels.items())
    pods = client.list("v1", "Pod", text(part(live, "metadata"), "namespace"), labelSelector=query)
    return [pod for pod in pods if condition(pod, "Ready").get("status") != "True" and text(part(pod, "status"), "phase") != "Succeeded"]


def _pod(pod: Properties) -> list[str]:
    told = []
    status = part(pod, "status")
    containers = [each for key in ("initContainerStatuses", "containerStatuses") for each in _list(status, key)]
    for container in containers:
        waiting = part(container, "state", "waiting")
        ended = part(container, "state", "terminated")
        if text(waiting, "reason") and text(waiting, "reason") not in ("ContainerCreating", "PodInitializing"):
            told.append(f"container {text(container, 'name')} waits: {_sentence(waiting)}")
        elif number(ended, "exitCode"):
            told.append(f"container {text(container, 'name')} ended with code {number(ended, 'exitCode')}: {_sentence(ended)}")
    scheduled = condition(pod, "PodScheduled")
    ready = condition(pod, "Ready")
    if scheduled.get("status") == "False":
        told.append(_sentence(scheduled))
    elif not told and ready.get("status") == "False" and text(ready, "message"):
        told.append(_sentence(ready))
    unready = [text(container, "name") for container in containers if container.get("ready") is False]
    if not told and unready:
        told.append(f"containers with unready status: [{' '.join(unready)}]")
    if text(status, "phase") == "Failed":
        told.append(_sentence(status))
    name = text(part(pod, "metadata"), "name")
    return [f"pod {name}: {each}" for each in told if each]


def _events(client: Client, live: Properties, pods: list[Properties]) -> list[str]:
    """Warnings about the object, its pods, and what stands between them (a Deployment's replica sets)."""
    metadata = part(live, "metadata")
    name = text(metadata, "name")
    names = {name} | {text(part(pod, "metadata"), "name") for pod in pods}
    told = []
    for event in reversed(client.list("v1", "Event", text(metadata, "namespace") or "default", fieldSelector="type=Warning")):
        about = part(event, "involvedObject")
        own = text(about, "name") in names
        between = text(about, "kind") == "ReplicaSet" and text(about, "name").rpartition("-")[0] == name
        if (own or between) and text(event, "message"):
            told.append(f"{text(about, 'kind').lower()} {text(about, 'name')}: {text(event, 'reason')}: {text(event, 'message')}")
    return list(dict.fromkeys(told))[:_EVENTS_TOLD]


def _list(body: Properties, key: str) -> list[Properties]:
    value = body.get(key)
    return [each for each in value if isinstance(each, dict)] if isinstance(value, list) else []


def _sentence(body: Properties) -> str:
    reason, message = text(body, "reason"), text(body, "message")
    return f"{reason}: {message}" if reason and message else reason or message
