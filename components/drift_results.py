"""Where is kept what was found of drift."""

from typing import TypedDict

import pulumi

from components._names import bucket_beside
from components._policies import tls_only
from components.registry.lasting import Lasting
from components.registry.store import noncurrent, store


class DriftResultsArgs(TypedDict):
    """What the store of results is made from."""

    store_name: str
    """Name of the bucket of weights; this one is called after it."""
    key_arn: pulumi.Input[str]
    """KMS key that it is encrypted with."""
    protect: bool
    """Whether the engine refuses to delete it."""
    retain: bool
    """Whether it stays in AWS when it is given up."""
    force_destroy: bool
    """Whether it goes with what is in it."""


class DriftResults(pulumi.ComponentResource):
    """A bucket for the results of all endpoints, a folder for each: encrypted, closed, versioned, reached over TLS alone.

    Not with what is kept of requests: that is deleted after its days, by a rule for the whole bucket, and results are to stay.
    """

    bucket: pulumi.Output[str]
    """Name, once every safeguard is in place."""
    bucket_arn: pulumi.Output[str]

    def __init__(self, name: str, args: DriftResultsArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("modelway:index:DriftResults", name, {**args}, opts)
        lasting = Lasting(
            pulumi.ResourceOptions(parent=self), protect=args["protect"], retain=args["retain"], force_destroy=args["force_destroy"]
        )
        made = store(
            f"{name}-results",
            bucket_beside(args["store_name"], "drift"),
            lasting,
            key=args["key_arn"],
            policy=tls_only,
            # The newest one is written over by every run.
            rules=noncurrent(30),
        )
        self.bucket = made.known()
        self.bucket_arn = made.bucket.arn
        self.register_outputs({"bucket": self.bucket, "bucket_arn": self.bucket_arn})
