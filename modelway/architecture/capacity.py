"""The rule between models and nodes: a replica fits on one."""

from collections.abc import Iterator
from typing import TYPE_CHECKING

from modelway.architecture.base import Breach, FieldPath, each
from modelway.architecture.cluster import Cluster, EksCluster
from modelway.architecture.instances import room
from modelway.architecture.placement import cluster_of

if TYPE_CHECKING:
    from modelway.architecture.endpoint import Endpoint
    from modelway.architecture.environment import Environment
    from modelway.architecture.model import Model
    from modelway.architecture.nodes import NodePool


def capacity_breaches(environment: "Environment") -> Iterator[Breach]:
    """Replicas that would wait for ever, because no node has room for one."""
    yield from each(_room(environment, name, model) for name, model in environment.models.items())


def _room(environment: "Environment", name: str, model: "Model") -> Iterator[Breach]:
    resources = model.endpoint.resources if model.endpoint else None
    if resources is None or model.endpoint is None or model.endpoint.runtime.kind != "kubernetes":
        return
    for key, cluster in cluster_of(environment, model):
        pools = _pools(cluster, model.endpoint)
        types = dict.fromkeys(kind for pool in pools for kind in pool.instance_types)
        rooms = {kind: room(kind) for kind in types}
        if not rooms or any(found is None or found.fits(resources.cpu.millicores, resources.memory.bytes) for found in rooms.values()):
            continue
        known = {kind: found for kind, found in rooms.items() if found is not None}
        largest = max(known, key=lambda kind: (known[kind].millicores, known[kind].bytes))
        too_much = [
            *(["cpu"] if resources.cpu.millicores > max(found.millicores for found in known.values()) else []),
            *(["memory"] if resources.memory.bytes > max(found.bytes for found in known.values()) else []),
        ]
        paths: list[FieldPath] = [(field,) for field in too_much] or [()]
        for path in paths:
            yield Breach(
                ("models", name, "endpoint", "resources", *path),
                f"no more than a node has for pods: of those it may run on in cluster {key} the largest, {largest}, have {known[largest]}",
                "Ask for less, or add larger nodes to environment.yaml.",
                judged_by=(("clusters", key), ("models", name, "cluster"), ("models", name, "endpoint", "placement")),
            )


def _pools(cluster: Cluster, endpoint: "Endpoint") -> list["NodePool"]:
    """The pools that replicas may run in; none where others may be chosen that are not known."""
    placement, resources = endpoint.placement, endpoint.resources
    if not isinstance(cluster, EksCluster):
        return []
    if placement is not None and placement.pool is not None:
        return [cluster.node_pools[placement.pool]] if placement.pool in cluster.node_pools else []
    if cluster.auto_mode is not None:
        return []
    return [
        pool
        for pool in cluster.node_pools.values()
        if pool.gpu == bool(resources and resources.gpu)
        and all(taint.effect == "prefer_no_schedule" for taint in pool.taints)
        and (pool.capacity == "on_demand" or (placement is not None and placement.spot))
    ]
