"""Models on SageMaker that are stopped and answer again, in an account that moto plays."""

import json
from collections.abc import Iterator
from typing import Any

import boto3
import pytest
from botocore.client import BaseClient
from moto import mock_aws

from modelway.operations import stopping
from modelway.operations._aws import AwsFailure
from modelway.operations.stopping import NoDrill, NotStopped, Target
from modelway.operations.stopping_rights import document

REGION, ROLE = "eu-west-1", "arn:aws:iam::123456789012:role/execution"
IMAGE = "123456789012.dkr.ecr.eu-west-1.amazonaws.com/dev/churn@sha256:" + "a" * 64


def target(fallback: str | None = "1") -> Target:
    return Target("dev", "churn", REGION, endpoint="dev-churn", fallback=fallback)


def stop(fallback: str | None = "1") -> stopping.Done:
    return stopping.stop(target(fallback), who="desk@example.com", when="2026-11-28T09:00:00.000000Z")


@pytest.fixture
def client(monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    """An endpoint with version 1 for 90 and version 2 for 10 percent."""
    for name in ("AWS_ENDPOINT_URL", "AWS_PROFILE"):
        monkeypatch.delenv(name, raising=False)
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "testing")
    with mock_aws():
        made = boto3.client("sagemaker", REGION)
        variants: list[Any] = []
        for name, version, weight in (("live", "1", 90), ("canary", "2", 10)):
            container: Any = {"Image": IMAGE, "Environment": {"MODEL_VERSION": version}}
            made.create_model(ModelName=f"churn-{version}", ExecutionRoleArn=ROLE, PrimaryContainer=container)
            variants.append(
                {
                    "VariantName": name,
                    "ModelName": f"churn-{version}",
                    "InstanceType": "ml.m5.large",
                    "InitialInstanceCount": 1,
                    "InitialVariantWeight": weight,
                }
            )
        made.create_endpoint_config(EndpointConfigName="churn-config", ProductionVariants=variants)
        made.create_endpoint(EndpointName="dev-churn", EndpointConfigName="churn-config")
        yield made


def weights(client: Any) -> dict[str, float]:
    found = client.describe_endpoint(EndpointName="dev-churn")["ProductionVariants"]
    return {one["VariantName"]: one["CurrentWeight"] for one in found}


def test_its_fallback_answers_alone_and_back(client: Any) -> None:
    done = stop()
    assert (done.before, done.after) == ({"1": 90, "2": 10}, {"1": 100})
    assert weights(client) == {"live": 1, "canary": 0}
    back = stopping.resume(target())
    assert back.after == {"1": 90, "2": 10}
    assert weights(client) == {"live": 90, "canary": 10}
    with pytest.raises(NotStopped, match="as its configuration says"):
        stopping.resume(target())


def test_without_a_fallback_there_is_no_endpoint_and_its_configuration_stays(client: Any) -> None:
    done = stop(None)
    assert (done.before, done.after) == ({"1": 90, "2": 10}, {})
    assert "configuration churn-config" in done.where
    assert not client.list_endpoints()["Endpoints"]
    assert client.describe_endpoint_config(EndpointConfigName="churn-config")
    assert "pulumi refresh" in stopping.resume(target(None)).notes[0]
    with pytest.raises(NotStopped, match="there is no endpoint"):
        stop(None)


def test_a_fallback_that_does_not_run_is_said(client: Any) -> None:
    assert stop("3").notes == ["its fallback 3 is no variant of the endpoint, so nobody answers"]
    assert not client.list_endpoints()["Endpoints"]


def test_a_drill_puts_it_back_and_is_refused_where_it_cannot(client: Any) -> None:
    stopped, back = stopping.drill(target(), who="desk", when="now")
    assert (stopped.after, back.after) == ({"1": 100}, {"1": 90, "2": 10})
    assert stopped.seconds > 0
    assert weights(client) == {"live": 90, "canary": 10}
    for fallback in (None, "3"):
        with pytest.raises(NoDrill, match="Nothing was changed"):
            stopping.drill(target(fallback), who="desk", when="now")
    stop()
    with pytest.raises(NoDrill, match="stopped already"):
        stopping.drill(target(), who="desk", when="now")
    assert weights(client) == {"live": 1, "canary": 0}


def test_a_drill_that_fails_half_the_way_puts_back_what_it_took(client: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    from modelway.operations._aws_stop import EndpointSwitch

    until = EndpointSwitch._until

    def interrupted(self: EndpointSwitch, endpoint: str, done: Any) -> None:
        monkeypatch.setattr(EndpointSwitch, "_until", until)
        raise KeyboardInterrupt

    monkeypatch.setattr(EndpointSwitch, "_until", interrupted)
    with pytest.raises(KeyboardInterrupt):
        stopping.drill(target(), who="desk", when="now")
    assert weights(client) == {"live": 90, "canary": 10}


def test_the_policy_has_what_is_called_and_nothing_that_starts_it(client: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    called: set[str] = set()
    original = type(client)._make_api_call

    def told(self: Any, operation: str, arguments: Any) -> Any:
        called.add(f"sagemaker:{operation}")
        return original(self, operation, arguments)

    monkeypatch.setattr(BaseClient, "_make_api_call", told)
    stop()
    stop(None)
    written = document(target(), "123456789012")
    allowed = {action for one in written["Statement"] for action in one["Action"]}  # type: ignore[attr-defined]
    assert called == allowed
    assert '"*"' not in json.dumps(written)
    in_cluster = Target("dev", "churn", REGION, "risk", None, "dev-main")
    assert document(in_cluster, "123456789012")["Statement"] == [
        {
            "Effect": "Allow",
            "Sid": "FindCluster",
            "Action": ["eks:DescribeCluster"],
            "Resource": ["arn:aws:eks:eu-west-1:123456789012:cluster/dev-main"],
        }
    ]


def test_what_aws_refuses_is_told(client: Any) -> None:
    client.delete_model(ModelName="churn-1")
    with pytest.raises(AwsFailure, match="DescribeModel"):
        stop()


@pytest.mark.parametrize("fallback", ["1", None], ids=["fallback", "nobody"])
def test_what_does_not_come_to_rest_is_not_called_stopped(fallback: str | None, client: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    from modelway.operations import _aws_stop

    monkeypatch.setattr(_aws_stop, "WAIT_SECONDS", 0.0)
    monkeypatch.setattr(_aws_stop, "_PAUSE", 0.0)
    original = BaseClient._make_api_call

    def slow(self: Any, operation: str, arguments: Any) -> Any:
        # AWS has taken the request, and the endpoint is on its way for longer than anybody waits.
        if operation in ("UpdateEndpointWeightsAndCapacities", "DeleteEndpoint"):
            return {}
        return original(self, operation, arguments)

    monkeypatch.setattr(BaseClient, "_make_api_call", slow)
    with pytest.raises(AwsFailure, match=r"dev-churn was told to change, and has not.*canary 10, live 90.*may still get requests"):
        stop(fallback)
