"""What a finding is about, and what happens to it, in words."""

import re
from collections.abc import Sequence
from functools import cache

from modelway.preview.changeset import Operation, PropertyChange
from modelway.preview.resources import Step

_WORD = re.compile(r"[A-Z]+(?![a-z])|[A-Z][a-z0-9]*|[a-z0-9]+")
_OWN_NAMES = {
    "aws:amp/": "metrics",
    "aws:dynamodb/": "DynamoDB",
    "aws:ecr/": "ECR",
    "aws:efs/": "EFS",
    "aws:eks/": "EKS",
    "aws:grafana/": "Grafana",
    "aws:iam/": "IAM",
    "aws:kms/": "KMS",
    "aws:rds/": "RDS",
    "aws:s3/": "S3",
    "aws:sagemaker/": "SageMaker",
    "aws:sns/": "SNS",
    "aws:sqs/": "SQS",
}
_DONE: dict[Operation, str] = {
    "create": "created",
    "update": "changed",
    "replace": "deleted and made again",
    "delete": "deleted",
    "import": "imported",
    "read": "read",
    "refresh": "found changed",
    "forget": "no longer managed",
    "same": "left as it is",
}


def subject(step: Step) -> str:
    """Such as `S3 bucket models`, `Deployment credit-risk`."""
    return f"{kind(step.type)} {step.name}"


@cache
def kind(type_: str) -> str:
    """What a type is called: `S3 bucket`, `EKS node group`, `HTTPRoute`."""
    name = type_.rsplit(":", 1)[-1]
    if not type_.startswith("aws:"):
        return name
    service = next((said for prefix, said in _OWN_NAMES.items() if type_.startswith(prefix)), "")
    words = " ".join(word if word.isupper() and len(word) > 1 else word.lower() for word in _WORD.findall(re.sub(r"V\d$", "", name)))
    return f"{service} {words}".strip()


def done(operation: Operation) -> str:
    return _DONE[operation]


def forced_by(step: Step, properties: Sequence[PropertyChange], operation: Operation) -> str:
    """What makes the engine replace a resource: the properties, old → new where both may be shown."""
    if operation != "replace":
        return ""
    forcing = [one for one in properties if one.replaces]
    if not forcing:
        if step.old is not None and step.old.taint:
            return "It is tainted: somebody has asked for its replacement (`pulumi state taint`)"
        named = [path for path, one in (step.detailed or {}).items() if one.kind.endswith("-replace")] or list(step.replace_reasons or ())
        if named:
            return f"{', '.join(named[:3])} cannot be changed in place"
        return "The engine names no property: it is marked to be replaced, or what it depends on is"
    said = []
    for one in forcing[:3]:
        both = one.before and one.after and one.before.text and one.after.text
        said.append(f"{one.path}: {one.before.text} → {one.after.text}" if both and one.before and one.after else one.path)
    # After a name such as `password` a colon would announce a value, which is then masked.
    return f"{'; '.join(said)}{', which' if ' → ' in said[-1] else ''} cannot be changed in place"
