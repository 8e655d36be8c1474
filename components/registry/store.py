"""Buckets that are closed, encrypted, versioned and reached over TLS alone."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import pulumi
import pulumi_aws as aws

from components import _registry_policies as policies
from components._names import bucket_beside
from components._policies import text
from components._statements import Document
from components.registry.lasting import Lasting

LOG_PREFIX = "s3/"


@dataclass(frozen=True)
class Store:
    """A bucket and what keeps it safe."""

    name: str
    """Logical name of the bucket; those of its settings begin with it."""
    bucket: aws.s3.Bucket
    versioning: aws.s3.BucketVersioning
    safeguards: list[pulumi.CustomResource]
    """Grows: what is set later belongs to it too."""
    lasting: Lasting

    def known(self) -> pulumi.Output[str]:
        """The bucket's name, once every safeguard is in place."""
        ready = [safeguard.id for safeguard in self.safeguards]
        return pulumi.Output.all(self.bucket.bucket, *ready).apply(lambda known: str(known[0]))


def store(
    name: str,
    bucket_name: str,
    lasting: Lasting,
    *,
    key: pulumi.Input[str] | None,
    policy: Callable[[str], Document],
    rules: list[aws.s3.BucketLifecycleConfigurationRuleArgsDict],
    region: str | None = None,
) -> Store:
    """A bucket under the KMS key `key`, or one of S3's own; `policy` makes its policy of its ARN, `rules` say what goes when.

    In `region`, where that is not the provider's.
    """
    bucket = aws.s3.Bucket(name, bucket=bucket_name, force_destroy=lasting.force_destroy, region=region, opts=lasting.options())
    versioning = aws.s3.BucketVersioning(
        f"{name}-versioning",
        bucket=bucket.id,
        versioning_configuration={"status": "Enabled"},
        region=region,
        opts=lasting.safeguard(bucket),
    )
    # Access logs are written under S3's own key alone (docs.aws.amazon.com/AmazonS3/latest/userguide/enable-server-access-logging.html).
    by_default: aws.s3.BucketServerSideEncryptionConfigurationRuleApplyServerSideEncryptionByDefaultArgsDict = (
        {"sse_algorithm": "AES256"} if key is None else {"sse_algorithm": "aws:kms", "kms_master_key_id": key}
    )
    encryption = aws.s3.BucketServerSideEncryptionConfiguration(
        f"{name}-encryption",
        bucket=bucket.id,
        rules=[{"apply_server_side_encryption_by_default": by_default, "bucket_key_enabled": key is not None}],
        region=region,
        opts=lasting.safeguard(bucket),
    )
    closed = aws.s3.BucketPublicAccessBlock(
        f"{name}-public-access",
        bucket=bucket.id,
        block_public_acls=True,
        block_public_policy=True,
        ignore_public_acls=True,
        restrict_public_buckets=True,
        region=region,
        opts=lasting.safeguard(bucket),
    )
    ownership = aws.s3.BucketOwnershipControls(
        f"{name}-ownership",
        bucket=bucket.id,
        rule={"object_ownership": "BucketOwnerEnforced"},
        region=region,
        opts=lasting.safeguard(bucket),
    )
    allowed = aws.s3.BucketPolicy(
        f"{name}-policy",
        bucket=bucket.id,
        policy=bucket.arn.apply(lambda arn: text(policy(arn))),
        region=region,
        # S3 answers 409 when the policy and the public access block are written at the same time.
        opts=lasting.safeguard(bucket, closed),
    )
    lifecycle = aws.s3.BucketLifecycleConfiguration(
        f"{name}-lifecycle",
        bucket=bucket.id,
        rules=rules,
        region=region,
        # S3 wants versioning before rules on versions.
        opts=lasting.safeguard(bucket, versioning),
    )
    return Store(name, bucket, versioning, [versioning, encryption, closed, ownership, allowed, lifecycle], lasting)


def noncurrent(days: int) -> list[aws.s3.BucketLifecycleConfigurationRuleArgsDict]:
    """Rules: what was overwritten or deleted is gone for good after `days` days."""
    return [_rule("noncurrent", noncurrent_days=days)]


def _rule(name: str, *, noncurrent_days: int, days: int | None = None) -> aws.s3.BucketLifecycleConfigurationRuleArgsDict:
    """A rule for every object; with `days`, nothing is kept longer."""
    rule: aws.s3.BucketLifecycleConfigurationRuleArgsDict = {
        "id": name,
        "status": "Enabled",
        "filter": {"prefix": ""},
        "abort_incomplete_multipart_upload": {"days_after_initiation": 7},
        "noncurrent_version_expiration": {"noncurrent_days": noncurrent_days},
    }
    return rule if days is None else {**rule, "expiration": {"days": days}}


def locked(store: Store, days: int, region: str | None = None) -> None:
    """Each version of an object is locked for `days` days; whoever has s3:BypassGovernanceRetention may lift that. A bucket that has locks
    keeps them."""
    # Not at the bucket, where a lock that comes later would replace it: S3 takes it for buckets that are there.
    lock = aws.s3.BucketObjectLockConfiguration(
        f"{store.name}-lock",
        bucket=store.bucket.id,
        object_lock_enabled="Enabled",
        rule={"default_retention": {"mode": "GOVERNANCE", "days": days}},
        region=region,
        opts=store.lasting.of(store.bucket, store.versioning),
    )
    store.safeguards.append(lock)


def logged(store: Store, account: str, bucket_name: str, days: int) -> None:
    """Who reads and writes is written down for `days` days, in a bucket of its own beside the one called `bucket_name`."""
    source = f"arn:aws:s3:::{bucket_name}"
    name = store.name.removesuffix("-models")
    logs = _store_of_logs(
        f"{name}-logs", bucket_beside(bucket_name, "logs"), store.lasting, account, source, [_rule("expiry", noncurrent_days=1, days=days)]
    )
    # S3 tries whether it may write.
    opts = store.lasting.of(store.bucket, *logs.safeguards)
    if store.lasting.force_destroy:
        # Switched off before the bucket of logs is emptied, or a late one would keep that from being deleted.
        opts = pulumi.ResourceOptions.merge(store.lasting.child, pulumi.ResourceOptions(depends_on=logs.safeguards))
    logging = aws.s3.BucketLogging(
        f"{store.name}-logging",
        bucket=store.bucket.id,
        target_bucket=logs.bucket.id,
        target_prefix=LOG_PREFIX,
        opts=opts,
    )
    store.safeguards.append(logging)


def _store_of_logs(
    name: str,
    bucket_name: str,
    lasting: Lasting,
    account: str,
    source: str,
    rules: list[aws.s3.BucketLifecycleConfigurationRuleArgsDict],
) -> Store:
    return store(name, bucket_name, lasting, key=None, policy=lambda arn: policies.log_store(arn, account, source, LOG_PREFIX), rules=rules)


def copied(
    source: Store,
    account: str,
    bucket_name: str,
    key: pulumi.Input[str],
    copies: Mapping[str, aws.kms.Key],
    *,
    noncurrent_days: int,
    lock_days: int | None,
) -> None:
    """Every object that is written is copied to a bucket in each region of `copies`, which is as closed and under the key there.

    Deletions are not copied: who deletes here has not deleted there.
    """
    lasting, name = source.lasting, source.name
    stores: dict[str, Store] = {}
    for region, own in sorted(copies.items()):
        stores[region] = store(
            f"{name}-{region}",
            bucket_beside(bucket_name, region),
            lasting,
            key=own.arn,
            policy=lambda arn: policies.store(arn, ()),
            rules=noncurrent(noncurrent_days),
            region=region,
        )
        if lock_days is not None:
            locked(stores[region], lock_days, region)
    role = aws.iam.Role(
        f"{name}-replication-role",
        description=f"Copies {bucket_name} to {', '.join(sorted(copies))}",
        assume_role_policy=text(policies.assumed_for("s3.amazonaws.com", account)),
        opts=lasting.child,
    )
    regions = sorted(copies)
    arns = [stores[region].bucket.arn for region in regions] + [copies[region].arn for region in regions]
    rights = aws.iam.RolePolicy(
        f"{name}-replication-rights",
        role=role.id,
        policy=pulumi.Output.all(source.bucket.arn, key, *arns).apply(
            lambda known: text(
                policies.replicate(
                    known[0],
                    known[1],
                    dict(zip(regions, known[2 : 2 + len(regions)], strict=True)),
                    dict(zip(regions, known[2 + len(regions) :], strict=True)),
                    locked=lock_days is not None,
                )
            )
        ),
        opts=lasting.child,
    )
    before = [guard for there in stores.values() for guard in there.safeguards]
    replication = aws.s3.BucketReplicationConfig(
        f"{name}-replication",
        bucket=source.bucket.id,
        role=role.arn,
        rules=[
            {
                "id": region,
                "priority": number,
                "status": "Enabled",
                "filter": {"prefix": ""},
                "delete_marker_replication": {"status": "Disabled"},
                "source_selection_criteria": {"sse_kms_encrypted_objects": {"status": "Enabled"}},
                "destination": {
                    "bucket": stores[region].bucket.arn,
                    "encryption_configuration": {"replica_kms_key_id": copies[region].arn},
                },
            }
            for number, region in enumerate(regions)
        ],
        opts=lasting.of(source.bucket, source.versioning, rights, *before),
    )
    source.safeguards.append(replication)
