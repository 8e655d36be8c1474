"""Whom the alarms of an environment tell."""

from typing import NotRequired, TypedDict

import pulumi
import pulumi_aws as aws

from components import _alarm_policies as policies
from components import _statements as statements


class AlarmTopicArgs(TypedDict):
    """What the topic of alarms is made from."""

    topic_name: str
    """Physical name, at most 256 characters."""
    account: str
    """AWS account, 12 digits."""
    region: str
    deletion_window_days: NotRequired[int]
    """Days that AWS keeps the key after its deletion, 7 to 30. Default: 30."""


class AlarmTopic(pulumi.ComponentResource):
    """An SNS topic, encrypted with a key of its own, that CloudWatch alarms of this account write to and nobody else.

    Whoever wants to be told subscribes to it.
    """

    topic: pulumi.Output[str]
    """ARN; alarms may write to it when it is known."""
    key_arn: pulumi.Output[str]

    def __init__(self, name: str, args: AlarmTopicArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("modelway:index:AlarmTopic", name, {**args}, opts)
        child = pulumi.ResourceOptions(parent=self)
        account, region = args["account"], args["region"]
        key = aws.kms.Key(
            f"{name}-key",
            description=f"Messages of {args['topic_name']}",
            enable_key_rotation=True,
            deletion_window_in_days=args.get("deletion_window_days", 30),
            policy=statements.text(policies.key_of_alarms(account, region)),
            opts=child,
        )
        topic = aws.sns.Topic(f"{name}-topic", name=args["topic_name"], kms_master_key_id=key.arn, opts=child)
        policy = aws.sns.TopicPolicy(
            f"{name}-policy",
            arn=topic.arn,
            policy=topic.arn.apply(lambda arn: statements.text(policies.written_by_alarms(arn, account, region))),
            opts=child,
        )
        self.topic = pulumi.Output.all(topic.arn, policy.id).apply(lambda known: str(known[0]))
        self.key_arn = key.arn
        self.register_outputs({"topic": self.topic, "key_arn": self.key_arn})
