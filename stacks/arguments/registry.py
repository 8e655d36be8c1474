"""What a registry takes."""

from typing import TYPE_CHECKING

from modelway.architecture import Environment
from modelway.architecture.platform_rules import bucket_name
from stacks.arguments.placing import deletion_window

if TYPE_CHECKING:
    from components.registry.artifacts import ArtifactRegistryArgs


def registry(environment: Environment) -> "ArtifactRegistryArgs":
    return {
        "account": environment.aws.account,
        "bucket_name": bucket_name(environment),
        "repository_prefix": environment.environment,
        "models": sorted(environment.models),
        "untagged_days": environment.registry.images.untagged_days,
        "noncurrent_days": environment.registry.models.noncurrent_days,
        "deletion_window_days": deletion_window(environment),
        "force_destroy": environment.tier == "development",
    }
