"""What monitoring takes."""

import json
from typing import TYPE_CHECKING

from modelway.architecture import Environment
from modelway.monitoring.dashboards import endpoint_dashboard
from modelway.monitoring.rules import ClusterFacts, EndpointFacts, Group, base_rules, endpoint_rules
from modelway.monitoring.slo import Objectives
from stacks.arguments.placing import cluster_of, serving, teams

if TYPE_CHECKING:
    import pulumi

    from components.monitoring import EndpointMonitoringArgs, MonitoringStackArgs


def monitoring_groups(environment: Environment, key: str) -> list[Group]:
    """The rules of a cluster."""
    return base_rules(_cluster_facts(environment, key))


def endpoint_groups(environment: Environment, model: str) -> list[Group]:
    """The rules of a model that serves."""
    return endpoint_rules(_endpoint_facts(environment, model))


def monitoring_stack(environment: Environment, key: str) -> "MonitoringStackArgs":
    return {"namespace": environment.monitoring.namespace, "groups": monitoring_groups(environment, key)}


def endpoint_monitoring(
    environment: Environment, model: str, *, namespace: "pulumi.Output[str]", monitoring_namespace: "pulumi.Output[str]"
) -> "EndpointMonitoringArgs":
    facts = _endpoint_facts(environment, model)
    return {
        "model": model,
        "team": facts.team,
        "namespace": namespace,
        "monitoring_namespace": monitoring_namespace,
        "scrape_interval": str(environment.monitoring.scrape_interval),
        "groups": endpoint_groups(environment, model),
        "dashboard": json.dumps(endpoint_dashboard(environment.environment, facts), sort_keys=True, indent=1),
    }


def _cluster_facts(environment: Environment, key: str) -> ClusterFacts:
    return ClusterFacts(teams=teams(environment, key), gpus=_uses_gpus(environment, key), envoy=_behind_envoy(environment, key))


def _endpoint_facts(environment: Environment, model: str) -> EndpointFacts:
    described, endpoint, traffic = serving(environment, model)
    return EndpointFacts(
        model=model,
        team=described.team,
        namespace=described.team,
        answering=sorted({*traffic.shares, *(share.version for share in traffic.split)}),
        objectives=Objectives(
            availability=endpoint.slo.availability.fraction,
            latency_p99_seconds=endpoint.slo.latency_p99.seconds,
            error_rate=endpoint.slo.error_rate.fraction,
            days=round(endpoint.slo.window.seconds / 86400),
        ),
        canary=traffic.canary.version if traffic.canary is not None else None,
        behind_envoy=_behind_envoy(environment, cluster_of(environment, model)),
    )


def _uses_gpus(environment: Environment, key: str) -> bool:
    """Whether some model in the cluster does; its metrics are expected only then."""
    served = [model for name, model in environment.models.items() if cluster_of(environment, name) == key and model.serving is not None]
    return any(endpoint.resources is not None and endpoint.resources.gpu for model in served if (endpoint := model.serving) is not None)


def _behind_envoy(environment: Environment, key: str) -> bool:
    """Whether Envoy Gateway routes; of a Gateway that was there before, nobody knows."""
    gateway = environment.clusters[key].gateway
    return gateway.kind == "managed" and gateway.class_ == "envoy"
