"""The lookups of all types."""

import re
from collections.abc import Mapping

import jmespath

from tests.localcloud.aws_plugin.lookup import ACCOUNT, REGION, Lookup, Where, says
from tests.localcloud.aws_plugin.lookups_databases import DATABASES
from tests.localcloud.aws_plugin.lookups_ec2 import EC2
from tests.localcloud.aws_plugin.lookups_monitoring import MONITORING
from tests.localcloud.aws_plugin.lookups_registry import REGISTRY
from tests.localcloud.aws_plugin.lookups_serving import SERVING


def _bucket(method: str, path: str, names: Mapping[str, Where] | None = None) -> Lookup:
    return Lookup("s3", method, lambda i, _: {"Bucket": i}, path, {"bucket": says("{id}"), **(names or {})})


_EKS = {
    "cluster:Cluster": Lookup(
        "eks",
        "describe_cluster",
        lambda i, _: {"name": i},
        "cluster",
        {
            "vpcConfig": "resourcesVpcConfig",
            "enabledClusterLogTypes": "logging.clusterLogging[?enabled].types[]",
            "encryptionConfig": "encryptionConfig[0]",
            "certificateAuthority": "certificateAuthority",
            "identities": "[{oidcs: [{issuer: identity.oidc.issuer}]}]",
            "clusterId": "id",
        },
        tags="tags",
    ),
    "nodeGroup:NodeGroup": Lookup(
        "eks",
        "describe_nodegroup",
        lambda i, o: {"clusterName": o["clusterName"], "nodegroupName": o["nodeGroupName"]},
        "nodegroup",
        {
            "arn": "nodegroupArn",
            "nodeGroupName": "nodegroupName",
            "nodeRoleArn": "nodeRole",
            "subnetIds": "subnets",
            "resources": "[resources]",
        },
        tags="tags",
    ),
    "addon:Addon": Lookup(
        "eks",
        "describe_addon",
        lambda i, o: {"clusterName": o["clusterName"], "addonName": o["addonName"]},
        "addon",
        {"arn": "addonArn"},
        tags="tags",
    ),
    "accessEntry:AccessEntry": Lookup(
        "eks",
        "describe_access_entry",
        lambda i, o: {"clusterName": o["clusterName"], "principalArn": o["principalArn"]},
        "accessEntry",
        {"userName": "username"},
        tags="tags",
    ),
    "accessPolicyAssociation:AccessPolicyAssociation": Lookup(
        "eks",
        "list_associated_access_policies",
        lambda i, o: {"clusterName": o["clusterName"], "principalArn": o["principalArn"]},
        "associatedAccessPolicies[?policyArn=='{policyArn}'] | [0]",
        {"clusterName": lambda i, _: i.split("#")[0], "principalArn": lambda i, _: i.split("#")[1]},
    ),
    "podIdentityAssociation:PodIdentityAssociation": Lookup(
        "eks",
        "describe_pod_identity_association",
        lambda i, o: {"clusterName": o["clusterName"], "associationId": i},
        "association",
        tags="tags",
    ),
}

_STORAGE = {
    "ecr/repository:Repository": Lookup(
        "ecr",
        "describe_repositories",
        lambda i, _: {"repositoryNames": [i]},
        "repositories[0]",
        {
            "arn": "repositoryArn",
            "name": "repositoryName",
            "repositoryUrl": "repositoryUri",
            "encryptionConfigurations": "[encryptionConfiguration]",
        },
        {"tagging": ("list_tags_for_resource", lambda i, o: {"resourceArn": o["arn"]})},
        "tagging.tags",
    ),
    "ecr/lifecyclePolicy:LifecyclePolicy": Lookup(
        "ecr",
        "get_lifecycle_policy",
        lambda i, _: {"repositoryName": i},
        "@",
        {"policy": "lifecyclePolicyText", "repository": "repositoryName"},
    ),
    "ecr/repositoryPolicy:RepositoryPolicy": Lookup(
        "ecr", "get_repository_policy", lambda i, _: {"repositoryName": i}, "@", {"policy": "policyText", "repository": "repositoryName"}
    ),
    "s3/bucket:Bucket": Lookup(
        "s3",
        "get_bucket_location",
        lambda i, _: {"Bucket": i},
        "{Region: LocationConstraint}",
        {
            "arn": says("arn:aws:s3:::{id}"),
            "bucket": says("{id}"),
            "bucketRegion": "Region",
            "bucketDomainName": says("{id}.s3.amazonaws.com"),
            "bucketRegionalDomainName": says(f"{{id}}.s3.{REGION}.amazonaws.com"),
            "hostedZoneId": says("Z1BKCTXD74EZPE"),
            "objectLockEnabled": lambda i, _: i.startswith("locked-"),
        },
        {"tagging": ("get_bucket_tagging", lambda i, _: {"Bucket": i})},
        "tagging.TagSet",
    ),
    "s3/bucketVersioning:BucketVersioning": _bucket("get_bucket_versioning", "{VersioningConfiguration: @}"),
    "s3/bucketServerSideEncryptionConfiguration:BucketServerSideEncryptionConfiguration": _bucket(
        "get_bucket_encryption", "ServerSideEncryptionConfiguration"
    ),
    "s3/bucketPublicAccessBlock:BucketPublicAccessBlock": _bucket("get_public_access_block", "PublicAccessBlockConfiguration"),
    "s3/bucketLifecycleConfiguration:BucketLifecycleConfiguration": _bucket("get_bucket_lifecycle_configuration", "@"),
    "s3/bucketPolicy:BucketPolicy": _bucket("get_bucket_policy", "@"),
    "s3/bucketOwnershipControls:BucketOwnershipControls": _bucket(
        "get_bucket_ownership_controls", "OwnershipControls", {"rule": "Rules[0]"}
    ),
    "kms/key:Key": Lookup(
        "kms",
        "describe_key",
        lambda i, _: {"KeyId": i},
        "KeyMetadata",
        {
            "isEnabled": "Enabled",
            "customerMasterKeySpec": "KeySpec",
            "policy": "document.Policy",
            "enableKeyRotation": "rotation.KeyRotationEnabled",
            "rotationPeriodInDays": "rotation.RotationPeriodInDays",
        },
        {
            "document": ("get_key_policy", lambda i, _: {"KeyId": i, "PolicyName": "default"}),
            "rotation": ("get_key_rotation_status", lambda i, _: {"KeyId": i}),
            "tagging": ("list_resource_tags", lambda i, _: {"KeyId": i}),
        },
        "tagging.Tags",
    ),
    "kms/alias:Alias": Lookup(
        "kms",
        "list_aliases",
        lambda _, __: {},
        "Aliases[?AliasName=='{name}'] | [0]",
        {
            "name": "AliasName",
            "arn": "AliasArn",
            "targetKeyArn": lambda _, live: f"arn:aws:kms:{REGION}:{ACCOUNT}:key/{live['TargetKeyId'].rpartition('/')[2]}",
        },
    ),
    "cloudwatch/logGroup:LogGroup": Lookup(
        "logs",
        "describe_log_groups",
        lambda i, _: {"logGroupNamePrefix": i},
        "logGroups[?logGroupName=='{name}'] | [0]",
        {"name": "logGroupName", "arn": "logGroupArn", "retentionInDays": "retentionInDays || `0`"},
        {"tagging": ("list_tags_for_resource", lambda i, o: {"resourceArn": o["arn"]})},
        "tagging.tags",
    ),
}


def _detail(path: str) -> Where:
    return lambda i, live: jmespath.search(f"details.RoleDetailList[?RoleName=='{i}'] | [0].{path}", live)


_IAM = {
    "role:Role": Lookup(
        "iam",
        "get_role",
        lambda i, _: {"RoleName": i},
        "Role",
        {
            "name": "RoleName",
            "assumeRolePolicy": "AssumeRolePolicyDocument",
            "uniqueId": "RoleId",
            "inlinePolicies": _detail("RolePolicyList[].{name: PolicyName, policy: PolicyDocument}"),
            "managedPolicyArns": _detail("AttachedManagedPolicies[].PolicyArn"),
        },
        {"details": ("get_account_authorization_details", lambda _, __: {"Filter": ["Role"]})},
        "Tags",
    ),
    "rolePolicy:RolePolicy": Lookup(
        "iam",
        "get_role_policy",
        lambda i, _: {"RoleName": i.partition(":")[0], "PolicyName": i.partition(":")[2]},
        "@",
        {"name": "PolicyName", "role": "RoleName", "policy": "PolicyDocument"},
    ),
    "rolePolicyAttachment:RolePolicyAttachment": Lookup(
        "iam",
        "list_attached_role_policies",
        lambda i, _: {"RoleName": i.partition("/")[0]},
        "AttachedPolicies[?PolicyArn=='{policyArn}'] | [0]",
        {"role": says("{0}")},
    ),
    "policy:Policy": Lookup(
        "iam",
        "get_policy",
        lambda i, _: {"PolicyArn": i},
        "Policy",
        {"name": "PolicyName", "policy": "versions.Versions[?IsDefaultVersion].Document | [0]"},
        {"versions": ("list_policy_versions", lambda i, _: {"PolicyArn": i})},
        "Tags",
    ),
}

_V2 = {
    re.sub(r"/(\w+):(\w+)", r"/\1V2:\2V2", kind): _STORAGE[kind]
    for kind in _STORAGE
    if kind.endswith((":Bucket", ":BucketVersioning", ":BucketServerSideEncryptionConfiguration", ":BucketLifecycleConfiguration"))
}

LOOKUPS: Mapping[str, Lookup] = {
    f"aws:{group}{kind}": lookup
    for group, lookups in (
        ("ec2/", EC2),
        ("eks/", _EKS),
        ("iam/", _IAM),
        ("", {**_STORAGE, **_V2, **DATABASES, **REGISTRY, **SERVING, **MONITORING}),
    )
    for kind, lookup in lookups.items()
}
