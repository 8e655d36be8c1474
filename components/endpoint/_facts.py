"""From what an endpoint is made from to what its manifests are made from."""

from typing import TYPE_CHECKING

from components._names import versioned
from components.endpoint._access import Callers
from components.endpoint._placement import Placement
from components.endpoint._route import Spread
from components.endpoint._scaling import Schedule, Targets
from components.endpoint._traffic import Retries, Sticky
from components.endpoint._version import Times, Version
from components.endpoint._weights import Weights

if TYPE_CHECKING:
    from components.endpoint.args import KubernetesEndpointArgs, ServedVersionArgs, TargetsArgs

LEAST_DISK = 1 << 30
"""Bytes of a disk that are asked for fetched weights where nothing is said."""


def check(args: "KubernetesEndpointArgs") -> None:
    """Raises ValueError for what could only fail later, or would serve otherwise than it says."""
    model, versions, targets = args["model"], args["versions"], args.get("targets", {})
    total = sum(made["weight"] for made in versions.values())
    if total != 100:
        raise ValueError(f"{model}: the weights of its versions have to be 100 together, and are {total}")
    for version, made in versions.items():
        if ("weights_uri" in made) == ("weights_artifact" in made):
            raise ValueError(f"{model} {version}: either weights_uri or weights_artifact says where its weights are")
    if _targets(args).counted and "metrics_address" not in targets:
        raise ValueError(f"{model}: targets that count requests need metrics_address, where Prometheus answers")
    if may_sleep(args) != bool(targets.get("wake")):
        raise ValueError(f"{model}: with min_replicas 0, and only then, `wake` says what to ask to know that it is wanted")
    if args.get("gpus") and not _targets(args).counted:
        raise ValueError(f"{model}: a model with GPUs needs a target other than processors and memory, which say nothing of GPUs")


def version(args: "KubernetesEndpointArgs", name: str) -> Version:
    """Version `name` as its manifests need it."""
    made = args["versions"][name]
    return Version(
        model=args["model"],
        version=name,
        team=args["team"],
        namespace=args["namespace"],
        image=made["image"],
        weights=_weights(made, args["memory_bytes"]),
        cpu_millicores=args["cpu_millicores"],
        memory_bytes=args["memory_bytes"],
        gpus=args.get("gpus", 0),
        gpu_resource=args.get("gpu_resource", "nvidia.com/gpu"),
        min_replicas=args["min_replicas"],
        max_replicas=args["max_replicas"],
        targets=_targets(args),
        placement=_placement(args),
        times=Times(args.get("warm_up_seconds", 300), args.get("drain_seconds", 20)),
        gateway_namespace=args["gateway_namespace"],
        monitoring_namespace=args["monitoring_namespace"],
        environment=args.get("environment", {}),
        identity=made.get("identity"),
    )


def callers(args: "KubernetesEndpointArgs") -> Callers:
    """Who may call."""
    proxies = args.get("proxies", [])
    if "access" not in args:
        return Callers(proxies=proxies)
    return Callers(gateway="tokens" in args["access"], proxies=proxies, namespaces=args["access"]["namespaces"])


def may_sleep(args: "KubernetesEndpointArgs") -> bool:
    """Whether there may be no pod at all."""
    return args["min_replicas"] == 0


def sticky(args: "KubernetesEndpointArgs") -> Sticky | None:
    return Sticky(**args["sticky"]) if "sticky" in args else None


def retries(args: "KubernetesEndpointArgs") -> Retries | None:
    return Retries(**args["retries"]) if "retries" in args else None


def spread(args: "KubernetesEndpointArgs") -> Spread:
    """Who gets which requests; the largest share first, so that a canary is read behind what is live."""
    model, versions = args["model"], args["versions"]
    by_weight = sorted(versions.items(), key=lambda item: (-item[1]["weight"], item[0]))
    return Spread(
        {versioned(model, name): made["weight"] for name, made in by_weight if made["weight"]},
        {
            versioned(model, name): (made["header"]["name"], made["header"]["value"])
            for name, made in sorted(versions.items())
            if "header" in made
        },
        {versioned(model, name): made["mirror"] for name, made in sorted(versions.items()) if "mirror" in made},
        args.get("timeout_seconds", 0),
    )


def _weights(made: "ServedVersionArgs", memory_bytes: int) -> Weights:
    if "weights_artifact" in made:
        return Weights(artifact=made["weights_artifact"])
    fetch = made.get("fetch")
    return Weights(
        uri=made.get("weights_uri"),
        sha256=made.get("weights_sha256", ""),
        fetcher=fetch["image"] if fetch else None,
        file=fetch.get("file", "") if fetch else "",
        asked_bytes=fetch.get("disk_bytes", LEAST_DISK) if fetch else 0,
        # Weights are loaded, so most fit into memory; those that do not say how large they are.
        most_bytes=fetch.get("disk_bytes", max(memory_bytes, LEAST_DISK)) if fetch else 0,
    )


def _targets(args: "KubernetesEndpointArgs") -> Targets:
    by_default: TargetsArgs = {"cpu_percent": 70}
    given = args.get("targets", by_default)
    return Targets(
        cpu_percent=given.get("cpu_percent", 0),
        memory_percent=given.get("memory_percent", 0),
        concurrency=given.get("concurrency", 0),
        requests_per_second=given.get("requests_per_second", 0),
        latency_p99_seconds=given.get("latency_p99_seconds", 0),
        queue_depth=given.get("queue_depth", 0),
        schedules=[Schedule(one["begin"], one["end"], one["time_zone"], one["pods"]) for one in given.get("schedules", [])],
        metrics_address=given.get("metrics_address"),
        metrics_region=given.get("metrics_region", ""),
        wake=given.get("wake", ""),
        idle_seconds=given.get("idle_seconds", 300),
    )


def _placement(args: "KubernetesEndpointArgs") -> Placement:
    given = args.get("placement", {})
    return Placement(
        node_labels=given.get("node_labels", {}),
        tolerated=[(one["key"], one["value"], one["effect"]) for one in given.get("tolerated", [])],
        avoid_spot=given.get("avoid_spot", False),
        spread_required=given.get("spread_required", False),
        priority_class=given.get("priority_class", ""),
    )
