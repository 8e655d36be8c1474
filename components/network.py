"""The network of an environment."""

from typing import NotRequired, TypedDict

import pulumi
import pulumi_aws as aws

from components._addresses import plan


class NetworkArgs(TypedDict):
    """What a network is made from."""

    cidr: str
    """Addresses of the VPC, /16 to /22."""
    zones: int
    """Availability zones to spread over, 1 to 3."""
    nat: NotRequired[str]
    """How private subnets reach the internet: `one` gateway for all (default), one `per_zone`, or `none`."""
    tags: NotRequired[dict[str, str]]
    """Tags on top of the provider's."""


class Network(pulumi.ComponentResource):
    """A VPC with a public and a private subnet per zone.

    - public subnets route to an internet gateway and give no addresses away; load balancers find them by tag
    - private subnets route through NAT, are tagged for internal load balancers, and hold everything that runs
    - the default security group allows nothing
    """

    vpc_id: pulumi.Output[str]
    public_subnet_ids: pulumi.Output[list[str]]
    private_subnet_ids: pulumi.Output[list[str]]
    """Their routes are in place when these are known."""

    def __init__(self, name: str, args: NetworkArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("modelway:index:Network", name, {**args}, opts)
        self._name = name
        self._tags = args.get("tags", {})
        self._child = pulumi.ResourceOptions(parent=self)
        addresses = plan(args["cidr"], args["zones"])
        vpc = aws.ec2.Vpc(
            f"{name}-vpc",
            cidr_block=args["cidr"],
            enable_dns_hostnames=True,
            enable_dns_support=True,
            tags=self._named("vpc"),
            opts=self._child,
        )
        aws.ec2.DefaultSecurityGroup(
            f"{name}-default-group", vpc_id=vpc.id, ingress=[], egress=[], tags=self._named("unused"), opts=self._child
        )
        zones = self._zones()
        public = self._subnets("public", vpc, addresses.public, zones, {"kubernetes.io/role/elb": "1"})
        private = self._subnets("private", vpc, addresses.private, zones, {"kubernetes.io/role/internal-elb": "1"})
        gateway = aws.ec2.InternetGateway(f"{name}-internet", vpc_id=vpc.id, tags=self._named("internet"), opts=self._child)
        public_routes = self._table("public", vpc)
        to_internet = aws.ec2.Route(
            f"{name}-public-internet",
            route_table_id=public_routes.id,
            destination_cidr_block="0.0.0.0/0",
            gateway_id=gateway.id,
            opts=self._child,
        )
        open_subnets = [self._associate(f"public-{number}", subnet, public_routes) for number, subnet in enumerate(public, 1)]
        nat = args.get("nat", "one")
        count = {"none": 0, "one": 1, "per_zone": len(private)}[nat]
        gateways = [self._nat(number, subnet, to_internet) for number, subnet in enumerate(public[:count], 1)]
        routed = [self._private_routes(number, vpc, subnet, gateways) for number, subnet in enumerate(private, 1)]
        self.vpc_id = vpc.id
        self.public_subnet_ids = _when(public, open_subnets)
        self.private_subnet_ids = _when(private, [resource for resources in routed for resource in resources])
        self.register_outputs(
            {"vpc_id": self.vpc_id, "public_subnet_ids": self.public_subnet_ids, "private_subnet_ids": self.private_subnet_ids}
        )

    def _named(self, role: str) -> dict[str, str]:
        return self._tags | {"Name": f"{self._name}-{role}"}

    def _zones(self) -> pulumi.Output[list[str]]:
        # Local and wavelength zones, which have to be opted into, cannot hold a cluster.
        found = aws.get_availability_zones_output(
            state="available",
            filters=[{"name": "opt-in-status", "values": ["opt-in-not-required"]}],
            opts=pulumi.InvokeOutputOptions(parent=self),
        )
        return found.names.apply(lambda names: sorted(names))

    def _subnets(
        self, kind: str, vpc: aws.ec2.Vpc, blocks: tuple[str, ...], zones: pulumi.Output[list[str]], tags: dict[str, str]
    ) -> list[aws.ec2.Subnet]:
        return [
            aws.ec2.Subnet(
                f"{self._name}-{kind}-{number}",
                vpc_id=vpc.id,
                cidr_block=block,
                availability_zone=zones[number - 1],
                map_public_ip_on_launch=False,
                tags=self._named(f"{kind}-{number}") | tags,
                opts=self._child,
            )
            for number, block in enumerate(blocks, 1)
        ]

    def _table(self, role: str, vpc: aws.ec2.Vpc) -> aws.ec2.RouteTable:
        return aws.ec2.RouteTable(f"{self._name}-{role}-routes", vpc_id=vpc.id, tags=self._named(role), opts=self._child)

    def _associate(self, role: str, subnet: aws.ec2.Subnet, table: aws.ec2.RouteTable) -> aws.ec2.RouteTableAssociation:
        return aws.ec2.RouteTableAssociation(f"{self._name}-{role}-routes", subnet_id=subnet.id, route_table_id=table.id, opts=self._child)

    def _nat(self, number: int, subnet: aws.ec2.Subnet, route: aws.ec2.Route) -> aws.ec2.NatGateway:
        address = aws.ec2.Eip(f"{self._name}-nat-{number}-address", domain="vpc", tags=self._named(f"nat-{number}"), opts=self._child)
        # AWS refuses the address of a gateway whose network has no way out yet.
        opts = pulumi.ResourceOptions.merge(self._child, pulumi.ResourceOptions(depends_on=[route]))
        return aws.ec2.NatGateway(
            f"{self._name}-nat-{number}", subnet_id=subnet.id, allocation_id=address.id, tags=self._named(f"nat-{number}"), opts=opts
        )

    def _private_routes(
        self, number: int, vpc: aws.ec2.Vpc, subnet: aws.ec2.Subnet, gateways: list[aws.ec2.NatGateway]
    ) -> list[pulumi.CustomResource]:
        table = self._table(f"private-{number}", vpc)
        made: list[pulumi.CustomResource] = [self._associate(f"private-{number}", subnet, table)]
        if gateways:
            gateway = gateways[(number - 1) % len(gateways)]
            made.append(
                aws.ec2.Route(
                    f"{self._name}-private-{number}-nat",
                    route_table_id=table.id,
                    destination_cidr_block="0.0.0.0/0",
                    nat_gateway_id=gateway.id,
                    opts=self._child,
                )
            )
        return made


def _when(
    subnets: list[aws.ec2.Subnet], made: list[pulumi.CustomResource] | list[aws.ec2.RouteTableAssociation]
) -> pulumi.Output[list[str]]:
    """The ids of `subnets`, known once all of `made` exists."""
    count = len(subnets)
    return pulumi.Output.all(*[subnet.id for subnet in subnets], *[resource.id for resource in made]).apply(lambda ids: list(ids[:count]))
