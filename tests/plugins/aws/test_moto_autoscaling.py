"""Tags of scalable targets, which moto does not keep, and here are as in AWS."""

from collections.abc import Iterator
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError
from moto import mock_aws
from moto.applicationautoscaling.responses import ApplicationAutoScalingResponse

from localcloud.aws import autoscaling

PLACE = {
    "ServiceNamespace": "dynamodb",
    "ResourceId": "table/scores",
    "ScalableDimension": "dynamodb:table:ReadCapacityUnits",
}


@pytest.fixture
def client(monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "testing")
    monkeypatch.delenv("AWS_ENDPOINT_URL", raising=False)
    for name in ("register_scalable_target", "tag_resource", "untag_resource", "list_tags_for_resource"):
        # Put back afterwards.
        monkeypatch.setattr(ApplicationAutoScalingResponse, name, getattr(ApplicationAutoScalingResponse, name, None), raising=False)
    autoscaling.install()
    with mock_aws():
        yield boto3.client("application-autoscaling", "eu-west-1")


def test_tags_are_kept_come_and_go(client: Any) -> None:
    arn = client.register_scalable_target(**PLACE, MinCapacity=1, MaxCapacity=2, Tags={"owner": "risk", "tier": "high"})[
        "ScalableTargetARN"
    ]
    assert client.list_tags_for_resource(ResourceARN=arn)["Tags"] == {"owner": "risk", "tier": "high"}
    client.tag_resource(ResourceARN=arn, Tags={"owner": "fraud"})
    client.untag_resource(ResourceARN=arn, TagKeys=["tier", "never"])
    client.register_scalable_target(**PLACE, MinCapacity=1, MaxCapacity=3)
    assert client.list_tags_for_resource(ResourceARN=arn)["Tags"] == {"owner": "fraud"}


def test_what_is_not_there_has_none(client: Any) -> None:
    arn = client.register_scalable_target(**PLACE, MinCapacity=1, MaxCapacity=2, Tags={"owner": "risk"})["ScalableTargetARN"]
    client.deregister_scalable_target(**PLACE)
    with pytest.raises(ClientError) as refused:
        client.list_tags_for_resource(ResourceARN=arn)
    assert refused.value.response["Error"]["Code"] == "ResourceNotFoundException"
