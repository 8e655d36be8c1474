"""Finds what an interrupted creation may have left in AWS, where the id does not follow from what was asked for: by tags. Reads only."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

import boto3

from modelway.operations._aws import explained

Inputs = Mapping[str, object]


@dataclass(frozen=True)
class _Listed:
    """A kind of thing in EC2: how it is listed, and where its id is."""

    call: str
    members: str
    id: str
    filters: str = "Filters"
    alive: Callable[[Mapping[str, Any]], bool] = bool


_EC2: Mapping[str, _Listed] = MappingProxyType(
    {
        "aws:ec2/eip:Eip": _Listed("describe_addresses", "Addresses", "AllocationId"),
        "aws:ec2/flowLog:FlowLog": _Listed("describe_flow_logs", "FlowLogs", "FlowLogId", "Filter"),
        "aws:ec2/internetGateway:InternetGateway": _Listed("describe_internet_gateways", "InternetGateways", "InternetGatewayId"),
        "aws:ec2/launchTemplate:LaunchTemplate": _Listed("describe_launch_templates", "LaunchTemplates", "LaunchTemplateId"),
        "aws:ec2/natGateway:NatGateway": _Listed(
            *("describe_nat_gateways", "NatGateways", "NatGatewayId", "Filter"),
            lambda found: found.get("State") not in ("deleted", "deleting"),
        ),
        "aws:ec2/routeTable:RouteTable": _Listed("describe_route_tables", "RouteTables", "RouteTableId"),
        "aws:ec2/securityGroup:SecurityGroup": _Listed("describe_security_groups", "SecurityGroups", "GroupId"),
        "aws:ec2/subnet:Subnet": _Listed("describe_subnets", "Subnets", "SubnetId"),
        "aws:ec2/vpc:Vpc": _Listed("describe_vpcs", "Vpcs", "VpcId"),
        "aws:ec2/vpcEndpoint:VpcEndpoint": _Listed(
            *("describe_vpc_endpoints", "VpcEndpoints", "VpcEndpointId"),
            alive=lambda found: str(found.get("State")).lower() not in ("deleted", "deleting"),
        ),
        "aws:vpc/securityGroupEgressRule:SecurityGroupEgressRule": _Listed(
            "describe_security_group_rules", "SecurityGroupRules", "SecurityGroupRuleId"
        ),
        "aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule": _Listed(
            "describe_security_group_rules", "SecurityGroupRules", "SecurityGroupRuleId"
        ),
    }
)


class Lookup:
    """One region of the account that the credentials belong to."""

    def __init__(self, region: str) -> None:
        with explained("ec2"):
            self._session = boto3.Session(region_name=region)

    def find(self, type_: str, inputs: Inputs, tags: Mapping[str, str]) -> list[str] | None:
        """Ids of what could have been made of `inputs`: of that type, with all these tags. None for a type nobody can look for."""
        if not tags:
            return None
        if type_ in _EC2:
            return list(self._in_ec2(_EC2[type_], tags))
        match type_:
            case "aws:kms/key:Key":
                return list(self._keys(inputs, tags))
            case "aws:ec2/routeTableAssociation:RouteTableAssociation":
                return list(self._associations(inputs))
            case "aws:eks/podIdentityAssociation:PodIdentityAssociation":
                return list(self._pod_identities(inputs))
        return None

    def _in_ec2(self, listed: _Listed, tags: Mapping[str, str]) -> Iterator[str]:
        filters = [{"Name": f"tag:{key}", "Values": [value]} for key, value in tags.items()]
        for page in self._pages("ec2", listed.call, {listed.filters: filters}):
            yield from (str(found[listed.id]) for found in page[listed.members] if listed.alive(found))

    def _keys(self, inputs: Inputs, tags: Mapping[str, str]) -> Iterator[str]:
        client = self._session.client("kms")
        for page in self._pages("kms", "list_keys", {}):
            for entry in page["Keys"]:
                with explained("kms:DescribeKey"):
                    key = client.describe_key(KeyId=entry["KeyId"])["KeyMetadata"]
                if (
                    key["KeyManager"] != "CUSTOMER"
                    or key["KeyState"] != "Enabled"
                    or key.get("Description", "") != inputs.get("description", "")
                ):
                    continue
                with explained("kms:ListResourceTags"):
                    found = {tag["TagKey"]: tag["TagValue"] for tag in client.list_resource_tags(KeyId=entry["KeyId"])["Tags"]}
                if tags.items() <= found.items():
                    yield str(entry["KeyId"])

    def _associations(self, inputs: Inputs) -> Iterator[str]:
        table, subnet = inputs.get("routeTableId"), inputs.get("subnetId")
        for page in self._pages("ec2", "describe_route_tables", {"RouteTableIds": [table]}):
            for one in page["RouteTables"]:
                for association in one["Associations"]:
                    if subnet is not None and association.get("SubnetId") == subnet:
                        yield str(association["RouteTableAssociationId"])

    def _pod_identities(self, inputs: Inputs) -> Iterator[str]:
        asked = {
            "clusterName": inputs.get("clusterName"),
            "namespace": inputs.get("namespace"),
            "serviceAccount": inputs.get("serviceAccount"),
        }
        for page in self._pages("eks", "list_pod_identity_associations", asked):
            yield from (str(found["associationId"]) for found in page["associations"])

    def _pages(self, service: str, call: str, arguments: Mapping[str, object]) -> Iterator[Mapping[str, Any]]:
        client = self._session.client(service)
        with explained(f"{service}:{call}"):
            if client.can_paginate(call):
                yield from client.get_paginator(call).paginate(**arguments)
            else:
                yield getattr(client, call)(**arguments)
