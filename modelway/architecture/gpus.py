"""The rules between models and GPUs: there are some, they are shared as the model asks, and nothing else takes their place."""

from collections.abc import Iterator
from typing import TYPE_CHECKING

from modelway.architecture.base import Breach, FieldPath, each
from modelway.architecture.cluster import Cluster, EksCluster
from modelway.architecture.eks import has_mig
from modelway.architecture.placement import cluster_of

if TYPE_CHECKING:
    from modelway.architecture.environment import Environment
    from modelway.architecture.model import Model
    from modelway.architecture.nodes import NodePool

SHARING_LABEL = "nvidia.com/device-plugin.config"
"""Label of a pool's nodes that says how NVIDIA's device plugin offers their GPUs (github.com/NVIDIA/k8s-device-plugin#deployment-via-helm).
The names are those of the cluster component's settings for it."""

OFFERED = {"none": "whole", "time_slicing": "shared", "mig": "divided"}
"""What the label says, by what a model asks for; whole GPUs are offered without it too."""


def gpu_breaches(environment: "Environment") -> Iterator[Breach]:
    """What of the models asks for GPUs that nobody offers them."""
    rules = (_gpu, _mig, _sharing, _pool_with_gpus)
    for name, model in environment.models.items():
        yield from each(rule(environment, name, model) for rule in rules)


def _gpu(environment: "Environment", name: str, model: "Model") -> Iterator[Breach]:
    resources = model.endpoint.resources if model.endpoint else None
    if resources is None or not resources.gpu:
        return
    for key, cluster in cluster_of(environment, model):
        # The pools that come with Auto Mode have no GPUs; what an existing cluster has is not known.
        if isinstance(cluster, EksCluster) and not _with_gpus(cluster):
            yield Breach(
                ("models", name, "endpoint", "resources", "gpu"),
                f"cluster {key} has no pool of nodes with GPUs",
                "Add one to environment.yaml like `gpu: {instance_types: [g6.xlarge], min: 0, max: 2, gpu: true}`, or ask for none.",
                judged_by=(("clusters", key, "node_pools"), ("models", name, "cluster")),
            )


def _mig(environment: "Environment", name: str, model: "Model") -> Iterator[Breach]:
    resources = model.endpoint.resources if model.endpoint else None
    if resources is None or resources.gpu_sharing != "mig":
        return
    for key, cluster in cluster_of(environment, model):
        pools = _with_gpus(cluster)
        if pools and not any(map(_divides, pools.values())):
            yield Breach(
                ("models", name, "endpoint", "resources", "gpu_sharing"),
                f"mig only where a pool has GPUs that can be divided, such as p4d, p5 or p6 instances; cluster {key} has none",
                "Write time_slicing, or add such a pool.",
                judged_by=(("clusters", key, "node_pools"), ("models", name, "cluster")),
            )


def _sharing(environment: "Environment", name: str, model: "Model") -> Iterator[Breach]:
    resources = model.endpoint.resources if model.endpoint else None
    placement = model.endpoint.placement if model.endpoint else None
    if resources is None or not resources.gpu:
        return
    sharing, wanted = resources.gpu_sharing, placement.pool if placement is not None else None
    for key, cluster in cluster_of(environment, model):
        pools = {
            which: pool for which, pool in _with_gpus(cluster).items() if wanted in (None, which) and (sharing != "mig" or _divides(pool))
        }
        if not pools or any(_setting(pool) == OFFERED[sharing] for pool in pools.values()):
            continue
        found = ", ".join(f"{which} offers {_told(pool)}" for which, pool in pools.items())
        if sharing == "none":
            field, way_out = "gpu", f"Add a pool without the label {SHARING_LABEL}, or write gpu_sharing for what is offered."
        else:
            label = f"labels: {{{SHARING_LABEL}: {OFFERED[sharing]}}}"
            field, way_out = "gpu_sharing", f"Add `{label}` to a pool with made_by: managed_group, or remove gpu_sharing."
        yield Breach(
            ("models", name, "endpoint", "resources", field),
            f"a pool whose nodes offer {_NAMES[OFFERED[sharing]]}; in cluster {key} {found}",
            way_out,
            judged_by=(("clusters", key, "node_pools"), ("models", name, "cluster"), ("models", name, "endpoint", "placement")),
        )


def _pool_with_gpus(environment: "Environment", name: str, model: "Model") -> Iterator[Breach]:
    placement = model.endpoint.placement if model.endpoint else None
    resources = model.endpoint.resources if model.endpoint else None
    for key, cluster in cluster_of(environment, model):
        if placement is None or placement.pool is None or resources is None or not isinstance(cluster, EksCluster):
            continue
        pool = cluster.node_pools.get(placement.pool)
        if pool is not None and pool.gpu != bool(resources.gpu):
            has, asks = ("has GPUs", "asks for none") if pool.gpu else ("has no GPUs", f"asks for {resources.gpu}")
            path: FieldPath = ("models", name, "endpoint", "placement", "pool")
            yield Breach(
                path,
                f"a pool that fits resources.gpu: {placement.pool} {has}, and the model {asks}",
                "Name another pool, or change resources.gpu.",
                judged_by=(("clusters", key, "node_pools"), ("models", name, "endpoint", "resources", "gpu")),
            )


_NAMES = {"whole": "whole GPUs", "shared": "turns", "divided": "parts"}


def _with_gpus(cluster: Cluster) -> "dict[str, NodePool]":
    return {key: pool for key, pool in cluster.node_pools.items() if pool.gpu} if isinstance(cluster, EksCluster) else {}


def _divides(pool: "NodePool") -> bool:
    return all(map(has_mig, pool.instance_types))


def _setting(pool: "NodePool") -> str:
    # Nodes of Auto Mode have a device plugin of EKS's own, which looks at no label
    # (docs.aws.amazon.com/eks/latest/userguide/auto-accelerated.html).
    return "whole" if pool.made_by == "auto_mode" else pool.labels.get(SHARING_LABEL, "whole")


def _told(pool: "NodePool") -> str:
    setting = _setting(pool)
    because = " (Auto Mode shares none)" if pool.made_by == "auto_mode" else ""
    return _NAMES.get(setting, f"nothing, because {SHARING_LABEL}: {setting} is no setting") + because
