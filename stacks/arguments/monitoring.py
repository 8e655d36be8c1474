"""What monitoring takes."""

import json
from typing import TYPE_CHECKING

from modelway.architecture import Environment
from modelway.monitoring.dashboards import endpoint_dashboard
from modelway.monitoring.rules import base_rules, endpoint_rules
from modelway.monitoring.slo import Objectives
from stacks.arguments.placing import serving, teams

if TYPE_CHECKING:
    import pulumi

    from components.monitoring import EndpointMonitoringArgs, MonitoringStackArgs


def monitoring_stack(environment: Environment, key: str) -> "MonitoringStackArgs":
    return {"namespace": environment.monitoring.namespace, "groups": base_rules(teams(environment, key))}


def endpoint_monitoring(
    environment: Environment, model: str, *, namespace: "pulumi.Output[str]", monitoring_namespace: "pulumi.Output[str]"
) -> "EndpointMonitoringArgs":
    described, endpoint, traffic = serving(environment, model)
    objectives = Objectives(
        availability=endpoint.slo.availability.fraction,
        latency_p99_seconds=endpoint.slo.latency_p99.seconds,
        error_rate=endpoint.slo.error_rate.fraction,
    )
    return {
        "model": model,
        "team": described.team,
        "namespace": namespace,
        "monitoring_namespace": monitoring_namespace,
        "scrape_interval": str(environment.monitoring.scrape_interval),
        "groups": endpoint_rules(model, described.team, sorted(traffic.shares), objectives),
        "dashboard": json.dumps(endpoint_dashboard(environment.environment, model, described.team, objectives), sort_keys=True, indent=1),
    }
