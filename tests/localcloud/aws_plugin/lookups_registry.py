"""Where boto3 says what a registry has besides repositories and buckets; see lookup.py."""

from tests.localcloud.aws_plugin.lookup import ACCOUNT, Lookup, says

REGISTRY = {
    "s3/bucketLogging:BucketLogging": Lookup(
        "s3", "get_bucket_logging", lambda i, _: {"Bucket": i}, "LoggingEnabled", {"bucket": says("{id}")}
    ),
    "s3/bucketObjectLockConfiguration:BucketObjectLockConfiguration": Lookup(
        "s3",
        "get_object_lock_configuration",
        lambda i, _: {"Bucket": i},
        "ObjectLockConfiguration.Rule && ObjectLockConfiguration",
        {"bucket": says("{id}")},
    ),
    "s3/bucketReplicationConfig:BucketReplicationConfig": Lookup(
        "s3", "get_bucket_replication", lambda i, _: {"Bucket": i}, "ReplicationConfiguration", {"bucket": says("{id}")}
    ),
    "ecr/registryScanningConfiguration:RegistryScanningConfiguration": Lookup(
        "ecr",
        "get_registry_scanning_configuration",
        lambda _, __: {},
        "scanningConfiguration.rules && scanningConfiguration",
        {"registryId": says(ACCOUNT)},
    ),
    "ecr/replicationConfiguration:ReplicationConfiguration": Lookup(
        "ecr", "describe_registry", lambda _, __: {}, "replicationConfiguration.rules && @"
    ),
}
