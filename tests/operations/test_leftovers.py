"""What an account still has of a model that was retired, and whether it may go."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import boto3
import pytest
from moto import mock_aws

from modelway.architecture import Environment, load
from modelway.operations import _aws_left
from modelway.operations._aws_left import Leftovers
from modelway.operations.retiring import NotRetired, refuse_unready, resources_of

REGION = "eu-west-1"
ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture
def account(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    for name in ("AWS_ENDPOINT_URL", "AWS_PROFILE"):
        monkeypatch.delenv(name, raising=False)
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "testing")
    with mock_aws():
        yield


def test_an_empty_account_has_nothing_of_it(account: None) -> None:
    assert Leftovers(REGION).of("dev", "churn", "store") == ([], [])


def test_everything_that_is_called_after_it_is_named_and_nothing_of_another(account: None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(_aws_left, "MOST", 3)
    s3, ecr, sagemaker = boto3.client("s3", REGION), boto3.client("ecr", REGION), boto3.client("sagemaker", REGION)
    place: Any = {"LocationConstraint": REGION}
    for bucket in ("store", "store-payloads-churn", "store-payloads-churn-2"):
        s3.create_bucket(Bucket=bucket, CreateBucketConfiguration=place)
    s3.put_bucket_versioning(Bucket="store", VersioningConfiguration={"Status": "Enabled"})
    for key in ("churn/1/model.json", "churn-2/1/model.json", "churn/1/model.json", "churn/2/baseline.json", "churn/3/model.json"):
        s3.put_object(Bucket="store", Key=key, Body=b"weights")
    s3.delete_object(Bucket="store", Key="churn/1/model.json")
    for repository in ("dev/churn", "dev/churn-2", "prod/churn"):
        ecr.create_repository(repositoryName=repository)
    role = "arn:aws:iam::123456789012:role/execution"
    for model in ("churn-v1-1234567", "churn-2-v1-1234567"):
        sagemaker.create_model(ModelName=model, ExecutionRoleArn=role, PrimaryContainer={"Image": "image"})
    boto3.client("logs", REGION).create_log_group(logGroupName="/aws/sagemaker/Endpoints/dev-churn-2")
    boto3.client("logs", REGION).create_log_group(logGroupName="/aws/sagemaker/Endpoints/dev-churn")
    for name in ("churn-role-12345", "churn-2-role-12345"):
        boto3.client("iam").create_role(RoleName=name, AssumeRolePolicyDocument="{}")
    left, unknown = Leftovers(REGION).of("dev", "churn", "store")
    assert left == [
        "repository dev/churn: 0 images",
        "s3://store/churn/: 4 versions of objects or more, 28 bytes",
        "bucket store-payloads-churn: requests and answers",
        "SageMaker model churn-v1-1234567",
        "log group /aws/sagemaker/Endpoints/dev-churn",
        "role churn-role-12345",
    ]
    assert not unknown


def test_what_aws_tells_only_on_a_later_page_is_named(account: None, monkeypatch: pytest.MonkeyPatch) -> None:
    from botocore.client import BaseClient

    original = BaseClient._make_api_call

    def ten(self: Any, operation: str, arguments: Any) -> Any:
        if operation != "ListModels":
            return original(self, operation, arguments)
        # AWS lists ten where nobody says how many, and then where the next begin; moto all.
        begin = int(arguments.pop("NextToken", 0))
        found = original(self, operation, arguments)["Models"]
        more = {"NextToken": str(begin + 10)} if len(found) > begin + 10 else {}
        return {"Models": sorted(found, key=lambda one: str(one["ModelName"]))[begin : begin + 10], **more}

    monkeypatch.setattr(BaseClient, "_make_api_call", ten)
    sagemaker, role = boto3.client("sagemaker", REGION), "arn:aws:iam::123456789012:role/execution"
    for number in range(21):
        sagemaker.create_model(ModelName=f"churn-v{number:02}-1", ExecutionRoleArn=role, PrimaryContainer={"Image": "image"})
    left, unknown = Leftovers(REGION).of("dev", "churn", "store")
    assert left == [f"SageMaker model churn-v{number:02}-1" for number in range(21)]
    assert not unknown


def test_what_is_refused_is_unknown_and_never_gone(account: None, monkeypatch: pytest.MonkeyPatch) -> None:
    from botocore.client import BaseClient
    from botocore.exceptions import ClientError

    def refused(self: Any, operation: str, arguments: Any) -> Any:
        raise ClientError({"Error": {"Code": "AccessDenied", "Message": "no"}}, operation)

    monkeypatch.setattr(BaseClient, "_make_api_call", refused)
    left, unknown = Leftovers(REGION).of("dev", "churn", "store")
    assert not left
    assert len(unknown) == 6
    assert all("AccessDenied" in line for line in unknown)


class Engine:
    """Stacks that hold what a test says."""

    def __init__(self, *urns: str) -> None:
        self.held = [{"urn": f"urn:pulumi:dev::modelway::{urn}", "type": urn.partition("::")[0], "protect": True} for urn in urns]

    def resources(self, stack: str) -> list[dict[str, object]]:
        return list(self.held)


class Deployed:
    """An environment, and one stack of it."""

    def __init__(self, environment: Environment, engine: Engine) -> None:
        self.environment, self.engine, self.stacks = environment, engine, ("dev",)


@pytest.fixture(scope="module")
def environment() -> Environment:
    return load(ROOT / "stacks" / "environments", "dev", ROOT)


def changed(environment: Environment, **presence: str) -> Environment:
    models = {
        name: model.model_copy(update={"presence": presence.get(name.replace("-", "_"), "served")})
        for name, model in environment.models.items()
    }
    return environment.model_copy(update={"models": {name: model for name, model in models.items() if model.presence != "absent"}})


def test_the_resources_of_a_model_are_its_own(environment: Environment) -> None:
    kind = "aws:ecr/repository:Repository"
    longer = environment.models["co2-forecast"].model_copy(update={"model": "co2-forecast-daily"})
    both = environment.model_copy(update={"models": {**environment.models, "co2-forecast-daily": longer}})
    names = (
        "registry-co2-forecast",
        "registry-co2-forecast-daily",
        "co2-forecast-route",
        "co2-forecast-daily-route",
        "co2",
        "registry-key",
    )
    found = resources_of(Deployed(both, Engine(*(f"{kind}::{name}" for name in names))), "co2-forecast")  # type: ignore[arg-type]
    assert [one["urn"].rpartition("::")[2] for one in found] == ["registry-co2-forecast", "co2-forecast-route"]


def test_a_step_comes_only_when_the_one_before_it_is_done(environment: Environment) -> None:
    endpoint = {"urn": "urn::e", "type": "modelway:index:KubernetesEndpoint"}
    guarded = {"urn": "urn::r", "type": "aws:ecr/repository:Repository", "protect": True}
    free = {key: value for key, value in guarded.items() if key != "protect"}
    for presence in ("served", "disabled"):
        with pytest.raises(NotRetired, match="presence: retired"):
            refuse_unready(changed(environment, co2_forecast=presence), "co2-forecast", [])
    retired, absent = changed(environment, co2_forecast="retired"), changed(environment, co2_forecast="absent")
    for behind in (endpoint, guarded):
        with pytest.raises(NotRetired, match="modelway up dev"):
            refuse_unready(retired, "co2-forecast", [behind])
    assert not refuse_unready(retired, "co2-forecast", [free])
    with pytest.raises(NotRetired, match="no file describes co2-forecast"):
        refuse_unready(absent, "co2-forecast", [free])
    assert refuse_unready(absent, "co2-forecast", [])
