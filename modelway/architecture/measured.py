"""How much there is to measure in a cluster, and whether a Prometheus that is installed has room for it."""

import math
from collections.abc import Iterator
from typing import TYPE_CHECKING

from modelway.architecture.base import Breach
from modelway.architecture.cluster import EksCluster
from modelway.architecture.monitoring import OperatorBackend
from modelway.architecture.watching import installs_operator

if TYPE_CHECKING:
    from modelway.architecture.environment import Environment

OF_CLUSTER, OF_NODE = 50_000, 3_000
"""Series that a cluster has of its control plane, and for each node with its kubelet, its exporter and its pods; rather more than usual."""

SAMPLE_BYTES = 1.5
"""On disk; 1 to 2, says prometheus.io/docs/prometheus/latest/storage."""

SERIES_BYTES = 8 << 10
"""In memory, with what questions need."""

USABLE = 0.9
"""Share of the disk that is filled before the oldest metrics go."""

KEPT_DAYS = 15
"""As long as nothing else is said."""


def series(cluster: EksCluster) -> int:
    """Series that a cluster has at the most that its pools can grow to."""
    return OF_CLUSTER + OF_NODE * cluster.most_nodes


def memory_mib(cluster: EksCluster) -> int:
    """What a Prometheus for the cluster asks for, at least 1 GiB, in steps of 256 MiB."""
    return max(1024, 256 * math.ceil(series(cluster) * SERIES_BYTES / (256 << 20)))


def room_breaches(environment: "Environment", key: str, cluster: EksCluster) -> Iterator[Breach]:
    """What is to be kept longer than the disk lasts: it would be thrown away sooner, and nobody told."""
    monitoring, backend = environment.monitoring, environment.monitoring.backend
    if not isinstance(backend, OperatorBackend) or not installs_operator(environment, key):
        return
    days = KEPT_DAYS if monitoring.retention is None else monitoring.retention.seconds / 86400
    each_day = series(cluster) / monitoring.scrape_interval.seconds * 86400 * SAMPLE_BYTES
    needed = math.ceil(days * each_day / USABLE / (1 << 30))
    if needed << 30 > backend.storage.bytes:
        lasts = math.floor(backend.storage.bytes * USABLE / each_day)
        shorter = f"keep them for {lasts}d, " if lasts else ""
        yield Breach(
            ("monitoring", "backend" if monitoring.retention is None else "retention"),
            f"storage {backend.storage} is full sooner than after {days:g} days: cluster {key} with {cluster.most_nodes} nodes at most,"
            f" read every {monitoring.scrape_interval}, needs about {needed}Gi",
            f"Write storage: {needed}Gi or more, {shorter}or read less often.",
            (("monitoring", "retention"), ("monitoring", "backend"), ("monitoring", "scrape_interval")),
            (("clusters", key, "node_pools"),),
        )
