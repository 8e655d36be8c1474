"""IAM and resource policies as data.

No Allow statement has a wildcard action or principal; the resource `*` in a key's policy is the key itself.
"""

from collections.abc import Sequence

from components._statements import Document, text
from components._statements import allow as _allow
from components._statements import document as _document

__all__ = ["Document", "text"]

_KEY_ADMINISTRATION = (
    "kms:CancelKeyDeletion",
    "kms:CreateAlias",
    "kms:CreateGrant",
    "kms:DeleteAlias",
    "kms:DescribeKey",
    "kms:DisableKey",
    "kms:EnableKey",
    "kms:EnableKeyRotation",
    "kms:GetKeyPolicy",
    "kms:GetKeyRotationStatus",
    "kms:ListGrants",
    "kms:ListKeyPolicies",
    "kms:ListResourceTags",
    "kms:PutKeyPolicy",
    "kms:RevokeGrant",
    "kms:ScheduleKeyDeletion",
    "kms:TagResource",
    "kms:UntagResource",
    "kms:UpdateAlias",
    "kms:UpdateKeyDescription",
)
_KEY_USE = (
    "kms:Decrypt",
    "kms:Encrypt",
    "kms:GenerateDataKey",
    "kms:GenerateDataKeyWithoutPlaintext",
    "kms:ReEncryptFrom",
    "kms:ReEncryptTo",
)


def assumed_by(service: str, *actions: str, account: str | None = None) -> Document:
    """The trust policy of a role that one AWS service assumes, for `account` alone where the service says for whom it acts.

    EC2 does not: for its roles there is no condition to make. EKS does:
    docs.aws.amazon.com/eks/latest/userguide/cross-service-confused-deputy-prevention.html
    """
    condition = {"StringEquals": {"aws:SourceAccount": account}} if account is not None else None
    return _document(_allow("Assume", actions or ("sts:AssumeRole",), principal={"Service": service}, condition=condition))


def assumed_by_pods(account: str, cluster: str) -> Document:
    """The trust policy of a role that pods of one cluster get by EKS Pod Identity."""
    condition = {"StringEquals": {"aws:SourceAccount": account}, "ArnLike": {"aws:SourceArn": cluster}}
    return _document(
        _allow("PodIdentity", ("sts:AssumeRole", "sts:TagSession"), principal={"Service": "pods.eks.amazonaws.com"}, condition=condition)
    )


def key_of_account(account: str) -> Document:
    """A key policy that leaves the decision to the IAM policies of `account`, action by action."""
    owner = {"AWS": f"arn:aws:iam::{account}:root"}
    return _document(
        _allow("Administration", _KEY_ADMINISTRATION, ["*"], principal=owner),
        _allow("Use", _KEY_USE, ["*"], principal=owner),
    )


def key_of_cluster_secrets(account: str, role: str) -> Document:
    """A key policy for the secrets of an EKS cluster whose role is `role`."""
    document = key_of_account(account)
    statements = document["Statement"]
    assert isinstance(statements, list)
    statements.append(
        _allow("ClusterSecrets", ("kms:CreateGrant", "kms:Decrypt", "kms:DescribeKey", "kms:Encrypt"), ["*"], principal={"AWS": role})
    )
    return document


def tls_only(bucket: str) -> Document:
    """A bucket policy that refuses whoever does not use TLS."""
    return _document(
        {
            "Sid": "TlsOnly",
            "Effect": "Deny",
            "Principal": "*",
            "Action": "s3:*",
            "Resource": [bucket, f"{bucket}/*"],
            "Condition": {"Bool": {"aws:SecureTransport": "false"}},
        }
    )


def read_weights(bucket: str, keys: Sequence[str], key: str) -> Document:
    """Read the objects `keys` of `bucket` (an ARN), and have them decrypted with the KMS key `key` by S3 alone."""
    objects = [f"{bucket}/{name}" for name in sorted(keys)]
    region = key.split(":")[3]
    via_s3 = {"StringEquals": {"kms:ViaService": f"s3.{region}.amazonaws.com"}}
    return _document(
        _allow("ReadWeights", ("s3:GetObject",), objects),
        _allow("DecryptWeights", ("kms:Decrypt",), [key], condition=via_s3),
    )
