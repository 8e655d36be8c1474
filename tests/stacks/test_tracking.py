"""An environment that asks for an MLflow server in a cluster, under mocks: what it is made of, in which tier, and what consumers learn."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pulumi
import pytest

from modelway.architecture import Environment, load
from modelway.rules.iam import judge
from modelway.rules.iam_documents import documents_of
from modelway.rules.verdicts import NotApplicable, Passed
from stacks.compose import compose, place
from tests.stacks.test_every_object import validate
from tests.support.engine import Recorder, run

ENVIRONMENTS = Path(__file__).resolve().parents[2] / "stacks" / "environments"
SECRETS = {"mlflow-database": "hidden-database", "mlflow-admin": "hidden-admin"}


def described(name: str = "dev", **server: Any) -> Environment:
    whole = load(ENVIRONMENTS, name).model_dump(mode="json")
    asked = {
        "kind": "mlflow_server",
        "cluster": "main",
        "image": f"222222222222.dkr.ecr.eu-west-1.amazonaws.com/tools/mlflow@sha256:{'a' * 64}",
        "admin_password": {"secret": "mlflow-admin"},
        "database": {"storage": "50Gi", "most_storage": "500Gi", "password": {"secret": "mlflow-database"}},
        **server,
    }
    whole["registry"]["model_registry"] = asked
    if "hostname" in server:
        whole["clusters"]["main"]["gateway"]["tls"] = {"secret": "models-tls"}
    return Environment.model_validate_json(json.dumps(whole))


def program(environment: Environment) -> Callable[[], None]:
    def exported() -> None:
        placed, parts = place(pulumi.get_stack(), [environment.environment], lambda _: environment)
        for name, value in compose(placed, parts).items():
            pulumi.export(name, value)

    return exported


@pytest.fixture(scope="module")
def platform() -> Recorder:
    return run(program(described(teams=["climate"])), stack="dev", config=SECRETS)


def test_it_stands_in_the_private_subnets_and_the_cluster_alone_reaches_it(platform: Recorder) -> None:
    database = platform.one("Instance").inputs
    assert (database["identifier"], database["allocatedStorage"], database["maxAllocatedStorage"]) == ("dev-mlflow", 50, 500)
    assert platform.one("SubnetGroup").inputs["subnetIds"] == [f"network-private-{number}-id" for number in (1, 2)]
    group = platform.named("registry-mlflow-database-access").inputs
    assert [rule["securityGroups"] for rule in group["ingress"]] == [["sg-cluster"]]
    assert group["vpcId"] == "network-vpc-id"


def test_pods_start_when_database_bucket_and_role_are_there(platform: Recorder) -> None:
    pods = platform.named("registry-mlflow-pods")
    template = pods.inputs["spec"]["template"]
    assert template["metadata"]["annotations"]["modelway.dev/pod-identity-association"] == "a-registry-mlflow"
    env = {one["name"]: one.get("value") for one in template["spec"]["containers"][0]["env"]}
    assert env["MLFLOW_ARTIFACTS_DESTINATION"].endswith("-models-222222222222-mlflow-server/artifacts/")
    (secret,) = [one for one in platform.manifests() if one["kind"] == "Secret" and one["metadata"]["namespace"] == "mlflow"]
    assert "@dev-mlflow.0123456789ab.eu-west-1.rds.amazonaws.com:5432/mlflow" in secret["stringData"]["uri"]


def test_its_objects_are_what_kubernetes_takes(platform: Recorder) -> None:
    reached = run(program(described("prod", hostname="mlflow.example.com", teams=["climate"])), stack="prod", config=SECRETS)
    for recorder in (platform, reached):
        objects = [one for one in recorder.manifests() if "mlflow" in json.dumps(one["metadata"])]
        assert {"Deployment", "NetworkPolicy", "Secret"} <= {one["kind"] for one in objects}
        for manifest in objects:
            validate(manifest, "1.35")


def test_proxies_of_the_gateway_are_let_in_wherever_they_run() -> None:
    environment = described("dev", hostname="mlflow.example.com")
    whole = json.loads(environment.model_dump_json())
    whole["clusters"]["main"]["gateway"] |= {"controller": "envoy"}
    recorder = run(program(Environment.model_validate_json(json.dumps(whole))), stack="dev", config=SECRETS)
    (rule,) = recorder.named("registry-mlflow-access").inputs["spec"]["ingress"]
    namespaces = [peer["namespaceSelector"]["matchLabels"]["kubernetes.io/metadata.name"] for peer in rule["from"]]
    assert namespaces == ["gateway-system", "envoy-gateway-system"]


def test_a_full_volume_is_told_though_no_model_serves_on_sagemaker(platform: Recorder) -> None:
    topic = f"arn:aws:sns:eu-west-1:222222222222:{platform.one('Topic').inputs['name']}"
    assert platform.named("registry-mlflow-database-full").inputs["alarmActions"] == [topic]


def test_consumers_learn_where_it_is_and_no_password(platform: Recorder) -> None:
    listed = platform.exports["registry"]["model_registry"]
    assert listed["kind"] == "mlflow_server"
    assert listed["url"] == "http://mlflow.mlflow"
    assert listed["cluster"] == "main"
    assert "hidden" not in json.dumps(platform.exports)


def test_its_documents_name_what_they_grant(platform: Recorder) -> None:
    judged = [
        one
        for resource in platform.resources
        if resource.name.startswith("registry-mlflow")
        for carried in documents_of(resource.type, resource.inputs)
        for one in judge(carried.document, carried.kind, ())
    ]
    assert judged
    assert all(isinstance(one.verdict, Passed | NotApplicable) for one in judged)


@pytest.mark.parametrize(("name", "two_zones", "protected", "days"), [("dev", False, False, 1), ("prod", True, True, 35)])
def test_the_tier_says_how_it_is_guarded(name: str, two_zones: bool, protected: bool, days: int) -> None:
    recorder = run(program(described(name)), stack=name, config=SECRETS)
    database = recorder.one("Instance")
    assert database.inputs["multiAz"] is two_zones
    assert (database.protected, database.inputs["deletionProtection"]) == (protected, protected)
    assert database.inputs["backupRetentionPeriod"] == days
    assert database.inputs["skipFinalSnapshot"] is not protected


def test_a_password_that_the_stack_lacks_is_asked_for() -> None:
    with pytest.raises(pulumi.RunError, match="mlflow-admin"):
        run(program(described()), stack="dev", config={})


def test_nothing_of_it_is_made_where_nobody_asks() -> None:
    recorder = run(program(load(ENVIRONMENTS, "dev")), stack="dev")
    assert not [one for one in recorder.resources if "mlflow" in one.name or one.type.startswith("aws:rds/")]
