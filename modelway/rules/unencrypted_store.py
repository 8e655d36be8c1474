"""What is written to a disk, a bucket or a queue is encrypted there."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from modelway.rules.properties import Missing, look
from modelway.rules.subjects import Rule, Subject, text_of, truth, verdict
from modelway.rules.verdicts import Evidence, Undecided, Unreadable, Verdict


@dataclass(frozen=True)
class _Switch:
    """A property that turns encryption on."""

    path: str
    missing: bool
    """What AWS takes when it is not there."""


_SWITCHES: Mapping[str, tuple[_Switch, ...]] = {
    "aws:dax/cluster:Cluster": (_Switch("serverSideEncryption.enabled", missing=False),),
    "aws:docdb/cluster:Cluster": (_Switch("storageEncrypted", missing=False),),
    "aws:ebs/volume:Volume": (_Switch("encrypted", missing=False),),
    "aws:ec2/instance:Instance": (
        _Switch("rootBlockDevice.encrypted", missing=False),
        _Switch("ebsBlockDevices.*.encrypted", missing=False),
    ),
    "aws:ec2/launchTemplate:LaunchTemplate": (_Switch("blockDeviceMappings.*.ebs.encrypted", missing=False),),
    "aws:efs/fileSystem:FileSystem": (_Switch("encrypted", missing=False),),
    "aws:elasticache/replicationGroup:ReplicationGroup": (_Switch("atRestEncryptionEnabled", missing=False),),
    "aws:neptune/cluster:Cluster": (_Switch("storageEncrypted", missing=False),),
    "aws:opensearch/domain:Domain": (_Switch("encryptAtRest.enabled", missing=False),),
    "aws:rds/cluster:Cluster": (_Switch("storageEncrypted", missing=False),),
    "aws:rds/instance:Instance": (_Switch("storageEncrypted", missing=False),),
    "aws:redshift/cluster:Cluster": (_Switch("encrypted", missing=True),),
    "aws:sqs/queue:Queue": (_Switch("sqsManagedSseEnabled", missing=True),),
    "kubernetes:storage.k8s.io/v1:StorageClass": (_Switch("parameters.encrypted", missing=False),),
}
"""Sources: the pages of those resources on www.pulumi.com/registry/packages/aws/api-docs/, and of the driver of EBS on Kubernetes,
github.com/kubernetes-sigs/aws-ebs-csi-driver/blob/master/docs/parameters.md. DynamoDB, S3 and ECR encrypt always."""

_KEYS: Mapping[str, str] = {
    "aws:sagemaker/endpointConfiguration:EndpointConfiguration": "kmsKeyArn",
    "aws:sagemaker/notebookInstance:NotebookInstance": "kmsKeyId",
    "aws:sns/topic:Topic": "kmsMasterKeyId",
}
"""Properties that name the key, without which nothing of one's own is encrypted."""
_KEYS_INSTEAD = {"aws:sqs/queue:Queue": "kmsMasterKeyId"}
"""Properties of which either is enough."""
_DRIVER = "ebs.csi"


def judge(subject: Subject) -> Verdict:
    """Whether a store is encrypted at rest."""
    return verdict(_judged(subject))


def _judged(subject: Subject) -> Iterator[Evidence | Undecided | Unreadable | None]:
    if subject.type.endswith(":StorageClass") and not _of_ebs(subject):
        return
    for switch in _SWITCHES.get(subject.type, ()):
        for found in look(subject.properties, switch.path):
            on = truth(found, missing=switch.missing)
            if on is False and not _has_key(subject, _KEYS_INSTEAD.get(subject.type)):
                said = "not set" if isinstance(found.value, Missing) else found.shown
                yield Evidence(
                    found.path, said, RULE.says, f"Set {switch.path.replace('.*', '[]')} to true; most stores are then made anew."
                )
            else:
                yield on if not isinstance(on, bool) else None
    if path := _KEYS.get(subject.type):
        found = next(look(subject.properties, path))
        key = text_of(found)
        if key:
            yield key if not isinstance(key, str) else None
        else:
            yield Evidence(found.path, "not set", RULE.says, f"Set {path} to the ARN of a key.")


def _has_key(subject: Subject, path: str | None) -> bool:
    return path is not None and not isinstance(next(look(subject.properties, path)).value, Missing)


def _of_ebs(subject: Subject) -> bool:
    return _DRIVER in str(subject.properties.get("provisioner", ""))


RULE = Rule(
    id="unencrypted-store",
    says="what is stored is encrypted at rest",
    why="A disk, a snapshot or a queue that is copied or left behind is readable for whoever has it.",
    severity="high",
    sources=("FSBP RDS.3", "FSBP EC2.3", "FSBP EFS.1", "FSBP SNS.1", "FSBP SageMaker.1", "CKV_AWS_16", "CKV_AWS_3", "NIST SC-28"),
    applies=lambda type_: type_ in _SWITCHES or type_ in _KEYS,
    judge=judge,
)
