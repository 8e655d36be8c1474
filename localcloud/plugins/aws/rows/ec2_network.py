"""VPCs, subnets, gateways, addresses.

What replaces and what is a set: the schemas in hashicorp/terraform-provider-aws, internal/service/ec2, files named at each row.
"""

from __future__ import annotations

from localcloud.plugins.aws.table import (
    ID,
    TAGS,
    Action,
    Call,
    Read,
    Row,
    Scope,
    Source,
    Step,
    Tagging,
    Until,
    fixed,
    key_value,
    tag_specifications,
    using,
)

EC2_TAGGING = Tagging(
    add=Call("CreateTags", {"Resources": [ID], "Tags": TAGS}),
    remove=Call("DeleteTags", {"Resources": [ID], "Tags": Source(key_value)}),
)


def filters(*values: tuple[str, str]) -> Source:
    """EC2 filters; `$id` stands for the id."""
    return Source(lambda scope: [{"Name": name, "Values": [value.replace("$id", scope.id)]} for name, value in values])


def arn(resource: str) -> Source:
    """`arn:aws:ec2:<region>:<account>:<resource>/<id>`"""
    return Source(lambda scope: scope.arn("ec2", f"{resource}/{scope.id}"))


def _vpc_attribute(name: str) -> Call:
    return Call("DescribeVpcAttribute", {"VpcId": ID, "Attribute": fixed(name)})


def _modify_vpc(property_name: str, member: str) -> Step:
    return Step((property_name,), Call("ModifyVpcAttribute", {"VpcId": ID, member: {"Value": property_name}}))


VPC = Row(
    type="aws:ec2/vpc:Vpc",
    service="ec2",
    source="internal/service/ec2/vpc_.go",
    served="moto",
    create=Call(
        "CreateVpc",
        {
            "CidrBlock": "cidrBlock",
            "InstanceTenancy": "instanceTenancy",
            "Ipv4IpamPoolId": "ipv4IpamPoolId",
            "Ipv4NetmaskLength": "ipv4NetmaskLength",
            "TagSpecifications": tag_specifications("vpc"),
        },
    ),
    id="answer.Vpc.VpcId",
    read=Read(
        Call("DescribeVpcs", {"VpcIds": [ID]}),
        "Vpcs[0]",
        more={
            "hostnames": _vpc_attribute("enableDnsHostnames"),
            "support": _vpc_attribute("enableDnsSupport"),
            "metrics": _vpc_attribute("enableNetworkAddressUsageMetrics"),
            "acls": Call("DescribeNetworkAcls", {"Filters": filters(("vpc-id", "$id"), ("default", "true"))}),
            "tables": Call("DescribeRouteTables", {"Filters": filters(("vpc-id", "$id"), ("association.main", "true"))}),
            "groups": Call("DescribeSecurityGroups", {"Filters": filters(("vpc-id", "$id"), ("group-name", "default"))}),
        },
    ),
    steps=(
        _modify_vpc("enableDnsSupport", "EnableDnsSupport"),
        _modify_vpc("enableDnsHostnames", "EnableDnsHostnames"),
        _modify_vpc("enableNetworkAddressUsageMetrics", "EnableNetworkAddressUsageMetrics"),
        Step(("instanceTenancy",), Call("ModifyVpcTenancy", {"VpcId": ID, "InstanceTenancy": "instanceTenancy"}), on_create=False),
    ),
    delete=(Call("DeleteVpc", {"VpcId": ID}),),
    outputs={
        "arn": arn("vpc"),
        "enableDnsHostnames": "hostnames.EnableDnsHostnames.Value",
        "enableDnsSupport": "support.EnableDnsSupport.Value",
        "enableNetworkAddressUsageMetrics": "metrics.EnableNetworkAddressUsageMetrics.Value",
        "defaultNetworkAclId": "acls.NetworkAcls[0].NetworkAclId",
        "defaultRouteTableId": "tables.RouteTables[0].RouteTableId",
        "mainRouteTableId": "tables.RouteTables[0].RouteTableId",
        "defaultSecurityGroupId": "groups.SecurityGroups[0].GroupId",
    },
    replace_on=frozenset({"cidrBlock", "ipv4IpamPoolId", "ipv4NetmaskLength"}),
    # AWS can only make a dedicated VPC a shared one (resourceVPCCustomizeDiff).
    replace_if=lambda old, new: (
        ["instanceTenancy"] if old.get("instanceTenancy") != "dedicated" and new.get("instanceTenancy") == "dedicated" else []
    ),
    defaults={"enableDnsSupport": True, "instanceTenancy": "default"},
    computed=frozenset({"cidrBlock", "enableDnsHostnames", "enableNetworkAddressUsageMetrics"}),
    kept={"ipv4IpamPoolId": "upstream does not read it", "ipv4NetmaskLength": "upstream does not read it"},
    tagging=EC2_TAGGING,
    until=Until("State", ("available",)),
    wait_gone=True,
    note="no IPv6",
)


def _modify_subnet(property_name: str, member: str) -> Step:
    # One attribute a request (API_ModifySubnetAttribute).
    return Step((property_name,), Call("ModifySubnetAttribute", {"SubnetId": ID, member: {"Value": property_name}}))


SUBNET = Row(
    type="aws:ec2/subnet:Subnet",
    service="ec2",
    source="internal/service/ec2/vpc_subnet.go",
    served="moto",
    create=Call(
        "CreateSubnet",
        {
            "VpcId": "vpcId",
            "CidrBlock": "cidrBlock",
            "AvailabilityZone": "availabilityZone",
            "AvailabilityZoneId": "availabilityZoneId",
            "TagSpecifications": tag_specifications("subnet"),
        },
    ),
    id="answer.Subnet.SubnetId",
    read=Read(Call("DescribeSubnets", {"SubnetIds": [ID]}), "Subnets[0]"),
    steps=(
        _modify_subnet("mapPublicIpOnLaunch", "MapPublicIpOnLaunch"),
        _modify_subnet("assignIpv6AddressOnCreation", "AssignIpv6AddressOnCreation"),
    ),
    delete=(Call("DeleteSubnet", {"SubnetId": ID}),),
    outputs={"arn": "SubnetArn"},
    replace_on=frozenset({"vpcId", "cidrBlock", "availabilityZone", "availabilityZoneId"}),
    defaults={"mapPublicIpOnLaunch": False, "assignIpv6AddressOnCreation": False, "ipv6Native": False},
    computed=frozenset({"cidrBlock", "availabilityZone", "availabilityZoneId"}),
    tagging=EC2_TAGGING,
    until=Until("State", ("available",)),
    wait_gone=True,
    import_skips=frozenset({"availabilityZoneId"}),
    note="no IPv6, no Outposts, no DNS options of instances",
)


def _detach_gateway(scope: Scope) -> None:
    for attached in scope.live.get("Attachments") or []:
        scope.call("ec2", "DetachInternetGateway", {"InternetGatewayId": scope.id, "VpcId": attached["VpcId"]})


def _attach_gateway(scope: Scope) -> None:
    _detach_gateway(scope)
    scope.call("ec2", "AttachInternetGateway", {"InternetGatewayId": scope.id, "VpcId": scope.inputs["vpcId"]})


INTERNET_GATEWAY = Row(
    type="aws:ec2/internetGateway:InternetGateway",
    service="ec2",
    source="internal/service/ec2/vpc_internet_gateway.go",
    served="moto",
    create=Call("CreateInternetGateway", {"TagSpecifications": tag_specifications("internet-gateway")}),
    id="answer.InternetGateway.InternetGatewayId",
    read=Read(Call("DescribeInternetGateways", {"InternetGatewayIds": [ID]}), "InternetGateways[0]"),
    steps=(Step(("vpcId",), Action(_attach_gateway, ("vpcId",), ("ec2:DetachInternetGateway", "ec2:AttachInternetGateway"))),),
    delete=(
        Action(_detach_gateway, (), ("ec2:DetachInternetGateway",)),
        Call("DeleteInternetGateway", {"InternetGatewayId": ID}),
    ),
    outputs={"arn": arn("internet-gateway"), "vpcId": "Attachments[0].VpcId"},
    computed=frozenset({"vpcId"}),
    tagging=EC2_TAGGING,
)


def _disassociate(scope: Scope) -> None:
    association = scope.live.get("AssociationId")
    if association:
        scope.call("ec2", "DisassociateAddress", {"AssociationId": association})


def _associate(scope: Scope) -> None:
    _disassociate(scope)
    wanted = {
        "InstanceId": scope.inputs.get("instance"),
        "NetworkInterfaceId": scope.inputs.get("networkInterface"),
        "PrivateIpAddress": scope.inputs.get("associateWithPrivateIp"),
    }
    if wanted["InstanceId"] or wanted["NetworkInterfaceId"]:
        given = {name: value for name, value in wanted.items() if value}
        scope.call("ec2", "AssociateAddress", {"AllocationId": scope.id, **given})


def _public_name(scope: Scope) -> object:
    """As upstream makes it (EC2PublicDNSNameForIP)."""
    address = str(scope.live.get("PublicIp", "")).replace(".", "-")
    domain = "compute-1" if scope.region == "us-east-1" else f"{scope.region}.compute"
    return f"ec2-{address}.{domain}.amazonaws.com" if address else None


EIP = Row(
    type="aws:ec2/eip:Eip",
    service="ec2",
    source="internal/service/ec2/ec2_eip.go",
    served="moto",
    create=Call(
        "AllocateAddress",
        {
            "Domain": using("domain", make=lambda scope: scope.inputs.get("domain", "vpc")),
            "Address": "address",
            "TagSpecifications": tag_specifications("elastic-ip"),
        },
    ),
    id="answer.AllocationId",
    read=Read(Call("DescribeAddresses", {"AllocationIds": [ID]}), "Addresses[0]"),
    steps=(
        Step(
            ("instance", "networkInterface", "associateWithPrivateIp"),
            Action(
                _associate, ("instance", "networkInterface", "associateWithPrivateIp"), ("ec2:AssociateAddress", "ec2:DisassociateAddress")
            ),
        ),
    ),
    delete=(Action(_disassociate, (), ("ec2:DisassociateAddress",)), Call("ReleaseAddress", {"AllocationId": ID})),
    outputs={
        "arn": arn("elastic-ip"),
        "instance": "InstanceId",
        "networkInterface": "NetworkInterfaceId",
        "privateIp": "PrivateIpAddress",
        "publicDns": Source(_public_name),
    },
    replace_on=frozenset({"domain", "address"}),
    computed=frozenset({"domain", "instance", "networkInterface"}),
    kept={
        "associateWithPrivateIp": "upstream does not read it",
        "address": "upstream does not read it",
    },
    tagging=EC2_TAGGING,
    note="address pools and IPAM are not emulated",
)

_PRIMARY = "NatGatewayAddresses[0]"

NAT_GATEWAY = Row(
    type="aws:ec2/natGateway:NatGateway",
    service="ec2",
    source="internal/service/ec2/vpc_nat_gateway.go",
    served="moto",
    create=Call(
        "CreateNatGateway",
        {
            "SubnetId": "subnetId",
            "AllocationId": "allocationId",
            "ConnectivityType": "connectivityType",
            "TagSpecifications": tag_specifications("natgateway"),
        },
    ),
    id="answer.NatGateway.NatGatewayId",
    read=Read(Call("DescribeNatGateways", {"NatGatewayIds": [ID]}), "NatGateways[0]", gone="State=='deleted'"),
    delete=(Call("DeleteNatGateway", {"NatGatewayId": ID}),),
    outputs={
        "allocationId": f"{_PRIMARY}.AllocationId",
        "associationId": f"{_PRIMARY}.AssociationId",
        "networkInterfaceId": f"{_PRIMARY}.NetworkInterfaceId",
        "privateIp": f"{_PRIMARY}.PrivateIp",
        "publicIp": f"{_PRIMARY}.PublicIp",
    },
    replace_on=frozenset({"subnetId", "allocationId", "connectivityType"}),
    defaults={"connectivityType": "public"},
    computed=frozenset({"privateIp"}),
    tagging=EC2_TAGGING,
    until=Until("State", ("available",), ("failed",), "FailureMessage"),
    wait_gone=True,
    import_skips=frozenset({"privateIp", "vpcId"}),
    note="zonal gateways with one address",
)

ROWS = (VPC, SUBNET, INTERNET_GATEWAY, EIP, NAT_GATEWAY)
