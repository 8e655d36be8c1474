"""What is asked of SageMaker, of an account that moto plays."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import boto3
import pytest
from botocore.stub import Stubber
from moto import mock_aws

from modelway.operations._aws import AwsFailure
from modelway.operations._aws_serving import SIMULATED, Container, Endpoints, Instances, Invoked

REGION, ROLE = "eu-west-1", "arn:aws:iam::123456789012:role/execution"
IMAGE = "123456789012.dkr.ecr.eu-west-1.amazonaws.com/dev/churn@sha256:" + "a" * 64
MODEL = {"Image": IMAGE, "Environment": {"MODEL_NAME": "churn"}}
WEIGHTS = {"S3DataSource": {"S3Uri": "s3://store/churn/model.json", "S3DataType": "S3Object", "CompressionType": "None"}}


@pytest.fixture
def endpoints(monkeypatch: pytest.MonkeyPatch) -> Iterator[Endpoints]:
    for name in ("AWS_ENDPOINT_URL", "AWS_PROFILE"):
        monkeypatch.delenv(name, raising=False)
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "testing")
    with mock_aws():
        yield Endpoints(REGION)


def serve() -> None:
    client = boto3.client("sagemaker", REGION)
    client.create_model(ModelName="churn-1", ExecutionRoleArn=ROLE, PrimaryContainer={**MODEL, "ModelDataSource": WEIGHTS})
    variant: Any = {"VariantName": "live", "ModelName": "churn-1", "InstanceType": "ml.m5.large", "InitialInstanceCount": 1}
    client.create_endpoint_config(EndpointConfigName="churn-config", ProductionVariants=[variant])
    client.create_endpoint(EndpointName="dev-churn", EndpointConfigName="churn-config")


def test_an_endpoint_is_read_as_it_is(endpoints: Endpoints) -> None:
    assert endpoints.serving("dev-churn") is None
    assert not endpoints.has_configuration("churn-config")
    serve()
    found = endpoints.serving("dev-churn")
    assert found is not None
    assert (found.configuration, found.reason) == ("churn-config", "")
    assert endpoints.has_configuration("churn-config")
    assert endpoints.container("churn-config", "live") == Container(IMAGE, {"MODEL_NAME": "churn"}, "s3://store/churn/model.json")
    assert endpoints.container("churn-config", "canary") is None
    with pytest.raises(AwsFailure, match="DescribeEndpointConfig"):
        endpoints.container("gone", "live")


def test_a_fleet_is_what_runs_and_not_what_it_began_with(endpoints: Endpoints) -> None:
    assert endpoints.fleet("dev-churn") == {}
    serve()
    client = boto3.client("sagemaker", REGION)
    assert endpoints.fleet("dev-churn") == {"live": Instances("ml.m5.large", 1)}
    client.update_endpoint_weights_and_capacities(
        EndpointName="dev-churn", DesiredWeightsAndCapacities=[{"VariantName": "live", "DesiredInstanceCount": 6}]
    )
    assert endpoints.fleet("dev-churn") == {"live": Instances("ml.m5.large", 6)}
    client.delete_endpoint_config(EndpointConfigName="churn-config")
    assert endpoints.fleet("dev-churn") == {"live": Instances("", 6)}


def test_alarms_that_are_on_are_told_and_no_others(endpoints: Endpoints) -> None:
    client = boto3.client("cloudwatch", REGION)
    for name in ("errors", "latency", "others"):
        client.put_metric_alarm(
            AlarmName=name, MetricName="m", Namespace="n", ComparisonOperator="GreaterThanThreshold", EvaluationPeriods=1, Threshold=1.0,
            Period=60, Statistic="Average",
        )  # fmt: skip
    for name in ("latency", "others"):
        client.set_alarm_state(AlarmName=name, StateValue="ALARM", StateReason="too slow")
    assert endpoints.going_off(["errors", "latency"]) == {"latency": "too slow"}
    # All alarms of the account are what no names mean to CloudWatch.
    assert endpoints.going_off([]) == {}


def test_weights_come_into_a_file(endpoints: Endpoints, tmp_path: Path) -> None:
    s3 = boto3.client("s3", REGION)
    s3.create_bucket(Bucket="store", CreateBucketConfiguration={"LocationConstraint": REGION})
    s3.put_object(Bucket="store", Key="churn/model.json", Body=b"{}")
    endpoints.download("s3://store/churn/model.json", tmp_path / "model.json")
    assert (tmp_path / "model.json").read_bytes() == b"{}"
    with pytest.raises(AwsFailure, match="s3:GetObject"):
        endpoints.download("s3://store/other", tmp_path / "other")


def refused(endpoints: Endpoints, monkeypatch: pytest.MonkeyPatch, code: str, **more: object) -> Invoked | None:
    """The answer of an endpoint, where AWS refuses to give one."""
    client = boto3.client("sagemaker-runtime", REGION)
    stub = Stubber(client)
    stub.add_client_error("invoke_endpoint", code, "no", 424, modeled_fields=more or None)
    monkeypatch.setattr(boto3.Session, "client", lambda *_, **__: client)
    with stub:
        return endpoints.invoke("dev-churn", b"{}")


def test_what_a_container_refuses_is_its_answer(endpoints: Endpoints, monkeypatch: pytest.MonkeyPatch) -> None:
    answer = refused(endpoints, monkeypatch, "ModelError", OriginalStatusCode=400, OriginalMessage='{"error": "x"}')
    assert answer == Invoked(400, b'{"error": "x"}', "")


def test_where_nothing_runs_there_is_no_answer(endpoints: Endpoints, monkeypatch: pytest.MonkeyPatch) -> None:
    assert refused(endpoints, monkeypatch, SIMULATED) is None


def test_what_aws_refuses_is_a_failure(endpoints: Endpoints, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(AwsFailure, match="sagemaker:InvokeEndpoint: ValidationError"):
        refused(endpoints, monkeypatch, "ValidationError")


def test_an_answer_says_who_gave_it(endpoints: Endpoints) -> None:
    # moto's own words.
    serve()
    answer = endpoints.invoke("dev-churn", b"{}")
    assert answer is not None
    assert (answer.status, answer.content, answer.variant) == (200, b"body", "invoked_production_variant")
