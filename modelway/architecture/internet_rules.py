"""The rules of a network without a way to the internet: what nodes have to reach all the same, and what cannot be installed there."""

from collections.abc import Iterator
from typing import TYPE_CHECKING

from modelway.architecture.base import Breach, FieldPath, each
from modelway.architecture.cluster import EksCluster
from modelway.architecture.network import WITHOUT_INTERNET, Vpc
from modelway.architecture.placement import cluster_of
from modelway.architecture.tenancy import ExistingGateway
from modelway.architecture.watching import installs_operator

if TYPE_CHECKING:
    from modelway.architecture.environment import Environment
    from modelway.architecture.model import Model

_PROCESSORS = {"cpu", "memory"}
"""Targets that need nothing installed."""


def internet_breaches(environment: "Environment", key: str, cluster: EksCluster) -> Iterator[Breach]:
    """What of a cluster needs the internet, in a network of our own that has none."""
    network = environment.network
    if isinstance(network, Vpc) and network.nat == "none":
        yield from each([_services(network, key), _images(environment, key, cluster)])


def _services(network: Vpc, key: str) -> Iterator[Breach]:
    missing = [service for service in WITHOUT_INTERNET if service not in network.private_endpoints]
    if missing:
        yield Breach(
            ("network", "nat"),
            f"without it the nodes of cluster {key} reach AWS through private endpoints; missing: {', '.join(missing)}",
            "Add them to private_endpoints, or write nat: one.",
            (("network", "private_endpoints"),),
        )


def _images(environment: "Environment", key: str, cluster: EksCluster) -> Iterator[Breach]:
    # What charts install comes from registries of others; of caches in ECR charts know nothing.
    installed = list(_installed(environment, key, cluster))
    if installed:
        yield Breach(
            ("network", "nat"),
            f"without it the nodes of cluster {key} reach no registry but ECR, and the images of these come from others: "
            + ", ".join(f"{what} ({registry})" for what, registry, _, _ in installed),
            f"Write nat: one, or do without: {'; '.join(instead for _, _, instead, _ in installed)}.",
            judged_by=tuple(dict.fromkeys(field for *_, field in installed)),
        )


def _installed(environment: "Environment", key: str, cluster: EksCluster) -> Iterator[tuple[str, str, str, FieldPath]]:
    """What charts install in the cluster, where its images come from, how it is not installed, and the field that says so."""
    pools: FieldPath = ("clusters", key, "node_pools")
    if not isinstance(cluster.gateway, ExistingGateway) and cluster.gateway.controller == "envoy":
        yield "Envoy Gateway", "docker.io", "controller: there in the gateway", ("clusters", key, "gateway")
    if installs_operator(environment, key):
        yield "the Prometheus operator", "quay.io", "install: false, or kind: amp, in monitoring.backend", ("monitoring", "backend")
    if any(pool.min < pool.max for pool in cluster.groups.values()):
        yield "Cluster Autoscaler", "registry.k8s.io", "min like max in each pool, or made_by: auto_mode", pools
    if any(pool.gpu for pool in cluster.node_pools.values()):
        yield "what NVIDIA has for GPUs", "nvcr.io", "no pool with gpu: true", pools
    for name, model in environment.models.items():
        if _scaled_by_keda(model) and any(there == key for there, _ in cluster_of(environment, model)):
            yield "KEDA", "ghcr.io", "cpu or memory alone as targets of models, and no schedules", ("models", name, "endpoint")
            return


def _scaled_by_keda(model: "Model") -> bool:
    endpoint = model.serving
    return (
        endpoint is not None
        and endpoint.runtime.kind == "kubernetes"
        and bool(endpoint.scaling.schedules or set(endpoint.scaling.target.named) - _PROCESSORS)
    )
