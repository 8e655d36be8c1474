"""What an environment costs at the least, by its description alone: what runs whether anybody asks or not."""

import math
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING

from modelway.architecture.eks import VERSIONS
from modelway.preview.changeset import Budget
from modelway.preview.cost.compute import AUTO_DISK, NODE_DISK, SPOT
from modelway.preview.cost.prices import HOURS, Price, Prices

if TYPE_CHECKING:
    from modelway.architecture import Environment
    from modelway.architecture.cluster import EksCluster
    from modelway.architecture.nodes import NodePool

GPU_DISK = 100
"""GiB of the disk of a node with GPUs where nothing says it."""
TRACKING_KEYS = 2


@dataclass(frozen=True)
class Part:
    """One thing that runs all the time."""

    what: str
    usd: float
    """US dollars a month."""


@dataclass(frozen=True)
class Floor:
    """What an environment costs a month at the least, without traffic, stored data, logs, requests and tax."""

    parts: tuple[Part, ...]
    missing: tuple[str, ...]
    """Items without a price, which are not in it."""

    @property
    def usd(self) -> float:
        return math.fsum(part.usd for part in self.parts)


def floor(environment: "Environment", prices: Prices, today: date | None = None) -> Floor:
    """What the environment costs a month at the least: pools and endpoints at their fewest, on the cheapest of their types, spot at its
    cheapest. A low estimate: what it leaves out can only add to it. `today` decides whether a version of Kubernetes is in extended support.
    """
    missing: dict[str, None] = {}
    parts = []
    for what, item, number in _counted(environment, prices, today or date.today()):
        price = prices.price(item, environment.aws.region)
        if not number:
            continue
        if price is None:
            missing[item] = None
        else:
            parts.append(Part(what, number * price.usd * (HOURS if price.unit == "hour" else 1)))
    return Floor(tuple(parts), tuple(missing))


def budget(before: "Environment | None", after: "Environment | None", prices: Prices, today: date | None = None) -> tuple[Budget, ...]:
    """The budget that an environment has after a change; what is spent of it is told when the lines of its stacks are put together."""
    if after is None or after.budget is None:
        return ()
    limit = float(after.budget.amount)
    was = float(before.budget.amount) if before is not None and before.budget is not None else None
    lowest = floor(after, prices, today).usd
    return (Budget(stack=after.environment, limit=limit, over=False, floor=lowest, lowered=was is None or limit < was),)


def _counted(environment: "Environment", prices: Prices, today: date) -> Iterator[tuple[str, str, float]]:
    """What there is, the item that it is paid as, and how much of it."""
    yield from _network(environment)
    for name, cluster in environment.clusters.items():
        if cluster.kind == "eks":
            yield from _cluster(name, cluster, environment, prices, today)
    yield from _served(environment)
    yield from _watched(environment)
    yield from _kept(environment)


def _network(environment: "Environment") -> Iterator[tuple[str, str, float]]:
    network = environment.network
    if network is None or network.kind != "vpc":
        return
    gateways = {"none": 0, "one": 1, "per_zone": network.zones}[network.nat]
    yield "NAT gateways", "nat gateway", gateways
    yield "addresses of NAT gateways", "public ipv4", gateways
    yield "interface endpoints", "vpc endpoint", network.zones * len([service for service in network.private_endpoints if service != "s3"])
    if network.flow_logs is not None:
        yield "key of flow logs", "kms key", 1


def _cluster(name: str, cluster: "EksCluster", environment: "Environment", prices: Prices, today: date) -> Iterator[tuple[str, str, float]]:
    extended = cluster.version in VERSIONS and today > VERSIONS[cluster.version]
    yield f"control plane of {name}", "eks cluster extended" if extended else "eks cluster", 1
    if cluster.secrets_key is None:
        yield f"key of {name}", "kms key", 1
    if cluster.gateway.kind == "managed":
        yield f"load balancer of the Gateway of {name}", "nlb", 1
    for key, pool in cluster.node_pools.items():
        # Nodes of Auto Mode come when pods ask for them.
        if pool.made_by == "managed_group":
            share = SPOT[0] if pool.capacity == "spot" else 1
            yield f"nodes of pool {key} of {name}", _cheapest(pool, environment.aws.region, prices), pool.min * share
            yield f"disks of pool {key} of {name}", "ebs gp3", pool.min * _disk(pool)


def _cheapest(pool: "NodePool", region: str, prices: Prices) -> str:
    """The item of the cheapest type that the pool may take; the first of its types where none has a price."""
    found: list[Price] = [price for kind in pool.instance_types if (price := prices.price(f"ec2 {kind}", region)) is not None]
    return min(found, key=lambda price: price.usd).item if found else f"ec2 {pool.instance_types[0]}"


def _disk(pool: "NodePool") -> float:
    if pool.disk is not None:
        return pool.disk.bytes / (1 << 30)
    return AUTO_DISK if pool.made_by == "auto_mode" else GPU_DISK if pool.gpu else NODE_DISK


def _served(environment: "Environment") -> Iterator[tuple[str, str, float]]:
    for name, model in environment.models.items():
        endpoint, traffic = model.serving, model.traffic
        if endpoint is not None and traffic is not None and endpoint.runtime.kind == "sagemaker":
            number = endpoint.scaling.min * len(traffic.versions)
            yield f"instances of endpoint {name}", f"sagemaker {endpoint.runtime.instance_type}", number
            # One of latency and one of errors for each version that answers.
            yield f"alarms of endpoint {name}", "cloudwatch alarm", 2 * len(traffic.shares)


def _watched(environment: "Environment") -> Iterator[tuple[str, str, float]]:
    clusters = [cluster for cluster in environment.clusters.values() if cluster.kind == "eks"]
    backend = environment.monitoring.backend
    if backend.kind == "amp":
        yield "scrapers", "amp collector", len(clusters)
        if backend.workspace is None:
            yield "key of the Prometheus workspace", "kms key", 1
        return
    installed = len(clusters) if backend.install is not False else 0
    copies = 1 if environment.tier == "development" else 2
    yield "disks of Prometheus", "ebs gp3", installed * copies * backend.storage.bytes / (1 << 30)


def _kept(environment: "Environment") -> Iterator[tuple[str, str, float]]:
    images, models = environment.registry.images, environment.registry.models
    # One key of the registry serves both, and copies in other regions have one of their own there.
    yield "key of the registry", "kms key", 0 if models.key is not None else 1
    yield "keys of copies in other regions", "kms key", len({*images.replicate_to, *models.replicate_to})
    listed = environment.registry.model_registry
    if listed.kind == "mlflow_server":
        zones = 2 if environment.tier == "production" else 1
        yield "database of MLflow", f"rds {listed.database.instance_class}", zones
        yield "storage of the database of MLflow", "rds storage", zones * listed.database.storage.bytes / (1 << 30)
        yield "keys of MLflow", "kms key", TRACKING_KEYS
