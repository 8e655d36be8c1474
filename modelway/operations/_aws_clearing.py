"""What stands in the way of a network's deletion, or outlives its cluster, as `modelway destroy` asks about it."""

import boto3

from modelway.operations._aws import explained


class Leavings:
    """Of the credentials' account, in one region. Every method raises AwsFailure when AWS refuses."""

    def __init__(self, region: str) -> None:
        with explained("credentials"):
            self._session = boto3.Session(region_name=region)

    def volumes(self, cluster: str) -> list[str]:
        """Ids of the volumes that the cluster made for claims of pods."""
        # docs.aws.amazon.com/eks/latest/userguide/ebs-csi.html: EKS gives its driver the cluster's name, which tags with it.
        owned = [{"Name": f"tag:kubernetes.io/cluster/{cluster}", "Values": ["owned"]}]
        with explained("ec2:DescribeVolumes"):
            pages = self._session.client("ec2").get_paginator("describe_volumes").paginate(Filters=owned)
            return sorted(
                volume["VolumeId"] for page in pages for volume in page["Volumes"] if not _of_a_node(volume.get("Attachments", []))
            )

    def runners(self, network: str) -> dict[str, str]:
        """Names, by id, of the security groups in the network that `modelway bootstrap` made: those of runners."""
        asked = [{"Name": "vpc-id", "Values": [network]}, {"Name": "tag:managed-by", "Values": ["modelway-bootstrap"]}]
        with explained("ec2:DescribeSecurityGroups"):
            pages = self._session.client("ec2").get_paginator("describe_security_groups").paginate(Filters=asked)
            return {group["GroupId"]: group["GroupName"] for page in pages for group in page["SecurityGroups"]}


def _of_a_node(attachments: list[dict[str, object]]) -> bool:
    """Whether it goes with the instance that it is attached to."""
    return any(attachment.get("DeleteOnTermination") for attachment in attachments)
