"""What registries take."""

from typing import TYPE_CHECKING

from modelway.architecture import Environment
from modelway.architecture.platform_rules import bucket_name
from modelway.architecture.protection import protection

if TYPE_CHECKING:
    import pulumi

    from components.registry.artifacts import ArtifactRegistryArgs
    from components.registry.mlflow import MlflowModelRegistryArgs
    from components.registry.packages import SageMakerModelRegistryArgs


def registry(environment: Environment) -> "ArtifactRegistryArgs":
    images, models, guarded = environment.registry.images, environment.registry.models, protection(environment.tier)
    args: ArtifactRegistryArgs = {
        "account": environment.aws.account,
        "region": environment.aws.region,
        "bucket_name": bucket_name(environment),
        "repository_prefix": environment.environment,
        "models": sorted(environment.models),
        "untagged_days": images.untagged_days,
        "keep": images.keep,
        "mutable_tags": list(images.mutable_tags),
        "enhanced_scan": images.scan == "enhanced",
        "images_regions": list(images.replicate_to),
        "images_readers": list(images.readers),
        "pull_through": {**images.pull_through},
        "noncurrent_days": models.noncurrent_days,
        "models_regions": list(models.replicate_to),
        "models_readers": list(models.readers),
        "deletion_window_days": guarded.deletion_window_days,
        "protect": guarded.protect,
        "unprotected": _retired(environment),
        "retain": guarded.retain,
        "force_destroy": guarded.force_destroy,
    }
    if images.key is not None:
        args["images_key"] = images.key
    if models.key is not None:
        args["models_key"] = models.key
    if models.object_lock is not None:
        args["lock_days"] = models.object_lock.days
    if models.access_logs_days is not None:
        args["access_logs_days"] = models.access_logs_days
    return args


def sagemaker_model_registry(environment: Environment) -> "SageMakerModelRegistryArgs":
    guarded = protection(environment.tier)
    return {
        "prefix": environment.environment,
        "models": sorted(environment.models),
        "readers": list(environment.registry.models.readers),
        "protect": guarded.protect,
        "unprotected": _retired(environment),
        "retain": guarded.retain,
    }


def mlflow_model_registry(environment: Environment, *, key_arn: "pulumi.Input[str]") -> "MlflowModelRegistryArgs":
    guarded = protection(environment.tier)
    return {
        "account": environment.aws.account,
        "app_name": environment.environment,
        "store_name": bucket_name(environment),
        "key_arn": key_arn,
        "noncurrent_days": environment.registry.models.noncurrent_days,
        "protect": guarded.protect,
        "retain": guarded.retain,
        "force_destroy": guarded.force_destroy,
    }


def _retired(environment: Environment) -> list[str]:
    return sorted(name for name, model in environment.models.items() if model.presence == "retired")
