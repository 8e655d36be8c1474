"""What looks, ever again, whether a model has drifted, in a cluster."""

import hashlib
from typing import NotRequired, TypedDict

import pulumi
import pulumi_aws as aws

from components import _drift_job as jobs
from components import _drift_policies as drift
from components import _drift_times as times
from components import _policies as policies
from components._statements import text
from components.objects import KubernetesObject, Manifest


class SightArgs(TypedDict):
    """What the job of an endpoint reads and writes."""

    payloads_arn: pulumi.Input[str]
    """Bucket of what is kept of requests."""
    payloads_prefix: str
    """Folder in it, with a slash at its end; empty where the whole bucket is the endpoint's."""
    store_arn: pulumi.Input[str]
    """Model store."""
    baselines: list[str]
    """Keys in the model store."""
    elsewhere: NotRequired[list[str]]
    """ARNs of baselines in buckets of somebody else."""
    results_arn: pulumi.Input[str]
    """Bucket of results: DriftResults.bucket_arn."""
    prefix: str
    """Where the endpoint's results are in it, with a slash at its end."""
    key_arn: pulumi.Input[str]
    """KMS key of all these buckets."""
    labels: NotRequired[str]
    """s3://BUCKET/FOLDER/ where it becomes known what was right."""
    buses: NotRequired[list[str]]
    """ARNs of event buses that are told."""
    workspace_arn: NotRequired[pulumi.Input[str]]
    """Workspace of Amazon Managed Service for Prometheus that metrics are written to."""


def seen(args: SightArgs, region: str) -> pulumi.Output[drift.Sight]:
    """What the policy of a job's role names, once all of it is known."""
    values = {"payloads": args["payloads_arn"], "store": args["store_arn"], "results": args["results_arn"], "key": args["key_arn"]}
    if "workspace_arn" in args:
        values["workspace"] = args["workspace_arn"]
    return pulumi.Output.all(**values).apply(
        lambda known: drift.Sight(
            region=region,
            payloads_prefix=args["payloads_prefix"],
            baselines=args["baselines"],
            elsewhere=args.get("elsewhere", []),
            prefix=args["prefix"],
            labels=args.get("labels"),
            buses=args.get("buses", []),
            **{name: str(value) for name, value in known.items()},
        )
    )


class DriftIdentityArgs(TypedDict):
    """What the identity of a job is made from."""

    model: str
    account: str
    """AWS account, 12 digits."""
    region: str
    cluster_name: pulumi.Input[str]
    cluster_arn: pulumi.Input[str]
    namespace: pulumi.Input[str]
    """Where the job runs."""
    sight: SightArgs


class DriftIdentity(pulumi.ComponentResource):
    """A role that can read what one endpoint was asked, its baselines and labels, and write its results, and nothing else. The job's pods
    get it by EKS Pod Identity; their service account has the name that DriftMonitor gives it.
    """

    role_arn: pulumi.Output[str]
    association: pulumi.Output[str]
    """Id of the association; pods that start later have the role."""

    def __init__(self, name: str, args: DriftIdentityArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("modelway:index:DriftIdentity", name, {**args}, opts)
        child = pulumi.ResourceOptions(parent=self)
        account = args["account"]
        trust = pulumi.Output.from_input(args["cluster_arn"]).apply(lambda arn: text(policies.assumed_by_pods(account, arn)))
        role = aws.iam.Role(
            f"{name}-drift", description=f"The job that looks for drift of {args['model']}", assume_role_policy=trust, opts=child
        )
        permitted = seen(args["sight"], args["region"]).apply(lambda sight: text(drift.look(sight)))
        granted = aws.iam.RolePolicy(f"{name}-drift-look", role=role.id, policy=permitted, opts=child)
        self.role_arn = role.arn
        self.association = aws.eks.PodIdentityAssociation(
            f"{name}-drift",
            cluster_name=args["cluster_name"],
            namespace=args["namespace"],
            service_account=jobs.name(args["model"]),
            role_arn=pulumi.Output.all(role.arn, granted.id).apply(lambda known: str(known[0])),
            opts=child,
        ).association_id
        self.register_outputs({"role_arn": self.role_arn, "association": self.association})


class DriftMonitorArgs(TypedDict):
    """What the job of an endpoint is made from."""

    model: str
    team: str
    namespace: pulumi.Input[str]
    """Where it runs: beside Prometheus, away from the pods of teams, who may not see what it tells others with."""
    region: str
    image: str
    """By digest."""
    window_seconds: float
    lateness_seconds: float
    """How long requests of a window may still come after it."""
    watched: pulumi.Input[str]
    """What is watched, as `modelway drift run --watched` reads it: JSON."""
    secrets: NotRequired[dict[str, pulumi.Input[str]]]
    """Addresses and tokens of those who are told, by environment variable."""
    identity: NotRequired[pulumi.Input[str]]
    """DriftIdentity.association; without it pods have what the cluster gives their service account."""


class DriftMonitor(pulumi.ComponentResource):
    """A CronJob that looks for drift of one endpoint after each window.

    - it is told what is watched by an immutable ConfigMap whose name ends in the hash of its content, so that a run never reads half of
      one and half of another
    - nobody reaches its pods; they reach AWS, those who are told, and Prometheus
    """

    cron_job: pulumi.Output[str]
    """Name of the CronJob."""
    schedule: pulumi.Output[str]
    """When it runs, in UTC, as cron writes it."""

    def __init__(self, name: str, args: DriftMonitorArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        # What is watched is in the ConfigMap, and the state has it once.
        told = {key: value for key, value in args.items() if key not in ("watched", "secrets")}
        super().__init__("modelway:index:DriftMonitor", name, told, opts)
        self._name = name
        self._child = pulumi.ResourceOptions(parent=self)
        watched = self._watched(args)
        hidden = self._hidden(args)
        job = jobs.Job(
            model=args["model"],
            team=args["team"],
            namespace=args["namespace"],
            image=args["image"],
            cron=times.cron(args["window_seconds"], args["lateness_seconds"], args["model"]),
            period_seconds=60 * times.period(args["window_seconds"]),
            watched=watched.physical_name,
            region=args["region"],
            secrets=dict.fromkeys(args.get("secrets", {}), hidden.physical_name) if hidden is not None else {},
            identity=args.get("identity"),
        )
        # Before the first pod: one that nothing closes would be open.
        before = [self._object("account", jobs.service_account(job)), self._object("network", jobs.network_policy(job))]
        self.cron_job = self._object("job", jobs.cron_job(job), before).physical_name
        self.schedule = pulumi.Output.from_input(job.cron)
        self.register_outputs({"cron_job": self.cron_job, "schedule": self.schedule})

    def _watched(self, args: DriftMonitorArgs) -> KubernetesObject:
        model, team, namespace = args["model"], args["team"], args["namespace"]
        content = pulumi.Output.from_input(args["watched"])
        called = content.apply(lambda known: f"{jobs.name(model)}-{hashlib.sha256(known.encode()).hexdigest()[:10]}")
        manifest = {
            "apiVersion": "v1",
            "kind": "ConfigMap",
            "metadata": jobs.metadata(model, team, namespace, called),
            "immutable": True,
            "data": {jobs.WATCHED.rpartition("/")[2]: content},
        }
        return self._object("watched", manifest)

    def _hidden(self, args: DriftMonitorArgs) -> KubernetesObject | None:
        """Whoever is told has an address or a token that nobody else may see."""
        if not args.get("secrets"):
            return None
        content = {variable: pulumi.Output.secret(value) for variable, value in args["secrets"].items()}
        metadata = jobs.metadata(args["model"], args["team"], args["namespace"], jobs.name(args["model"]))
        return self._object("told", {"apiVersion": "v1", "kind": "Secret", "metadata": metadata, "stringData": content})

    def _object(self, role: str, manifest: Manifest, after: list[KubernetesObject] | None = None) -> KubernetesObject:
        opts = pulumi.ResourceOptions.merge(self._child, pulumi.ResourceOptions(depends_on=after or []))
        return KubernetesObject(f"{self._name}-drift-{role}", manifest, opts)
