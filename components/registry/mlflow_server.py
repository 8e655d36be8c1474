"""An MLflow server in a cluster."""

from typing import NotRequired, TypedDict

import pulumi

from components._labels import TEAM
from components.cluster import _manifests as manifests
from components.objects import KubernetesObject
from components.registry import _mlflow as mlflow


class MlflowRouteArgs(TypedDict):
    """How the server is reached from outside of the cluster."""

    hostname: str
    gateway_name: pulumi.Input[str]
    gateway_namespace: pulumi.Input[str]
    proxies: NotRequired[list[str]]
    """Namespaces that the Gateway's proxies run in besides its own. Default: none."""


class MlflowServerArgs(TypedDict):
    """What an MLflow server is made from."""

    image: str
    """By digest; with `mlflow[auth]`, psycopg2 and boto3."""
    replicas: int
    region: str
    bucket: pulumi.Input[str]
    """Name of the bucket of what is logged."""
    address: pulumi.Input[str]
    """Host name of the database."""
    identity: pulumi.Input[str]
    """Id of the association that gives the pods their role; they start after it."""
    database_password: pulumi.Input[str]
    admin_password: pulumi.Input[str]
    """Of the user `admin`, when the server first starts."""
    certificates: str
    """File in the image with the certificates by which the database is known."""
    database_blocks: list[str]
    """Addresses that the database may have, as CIDR blocks."""
    callers: NotRequired[dict[str, pulumi.Input[str]]]
    """Namespace by team whose pods may call. Default: nobody's."""
    route: NotRequired[MlflowRouteArgs]
    """Default: the Gateway leads nobody here."""
    dns_on_nodes: NotRequired[bool]
    """Whether nodes answer questions to DNS, not pods alone, as in EKS Auto Mode. Default: no."""


class MlflowServer(pulumi.ComponentResource):
    """An MLflow server in a namespace of its own, that asks everybody for a name and a password.

    - Pod Security `restricted`; all traffic denied but DNS, AWS, the database, and the callers that are named
    - what clients log goes through the server, so that they need no right in AWS
    - who is known and was granted nothing sees nothing
    - passwords are in one Secret of the namespace; when one changes, pods start anew
    """

    url: pulumi.Output[str]
    """What `mlflow.set_tracking_uri` takes in the cluster; the server is ready when it is known."""
    namespace: pulumi.Output[str]

    def __init__(self, name: str, args: MlflowServerArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("modelway:index:MlflowServer", name, {**args}, opts)
        self._name, self._args = f"{name}-mlflow", args
        self._child = pulumi.ResourceOptions(parent=self)
        # The Gateway takes routes from namespaces that are a team's.
        own = {TEAM: mlflow.NAMESPACE} if "route" in args else {}
        home = self._object("namespace", manifests.namespace(mlflow.NAMESPACE, pod_security="restricted", labels=own), [])
        self._guards(home)
        content: pulumi.Output[dict[str, str]] = pulumi.Output.all(
            args["address"], pulumi.Output.secret(args["database_password"]), pulumi.Output.secret(args["admin_password"])
        ).apply(lambda known: mlflow.secrets(known[0], known[1], known[2], args["certificates"]))
        secret = self._object("passwords", mlflow.secret(content), self._closed)
        account = self._object("account", mlflow.service_account(), self._closed)
        pods = self._object("pods", mlflow.deployment(self._server(secret, content)), [*self._closed, account])
        self._object("disruption", mlflow.disruption_budget(), self._closed)
        service = self._object("service", mlflow.service(), self._closed)
        ready = [pods.physical_name, service.physical_name]
        if "route" in args:
            ready.append(self._route(args["route"], service).physical_name)
        self.namespace = home.physical_name
        self.url = pulumi.Output.all(*ready).apply(lambda _: f"http://{mlflow.NAME}.{mlflow.NAMESPACE}")
        self.register_outputs({"url": self.url, "namespace": self.namespace})

    def _guards(self, home: KubernetesObject) -> None:
        args = self._args
        callers = args.get("callers", {})
        denial = manifests.default_deny(mlflow.NAMESPACE, dns_on_nodes=args.get("dns_on_nodes", False))
        proxies = [args["route"]["gateway_namespace"], *args["route"].get("proxies", [])] if "route" in args else []
        allowed = mlflow.network_policy([callers[team] for team in sorted(callers)], proxies, args["database_blocks"])
        self._closed = [self._object("default-deny", denial, [home]), self._object("access", allowed, [home])]
        for team in sorted(callers):
            self._object(f"calls-of-{team}", mlflow.way_out(team, callers[team]), [])

    def _server(self, secret: KubernetesObject, content: pulumi.Output[dict[str, str]]) -> mlflow.Server:
        args = self._args
        return mlflow.Server(
            image=args["image"],
            replicas=args["replicas"],
            destination=pulumi.Output.concat("s3://", args["bucket"], "/", mlflow.ARTIFACTS),
            region=args["region"],
            identity=args["identity"],
            secret=secret.physical_name,
            sum=content.apply(mlflow.sum_of),
            hostname=args["route"]["hostname"] if "route" in args else "",
        )

    def _route(self, args: MlflowRouteArgs, service: KubernetesObject) -> KubernetesObject:
        gateway = {"name": args["gateway_name"], "namespace": args["gateway_namespace"]}
        return self._object("route", mlflow.route(args["hostname"], gateway), [service])

    def _object(self, kind: str, manifest: mlflow.Manifest, after: list[KubernetesObject]) -> KubernetesObject:
        opts = pulumi.ResourceOptions.merge(self._child, pulumi.ResourceOptions(depends_on=list(after) or None))
        return KubernetesObject(f"{self._name}-{kind}", manifest, opts)
