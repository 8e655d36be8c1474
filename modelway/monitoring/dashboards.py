"""Grafana dashboards: of one endpoint, of all, of a cluster, of drift."""

from modelway.monitoring.panels import Dashboard, dashboard, stat, text, timeseries
from modelway.monitoring.rules import EndpointFacts
from modelway.monitoring.rules.drift import ALARM, JOB_FAULTS, LABELS_SHARE, LAST_RUN, ROWS, STARVED
from modelway.monitoring.rules.writing import BUDGET_LEFT, ERRORS, FAULTS, GATEWAY_ERRORS, LATENCY, REQUESTS
from modelway.monitoring.slo import windows

SCORE = "ml_drift_score"
"""How far a window is from the reference, by environment, endpoint, version, feature and method."""
THRESHOLD = "ml_drift_threshold"
"""What the score has to pass."""
STATE = "ml_drift_state"
"""1 for the state of what is watched."""
NOT_KNOWN = "ml_drift_unknown"
"""Comparisons of a window of which nothing is known, by what is watched."""
LOOKED_AT = "ml_drift_version_looked_at"
"""0 of a version whose windows the job cannot look at."""
WINDOW_END = "ml_drift_window_end_timestamp_seconds"
_DISTANCES = "psi|ks|wasserstein|jensen_shannon|chi_squared|missing|wrong|infinite|outside|unseen|volume|freshness|contract.*"
_DETECTORS = "adwin|page_hinkley|ddm"
WORSE, METRICS = (f'method{sign}"{_DISTANCES}|{_DETECTORS}"' for sign in ("=~", "!~"))
"""Methods whose score is worse the more it is; and metrics, of some of which it is the other way round."""
DRIFTED, UNKNOWN = 'state="drifted"', 'state="unknown"'

_NOBODY = (
    "No model's drift is looked at here: no model has `drift`, or the environment has no `monitoring.drift.image`. An empty panel means"
    " that nobody looked, not that nothing changed."
)


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


def drift_dashboard(environment: str, *, watched: bool = True, reach: str = "2d") -> Dashboard:
    """What the jobs that look for drift have told: alarms, scores against their thresholds, rows, labels, and when each job last ran.

    `watched`: whether there are such jobs at all; without one it says so. `reach`: a time in which each job runs, as Prometheus writes it:
    what it told is shown until it tells something again.
    """
    named = f'environment="{environment}",endpoint=~"$model"'
    version, feature = "{{endpoint}} {{model_version}}", "{{endpoint}} {{model_version}} {{feature}} {{method}}"

    def newest(series: str, *matchers: str) -> str:
        return f"last_over_time({series}{{{','.join((named, *matchers))}}}[{reach}])"

    by_feature = "max by (endpoint, model_version, feature, method)"
    excess = f"{by_feature} ({newest(SCORE, WORSE)}) / ({by_feature} ({newest(THRESHOLD)}) > 0)"
    by_version = "max by (endpoint, model_version)"
    panels = [
        stat("Alarms", "short", [(f"max by (endpoint, model_version, watch) ({newest(ALARM)}) > 0", f"{version} {{{{watch}}}}")]),
        stat("Last run", "s", [(f"time() - max by (endpoint) ({newest(LAST_RUN)})", "{{endpoint}}")]),
        timeseries("Scores in multiples of their threshold, the ten worst", "short", [(f"topk(10, {excess})", feature)], 1),
        timeseries("How right answers are, and how far groups are apart", "short", [(f"{by_feature} ({newest(SCORE, METRICS)})", feature)]),
        stat("What the last run could not do", "short", [(f"max by (endpoint) ({newest(JOB_FAULTS)})", "{{endpoint}}")]),
        stat("Versions that are not looked at", "short", [(f"{by_version} ({newest(LOOKED_AT)}) == 0", version)]),
        timeseries(
            "Watches that drifted",
            "short",
            [(f"sum by (endpoint, model_version, watch) ({newest(STATE, DRIFTED)})", f"{version} {{{{watch}}}}")],
        ),
        timeseries(
            "Watches without enough data",
            "short",
            [(f"sum by (endpoint, model_version, watch) ({newest(STATE, UNKNOWN)})", f"{version} {{{{watch}}}}")],
        ),
        timeseries(
            "Comparisons of which nothing is known",
            "short",
            [(f"max by (endpoint, model_version, watch) ({newest(NOT_KNOWN)})", f"{version} {{{{watch}}}}")],
        ),
        timeseries("Rows of a window", "short", [(f"{by_version} ({newest(ROWS)})", version)]),
        timeseries("Labels that are due and there", "percentunit", [(f"{by_version} ({newest(LABELS_SHARE)})", version)], STARVED),
        timeseries("Age of the newest window", "s", [(f"time() - {by_version} ({newest(WINDOW_END)})", version)]),
    ]
    if not watched:
        panels.insert(0, text("Nobody looks", _NOBODY))
    variable = f'label_values({LAST_RUN}{{environment="{environment}"}}, endpoint)'
    return dashboard(f"{environment}/ drift", f"Drift ({environment})", [environment], panels, {"model": variable})
