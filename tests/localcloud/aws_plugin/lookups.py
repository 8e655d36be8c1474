"""How boto3 is asked about a resource, written down independently of the plugin, and where in the answer each property of the state is."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import jmespath

from tests.localcloud.aws_plugin.stack import Object

ACCOUNT, REGION = "444444444444", "eu-west-1"

Parameters = Callable[[str, Object], Object]
"""Of a call, from the id and the properties of the state."""
Where = str | Callable[[str, Any], object]
"""JMESPath on the object, or what makes the value of the id and the object."""


@dataclass(frozen=True)
class Lookup:
    """`path`: JMESPath to the object in the answer, `{name}` in it is a property of the state; `more`: further calls, whose answers are put
    under their names; `names`: where a property is that is not the member of its name; `tags`: where tags are."""

    service: str
    method: str
    parameters: Parameters
    path: str
    names: Mapping[str, Where] = field(default_factory=dict)
    more: Mapping[str, tuple[str, Parameters]] = field(default_factory=dict)
    tags: str = ""


def says(form: str) -> Where:
    """What follows from the id: `{id}`, or its first part, `{0}`."""
    return lambda i, _: form.format(re.split("[_/:]", i)[0], id=i)


def _ec2(
    method: str,
    parameter: str,
    path: str,
    arn: str = "",
    names: Mapping[str, Where] | None = None,
    more: Mapping[str, tuple[str, Parameters]] | None = None,
) -> Lookup:
    arns = {"arn": says(f"arn:aws:ec2:{REGION}:{ACCOUNT}:{arn}/{{id}}")} if arn else {}
    return Lookup("ec2", method, lambda i, _: {parameter: [i]}, path, {**arns, **(names or {})}, more or {}, "Tags")


def _bucket(method: str, path: str, names: Mapping[str, Where] | None = None) -> Lookup:
    return Lookup("s3", method, lambda i, _: {"Bucket": i}, path, {"bucket": says("{id}"), **(names or {})})


def _in_vpc(method: str) -> tuple[str, Parameters]:
    return method, lambda i, _: {"Filters": [{"Name": "vpc-id", "Values": [i]}]}


def _attribute(name: str) -> tuple[str, Parameters]:
    return "describe_vpc_attribute", lambda i, _: {"VpcId": i, "Attribute": name}


def _public_dns(_: str, live: Any) -> str:
    return f"ec2-{live['PublicIp'].replace('.', '-')}.{REGION}.compute.amazonaws.com"


_EC2 = {
    "vpc:Vpc": _ec2(
        "describe_vpcs",
        "VpcIds",
        "Vpcs[0]",
        "vpc",
        names={
            "enableDnsHostnames": "hostnames.EnableDnsHostnames.Value",
            "enableDnsSupport": "support.EnableDnsSupport.Value",
            "enableNetworkAddressUsageMetrics": "metrics.EnableNetworkAddressUsageMetrics.Value",
            "defaultNetworkAclId": "acls.NetworkAcls[?IsDefault].NetworkAclId | [0]",
            "defaultRouteTableId": "tables.RouteTables[?Associations[?Main]].RouteTableId | [0]",
            "mainRouteTableId": "tables.RouteTables[?Associations[?Main]].RouteTableId | [0]",
            "defaultSecurityGroupId": "groups.SecurityGroups[?GroupName=='default'].GroupId | [0]",
        },
        more={
            "hostnames": _attribute("enableDnsHostnames"),
            "support": _attribute("enableDnsSupport"),
            "metrics": _attribute("enableNetworkAddressUsageMetrics"),
            "acls": _in_vpc("describe_network_acls"),
            "tables": _in_vpc("describe_route_tables"),
            "groups": _in_vpc("describe_security_groups"),
        },
    ),
    "subnet:Subnet": _ec2("describe_subnets", "SubnetIds", "Subnets[0]", names={"arn": "SubnetArn"}),
    "internetGateway:InternetGateway": _ec2(
        "describe_internet_gateways",
        "InternetGatewayIds",
        "InternetGateways[0]",
        "internet-gateway",
        names={"vpcId": "Attachments[0].VpcId"},
    ),
    "eip:Eip": _ec2(
        "describe_addresses",
        "AllocationIds",
        "Addresses[0]",
        "elastic-ip",
        names={
            "privateIp": "PrivateIpAddress",
            "instance": "InstanceId",
            "networkInterface": "NetworkInterfaceId",
            "publicDns": _public_dns,
        },
    ),
    "natGateway:NatGateway": _ec2(
        "describe_nat_gateways",
        "NatGatewayIds",
        "NatGateways[?State!='deleted'] | [0]",
        names={
            name: f"NatGatewayAddresses[0].{member}"
            for name, member in {
                "allocationId": "AllocationId",
                "associationId": "AssociationId",
                "publicIp": "PublicIp",
                "privateIp": "PrivateIp",
                "networkInterfaceId": "NetworkInterfaceId",
            }.items()
        },
    ),
    "routeTable:RouteTable": _ec2(
        "describe_route_tables",
        "RouteTableIds",
        "RouteTables[0]",
        "route-table",
        names={
            "routes": "Routes[?GatewayId!='local' && !starts_with(GatewayId || '', 'vpce-')]"
            ".{cidrBlock: DestinationCidrBlock, gatewayId: GatewayId, natGatewayId: NatGatewayId}"
        },
    ),
    "route:Route": Lookup(
        "ec2",
        "describe_route_tables",
        lambda i, _: {"RouteTableIds": [i.partition("_")[0]]},
        "RouteTables[0].Routes[?DestinationCidrBlock=='{destinationCidrBlock}'] | [0]",
        {"routeTableId": says("{0}")},
    ),
    "routeTableAssociation:RouteTableAssociation": Lookup(
        "ec2",
        "describe_route_tables",
        lambda i, o: {"Filters": [{"Name": "association.subnet-id", "Values": [o["subnetId"]]}]},
        "RouteTables[].Associations[] | [?SubnetId=='{subnetId}'] | [0]",
    ),
    "securityGroup:SecurityGroup": _ec2(
        "describe_security_groups",
        "GroupIds",
        "SecurityGroups[0]",
        "security-group",
        names={"name": "GroupName", "ingress": "IpPermissions", "egress": "IpPermissionsEgress"},
    ),
    "vpcEndpoint:VpcEndpoint": _ec2(
        "describe_vpc_endpoints",
        "VpcEndpointIds",
        "VpcEndpoints[?State!='deleted'] | [0]",
        "vpc-endpoint",
        names={"policy": "PolicyDocument", "securityGroupIds": "Groups[].GroupId"},
    ),
    "flowLog:FlowLog": _ec2(
        "describe_flow_logs",
        "FlowLogIds",
        "FlowLogs[0]",
        "vpc-flow-log",
        names={"vpcId": "ResourceId", "iamRoleArn": "DeliverLogsPermissionArn"},
    ),
    "launchTemplate:LaunchTemplate": Lookup(
        "ec2",
        "describe_launch_template_versions",
        lambda i, _: {"LaunchTemplateId": i, "Versions": ["$Latest"]},
        "LaunchTemplateVersions[0]",
        {
            "arn": says(f"arn:aws:ec2:{REGION}:{ACCOUNT}:launch-template/{{id}}"),
            "name": "LaunchTemplateName",
            "latestVersion": "VersionNumber",
            "defaultVersion": "templates.LaunchTemplates[0].DefaultVersionNumber",
            **{
                name: f"LaunchTemplateData.{name[0].upper()}{name[1:]}"
                for name in ("instanceType", "imageId", "metadataOptions", "blockDeviceMappings")
            },
            "tagSpecifications": "LaunchTemplateData.TagSpecifications[?ResourceType=='instance']",
        },
        {
            "templates": ("describe_launch_templates", lambda i, _: {"LaunchTemplateIds": [i]}),
            "tagging": ("describe_tags", lambda i, _: {"Filters": [{"Name": "resource-id", "Values": [i]}]}),
        },
        "tagging.Tags",
    ),
}
_EC2["defaultSecurityGroup:DefaultSecurityGroup"] = _EC2["securityGroup:SecurityGroup"]

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
            "objectLockEnabled": "`false`",
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
    for group, lookups in (("ec2/", _EC2), ("eks/", _EKS), ("iam/", _IAM), ("", {**_STORAGE, **_V2}))
    for kind, lookup in lookups.items()
}
