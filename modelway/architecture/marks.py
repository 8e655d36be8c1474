"""What every resource says of itself: the system that it is a part of, who answers for it, and how carefully it is handled.

In AWS these are tags, on Kubernetes objects labels. An address is no value of a label, so who answers is an annotation there.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from modelway.architecture.environment import Environment
from modelway.architecture.model import Model

SYSTEM, OWNER, TIER, RISK, MODEL, ENVIRONMENT = "system", "owner", "tier", "risk-tier", "model", "environment"
EXPECTED = (SYSTEM, OWNER, TIER)
"""What a resource has to say."""

PREFIX = "modelway.dev/"
"""Of labels and annotations."""

_BY_ITS_PARENT = "it is a setting of another resource, which is tagged"
_RIGHTS = "it is a document that says who may do what; what it is about is tagged"
_TIED = "it ties two resources together, which are tagged"

UNTAGGABLE: Mapping[str, str] = {
    "aws:amp/alertManagerDefinition:AlertManagerDefinition": _BY_ITS_PARENT,
    "aws:amp/workspaceConfiguration:WorkspaceConfiguration": _BY_ITS_PARENT,
    "aws:appautoscaling/policy:Policy": _BY_ITS_PARENT,
    "aws:appautoscaling/scheduledAction:ScheduledAction": _BY_ITS_PARENT,
    "aws:ec2/route:Route": _BY_ITS_PARENT,
    "aws:ec2/routeTableAssociation:RouteTableAssociation": _TIED,
    "aws:ecr/lifecyclePolicy:LifecyclePolicy": _BY_ITS_PARENT,
    "aws:ecr/pullThroughCacheRule:PullThroughCacheRule": "it is a setting of the account's registry",
    "aws:ecr/registryScanningConfiguration:RegistryScanningConfiguration": "it is a setting of the account's registry",
    "aws:ecr/replicationConfiguration:ReplicationConfiguration": "it is a setting of the account's registry",
    "aws:ecr/repositoryCreationTemplate:RepositoryCreationTemplate": "it is a setting of the account's registry",
    "aws:ecr/repositoryPolicy:RepositoryPolicy": _RIGHTS,
    "aws:eks/accessPolicyAssociation:AccessPolicyAssociation": _TIED,
    "aws:iam/rolePolicy:RolePolicy": _RIGHTS,
    "aws:iam/rolePolicyAttachment:RolePolicyAttachment": _TIED,
    "aws:s3/bucketLifecycleConfiguration:BucketLifecycleConfiguration": _BY_ITS_PARENT,
    "aws:s3/bucketLogging:BucketLogging": _BY_ITS_PARENT,
    "aws:s3/bucketObjectLockConfiguration:BucketObjectLockConfiguration": _BY_ITS_PARENT,
    "aws:s3/bucketOwnershipControls:BucketOwnershipControls": _BY_ITS_PARENT,
    "aws:s3/bucketPolicy:BucketPolicy": _RIGHTS,
    "aws:s3/bucketPublicAccessBlock:BucketPublicAccessBlock": _BY_ITS_PARENT,
    "aws:s3/bucketReplicationConfig:BucketReplicationConfig": _BY_ITS_PARENT,
    "aws:s3/bucketServerSideEncryptionConfiguration:BucketServerSideEncryptionConfiguration": _BY_ITS_PARENT,
    "aws:s3/bucketVersioning:BucketVersioning": _BY_ITS_PARENT,
    "aws:sagemaker/modelPackageGroupPolicy:ModelPackageGroupPolicy": _RIGHTS,
    "aws:scheduler/schedule:Schedule": "EventBridge tags groups of schedules alone; the role that it calls by is tagged",
    "aws:sns/topicPolicy:TopicPolicy": _RIGHTS,
    "kubernetes:helm.sh/v3:Release": "it is a chart, whose objects have the labels that the chart gives them; its namespace is labelled",
}
"""Types that take no tags or labels, and why nothing is missed by that."""

FEW_TAGS = frozenset(("aws:s3/bucketObject:BucketObject", "aws:s3/bucketObjectv2:BucketObjectv2"))
"""What S3 takes ten tags of (docs.aws.amazon.com/AmazonS3/latest/userguide/object-tagging.html): it says what the environment says."""


@dataclass(frozen=True)
class Marks:
    """What resources say."""

    said: Mapping[str, str]

    @property
    def tags(self) -> dict[str, str]:
        """As tags in AWS."""
        return dict(self.said)

    @property
    def labels(self) -> dict[str, str]:
        """As labels of a Kubernetes object; who answers is none of them. Its model has one already."""
        return {f"{PREFIX}{name}": value for name, value in self.said.items() if name not in (OWNER, MODEL)}

    @property
    def annotations(self) -> dict[str, str]:
        """As annotations of a Kubernetes object."""
        return {f"{PREFIX}{OWNER}": self.said[OWNER]}


def of_platform(environment: Environment) -> Marks:
    """What says everything of an environment that is no single model's."""
    return Marks({SYSTEM: environment.platform, OWNER: environment.owner, TIER: environment.tier, ENVIRONMENT: environment.environment})


def of_model(environment: Environment, model: Model) -> Marks:
    """What says everything of one model."""
    own = {SYSTEM: system_of(model), OWNER: model.owner, RISK: model.risk_tier, MODEL: model.model}
    return Marks({**of_platform(environment).said, **own})


def system_of(model: Model) -> str:
    """The system that a model is a part of, in the organisation's inventory."""
    return (model.governance.system if model.governance is not None else None) or model.model


def takes_tags(type_: str) -> bool:
    """Whether a resource of this type can say anything; what is no resource in a cloud, such as a component, cannot either."""
    return type_.startswith(("aws:", "kubernetes:")) and type_ not in UNTAGGABLE
