"""The parts of an environment in order, outputs wired to inputs; in one stack, or in one for the platform and others for the models."""

from collections.abc import Callable, Sequence
from enum import Flag, auto
from typing import TYPE_CHECKING

import pulumi

from modelway.architecture import EksCluster as EksDescribed
from modelway.architecture import Environment, layout
from stacks import arguments
from stacks.drift import drift_monitor, drift_results
from stacks.joints import ClusterJoint, Exports, NetworkJoint, Platform, exported, imported
from stacks.managed import alarm_topic, sagemaker_endpoint
from stacks.marking import landing
from stacks.metrics import alert_publisher, managed_metrics, managed_rules, metrics_reader
from stacks.providers import Providers
from stacks.registries import registries
from stacks.secret_values import values
from stacks.tracking import with_tracking

if TYPE_CHECKING:
    from components.cluster.eks import EksCluster
    from components.endpoint.payloads import PayloadStore


class Parts(Flag):
    """What of an environment a stack holds."""

    PLATFORM = auto()
    """Network, clusters, registry, base monitoring."""
    MODELS = auto()
    """Endpoints, their monitoring and identities."""


def place(stack: str, known: Sequence[str], load: Callable[[str], Environment]) -> tuple[Environment, Parts]:
    """The environment that a stack belongs to and the parts it holds.

    Raises RunError for a stack that belongs to none, or that its environment's layout does not have; whatever `load` raises.
    """
    if stack in known:
        environment = load(stack)
        return environment, Parts.PLATFORM | Parts.MODELS if environment.layout == "single" else Parts.PLATFORM
    named = layout.owner_of(stack)
    if named is not None and named[0] in known:
        return _of_models(stack, load(named[0]), named[1]), Parts.MODELS
    names = ", ".join(known) or "none"
    raise pulumi.RunError(
        f"stack {stack}: no such environment. Known are: {names}. A stack has the name of its environment; that and {layout.MODELS} for the"
        f" models of one with layout split; that, {layout.MODELS}- and a team for the team's models in one with layout split_by_team."
    )


def _of_models(stack: str, environment: Environment, team: str | None) -> Environment:
    """The environment, of models only those that are the stack's."""
    there = layout.stacks(environment)
    if team is not None and environment.layout == "split_by_team":
        # A team whose last model went has nothing left to deploy, and its stack has to be brought up once more to see that.
        theirs = {name: model for name, model in environment.models.items() if model.team == team}
        return environment.model_copy(update={"models": theirs})
    if stack in there:
        return environment
    has = f"is the one stack {there[0]}" if len(there) == 1 else f"has the stacks {', '.join(there)}"
    raise pulumi.RunError(f"stack {stack}: environment {environment.environment} has layout {environment.layout} and {has}.")


def compose(environment: Environment, parts: Parts) -> Exports:
    """Declares the parts; returns what the stack exports."""
    providers = Providers(environment)
    exports: Exports = {}
    if Parts.PLATFORM in parts:
        platform = _platform(environment, providers)
        exports |= exported(environment.environment, platform, {key: cluster.kind for key, cluster in environment.clusters.items()})
    else:
        platform = _referenced(environment)
    if Parts.MODELS in parts:
        served = arguments.served(environment)
        exports |= {"endpoints": {model: _served(environment, model, platform, providers) for model in served}}
    return exports


def _platform(environment: Environment, providers: Providers) -> Platform:
    registry = registries(environment, providers)
    network = _network(environment, providers)
    clusters = {key: _cluster(environment, key, network, providers) for key in environment.clusters}
    metrics = managed_metrics(environment, clusters, network, providers)
    alarms = alarm_topic(environment, providers)
    listed = with_tracking(environment, registry, clusters, network, alarms, providers)
    return Platform(clusters, listed, network, alarms, metrics, drift_results(environment, registry, providers))


def _network(environment: Environment, providers: Providers) -> NetworkJoint | None:
    described = environment.network
    if described is None:
        return None
    if described.kind == "existing":
        private, public = (pulumi.Output.from_input(list(ids)) for ids in (described.private_subnets, described.public_subnets))
        return NetworkJoint(pulumi.Output.from_input(described.vpc_id), private, public, private)
    from components.network import Network

    made = Network("network", arguments.network(environment, described), landing(environment, providers.aws))
    return NetworkJoint(made.vpc_id, made.private_subnet_ids, made.public_subnet_ids, made.intra_subnet_ids)


def _cluster(environment: Environment, key: str, network: NetworkJoint | None, providers: Providers) -> ClusterJoint:
    from components.cluster.tenancy import Tenancy
    from components.monitoring import MonitoringStack

    described = environment.clusters[key]
    if described.kind == "existing":
        from components.cluster.existing import ExistingCluster

        callers: pulumi.Output[str] | None = None
        ready: list[pulumi.Output[object]] = []
        provider = providers.kubernetes(key, {"context": pulumi.Output.from_input(described.context)})
        inside = arguments.existing_cluster(environment, key, described)
        there = ExistingCluster(key, inside, landing(environment, provider))
        facts: dict[str, pulumi.Output[str]] = {"context": there.context}
        tenancy: ExistingCluster | Tenancy = there
    else:
        from components.cluster.eks import EksCluster

        if network is None:
            raise ValueError(f"the cluster {key} stands in a network, and there is none")
        args = arguments.eks_cluster(
            environment,
            key,
            described,
            vpc_id=network.vpc_id,
            subnet_ids=network.control_subnets,
            node_subnet_ids=network.private_subnets,
        )
        made = EksCluster(key, args, landing(environment, providers.aws))
        facts = {"name": made.name, "arn": made.arn, "endpoint": made.endpoint, "certificate_authority": made.certificate_authority}
        callers = made.security_group
        provider = providers.kubernetes(key, facts)
        ready = _auto_nodes(key, described, made, network, landing(environment, provider))
        tenancy = Tenancy(key, arguments.tenancy(environment, key), landing(environment, provider))
    secrets = values(arguments.receiver_secrets(environment), providers)
    namespaces = {team: tenancy.namespace(team) for team in arguments.teams(environment, key)}
    publisher = alert_publisher(environment, key, facts, providers)
    watching = arguments.monitoring_stack(environment, key, namespaces=namespaces, secrets=secrets, publisher=publisher)
    monitoring = MonitoringStack(key, watching, landing(environment, provider))
    reader, association = metrics_reader(environment, key, facts, providers)
    ready += _support(environment, key, association, provider)
    return ClusterJoint(
        gateway_name=tenancy.gateway_name,
        gateway_namespace=tenancy.gateway_namespace,
        namespaces={team: _once(ready, namespace) for team, namespace in namespaces.items()},
        monitoring_namespace=monitoring.namespace,
        facts=facts,
        callers=callers,
        reader=reader,
    )


def _auto_nodes(
    key: str, described: EksDescribed, cluster: "EksCluster", network: NetworkJoint, opts: pulumi.ResourceOptions
) -> list[pulumi.Output[object]]:
    """What is known once the pools that Auto Mode makes are there; nothing where there are none."""
    args = arguments.auto_nodes(
        described, role=cluster.auto_node_role, security_group_id=cluster.security_group, subnet_ids=network.private_subnets
    )
    if args is None:
        return []
    from components.cluster.auto_nodes import AutoNodes

    return [AutoNodes(key, args, opts).node_pools]


def _support(
    environment: Environment, key: str, reader: pulumi.Output[str] | None, provider: pulumi.ProviderResource
) -> list[pulumi.Output[object]]:
    """What is known once that is there which models need besides the cluster; nothing where they need nothing."""
    args = arguments.model_support(environment, key, reader)
    if not args:
        return []
    from components.cluster.support import ModelSupport

    return [ModelSupport(key, args, landing(environment, provider)).ready]


def _once(ready: Sequence[pulumi.Output[object]], value: pulumi.Output[str]) -> pulumi.Output[str]:
    return pulumi.Output.all(value, *ready).apply(lambda known: str(known[0])) if ready else value


def _referenced(environment: Environment) -> Platform:
    """The platform that another stack of this environment holds. The way to an existing cluster is no secret and needs no lookup."""
    stack = f"{pulumi.get_organization()}/{pulumi.get_project()}/{environment.environment}"
    clusters = {
        key: ("context",) if cluster.kind == "existing" else ("name", "arn", "endpoint", "certificate_authority")
        for key, cluster in environment.clusters.items()
    }
    teams = {key: arguments.teams(environment, key) for key in environment.clusters}
    managed = bool(arguments.on_sagemaker(environment))
    network = managed and environment.network is not None
    metrics = environment.monitoring.backend.kind == "amp"
    drift = environment.monitoring.drift.image is not None
    return imported(stack, clusters, teams, list(environment.models), network=network, alarms=managed, metrics=metrics, drift=drift)


def _served(environment: Environment, model: str, platform: Platform, providers: Providers) -> Exports:
    payloads = _payloads(environment, model, platform, providers)
    endpoint = _endpoint(environment, model, platform, payloads, providers)
    return endpoint | drift_monitor(environment, model, platform, payloads, providers)


def _endpoint(environment: Environment, model: str, platform: Platform, payloads: "PayloadStore | None", providers: Providers) -> Exports:
    if model in arguments.on_sagemaker(environment):
        return sagemaker_endpoint(environment, model, platform, payloads, providers)
    from components.endpoint.kubernetes import KubernetesEndpoint
    from components.monitoring import EndpointMonitoring

    key = arguments.cluster_of(environment, model)
    cluster, namespace = platform.clusters[key], platform.clusters[key].namespaces[environment.models[model].team]
    provider = providers.kubernetes(key, cluster.facts)
    endpoint = KubernetesEndpoint(
        model,
        arguments.kubernetes_endpoint(
            environment,
            model,
            bucket=platform.registry.bucket,
            repositories=platform.registry.repositories,
            namespace=namespace,
            gateway_name=cluster.gateway_name,
            gateway_namespace=cluster.gateway_namespace,
            monitoring_namespace=cluster.monitoring_namespace,
            identities=_identity(environment, model, platform, cluster, payloads, providers) if "arn" in cluster.facts else None,
            payloads=payloads.bucket if payloads is not None else None,
            workspace=platform.metrics.workspace if platform.metrics is not None else None,
        ),
        landing(environment, provider, model),
    )
    watched = EndpointMonitoring(
        model,
        arguments.endpoint_monitoring(environment, model, namespace=namespace, monitoring_namespace=cluster.monitoring_namespace),
        landing(environment, provider, model),
    )
    managed_rules(environment, model, platform.metrics, providers)
    return {
        "runtime": "kubernetes",
        "cluster": key,
        "namespace": endpoint.namespace,
        "route": endpoint.route,
        "url_path": endpoint.url_path,
        "versions": endpoint.weights,
        "mirrors": endpoint.mirrors,
        "dashboard": watched.dashboard_name,
    }


def _payloads(environment: Environment, model: str, platform: Platform, providers: Providers) -> "PayloadStore | None":
    args = arguments.payload_store(environment, model, platform.registry.key_arn)
    if args is None:
        return None
    from components.endpoint.payloads import PayloadStore

    return PayloadStore(model, args, landing(environment, providers.aws, model))


def _identity(
    environment: Environment,
    model: str,
    platform: Platform,
    cluster: ClusterJoint,
    payloads: "PayloadStore | None",
    providers: Providers,
) -> pulumi.Output[dict[str, str]]:
    from components.identity import ModelIdentity

    identity = ModelIdentity(
        model,
        arguments.model_identity(
            environment,
            model,
            cluster_name=cluster.facts["name"],
            cluster_arn=cluster.facts["arn"],
            namespace=cluster.namespaces[environment.models[model].team],
            bucket_arn=platform.registry.bucket_arn,
            key_arn=platform.registry.key_arn,
            payloads_arn=payloads.bucket_arn if payloads is not None else None,
        ),
        landing(environment, providers.aws, model),
    )
    return identity.associations
