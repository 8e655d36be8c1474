"""Where images and weights of an environment are kept, and what else lists its models."""

import pulumi

from modelway.architecture import Environment
from stacks import arguments
from stacks.joints import Exports, RegistryJoint
from stacks.marking import landing
from stacks.providers import Providers


def registries(environment: Environment, providers: Providers) -> RegistryJoint:
    """Declares the registries."""
    from components.registry.artifacts import ArtifactRegistry

    registry = ArtifactRegistry("registry", arguments.registry(environment), landing(environment, providers.aws))
    repositories = {model: registry.repository(model) for model in environment.models}
    listed = _model_registry(environment, registry.key_arn, providers)
    return RegistryJoint(registry.bucket, registry.bucket_arn, registry.key_arn, repositories, listed)


def _model_registry(environment: Environment, key_arn: pulumi.Output[str], providers: Providers) -> Exports:
    kind, opts = environment.registry.model_registry.kind, landing(environment, providers.aws)
    if kind == "sagemaker":
        from components.registry.packages import SageMakerModelRegistry

        packages = SageMakerModelRegistry("registry", arguments.sagemaker_model_registry(environment), opts)
        return {"kind": kind, "groups": packages.groups}
    if kind == "mlflow":
        from components.registry.mlflow import MlflowModelRegistry

        mlflow = MlflowModelRegistry("registry", arguments.mlflow_model_registry(environment, key_arn=key_arn), opts)
        return {"kind": kind, "app_arn": mlflow.app_arn, "bucket": mlflow.bucket}
    return {"kind": kind}
