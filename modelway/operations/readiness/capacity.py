"""Whether an account's limits are as wide as what an environment asks for."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import partial

from modelway.architecture import Environment
from modelway.operations.doctor import Part
from modelway.operations.readiness.asking import Check, Cloud, Limit, answered

RAISE = "ask for more in the console of Service Quotas, or ask for less in the environment"


@dataclass(frozen=True)
class Family:
    """Instances that share a limit on virtual CPUs (docs.aws.amazon.com/ec2/latest/instancetypes/ec2-instance-quotas.html)."""

    letters: tuple[str, ...]
    on_demand: str
    spot: str


FAMILIES = (
    Family(("a", "c", "d", "h", "i", "m", "r", "t", "z"), "L-1216C47A", "L-34B43A08"),
    Family(("g", "gr", "vt"), "L-DB2E81BA", "L-3819A6DF"),
    Family(("p",), "L-417A185B", "L-7212CCBC"),
    Family(("inf",), "L-1945791B", "L-B5D1601B"),
    Family(("trn",), "L-2C3B7624", "L-6B0D517C"),
    Family(("x",), "L-7295265B", "L-E3A00192"),
)
P5_SPOT = "L-C4BD4855"
"""Of spot instances p5, p5e and p5en, which are not among the others of their letter."""
VPCS, ADDRESSES, CLUSTERS = ("vpc", "L-F678F1CE"), ("ec2", "L-0263D0A3"), ("eks", "L-1194D53C")
HOSTING = ("sagemaker", "L-7A3DF611")
"""Instances of all endpoints together."""


def of_capacity(environment: Environment, cloud: Cloud) -> Iterator[tuple[str, Check]]:
    yield "quota of instances", lambda: _instances(environment, cloud)
    own = [key for key, cluster in environment.clusters.items() if cluster.kind == "eks"]
    if own:
        yield (
            "quota of clusters",
            lambda: _counted(
                cloud.quota(*CLUSTERS), len(own), len({*cloud.clusters()} - {f"{environment.environment}-{key}" for key in own})
            ),
        )
    if environment.network is not None and environment.network.kind == "vpc":
        gateways = {"none": 0, "one": 1, "per_zone": environment.network.zones}[environment.network.nat]
        yield "quota of VPCs", lambda: _counted(cloud.quota(*VPCS), 1, cloud.networks_of_others(environment.environment))
        if gateways:
            yield (
                "quota of addresses",
                lambda: _counted(cloud.quota(*ADDRESSES), gateways, cloud.addresses_of_others(environment.environment)),
            )
    kinds = _hosted(environment)
    if kinds:
        yield "quota of endpoints", lambda: _hosting(cloud.quota(*HOSTING), kinds.values())
    for kind, asked in kinds.items():
        yield f"quota of {kind}", partial(_hosting_of, kind, asked, cloud)


def _instances(environment: Environment, cloud: Cloud) -> Iterator[Part]:
    asked: dict[str, int] = {}
    pools = [pool for cluster in environment.clusters.values() if cluster.kind == "eks" for pool in cluster.node_pools.values()]
    sizes = cloud.virtual_cpus(sorted({kind for pool in pools for kind in pool.instance_types})) if pools else {}
    for pool in pools:
        # A pool may become all of its largest type.
        largest = max(pool.instance_types, key=lambda kind: sizes.get(kind, 0))
        code = family_of(largest, spot=pool.capacity == "spot")
        if code is None or largest not in sizes:
            yield Part(f"quota of {largest}", "unknown", f"nobody knows here which limit {largest} has", needed=False)
        else:
            asked[code] = asked.get(code, 0) + pool.max * sizes[largest]
    for code, cpus in asked.items():
        yield from answered(f"quota {code}", partial(_processors, code, cpus, cloud))


def _processors(code: str, cpus: int, cloud: Cloud) -> Iterator[Part]:
    yield from _counted(cloud.quota("ec2", code), cpus, 0, "vCPUs")


def family_of(instance_type: str, *, spot: bool) -> str | None:
    """Code of the limit that instances of the type have; None where nobody here knows it."""
    letters = re.match(r"[a-z]+", instance_type)
    if spot and instance_type.startswith("p5"):
        return P5_SPOT
    family = next((family for family in FAMILIES if letters and letters[0] in family.letters), None)
    return None if family is None else family.spot if spot else family.on_demand


def _counted(limit: Limit, asked: int, others: int, unit: str = "") -> Iterator[Part]:
    name, of = f"quota: {limit.name}", f" {unit}" if unit else ""
    used = f", and there are {others} of others" if others else ""
    found = f"limit {limit.value:g}{of}, the environment asks for up to {asked}{used}"
    if asked + others <= limit.value:
        yield Part(name, "ok", found)
    else:
        yield Part(name, "broken", found, RAISE)


def _hosted(environment: Environment) -> dict[str, tuple[int, int]]:
    """By type of instance that hosts endpoints: how many at most, and how many more while they are updated."""
    kinds: dict[str, tuple[int, int]] = {}
    for described in environment.models.values():
        serving, traffic = described.serving, described.traffic
        if serving is None or traffic is None or serving.runtime.kind != "sagemaker":
            continue
        # What gets copies is not scaled; an update begins with the fewest beside what runs.
        least, most = serving.scaling.min, serving.scaling.max
        running = sum(least if version in traffic.copied else most for version in traffic.versions)
        before, more = kinds.get(serving.runtime.instance_type, (0, 0))
        kinds[serving.runtime.instance_type] = (before + running, more + least * len(traffic.versions))
    return kinds


def _hosting_of(kind: str, asked: tuple[int, int], cloud: Cloud) -> Iterator[Part]:
    limit = cloud.quota_called("sagemaker", f"{kind} for endpoint usage")
    if limit is None:
        yield Part(f"quota of {kind}", "unknown", f"AWS names no limit of {kind} for endpoints", needed=False)
    else:
        yield from _hosting(limit, [asked])


def _hosting(limit: Limit, asked: Iterable[tuple[int, int]]) -> Iterator[Part]:
    running, more = (sum(numbers) for numbers in zip(*asked, strict=True))
    found = f"limit {limit.value:g}, the environment asks for up to {running}, and {more} more while its endpoints are updated"
    if running + more <= limit.value:
        yield Part(f"quota: {limit.name}", "ok", found)
    else:
        yield Part(f"quota: {limit.name}", "broken", found, RAISE)
