"""How the pods of a workload share their nodes, and what tells whether they are well."""

from collections.abc import Iterator, Mapping

from modelway.rules.expecting import Judged, breach
from modelway.rules.properties import Found, Missing, one
from modelway.rules.stack import StackRule
from modelway.rules.subjects import Rule, Subject, verdict, wrong
from modelway.rules.values import Unknown
from modelway.rules.verdicts import Undecided, Verdict
from modelway.rules.workloads.pods import ENDLESS, containers, has_pods, kind_of, pod_of

_HANDLERS = ("exec", "grpc", "httpGet", "tcpSocket")


def judge(subject: Subject) -> Verdict:
    """Whether containers say what they ask for and at most take, and how one sees that they are well.

    - a request for processors and memory; where there is none, Kubernetes takes the limit for it
    - a limit for memory. None is asked for processors: it slows a program down while the node has time to spare
    - of what runs until it is stopped, a readiness and a liveness probe
    """
    pod = pod_of(subject)
    return verdict(_judged(subject, pod) if pod is not None else ())


def _judged(subject: Subject, pod: str) -> Iterator[Judged]:
    properties = subject.properties
    for container in containers(subject, pod, ("containers", "initContainers")):
        if not isinstance(container, str):
            yield container
            continue
        for name in ("cpu", "memory"):
            asked = one(properties, f"{container}.resources.requests.{name}")
            limit = one(properties, f"{container}.resources.limits.{name}")
            yield _amount(limit if isinstance(asked.value, Missing) and not isinstance(limit.value, Missing) else asked, f"requests.{name}")
        yield _amount(one(properties, f"{container}.resources.limits.memory"), "limits.memory")
    if kind_of(subject.type)[1] in ENDLESS:
        for container in containers(subject, pod, ("containers",)):
            if isinstance(container, str):
                yield from (_probe(properties, f"{container}.{name}") for name in ("readinessProbe", "livenessProbe"))


def _amount(found: Found, name: str) -> Judged:
    match found.value:
        case Unknown():
            return Undecided((found.path,))
        case Missing() | "":
            return breach(found, RULE.says, f"Set resources.{name}.", "empty")
        case bool():
            return wrong(found, "an amount such as 500m or 2Gi")
        case str() | int() | float():
            return None
    return wrong(found, "an amount such as 500m or 2Gi")


def _probe(properties: Mapping[str, object], path: str) -> Judged:
    handlers = [one(properties, f"{path}.{name}") for name in _HANDLERS]
    for found in handlers:
        if isinstance(found.value, Unknown):
            return Undecided((found.path,))
        if isinstance(found.value, Mapping):
            return None
        if not isinstance(found.value, Missing):
            return wrong(found, "an object")
    way_out = f"Write one of {', '.join(_HANDLERS)} that answers when the program is well."
    return breach(one(properties, path), RULE.says, way_out, "asks nothing")


RULE = Rule(
    id="resources-and-probes",
    says="a container says what it asks of a node and how much memory it takes at most, and how one sees that it is well",
    why="What says nothing is put anywhere, takes from its neighbours, and gets requests that it cannot answer.",
    severity="medium",
    sources=("K8S-03", "CKV_K8S_8", "CKV_K8S_9", "CKV_K8S_10", "CKV_K8S_12", "CKV_K8S_13"),
    applies=has_pods,
    judge=judge,
)

RULES: tuple[Rule | StackRule, ...] = (RULE,)
