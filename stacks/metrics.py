"""Metrics that Amazon keeps, where an environment says so; who may tell topics where it does not."""

from collections.abc import Mapping

from modelway.architecture import Environment
from stacks import arguments
from stacks.joints import ClusterJoint, MetricsJoint, NetworkJoint, Text
from stacks.marking import landing
from stacks.providers import Providers


def managed_metrics(
    environment: Environment, clusters: Mapping[str, ClusterJoint], network: NetworkJoint | None, providers: Providers
) -> MetricsJoint | None:
    """The workspace that everything is written to; None, and none, where clusters keep their own metrics."""
    if environment.monitoring.backend.kind != "amp":
        return None
    if network is None:
        raise ValueError("Amazon's scraper stands in a network, and there is none")
    from components.managed_metrics import ManagedMetrics

    arns = {key: cluster.facts["arn"] for key, cluster in clusters.items() if "arn" in cluster.facts}
    readers = {key: cluster.reader for key, cluster in clusters.items() if cluster.reader is not None}
    args = arguments.managed_metrics(environment, clusters=arns, subnet_ids=network.control_subnets, readers=readers)
    made = ManagedMetrics("metrics", args, landing(environment, providers.aws))
    return MetricsJoint(made.workspace, made.grafana)


def alert_publisher(environment: Environment, key: str, facts: Mapping[str, Text], providers: Providers) -> Text | None:
    """The association by which the cluster's Alertmanager may tell topics; None, and none, where it tells none or is not installed here."""
    args = arguments.alertmanager_identity(environment, key, facts)
    if args is None:
        return None
    from components.monitoring_identity import AlertmanagerIdentity

    return AlertmanagerIdentity(key, args, landing(environment, providers.aws)).association


def metrics_reader(environment: Environment, key: str, facts: Mapping[str, Text], providers: Providers) -> tuple[Text | None, Text | None]:
    """The name of the role by which the cluster's KEDA asks Amazon for metrics, and the association by which its pods have it; None, and
    none, where it asks nobody there."""
    args = arguments.metrics_reader(environment, key, facts)
    if args is None:
        return None, None
    from components.monitoring_identity import MetricsReader

    made = MetricsReader(key, args, landing(environment, providers.aws))
    return made.role_name, made.association


def managed_rules(environment: Environment, model: str, metrics: MetricsJoint | None, providers: Providers) -> None:
    """The model's rules in the workspace, where there is one."""
    if metrics is None:
        return
    from components.managed_metrics import ManagedRules

    ManagedRules(model, arguments.managed_rules(environment, model, metrics.workspace), landing(environment, providers.aws, model))
