"""A PostgreSQL database on RDS."""

from typing import NotRequired, TypedDict

import pulumi
import pulumi_aws as aws

from components import _policies as policies

PORT = 5432

EARLY = 10
"""Part of the volume that is free when somebody is told: one of this many."""


class DatabaseArgs(TypedDict):
    """What a database is, whatever it holds."""

    identifier: str
    """Physical name of the instance, at most 63 characters."""
    password: pulumi.Input[str]
    version: str
    """Of PostgreSQL, the major one."""
    instance_class: str
    storage_gib: int
    most_storage_gib: NotRequired[int]
    """Size that the volume may grow to. Default: it does not grow."""
    vpc_id: pulumi.Input[str]
    subnet_ids: pulumi.Input[list[str]]
    """Private subnets, in two zones at least."""
    callers: pulumi.Input[str]
    """Security group of whoever may connect."""
    alarms: pulumi.Input[str]
    """ARN of the topic that is told when the volume fills up."""
    two_zones: NotRequired[bool]
    """Whether a second instance stands by in another zone. Default: no."""
    backup_days: NotRequired[int]
    """Days that it can be put back to, 1 to 35. Default: 7."""
    last_snapshot: NotRequired[bool]
    """Whether a snapshot stays when the database is deleted, `IDENTIFIER-last-…`, whose end is new with each database. Default: yes."""
    deletion_window_days: NotRequired[int]
    """Days that AWS keeps its key after its deletion, 7 to 30. Default: 30."""


class PostgresArgs(DatabaseArgs):
    """What a database is made from."""

    account: str
    """AWS account, 12 digits."""
    database: str
    """Name of the first database; there is one called `postgres` besides."""
    username: str
    """Who owns both."""
    protect: NotRequired[bool]
    """Whether the engine and RDS refuse to delete it. Default: no."""
    retain: NotRequired[bool]
    """Whether its key stays in AWS, which snapshots and backups need. Default: no."""


class Postgres(pulumi.ComponentResource):
    """A database in private subnets, under a KMS key of its own, that one security group reaches, over TLS alone.

    - backups every day; they, and a last snapshot where that is asked for, outlive it
    - changes are made at once: another class, version or password is not put off to a window
    - minor versions come by themselves; a major one by `version`, never backwards
    - an alarm when a tenth of the volume is left
    """

    address: pulumi.Output[str]
    """Host name; TLS is enforced and the alarm set when it is known."""
    arn: pulumi.Output[str]

    def __init__(self, name: str, args: PostgresArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("modelway:index:Postgres", name, {**args}, opts)
        self._name, self._args = name, args
        self._child = pulumi.ResourceOptions(parent=self)
        self._protected = pulumi.ResourceOptions.merge(self._child, pulumi.ResourceOptions(protect=args.get("protect") or None))
        instance = self._instance(self._key(), self._place(), self._settings(), self._group())
        alarm = self._alarm(instance)
        self.address = pulumi.Output.all(instance.address, alarm.id).apply(lambda known: str(known[0]))
        self.arn = instance.arn
        self.register_outputs({"address": self.address, "arn": self.arn})

    def _key(self) -> aws.kms.Key:
        args = self._args
        return aws.kms.Key(
            f"{self._name}-key",
            description=f"The database {args['identifier']}",
            enable_key_rotation=True,
            deletion_window_in_days=args.get("deletion_window_days", 30),
            # RDS uses it by grants of whoever makes the instance
            # (docs.aws.amazon.com/AmazonRDS/latest/UserGuide/Overview.Encryption.Keys.html).
            policy=policies.text(policies.key_of_account(args["account"])),
            opts=pulumi.ResourceOptions.merge(self._protected, pulumi.ResourceOptions(retain_on_delete=args.get("retain") or None)),
        )

    def _place(self) -> aws.rds.SubnetGroup:
        args = self._args
        return aws.rds.SubnetGroup(
            f"{self._name}-subnets",
            name=args["identifier"],
            description=f"Private subnets for {args['identifier']}",
            subnet_ids=args["subnet_ids"],
            opts=self._child,
        )

    def _settings(self) -> aws.rds.ParameterGroup:
        identifier, version = self._args["identifier"], self._args["version"]
        return aws.rds.ParameterGroup(
            f"{self._name}-settings",
            # With the version, so that the one of a later version can be there before this one goes.
            name=f"{identifier}-{version}",
            family=f"postgres{version}",
            description=f"TLS alone, for {identifier}",
            parameters=[{"name": "rds.force_ssl", "value": "1", "apply_method": "immediate"}],
            opts=self._child,
        )

    def _group(self) -> aws.ec2.SecurityGroup:
        allowed: aws.ec2.SecurityGroupIngressArgsDict = {
            "description": "PostgreSQL from the cluster",
            "protocol": "tcp",
            "from_port": PORT,
            "to_port": PORT,
            "security_groups": [self._args["callers"]],
        }
        return aws.ec2.SecurityGroup(
            f"{self._name}-access",
            description=f"The database {self._args['identifier']}: PostgreSQL from the cluster, nothing out",
            vpc_id=self._args["vpc_id"],
            ingress=[allowed],
            egress=[],
            opts=self._child,
        )

    def _instance(
        self, key: aws.kms.Key, place: aws.rds.SubnetGroup, settings: aws.rds.ParameterGroup, group: aws.ec2.SecurityGroup
    ) -> aws.rds.Instance:
        args = self._args
        last = args.get("last_snapshot", True)
        return aws.rds.Instance(
            f"{self._name}-instance",
            identifier=args["identifier"],
            engine="postgres",
            engine_version=args["version"],
            allow_major_version_upgrade=True,
            auto_minor_version_upgrade=True,
            instance_class=args["instance_class"],
            storage_type="gp3",
            allocated_storage=args["storage_gib"],
            max_allocated_storage=args.get("most_storage_gib"),
            storage_encrypted=True,
            kms_key_id=key.arn,
            db_name=args["database"],
            username=args["username"],
            password=args["password"],
            port=PORT,
            db_subnet_group_name=place.name,
            parameter_group_name=settings.name,
            vpc_security_group_ids=[group.id],
            publicly_accessible=False,
            multi_az=args.get("two_zones", False),
            backup_retention_period=args.get("backup_days", 7),
            copy_tags_to_snapshot=True,
            delete_automated_backups=not last,
            skip_final_snapshot=not last,
            # With a part of the key's id, which is another for each database: RDS refuses a name that a snapshot has
            # (docs.aws.amazon.com/AmazonRDS/latest/APIReference/API_DeleteDBInstance.html, DBSnapshotAlreadyExists).
            final_snapshot_identifier=key.id.apply(lambda known: f"{args['identifier']}-last-{known[:8]}") if last else None,
            deletion_protection=args.get("protect", False),
            apply_immediately=True,
            opts=self._protected,
        )

    def _alarm(self, instance: aws.rds.Instance) -> aws.cloudwatch.MetricAlarm:
        args = self._args
        return aws.cloudwatch.MetricAlarm(
            f"{self._name}-full",
            name=f"{args['identifier']}-storage",
            alarm_description=f"The database {args['identifier']} has room for a tenth of its volume; without any it stops.",
            namespace="AWS/RDS",
            metric_name="FreeStorageSpace",
            dimensions={"DBInstanceIdentifier": instance.identifier},
            statistic="Minimum",
            comparison_operator="LessThanThreshold",
            # Of the size to begin with: what has grown since is told of late, and grows again before that.
            threshold=(args["storage_gib"] << 30) / EARLY,
            period=300,
            evaluation_periods=3,
            treat_missing_data="missing",
            alarm_actions=[args["alarms"]],
            ok_actions=[args["alarms"]],
            opts=self._child,
        )
