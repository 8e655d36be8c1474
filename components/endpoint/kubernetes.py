"""A model that serves on Kubernetes."""

import pulumi

from components.endpoint import _access as access
from components.endpoint import _facts as facts
from components.endpoint import _route as routes
from components.endpoint import _scaling as scaling
from components.endpoint import _stopping as stopping
from components.endpoint import _traffic as traffic
from components.endpoint import _workload as workload
from components.endpoint.args import KubernetesEndpointArgs, ServedVersionArgs
from components.objects import KubernetesObject, Manifest

__all__ = ["KubernetesEndpoint", "KubernetesEndpointArgs", "ServedVersionArgs"]


class KubernetesEndpoint(pulumi.ComponentResource):
    """Per version Deployment, Service, ServiceAccount, autoscaler, PodDisruptionBudget, NetworkPolicy; one HTTPRoute over all of them.

    - a version gets requests once it has its fewest pods, and keeps its pods until the route no longer names it
    - pods run as nobody on a read-only disk without privileges or a token, and talk to whom the policies name
    - replicas are the autoscaler's (an HPA, or KEDA's ScaledObject where targets ask for more), the route's rules are Pulumi's
    - where access is limited: an address in the cluster, ways out for callers, a check of tokens at the Gateway or no route there
    - where overseers are named: a Role that lets their group stop the model, and nothing else
    """

    route: pulumi.Output[str]
    """Name of the HTTPRoute; empty where nobody may come through the Gateway."""
    namespace: pulumi.Output[str]
    url_path: pulumi.Output[str]
    """Path of the model behind the Gateway."""
    weights: pulumi.Output[dict[str, int]]
    """Percentage of requests by version; 0 for one that gets copies, or requests with a header, alone."""
    mirrors: pulumi.Output[dict[str, int]]
    """Percentage of requests that are copied, by the version that gets them."""

    def __init__(self, name: str, args: KubernetesEndpointArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("modelway:index:KubernetesEndpoint", name, {**args}, opts)
        self._name = name
        self._child = pulumi.ResourceOptions(parent=self)
        versions = args["versions"]
        facts.check(args)
        running = [resource for version in sorted(versions) for resource in self._serve(version, args)]
        self._admit(args, running)
        self._oversee(args)
        self.route = self._route(args, running)
        self.namespace = pulumi.Output.from_input(args["namespace"])
        self.url_path = pulumi.Output.from_input(routes.url_path(args["model"]))
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
        known = facts.version(args, version)
        account = self._object(f"{version}-account", workload.service_account(known))
        policy = self._object(f"{version}-network", access.network_policy(known, facts.callers(args)))
        # The autoscaler owns the number from then on.
        scaled = pulumi.ResourceOptions(ignore_changes=["spec.replicas"])
        deployment = self._object(f"{version}-deployment", workload.deployment(known), [account, policy], scaled)
        service = self._object(f"{version}-service", workload.service(known), [deployment])
        self._object(f"{version}-disruption", workload.disruption_budget(known))
        before = [deployment]
        if known.targets.metrics_region and known.targets.counted:
            before.append(self._object(f"{version}-metrics", scaling.signature(known)))
        self._object(f"{version}-autoscaler", scaling.autoscaler(known), before)
        return [deployment, service]

    def _admit(self, args: KubernetesEndpointArgs, running: list[KubernetesObject]) -> None:
        """For callers in the cluster, where it is said who they are."""
        if "access" not in args:
            return
        model, team, namespace, admitted = args["model"], args["team"], args["namespace"], args["access"]
        self._object("inside", access.inside(model, admitted["live"], team, namespace), running)
        for calling in sorted(admitted["teams"]):
            self._object(f"calls-{calling}", access.way_out(model, team, namespace, calling, calling))

    def _oversee(self, args: KubernetesEndpointArgs) -> None:
        """For people who may stop the model, where it is said who they are."""
        if "overseers" not in args:
            return
        model, team, namespace = args["model"], args["team"], args["namespace"]
        role = self._object("stop", stopping.role(model, team, namespace))
        self._object("overseers", stopping.binding(model, team, namespace, args["overseers"]), [role])

    def _route(self, args: KubernetesEndpointArgs, running: list[KubernetesObject]) -> pulumi.Output[str]:
        if not facts.callers(args).gateway:
            return pulumi.Output.from_input("")
        model, team, namespace = args["model"], args["team"], args["namespace"]
        gateway = {"name": args["gateway_name"], "namespace": args["gateway_namespace"]}
        # Policies first: a route that nobody checks would be open until they come.
        policies = []
        if "access" in args and "tokens" in args["access"]:
            policies.append(self._object("tokens", access.tokens(model, team, namespace, **args["access"]["tokens"])))
        sticky, retries, asleep = facts.sticky(args), facts.retries(args), facts.may_sleep(args)
        if sticky is not None or retries is not None or asleep:
            treated = traffic.policy(model, team, namespace, sticky=sticky, retries=retries, asleep=asleep)
            former = pulumi.ResourceOptions(aliases=[pulumi.Alias(name=f"{self._name}-sticky")])
            policies.append(self._object("traffic", treated, more=former))
        manifest = routes.http_route(model, team, namespace, gateway, facts.spread(args))
        return self._object("route", manifest, [*running, *policies]).physical_name

    def _object(
        self, role: str, manifest: Manifest, after: list[KubernetesObject] | None = None, more: pulumi.ResourceOptions | None = None
    ) -> KubernetesObject:
        opts = pulumi.ResourceOptions.merge(self._child, pulumi.ResourceOptions(depends_on=after or []))
        return KubernetesObject(f"{self._name}-{role}", manifest, pulumi.ResourceOptions.merge(opts, more))
