"""Which of an environment's clusters is watched by what."""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from modelway.architecture.environment import Environment


def installs_operator(environment: "Environment", key: str) -> bool:
    """Whether the Prometheus operator is installed in the cluster; otherwise it is there already, or is not needed."""
    backend = environment.monitoring.backend
    if backend.kind != "operator":
        return False
    return backend.install if backend.install is not None else environment.clusters[key].kind == "eks"


def unread(environment: "Environment") -> bool:
    """Whether Amazon's scraper cannot read some cluster: it has to be an EKS cluster in a network whose addresses are known."""
    if environment.monitoring.backend.kind != "amp":
        return False
    made = environment.network is not None and environment.network.kind == "vpc"
    return not made or any(cluster.kind == "existing" for cluster in environment.clusters.values())


def keeps_too_long(environment: "Environment") -> bool:
    """Whether metrics are to be kept for a time by a Prometheus that is not ours to configure, or a workspace that was there before."""
    backend = environment.monitoring.backend
    if environment.monitoring.retention is None:
        return False
    if backend.kind == "amp":
        return backend.workspace is not None
    return not all(installs_operator(environment, key) for key in environment.clusters)
