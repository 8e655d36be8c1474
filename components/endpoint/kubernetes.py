"""A model that serves on Kubernetes."""

from typing import NotRequired, TypedDict

import pulumi

from components._names import versioned
from components.endpoint import _route as routes
from components.endpoint import _workload as workload
from components.objects import KubernetesObject, Manifest


class ServedVersionArgs(TypedDict):
    """One version that runs."""

    image: pulumi.Input[str]
    """Full reference with a digest."""
    weights_uri: pulumi.Input[str]
    """`s3://bucket/key`."""
    weights_sha256: str
    """64 hex digits."""
    weight: int
    """Percentage of requests that it answers; of all versions together 100."""
    mirror: NotRequired[int]
    """Percentage of requests that are copied to it, its answers thrown away."""
    identity: NotRequired[pulumi.Input[str]]
    """Id of its pod identity association; its pods start after it."""


class KubernetesEndpointArgs(TypedDict):
    """What an endpoint is made from."""

    model: str
    team: str
    namespace: pulumi.Input[str]
    gateway_name: pulumi.Input[str]
    gateway_namespace: pulumi.Input[str]
    monitoring_namespace: pulumi.Input[str]
    """Where metrics are read from."""
    versions: dict[str, ServedVersionArgs]
    cpu_millicores: int
    memory_bytes: int
    gpus: NotRequired[int]
    min_replicas: int
    max_replicas: int
    cpu_target_percent: NotRequired[int]
    """Mean use of the requested processors that the autoscaler steers for. Default: 70."""
    environment: NotRequired[dict[str, str]]
    """Variables of the serving program on top of its own."""


class KubernetesEndpoint(pulumi.ComponentResource):
    """One HTTPRoute, and per version Deployment, Service, ServiceAccount, HorizontalPodAutoscaler, PodDisruptionBudget, NetworkPolicy.

    - a version gets requests once its pods are ready, and keeps its pods until the route no longer names it
    - pods run as nobody on a read-only disk without privileges or a token, and talk to whom the policy names
    - replicas are the autoscaler's, the route's rules are Pulumi's
    """

    route: pulumi.Output[str]
    """Name of the HTTPRoute."""
    namespace: pulumi.Output[str]
    url_path: pulumi.Output[str]
    """Path of the model behind the Gateway."""
    weights: pulumi.Output[dict[str, int]]
    """Percentage of requests by version; 0 for one that gets copies alone."""
    mirrors: pulumi.Output[dict[str, int]]
    """Percentage of requests that are copied, by the version that gets them."""

    def __init__(self, name: str, args: KubernetesEndpointArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("modelway:index:KubernetesEndpoint", name, {**args}, opts)
        self._name = name
        self._child = pulumi.ResourceOptions(parent=self)
        model, versions = args["model"], args["versions"]
        _check(model, versions)
        running = [resource for version in sorted(versions) for resource in self._serve(version, args)]
        route = self._object(
            "route",
            routes.http_route(
                model,
                args["team"],
                args["namespace"],
                {"name": args["gateway_name"], "namespace": args["gateway_namespace"]},
                # The largest share first, so that a canary is read behind what is live.
                {
                    versioned(model, version): made["weight"]
                    for version, made in sorted(versions.items(), key=lambda item: (-item[1]["weight"], item[0]))
                    if made["weight"]
                },
                {versioned(model, version): made["mirror"] for version, made in sorted(versions.items()) if "mirror" in made},
            ),
            running,
        )
        self.route = route.physical_name
        self.namespace = pulumi.Output.from_input(args["namespace"])
        self.url_path = pulumi.Output.from_input(routes.url_path(model))
        self.weights = pulumi.Output.from_input({version: made["weight"] for version, made in sorted(versions.items())})
        self.mirrors = pulumi.Output.from_input({version: made["mirror"] for version, made in sorted(versions.items()) if "mirror" in made})
        self.register_outputs(
            {
                "route": self.route,
                "namespace": self.namespace,
                "url_path": self.url_path,
                "weights": self.weights,
                "mirrors": self.mirrors,
            }
        )

    def _serve(self, version: str, args: KubernetesEndpointArgs) -> list[KubernetesObject]:
        made = args["versions"][version]
        facts = workload.Version(
            model=args["model"],
            version=version,
            team=args["team"],
            namespace=args["namespace"],
            image=made["image"],
            weights_uri=made["weights_uri"],
            weights_sha256=made["weights_sha256"],
            cpu_millicores=args["cpu_millicores"],
            memory_bytes=args["memory_bytes"],
            gpus=args.get("gpus", 0),
            min_replicas=args["min_replicas"],
            max_replicas=args["max_replicas"],
            cpu_target_percent=args.get("cpu_target_percent", 70),
            gateway_namespace=args["gateway_namespace"],
            monitoring_namespace=args["monitoring_namespace"],
            environment=args.get("environment", {}),
            identity=made.get("identity"),
        )
        account = self._object(f"{version}-account", workload.service_account(facts))
        policy = self._object(f"{version}-network", workload.network_policy(facts))
        deployment = self._object(f"{version}-deployment", workload.deployment(facts), [account, policy])
        service = self._object(f"{version}-service", workload.service(facts), [deployment])
        self._object(f"{version}-disruption", workload.disruption_budget(facts))
        self._object(f"{version}-autoscaler", workload.autoscaler(facts), [deployment])
        return [deployment, service]

    def _object(self, role: str, manifest: Manifest, after: list[KubernetesObject] | None = None) -> KubernetesObject:
        opts = pulumi.ResourceOptions.merge(self._child, pulumi.ResourceOptions(depends_on=after or []))
        return KubernetesObject(f"{self._name}-{role}", manifest, opts)


def _check(model: str, versions: dict[str, ServedVersionArgs]) -> None:
    total = sum(made["weight"] for made in versions.values())
    if total != 100:
        raise ValueError(f"{model}: the weights of its versions have to be 100 together, and are {total}")
