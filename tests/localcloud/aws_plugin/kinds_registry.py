"""What a registry has besides repositories and buckets; see kinds.py."""

import json
from typing import Any

from tests.localcloud.aws_plugin.lookup import ACCOUNT
from tests.localcloud.aws_plugin.stack import aws, of, text


def registry(changed: bool) -> list[Any]:
    tags = {"stage": "two"} if changed else {"old": "yes"}
    days = 30 if changed else 14
    assumed = json.dumps(
        {
            "Version": "2012-10-17",
            "Statement": [{"Effect": "Allow", "Principal": {"Service": "s3.amazonaws.com"}, "Action": "sts:AssumeRole"}],
        }
    )
    delivery = {
        "Version": "2012-10-17",
        "Statement": [
            {
                "Effect": "Deny",
                "Principal": "*",
                "Action": "s3:*",
                "Resource": ["{0}/*"],
                "Condition": {"Bool": {"aws:SecureTransport": "false"}},
            },
            {"Effect": "Allow", "Principal": {"Service": "logging.s3.amazonaws.com"}, "Action": ["s3:PutObject"], "Resource": ["{0}/*"]},
        ],
    }
    braces = json.dumps(delivery).replace("{", "{{").replace("}", "}}").replace("{{0}}", "{0}")
    described = {
        "prefix": "aws-plugin",
        "appliedFors": ["REPLICATION"],
        "imageTagMutability": "MUTABLE" if changed else "IMMUTABLE",
        "description": "two" if changed else "one",
    }
    shared = {
        "Version": "2012-10-17",
        "Statement": [
            {
                "Sid": "Read",
                "Effect": "Allow",
                "Principal": {"AWS": "arn:aws:iam::333333333333:root"},
                "Action": ["sagemaker:DescribeModelPackageGroup", *(["sagemaker:ListModelPackages"] if changed else [])],
                "Resource": f"arn:aws:sagemaker:eu-west-1:{ACCOUNT}:model-package-group/aws-plugin",
            }
        ],
    }
    return [
        aws("s3/bucket:Bucket", "locked"),
        aws(
            "s3/bucketVersioning:BucketVersioning",
            "locked-versions",
            {"bucket": of("locked"), "versioningConfiguration": {"status": "Enabled"}},
        ),
        aws(
            "s3/bucketObjectLockConfiguration:BucketObjectLockConfiguration",
            "lock",
            {"bucket": of("locked"), "rule": {"defaultRetention": {"mode": "GOVERNANCE", "days": days}}},
            depends_on=["locked-versions"],
        ),
        # moto writes them down.
        aws("s3/bucket:Bucket", "logs", {"forceDestroy": True}),
        aws("s3/bucketPolicy:BucketPolicy", "delivery", {"bucket": of("logs"), "policy": text(braces, of("logs", "arn"))}),
        aws(
            "s3/bucketLogging:BucketLogging",
            "logging",
            {"bucket": of("locked"), "targetBucket": of("logs"), "targetPrefix": "two/" if changed else "one/"},
            depends_on=["delivery"],
        ),
        aws("s3/bucket:Bucket", "copy"),
        aws(
            "s3/bucketVersioning:BucketVersioning",
            "copy-versions",
            {"bucket": of("copy"), "versioningConfiguration": {"status": "Enabled"}},
        ),
        aws("iam/role:Role", "copier", {"assumeRolePolicy": assumed}),
        aws("iam/role:Role", "other-copier", {"assumeRolePolicy": assumed}),
        aws(
            "s3/bucketReplicationConfig:BucketReplicationConfig",
            "copies",
            {
                "bucket": of("locked"),
                "role": of("other-copier" if changed else "copier", "arn"),
                "rules": [
                    {
                        "id": "far",
                        "priority": 0,
                        "status": "Enabled",
                        "filter": {"prefix": ""},
                        "deleteMarkerReplication": {"status": "Disabled"},
                        "destination": {"bucket": of("copy", "arn")},
                    }
                ],
            },
            depends_on=["locked-versions", "copy-versions"],
        ),
        aws(
            "ecr/registryScanningConfiguration:RegistryScanningConfiguration",
            "scanning",
            {
                "scanType": "ENHANCED",
                "rules": [
                    {
                        "scanFrequency": "SCAN_ON_PUSH" if changed else "CONTINUOUS_SCAN",
                        "repositoryFilters": [{"filter": "aws-plugin/*", "filterType": "WILDCARD"}],
                    }
                ],
            },
        ),
        aws(
            "ecr/replicationConfiguration:ReplicationConfiguration",
            "images-copies",
            {
                "replicationConfiguration": {
                    "rules": [
                        {
                            "destinations": [{"region": "eu-north-1" if changed else "eu-central-1", "registryId": ACCOUNT}],
                            "repositoryFilters": [{"filter": "aws-plugin/", "filterType": "PREFIX_MATCH"}],
                        }
                    ]
                }
            },
        ),
        aws("ecr/repositoryCreationTemplate:RepositoryCreationTemplate", "copies-template", described),
        aws("sagemaker/modelPackageGroup:ModelPackageGroup", "packages", {"modelPackageGroupName": "aws-plugin", "tags": tags}),
        aws(
            "sagemaker/mlflowApp:MlflowApp",
            "mlflow",
            {
                "artifactStoreUri": "s3://somewhere/two" if changed else "s3://somewhere/one",
                "roleArn": of("copier", "arn"),
                "tags": tags,
            },
        ),
        aws(
            "sagemaker/modelPackageGroupPolicy:ModelPackageGroupPolicy",
            "packages-readers",
            {"modelPackageGroupName": of("packages"), "resourcePolicy": json.dumps(shared)},
        ),
    ]
