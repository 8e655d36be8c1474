"""The rules of a cluster: what no single endpoint's metrics show of pods, scaling, room and what is measured at all.

They read kube-state-metrics, the kubelet's cAdvisor and prometheus-node-exporter.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from modelway.monitoring.rules import gpu, pods
from modelway.monitoring.rules.writing import POD_VERSION, Group, Rule, alert, either, group, linked, number, of_team, record

DISK_LEFT = 0.12
"""Between the 15 % at which a kubelet begins to remove images and the 10 % at which it puts out pods
(kubernetes.io/docs/concepts/architecture/garbage-collection, kubernetes.io/docs/concepts/scheduling-eviction/node-pressure-eviction)."""


@dataclass(frozen=True)
class ClusterFacts:
    """What rules have to know of a cluster, or of several that report to one place."""

    teams: Sequence[str]
    """Each is the name of a namespace."""
    gpus: bool = False
    """Whether models use GPUs, and so DCGM's metrics are expected."""
    envoy: bool = False
    """Whether Envoy Gateway routes requests, and so Envoy's metrics are expected."""
    nodes: bool = False
    """Whether nodes tell of themselves, and so metrics of prometheus-node-exporter are expected."""
    watchdog: bool = False
    """Whether somebody listens all the time, to know that alerts still arrive."""
    runbooks: str | None = None
    """Address of the folder that people read pages of alerts in."""


def base_rules(facts: ClusterFacts) -> list[Group]:
    """The rules of a cluster; every alert has the label severity, those about a team's models team too, and a page in docs/runbooks."""
    namespaces = f'namespace=~"{either(sorted(facts.teams))}"'
    groups = [
        group("modelway-fleet", _fleet(), "30s"),
        group("modelway-pods", pods.rules(namespaces)),
        group("modelway-capacity", _capacity(namespaces)),
        group("modelway-absent", _absent(facts)),
    ]
    if facts.gpus:
        groups.append(group("modelway-gpu", gpu.rules(namespaces)))
    if facts.nodes:
        groups.append(group("modelway-nodes", _nodes()))
    if facts.watchdog:
        groups.append(group("modelway-watchdog", _watchdog()))
    return linked(groups, facts.runbooks)


def _fleet() -> Iterator[Rule]:
    yield record("modelway:fleet_requests:rate5m", "sum(rate(inference_requests_total[5m]))")
    yield record("modelway:fleet_errors:rate5m", 'sum(rate(inference_requests_total{code=~"5.."}[5m]))')
    # What a program told of itself lately, by the address that it was read at; of an address that went from pod to pod, the last one.
    told = "max_over_time(timestamp(inference_request_duration_seconds_count)[10m:1m])"
    latest = f"topk by (cluster, instance) (1, max by (cluster, instance, model, version) ({told}))"
    yield record(POD_VERSION, f"0 * {latest} + 1")


def _capacity(namespaces: str) -> Iterator[Rule]:
    yield alert(
        "NodeNotReady",
        'kube_node_status_condition{condition="Ready",status="true"} == 0',
        hold="10m",
        severity="ticket",
        summary="{{ $labels.node }} is not ready",
        description="Its pods are started elsewhere where there is room; the node is lost capacity until somebody replaces it.",
    )
    for resource in ("cpu", "memory"):
        requested = f'sum by (cluster) (kube_pod_container_resource_requests{{resource="{resource}",node!=""}})'
        there = f'sum by (cluster) (kube_node_status_allocatable{{resource="{resource}"}})'
        yield alert(
            "ClusterNearlyFull",
            f"{requested} / {there} > 0.9",
            hold="30m",
            severity="ticket",
            summary=f"More than 90 % of the cluster's {resource} is spoken for",
            description="{{ $value | humanizePercentage }} of what the nodes have is requested; the next model, or a lost node's pods, may"
            " find no room.",
            labels={"resource": resource},
        )
    used, hard = (f'kube_resourcequota{{{namespaces},type="{kind}"}}' for kind in ("used", "hard"))
    yield alert(
        "NamespaceQuotaNearlyUsed",
        of_team(f"{used} / on (cluster, namespace, resourcequota, resource) ({hard} > 0) > 0.9"),
        hold="30m",
        severity="ticket",
        summary="{{ $labels.namespace }} has used {{ $value | humanizePercentage }} of its {{ $labels.resource }}",
        description="Beyond its quota no new pod of the team starts, and a version change needs one more than there are.",
    )


def _nodes() -> Iterator[Rule]:
    # What is mounted read-only is full from the first day.
    disk = '{fstype!~"tmpfs|ramfs|overlay|squashfs|erofs|iso9660",mountpoint!~"/boot(/.*)?|/run(/.*)?"}'
    left = f"node_filesystem_avail_bytes{disk} / node_filesystem_size_bytes{disk} unless node_filesystem_readonly{disk} == 1"
    yield alert(
        "NodeDiskNearlyFull",
        f"min by (cluster, node, device) ({left}) < {number(DISK_LEFT)}",
        hold="10m",
        severity="ticket",
        summary="{{ $labels.node }} has {{ $value | humanizePercentage }} of a disk left",
        description="Images that nobody uses are gone already. At 10 % left the node takes no more pods and puts some out.",
    )


def _watchdog() -> Iterator[Rule]:
    yield alert(
        "Watchdog",
        "vector(1)",
        hold="1m",
        severity="watchdog",
        summary="Alerts arrive",
        description="This one always fires. When it does not arrive, no other would.",
    )


def _absent(facts: ClusterFacts) -> Iterator[Rule]:
    sources = {"kube-state-metrics": "kube_node_info", "cadvisor": 'container_memory_working_set_bytes{container!=""}'}
    if facts.envoy:
        sources["envoy"] = "envoy_cluster_upstream_rq_total"
    if facts.gpus:
        sources["dcgm-exporter"] = "DCGM_FI_DEV_GPU_UTIL"
    if facts.nodes:
        sources["prometheus-node-exporter"] = "node_filesystem_avail_bytes"
    for source, series in sources.items():
        yield alert(
            "MetricsAbsent",
            f"absent({series})",
            hold="15m",
            severity="ticket",
            summary=f"Nothing is read from {source}",
            description="The alerts that look at its metrics cannot fire, whatever happens.",
            labels={"source": source},
        )
