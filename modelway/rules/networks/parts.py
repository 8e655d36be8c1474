"""Which resources of a stack belong to which of its networks."""

from modelway.rules.belonging import Kind

GROUP = "aws:ec2/defaultSecurityGroup:DefaultSecurityGroup"
FLOW_LOG = "aws:ec2/flowLog:FlowLog"
ENDPOINT = "aws:ec2/vpcEndpoint:VpcEndpoint"
SUBNET = "aws:ec2/subnet:Subnet"
NAT = "aws:ec2/natGateway:NatGateway"
NETWORKS = frozenset(("aws:ec2/vpc:Vpc", "aws:ec2/defaultVpc:DefaultVpc"))
WAYS_OUT = frozenset(
    (
        NAT,
        "aws:ec2/egressOnlyInternetGateway:EgressOnlyInternetGateway",
        "aws:ec2transitgateway/vpcAttachment:VpcAttachment",
    )
)
"""What lets a subnet without addresses of the internet reach it, or another network that may."""

OF_NETWORK = Kind(
    wholes=NETWORKS,
    # AWS gives a network its id: what else was made from it says whose it is.
    name="id",
    settings=dict.fromkeys((GROUP, FLOW_LOG, ENDPOINT, SUBNET, *sorted(WAYS_OUT)), "vpcId"),
)
OF_SUBNET = Kind(wholes=frozenset((SUBNET,)), name="id", settings={NAT: "subnetId"})
