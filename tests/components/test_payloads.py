import json

import pulumi

from components.endpoint.payloads import PayloadStore
from tests.support.engine import run

KEY = "arn:aws:kms:eu-west-1:222222222222:key/k"


def make(name: str, opts: pulumi.ResourceOptions | None = None) -> PayloadStore:
    args = {"model": "churn", "store_name": "acme-dev-models-222222222222", "key_arn": KEY, "retention_days": 30, "retain": True}
    return PayloadStore(name, {**args, "force_destroy": False}, opts)  # type: ignore[typeddict-item]


def test_contract(contract) -> None:
    held = contract(make)
    held.tree("payloads")
    held.outputs(PayloadStore)
    held.instances()
    held.options()


def test_what_is_kept_is_encrypted_closed_and_goes() -> None:
    made = run(lambda: make("churn"))
    bucket = made.one("Bucket").inputs["bucket"]
    assert bucket == "acme-dev-models-222222222222-payloads-churn"
    (rule,) = made.one("BucketLifecycleConfiguration").inputs["rules"]
    assert (rule["expiration"], rule["noncurrentVersionExpiration"]) == ({"days": 30}, {"noncurrentDays": 1})
    (encryption,) = made.one("BucketServerSideEncryptionConfiguration").inputs["rules"]
    assert encryption["applyServerSideEncryptionByDefault"]["kmsMasterKeyId"] == KEY
    closed = made.one("BucketPublicAccessBlock").inputs
    assert all(closed[name] for name in ("blockPublicAcls", "blockPublicPolicy", "ignorePublicAcls", "restrictPublicBuckets"))
    (denied,) = json.loads(made.one("BucketPolicy").inputs["policy"])["Statement"]
    assert denied["Condition"] == {"Bool": {"aws:SecureTransport": "false"}}
    assert made.one("Bucket").retained


def test_names_of_long_models_fit_and_differ() -> None:
    def name(model: str) -> str:
        args = {"store_name": "acme-dev-models-222222222222", "key_arn": KEY, "retention_days": 30, "retain": False}
        made = run(lambda: PayloadStore("it", {**args, "model": model, "force_destroy": True}))  # type: ignore[typeddict-item]
        return str(made.one("Bucket").inputs["bucket"])

    one, other = name("m" * 40 + "-one"), name("m" * 40 + "-two")
    assert one != other
    assert max(len(one), len(other)) <= 63
    assert one.startswith("acme-dev-models")
