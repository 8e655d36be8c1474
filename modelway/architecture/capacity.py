"""The rule between models and nodes: a replica fits on one."""

from collections.abc import Iterator
from typing import TYPE_CHECKING

from modelway.architecture.accelerated import MOST_GPUS
from modelway.architecture.base import Breach, FieldPath, each
from modelway.architecture.cluster import Cluster, EksCluster
from modelway.architecture.eks import has_nvidia_gpus
from modelway.architecture.instances import MOST_CPU, MOST_MEMORY, Room, room
from modelway.architecture.placement import cluster_of

if TYPE_CHECKING:
    from modelway.architecture.endpoint import Endpoint
    from modelway.architecture.environment import Environment
    from modelway.architecture.model import Model
    from modelway.architecture.nodes import NodePool
    from modelway.architecture.replica import Resources


def capacity_breaches(environment: "Environment") -> Iterator[Breach]:
    """Replicas that would wait for ever, because no node has room for one."""
    yield from each(_room(environment, name, model) for name, model in environment.models.items())


def _room(environment: "Environment", name: str, model: "Model") -> Iterator[Breach]:
    resources = model.endpoint.resources if model.endpoint else None
    if resources is None or model.endpoint is None or model.endpoint.runtime.kind != "kubernetes":
        return
    for key, cluster in cluster_of(environment, model):
        pools = pools_for(cluster, model.endpoint)
        rooms = {kind: _most(kind) for kind in dict.fromkeys(kind for pool in pools for kind in _judged(pool))}
        # Of a pool without GPUs for a model that asks for some, the rules of GPUs tell.
        asked = {"cpu": resources.cpu.millicores, "memory": resources.memory.bytes, "gpu": whole_gpus(resources) if _gpus(pools) else 0}
        if not rooms or any(found.fits(*asked.values()) for found in rooms.values()):
            continue
        too_much = [field for field, amount in asked.items() if all(_has(found, field) < amount for found in rooms.values())]
        paths: list[FieldPath] = [(field,) for field in too_much] or [()]
        for path in paths:
            order = ("gpu", "cpu", "memory") if path == ("gpu",) else ("cpu", "memory", "gpu")
            largest = max(rooms, key=lambda kind: (room(kind) is not None, *(_has(rooms[kind], field) for field in order)))
            yield Breach(
                ("models", name, "endpoint", "resources", *path),
                f"no more than a node has for pods: of those it may run on in cluster {key} the largest, {largest}, have"
                f" {'' if room(largest) else 'at most '}{rooms[largest]}",
                "Ask for less, or add larger nodes to environment.yaml.",
                judged_by=(("clusters", key), ("models", name, "cluster"), ("models", name, "endpoint", "placement")),
            )


def whole_gpus(resources: "Resources") -> int:
    """GPUs that a replica needs on its node: those it asks for, or those that have the parts it asks for."""
    if resources.gpu_sharing == "mig" and resources.mig_profile is not None:
        # A GPU has seven slices (docs.nvidia.com/datacenter/tesla/mig-user-guide/supported-mig-profiles.html).
        return -(-resources.gpu // (7 // int(resources.mig_profile[0])))
    return min(resources.gpu, 1) if resources.gpu_sharing == "time_slicing" else resources.gpu


def _judged(pool: "NodePool") -> tuple[str, ...]:
    """The types that say whether a replica fits in a pool. Cluster Autoscaler takes all types of a group for alike, so those that are
    known speak for the others (github.com/kubernetes/autoscaler/blob/master/cluster-autoscaler/cloudprovider/aws/README.md); Auto Mode
    chooses the one that fits."""
    known = tuple(kind for kind in pool.instance_types if room(kind) is not None)
    return known if known and pool.made_by == "managed_group" else pool.instance_types


def _most(kind: str) -> Room:
    """What a node of the type has for pods; of a type that is not known, what no instance has more of."""
    return room(kind) or Room(MOST_CPU * 1000, MOST_MEMORY, MOST_GPUS if has_nvidia_gpus(kind) else 0)


def _has(found: Room, field: str) -> int:
    return {"cpu": found.millicores, "memory": found.bytes, "gpu": found.gpus}[field]


def _gpus(pools: "list[NodePool]") -> bool:
    return any(pool.gpu for pool in pools)


def pools_for(cluster: Cluster, endpoint: "Endpoint") -> list["NodePool"]:
    """The pools that replicas may run in; none where others may be chosen that are not known."""
    placement, resources = endpoint.placement, endpoint.resources
    if not isinstance(cluster, EksCluster):
        return []
    if placement is not None and placement.pool is not None:
        return [cluster.node_pools[placement.pool]] if placement.pool in cluster.node_pools else []
    # The pools that come with Auto Mode have no GPUs.
    if cluster.auto_mode is not None and not (resources and resources.gpu):
        return []
    return [
        pool
        for pool in cluster.node_pools.values()
        if pool.gpu == bool(resources and resources.gpu)
        and all(taint.effect == "prefer_no_schedule" for taint in pool.taints)
        and (pool.capacity == "on_demand" or (placement is not None and placement.spot))
    ]
