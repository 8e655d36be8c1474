"""What an endpoint costs: of nodes the share that its replicas ask for, of SageMaker its own instances; and what 1,000 predictions cost."""

import math
from collections.abc import Iterator
from typing import TYPE_CHECKING

from modelway.architecture.layout import owner_of
from modelway.preview.changeset import CostLine, EndpointCost
from modelway.preview.cost.compute import SPOT
from modelway.preview.cost.estimates import ONE, Range
from modelway.preview.cost.merging import by_endpoint
from modelway.preview.cost.prices import HOURS, Price, Prices

if TYPE_CHECKING:
    from modelway.architecture import Environment
    from modelway.architecture.endpoint import Endpoint
    from modelway.architecture.model import Model

STAND_INS = tuple(f"m7i.{size}" for size in ("large", "xlarge", "2xlarge", "4xlarge", "8xlarge", "12xlarge"))
"""Types that stand for the nodes that EKS Auto Mode would choose."""

PREDICTIONS = HOURS * 3600 / 1000
"""Thousands of predictions a month at one a second."""

Attributed = tuple[tuple[CostLine, ...], tuple[EndpointCost, ...]]


def attributed(
    stack: str,
    before: "Environment | None",
    environment: "Environment",
    prices: Prices,
    lines: tuple[CostLine, ...],
    approximate: dict[str, None],
) -> Attributed:
    """The lines, with one more for each endpoint whose cost is not known, and what the others cost. `before` says which of those that are
    not known ask for something else than they did; without it, none is taken to.

    The price of a node is shared by what replicas ask for: by whichever of processors, memory and GPUs they take the largest part of, on
    the cheapest node that they fit on. Nodes are seldom full, so a cluster costs more than its endpoints together.
    """
    more, found = [], []
    for name, model in _models(stack, environment):
        endpoint = model.serving
        if endpoint is None or model.traffic is None:
            continue
        if endpoint.runtime.kind == "sagemaker":
            cost = _on_sagemaker(name, model, environment, prices, lines, approximate)
            why = f"no price of {endpoint.runtime.instance_type} in {environment.aws.region}"
        else:
            each = _replica(environment, model, endpoint, prices, approximate)
            cost = None if each is None else _scaled(model, each)
            why = "no node of the environment's pools has a known price and room for a replica"
        if cost is None:
            other = before is not None and _asked(before.models.get(name)) != _asked(model)
            more.append(CostLine(stack, f"endpoint {name}, its share of nodes", "unknown", basis=why, endpoint=name, changed=other))
        else:
            month, at_load = cost
            found.append(EndpointCost(stack, name, month, _thousand(endpoint, month, at_load)))
    own = sorted(by_endpoint(lines).items())
    others = [EndpointCost(stack, name, month) for name, month in own if name not in environment.models]
    return (*lines, *more), (*found, *others)


def _asked(model: "Model | None") -> object:
    """What of a model decides how many instances answer, and of which size."""
    if model is None or model.serving is None or model.traffic is None:
        return None
    endpoint = model.serving
    return model.cluster, endpoint.runtime, endpoint.resources, endpoint.scaling, len(model.traffic.versions)


def _models(stack: str, environment: "Environment") -> "Iterator[tuple[str, Model]]":
    """The models whose endpoints are in a stack."""
    owner = owner_of(stack)
    for name, model in environment.models.items():
        if environment.layout == "single":
            mine = stack == environment.environment
        else:
            mine = owner is not None and owner[0] == environment.environment and owner[1] in (None, model.team)
        if mine:
            yield name, model


def _on_sagemaker(
    name: str, model: "Model", environment: "Environment", prices: Prices, lines: tuple[CostLine, ...], approximate: dict[str, None]
) -> tuple[Range, Range] | None:
    """By the endpoint's own instances where the stack has them, else by what is described."""
    own = by_endpoint(lines).get(name)
    endpoint = model.serving
    if endpoint is None or endpoint.runtime.kind != "sagemaker":
        return None
    price = prices.price(f"sagemaker {endpoint.runtime.instance_type}", environment.aws.region)
    if price is None:
        return (own, own) if own is not None else None
    _tell(price, approximate)
    each = (price.usd * HOURS, price.usd * HOURS)
    described, at_load = _scaled(model, each)
    return (own or described), at_load


def _replica(
    environment: "Environment", model: "Model", endpoint: "Endpoint", prices: Prices, approximate: dict[str, None]
) -> Range | None:
    """What a replica costs a month on the cheapest node that it fits on."""
    from modelway.architecture.capacity import pools_for, whole_gpus
    from modelway.architecture.cluster import EksCluster
    from modelway.architecture.instances import room
    from modelway.architecture.placement import cluster_of

    asked = endpoint.resources
    if asked is None:
        return None
    choices: list[tuple[str, Range, float]] = []
    for _, cluster in cluster_of(environment, model):
        if not isinstance(cluster, EksCluster):
            return None
        surcharge = prices.price("eks auto mode", environment.aws.region)
        auto = 1 + (surcharge.usd if surcharge is not None else 0)
        pools = pools_for(cluster, endpoint)
        choices += [
            (kind, SPOT if pool.capacity == "spot" else ONE, auto if pool.made_by == "auto_mode" else 1)
            for pool in pools
            for kind in pool.instance_types
        ]
        if not pools and cluster.auto_mode is not None and not asked.gpu:
            choices += [(kind, ONE, auto) for kind in STAND_INS]
    wanted = (asked.cpu.millicores, asked.memory.bytes, whole_gpus(asked))
    found = []
    for kind, share, more in choices:
        has, price = room(kind), prices.price(f"ec2 {kind}", environment.aws.region)
        if has is None or price is None or not has.fits(*wanted):
            continue
        part = max(wanted[0] / has.millicores, wanted[1] / has.bytes, wanted[2] / has.gpus if has.gpus else 0)
        month = part * price.usd * HOURS * more
        found.append(((month * share[0], month * share[1]), price))
    if not found:
        return None
    cheapest, price = min(found, key=lambda one: one[0])
    _tell(price, approximate)
    return cheapest


def _tell(price: Price, approximate: dict[str, None]) -> None:
    if price.approximate:
        approximate[f"{price.item} in {price.region}: {price.approximate}"] = None


def _scaled(model: "Model", each: Range) -> tuple[Range, Range]:
    """What all replicas cost: between the fewest and the most; and with as many as the declared load asks for, where that can be told."""
    endpoint, traffic = model.serving, model.traffic
    if endpoint is None or traffic is None:
        return (0, 0), (0, 0)
    scaling, versions = endpoint.scaling, len(traffic.versions)
    month = (scaling.min * versions * each[0], scaling.max * versions * each[1])
    target = scaling.target.requests_per_second
    if endpoint.load is None or target is None:
        return month, month
    shares = {**dict.fromkeys(traffic.versions, 0), **traffic.shares, **traffic.copied}
    replicas = sum(
        min(scaling.max, max(scaling.min, math.ceil(endpoint.load.requests_per_second * share / 100 / target))) for share in shares.values()
    )
    return month, (replicas * each[0], replicas * each[1])


def _thousand(endpoint: "Endpoint", month: Range, at_load: Range) -> Range | None:
    """What 1,000 predictions cost at the declared load; None where none is declared."""
    if endpoint.load is None:
        return None
    spent = at_load if endpoint.scaling.target.requests_per_second is not None else month
    thousands = endpoint.load.requests_per_second * PREDICTIONS
    return spent[0] / thousands, spent[1] / thousands
