"""Policies of what is written to CloudWatch Logs, as data."""

from components._policies import key_of_account
from components._statements import Document, allow, document


def log_group_arn(account: str, region: str, name: str) -> str:
    return f"arn:aws:logs:{region}:{account}:log-group:{name}"


def used_by_logs(account: str, region: str, log_group: str) -> Document:
    """The statement of a key's policy that lets CloudWatch Logs encrypt one log group."""
    actions = (
        "kms:Decrypt",
        "kms:DescribeKey",
        "kms:Encrypt",
        "kms:GenerateDataKey",
        "kms:GenerateDataKeyWithoutPlaintext",
        "kms:ReEncryptFrom",
        "kms:ReEncryptTo",
    )
    # docs.aws.amazon.com/AmazonCloudWatch/latest/logs/encrypt-log-data-kms.html
    condition = {"ArnEquals": {"kms:EncryptionContext:aws:logs:arn": log_group_arn(account, region, log_group)}}
    # In a key's policy `*` is the key itself.
    return allow("Logs", actions, ["*"], principal={"Service": f"logs.{region}.amazonaws.com"}, condition=condition)


def with_statement(policy: Document, statement: Document) -> Document:
    """`policy`, and what `statement` says."""
    statements = policy["Statement"]
    assert isinstance(statements, list)
    return document(*statements, statement)


def key_of_log_group(account: str, region: str, log_group: str) -> Document:
    """A key policy for one log group."""
    return with_statement(key_of_account(account), used_by_logs(account, region, log_group))


def assumed_by_flow_logs(account: str, region: str) -> Document:
    """The trust policy of the role that VPC flow logs write with, for flow logs of this account and region alone."""
    condition = {
        "StringEquals": {"aws:SourceAccount": account},
        "ArnLike": {"aws:SourceArn": f"arn:aws:ec2:{region}:{account}:vpc-flow-log/*"},
    }
    return document(allow("FlowLogs", ("sts:AssumeRole",), principal={"Service": "vpc-flow-logs.amazonaws.com"}, condition=condition))


def write_flow_logs(account: str, region: str, log_group: str) -> Document:
    """Write into one log group, which is there already."""
    group = log_group_arn(account, region, log_group)
    return document(
        allow("Write", ("logs:CreateLogStream", "logs:DescribeLogStreams", "logs:PutLogEvents"), [group, f"{group}:log-stream:*"]),
        # Looking for a group is looking through all of them: the action takes no narrower resource.
        allow("Find", ("logs:DescribeLogGroups",), [log_group_arn(account, region, "*")]),
    )
