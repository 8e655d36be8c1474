"""The policies of topics that alarms write to, and of who writes to topics, as data."""

from collections.abc import Sequence

from components._policies import key_of_account
from components._statements import Document, allow, document


def written_by_alarms(topic: str, account: str, region: str) -> Document:
    """A topic policy: CloudWatch alarms of this account and region publish, over TLS, and nobody else."""
    refused: Document = {
        "Sid": "TlsOnly",
        "Effect": "Deny",
        "Principal": "*",
        "Action": "sns:Publish",
        "Resource": [topic],
        "Condition": {"Bool": {"aws:SecureTransport": "false"}},
    }
    return document(
        allow("Alarms", ("sns:Publish",), [topic], principal={"Service": "cloudwatch.amazonaws.com"}, condition=_of(account, region)),
        refused,
    )


def key_of_alarms(account: str, region: str) -> Document:
    """A key policy: of the account, and for what CloudWatch alarms of it encrypt
    (docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/Notify_Users_Alarm_Changes.html)."""
    policy = key_of_account(account)
    statements = policy["Statement"]
    assert isinstance(statements, list)
    use = ("kms:Decrypt", "kms:GenerateDataKey")
    # In a key's policy `*` is the key itself.
    statements.append(allow("Alarms", use, ["*"], principal={"Service": "cloudwatch.amazonaws.com"}, condition=_of(account, region)))
    return policy


def _of(account: str, region: str) -> dict[str, object]:
    return {
        "StringEquals": {"aws:SourceAccount": account},
        "ArnLike": {"aws:SourceArn": f"arn:aws:cloudwatch:{region}:{account}:alarm:*"},
    }


def publish_alerts(topics: Sequence[str], keys: Sequence[str]) -> Document:
    """Publish to these topics; have messages encrypted with their keys by SNS alone
    (docs.aws.amazon.com/sns/latest/dg/sns-key-management.html, whoever publishes uses the key)."""
    statements = [allow("Publish", ("sns:Publish",), sorted(topics))]
    if keys:
        services = sorted({f"sns.{key.split(':')[3]}.amazonaws.com" for key in keys})
        via_sns = {"StringEquals": {"kms:ViaService": services}}
        statements.append(allow("Encrypt", ("kms:Decrypt", "kms:GenerateDataKey"), sorted(keys), condition=via_sns))
    return document(*statements)
