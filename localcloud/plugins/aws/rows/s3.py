"""Buckets and what is set on them. Schemas: hashicorp/terraform-provider-aws, internal/service/s3, files named at each row."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from localcloud.plugins.aws.table import ID, TAGS, Action, Call, Expression, Naming, Read, Row, Scope, Source, Step, Tagging, fixed, using

# https://docs.aws.amazon.com/general/latest/gr/s3.html (website endpoints)
_ZONES = {
    "eu-central-1": "Z21DNDUVLTQW6Q",
    "eu-west-1": "Z1BKCTXD74EZPE",
    "us-east-1": "Z3AQBSTGFYJSTF",
    "us-east-2": "Z2O1EMRO9K5GLX",
    "us-west-1": "Z2F56UZL2M1ACD",
    "us-west-2": "Z3BJ6K6RIION7M",
}


def _location(scope: Scope) -> object:
    # S3 refuses the name of its first region here.
    return None if scope.region == "us-east-1" else {"LocationConstraint": scope.region}


def _empty(scope: Scope) -> None:
    """Every object, version and delete marker goes, where that was asked for."""
    if not scope.inputs.get("forceDestroy"):
        return
    versions = scope.call("s3", "ListObjectVersions", {"Bucket": scope.id})
    for each in [*versions.get("Versions", []), *versions.get("DeleteMarkers", [])]:
        scope.call("s3", "DeleteObject", {"Bucket": scope.id, "Key": each["Key"], "VersionId": each["VersionId"]})


BUCKET = Row(
    type="aws:s3/bucket:Bucket",
    service="s3",
    source="internal/service/s3/bucket.go; pulumi-aws provider/resource_overrides.go (name)",
    served="moto",
    create=Call(
        "CreateBucket",
        {"Bucket": "bucket", "CreateBucketConfiguration": Source(_location), "ObjectLockEnabledForBucket": "objectLockEnabled"},
    ),
    id="inputs.bucket",
    # In us-east-1 S3 says yes to a bucket that we have already.
    refuse_existing=True,
    read=Read(
        Call("HeadBucket", {"Bucket": ID}),
        "{Name: '$id', Region: BucketRegion}",
        more={
            "tagging": Call("GetBucketTagging", {"Bucket": ID}, tolerate=("NoSuchTagSet",)),
            "lock": Call("GetObjectLockConfiguration", {"Bucket": ID}, tolerate=("ObjectLockConfigurationNotFoundError",)),
        },
    ),
    delete=(
        Action(_empty, ("forceDestroy",), ("s3:ListObjectVersions", "s3:DeleteObject")),
        Call("DeleteBucket", {"Bucket": ID}),
    ),
    outputs={
        "arn": Source(lambda scope: f"arn:{scope.partition}:s3:::{scope.id}"),
        "bucket": "Name",
        "bucketRegion": Source(lambda scope: scope.live.get("Region") or scope.region),
        "bucketDomainName": Source(lambda scope: f"{scope.id}.s3.amazonaws.com"),
        "bucketRegionalDomainName": Source(lambda scope: f"{scope.id}.s3.{scope.region}.amazonaws.com"),
        "hostedZoneId": Source(lambda scope: _ZONES.get(scope.region)),
        "objectLockEnabled": "lock.ObjectLockConfiguration.ObjectLockEnabled == 'Enabled'",
    },
    replace_on=frozenset({"bucket", "bucketPrefix", "objectLockEnabled"}),
    defaults={"forceDestroy": False},
    computed=frozenset({"bucket", "bucketPrefix", "objectLockEnabled"}),
    kept={"forceDestroy": "AWS does not know it", "bucketPrefix": "it is part of the name"},
    tagging=Tagging(
        Call("PutBucketTagging", {"Bucket": ID, "Tagging": {"TagSet": TAGS}}),
        # All tags are put at once.
        Call("DeleteBucketTagging", {"Bucket": ID}),
        read="tagging.TagSet",
        on_create=False,
    ),
    naming=Naming("bucket", 63, "bucketPrefix", lower=True),
    wait_gone=True,
    note="versioning, encryption, policy, lifecycle and so on through their own resources only",
)

BUCKET_V2 = replace(BUCKET, type="aws:s3/bucketV2:BucketV2")


def _named(row: Row) -> tuple[Row, ...]:
    """A row, and again under the deprecated name of the same type."""
    module, _, name = row.type.rpartition(":")
    return (row, replace(row, type=f"{module}V2:{name}V2"))


VERSIONING = Row(
    type="aws:s3/bucketVersioning:BucketVersioning",
    service="s3",
    source="internal/service/s3/bucket_versioning.go",
    served="moto",
    create=Call("PutBucketVersioning", {"Bucket": "bucket", "VersioningConfiguration": "versioningConfiguration"}),
    id="inputs.bucket",
    read=Read(Call("GetBucketVersioning", {"Bucket": ID}), "Status && @"),
    steps=(
        Step(
            ("versioningConfiguration",),
            Call("PutBucketVersioning", {"Bucket": ID, "VersioningConfiguration": "versioningConfiguration"}),
            on_create=False,
        ),
    ),
    # It can be suspended, not taken away.
    delete=(Call("PutBucketVersioning", {"Bucket": ID, "VersioningConfiguration": {"Status": fixed("Suspended")}}),),
    outputs={"bucket": ID, "versioningConfiguration": "@"},
    replace_on=frozenset({"bucket"}),
    computed=frozenset({"versioningConfiguration.mfaDelete"}),
    note="no MFA delete, no expected owner",
)

ENCRYPTION = Row(
    type="aws:s3/bucketServerSideEncryptionConfiguration:BucketServerSideEncryptionConfiguration",
    service="s3",
    source="internal/service/s3/bucket_server_side_encryption_configuration.go",
    served="moto",
    create=Call("PutBucketEncryption", {"Bucket": "bucket", "ServerSideEncryptionConfiguration": {"Rules": "rules"}}),
    id="inputs.bucket",
    read=Read(Call("GetBucketEncryption", {"Bucket": ID}), "ServerSideEncryptionConfiguration"),
    steps=(
        Step(
            ("rules",),
            Call("PutBucketEncryption", {"Bucket": ID, "ServerSideEncryptionConfiguration": {"Rules": "rules"}}),
            on_create=False,
        ),
    ),
    delete=(Call("DeleteBucketEncryption", {"Bucket": ID}),),
    outputs={"bucket": ID},
    renames={"blockedEncryptionTypes": "BlockedEncryptionTypes"},
    replace_on=frozenset({"bucket"}),
    sets=frozenset({"rules"}),
    refused=frozenset({"rules.blockedEncryptionTypes"}),
    note="no expected owner, no blocked encryption types",
)

_PUBLIC = {
    "BlockPublicAcls": "blockPublicAcls",
    "BlockPublicPolicy": "blockPublicPolicy",
    "IgnorePublicAcls": "ignorePublicAcls",
    "RestrictPublicBuckets": "restrictPublicBuckets",
}

PUBLIC_ACCESS_BLOCK = Row(
    type="aws:s3/bucketPublicAccessBlock:BucketPublicAccessBlock",
    service="s3",
    source="internal/service/s3/bucket_public_access_block.go",
    served="moto",
    create=Call("PutPublicAccessBlock", {"Bucket": "bucket", "PublicAccessBlockConfiguration": _PUBLIC}),
    id="inputs.bucket",
    read=Read(Call("GetPublicAccessBlock", {"Bucket": ID}), "PublicAccessBlockConfiguration"),
    steps=(
        Step(
            tuple(_PUBLIC.values()),
            Call("PutPublicAccessBlock", {"Bucket": ID, "PublicAccessBlockConfiguration": _PUBLIC}),
            on_create=False,
        ),
    ),
    delete=(Call("DeletePublicAccessBlock", {"Bucket": ID}),),
    outputs={"bucket": ID},
    replace_on=frozenset({"bucket"}),
    defaults=dict.fromkeys(_PUBLIC.values(), False),
    kept={"skipDestroy": "AWS does not know it"},
    keep_if="skipDestroy",
)


def _lifecycle_rules(scope: Scope) -> object:
    """Rules, each with a filter: without filter and prefix it is for the whole bucket."""
    return [rule if rule.get("filter") or rule.get("prefix") else {**rule, "filter": {"prefix": ""}} for rule in scope.inputs["rules"]]


_LIFECYCLE: Mapping[str, Expression] = {
    "LifecycleConfiguration": {"Rules": using("rules", make=_lifecycle_rules)},
    "TransitionDefaultMinimumObjectSize": "transitionDefaultMinimumObjectSize",
}

LIFECYCLE = Row(
    type="aws:s3/bucketLifecycleConfiguration:BucketLifecycleConfiguration",
    service="s3",
    source="internal/service/s3/bucket_lifecycle_configuration.go",
    served="moto",
    create=Call("PutBucketLifecycleConfiguration", {"Bucket": "bucket", **_LIFECYCLE}),
    id="inputs.bucket",
    read=Read(Call("GetBucketLifecycleConfiguration", {"Bucket": ID})),
    steps=(
        Step(
            ("rules", "transitionDefaultMinimumObjectSize"),
            Call("PutBucketLifecycleConfiguration", {"Bucket": ID, **_LIFECYCLE}),
            on_create=False,
        ),
    ),
    delete=(Call("DeleteBucketLifecycle", {"Bucket": ID}),),
    outputs={"bucket": ID},
    replace_on=frozenset({"bucket"}),
    computed=frozenset({"transitionDefaultMinimumObjectSize"}),
    sets=frozenset({"rules.transitions", "rules.noncurrentVersionTransitions"}),
    kept={
        "timeouts": "it is the client's",
        "transitionDefaultMinimumObjectSize": "moto does not answer it",
    },
    wait_gone=True,
    note="no expected owner",
)

BUCKET_POLICY = Row(
    type="aws:s3/bucketPolicy:BucketPolicy",
    service="s3",
    source="internal/service/s3/bucket_policy.go",
    served="moto",
    create=Call("PutBucketPolicy", {"Bucket": "bucket", "Policy": "policy"}),
    id="inputs.bucket",
    read=Read(Call("GetBucketPolicy", {"Bucket": ID})),
    steps=(Step(("policy",), Call("PutBucketPolicy", {"Bucket": ID, "Policy": "policy"}), on_create=False),),
    delete=(Call("DeleteBucketPolicy", {"Bucket": ID}),),
    outputs={"bucket": ID},
    replace_on=frozenset({"bucket"}),
    documents=frozenset({"policy"}),
    wait_gone=True,
)

OWNERSHIP_CONTROLS = Row(
    type="aws:s3/bucketOwnershipControls:BucketOwnershipControls",
    service="s3",
    source="internal/service/s3/bucket_ownership_controls.go",
    served="moto",
    create=Call("PutBucketOwnershipControls", {"Bucket": "bucket", "OwnershipControls": {"Rules": "rule"}}),
    id="inputs.bucket",
    read=Read(Call("GetBucketOwnershipControls", {"Bucket": ID}), "OwnershipControls"),
    steps=(Step(("rule",), Call("PutBucketOwnershipControls", {"Bucket": ID, "OwnershipControls": {"Rules": "rule"}}), on_create=False),),
    delete=(Call("DeleteBucketOwnershipControls", {"Bucket": ID}),),
    outputs={"bucket": ID, "rule": "Rules[0]"},
    replace_on=frozenset({"bucket"}),
)

ROWS = (
    BUCKET,
    BUCKET_V2,
    *_named(VERSIONING),
    *_named(ENCRYPTION),
    *_named(LIFECYCLE),
    PUBLIC_ACCESS_BLOCK,
    BUCKET_POLICY,
    OWNERSHIP_CONTROLS,
)
