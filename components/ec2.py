"""Resources of EC2, without loading what pulumi_aws.ec2 loads."""

from collections.abc import Mapping, Sequence
from importlib.metadata import version
from typing import Any

import pulumi

_PINNED = pulumi.ResourceOptions(version=version("pulumi-aws"))


class Ec2Resource(pulumi.CustomResource):
    """One resource of EC2; `inputs` by their names on the wire (`cidrBlock`), as the engine and AWS's manual have them.

    Types and inputs are those of the typed classes of pulumi_aws.ec2. Those are not used because the first one loads all of them, a third
    of what a program imports (docs/adr/0010-resources-of-ec2-without-typed-classes.md); a test holds what is registered to them.
    """

    def __init__(
        self, kind: str, name: str, inputs: Mapping[str, object], opts: pulumi.ResourceOptions | None = None, *, outputs: Sequence[str] = ()
    ) -> None:
        """`outputs`: what AWS adds and somebody reads, by `output`."""
        token = f"aws:ec2/{kind[0].lower()}{kind[1:]}:{kind}"
        super().__init__(token, name, {**dict.fromkeys(outputs), **inputs}, pulumi.ResourceOptions.merge(_PINNED, opts))

    def output(self, name: str) -> pulumi.Output[Any]:
        """One of the `outputs` or inputs, as AWS has it."""
        found: pulumi.Output[Any] = getattr(self, name)
        return found
