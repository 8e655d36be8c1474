"""What monitoring takes."""

import json
from collections.abc import Mapping
from types import MappingProxyType
from typing import TYPE_CHECKING

from modelway.architecture import Environment
from modelway.architecture.arns import SecretReference
from modelway.architecture.base import FieldPath
from modelway.architecture.measured import memory_mib
from modelway.architecture.monitoring import PagerDuty, Receiver, Slack, Topic, Webhook
from modelway.architecture.serving import serving
from modelway.architecture.watching import installs_operator
from modelway.monitoring.facts import cluster_dashboards, cluster_facts, drift_facts, endpoint_facts, model_dashboard
from modelway.monitoring.panels import Dashboard
from modelway.monitoring.rules import ClusterFacts, Group, base_rules, drift_rules, endpoint_rules
from stacks.arguments.drift import watched_in
from stacks.arguments.endpoint import model_support
from stacks.arguments.placing import deletion_window

if TYPE_CHECKING:
    import pulumi

    from components._alert_routes import AlertRoutesArgs, ReceiverArgs
    from components.managed_metrics import ManagedMetricsArgs, ManagedRulesArgs
    from components.monitoring import EndpointMonitoringArgs, MonitoringStackArgs, OperatorArgs
    from components.monitoring_identity import AlertmanagerIdentityArgs, MetricsReaderArgs


def monitoring_groups(environment: Environment, key: str) -> list[Group]:
    """The rules of a cluster."""
    return base_rules(cluster_facts(environment, key))


def endpoint_groups(environment: Environment, model: str) -> list[Group]:
    """The rules of a model that serves; of one on SageMaker, whose requests no Prometheus reads, those about its drift."""
    if serving(environment, model)[1].runtime.kind == "sagemaker":
        watched = drift_facts(environment, model)
        return drift_rules(watched) if watched is not None else []
    return endpoint_rules(endpoint_facts(environment, model))


def receiver_secrets(environment: Environment) -> dict[str, SecretReference]:
    """Keys and addresses of who is told, by the key that they have in the Secret of receivers."""
    return {
        _secret_key(path): reference
        for path, receiver in environment.monitoring.alerts.receivers()
        if (reference := _reference(receiver)) is not None
    }


def monitoring_stack(
    environment: Environment,
    key: str,
    *,
    namespaces: "Mapping[str, pulumi.Output[str]]",
    secrets: "Mapping[str, pulumi.Output[str]]",
    publisher: "pulumi.Output[str] | None" = None,
) -> "MonitoringStackArgs":
    monitoring, facts = environment.monitoring, cluster_facts(environment, key)
    managed = monitoring.backend.kind == "amp"
    args: MonitoringStackArgs = {
        "namespace": monitoring.namespace,
        "groups": [] if managed else monitoring_groups(environment, key),
        "dashboards": {name: _text(board) for name, board in cluster_dashboards(environment, key).items()},
        "envoy": facts.envoy,
        "gpus": facts.gpus,
        "nodes": facts.nodes,
    }
    if installs_operator(environment, key):
        args["operator"] = _operator(environment, key)
    if publisher is not None:
        args["publisher"] = publisher
    if managed and environment.network is not None and environment.network.kind == "vpc":
        cidr, zones = str(environment.network.cidr), environment.network.zones
        args["scraper"] = {"cidr": cidr, "zones": zones, "namespaces": dict(namespaces)}
    if not managed and any(True for _ in monitoring.alerts.receivers()):
        args["routes"] = alert_routes(environment)
        args["secrets"] = dict(secrets)
    return args


def alertmanager_identity(
    environment: Environment, key: str, facts: "Mapping[str, pulumi.Output[str]]"
) -> "AlertmanagerIdentityArgs | None":
    """None where Alertmanager tells no topic, or is not ours to give a role: of one that was there, nobody knows its service account."""
    told = [receiver for _, receiver in environment.monitoring.alerts.receivers() if isinstance(receiver, Topic)]
    if not told or "arn" not in facts or not installs_operator(environment, key):
        return None
    return {
        "account": environment.aws.account,
        "cluster_name": facts["name"],
        "cluster_arn": facts["arn"],
        "namespace": environment.monitoring.namespace,
        "topics": sorted({receiver.topic for receiver in told}),
        "keys": sorted({receiver.key for receiver in told if receiver.key is not None}),
    }


def metrics_reader(environment: Environment, key: str, facts: "Mapping[str, pulumi.Output[str]]") -> "MetricsReaderArgs | None":
    """None where no KEDA that is installed here asks Amazon."""
    if environment.monitoring.backend.kind != "amp" or "arn" not in facts or "keda" not in model_support(environment, key):
        return None
    return {"account": environment.aws.account, "cluster_name": facts["name"], "cluster_arn": facts["arn"]}


def alert_routes(environment: Environment) -> "AlertRoutesArgs":
    alerts = environment.monitoring.alerts
    made: dict[FieldPath, ReceiverArgs] = {path: _receiver(environment, path, receiver) for path, receiver in alerts.receivers()}
    routes: AlertRoutesArgs = {
        "severities": {severity: made["severities", severity] for severity in alerts.severities},
        "teams": {team: {severity: made["teams", team, severity] for severity in theirs} for team, theirs in alerts.teams.items()},
    }
    if alerts.watchdog is not None:
        routes["watchdog"] = made["watchdog",]
    return routes


def _receiver(environment: Environment, path: FieldPath, receiver: Receiver) -> "ReceiverArgs":
    match receiver:
        case Topic():
            return {"kind": "sns", "topic": receiver.topic, "region": environment.aws.region}
        case Slack():
            return {"kind": "slack", "secret": _secret_key(path), "channel": receiver.channel}
        case PagerDuty() | Webhook():
            return {"kind": receiver.kind, "secret": _secret_key(path)}


def _reference(receiver: Receiver) -> SecretReference | None:
    match receiver:
        case Topic():
            return None
        case PagerDuty():
            return receiver.key
        case Slack() | Webhook():
            return receiver.url


def _secret_key(path: FieldPath) -> str:
    """`teams`, `oncology`, `page` give `oncology-page`; `watchdog` is its own."""
    return "-".join(str(part) for part in path[1:] or path)


def _operator(environment: Environment, key: str) -> "OperatorArgs":
    monitoring, cluster = environment.monitoring, environment.clusters[key]
    args: OperatorArgs = {"scrape_interval": str(monitoring.scrape_interval)}
    if monitoring.retention is not None:
        args["retention_days"] = round(monitoring.retention.seconds / 86400)
    if monitoring.backend.kind == "operator":
        args["storage_gib"] = monitoring.backend.storage.bytes >> 30
    if environment.tier == "development":
        args |= {"copies": 1, "alertmanagers": 1}
    else:
        # Before models: who looks after them is not put out to make room for one.
        args["priority"] = "system-cluster-critical"
    if watched_in(environment, key):
        args["written_to"] = True
    if cluster.kind == "eks":
        args["memory_mib"] = memory_mib(cluster)
        args["avoids_auto_mode"] = bool(cluster.groups) and cluster.auto_mode is not None
    if cluster.kind == "eks" and not cluster.groups:
        # Where all nodes are Auto Mode's, EKS runs its own driver (docs.aws.amazon.com/eks/latest/userguide/create-storage-class.html).
        args["storage_provisioner"] = "ebs.csi.eks.amazonaws.com"
    return args


def endpoint_monitoring(
    environment: Environment, model: str, *, namespace: "pulumi.Output[str]", monitoring_namespace: "pulumi.Output[str]"
) -> "EndpointMonitoringArgs":
    args: EndpointMonitoringArgs = {
        "model": model,
        "team": environment.models[model].team,
        "namespace": namespace,
        "monitoring_namespace": monitoring_namespace,
        "dashboard": _text(model_dashboard(environment, model)),
    }
    if environment.monitoring.backend.kind == "operator":
        args["scrape_interval"] = str(environment.monitoring.scrape_interval)
        args["groups"] = endpoint_groups(environment, model)
    return args


def managed_metrics(
    environment: Environment,
    *,
    clusters: "Mapping[str, pulumi.Output[str]]",
    subnet_ids: "pulumi.Output[list[str]]",
    readers: "Mapping[str, pulumi.Output[str]]" = MappingProxyType({}),
) -> "ManagedMetricsArgs":
    """`clusters`: ARNs by key. `readers`: names of roles that may ask, by cluster."""
    monitoring, backend = environment.monitoring, environment.monitoring.backend
    if backend.kind != "amp":
        raise ValueError(f"the metrics of {environment.environment} are not Amazon's to keep")
    facts = {key: cluster_facts(environment, key) for key in clusters}
    together = ClusterFacts(
        teams=sorted({team for of_one in facts.values() for team in of_one.teams}),
        gpus=any(of_one.gpus for of_one in facts.values()),
        envoy=any(of_one.envoy for of_one in facts.values()),
        nodes=any(of_one.nodes for of_one in facts.values()),
        watchdog=any(of_one.watchdog for of_one in facts.values()),
        runbooks=monitoring.runbooks,
    )
    args: ManagedMetricsArgs = {
        "name": f"modelway-{environment.environment}",
        "account": environment.aws.account,
        "region": environment.aws.region,
        "scrape_interval": str(monitoring.scrape_interval),
        "clusters": {
            key: {"arn": arn, "name": key, "envoy": facts[key].envoy, "gpus": facts[key].gpus, "nodes": facts[key].nodes}
            for key, arn in clusters.items()
        },
        "subnet_ids": subnet_ids,
        "groups": base_rules(together),
        "grafana": backend.grafana,
        "deletion_window_days": deletion_window(environment),
    }
    if readers:
        args["readers"] = dict(readers)
    if backend.workspace is not None:
        args["workspace"] = backend.workspace
    elif monitoring.retention is not None:
        args["retention_days"] = round(monitoring.retention.seconds / 86400)
    if any(True for _ in monitoring.alerts.receivers()):
        args["routes"] = alert_routes(environment)
    return args


def managed_rules(environment: Environment, model: str, workspace: "pulumi.Output[str]") -> "ManagedRulesArgs":
    return {"model": model, "workspace": workspace, "groups": endpoint_groups(environment, model)}


def _text(dashboard: Dashboard) -> str:
    return json.dumps(dashboard, sort_keys=True, indent=1)
