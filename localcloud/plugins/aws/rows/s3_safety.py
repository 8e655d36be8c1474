"""What keeps objects safe: locks, copies, who read them. Schemas: hashicorp/terraform-provider-aws, internal/service/s3."""

from __future__ import annotations

from collections.abc import Mapping

from localcloud.plugins.aws.table import ID, Call, Expression, Read, Row, Scope, Source, Step, fixed

_LOGGING: Mapping[str, Expression] = {"LoggingEnabled": {"TargetBucket": "targetBucket", "TargetPrefix": "targetPrefix"}}

LOGGING = Row(
    type="aws:s3/bucketLogging:BucketLogging",
    service="s3",
    source="internal/service/s3/bucket_logging.go",
    served="moto",
    create=Call("PutBucketLogging", {"Bucket": "bucket", "BucketLoggingStatus": _LOGGING}),
    id="inputs.bucket",
    read=Read(Call("GetBucketLogging", {"Bucket": ID}), "LoggingEnabled"),
    steps=(
        Step(("targetBucket", "targetPrefix"), Call("PutBucketLogging", {"Bucket": ID, "BucketLoggingStatus": _LOGGING}), on_create=False),
    ),
    delete=(Call("PutBucketLogging", {"Bucket": ID, "BucketLoggingStatus": fixed({})}),),
    outputs={"bucket": ID},
    replace_on=frozenset({"bucket"}),
    note="no grants, no key format, no expected owner",
)

_LOCK: Mapping[str, Expression] = {"ObjectLockEnabled": "objectLockEnabled", "Rule": "rule"}


def _default_lock(scope: Scope) -> object:
    # moto answers days and years, one of them 0.
    return {"DefaultRetention": {name: value for name, value in scope.live["Rule"]["DefaultRetention"].items() if value}}


OBJECT_LOCK = Row(
    type="aws:s3/bucketObjectLockConfiguration:BucketObjectLockConfiguration",
    service="s3",
    source="internal/service/s3/bucket_object_lock_configuration.go",
    served="moto",
    create=Call("PutObjectLockConfiguration", {"Bucket": "bucket", "ObjectLockConfiguration": _LOCK}),
    id="inputs.bucket",
    read=Read(Call("GetObjectLockConfiguration", {"Bucket": ID}), "ObjectLockConfiguration.Rule && ObjectLockConfiguration"),
    steps=(Step(("rule",), Call("PutObjectLockConfiguration", {"Bucket": ID, "ObjectLockConfiguration": _LOCK}), on_create=False),),
    # A bucket that has locks keeps them; what goes is the lock that new objects get.
    delete=(Call("PutObjectLockConfiguration", {"Bucket": ID, "ObjectLockConfiguration": {"ObjectLockEnabled": fixed("Enabled")}}),),
    outputs={"bucket": ID, "rule": Source(_default_lock)},
    replace_on=frozenset({"bucket", "objectLockEnabled"}),
    defaults={"objectLockEnabled": "Enabled"},
    note="moto takes it for empty buckets alone; no token, no expected owner",
)

_REPLICATION: Mapping[str, Expression] = {"Role": "role", "Rules": "rules"}


def _rules(scope: Scope) -> object:
    """The rules that moto answers; of those that were given, with what it forgets."""
    given = {rule.get("id"): rule for rule in scope.inputs.get("rules") or ()}
    forgotten = "sourceSelectionCriteria"
    return [
        {**rule, forgotten: given[rule["ID"]][forgotten]} if forgotten in given.get(rule["ID"], {}) else rule
        for rule in scope.live["Rules"]
    ]


REPLICATION = Row(
    type="aws:s3/bucketReplicationConfig:BucketReplicationConfig",
    service="s3",
    source="internal/service/s3/bucket_replication_configuration.go",
    served="moto",
    create=Call("PutBucketReplication", {"Bucket": "bucket", "ReplicationConfiguration": _REPLICATION}),
    id="inputs.bucket",
    read=Read(Call("GetBucketReplication", {"Bucket": ID}), "ReplicationConfiguration"),
    steps=(
        Step(("role", "rules"), Call("PutBucketReplication", {"Bucket": ID, "ReplicationConfiguration": _REPLICATION}), on_create=False),
    ),
    delete=(Call("DeleteBucketReplication", {"Bucket": ID}),),
    outputs={"bucket": ID, "rules": Source(_rules)},
    replace_on=frozenset({"bucket"}),
    note="nothing is copied; moto forgets which objects are selected by their encryption, which is kept as given; no token",
)

ROWS = (LOGGING, OBJECT_LOCK, REPLICATION)
