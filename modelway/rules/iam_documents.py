"""Where resources of AWS carry IAM documents."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from types import MappingProxyType

from modelway.rules.policy_documents import Kind
from modelway.rules.values import Secret

DOCUMENTS: Mapping[str, Mapping[str, Kind]] = MappingProxyType(
    {
        "aws:cloudwatch/logResourcePolicy:LogResourcePolicy": {"policyDocument": "resource"},
        "aws:ec2/vpcEndpoint:VpcEndpoint": {"policy": "resource"},
        "aws:ec2/vpcEndpointPolicy:VpcEndpointPolicy": {"policy": "resource"},
        "aws:ecr/registryPolicy:RegistryPolicy": {"policy": "resource"},
        "aws:ecr/repositoryPolicy:RepositoryPolicy": {"policy": "resource"},
        "aws:iam/groupPolicy:GroupPolicy": {"policy": "identity"},
        "aws:iam/policy:Policy": {"policy": "identity"},
        "aws:iam/role:Role": {"assumeRolePolicy": "trust", "inlinePolicies.*.policy": "identity"},
        "aws:iam/rolePolicy:RolePolicy": {"policy": "identity"},
        "aws:iam/userPolicy:UserPolicy": {"policy": "identity"},
        "aws:kms/key:Key": {"policy": "key"},
        "aws:kms/keyPolicy:KeyPolicy": {"policy": "key"},
        "aws:s3/bucket:Bucket": {"policy": "resource"},
        "aws:s3/bucketPolicy:BucketPolicy": {"policy": "resource"},
        "aws:sagemaker/modelPackageGroupPolicy:ModelPackageGroupPolicy": {"resourcePolicy": "resource"},
        "aws:secretsmanager/secret:Secret": {"policy": "resource"},
        "aws:secretsmanager/secretPolicy:SecretPolicy": {"policy": "resource"},
        "aws:sns/topic:Topic": {"policy": "resource"},
        "aws:sns/topicPolicy:TopicPolicy": {"policy": "resource"},
        "aws:sqs/queue:Queue": {"policy": "resource"},
        "aws:sqs/queuePolicy:QueuePolicy": {"policy": "resource"},
    }
)
"""Properties that hold a document, and its kind, by type; `*` is any position of a list."""

ATTACHMENTS: Mapping[str, str] = MappingProxyType(
    {
        "aws:iam/policyAttachment:PolicyAttachment": "policyArn",
        "aws:iam/role:Role": "managedPolicyArns.*",
        "aws:iam/rolePolicyAttachment:RolePolicyAttachment": "policyArn",
        "aws:iam/userPolicyAttachment:UserPolicyAttachment": "policyArn",
    }
)
"""Properties that name a managed policy which somebody gets."""


@dataclass(frozen=True)
class Carried:
    """A document that a resource carries."""

    path: str
    kind: Kind
    document: object


def documents_of(type_: str, inputs: Mapping[str, object]) -> Iterator[Carried]:
    """The IAM documents among the inputs of a resource of AWS."""
    for pattern, kind in DOCUMENTS.get(type_, {}).items():
        for path, value in _at(inputs, pattern):
            yield Carried(path, kind, value)


def attachments_of(type_: str, inputs: Mapping[str, object]) -> Iterator[object]:
    """The ARNs of managed policies that a resource gives to somebody."""
    for _, value in _at(inputs, ATTACHMENTS[type_]) if type_ in ATTACHMENTS else ():
        yield value


def _at(value: object, pattern: str, path: str = "") -> Iterator[tuple[str, object]]:
    name, _, rest = pattern.partition(".")
    if isinstance(value, Secret):
        # What is below a secret is one.
        yield from ((where, Secret(found)) for where, found in _at(value.value, pattern, path))
    elif name == "*" and isinstance(value, list | tuple):
        for number, item in enumerate(value):
            yield from _at(item, rest, f"{path}[{number}]") if rest else [(f"{path}[{number}]", item)]
    elif isinstance(value, Mapping) and value.get(name) is not None:
        here = f"{path}.{name}" if path else name
        yield from _at(value[name], rest, here) if rest else [(here, value[name])]
