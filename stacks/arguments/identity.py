"""What the identity of a model's pods takes."""

from typing import TYPE_CHECKING

from modelway.architecture import Environment
from stacks.arguments.placing import serving

if TYPE_CHECKING:
    import pulumi

    from components.identity import ModelIdentityArgs


def model_identity(
    environment: Environment,
    model: str,
    *,
    cluster_name: "pulumi.Output[str]",
    cluster_arn: "pulumi.Output[str]",
    namespace: "pulumi.Output[str]",
    bucket_arn: "pulumi.Output[str]",
    key_arn: "pulumi.Output[str]",
    payloads_arn: "pulumi.Output[str] | None" = None,
) -> "ModelIdentityArgs":
    described, _, traffic = serving(environment, model)
    weights = {version: described.versions[version].weights for version in traffic.versions}
    made: ModelIdentityArgs = {
        "model": model,
        "account": environment.aws.account,
        "cluster_name": cluster_name,
        "cluster_arn": cluster_arn,
        "namespace": namespace,
        "bucket_arn": bucket_arn,
        "key_arn": key_arn,
        "weights": {version: one.key for version, one in weights.items() if one.kind == "store"},
        "elsewhere": {version: f"arn:aws:s3:::{one.bucket}/{one.key}" for version, one in weights.items() if one.kind == "s3"},
        "artifacts": [version for version, one in weights.items() if one.kind == "oci"],
    }
    if payloads_arn is not None:
        made["payloads_arn"] = payloads_arn
    return made
