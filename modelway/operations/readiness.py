"""Whether the outside has what an environment asks for, before anything is made: `modelway doctor ENV`. Looks only.

What AWS does not say is `unknown`, and never taken for there.
"""

import re
import socket
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from typing import Protocol
from urllib.parse import urlsplit

from modelway.architecture import EksCluster, Environment
from modelway.architecture.platform_rules import bucket_name
from modelway.errors import ModelwayError
from modelway.operations.doctor import Part

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
)
VPCS, ADDRESSES, CLUSTERS = ("vpc", "L-F678F1CE"), ("ec2", "L-0263D0A3"), ("eks", "L-1194D53C")


class Limit(Protocol):
    """A limit of AWS."""

    @property
    def name(self) -> str: ...

    @property
    def value(self) -> float: ...


class Cloud(Protocol):
    """What is asked of an account; see modelway.operations._aws_account."""

    def identity(self) -> tuple[str, str]: ...
    def quota(self, service: str, code: str) -> Limit: ...
    def quota_called(self, service: str, name: str) -> Limit | None: ...
    def virtual_cpus(self, instance_types: Sequence[str]) -> Mapping[str, int]: ...
    def zones_with(self, instance_types: Sequence[str]) -> Mapping[str, set[str]]: ...
    def networks_of_others(self, environment: str) -> int: ...
    def addresses_of_others(self, environment: str) -> int: ...
    def clusters(self) -> Sequence[str]: ...
    def cluster_endpoint(self, name: str) -> str | None: ...
    def kubernetes_versions(self) -> Mapping[str, str]: ...
    def has_role(self, name: str) -> bool: ...
    def key_state(self, arn: str) -> str | None: ...
    def bucket_owner(self, name: str) -> str | None: ...
    def has_image(self, repository: str, digest: str) -> bool | None: ...
    def has_object(self, bucket: str, key: str) -> bool: ...


Check = Callable[[], Iterator[Part]]


def look(environment: Environment, cloud: Cloud, reaches: Callable[[str], bool] | None = None) -> list[Part]:
    """What the environment asks of its account, part by part. `reaches` tells whether somebody answers at a URL."""
    first = _answered("credentials", lambda: _credentials(environment, cloud))
    if any(part.state != "ok" for part in first):
        # Of another account every answer would be of the wrong things.
        return first
    checks = [*_of_clusters(environment, cloud, reaches or answers), *_of_capacity(environment, cloud), *_of_things(environment, cloud)]
    with ThreadPoolExecutor(8) as background:
        return [*first, *(part for parts in background.map(lambda check: _answered(*check), checks) for part in parts)]


def answers(url: str) -> bool:
    """Whether somebody listens at the URL's host and port; whatever is said there."""
    parts = urlsplit(url)
    try:
        with socket.create_connection((parts.hostname or "", parts.port or 443), timeout=5):
            return True
    except OSError:
        return False


def _answered(name: str, check: Check) -> list[Part]:
    try:
        return list(check())
    except ModelwayError as fault:
        return [Part(name, "unknown", f"not known: {fault}", needed=False)]


def _credentials(environment: Environment, cloud: Cloud) -> Iterator[Part]:
    try:
        account, arn = cloud.identity()
    except ModelwayError as fault:
        yield Part("credentials", "missing", str(fault))
        return
    wanted = environment.aws.account
    if account != wanted:
        found = f"{arn} is of account {account}, and the environment is in {wanted}"
        yield Part("credentials", "broken", found, f"use credentials of {wanted}")
    else:
        yield Part("credentials", "ok", f"{arn}, in {environment.aws.region}")


def _of_clusters(environment: Environment, cloud: Cloud, reaches: Callable[[str], bool]) -> Iterator[tuple[str, Check]]:
    for key, cluster in environment.clusters.items():
        if cluster.kind != "eks":
            continue
        yield f"{key}: Kubernetes", partial(_version, key, cluster, cloud)
        yield f"{key}: API server", partial(_api, environment, key, cluster, cloud, reaches)
        yield f"{key}: access", partial(_access, environment, key, cluster, cloud)
        yield f"{key}: zones", partial(_zones, environment, key, cluster, cloud)


def _version(key: str, cluster: EksCluster, cloud: Cloud) -> Iterator[Part]:
    offered, name = cloud.kubernetes_versions(), f"{key}: Kubernetes"
    if cluster.version not in offered:
        yield Part(name, "broken", f"EKS makes no {cluster.version}; it makes {', '.join(sorted(offered))}", f"set clusters.{key}.version")
    else:
        yield Part(name, "ok", f"{cluster.version}, {offered[cluster.version].replace('_', ' ')}")


def _api(environment: Environment, key: str, cluster: EksCluster, cloud: Cloud, reaches: Callable[[str], bool]) -> Iterator[Part]:
    name, physical = f"{key}: API server", f"{environment.environment}-{key}"
    endpoint = cloud.cluster_endpoint(physical)
    if endpoint is None:
        yield Part(
            name, "missing", f"there is no cluster {physical} yet", f"`modelway up {environment.environment}` makes it", needed=False
        )
    elif reaches(endpoint):
        yield Part(name, "ok", f"answers at {endpoint}")
    else:
        way_out = "run what is in it from within the network" if cluster.endpoint.kind == "private" else "see clusters.*.endpoint.allowed"
        yield Part(name, "broken", f"{endpoint} cannot be reached from here", way_out)


def _access(environment: Environment, key: str, cluster: EksCluster, cloud: Cloud) -> Iterator[Part]:
    for who, granted in cluster.access.items():
        name, parts = f"{key}: access of {who}", granted.principal.split(":", 5)
        if parts[4] != environment.aws.account or not parts[5].startswith("role/"):
            yield Part(name, "unknown", f"{granted.principal} is not a role of this account, and is not looked up", needed=False)
        elif cloud.has_role(parts[5].rpartition("/")[2]):
            yield Part(name, "ok", granted.principal)
        else:
            yield Part(name, "missing", f"there is no {granted.principal}", f"make the role, or change clusters.{key}.access.{who}")


def _zones(environment: Environment, key: str, cluster: EksCluster, cloud: Cloud) -> Iterator[Part]:
    for pool, described in cluster.node_pools.items():
        name, wanted = f"{key}: zones of {pool}", set(described.instance_types)
        sold = cloud.zones_with(described.instance_types)
        used = (
            sorted(sold)[: environment.network.zones]
            if environment.network is not None and environment.network.kind == "vpc"
            else sorted(sold)
        )
        without = [zone for zone in used if not sold[zone]]
        nowhere = sorted(wanted - set().union(*sold.values()))
        if len(without) == len(used) or nowhere:
            kinds = ", ".join(nowhere or sorted(wanted))
            way_out = f"name others in clusters.{key}.node_pools.{pool}.instance_types, or take another region"
            yield Part(name, "broken", f"{environment.aws.region} sells no {kinds} in {', '.join(used)}", way_out)
        else:
            short = f"; nothing of it in {', '.join(without)}" if without else ""
            yield Part(name, "ok", f"{', '.join(sorted(wanted))} in {', '.join(zone for zone in used if sold[zone])}{short}")


def _of_capacity(environment: Environment, cloud: Cloud) -> Iterator[tuple[str, Check]]:
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
    for model, described in environment.models.items():
        if described.serving is not None and described.serving.runtime.kind == "sagemaker":
            kind, most = described.serving.runtime.instance_type, described.serving.scaling.max
            yield f"quota of {model}", partial(_hosting, model, kind, most, cloud)


def _instances(environment: Environment, cloud: Cloud) -> Iterator[Part]:
    asked: dict[str, int] = {}
    pools = [pool for cluster in environment.clusters.values() if cluster.kind == "eks" for pool in cluster.node_pools.values()]
    sizes = cloud.virtual_cpus(sorted({kind for pool in pools for kind in pool.instance_types})) if pools else {}
    for pool in pools:
        # A pool may become all of its largest type.
        largest = max(pool.instance_types, key=lambda kind: sizes.get(kind, 0))
        code = _code(largest, spot=pool.capacity == "spot")
        if code is None or largest not in sizes:
            yield Part(f"quota of {largest}", "unknown", f"nobody knows here which limit {largest} has", needed=False)
        else:
            asked[code] = asked.get(code, 0) + pool.max * sizes[largest]
    for code, cpus in asked.items():
        yield from _answered(f"quota {code}", partial(_processors, code, cpus, cloud))


def _processors(code: str, cpus: int, cloud: Cloud) -> Iterator[Part]:
    yield from _counted(cloud.quota("ec2", code), cpus, 0, "vCPUs")


def _code(instance_type: str, *, spot: bool) -> str | None:
    letters = re.match(r"[a-z]+", instance_type)
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


def _hosting(model: str, instance_type: str, most: int, cloud: Cloud) -> Iterator[Part]:
    limit = cloud.quota_called("sagemaker", f"{instance_type} for endpoint usage")
    if limit is None:
        yield Part(f"quota of {model}", "unknown", f"AWS names no limit of {instance_type} for endpoints", needed=False)
    else:
        yield from _counted(limit, most, 0)


def _of_things(environment: Environment, cloud: Cloud) -> Iterator[tuple[str, Check]]:
    bucket = bucket_name(environment)
    yield "model store", lambda: _bucket(bucket, cloud)
    for field, arn in _keys(environment):
        yield field, partial(_key, field, arn, cloud)
    for model, described in environment.models.items():
        for version in described.traffic.versions if described.traffic is not None else ():
            name, pinned = f"{model} {version}", described.versions[version]
            if pinned.image.registry is None:
                repository = f"{environment.environment}/{pinned.image.name}"
                yield name, partial(_image, name, repository, pinned.image.digest, cloud)
            if pinned.weights.kind == "store":
                yield name, partial(_weights, name, bucket, pinned.weights.key, cloud)


def _keys(environment: Environment) -> Iterator[tuple[str, str]]:
    for field, key in (("registry.images.key", environment.registry.images.key), ("registry.models.key", environment.registry.models.key)):
        if key is not None:
            yield field, key
    for name, cluster in environment.clusters.items():
        if cluster.kind == "eks" and cluster.secrets_key is not None:
            yield f"clusters.{name}.secrets_key", cluster.secrets_key


def _bucket(name: str, cloud: Cloud) -> Iterator[Part]:
    match cloud.bucket_owner(name):
        case None:
            yield Part("model store", "ok", f"the name {name} is free")
        case "ours":
            yield Part("model store", "ok", f"{name} is there, in this account")
        case _:
            yield Part("model store", "broken", f"the name {name} is taken by another account", "set registry.models.bucket")


def _key(field: str, arn: str, cloud: Cloud) -> Iterator[Part]:
    state = cloud.key_state(arn)
    if state == "Enabled":
        yield Part(field, "ok", arn)
    else:
        yield Part(field, "missing" if state is None else "broken", f"{arn} is {state or 'not there'}", f"name another key in {field}")


def _image(name: str, repository: str, digest: str, cloud: Cloud) -> Iterator[Part]:
    publish = f"`modelway publish` puts it there: {name}"
    match cloud.has_image(repository, digest):
        case None:
            yield Part(f"image of {name}", "missing", f"there is no repository {repository} yet", publish, needed=False)
        case False:
            yield Part(f"image of {name}", "missing", f"{repository} has no {digest}", publish)
        case True:
            yield Part(f"image of {name}", "ok", f"{repository}@{digest}")


def _weights(name: str, bucket: str, key: str, cloud: Cloud) -> Iterator[Part]:
    publish = f"`modelway publish` puts them there: {name}"
    if cloud.bucket_owner(bucket) != "ours":
        yield Part(f"weights of {name}", "missing", f"there is no {bucket} yet", publish, needed=False)
    elif cloud.has_object(bucket, key):
        yield Part(f"weights of {name}", "ok", f"s3://{bucket}/{key}")
    else:
        yield Part(f"weights of {name}", "missing", f"{bucket} has no {key}", publish)
