"""What an MLflow server in a cluster takes, and what it stands on."""

from collections.abc import Mapping
from typing import TYPE_CHECKING

from modelway.architecture import EksCluster, Environment
from modelway.architecture.arns import SecretReference
from modelway.architecture.network import Vpc
from modelway.architecture.platform_rules import bucket_name
from modelway.architecture.protection import protection
from modelway.architecture.tracking import MlflowServer
from stacks.arguments.placing import proxies

if TYPE_CHECKING:
    import pulumi

    from components.registry.mlflow_backend import MlflowBackendArgs
    from components.registry.mlflow_server import MlflowServerArgs
    from components.registry.postgres import DatabaseArgs

DATABASE_PASSWORD, ADMIN_PASSWORD = "database_password", "admin_password"
"""Keys of `tracking_secrets`."""

ANYWHERE = "0.0.0.0/0"


def tracking_server(environment: Environment) -> MlflowServer | None:
    """The MLflow server that the environment asks for in a cluster."""
    described = environment.registry.model_registry
    return described if isinstance(described, MlflowServer) else None


def tracking_secrets(described: MlflowServer) -> dict[str, SecretReference]:
    return {DATABASE_PASSWORD: described.database.password, ADMIN_PASSWORD: described.admin_password}


def mlflow_backend(
    environment: Environment,
    described: MlflowServer,
    *,
    key_arn: "pulumi.Input[str]",
    cluster: "Mapping[str, pulumi.Input[str]]",
    callers: "pulumi.Input[str]",
    vpc_id: "pulumi.Input[str]",
    subnet_ids: "pulumi.Input[list[str]]",
    alarms: "pulumi.Input[str]",
    password: "pulumi.Input[str]",
) -> "MlflowBackendArgs":
    """`cluster` has name and arn; `callers` is the security group of its nodes, `alarms` the ARN of the topic that alarms tell."""
    guarded, asked = protection(environment.tier), described.database
    database: DatabaseArgs = {
        "identifier": f"{environment.environment}-mlflow",
        "password": password,
        "version": asked.version,
        "instance_class": asked.instance_class,
        "storage_gib": asked.storage.bytes >> 30,
        "vpc_id": vpc_id,
        "subnet_ids": subnet_ids,
        "callers": callers,
        "alarms": alarms,
        "two_zones": environment.tier == "production",
        "backup_days": guarded.backup_days,
        "last_snapshot": guarded.last_snapshot,
        "deletion_window_days": guarded.deletion_window_days,
    }
    if asked.most_storage is not None:
        database["most_storage_gib"] = asked.most_storage.bytes >> 30
    return {
        "account": environment.aws.account,
        "cluster_name": cluster["name"],
        "cluster_arn": cluster["arn"],
        "store_name": bucket_name(environment),
        "key_arn": key_arn,
        "database": database,
        "noncurrent_days": environment.registry.models.noncurrent_days,
        "protect": guarded.protect,
        "retain": guarded.retain,
        "force_destroy": guarded.force_destroy,
    }


def mlflow_server(
    environment: Environment,
    described: MlflowServer,
    *,
    bucket: "pulumi.Input[str]",
    address: "pulumi.Input[str]",
    identity: "pulumi.Input[str]",
    secrets: "Mapping[str, pulumi.Input[str]]",
    namespaces: "Mapping[str, pulumi.Input[str]]",
    gateway_name: "pulumi.Input[str]",
    gateway_namespace: "pulumi.Input[str]",
) -> "MlflowServerArgs":
    """`secrets` are the values of `tracking_secrets`, `namespaces` those of the cluster's teams."""
    cluster, network = environment.clusters[described.cluster], environment.network
    args: MlflowServerArgs = {
        "image": str(described.image),
        "replicas": described.replicas,
        "region": environment.aws.region,
        "bucket": bucket,
        "address": address,
        "identity": identity,
        "database_password": secrets[DATABASE_PASSWORD],
        "admin_password": secrets[ADMIN_PASSWORD],
        "certificates": described.certificates,
        # Which addresses a network has that was there before is not known; the database's security group lets in the cluster alone.
        "database_blocks": [str(network.cidr) if isinstance(network, Vpc) else ANYWHERE],
        "callers": {team: namespaces[team] for team in described.teams},
        "dns_on_nodes": isinstance(cluster, EksCluster) and cluster.auto_mode is not None,
    }
    if described.hostname is not None:
        args["route"] = {"hostname": described.hostname, "gateway_name": gateway_name, "gateway_namespace": gateway_namespace}
        if through := proxies(environment, described.cluster):
            args["route"]["proxies"] = through
    return args
