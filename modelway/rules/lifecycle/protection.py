"""What holds something that cannot be made again is protected: the engine refuses to delete it."""

from collections.abc import Mapping, Sequence

from modelway.rules.expecting import Judged
from modelway.rules.stack import Resource, StackRule
from modelway.rules.subjects import Rule, verdict
from modelway.rules.verdicts import Evidence, Verdict

_KEY = "aws:kms/key:Key"
_LASTING = frozenset(
    (
        *("aws:s3/bucket:Bucket", "aws:s3/bucketV2:BucketV2", "aws:ecr/repository:Repository", "aws:eks/cluster:Cluster"),
        *("aws:dynamodb/table:Table", "aws:rds/instance:Instance", "aws:rds/cluster:Cluster", "aws:docdb/cluster:Cluster"),
        *("aws:efs/fileSystem:FileSystem", "aws:opensearch/domain:Domain", "aws:sagemaker/modelPackageGroup:ModelPackageGroup"),
    )
)
_SETTINGS = frozenset(
    (
        "aws:s3/bucketServerSideEncryptionConfiguration:BucketServerSideEncryptionConfiguration",
        "aws:s3/bucketServerSideEncryptionConfigurationV2:BucketServerSideEncryptionConfigurationV2",
    )
)
"""What says under which key a bucket is."""


def judge(resources: Sequence[Resource]) -> Mapping[str, Verdict]:
    """Whether the engine refuses to delete what holds something, and the key that it is under. Of a key that nothing of the stack lies
    under nothing is said."""
    under = {urn for each in resources if each.subject.type in _LASTING | _SETTINGS for urn in each.depends_on}
    return {
        each.urn: verdict([_protected(each)])
        for each in resources
        if each.subject.type in _LASTING or (each.subject.type == _KEY and each.urn in under)
    }


def _protected(resource: Resource) -> Judged:
    way_out = "Set the option `protect` of the resource; to retire it, except it until that is done."
    return None if resource.protected else Evidence("protect", "not set", RULE.says, way_out)


RULE = StackRule(
    id="protected-for-good",
    says="the engine refuses to delete what holds something that cannot be made again",
    why="One wrong stack name or one renamed resource is enough, and a backup is a day old.",
    # Development is made to be thrown away: there, and in staging, it is said and blocks nothing.
    severity="high",
    sources=("GOV-02", "NIST CP-9", "NIST AI RMF MANAGE 2.4"),
    applies=lambda type_: type_ in _LASTING or type_ == _KEY,
    judge=judge,
)

RULES: tuple[Rule | StackRule, ...] = (RULE,)
