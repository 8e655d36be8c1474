"""Somebody has to be called when it breaks, and to pay for it."""

from collections.abc import Iterator, Mapping

from modelway.rules.properties import Found, Missing, one
from modelway.rules.subjects import Rule, Subject, verdict, wrong
from modelway.rules.values import Secret, Unknown
from modelway.rules.verdicts import Evidence, Undecided, Unreadable, Verdict

_OF_TAGS = frozenset(("owner", "team"))
_OF_LABELS = frozenset(("owner", "team", "modelway.dev/owner", "modelway.dev/team", "app.kubernetes.io/owner"))
_TAGGED = frozenset(
    (
        *("aws:s3/bucket:Bucket", "aws:s3/bucketV2:BucketV2", "aws:kms/key:Key", "aws:ecr/repository:Repository"),
        *("aws:eks/cluster:Cluster", "aws:eks/nodeGroup:NodeGroup", "aws:rds/instance:Instance", "aws:rds/cluster:Cluster"),
        *("aws:efs/fileSystem:FileSystem", "aws:ebs/volume:Volume", "aws:dynamodb/table:Table", "aws:amp/workspace:Workspace"),
        *("aws:sagemaker/model:Model", "aws:sagemaker/endpoint:Endpoint", "aws:sagemaker/modelPackageGroup:ModelPackageGroup"),
        *("aws:sagemaker/endpointConfiguration:EndpointConfiguration", "aws:lb/loadBalancer:LoadBalancer"),
    )
)
"""What holds data or costs by the hour, and has tags."""
_LABELLED = frozenset(("Deployment", "StatefulSet", "HTTPRoute", "InferenceService", "Rollout", "Gateway"))


def judge(subject: Subject) -> Verdict:
    """Whether the tags or labels of a resource say who owns it."""
    return verdict(_judged(subject))


def _judged(subject: Subject) -> Iterator[Evidence | Undecided | Unreadable | None]:
    if subject.type in _TAGGED:
        # `tagsAll` has what the provider adds to everything; it is there once the provider has looked at the inputs.
        found = one(subject.properties, "tagsAll")
        yield _of(one(subject.properties, "tags") if isinstance(found.value, Missing) else found, _OF_TAGS, "owner")
    elif _is_labelled(subject.type):
        yield _of(one(subject.properties, "metadata.labels"), _OF_LABELS, "modelway.dev/team")


def _of(found: Found, names: frozenset[str], name: str) -> Evidence | Undecided | Unreadable | None:
    match found.value:
        case Unknown():
            return Undecided((found.path,))
        case Missing():
            given: Mapping[object, object] = {}
        case Mapping():
            given = found.value
        case _:
            return wrong(found, "names with texts")
    values = [value.value if isinstance(value, Secret) else value for key, value in given.items() if str(key).lower() in names]
    if any(isinstance(value, str) and value.strip() for value in values):
        return None
    if any(isinstance(value, Unknown) for value in values):
        return Undecided((found.path,))
    if strange := [value for value in values if value is not None and not isinstance(value, str)]:
        return Unreadable((f"{found.path}: the owner is {type(strange[0]).__name__}, and has to be text",))
    return Evidence(
        found.path, "no owner", RULE.says, f"Add `{name}`; for all AWS resources at once, add it to the provider's default tags."
    )


def _is_labelled(type_: str) -> bool:
    return type_.startswith("kubernetes:") and type_.rpartition(":")[2] in _LABELLED


RULE = Rule(
    id="missing-owner",
    says="what holds data, serves or costs by the hour names its owner",
    why="Without an owner nobody is called when it breaks, and nobody knows whether it may go.",
    severity="medium",
    sources=("GOV-01", "NIST CM-8"),
    applies=lambda type_: type_ in _TAGGED or _is_labelled(type_),
    judge=judge,
)
