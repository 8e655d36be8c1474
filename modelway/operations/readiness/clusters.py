"""Whether a region has what an environment's clusters ask for, and whether they can be reached."""

from collections.abc import Callable, Iterator
from functools import partial

from modelway.architecture import EksCluster, Environment
from modelway.operations.doctor import Part
from modelway.operations.readiness.asking import Check, Cloud


def of_clusters(environment: Environment, cloud: Cloud, reaches: Callable[[str], bool]) -> Iterator[tuple[str, Check]]:
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
