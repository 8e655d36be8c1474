"""Endpoints of VPCs and flow logs. Schemas: hashicorp/terraform-provider-aws, internal/service/ec2, files named at each row."""

from __future__ import annotations

from localcloud.plugins.aws.rows.ec2_network import EC2_TAGGING, arn
from localcloud.plugins.aws.table import ID, Action, Call, Object, Read, Row, Scope, Source, Step, Until, tag_specifications, using


def _lists_of_endpoint(scope: Scope) -> Object:
    """What has to be added to and removed from an endpoint."""
    live = {
        "RouteTableIds": scope.live.get("RouteTableIds") or [],
        "SubnetIds": scope.live.get("SubnetIds") or [],
        "SecurityGroupIds": [group["GroupId"] for group in scope.live.get("Groups") or []],
    }
    given = {"RouteTableIds": "routeTableIds", "SubnetIds": "subnetIds", "SecurityGroupIds": "securityGroupIds"}
    changes = {}
    for member, name in given.items():
        if name in scope.inputs:
            wanted = scope.inputs[name] or []
            changes[f"Add{member}"] = [each for each in wanted if each not in live[member]]
            changes[f"Remove{member}"] = [each for each in live[member] if each not in wanted]
    return {name: values for name, values in changes.items() if values}


def _modify_endpoint(scope: Scope) -> None:
    changes = _lists_of_endpoint(scope)
    if "privateDnsEnabled" in scope.inputs:
        changes["PrivateDnsEnabled"] = scope.inputs["privateDnsEnabled"]
    if scope.inputs.get("policy"):
        changes["PolicyDocument"] = scope.inputs["policy"]
    scope.call("ec2", "ModifyVpcEndpoint", {"VpcEndpointId": scope.id, **changes})


def _forget_tables(scope: Scope) -> None:
    """Tables that joined later have no route to the endpoint in moto, and its deletion would stumble over that."""
    tables = scope.live.get("RouteTableIds")
    if tables:
        found = scope.call("ec2", "DescribeRouteTables", {"RouteTableIds": tables})["RouteTables"]
        routed = [each["RouteTableId"] for each in found if any(route.get("GatewayId") == scope.id for route in each["Routes"])]
        bare = [each for each in tables if each not in routed]
        if bare:
            scope.call("ec2", "ModifyVpcEndpoint", {"VpcEndpointId": scope.id, "RemoveRouteTableIds": bare})


_CHANGEABLE = ("routeTableIds", "subnetIds", "securityGroupIds", "privateDnsEnabled", "policy")

VPC_ENDPOINT = Row(
    type="aws:ec2/vpcEndpoint:VpcEndpoint",
    service="ec2",
    source="internal/service/ec2/vpc_endpoint.go",
    served="moto",
    create=Call(
        "CreateVpcEndpoint",
        {
            "VpcId": "vpcId",
            "ServiceName": "serviceName",
            "VpcEndpointType": "vpcEndpointType",
            "RouteTableIds": "routeTableIds",
            "SubnetIds": "subnetIds",
            "SecurityGroupIds": "securityGroupIds",
            "PrivateDnsEnabled": "privateDnsEnabled",
            "PolicyDocument": "policy",
            "TagSpecifications": tag_specifications("vpc-endpoint"),
        },
    ),
    id="answer.VpcEndpoint.VpcEndpointId",
    read=Read(Call("DescribeVpcEndpoints", {"VpcEndpointIds": [ID]}), "VpcEndpoints[0]", gone="State=='deleted'"),
    steps=(Step(_CHANGEABLE, Action(_modify_endpoint, _CHANGEABLE, ("ec2:ModifyVpcEndpoint",)), on_create=False),),
    delete=(
        Action(_forget_tables, (), ("ec2:DescribeRouteTables", "ec2:ModifyVpcEndpoint")),
        Call("DeleteVpcEndpoints", {"VpcEndpointIds": [ID]}),
    ),
    refusal="Unsuccessful[0].Error.Message",
    outputs={
        "arn": arn("vpc-endpoint"),
        "policy": "PolicyDocument",
        "securityGroupIds": "Groups[].GroupId",
        "dnsEntries": "DnsEntries",
        "ownerId": Source(lambda scope: scope.live.get("OwnerId") or scope.account),
    },
    replace_on=frozenset({"vpcId", "serviceName", "vpcEndpointType"}),
    defaults={"vpcEndpointType": "Gateway"},
    computed=frozenset({"policy", "privateDnsEnabled", "routeTableIds", "securityGroupIds", "subnetIds"}),
    sets=frozenset({"routeTableIds", "subnetIds", "securityGroupIds"}),
    documents=frozenset({"policy"}),
    tagging=EC2_TAGGING,
    until=Until("State", ("available",), ("failed", "rejected"), "LastError.Message"),
    wait_gone=True,
)

_WATCHED = {
    "vpcId": "VPC",
    "transitGatewayId": "TransitGateway",
    "transitGatewayAttachmentId": "TransitGatewayAttachment",
    "subnetId": "Subnet",
    "eniId": "NetworkInterface",
}
_PREFIXES = {
    "vpcId": "vpc-",
    "subnetId": "subnet-",
    "eniId": "eni-",
    "transitGatewayAttachmentId": "tgw-attach-",
    "transitGatewayId": "tgw-",
}


def _watched(scope: Scope) -> str:
    return next(name for name in _WATCHED if scope.inputs.get(name))


def _if_watched(name: str) -> Source:
    def found(scope: Scope) -> object:
        resource = str(scope.live.get("ResourceId", ""))
        kind = next((each for each, prefix in _PREFIXES.items() if resource.startswith(prefix)), "")
        return resource if kind == name else None

    return Source(found)


FLOW_LOG = Row(
    type="aws:ec2/flowLog:FlowLog",
    service="ec2",
    source="internal/service/ec2/vpc_flow_log.go",
    served="moto",
    create=Call(
        "CreateFlowLogs",
        {
            "ResourceIds": using(*_WATCHED, make=lambda scope: [scope.inputs[_watched(scope)]]),
            "ResourceType": using(*_WATCHED, make=lambda scope: _WATCHED[_watched(scope)]),
            "TrafficType": "trafficType",
            "LogDestinationType": "logDestinationType",
            "LogDestination": using(
                "logDestination", make=lambda scope: str(scope.inputs.get("logDestination", "")).removesuffix(":*") or None
            ),
            "LogFormat": "logFormat",
            "MaxAggregationInterval": "maxAggregationInterval",
            "DeliverLogsPermissionArn": "iamRoleArn",
            "TagSpecifications": tag_specifications("vpc-flow-log"),
        },
    ),
    id="answer.FlowLogIds[0]",
    refusal="Unsuccessful[0].Error.Message",
    read=Read(Call("DescribeFlowLogs", {"FlowLogIds": [ID]}), "FlowLogs[0]"),
    delete=(Call("DeleteFlowLogs", {"FlowLogIds": [ID]}),),
    outputs={
        "arn": arn("vpc-flow-log"),
        "iamRoleArn": "DeliverLogsPermissionArn",
        **{name: _if_watched(name) for name in _WATCHED},
    },
    replace_on=frozenset(
        {*_WATCHED, "trafficType", "logDestinationType", "logDestination", "logFormat", "maxAggregationInterval", "iamRoleArn"}
    ),
    defaults={"logDestinationType": "cloud-watch-logs", "maxAggregationInterval": 600},
    computed=frozenset({"logDestination", "logFormat"}),
    tagging=EC2_TAGGING,
    note="no destination options",
)

ROWS = (VPC_ENDPOINT, FLOW_LOG)
