"""Where boto3 says what a database is, and what it stands on; see lookup.py."""

from tests.localcloud.aws_plugin.lookup import Lookup

DATABASES = {
    "rds/subnetGroup:SubnetGroup": Lookup(
        "rds",
        "describe_db_subnet_groups",
        lambda i, _: {"DBSubnetGroupName": i},
        "DBSubnetGroups[0]",
        {
            "arn": "DBSubnetGroupArn",
            "name": "DBSubnetGroupName",
            "description": "DBSubnetGroupDescription",
            "subnetIds": "Subnets[].SubnetIdentifier",
        },
        more={"listed": ("list_tags_for_resource", lambda _, o: {"ResourceName": o["arn"]})},
        tags="listed.TagList",
    ),
    "rds/parameterGroup:ParameterGroup": Lookup(
        "rds",
        "describe_db_parameter_groups",
        lambda i, _: {"DBParameterGroupName": i},
        "DBParameterGroups[0]",
        {
            "arn": "DBParameterGroupArn",
            "name": "DBParameterGroupName",
            "family": "DBParameterGroupFamily",
            "parameters": "set.Parameters[].{name: ParameterName, value: ParameterValue, applyMethod: ApplyMethod}",
        },
        more={
            "set": ("describe_db_parameters", lambda i, _: {"DBParameterGroupName": i}),
            "listed": ("list_tags_for_resource", lambda _, o: {"ResourceName": o["arn"]}),
        },
        tags="listed.TagList",
    ),
    "rds/instance:Instance": Lookup(
        "rds",
        "describe_db_instances",
        lambda i, _: {"DBInstanceIdentifier": i},
        "DBInstances[0]",
        {
            "address": "Endpoint.Address",
            "arn": "DBInstanceArn",
            "backupWindow": "PreferredBackupWindow",
            "caCertIdentifier": "CACertificateIdentifier",
            "dbName": "DBName",
            "dbSubnetGroupName": "DBSubnetGroup.DBSubnetGroupName",
            "endpoint": lambda _, live: f"{live['Endpoint']['Address']}:{live['Endpoint']['Port']}",
            "engineVersionActual": "EngineVersion",
            "identifier": "DBInstanceIdentifier",
            "instanceClass": "DBInstanceClass",
            # It is another with every look, and left out of the state.
            "latestRestorableTime": lambda _, __: None,
            "maintenanceWindow": "PreferredMaintenanceWindow",
            "optionGroupName": "OptionGroupMemberships[0].OptionGroupName",
            "parameterGroupName": "DBParameterGroups[0].DBParameterGroupName",
            "port": "Endpoint.Port",
            "resourceId": "DbiResourceId",
            "status": "DBInstanceStatus",
            "username": "MasterUsername",
            "vpcSecurityGroupIds": "VpcSecurityGroups[].VpcSecurityGroupId",
        },
        tags="TagList",
    ),
}
