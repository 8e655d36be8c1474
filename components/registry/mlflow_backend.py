"""What an MLflow server in a cluster keeps things in, and who it is to AWS."""

from typing import NotRequired, TypedDict

import pulumi
import pulumi_aws as aws

from components import _policies as policies
from components import _registry_policies as registry_policies
from components._names import bucket_beside
from components.registry import _mlflow as mlflow
from components.registry.lasting import Lasting
from components.registry.postgres import DatabaseArgs, Postgres, PostgresArgs
from components.registry.store import noncurrent, store


class MlflowBackendArgs(TypedDict):
    """What the backend of an MLflow server is made from."""

    account: str
    """AWS account, 12 digits."""
    cluster_name: pulumi.Input[str]
    cluster_arn: pulumi.Input[str]
    store_name: str
    """Physical name of the model store; the bucket of what is logged is called like it, with `-mlflow-server`."""
    key_arn: pulumi.Input[str]
    """KMS key that what is logged is encrypted with."""
    database: DatabaseArgs
    """Of experiments, runs, versions and users. Its callers are the cluster's nodes and pods."""
    noncurrent_days: NotRequired[int]
    """Days that an overwritten or deleted object is kept. Default: 90."""
    protect: NotRequired[bool]
    """Whether the engine refuses to delete bucket and database. Default: no."""
    retain: NotRequired[bool]
    """Whether the bucket, and the database's key, stay in AWS when the engine deletes them. Default: no."""
    force_destroy: NotRequired[bool]
    """Whether what is stored goes with the bucket. Default: no, and destroying one that is in use fails."""


class MlflowBackend(pulumi.ComponentResource):
    """A database on RDS, a bucket, and a role that the server's pods get by EKS Pod Identity.

    The bucket is versioned, encrypted, closed to the public and reached over TLS only; the role reads and writes what is below
    `artifacts/` in it, and nothing else. The pods' service account has the name that MlflowServer gives it.
    """

    address: pulumi.Output[str]
    """Host name of the database."""
    bucket: pulumi.Output[str]
    """Name of the bucket; all its safeguards are in place when it is known."""
    identity: pulumi.Output[str]
    """Id of the pod identity association; pods that start later have the role, with its rights."""

    def __init__(self, name: str, args: MlflowBackendArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("modelway:index:MlflowBackend", name, {**args}, opts)
        self._name, self._args = name, args
        self._child = pulumi.ResourceOptions(parent=self)
        self.address = self._database().address
        protect, retain = args.get("protect", False), args.get("retain", False)
        logged = store(
            f"{name}-mlflow",
            bucket_beside(args["store_name"], "mlflow-server"),
            Lasting(self._child, protect, retain, args.get("force_destroy", False)),
            key=args["key_arn"],
            policy=lambda arn: registry_policies.store(arn, ()),
            rules=noncurrent(args.get("noncurrent_days", 90)),
        )
        self.bucket = logged.known()
        self.identity = self._identity(logged.bucket)
        self.register_outputs({"address": self.address, "bucket": self.bucket, "identity": self.identity})

    def _database(self) -> Postgres:
        args = self._args
        described: PostgresArgs = {
            **args["database"],
            "account": args["account"],
            "database": mlflow.DATABASE,
            "username": mlflow.USERNAME,
            "protect": args.get("protect", False),
            "retain": args.get("retain", False),
        }
        return Postgres(f"{self._name}-mlflow-database", described, self._child)

    def _identity(self, bucket: aws.s3.Bucket) -> pulumi.Output[str]:
        args, account = self._args, self._args["account"]
        role = aws.iam.Role(
            f"{self._name}-mlflow-role",
            description="The MLflow server",
            assume_role_policy=pulumi.Output.from_input(args["cluster_arn"]).apply(
                lambda arn: policies.text(policies.assumed_by_pods(account, arn))
            ),
            opts=self._child,
        )
        rights = aws.iam.RolePolicy(
            f"{self._name}-mlflow-artifacts",
            role=role.id,
            policy=pulumi.Output.all(bucket.arn, args["key_arn"]).apply(
                lambda known: policies.text(registry_policies.tracked(str(known[0]), str(known[1]), mlflow.ARTIFACTS))
            ),
            opts=self._child,
        )
        association = aws.eks.PodIdentityAssociation(
            f"{self._name}-mlflow",
            cluster_name=args["cluster_name"],
            namespace=mlflow.NAMESPACE,
            service_account=mlflow.NAME,
            role_arn=pulumi.Output.all(role.arn, rights.id).apply(lambda known: str(known[0])),
            opts=self._child,
        )
        return association.association_id
