"""How boto3 is asked about workspaces of metrics and their rules."""

from collections.abc import Mapping

from tests.localcloud.aws_plugin.lookup import Lookup

MONITORING: Mapping[str, Lookup] = {
    "amp/workspace:Workspace": Lookup(
        "amp",
        "describe_workspace",
        lambda i, _: {"workspaceId": i},
        "workspace",
        {"loggingConfiguration": "{logGroupArn: logging.loggingConfiguration.logGroupArn}"},
        {"logging": ("describe_logging_configuration", lambda i, _: {"workspaceId": i})},
        "tags",
    ),
    "amp/ruleGroupNamespace:RuleGroupNamespace": Lookup(
        "amp",
        "describe_rule_groups_namespace",
        lambda i, _: {"workspaceId": i.split("/")[1], "name": i.split("/")[2]},
        "ruleGroupsNamespace",
        {"workspaceId": lambda i, _: i.split("/")[1], "data": lambda _, live: live["data"].decode()},
        tags="tags",
    ),
}
