"""Grafana dashboards: of one endpoint, of all, of a cluster, of drift."""

from modelway.monitoring.panels import Dashboard, dashboard, stat, text, timeseries
from modelway.monitoring.rules import EndpointFacts
from modelway.monitoring.rules.writing import BUDGET_LEFT, ERRORS, FAULTS, GATEWAY_ERRORS, LATENCY, REQUESTS
from modelway.monitoring.slo import windows

DRIFT_SCORE = "ml_drift_score"
"""By model, version, feature and statistic; no job of ours writes it yet."""


def endpoint_dashboard(environment: str, facts: EndpointFacts) -> Dashboard:
    """One endpoint with its versions side by side: requests, errors, latency against what is promised."""
    model, objectives = f'{{model="{facts.model}"}}', facts.objectives
    pods = f'{{namespace="{facts.namespace}",pod=~"{facts.model}-v.*",container="model"}}'
    panels = [
        timeseries("Requests by version", "reqps", [(f"{REQUESTS}{model}", "{{version}}")]),
        timeseries("Faults by version", "percentunit", [(f"{FAULTS}{model} / {REQUESTS}{model}", "{{version}}")], objectives.error_rate),
        timeseries("99th percentile of latency by version", "s", [(f"{LATENCY}{model}", "{{version}}")], objectives.latency_p99_seconds),
        timeseries(
            "Faults against the budget",
            "percentunit",
            [(f"{ERRORS}{window}{model}", window) for window in windows(objectives)],
            objectives.error_budget,
        ),
        stat(f"Error budget left of {objectives.days} days", "percentunit", [(f"{BUDGET_LEFT}{model}", "")]),
        timeseries("Faults behind the Gateway by version", "percentunit", [(f"{GATEWAY_ERRORS}{model}", "{{version}}")]),
        timeseries(
            "Ready pods",
            "short",
            [
                (
                    f'kube_deployment_status_replicas_available{{namespace="{facts.namespace}",deployment=~"{facts.model}-v.*"}}',
                    "{{deployment}}",
                ),
            ],
        ),
        timeseries("Processors", "short", [(f"sum by (pod) (rate(container_cpu_usage_seconds_total{pods}[5m]))", "{{pod}}")]),
        timeseries("Memory", "bytes", [(f"sum by (pod) (container_memory_working_set_bytes{pods})", "{{pod}}")]),
    ]
    return dashboard(f"{environment}/{facts.model}", f"{facts.model} ({environment})", [environment, facts.team], panels)


def fleet_dashboard(environment: str) -> Dashboard:
    """All endpoints: who serves how much, who fails, who is slow, whose budget is gone."""
    model = '{model=~"$model"}'
    panels = [
        timeseries("Requests", "reqps", [(f"sum by (model) ({REQUESTS}{model})", "{{model}}")]),
        timeseries("Faults", "percentunit", [(f"{ERRORS}5m{model}", "{{model}}")]),
        timeseries("99th percentile of latency", "s", [(f"max by (model) ({LATENCY}{model})", "{{model}}")]),
        stat("Error budget left", "percentunit", [(f"{BUDGET_LEFT}{model}", "{{model}}")]),
        stat(
            "Alerts that fire",
            "short",
            [('sum by (alertname, model) (ALERTS{alertstate="firing",model=~"$model"})', "{{model}} {{alertname}}")],
        ),
        timeseries(
            "All requests and faults", "reqps", [("modelway:fleet_requests:rate5m", "requests"), ("modelway:fleet_errors:rate5m", "faults")]
        ),
    ]
    return dashboard(
        f"{environment}/ fleet", f"All models ({environment})", [environment], panels, {"model": f"label_values({REQUESTS}, model)"}
    )


def cluster_dashboard(environment: str, cluster: str, *, among_others: bool = False) -> Dashboard:
    """A cluster: its nodes, what is spoken for, what waits, its disks and GPUs. `among_others`: whether its metrics lie with those of
    others, and have the label `cluster`."""
    own = [f'cluster="{cluster}"'] if among_others else []

    def of(series: str, *matchers: str) -> str:
        found = ",".join((*matchers, *own))
        return f"{series}{{{found}}}" if found else series

    requested = of("kube_pod_container_resource_requests", 'resource=~"cpu|memory|nvidia_com_gpu"', 'node!=""')
    spoken_for = f"sum by (resource) ({requested}) / sum by (resource) ({of('kube_node_status_allocatable')})"
    disk = 'fstype!~"tmpfs|ramfs|overlay|squashfs|erofs|iso9660"'
    room = f"min by (node) ({of('node_filesystem_avail_bytes', disk)} / {of('node_filesystem_size_bytes', disk)})"
    used, free = of("DCGM_FI_DEV_FB_USED"), of("DCGM_FI_DEV_FB_FREE")
    ready = of("kube_node_status_condition", 'condition="Ready"', 'status="true"')
    restarts = of("kube_pod_container_status_restarts_total")
    panels = [
        timeseries("Ready nodes", "short", [(f"sum({ready})", "ready")]),
        timeseries("Spoken for", "percentunit", [(spoken_for, "{{resource}}")], 0.9),
        timeseries("Pods without room", "short", [(f"sum by (namespace) ({of('kube_pod_status_unschedulable')})", "{{namespace}}")]),
        timeseries("Restarts", "short", [(f"sum by (namespace) (increase({restarts}[15m]))", "{{namespace}}")]),
        timeseries("Room on nodes' fullest disk", "percentunit", [(room, "{{node}}")], 0.12),
        timeseries("GPUs at work", "percent", [(of("DCGM_FI_DEV_GPU_UTIL"), "{{namespace}}/{{pod}} {{gpu}}")]),
        timeseries("Memory of GPUs", "percentunit", [(f"{used} / ({used} + {free})", "{{pod}} {{gpu}}")]),
    ]
    return dashboard(f"{environment}/ cluster {cluster}", f"Cluster {cluster} ({environment})", [environment], panels)


def drift_dashboard(environment: str) -> Dashboard:
    """Where drift will be seen. Its panel is empty until a job writes scores, and it says so."""
    note = (
        "Drift is described in models' files and not measured yet. An empty panel here means that nobody looked, not that nothing changed."
    )
    panels = [
        text("Not measured yet", note),
        timeseries("Drift by feature", "short", [(f'{DRIFT_SCORE}{{model=~"$model"}}', "{{model}} {{feature}} {{statistic}}")]),
    ]
    return dashboard(
        f"{environment}/ drift", f"Drift ({environment})", [environment], panels, {"model": f"label_values({REQUESTS}, model)"}
    )
