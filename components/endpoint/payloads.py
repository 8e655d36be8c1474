"""Where a sample of what a model was asked and answered is kept for a while."""

import hashlib
from typing import TypedDict

import pulumi

from components._names import bucket_beside
from components._policies import tls_only
from components.registry.lasting import Lasting
from components.registry.store import store


class PayloadStoreArgs(TypedDict):
    """What a store of payloads is made from."""

    model: str
    store_name: str
    """Name of the bucket of weights; this one is called after it and the model."""
    key_arn: pulumi.Input[str]
    """KMS key that it is encrypted with."""
    retention_days: int
    retain: bool
    """Whether it stays in AWS when nothing is kept any more."""
    force_destroy: bool
    """Whether it goes with what is in it."""


LONGEST = 24
"""Characters of a model's name that leave enough of a bucket's 63 for the store that it is called after."""


class PayloadStore(pulumi.ComponentResource):
    """A bucket for one model: encrypted, closed, reached over TLS alone; what is in it goes after its days."""

    bucket: pulumi.Output[str]
    """Name, once every safeguard is in place."""
    bucket_arn: pulumi.Output[str]

    def __init__(self, name: str, args: PayloadStoreArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("modelway:index:PayloadStore", name, {**args}, opts)
        lasting = Lasting(pulumi.ResourceOptions(parent=self), protect=False, retain=args["retain"], force_destroy=args["force_destroy"])
        made = store(
            f"{name}-payloads",
            bucket_beside(args["store_name"], _purpose(args["model"])),
            lasting,
            key=args["key_arn"],
            policy=tls_only,
            rules=[
                {
                    "id": "retention",
                    "status": "Enabled",
                    "filter": {"prefix": ""},
                    "expiration": {"days": args["retention_days"]},
                    # What expired would otherwise be kept as a version that nobody sees.
                    "noncurrent_version_expiration": {"noncurrent_days": 1},
                    "abort_incomplete_multipart_upload": {"days_after_initiation": 1},
                }
            ],
        )
        self.bucket = made.known()
        self.bucket_arn = made.bucket.arn
        self.register_outputs({"bucket": self.bucket, "bucket_arn": self.bucket_arn})


def _purpose(model: str) -> str:
    """What the bucket is called behind the store's name; a long name of a model is cut and ends in a hash of it."""
    if len(model) <= LONGEST:
        return f"payloads-{model}"
    return f"payloads-{model[: LONGEST - 9].rstrip('-')}-h{hashlib.sha256(model.encode()).hexdigest()[:7]}"
