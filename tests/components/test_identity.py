import json

import pulumi
import pytest

from components.endpoint.kubernetes import KubernetesEndpoint
from components.identity import ModelIdentity, ModelIdentityArgs
from tests.components.test_endpoint import LIVE, version
from tests.components.test_endpoint import args as endpoint_args
from tests.support.engine import Recorder, run

KEY = "arn:aws:kms:eu-west-1:222222222222:key/k"


def make(name: str, opts: pulumi.ResourceOptions | None = None) -> ModelIdentity:
    args = ModelIdentityArgs(
        model="churn",
        account="222222222222",
        cluster_name="dev-main",
        cluster_arn="arn:aws:eks:eu-west-1:222222222222:cluster/dev-main",
        namespace="risk",
        bucket_arn="arn:aws:s3:::store",
        key_arn=KEY,
        weights={LIVE: "churn/2026.10.0/model.json", "2026.11.0": "churn/2026.11.0/model.json"},
    )
    return ModelIdentity(name, args, opts)


def test_contract(contract) -> None:
    held = contract(make)
    held.tree("identity")
    held.outputs(ModelIdentity)
    held.instances()
    held.options()


@pytest.fixture(scope="module")
def made() -> Recorder:
    return run(lambda: make("churn"))


def test_it_reads_the_weights_that_run_and_nothing_else(made: Recorder) -> None:
    reading, decrypting = json.loads(made.one("RolePolicy").inputs["policy"])["Statement"]
    assert reading["Action"] == ["s3:GetObject"]
    assert reading["Resource"] == ["arn:aws:s3:::store/churn/2026.10.0/model.json", "arn:aws:s3:::store/churn/2026.11.0/model.json"]
    assert decrypting["Action"] == ["kms:Decrypt"]
    assert decrypting["Resource"] == [KEY]
    assert decrypting["Condition"] == {"StringEquals": {"kms:ViaService": "s3.eu-west-1.amazonaws.com"}}


def test_only_pods_of_this_cluster_take_the_role(made: Recorder) -> None:
    (trust,) = json.loads(made.one("Role").inputs["assumeRolePolicy"])["Statement"]
    assert trust["Principal"] == {"Service": "pods.eks.amazonaws.com"}
    assert trust["Condition"]["ArnLike"] == {"aws:SourceArn": "arn:aws:eks:eu-west-1:222222222222:cluster/dev-main"}


def test_the_service_accounts_are_those_of_the_endpoint(made: Recorder) -> None:
    recorder = run(lambda: KubernetesEndpoint("churn", endpoint_args({LIVE: version(100)})))
    association = made.named(f"churn-{LIVE}")
    assert association.inputs["serviceAccount"] == recorder.one("ServiceAccount").inputs["metadata"]["name"]
    assert association.inputs["serviceAccount"] == recorder.one("Deployment").inputs["spec"]["template"]["spec"]["serviceAccountName"]
