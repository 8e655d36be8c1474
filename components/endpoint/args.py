"""What a model that serves on Kubernetes is made from."""

from typing import NotRequired, TypedDict

import pulumi


class HeaderArgs(TypedDict):
    """A header of a request, with its exact value."""

    name: str
    value: str


class FetchArgs(TypedDict):
    """How weights are fetched before the serving program starts."""

    image: pulumi.Input[str]
    """Full reference of the fetching program, with a digest."""
    file: NotRequired[str]
    """Name of the file that the serving program finds; without it the weights are an archive, which is unpacked."""
    disk_bytes: NotRequired[int]
    """Room on the node's disk, asked for and not exceeded. Default: 1 GiB is asked for; what may be taken is as much as memory, and 1 GiB
    at least."""


class ServedVersionArgs(TypedDict):
    """One version that runs."""

    image: pulumi.Input[str]
    """Full reference with a digest."""
    weights_uri: NotRequired[pulumi.Input[str]]
    """`s3://bucket/key`; this or weights_artifact."""
    weights_sha256: NotRequired[str]
    """64 hex digits of the file at weights_uri."""
    weights_artifact: NotRequired[pulumi.Input[str]]
    """Reference of an OCI artifact with its digest; a volume of every pod."""
    fetch: NotRequired[FetchArgs]
    """Who gets what is at weights_uri; the serving program itself when absent."""
    weight: int
    """Percentage of requests that it answers; of all versions together 100."""
    header: NotRequired[HeaderArgs]
    """Header of the requests that it answers besides."""
    mirror: NotRequired[int]
    """Percentage of requests that are copied to it, its answers thrown away."""
    identity: NotRequired[pulumi.Input[str]]
    """Id of its pod identity association; its pods start after it."""


class ScheduleArgs(TypedDict):
    """A time with more pods."""

    begin: str
    """As cron has it."""
    end: str
    time_zone: str
    pods: int


class TargetsArgs(TypedDict):
    """What the autoscaler keeps to."""

    cpu_percent: NotRequired[int]
    """Mean use of the requested processors."""
    memory_percent: NotRequired[int]
    concurrency: NotRequired[int]
    """Requests that a pod works on at once."""
    requests_per_second: NotRequired[int]
    latency_p99_seconds: NotRequired[float]
    queue_depth: NotRequired[int]
    """Requests that wait, for each pod."""
    schedules: NotRequired[list[ScheduleArgs]]
    metrics_address: NotRequired[pulumi.Input[str]]
    """Where Prometheus answers; needed for all but use of processors and memory, and schedules."""
    wake: NotRequired[str]
    """What Prometheus is asked to know whether somebody wants the model while it has no pod; needed where min_replicas is 0."""
    idle_seconds: NotRequired[int]
    """How long nobody has to want it until the last pod goes. Only with wake."""
    metrics_region: NotRequired[str]
    """AWS region, where requests to it have to be signed."""


class TolerationArgs(TypedDict):
    """A taint that does not matter."""

    key: str
    value: str
    effect: str
    """As Kubernetes writes it."""


class PlacementArgs(TypedDict):
    """Which nodes pods run on; any that has room, spread over zones, where nothing is said."""

    node_labels: NotRequired[dict[str, str]]
    tolerated: NotRequired[list[TolerationArgs]]
    avoid_spot: NotRequired[bool]
    spread_required: NotRequired[bool]
    """Whether pods wait rather than be uneven over zones."""
    priority_class: NotRequired[str]


class TokenArgs(TypedDict):
    """Tokens that callers from outside of the cluster show (RFC 7519)."""

    issuer: str
    audiences: list[str]
    keys: str
    """Address of the issuer's keys."""


class AccessArgs(TypedDict):
    """Who may call; nobody else can."""

    live: str
    """Version that answers callers in the cluster."""
    namespaces: list[str]
    """Whose pods may call, the team's own among them."""
    teams: list[str]
    """Teams among these whose pods are given a way out to the model."""
    tokens: NotRequired[TokenArgs]
    """What callers through the Gateway show; without it there is no way through the Gateway."""


class StickyArgs(TypedDict):
    """Callers that keep to one pod."""

    by: str
    """cookie or header."""
    name: str
    seconds: NotRequired[int]
    """How long a cookie is kept; until the session ends when absent."""


class RetriesArgs(TypedDict):
    """When the Gateway sends a request that failed again."""

    attempts: int
    on: list[str]
    """Envoy's names of failures, such as connect-failure."""
    per_try_seconds: NotRequired[float]
    """Until one try is given up; no limit of its own when absent."""


class KubernetesEndpointArgs(TypedDict):
    """What an endpoint is made from."""

    model: str
    team: str
    namespace: pulumi.Input[str]
    gateway_name: pulumi.Input[str]
    gateway_namespace: pulumi.Input[str]
    proxies: NotRequired[list[str]]
    """Namespaces that the Gateway's proxies run in besides its own. Default: none."""
    monitoring_namespace: pulumi.Input[str]
    """Where metrics are read from."""
    versions: dict[str, ServedVersionArgs]
    cpu_millicores: int
    memory_bytes: int
    gpus: NotRequired[int]
    gpu_resource: NotRequired[str]
    """What a GPU is called where a pod asks for one; nvidia.com/gpu when absent."""
    min_replicas: int
    """0 for a model that has no pod while nobody wants it: see targets."""
    max_replicas: int
    targets: NotRequired[TargetsArgs]
    """Default: 70 % of the requested processors."""
    placement: NotRequired[PlacementArgs]
    access: NotRequired[AccessArgs]
    """Without it, whoever reaches the Gateway may call, and nobody else."""
    overseers: NotRequired[str]
    """Group of people who may stop the model and do nothing else. Without it nobody has only that right."""
    sticky: NotRequired[StickyArgs]
    retries: NotRequired[RetriesArgs]
    warm_up_seconds: NotRequired[int]
    """Until a pod answers. Default: 300."""
    drain_seconds: NotRequired[int]
    """To finish what a pod was asked, once it accepts nothing more. Default: 20."""
    timeout_seconds: NotRequired[int]
    """Until the Gateway answers with an error; its own limit when absent."""
    environment: NotRequired[dict[str, pulumi.Input[str]]]
    """Variables of the serving program on top of its own."""
