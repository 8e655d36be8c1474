"""Where the pods of a workload are described."""

from collections.abc import Iterator, Mapping

from modelway.rules.expecting import Judged, items
from modelway.rules.properties import Found, Missing, one
from modelway.rules.subjects import Subject, wrong

_TEMPLATE = "spec.template.spec"
_SPECS = {
    ("apps", "DaemonSet"): _TEMPLATE,
    ("apps", "Deployment"): _TEMPLATE,
    ("apps", "ReplicaSet"): _TEMPLATE,
    ("apps", "StatefulSet"): _TEMPLATE,
    ("argoproj.io", "Rollout"): _TEMPLATE,
    ("batch", "CronJob"): "spec.jobTemplate.spec.template.spec",
    ("batch", "Job"): _TEMPLATE,
    ("core", "Pod"): "spec",
    ("core", "PodTemplate"): "template.spec",
    ("core", "ReplicationController"): _TEMPLATE,
}
CONTAINERS = ("containers", "initContainers", "ephemeralContainers")

ENDLESS = frozenset(("DaemonSet", "Deployment", "ReplicaSet", "ReplicationController", "Rollout", "StatefulSet"))
"""Kinds whose pods run until they are told to stop."""


def kind_of(type_: str) -> tuple[str, str]:
    """Group and kind of an object by its type, such as apps and Deployment; both empty for what is no object of Kubernetes."""
    parts = type_.split(":")
    return (parts[1].partition("/")[0], parts[2]) if len(parts) == 3 and parts[0] == "kubernetes" else ("", "")


def has_pods(type_: str) -> bool:
    return kind_of(type_) in _SPECS


def pod_of(subject: Subject) -> str | None:
    """The path of the description of a workload's pods; None for what has no pods, or does not describe them."""
    path = _SPECS.get(kind_of(subject.type))
    return None if path is None or isinstance(one(subject.properties, path).value, Missing) else path


def containers(subject: Subject, pod: str, lists: tuple[str, ...] = CONTAINERS) -> Iterator[str | Judged]:
    """Paths of the containers, or why there are none to look at."""
    for name in lists:
        for number, item in enumerate(items(subject.properties, f"{pod}.{name}")):
            if not isinstance(item, Found):
                yield item
            else:
                yield f"{pod}.{name}[{number}]" if isinstance(item.value, Mapping) else wrong(item, "an object")
