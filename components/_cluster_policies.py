"""Policies of clusters, as data."""

from collections.abc import Sequence

from components._log_policies import used_by_logs, with_statement
from components._policies import key_of_cluster_secrets
from components._statements import Document, allow, document


def key_of_cluster(account: str, region: str, role: str, log_group: str) -> Document:
    """A key policy for the secrets of an EKS cluster whose role is `role`, and for the logs of its control plane."""
    return with_statement(key_of_cluster_secrets(account, role), used_by_logs(account, region, log_group))


def use_key_of_secrets(key: str) -> Document:
    """Let EKS encrypt secrets with a key that is not of the cluster's making."""
    return document(allow("ClusterSecrets", ("kms:CreateGrant", "kms:Decrypt", "kms:DescribeKey", "kms:Encrypt"), [key]))


def fill_caches(account: str, region: str, prefixes: Sequence[str]) -> Document:
    """Let nodes that pull what a registry here has not yet from another have it fetched, in repositories below `prefixes` alone
    (docs.aws.amazon.com/AmazonECR/latest/userguide/pull-through-cache-iam.html)."""
    repositories = [f"arn:aws:ecr:{region}:{account}:repository/{prefix}/*" for prefix in sorted(prefixes)]
    return document(allow("FillCaches", ("ecr:BatchImportUpstreamImage", "ecr:CreateRepository"), repositories))


def scale_nodes(account: str, region: str, cluster: str) -> Document:
    """Change the size of the groups of one cluster, and look at what there is
    (github.com/kubernetes/autoscaler/blob/master/cluster-autoscaler/cloudprovider/aws/README.md#iam-policy)."""
    looking = (
        "autoscaling:DescribeAutoScalingGroups",
        "autoscaling:DescribeAutoScalingInstances",
        "autoscaling:DescribeLaunchConfigurations",
        "autoscaling:DescribeScalingActivities",
        "autoscaling:DescribeTags",
        "ec2:DescribeImages",
        "ec2:DescribeInstanceTypes",
        "ec2:DescribeLaunchTemplateVersions",
    )
    groups = f"arn:aws:autoscaling:{region}:{account}:autoScalingGroup:*:autoScalingGroupName/*"
    owned = {"StringEquals": {f"aws:ResourceTag/k8s.io/cluster-autoscaler/{cluster}": "owned"}}
    return document(
        # Describing takes no narrower resource than all
        # (docs.aws.amazon.com/service-authorization/latest/reference/list_amazonec2autoscaling.html, list_amazonec2.html).
        allow("Look", looking, ["*"]),
        allow("LookAtGroups", ("eks:DescribeNodegroup",), [f"arn:aws:eks:{region}:{account}:nodegroup/{cluster}/*"]),
        allow("Scale", ("autoscaling:SetDesiredCapacity", "autoscaling:TerminateInstanceInAutoScalingGroup"), [groups], condition=owned),
    )
