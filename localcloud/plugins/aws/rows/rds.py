"""Databases. Schemas: hashicorp/terraform-provider-aws, internal/service/rds, files named at each row."""

from __future__ import annotations

from localcloud.plugins.aws.table import ID, REMOVED, TAGS, Call, Naming, Read, Row, Source, Step, Tagging, Until, fixed, using


def _tagging(arn: str, read: str) -> Tagging:
    resource = Source(lambda scope: scope.live[arn])
    return Tagging(
        Call("AddTagsToResource", {"ResourceName": resource, "Tags": TAGS}),
        Call("RemoveTagsFromResource", {"ResourceName": resource, "TagKeys": REMOVED}),
        read=read,
    )


def _tags_of(arn: str) -> dict[str, Call]:
    return {"tags": Call("ListTagsForResource", {"ResourceName": Source(lambda scope: scope.live[arn])})}


SUBNET_GROUP = Row(
    type="aws:rds/subnetGroup:SubnetGroup",
    service="rds",
    source="internal/service/rds/subnet_group.go",
    served="moto",
    create=Call(
        "CreateDBSubnetGroup",
        {"DBSubnetGroupName": "name", "DBSubnetGroupDescription": "description", "SubnetIds": "subnetIds", "Tags": TAGS},
    ),
    id="answer.DBSubnetGroup.DBSubnetGroupName",
    read=Read(Call("DescribeDBSubnetGroups", {"DBSubnetGroupName": ID}), "DBSubnetGroups[0]", more=_tags_of("DBSubnetGroupArn")),
    steps=(
        Step(
            ("description", "subnetIds"),
            Call("ModifyDBSubnetGroup", {"DBSubnetGroupName": ID, "DBSubnetGroupDescription": "description", "SubnetIds": "subnetIds"}),
            on_create=False,
        ),
    ),
    delete=(Call("DeleteDBSubnetGroup", {"DBSubnetGroupName": ID}),),
    outputs={
        "arn": "DBSubnetGroupArn",
        "name": "DBSubnetGroupName",
        "description": "DBSubnetGroupDescription",
        "subnetIds": "Subnets[].SubnetIdentifier",
    },
    replace_on=frozenset({"name"}),
    defaults={"description": "Managed by Pulumi"},
    computed=frozenset({"name"}),
    sets=frozenset({"subnetIds"}),
    tagging=_tagging("DBSubnetGroupArn", "tags.TagList"),
    naming=Naming(prefix_property="", lower=True),
)

_PUT_PARAMETERS = Call("ModifyDBParameterGroup", {"DBParameterGroupName": ID, "Parameters": "parameters"})

PARAMETER_GROUP = Row(
    type="aws:rds/parameterGroup:ParameterGroup",
    service="rds",
    source="internal/service/rds/parameter_group.go",
    served="moto",
    create=Call(
        "CreateDBParameterGroup",
        {"DBParameterGroupName": "name", "DBParameterGroupFamily": "family", "Description": "description", "Tags": TAGS},
    ),
    id="answer.DBParameterGroup.DBParameterGroupName",
    read=Read(
        Call("DescribeDBParameterGroups", {"DBParameterGroupName": ID}),
        "DBParameterGroups[0]",
        more={
            **_tags_of("DBParameterGroupArn"),
            "set": Call("DescribeDBParameters", {"DBParameterGroupName": ID, "Source": fixed("user")}),
        },
    ),
    steps=(Step(("parameters",), _PUT_PARAMETERS),),
    delete=(Call("DeleteDBParameterGroup", {"DBParameterGroupName": ID}),),
    outputs={
        "arn": "DBParameterGroupArn",
        "name": "DBParameterGroupName",
        "family": "DBParameterGroupFamily",
        "parameters": "set.Parameters",
    },
    renames={"name": "ParameterName", "value": "ParameterValue"},
    replace_on=frozenset({"name", "family", "description"}),
    defaults={"description": "Managed by Pulumi"},
    computed=frozenset({"name"}),
    sets=frozenset({"parameters"}),
    tagging=_tagging("DBParameterGroupArn", "tags.TagList"),
    naming=Naming(prefix_property="", lower=True),
    note="a parameter that is no longer asked for stays set: moto does not reset it",
)

_MODIFIED = {
    "AllocatedStorage": "allocatedStorage",
    "AutoMinorVersionUpgrade": "autoMinorVersionUpgrade",
    "BackupRetentionPeriod": "backupRetentionPeriod",
    "CopyTagsToSnapshot": "copyTagsToSnapshot",
    "DBInstanceClass": "instanceClass",
    "DBParameterGroupName": "parameterGroupName",
    "DeletionProtection": "deletionProtection",
    "EngineVersion": "engineVersion",
    "MasterUserPassword": "password",
    "MaxAllocatedStorage": "maxAllocatedStorage",
    "MultiAZ": "multiAz",
    "PubliclyAccessible": "publiclyAccessible",
    "StorageType": "storageType",
    "VpcSecurityGroupIds": "vpcSecurityGroupIds",
}

INSTANCE = Row(
    type="aws:rds/instance:Instance",
    service="rds",
    source="internal/service/rds/instance.go",
    served="moto",
    create=Call(
        "CreateDBInstance",
        {
            **_MODIFIED,
            "DBInstanceIdentifier": "identifier",
            "DBName": "dbName",
            "DBSubnetGroupName": "dbSubnetGroupName",
            "Engine": "engine",
            "KmsKeyId": "kmsKeyId",
            "MasterUsername": "username",
            "Port": "port",
            "StorageEncrypted": "storageEncrypted",
            "Tags": TAGS,
        },
    ),
    id="answer.DBInstance.DBInstanceIdentifier",
    read=Read(Call("DescribeDBInstances", {"DBInstanceIdentifier": ID}), "DBInstances[0]"),
    steps=(
        Step(
            tuple(_MODIFIED.values()),
            Call(
                "ModifyDBInstance",
                {
                    **_MODIFIED,
                    "DBInstanceIdentifier": ID,
                    "ApplyImmediately": "applyImmediately",
                    "AllowMajorVersionUpgrade": "allowMajorVersionUpgrade",
                },
            ),
            on_create=False,
        ),
    ),
    delete=(
        Call(
            "DeleteDBInstance",
            {
                "DBInstanceIdentifier": ID,
                "SkipFinalSnapshot": "skipFinalSnapshot",
                "FinalDBSnapshotIdentifier": using(
                    "finalSnapshotIdentifier",
                    "skipFinalSnapshot",
                    make=lambda scope: None if scope.inputs.get("skipFinalSnapshot") else scope.inputs.get("finalSnapshotIdentifier"),
                ),
                "DeleteAutomatedBackups": "deleteAutomatedBackups",
            },
        ),
    ),
    outputs={
        "address": "Endpoint.Address",
        "arn": "DBInstanceArn",
        "backupWindow": "PreferredBackupWindow",
        "caCertIdentifier": "CACertificateIdentifier",
        "dbName": "DBName",
        "dbSubnetGroupName": "DBSubnetGroup.DBSubnetGroupName",
        "endpoint": "join(':', [Endpoint.Address, to_string(Endpoint.Port)])",
        "engineVersionActual": "EngineVersion",
        "identifier": "DBInstanceIdentifier",
        "instanceClass": "DBInstanceClass",
        # Another one with every look.
        "latestRestorableTime": Source(lambda _: None),
        "maintenanceWindow": "PreferredMaintenanceWindow",
        "optionGroupName": "OptionGroupMemberships[0].OptionGroupName",
        "parameterGroupName": "DBParameterGroups[0].DBParameterGroupName",
        "port": "Endpoint.Port",
        "replicas": "ReadReplicaDBInstanceIdentifiers",
        "resourceId": "DbiResourceId",
        "status": "DBInstanceStatus",
        "username": "MasterUsername",
        "vpcSecurityGroupIds": "VpcSecurityGroups[].VpcSecurityGroupId",
    },
    replace_on=frozenset(
        {"identifier", "dbName", "dbSubnetGroupName", "engine", "kmsKeyId", "port", "storageEncrypted", "username"},
    ),
    defaults={
        "applyImmediately": False,
        "autoMinorVersionUpgrade": True,
        "copyTagsToSnapshot": False,
        "deleteAutomatedBackups": True,
        "deletionProtection": False,
        "iamDatabaseAuthenticationEnabled": False,
        "monitoringInterval": 0,
        "publiclyAccessible": False,
        "skipFinalSnapshot": False,
        "storageEncrypted": False,
    },
    computed=frozenset(
        {
            "allocatedStorage",
            "availabilityZone",
            "backupRetentionPeriod",
            "backupWindow",
            "caCertIdentifier",
            "dbName",
            "dbSubnetGroupName",
            "engine",
            "engineVersion",
            "identifier",
            "kmsKeyId",
            "licenseModel",
            "maintenanceWindow",
            "maxAllocatedStorage",
            "multiAz",
            "optionGroupName",
            "parameterGroupName",
            "port",
            "storageType",
            "username",
            "vpcSecurityGroupIds",
        }
    ),
    sets=frozenset({"vpcSecurityGroupIds"}),
    kept={
        "allowMajorVersionUpgrade": "it belongs to a change",
        "applyImmediately": "it belongs to a change",
        "deleteAutomatedBackups": "AWS learns it with the deletion",
        "finalSnapshotIdentifier": "AWS learns it with the deletion",
        "password": "nobody is told it",
        "skipFinalSnapshot": "AWS learns it with the deletion",
    },
    tagging=_tagging("DBInstanceArn", "TagList"),
    naming=Naming(property="identifier", prefix_property="", lower=True),
    until=Until("DBInstanceStatus", ("available",), ("failed", "incompatible-parameters", "storage-full"), timeout=2400),
    wait_gone=True,
    gone_timeout=3600,
    note="no database answers; minor versions do not come by themselves; no replicas, snapshots to start from, insights or logs",
)

ROWS = (SUBNET_GROUP, PARAMETER_GROUP, INSTANCE)
