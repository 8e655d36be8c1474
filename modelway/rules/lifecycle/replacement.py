"""A change that makes something anew, and with it loses what is in it or whoever asks it, is nothing that happens by the way."""

from collections.abc import Mapping
from types import MappingProxyType

from modelway.rules.expecting import Judged
from modelway.rules.properties import Found, Misplaced, Missing, one
from modelway.rules.stack import StackRule
from modelway.rules.subjects import Rule, Subject, verdict, wrong
from modelway.rules.values import Secret, Unknown
from modelway.rules.verdicts import Evidence, NotApplicable, Passed, Undecided, Verdict

_BUCKET = ("bucket", "objectLockEnabled")
_HAZARDS: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "aws:amp/workspace:Workspace": ("kmsKeyArn",),
        "aws:dynamodb/table:Table": ("name", "hashKey", "rangeKey"),
        "aws:ec2/subnet:Subnet": ("vpcId", "cidrBlock", "availabilityZone", "availabilityZoneId"),
        "aws:ec2/vpc:Vpc": ("cidrBlock",),
        "aws:ecr/repository:Repository": ("name", "encryptionConfigurations"),
        "aws:efs/fileSystem:FileSystem": ("creationToken", "availabilityZoneName", "encrypted", "kmsKeyId", "performanceMode"),
        "aws:eks/cluster:Cluster": (
            *("name", "roleArn", "bootstrapSelfManagedAddons", "accessConfig.bootstrapClusterCreatorAdminPermissions"),
            *("kubernetesNetworkConfig.ipFamily", "kubernetesNetworkConfig.serviceIpv4Cidr"),
        ),
        "aws:kms/key:Key": ("customerMasterKeySpec", "keyUsage", "multiRegion", "customKeyStoreId"),
        "aws:rds/cluster:Cluster": (
            *("clusterIdentifier", "databaseName", "dbSubnetGroupName", "engine", "engineMode", "kmsKeyId", "masterUsername"),
            "storageEncrypted",
        ),
        "aws:rds/instance:Instance": ("identifier", "dbName", "engine", "kmsKeyId", "storageEncrypted", "username"),
        "aws:s3/bucket:Bucket": _BUCKET,
        "aws:s3/bucketV2:BucketV2": _BUCKET,
        "aws:sagemaker/endpoint:Endpoint": ("name",),
        "aws:sagemaker/modelPackageGroup:ModelPackageGroup": ("modelPackageGroupName", "modelPackageGroupDescription"),
        "aws:secretsmanager/secret:Secret": ("name",),
        "kubernetes:apps/v1:StatefulSet": (
            "metadata.name",
            "metadata.namespace",
            "spec.selector",
            "spec.serviceName",
            "spec.volumeClaimTemplates",
        ),
        "kubernetes:core/v1:Namespace": ("metadata.name",),
        "kubernetes:core/v1:PersistentVolumeClaim": (
            *("metadata.name", "metadata.namespace", "spec.accessModes", "spec.selector", "spec.storageClassName", "spec.volumeName"),
        ),
        "pulumi:providers:kubernetes": ("clusterIdentifier",),
    }
)
"""What makes something anew when it changes, by type. Sources: `ForceNew` in the schemas of hashicorp/terraform-provider-aws
(internal/service) and the official providers' overrides; forceNewProperties of pulumi/pulumi-kubernetes (provider/pkg/clients)."""

_BY_DEFAULT: Mapping[str, object] = MappingProxyType(
    {
        "accessConfig.bootstrapClusterCreatorAdminPermissions": True,
        "bootstrapSelfManagedAddons": True,
        "customerMasterKeySpec": "SYMMETRIC_DEFAULT",
        "keyUsage": "ENCRYPT_DECRYPT",
        "kubernetesNetworkConfig.ipFamily": "ipv4",
        "performanceMode": "generalPurpose",
        "metadata.namespace": "default",
    }
)
"""What is taken for what is left out; where nothing is said, leaving out is as good as false or nothing."""


def judge(subject: Subject) -> Verdict:
    """Whether something that lasts keeps what it was made with. It is acknowledged by an exception for the resource, which ends."""
    hazards = _HAZARDS.get(subject.type)
    if hazards is None or (subject.before is None and subject.compared):
        return NotApplicable()
    if subject.before is None:
        return Undecided(("the properties before",))
    if subject.before is subject.properties:
        # Nothing is to change, not even what nobody can read.
        return Passed()
    return verdict(_kept(path, one(subject.before, path), one(subject.properties, path)) for path in hazards)


def _kept(path: str, was: Found, wanted: Found) -> Judged:
    for found in (wanted, was):
        if isinstance(found.value, Misplaced):
            return wrong(found, "an object")
        if _has_holes(found.value):
            return Undecided((found.path,))
    if _plain(_meant(was, path)) == _plain(_meant(wanted, path)):
        return None
    change = "[secret]" if was.secret or wanted.secret else f"{_shown(was)} before, {_shown(wanted)} now"
    way_out = "Keep what it was made with, or acknowledge what is lost: an exception for it in governance.exceptions."
    return Evidence(path, change, RULE.says, way_out)


def _meant(found: Found, path: str) -> object:
    return _BY_DEFAULT.get(path) if isinstance(found.value, Missing) else found.value


def _has_holes(value: object) -> bool:
    """Whether anything in a value is not known."""
    match value:
        case Unknown():
            return True
        case Secret(inner):
            return _has_holes(inner)
        case Mapping():
            return any(_has_holes(item) for item in value.values())
        case list() | tuple():
            return any(_has_holes(item) for item in value)
    return False


def _plain(value: object) -> str:
    """The value without what only spells it in another way: text for numbers and truths, order of lists, what is empty."""
    match value:
        case Secret(inner):
            return _plain(inner)
        case Mapping():
            items = ((str(key), _plain(item)) for key, item in value.items())
            return repr(sorted(item for item in items if item[1])) if value else ""
        case list() | tuple():
            return repr(sorted(_plain(item) for item in value)) if value else ""
        case str(text) if text.lower() in ("true", "false"):
            return text.lower().removeprefix("false")
        case None | False:
            return ""
        case True:
            return "true"
    return str(value)


def _shown(found: Found) -> str:
    return "not set" if isinstance(found.value, Missing) else found.shown


RULE = Rule(
    id="replacement-acknowledged",
    says="what holds something or is asked keeps what it was made with",
    why="Made anew, it is empty, has another address, or is gone for as long as that takes; a plan says so in one word among hundreds.",
    severity="critical",
    sources=("GOV-03", "aws/aws-cdk#30107", "pulumi/pulumi-aws#3401"),
    applies=_HAZARDS.__contains__,
    judge=judge,
)

RULES: tuple[Rule | StackRule, ...] = (RULE,)
