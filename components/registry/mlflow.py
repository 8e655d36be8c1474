"""Versions of models, listed by MLflow."""

from typing import NotRequired, TypedDict

import pulumi
import pulumi_aws as aws

from components import _registry_policies as policies
from components._names import bucket_beside
from components._policies import text
from components.registry.lasting import Lasting
from components.registry.store import noncurrent, store


class MlflowModelRegistryArgs(TypedDict):
    """What an MLflow registry is made from."""

    account: str
    """AWS account, 12 digits."""
    app_name: str
    store_name: str
    """Physical name of the model store; the bucket of what is logged is called like it, with `-mlflow`."""
    key_arn: pulumi.Input[str]
    """KMS key that it is encrypted with."""
    noncurrent_days: NotRequired[int]
    """Days that an overwritten or deleted object is kept. Default: 90."""
    protect: NotRequired[bool]
    """Whether the engine refuses to delete it. Default: no."""
    retain: NotRequired[bool]
    """Whether it stays in AWS when the engine deletes it. Default: no."""
    force_destroy: NotRequired[bool]
    """Whether what is stored goes with it. Default: no, and destroying one that is in use fails."""


class MlflowModelRegistry(pulumi.ComponentResource):
    """An MLflow app that SageMaker runs: no server, database or password of ours, and IAM says who may use it.

    What is logged lies in a bucket that is versioned, encrypted, closed to the public and reached over TLS only; the app's role reads and
    writes that bucket and nothing else. Models that are registered here are not registered with SageMaker too.
    """

    app_arn: pulumi.Output[str]
    """What `mlflow.set_tracking_uri` takes."""
    bucket: pulumi.Output[str]
    """Name of the bucket; all its safeguards are in place when it is known."""

    def __init__(self, name: str, args: MlflowModelRegistryArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("modelway:index:MlflowModelRegistry", name, {**args}, opts)
        child = pulumi.ResourceOptions(parent=self)
        lasting = Lasting(child, args.get("protect", False), args.get("retain", False), args.get("force_destroy", False))
        logged = store(
            f"{name}-mlflow",
            bucket_beside(args["store_name"], "mlflow"),
            lasting,
            key=args["key_arn"],
            policy=lambda arn: policies.store(arn, ()),
            rules=noncurrent(args.get("noncurrent_days", 90)),
        )
        role = aws.iam.Role(
            f"{name}-mlflow-role",
            description=f"The MLflow app {args['app_name']}",
            assume_role_policy=text(policies.assumed_for("sagemaker.amazonaws.com", args["account"])),
            opts=child,
        )
        rights = aws.iam.RolePolicy(
            f"{name}-mlflow-artifacts",
            role=role.id,
            policy=pulumi.Output.all(logged.bucket.arn, args["key_arn"]).apply(
                lambda known: text(policies.tracked(str(known[0]), str(known[1])))
            ),
            opts=child,
        )
        self.bucket = logged.known()
        app = aws.sagemaker.MlflowApp(
            f"{name}-mlflow-app",
            name=args["app_name"],
            artifact_store_uri=self.bucket.apply(lambda bucket: f"s3://{bucket}"),
            role_arn=pulumi.Output.all(role.arn, rights.id).apply(lambda known: str(known[0])),
            model_registration_mode="AutoModelRegistrationDisabled",
            opts=lasting.options(),
        )
        self.app_arn = app.arn
        self.register_outputs({"app_arn": self.app_arn, "bucket": self.bucket})
