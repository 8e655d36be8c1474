"""What an interrupted run left undecided in a stack's state, and what becomes of it. Pure: whoever calls looks things up.

The engine notes an operation before it calls a provider, and strikes it out afterwards. A creation that is still noted may have made its
resource or not, and only the cloud knows. Updates and deletions need no decision: their resource is in the state, and a refresh reads it.
"""

from collections.abc import Callable, Mapping, Sequence
from copy import deepcopy
from dataclasses import dataclass
from typing import Literal

from modelway.operations.identifiers import named

Object = Mapping[str, object]

NOT_READ = "modelway recover: found again, and not read back yet"
"""Stands at a resource from when it is put into the state to when the provider has read it; the engine updates such a one."""


@dataclass(frozen=True)
class Pending:
    """One operation that was begun and not ended."""

    operation: str
    """creating, updating, deleting, reading or importing."""
    resource: Object

    @property
    def urn(self) -> str:
        return str(self.resource["urn"])

    @property
    def type(self) -> str:
        return str(self.resource["type"])

    @property
    def inputs(self) -> Object:
        found = self.resource.get("inputs")
        return found if isinstance(found, Mapping) else {}


@dataclass(frozen=True)
class Settled:
    """What becomes of a pending operation."""

    pending: Pending
    way: Literal["import", "clear", "ask"]
    why: str
    id: str = ""
    """Of what is imported."""


Find = Callable[[Pending], Sequence[str] | None]
"""The ids of what could be the resource of a pending creation; None when nobody knows how to look."""


_AGAIN = (
    *("aws:appautoscaling/", "aws:cloudwatch/metricAlarm:", "aws:cloudwatch/logResourcePolicy:", "aws:ec2/defaultSecurityGroup:"),
    *("aws:ecr/lifecyclePolicy:", "aws:ecr/registryPolicy:", "aws:ecr/registryScanningConfiguration:", "aws:ecr/replicationConfiguration:"),
    *("aws:ecr/repositoryPolicy:", "aws:eks/accessPolicyAssociation:", "aws:iam/rolePolicy:", "aws:iam/rolePolicyAttachment:"),
    *("aws:s3/bucket", "aws:sagemaker/modelPackageGroupPolicy:", "aws:sns/topic:", "aws:sns/topicPolicy:", "aws:kms/keyPolicy:"),
)
"""Types that AWS puts rather than creates: doing it once more leaves what doing it once leaves."""


def operations(deployment: Object) -> list[Pending]:
    """The pending operations of a deployment as `pulumi stack export` writes it."""
    listed = deployment.get("pending_operations")
    return [Pending(str(one["type"]), one["resource"]) for one in listed] if isinstance(listed, list) else []


def settle(pending: Pending, find: Find, *, imports: Mapping[str, str], gone: frozenset[str]) -> Settled:
    """What becomes of one operation; `imports` (ids) and `gone` are what somebody says of URNs that nobody could look up."""
    resource = pending.resource
    if pending.operation != "creating":
        return Settled(pending, "clear", "what it is about is in the state, and is read anew by the next run")
    if not resource.get("custom") or pending.type.startswith("pulumi:"):
        return Settled(pending, "clear", "it exists in the state alone")
    if pending.urn in imports:
        return Settled(pending, "import", "you say so", imports[pending.urn])
    if pending.urn in gone:
        return Settled(pending, "clear", "you say that there is no such thing")
    if pending.type.startswith("kubernetes:"):
        return _of_kubernetes(pending)
    if (identifier := named(pending.type, pending.inputs)) is not None:
        return Settled(pending, "import", "its name was asked for", identifier)
    if pending.type.startswith(_AGAIN):
        return Settled(pending, "clear", "it is put, and the next run puts it again")
    found = find(pending)
    if found is None:
        return Settled(pending, "ask", f"nobody knows here how to look for a {pending.type}")
    if len(found) > 1:
        return Settled(pending, "ask", f"it could be any of {', '.join(sorted(found))}")
    return Settled(pending, "import", "it has its tags", found[0]) if found else Settled(pending, "clear", "there is no such thing")


def _of_kubernetes(pending: Pending) -> Settled:
    metadata = pending.inputs.get("metadata")
    name, namespace = (metadata.get("name"), metadata.get("namespace")) if isinstance(metadata, Mapping) else (None, None)
    if pending.type.startswith("kubernetes:helm."):
        name, namespace = pending.inputs.get("name"), pending.inputs.get("namespace")
    if not isinstance(name, str) or not isinstance(namespace, str | None):
        return Settled(pending, "ask", "it has no name that is known")
    return Settled(pending, "import", "its name was asked for", f"{namespace}/{name}" if namespace else name)


def applied(deployment: Object, settled: Sequence[Settled]) -> dict[str, object]:
    """The deployment with every import in it, marked as not read yet, and without pending operations."""
    made = deepcopy(dict(deployment))
    listed = made.get("resources")
    resources: list[dict[str, object]] = list(listed) if isinstance(listed, list) else []
    for one in settled:
        if one.way != "import":
            continue
        inputs = dict(one.pending.inputs)
        entry = {**one.pending.resource, "id": one.id, "outputs": inputs, "initErrors": [NOT_READ]}
        before = next((at for at, there in enumerate(resources) if there["urn"] == one.pending.urn and not there.get("delete")), None)
        if before is None:
            resources.append(entry)
        else:
            # A replacement whose old one is still there: the new one takes its place, and the next run deletes the old one.
            resources.append({**resources[before], "delete": True})
            resources[before] = entry
    made["resources"] = resources
    made["pending_operations"] = []
    return made


def unread(deployment: Object) -> list[str]:
    """URNs of what was found again and not read back."""
    listed = deployment.get("resources")
    return [str(one["urn"]) for one in listed if NOT_READ in (one.get("initErrors") or ())] if isinstance(listed, list) else []


def is_ours(resource: Object) -> bool:
    """Whether what was read back is what was asked for, as far as tags or labels tell: somebody else's may have had the name before."""
    inputs, outputs = resource.get("inputs"), resource.get("outputs")
    if not isinstance(inputs, Mapping) or not isinstance(outputs, Mapping):
        return True
    wanted, found = _marks(inputs), _marks(outputs)
    # Types without marks cannot tell.
    return wanted.items() <= found.items()


def _marks(values: Object) -> Object:
    metadata = values.get("metadata")
    marks = metadata.get("labels") if isinstance(metadata, Mapping) else values.get("tagsAll") or values.get("tags")
    return marks if isinstance(marks, Mapping) else {}
