"""The network of an environment."""

from collections.abc import Sequence
from typing import NotRequired, TypedDict

import pulumi
import pulumi_aws as aws

from components import _log_policies as log_policies
from components._addresses import plan
from components._policies import text
from components.ec2 import Ec2Resource

GATEWAY_ENDPOINT = "s3"
"""The service that is reached through routes; all others through an interface in each zone."""

WITHOUT_CONTROL_PLANES = ("cac1-az3", "use1-az3", "usw1-az2")
"""Zones that no cluster's subnets may be in (docs.aws.amazon.com/eks/latest/userguide/network-reqs.html)."""


class FlowLogsArgs(TypedDict):
    """A record of the traffic."""

    account: str
    """AWS account, 12 digits."""
    region: str
    log_group: str
    """Name of the log group to make."""
    retention_days: int
    deletion_window_days: NotRequired[int]
    """Days that AWS keeps the key of the log group after its deletion, 7 to 30. Default: 30."""


class NetworkArgs(TypedDict):
    """What a network is made from."""

    cidr: str
    """Addresses of the VPC, /16 to /22."""
    zones: int
    """Availability zones to spread over, 1 to 3."""
    nat: NotRequired[str]
    """How private subnets reach the internet: `one` gateway for all (default), one `per_zone`, or `none`."""
    endpoints: NotRequired[dict[str, str]]
    """Services of AWS that are reached without the internet: full name by short name, such as com.amazonaws.eu-west-1.s3 by s3."""
    flow_logs: NotRequired[FlowLogsArgs]
    """Record of the traffic; none without it."""
    discovery: NotRequired[str]
    """Value of the tag karpenter.sh/discovery on private subnets, by which who starts nodes finds them. Default: the component's name."""
    tags: NotRequired[dict[str, str]]
    """Tags on top of the provider's."""


class Network(pulumi.ComponentResource):
    """A VPC with a public, a private and an intra subnet per zone.

    - public subnets route to an internet gateway and give no addresses away; load balancers find them by tag
    - private subnets route through NAT, are tagged for internal load balancers and for nodes, and hold everything that runs
    - intra subnets have no way out; they hold interfaces of control planes and of endpoints
    - the default security group allows nothing
    - endpoints answer the addresses of the VPC on 443, S3's through routes of private and intra subnets
    - flow logs of all traffic go to an encrypted log group with retention
    """

    vpc_id: pulumi.Output[str]
    public_subnet_ids: pulumi.Output[list[str]]
    private_subnet_ids: pulumi.Output[list[str]]
    """Their routes and the endpoints are in place when these are known."""
    intra_subnet_ids: pulumi.Output[list[str]]

    def __init__(self, name: str, args: NetworkArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("modelway:index:Network", name, {**args}, opts)
        self._name = name
        self._tags = args.get("tags", {})
        self._child = pulumi.ResourceOptions(parent=self)
        addresses = plan(args["cidr"], args["zones"])
        vpc = Ec2Resource(
            "Vpc",
            f"{name}-vpc",
            {"cidrBlock": args["cidr"], "enableDnsHostnames": True, "enableDnsSupport": True, "tags": self._named("vpc")},
            self._child,
        )
        Ec2Resource(
            "DefaultSecurityGroup",
            f"{name}-default-group",
            {"vpcId": vpc.id, "ingress": [], "egress": [], "tags": self._named("unused")},
            self._child,
        )
        zones = self._zones()
        public = self._subnets("public", vpc, addresses.public, zones, {"kubernetes.io/role/elb": "1"})
        found = {"kubernetes.io/role/internal-elb": "1", "karpenter.sh/discovery": args.get("discovery", name)}
        private = self._subnets("private", vpc, addresses.private, zones, found)
        intra = self._subnets("intra", vpc, addresses.intra, zones, {})
        gateway = Ec2Resource("InternetGateway", f"{name}-internet", {"vpcId": vpc.id, "tags": self._named("internet")}, self._child)
        public_routes = self._table("public", vpc)
        to_internet = Ec2Resource(
            "Route",
            f"{name}-public-internet",
            {"routeTableId": public_routes.id, "destinationCidrBlock": "0.0.0.0/0", "gatewayId": gateway.id},
            self._child,
        )
        open_subnets = [self._associate(f"public-{number}", subnet, public_routes) for number, subnet in enumerate(public, 1)]
        nat = args.get("nat", "one")
        count = {"none": 0, "one": 1, "per_zone": len(private)}[nat]
        gateways = [self._nat(number, subnet, to_internet) for number, subnet in enumerate(public[:count], 1)]
        tables = [self._table(f"private-{number}", vpc) for number in range(1, len(private) + 1)]
        routed = [
            made for number, subnet in enumerate(private, 1) for made in self._private_routes(number, subnet, tables[number - 1], gateways)
        ]
        closed_table = self._table("intra", vpc)
        closed = [self._associate(f"intra-{number}", subnet, closed_table) for number, subnet in enumerate(intra, 1)]
        endpoints = self._endpoints(args, vpc, intra, [*tables, closed_table])
        if "flow_logs" in args:
            self._flow_logs(args["flow_logs"], vpc)
        self.vpc_id = vpc.id
        self.public_subnet_ids = _when(public, open_subnets)
        self.private_subnet_ids = _when(private, [*routed, *endpoints])
        self.intra_subnet_ids = _when(intra, closed)
        self.register_outputs(
            {
                "vpc_id": self.vpc_id,
                "public_subnet_ids": self.public_subnet_ids,
                "private_subnet_ids": self.private_subnet_ids,
                "intra_subnet_ids": self.intra_subnet_ids,
            }
        )

    def _named(self, role: str) -> dict[str, str]:
        return self._tags | {"Name": f"{self._name}-{role}"}

    def _zones(self) -> pulumi.Output[list[str]]:
        # Local and wavelength zones, which have to be opted into, cannot hold a cluster, and some others neither.
        found = aws.get_availability_zones_output(
            state="available",
            filters=[{"name": "opt-in-status", "values": ["opt-in-not-required"]}],
            exclude_zone_ids=list(WITHOUT_CONTROL_PLANES),
            opts=pulumi.InvokeOutputOptions(parent=self),
        )
        return found.names.apply(lambda names: sorted(names))

    def _subnets(
        self, kind: str, vpc: Ec2Resource, blocks: tuple[str, ...], zones: pulumi.Output[list[str]], tags: dict[str, str]
    ) -> list[Ec2Resource]:
        # Zones come and go; a subnet cannot move, and everything in it would be replaced.
        settled = pulumi.ResourceOptions.merge(self._child, pulumi.ResourceOptions(ignore_changes=["availabilityZone"]))
        return [
            Ec2Resource(
                "Subnet",
                f"{self._name}-{kind}-{number}",
                {
                    "vpcId": vpc.id,
                    "cidrBlock": block,
                    "availabilityZone": zones[number - 1],
                    "mapPublicIpOnLaunch": False,
                    "tags": self._named(f"{kind}-{number}") | tags,
                },
                settled,
            )
            for number, block in enumerate(blocks, 1)
        ]

    def _table(self, role: str, vpc: Ec2Resource) -> Ec2Resource:
        return Ec2Resource("RouteTable", f"{self._name}-{role}-routes", {"vpcId": vpc.id, "tags": self._named(role)}, self._child)

    def _associate(self, role: str, subnet: Ec2Resource, table: Ec2Resource) -> Ec2Resource:
        return Ec2Resource(
            "RouteTableAssociation", f"{self._name}-{role}-routes", {"subnetId": subnet.id, "routeTableId": table.id}, self._child
        )

    def _nat(self, number: int, subnet: Ec2Resource, route: Ec2Resource) -> Ec2Resource:
        address = Ec2Resource(
            "Eip", f"{self._name}-nat-{number}-address", {"domain": "vpc", "tags": self._named(f"nat-{number}")}, self._child
        )
        # AWS refuses the address of a gateway whose network has no way out yet.
        opts = pulumi.ResourceOptions.merge(self._child, pulumi.ResourceOptions(depends_on=[route]))
        return Ec2Resource(
            "NatGateway",
            f"{self._name}-nat-{number}",
            {"subnetId": subnet.id, "allocationId": address.id, "tags": self._named(f"nat-{number}")},
            opts,
        )

    def _private_routes(
        self, number: int, subnet: Ec2Resource, table: Ec2Resource, gateways: list[Ec2Resource]
    ) -> list[pulumi.CustomResource]:
        made: list[pulumi.CustomResource] = [self._associate(f"private-{number}", subnet, table)]
        if gateways:
            gateway = gateways[(number - 1) % len(gateways)]
            made.append(
                Ec2Resource(
                    "Route",
                    f"{self._name}-private-{number}-nat",
                    {"routeTableId": table.id, "destinationCidrBlock": "0.0.0.0/0", "natGatewayId": gateway.id},
                    self._child,
                )
            )
        return made

    def _endpoints(
        self, args: NetworkArgs, vpc: Ec2Resource, subnets: Sequence[Ec2Resource], tables: Sequence[Ec2Resource]
    ) -> list[pulumi.CustomResource]:
        services = sorted(args.get("endpoints", {}).items())
        made: list[pulumi.CustomResource] = [
            Ec2Resource(
                "VpcEndpoint",
                f"{self._name}-endpoint-{short}",
                {
                    "vpcId": vpc.id,
                    "serviceName": service,
                    "vpcEndpointType": "Gateway",
                    "routeTableIds": [table.id for table in tables],
                    "tags": self._named(short),
                },
                self._child,
            )
            for short, service in services
            if short == GATEWAY_ENDPOINT
        ]
        interfaces = [(short, service) for short, service in services if short != GATEWAY_ENDPOINT]
        if not interfaces:
            return made
        callers = {
            "description": "From the network",
            "protocol": "tcp",
            "fromPort": 443,
            "toPort": 443,
            "cidrBlocks": [args["cidr"]],
        }
        group = Ec2Resource(
            "SecurityGroup",
            f"{self._name}-endpoints",
            {
                "description": "Private endpoints: HTTPS from the network, nothing out",
                "vpcId": vpc.id,
                "ingress": [callers],
                "tags": self._named("endpoints"),
            },
            self._child,
        )
        return made + [
            Ec2Resource(
                "VpcEndpoint",
                f"{self._name}-endpoint-{short}",
                {
                    "vpcId": vpc.id,
                    "serviceName": service,
                    "vpcEndpointType": "Interface",
                    "subnetIds": [subnet.id for subnet in subnets],
                    "securityGroupIds": [group.id],
                    "privateDnsEnabled": True,
                    "tags": self._named(short),
                },
                self._child,
            )
            for short, service in interfaces
        ]

    def _flow_logs(self, args: FlowLogsArgs, vpc: Ec2Resource) -> None:
        account, region, group = args["account"], args["region"], args["log_group"]
        key = aws.kms.Key(
            f"{self._name}-flows",
            description=f"Flow logs in {group}",
            enable_key_rotation=True,
            deletion_window_in_days=args.get("deletion_window_days", 30),
            policy=text(log_policies.key_of_log_group(account, region, group)),
            opts=self._child,
        )
        logs = aws.cloudwatch.LogGroup(
            f"{self._name}-flows", name=group, retention_in_days=args["retention_days"], kms_key_id=key.arn, opts=self._child
        )
        trust = text(log_policies.assumed_by_flow_logs(account, region))
        role = aws.iam.Role(f"{self._name}-flows", assume_role_policy=trust, opts=self._child)
        rights = aws.iam.RolePolicy(
            f"{self._name}-flows", role=role.name, policy=text(log_policies.write_flow_logs(account, region, group)), opts=self._child
        )
        Ec2Resource(
            "FlowLog",
            f"{self._name}-flows",
            {"vpcId": vpc.id, "trafficType": "ALL", "logDestination": logs.arn, "iamRoleArn": role.arn, "tags": self._named("flows")},
            pulumi.ResourceOptions.merge(self._child, pulumi.ResourceOptions(depends_on=[rights])),
        )


def _when(subnets: Sequence[Ec2Resource], made: Sequence[pulumi.CustomResource]) -> pulumi.Output[list[str]]:
    """The ids of `subnets`, known once all of `made` exists; in previews as soon as the subnets do, whatever is new beside them."""
    count = len(subnets)
    return pulumi.Output.all(*[subnet.id for subnet in subnets], *[resource.urn for resource in made]).apply(lambda ids: list(ids[:count]))
