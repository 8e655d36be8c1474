"""MLflow in a cluster, where an environment says so."""

from collections.abc import Mapping

from modelway.architecture import Environment
from stacks import arguments
from stacks.joints import ClusterJoint, Exports, NetworkJoint, RegistryJoint, Text
from stacks.marking import landing
from stacks.providers import Providers
from stacks.secret_values import values


def with_tracking(
    environment: Environment,
    registry: RegistryJoint,
    clusters: Mapping[str, ClusterJoint],
    network: NetworkJoint | None,
    alarms: Text | None,
    providers: Providers,
) -> RegistryJoint:
    """The registry, with the MLflow server that lists its models; as it is where there is none."""
    described = arguments.tracking_server(environment)
    if described is None:
        return registry
    from components.registry.mlflow_backend import MlflowBackend
    from components.registry.mlflow_server import MlflowServer

    cluster = clusters[described.cluster]
    if network is None or cluster.callers is None or alarms is None:
        raise ValueError(f"the MLflow server stands in the network of an EKS cluster, and {described.cluster} has none")
    secrets = values(arguments.tracking_secrets(described), providers)
    backend = MlflowBackend(
        "registry",
        arguments.mlflow_backend(
            environment,
            described,
            key_arn=registry.key_arn,
            cluster=cluster.facts,
            callers=cluster.callers,
            vpc_id=network.vpc_id,
            subnet_ids=network.private_subnets,
            alarms=alarms,
            password=secrets[arguments.DATABASE_PASSWORD],
        ),
        landing(environment, providers.aws),
    )
    server = MlflowServer(
        "registry",
        arguments.mlflow_server(
            environment,
            described,
            bucket=backend.bucket,
            address=backend.address,
            identity=backend.identity,
            secrets=secrets,
            namespaces=cluster.namespaces,
            gateway_name=cluster.gateway_name,
            gateway_namespace=cluster.gateway_namespace,
        ),
        landing(environment, providers.kubernetes(described.cluster, cluster.facts)),
    )
    listed: Exports = {"kind": described.kind, "cluster": described.cluster, "url": server.url, "bucket": backend.bucket}
    if described.hostname is not None:
        listed["hostname"] = described.hostname
    return registry.with_list(listed)
