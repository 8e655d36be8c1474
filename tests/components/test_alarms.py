import json

import pulumi
import pytest

from components.alarms import AlarmTopic, AlarmTopicArgs
from tests.support.engine import Recorder, run

TOPIC = "arn:aws:sns:eu-west-1:222222222222:dev-alarms"
OWN = {
    "StringEquals": {"aws:SourceAccount": "222222222222"},
    "ArnLike": {"aws:SourceArn": "arn:aws:cloudwatch:eu-west-1:222222222222:alarm:*"},
}


def make(name: str, opts: pulumi.ResourceOptions | None = None) -> AlarmTopic:
    return AlarmTopic(name, AlarmTopicArgs(topic_name="dev-alarms", account="222222222222", region="eu-west-1"), opts)


def test_contract(contract) -> None:
    held = contract(make)
    held.tree("alarms")
    held.outputs(AlarmTopic)
    held.instances()
    held.options()


@pytest.fixture(scope="module")
def made() -> Recorder:
    return run(lambda: make("alarms"))


def test_alarms_of_the_account_write_and_nobody_else(made: Recorder) -> None:
    writing, refusing = json.loads(made.one("TopicPolicy").inputs["policy"])["Statement"]
    assert (writing["Principal"], writing["Action"], writing["Resource"]) == (
        {"Service": "cloudwatch.amazonaws.com"},
        ["sns:Publish"],
        [TOPIC],
    )
    assert writing["Condition"] == OWN
    assert refusing["Effect"] == "Deny"


def test_the_key_lets_alarms_encrypt(made: Recorder) -> None:
    key = made.one("Key").inputs
    assert key["enableKeyRotation"] is True
    alarms = json.loads(key["policy"])["Statement"][-1]
    assert (alarms["Principal"], alarms["Condition"]) == ({"Service": "cloudwatch.amazonaws.com"}, OWN)
    assert alarms["Action"] == ["kms:Decrypt", "kms:GenerateDataKey"]
    assert made.one("Topic").inputs["kmsMasterKeyId"].endswith(":key/alarms-key")
