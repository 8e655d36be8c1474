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
) -> "ModelIdentityArgs":
    described, _, traffic = serving(environment, model)
    return {
        "model": model,
        "account": environment.aws.account,
        "cluster_name": cluster_name,
        "cluster_arn": cluster_arn,
        "namespace": namespace,
        "bucket_arn": bucket_arn,
        "key_arn": key_arn,
        "weights": {version: described.versions[version].weights.key for version in traffic.versions},
    }
