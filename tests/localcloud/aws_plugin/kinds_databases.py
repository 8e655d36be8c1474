"""A database and what it stands on; see kinds.py."""

from typing import Any

from tests.localcloud.aws_plugin.stack import aws, of


def databases(changed: bool) -> list[Any]:
    tags = {"stage": "two"} if changed else {"old": "yes"}
    inside = {"vpcId": of("database-vpc")}
    return [
        aws("ec2/vpc:Vpc", "database-vpc", {"cidrBlock": "10.8.0.0/16"}),
        aws("ec2/subnet:Subnet", "rows", {**inside, "cidrBlock": "10.8.1.0/24", "availabilityZone": "eu-west-1a"}),
        aws("ec2/subnet:Subnet", "columns", {**inside, "cidrBlock": "10.8.2.0/24", "availabilityZone": "eu-west-1b"}),
        aws("ec2/subnet:Subnet", "tables", {**inside, "cidrBlock": "10.8.3.0/24", "availabilityZone": "eu-west-1c"}),
        aws("ec2/securityGroup:SecurityGroup", "askers", inside),
        aws("ec2/securityGroup:SecurityGroup", "other-askers", inside),
        aws("kms/key:Key", "database-key", {"deletionWindowInDays": 7}),
        aws(
            "rds/subnetGroup:SubnetGroup",
            "places",
            {"subnetIds": [of("rows"), of("tables" if changed else "columns")], "description": "two" if changed else "one", "tags": tags},
        ),
        aws(
            "rds/parameterGroup:ParameterGroup",
            "settings",
            {
                "family": "postgres17",
                "parameters": [{"name": "rds.force_ssl", "value": "0" if changed else "1", "applyMethod": "immediate"}],
                "tags": tags,
            },
        ),
        aws(
            "rds/instance:Instance",
            "database",
            {
                "identifier": "aws-plugin",
                "engine": "postgres",
                "engineVersion": "17" if changed else "16",
                "instanceClass": "db.m7g.large" if changed else "db.t4g.small",
                "storageType": "gp3",
                "allocatedStorage": 30 if changed else 20,
                "maxAllocatedStorage": 200 if changed else 100,
                "storageEncrypted": True,
                "kmsKeyId": of("database-key", "arn"),
                "dbName": "rows",
                "username": "asker",
                "password": "not-a-secret-2" if changed else "not-a-secret-1",
                "port": 5432,
                "dbSubnetGroupName": of("places", "name"),
                "parameterGroupName": of("settings", "name"),
                "vpcSecurityGroupIds": [of("other-askers" if changed else "askers")],
                "publiclyAccessible": False,
                "multiAz": changed,
                "backupRetentionPeriod": 7 if changed else 1,
                "copyTagsToSnapshot": not changed,
                "deleteAutomatedBackups": changed,
                "skipFinalSnapshot": changed,
                "finalSnapshotIdentifier": "aws-plugin-last",
                "allowMajorVersionUpgrade": True,
                "applyImmediately": True,
                "tags": tags,
            },
        ),
    ]
