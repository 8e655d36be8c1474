"""Route tables, routes, associations. Schemas: hashicorp/terraform-provider-aws, internal/service/ec2, files named at each row."""

from __future__ import annotations

from localcloud.plugins.aws.rows.ec2_network import EC2_TAGGING, arn
from localcloud.plugins.aws.table import (
    ID,
    Action,
    Call,
    Object,
    Read,
    Row,
    Scope,
    Source,
    Step,
    part,
    tag_specifications,
    using,
)

_TARGETS = {
    "carrierGatewayId": "CarrierGatewayId",
    "coreNetworkArn": "CoreNetworkArn",
    "egressOnlyGatewayId": "EgressOnlyInternetGatewayId",
    "gatewayId": "GatewayId",
    "localGatewayId": "LocalGatewayId",
    "natGatewayId": "NatGatewayId",
    "networkInterfaceId": "NetworkInterfaceId",
    "transitGatewayId": "TransitGatewayId",
    "vpcEndpointId": "VpcEndpointId",
    "vpcPeeringConnectionId": "VpcPeeringConnectionId",
}
_DESTINATIONS = {
    "cidrBlock": "DestinationCidrBlock",
    "ipv6CidrBlock": "DestinationIpv6CidrBlock",
    "destinationPrefixListId": "DestinationPrefixListId",
}


def _target(name: str) -> Source:
    """A target of a live route; AWS answers endpoints as gateways."""

    def found(scope: Scope) -> object:
        return _targets(scope.live).get(name)

    return Source(found)


def _targets(route: Object) -> Object:
    found = {name: route.get(member) for name, member in _TARGETS.items() if route.get(member)}
    if str(found.get("gatewayId", "")).startswith("vpce-"):
        found["vpcEndpointId"] = found.pop("gatewayId")
    return found


def _own_routes(table: Object) -> list[Object]:
    """The routes of a table that somebody made, and not those that come with an endpoint."""
    routes = []
    for route in table.get("Routes") or []:
        gateway = str(route.get("GatewayId", ""))
        of_endpoint = gateway.startswith("vpce-") and "DestinationPrefixListId" in route
        if gateway != "local" and not of_endpoint and route.get("Origin") != "EnableVgwRoutePropagation":
            destination = {name: route[member] for name, member in _DESTINATIONS.items() if route.get(member)}
            routes.append({**destination, **_targets(route)})
    return routes


def _set_routes(scope: Scope) -> None:
    wanted = [{name: value for name, value in route.items() if value} for route in scope.inputs.get("routes") or []]
    live = _own_routes(scope.live)
    for route in live:
        if route not in wanted:
            destination = {member: route[name] for name, member in _DESTINATIONS.items() if name in route}
            scope.call("ec2", "DeleteRoute", {"RouteTableId": scope.id, **destination})
    for route in wanted:
        if route not in live:
            members = {member: route[name] for name, member in {**_DESTINATIONS, **_TARGETS}.items() if name in route}
            scope.call("ec2", "CreateRoute", {"RouteTableId": scope.id, **members})


def _disassociate(scope: Scope) -> None:
    for association in scope.live.get("Associations") or []:
        if not association.get("Main"):
            scope.call("ec2", "DisassociateRouteTable", {"AssociationId": association["RouteTableAssociationId"]})


ROUTE_TABLE = Row(
    type="aws:ec2/routeTable:RouteTable",
    service="ec2",
    source="internal/service/ec2/vpc_route_table.go",
    served="moto",
    create=Call("CreateRouteTable", {"VpcId": "vpcId", "TagSpecifications": tag_specifications("route-table")}),
    id="answer.RouteTable.RouteTableId",
    read=Read(Call("DescribeRouteTables", {"RouteTableIds": [ID]}), "RouteTables[0]"),
    steps=(Step(("routes",), Action(_set_routes, ("routes",), ("ec2:DeleteRoute", "ec2:CreateRoute"))),),
    delete=(Action(_disassociate, (), ("ec2:DisassociateRouteTable",)), Call("DeleteRouteTable", {"RouteTableId": ID})),
    outputs={
        "arn": arn("route-table"),
        "routes": Source(lambda scope: _own_routes(scope.live)),
        "propagatingVgws": "PropagatingVgws[].GatewayId",
    },
    replace_on=frozenset({"vpcId"}),
    computed=frozenset({"routes", "propagatingVgws"}),
    sets=frozenset({"routes"}),
    explicit_empty=frozenset({"routes"}),
    tagging=EC2_TAGGING,
    wait_gone=True,
    # They may be those of Route resources.
    import_skips=frozenset({"routes"}),
)

_ROUTE_DESTINATIONS = ("destinationCidrBlock", "destinationIpv6CidrBlock", "destinationPrefixListId")


def _destination(member: str) -> Source:
    """The destination in the id, for the parameter that takes its kind."""
    marks = {"DestinationIpv6CidrBlock": ":", "DestinationPrefixListId": "pl-"}

    def found(scope: Scope) -> object:
        text = scope.parts[1]
        kind = next((name for name, mark in marks.items() if mark in text), "DestinationCidrBlock")
        return text if kind == member else None

    return Source(found)


_ROUTE = {
    "RouteTableId": "routeTableId",
    "DestinationCidrBlock": "destinationCidrBlock",
    "DestinationIpv6CidrBlock": "destinationIpv6CidrBlock",
    "DestinationPrefixListId": "destinationPrefixListId",
    **{member: name for name, member in _TARGETS.items()},
}

ROUTE = Row(
    type="aws:ec2/route:Route",
    service="ec2",
    source="internal/service/ec2/vpc_route.go",
    served="moto",
    create=Call("CreateRoute", _ROUTE),
    id="join('_', [inputs.routeTableId, inputs.destinationCidrBlock || inputs.destinationIpv6CidrBlock || inputs.destinationPrefixListId])",
    separator="_",
    read=Read(
        Call("DescribeRouteTables", {"RouteTableIds": [part(0)]}),
        "RouteTables[0].Routes[?DestinationCidrBlock=='$1' || DestinationIpv6CidrBlock=='$1' || DestinationPrefixListId=='$1'] | [0]",
    ),
    steps=(Step(tuple(_TARGETS), Call("ReplaceRoute", _ROUTE), on_create=False),),
    delete=(
        Call(
            "DeleteRoute",
            {
                "RouteTableId": part(0),
                **{name: _destination(name) for name in ("DestinationCidrBlock", "DestinationIpv6CidrBlock", "DestinationPrefixListId")},
            },
        ),
    ),
    outputs={"routeTableId": part(0), **{name: _target(name) for name in _TARGETS}},
    replace_on=frozenset({"routeTableId", *_ROUTE_DESTINATIONS}),
    computed=frozenset({"networkInterfaceId"}),
    refuse_existing=True,
    note="its id is the one that imports take",
)

_HOLDER = using("subnetId", "gatewayId", make=lambda scope: scope.inputs.get("subnetId") or scope.inputs.get("gatewayId") or scope.parts[0])


def _association_filter(scope: Scope) -> object:
    # By what is associated: the association's id changes when it moves to another table.
    holder = _HOLDER.make(scope)
    if str(holder).startswith("rtbassoc-"):
        return [{"Name": "association.route-table-association-id", "Values": [holder]}]
    return [{"Name": "association.subnet-id" if str(holder).startswith("subnet-") else "association.gateway-id", "Values": [holder]}]


def _association(scope: Scope) -> Object:
    holder = _HOLDER.make(scope)
    found: Object = next(
        each for each in scope.live["all"] if holder in (each.get("SubnetId"), each.get("GatewayId"), each.get("RouteTableAssociationId"))
    )
    return found


ROUTE_TABLE_ASSOCIATION = Row(
    type="aws:ec2/routeTableAssociation:RouteTableAssociation",
    service="ec2",
    source="internal/service/ec2/vpc_route_table_association.go",
    served="moto",
    create=Call("AssociateRouteTable", {"RouteTableId": "routeTableId", "SubnetId": "subnetId", "GatewayId": "gatewayId"}),
    id="answer.AssociationId",
    separator="/",
    read=Read(
        Call("DescribeRouteTables", {"Filters": Source(_association_filter)}), "RouteTables[0] && {all: RouteTables[].Associations[]}"
    ),
    steps=(
        Step(
            ("routeTableId",),
            Call(
                "ReplaceRouteTableAssociation",
                {"AssociationId": Source(lambda scope: _association(scope)["RouteTableAssociationId"]), "RouteTableId": "routeTableId"},
            ),
            on_create=False,
        ),
    ),
    delete=(Call("DisassociateRouteTable", {"AssociationId": Source(lambda scope: _association(scope)["RouteTableAssociationId"])}),),
    outputs={
        name: Source(lambda scope, member=member: _association(scope).get(member))  # type: ignore[misc]
        for name, member in {"routeTableId": "RouteTableId", "subnetId": "SubnetId", "gatewayId": "GatewayId"}.items()
    },
    replace_on=frozenset({"subnetId", "gatewayId"}),
    imported_id="all[0].RouteTableAssociationId",
)

ROWS = (ROUTE_TABLE, ROUTE, ROUTE_TABLE_ASSOCIATION)
