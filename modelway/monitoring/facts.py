"""What rules and dashboards have to know, from what an environment says."""

from modelway.architecture.drift_rules import monitored
from modelway.architecture.environment import Environment
from modelway.architecture.serving import cluster_of, served, serving, teams
from modelway.monitoring.dashboards import cluster_dashboard, drift_dashboard, endpoint_dashboard, fleet_dashboard
from modelway.monitoring.panels import Dashboard
from modelway.monitoring.rules import ClusterFacts, DriftFacts, EndpointFacts
from modelway.monitoring.slo import Objectives, duration
from modelway.monitoring.watching import looked_at


def cluster_facts(environment: Environment, key: str) -> ClusterFacts:
    return ClusterFacts(
        teams=teams(environment, key),
        gpus=_uses_gpus(environment, key),
        envoy=_behind_envoy(environment, key),
        # An add-on of every cluster that is made; of one that was there before, nobody knows.
        nodes=environment.clusters[key].kind == "eks",
        watchdog=environment.monitoring.alerts.watchdog is not None,
        runbooks=environment.monitoring.runbooks,
    )


def endpoint_facts(environment: Environment, model: str) -> EndpointFacts:
    """Of a model that serves on Kubernetes."""
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
        cold_start_seconds=zero.cold_start.seconds if (zero := endpoint.scaling.scale_to_zero) is not None else 0,
        drift=drift_facts(environment, model),
        runbooks=environment.monitoring.runbooks,
    )


def drift_facts(environment: Environment, model: str) -> DriftFacts | None:
    """Of a model that serves, wherever; None where nobody looks for its drift."""
    if model not in monitored(environment):
        return None
    described, endpoint, _ = serving(environment, model)
    drift = looked_at(environment, model)
    assert drift.window is not None
    assert drift.lateness is not None
    watches = {watch: watched.severity for watch in ("data", "prediction", "concept", "parity") if (watched := getattr(drift, watch))}
    on_cluster, logged = endpoint.runtime.kind == "kubernetes", endpoint.payload_logging
    return DriftFacts(
        environment=environment.environment,
        model=model,
        team=described.team,
        window_seconds=drift.window.seconds,
        lateness_seconds=drift.lateness.seconds,
        # Nobody says how bad bad quality is: as bad as requests that differ.
        severities={**watches, "quality": watches.get("data", "ticket")},
        labels=drift.labels is not None,
        # SageMaker's requests are counted in CloudWatch.
        kept=logged.sample.fraction if on_cluster and logged is not None else None,
        runbooks=environment.monitoring.runbooks,
    )


def cluster_dashboards(environment: Environment, key: str) -> dict[str, Dashboard]:
    """What a cluster's own Grafana shows besides its models, by name."""
    name, together = environment.environment, environment.monitoring.backend.kind == "amp"
    cluster = cluster_dashboard(name, key, among_others=together)
    return {"fleet": fleet_dashboard(name), "cluster": cluster, "drift": _drift_dashboard(environment)}


def model_dashboard(environment: Environment, model: str) -> Dashboard:
    return endpoint_dashboard(environment.environment, endpoint_facts(environment, model))


def all_dashboards(environment: Environment) -> dict[str, Dashboard]:
    """Every dashboard of the environment, as one Grafana shows them together, by name."""
    found: dict[str, Dashboard] = {}
    for key in environment.clusters:
        by_name = cluster_dashboards(environment, key)
        found |= {"fleet": by_name["fleet"], "drift": by_name["drift"], f"cluster-{key}": by_name["cluster"]}
    on_clusters = [model for model in served(environment) if serving(environment, model)[1].runtime.kind == "kubernetes"]
    return found | {f"model-{model}": model_dashboard(environment, model) for model in on_clusters}


def _drift_dashboard(environment: Environment) -> Dashboard:
    watched = [facts for model in monitored(environment) if (facts := drift_facts(environment, model)) is not None]
    if not watched:
        return drift_dashboard(environment.environment, watched=False)
    return drift_dashboard(environment.environment, reach=duration(max(facts.reach_minutes for facts in watched)))


def _uses_gpus(environment: Environment, key: str) -> bool:
    """Whether some model in the cluster does; its metrics are expected only then."""
    served_there = [environment.models[name].serving for name in served(environment) if cluster_of(environment, name) == key]
    return any(endpoint is not None and endpoint.resources is not None and endpoint.resources.gpu for endpoint in served_there)


def _behind_envoy(environment: Environment, key: str) -> bool:
    """Whether Envoy Gateway routes; of a Gateway that was there before, nobody knows."""
    gateway = environment.clusters[key].gateway
    return gateway.kind == "managed" and gateway.is_envoy
