"""The lookups of EC2's types."""

from collections.abc import Mapping
from typing import Any

from tests.localcloud.aws_plugin.lookup import ACCOUNT, REGION, Lookup, Parameters, Where, says


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


def _in_vpc(method: str) -> tuple[str, Parameters]:
    return method, lambda i, _: {"Filters": [{"Name": "vpc-id", "Values": [i]}]}


def _attribute(name: str) -> tuple[str, Parameters]:
    return "describe_vpc_attribute", lambda i, _: {"VpcId": i, "Attribute": name}


def _public_dns(_: str, live: Any) -> str:
    return f"ec2-{live['PublicIp'].replace('.', '-')}.{REGION}.compute.amazonaws.com"


EC2 = {
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
EC2["defaultSecurityGroup:DefaultSecurityGroup"] = EC2["securityGroup:SecurityGroup"]
