"""Buckets, and their settings by type. Of version 7 the AWS provider has a second name for most, which ends in `V2`."""

from collections.abc import Sequence

from modelway.rules.belonging import Kind, Whole, at
from modelway.rules.properties import look, one
from modelway.rules.stack import Resource
from modelway.rules.values import Unknown

TYPES = frozenset(("aws:s3/bucket:Bucket", "aws:s3/bucketV2:BucketV2"))
_LOAD_BALANCERS = ("aws:lb/loadBalancer:LoadBalancer", "aws:alb/loadBalancer:LoadBalancer")


def setting(name: str) -> Kind:
    """Buckets with settings of one kind, such as `Versioning`."""
    types = (f"aws:s3/bucket{name}{second}:Bucket{name}{second}" for second in ("", "V2"))
    return Kind(TYPES, "bucket", dict.fromkeys(types, "bucket"))


LOGGING = setting("Logging")


def takes_access_logs(whole: Whole, resources: Sequence[Resource]) -> bool | Unknown:
    """Whether access logs are written to a bucket."""
    name = one(whole.resource.subject.properties, "bucket").value
    unknown = False
    for resource in resources:
        subject = resource.subject
        if subject.type in LOGGING.settings:
            targets = [at(resource, "targetBucket")]
        elif subject.type in _LOAD_BALANCERS:
            targets = [at(resource, "accessLogs.bucket")]
        elif subject.type in TYPES:
            targets = [found for path in ("logging.targetBucket", "loggings.*.targetBucket") for found in look(subject.properties, path)]
        else:
            continue
        if any(isinstance(target.value, str) and target.value == name for target in targets):
            return True
        unnamed = not isinstance(name, str) or any(isinstance(target.value, Unknown) for target in targets)
        unknown = unknown or (unnamed and whole.resource.urn in resource.depends_on)
    return Unknown() if unknown else False
