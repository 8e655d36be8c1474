"""The values behind references to secrets: nothing else reads them, and they are marked as secret from here on."""

from collections.abc import Mapping

import pulumi

from modelway.architecture.arns import SecretReference
from stacks.providers import Providers


def values(references: Mapping[str, SecretReference], providers: Providers) -> dict[str, pulumi.Output[str]]:
    """Values by the keys of `references`. Raises RunError that names every key which the stack's configuration lacks."""
    config = pulumi.Config("modelway")
    found: dict[str, pulumi.Output[str]] = {}
    lacking: list[str] = []
    for name, reference in references.items():
        if reference.key is None:
            found[name] = _of_secrets_manager(str(reference.arn), providers)
        elif (value := config.get_secret(reference.key)) is not None:
            found[name] = value
        else:
            lacking.append(reference.key)
    if lacking:
        stack, listed = pulumi.get_stack(), "\n".join(f"  pulumi config set --secret {key} --stack {pulumi.get_stack()}" for key in lacking)
        raise pulumi.RunError(f"stack {stack} has no value for secrets that its environment refers to. Set each:\n{listed}")
    return found


def _of_secrets_manager(arn: str, providers: Providers) -> pulumi.Output[str]:
    import pulumi_aws as aws

    answer = aws.secretsmanager.get_secret_version_output(secret_id=arn, opts=pulumi.InvokeOutputOptions(provider=providers.aws))
    return pulumi.Output.secret(answer.secret_string)
