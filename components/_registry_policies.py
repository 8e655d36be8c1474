"""The policies of registries and stores as data: who may pull, read, copy and write logs; and which images are kept.

No Allow statement has a wildcard action or principal. The account's root as a principal leaves the decision to that account's own policies.
"""

from collections.abc import Mapping, Sequence

from components._policies import key_of_account, tls_only
from components._statements import Document, allow, document

_PULL = ("ecr:BatchCheckLayerAvailability", "ecr:BatchGetImage", "ecr:GetDownloadUrlForLayer")


def pulled_by(accounts: Sequence[str]) -> Document:
    """A repository policy: other accounts may pull."""
    return document(allow("PullingEnvironments", _PULL, principal={"AWS": _roots(accounts)}))


def key_of_store(account: str, readers: Sequence[str], region: str) -> Document:
    """A key policy: `account` decides as ever, and what S3 reads for the accounts `readers` is decrypted."""
    policy = key_of_account(account)
    if readers:
        condition = {"StringEquals": {"kms:ViaService": f"s3.{region}.amazonaws.com"}}
        statement = allow("ReadingEnvironments", ("kms:Decrypt",), ["*"], principal={"AWS": _roots(readers)}, condition=condition)
        return _with(policy, statement)
    return policy


def store(bucket: str, readers: Sequence[str]) -> Document:
    """A bucket policy: TLS alone, and other accounts may read what they know the name of."""
    policy = tls_only(bucket)
    if readers:
        reads = ("s3:GetObject", "s3:GetObjectVersion")
        return _with(policy, allow("ReadingEnvironments", reads, [f"{bucket}/*"], principal={"AWS": _roots(readers)}))
    return policy


def log_store(bucket: str, account: str, source: str, prefix: str) -> Document:
    """A bucket policy: TLS alone, and S3 writes the access logs of the bucket `source` (an ARN) under `prefix`."""
    condition = {"StringEquals": {"aws:SourceAccount": account}, "ArnLike": {"aws:SourceArn": source}}
    writes = allow(
        "AccessLogs", ("s3:PutObject",), [f"{bucket}/{prefix}*"], principal={"Service": "logging.s3.amazonaws.com"}, condition=condition
    )
    return _with(tls_only(bucket), writes)


def assumed_for(service: str, account: str) -> Document:
    """The trust policy of a role that a service assumes for resources of `account` and no other."""
    condition = {"StringEquals": {"aws:SourceAccount": account}}
    return document(allow("Assume", ("sts:AssumeRole",), principal={"Service": service}, condition=condition))


def replicate(source: str, key: str, copies: Mapping[str, str], keys: Mapping[str, str], *, locked: bool) -> Document:
    """Copy the objects of the bucket `source` (an ARN, under `key`) to the buckets `copies` (ARN by region, under `keys`).

    Deletions are not copied. Locks are, where the source has them.
    """
    locks = ("s3:GetObjectLegalHold", "s3:GetObjectRetention") if locked else ()
    reads = ("s3:GetObjectVersionAcl", "s3:GetObjectVersionForReplication", "s3:GetObjectVersionTagging", *locks)
    region = key.split(":")[3]
    return document(
        allow("Source", ("s3:GetReplicationConfiguration", "s3:ListBucket"), [source]),
        allow("Read", reads, [f"{source}/*"]),
        allow("Write", ("s3:ReplicateObject", "s3:ReplicateTags"), [f"{arn}/*" for _, arn in sorted(copies.items())]),
        allow("Decrypt", ("kms:Decrypt",), [key], condition={"StringEquals": {"kms:ViaService": f"s3.{region}.amazonaws.com"}}),
        *(
            allow(
                f"Encrypt{number}",
                ("kms:Encrypt", "kms:GenerateDataKey"),
                [keys[there]],
                condition={"StringEquals": {"kms:ViaService": f"s3.{there}.amazonaws.com"}},
            )
            for number, there in enumerate(sorted(copies))
        ),
    )


def create_repositories(account: str, names: Sequence[str], keys: Sequence[str]) -> Document:
    """Make repositories called `names` (patterns) under `keys`, as ECR does by itself for copies and caches.

    Source: docs.aws.amazon.com/AmazonECR/latest/userguide/repository-creation-templates-custom.html
    """
    repositories = sorted(f"arn:aws:ecr:{key.split(':')[3]}:{account}:repository/{name}" for key in keys for name in names)
    return document(
        allow("Create", ("ecr:CreateRepository", "ecr:ReplicateImage", "ecr:TagResource"), repositories),
        allow("Keys", ("kms:CreateGrant", "kms:DescribeKey", "kms:RetireGrant"), sorted(keys)),
    )


def tracked(bucket: str, key: str, prefix: str = "") -> Document:
    """Keep what MLflow logs in `bucket` (an ARN), below `prefix` alone where there is one, under the KMS key `key`."""
    region = key.split(":")[3]
    via_s3 = {"StringEquals": {"kms:ViaService": f"s3.{region}.amazonaws.com"}}
    below = {"StringLike": {"s3:prefix": [prefix, f"{prefix}*"]}} if prefix else None
    return document(
        allow("List", ("s3:ListBucket",), [bucket], condition=below),
        allow("Artifacts", ("s3:AbortMultipartUpload", "s3:DeleteObject", "s3:GetObject", "s3:PutObject"), [f"{bucket}/{prefix}*"]),
        allow("Key", ("kms:Decrypt", "kms:GenerateDataKey"), [key], condition=via_s3),
    )


def packages_read_by(accounts: Sequence[str], group: str) -> Document:
    """A policy of the model package group `group` (an ARN): other accounts may look at its versions and serve them.

    Source: docs.aws.amazon.com/sagemaker/latest/dg/model-registry-version.html (cross-account)
    """
    principal = {"AWS": _roots(accounts)}
    versions = f"{group.replace(':model-package-group/', ':model-package/')}/*"
    return document(
        allow("Group", ("sagemaker:DescribeModelPackageGroup",), [group], principal=principal),
        allow(
            "Versions",
            ("sagemaker:CreateModel", "sagemaker:DescribeModelPackage", "sagemaker:ListModelPackages"),
            [versions],
            principal=principal,
        ),
    )


def expiry(untagged_days: int, keep: Mapping[str, int]) -> Document:
    """An ECR lifecycle policy: images without a tag go after some days; of those whose tags begin with a prefix, the newest are kept."""
    rules: list[Document] = [
        {
            "rulePriority": 1,
            "description": f"Untagged images go after {untagged_days} days",
            "selection": {"tagStatus": "untagged", "countType": "sinceImagePushed", "countUnit": "days", "countNumber": untagged_days},
            "action": {"type": "expire"},
        }
    ]
    for priority, (prefix, count) in enumerate(sorted(keep.items()), 2):
        # By prefix, never all: signatures and attestations are images too (github.com/aws/containers-roadmap/issues/2613).
        selection = {"tagStatus": "tagged", "tagPrefixList": [prefix], "countType": "imageCountMoreThan", "countNumber": count}
        described = f"Of {prefix}* the newest {count} are kept"
        rules.append({"rulePriority": priority, "description": described, "selection": selection, "action": {"type": "expire"}})
    return {"rules": rules}


def _roots(accounts: Sequence[str]) -> list[str]:
    return [f"arn:aws:iam::{account}:root" for account in sorted(accounts)]


def _with(policy: Document, statement: Document) -> Document:
    statements = policy["Statement"]
    assert isinstance(statements, list)
    return {**policy, "Statement": [*statements, statement]}
