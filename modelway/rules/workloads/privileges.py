"""What a pod may do to its node, and its program to the pod: the Pod Security Standards.

Source: kubernetes.io/docs/concepts/security/pod-security-standards
"""

from collections.abc import Iterator, Mapping

from modelway.rules.expecting import Judged, breach, has_to_be, has_to_be_one_of, items, texts
from modelway.rules.properties import Found, Missing, one
from modelway.rules.stack import StackRule
from modelway.rules.subjects import Rule, Subject, text_of, verdict, wrong
from modelway.rules.values import Unknown
from modelway.rules.verdicts import Undecided, Unreadable, Verdict
from modelway.rules.workloads.pods import containers, has_pods, pod_of

_PROFILES = ("RuntimeDefault", "Localhost")
_ADDED = "NET_BIND_SERVICE"
"""The one capability that `restricted` lets a container add."""


def judge_host(subject: Subject) -> Verdict:
    """Whether pods stay out of their node."""
    pod = pod_of(subject)
    return verdict(_host(subject, pod) if pod is not None else ())


def _host(subject: Subject, pod: str) -> Iterator[Judged]:
    properties = subject.properties
    for name in ("hostNetwork", "hostPID", "hostIPC"):
        yield _off(one(properties, f"{pod}.{name}"), HOST.says)
    for number, item in enumerate(items(properties, f"{pod}.volumes")):
        if not isinstance(item, Found):
            yield item
            continue
        folder = one(properties, f"{pod}.volumes[{number}].hostPath")
        match folder.value:
            case Missing():
                yield None
            case Unknown():
                yield Undecided((folder.path,))
            case Mapping():
                way_out = "Use an emptyDir, a claim, or the volume of a driver."
                yield breach(folder, HOST.says, way_out, "a folder of the node")
            case _:
                yield wrong(folder, "an object")
    for container in containers(subject, pod):
        if not isinstance(container, str):
            yield container
            continue
        yield _off(one(properties, f"{container}.securityContext.privileged"), HOST.says)
        for number, item in enumerate(items(properties, f"{container}.ports")):
            yield _no_port(one(properties, f"{container}.ports[{number}].hostPort")) if isinstance(item, Found) else item


def _off(found: Found, says: str) -> Judged:
    name = found.path.rpartition(".")[2]
    return has_to_be(found, False, missing=False, says=says, way_out=f"Remove {name}, or set it to false.")


def _no_port(found: Found) -> Judged:
    match found.value:
        case Unknown():
            return Undecided((found.path,))
        case Missing() | 0:
            return None
        case bool():
            return wrong(found, "a number")
        case int() | float():
            return breach(found, HOST.says, "Remove hostPort, and reach the pods by a Service.")
    return wrong(found, "a number")


def judge_program(subject: Subject) -> Verdict:
    """Whether the programs of pods have no more rights than they need. What a container does not say, its pod may say for it."""
    pod = pod_of(subject)
    return verdict(_programs(subject, pod) if pod is not None else ())


def _programs(subject: Subject, pod: str) -> Iterator[Judged]:
    yield _no_root(one(subject.properties, f"{pod}.securityContext.runAsUser"))
    for container in containers(subject, pod):
        if isinstance(container, str):
            yield from _program(subject, f"{pod}.securityContext", f"{container}.securityContext")
        else:
            yield container


def _program(subject: Subject, of_pod: str, own: str) -> Iterator[Judged]:
    properties, says = subject.properties, PROGRAM.says
    root = _either(properties, own, of_pod, "runAsNonRoot")
    yield has_to_be(root, True, missing=False, says=says, way_out="Set runAsNonRoot to true.")
    yield _no_root(one(properties, f"{own}.runAsUser"))
    escalation = one(properties, f"{own}.allowPrivilegeEscalation")
    yield has_to_be(escalation, False, missing=True, says=says, way_out="Set allowPrivilegeEscalation to false.")
    files = one(properties, f"{own}.readOnlyRootFilesystem")
    way_out = "Set readOnlyRootFilesystem to true, and mount an emptyDir where the program writes."
    yield has_to_be(files, True, missing=False, says=says, way_out=way_out)
    profile = _either(properties, own, of_pod, "seccompProfile.type")
    yield has_to_be_one_of(profile, _PROFILES, says, "Set seccompProfile.type to RuntimeDefault.")
    dropped, rest = texts(properties, f"{own}.capabilities.drop")
    if "ALL" not in dropped:
        yield rest or breach(one(properties, f"{own}.capabilities.drop"), says, 'Set capabilities.drop to ["ALL"].')
    for item in items(properties, f"{own}.capabilities.add"):
        text = text_of(item) if isinstance(item, Found) else item
        if isinstance(text, Undecided | Unreadable):
            yield text
        elif isinstance(item, Found) and text is not None and text != _ADDED:
            yield breach(item, says, "Remove it; NET_BIND_SERVICE alone may be added.")


def _either(properties: Mapping[str, object], own: str, of_pod: str, name: str) -> Found:
    """What a container says, or its pod; where neither does, the container's."""
    found = one(properties, f"{own}.{name}")
    if isinstance(found.value, Missing) and not isinstance((whole := one(properties, f"{of_pod}.{name}")).value, Missing):
        return whole
    return found


def _no_root(found: Found) -> Judged:
    match found.value:
        case Unknown():
            return Undecided((found.path,))
        case bool():
            return wrong(found, "a number")
        case Missing():
            return None
        case int() | float() as number:
            return None if number != 0 else breach(found, PROGRAM.says, "Write another user than 0, which is root.")
    return wrong(found, "a number")


HOST = Rule(
    id="pods-out-of-the-node",
    says="a pod has no part of its node: no privileges, namespaces, ports or folders of it",
    why="From such a pod it is one step to the node, and to all that runs there.",
    severity="critical",
    sources=(
        *("K8S-01", "PSS baseline", "CKV_K8S_16", "CKV_K8S_17", "CKV_K8S_18", "CKV_K8S_19", "CKV_K8S_26"),
        *("CIS-EKS 4.2.1", "CIS-EKS 4.2.2", "CIS-EKS 4.2.3", "CIS-EKS 4.2.4"),
    ),
    applies=has_pods,
    judge=judge_host,
)
PROGRAM = Rule(
    id="programs-without-rights",
    says="a program in a pod is not root, gets no more rights, has no capabilities, and writes only where it has to",
    why="What takes over the program then has nothing to go on with.",
    severity="high",
    sources=(
        *("K8S-02", "PSS restricted", "CKV_K8S_20", "CKV_K8S_22", "CKV_K8S_23", "CKV_K8S_25", "CKV_K8S_28", "CKV_K8S_31"),
        *("CKV_K8S_37", "CKV_K8S_40"),
    ),
    applies=has_pods,
    judge=judge_program,
)

RULES: tuple[Rule | StackRule, ...] = (HOST, PROGRAM)
