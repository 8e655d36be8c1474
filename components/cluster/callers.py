"""Who reaches an API server from inside of the network."""

from collections.abc import Sequence

import pulumi

from components.ec2 import Ec2Resource


def callers_group(name: str, vpc_id: pulumi.Input[str], callers: Sequence[str], opts: pulumi.ResourceOptions) -> Ec2Resource:
    """A security group for interfaces of a control plane, beside the one that EKS makes: HTTPS from these groups, nothing out.

    A group of its own and no rule in EKS's, where somebody may have written the same rule already.
    """
    allowed = {
        "description": "Callers of the API server",
        "protocol": "tcp",
        "fromPort": 443,
        "toPort": 443,
        "securityGroups": sorted(callers),
    }
    return Ec2Resource(
        "SecurityGroup",
        f"{name}-api-callers",
        {
            "description": "Who reaches the API server from inside of the network",
            "vpcId": vpc_id,
            "ingress": [allowed],
            "tags": {"Name": f"{name}-api-callers"},
        },
        opts,
    )
