"""Policies of clusters, as data."""

from components._log_policies import used_by_logs, with_statement
from components._policies import key_of_cluster_secrets
from components._statements import Document, allow, document


def key_of_cluster(account: str, region: str, role: str, log_group: str) -> Document:
    """A key policy for the secrets of an EKS cluster whose role is `role`, and for the logs of its control plane."""
    return with_statement(key_of_cluster_secrets(account, role), used_by_logs(account, region, log_group))


def use_key_of_secrets(key: str) -> Document:
    """Let EKS encrypt secrets with a key that is not of the cluster's making."""
    return document(allow("ClusterSecrets", ("kms:CreateGrant", "kms:Decrypt", "kms:DescribeKey", "kms:Encrypt"), [key]))
