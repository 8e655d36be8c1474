"""Amazon Managed Service for Prometheus and Managed Grafana. Schemas: hashicorp/terraform-provider-aws, files named at each row."""

from __future__ import annotations

from localcloud.plugins.aws import recorded
from localcloud.plugins.aws.table import ID, REMOVED, TAGS, Action, Call, Read, Row, Scope, Source, Step, Tagging

_ARN = Source(lambda scope: scope.live["arn"])
_TAGGING = Tagging(
    Call("TagResource", {"resourceArn": _ARN, "tags": TAGS}),
    Call("UntagResource", {"resourceArn": _ARN, "tagKeys": REMOVED}),
    read="tags",
)


def _log(scope: Scope) -> None:
    group = scope.inputs["loggingConfiguration"]["logGroupArn"]
    parameters = {"workspaceId": scope.id, "logGroupArn": group}
    there = (scope.live.get("logging") or {}).get("loggingConfiguration")
    scope.call("amp", "UpdateLoggingConfiguration" if there else "CreateLoggingConfiguration", parameters)


WORKSPACE = Row(
    type="aws:amp/workspace:Workspace",
    service="amp",
    source="internal/service/amp/workspace.go",
    served="moto",
    create=Call("CreateWorkspace", {"alias": "alias", "tags": TAGS}),
    id="answer.workspaceId",
    read=Read(
        Call("DescribeWorkspace", {"workspaceId": ID}),
        "workspace",
        more={"logging": Call("DescribeLoggingConfiguration", {"workspaceId": ID}, tolerate=("ResourceNotFoundException",))},
    ),
    steps=(
        Step(("alias",), Call("UpdateWorkspaceAlias", {"workspaceId": ID, "alias": "alias"}), on_create=False),
        Step(
            ("loggingConfiguration",),
            Action(
                _log,
                ("loggingConfiguration",),
                ("amp:CreateLoggingConfiguration", "amp:UpdateLoggingConfiguration"),
            ),
            unset=Call("DeleteLoggingConfiguration", {"workspaceId": ID}),
        ),
    ),
    delete=(Call("DeleteWorkspace", {"workspaceId": ID}),),
    outputs={
        "arn": "arn",
        "prometheusEndpoint": "prometheusEndpoint",
        "loggingConfiguration": Source(
            lambda scope: (
                {"logGroupArn": found["logGroupArn"]} if (found := (scope.live.get("logging") or {}).get("loggingConfiguration")) else None
            )
        ),
    },
    replace_on=frozenset({"kmsKeyArn"}),
    kept={"kmsKeyArn": "moto does not keep it"},
    tagging=_TAGGING,
    note="not encrypted",
)

_WORKSPACE = Source(lambda scope: scope.id.split("/")[1])
"""The id is arn:…:rulegroupsnamespace/WORKSPACE/NAME."""
_NAMED = {"workspaceId": _WORKSPACE, "name": Source(lambda scope: scope.id.split("/")[2])}

RULES = Row(
    type="aws:amp/ruleGroupNamespace:RuleGroupNamespace",
    service="amp",
    source="internal/service/amp/rule_group_namespace.go",
    served="moto",
    create=Call("CreateRuleGroupsNamespace", {"workspaceId": "workspaceId", "name": "name", "data": "data", "tags": TAGS}),
    id="answer.arn",
    read=Read(Call("DescribeRuleGroupsNamespace", _NAMED), "ruleGroupsNamespace"),
    steps=(Step(("data",), Call("PutRuleGroupsNamespace", {**_NAMED, "data": "data"}), on_create=False),),
    delete=(Call("DeleteRuleGroupsNamespace", _NAMED),),
    outputs={"workspaceId": _WORKSPACE, "data": Source(lambda scope: _text(scope.live["data"]))},
    replace_on=frozenset({"workspaceId", "name"}),
    tagging=_TAGGING,
)


def _text(data: object) -> str:
    return data.decode() if isinstance(data, bytes) else str(data)


ALERT_MANAGER = recorded.row(
    "aws:amp/alertManagerDefinition:AlertManagerDefinition",
    "internal/service/amp/alert_manager_definition.go",
    properties=("workspaceId", "definition"),
    id="inputs.workspaceId",
    replace_on=frozenset({"workspaceId"}),
)

RETENTION = recorded.row(
    "aws:amp/workspaceConfiguration:WorkspaceConfiguration",
    "internal/service/amp/workspace_configuration.go",
    properties=("workspaceId", "retentionPeriodInDays"),
    id="inputs.workspaceId",
    replace_on=frozenset({"workspaceId"}),
)

SCRAPER = recorded.row(
    "aws:amp/scraper:Scraper",
    "internal/service/amp/scraper.go",
    properties=("alias", "source", "destination", "scrapeConfiguration"),
    # AWS makes ids up, so that a scraper of another cluster can be there before this one goes.
    id="join('/', [inputs.alias, inputs.source.eks.clusterArn])",
    replace_on=frozenset({"source"}),
    tags=True,
)

GRAFANA = recorded.row(
    "aws:grafana/workspace:Workspace",
    "internal/service/grafana/workspace.go",
    properties=("name", "accountAccessType", "authenticationProviders", "permissionType", "roleArn", "dataSources"),
    id="inputs.name",
    replace_on=frozenset({"authenticationProviders"}),
    outputs={"endpoint": Source(lambda scope: f"{scope.id}.grafana-workspace.{scope.region}.amazonaws.com")},
    tags=True,
)

ROWS = (WORKSPACE, RULES, ALERT_MANAGER, RETENTION, SCRAPER, GRAFANA)
