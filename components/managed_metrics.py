"""Metrics, rules and alerts that Amazon runs."""

from typing import NotRequired, TypedDict

import pulumi
import pulumi_aws as aws

from components import _log_policies as logs
from components import _managed_metrics as managed
from components import _policies as policies
from components import _statements as statements
from components._alert_routes import AlertRoutesArgs
from components.monitoring import RuleGroup


class ReadClusterArgs(TypedDict):
    """An EKS cluster that is read."""

    arn: pulumi.Input[str]
    name: str
    """Value of the label `cluster`."""
    envoy: NotRequired[bool]
    """Whether Envoy Gateway's proxies are read."""
    gpus: NotRequired[bool]
    """Whether NVIDIA's exporter is read."""
    nodes: NotRequired[bool]
    """Whether prometheus-node-exporter is read."""


class ManagedMetricsArgs(TypedDict):
    """What is kept, read, ruled and told."""

    name: str
    """Alias of the workspace, name of the log group and of Grafana's workspace."""
    account: str
    """AWS account, 12 digits."""
    region: str
    workspace: NotRequired[str]
    """Id of a workspace that is there already; one is made without it."""
    retention_days: NotRequired[int]
    """Days that metrics are kept, in a workspace that is made. Default: Amazon's, 150."""
    scrape_interval: str
    """As Prometheus writes it: `30s`."""
    clusters: dict[str, ReadClusterArgs]
    subnet_ids: pulumi.Input[list[str]]
    """Where scrapers stand, in two zones or more, with a way to the API server and to pods."""
    groups: list[RuleGroup]
    """Rules for all clusters."""
    routes: NotRequired[AlertRoutesArgs]
    """Who is told: SNS topics, whose policies let aps.amazonaws.com publish."""
    readers: NotRequired[dict[str, pulumi.Input[str]]]
    """Names of roles that may ask the workspace, by cluster: MetricsReader.role_name."""
    grafana: NotRequired[bool]
    """Whether a workspace of Managed Grafana is made, with IAM Identity Center as its door."""
    deletion_window_days: NotRequired[int]
    """Days that AWS keeps the key after its deletion, 7 to 30. Default: 30."""


class ManagedMetrics(pulumi.ComponentResource):
    """A workspace of Amazon Managed Service for Prometheus, a scraper for each cluster, base rules, and who is told.

    - metrics are encrypted with a key of their own; what rules and the alert manager have to say is in a log group
    - Grafana, where it is asked for, reads this workspace and nothing else; roles of autoscalers may ask it
    """

    workspace: pulumi.Output[str]
    """Id."""
    grafana: pulumi.Output[str | None]
    """Address of Grafana; None where there is none."""

    def __init__(self, name: str, args: ManagedMetricsArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("modelway:index:ManagedMetrics", name, {**args}, opts)
        self._name = name
        self._child = pulumi.ResourceOptions(parent=self)
        there, account, region = args.get("workspace"), args["account"], args["region"]
        self.workspace = self._workspace(args) if there is None else pulumi.Output.from_input(there)
        arn = self.workspace.apply(lambda known: f"arn:aws:aps:{region}:{account}:workspace/{known}")
        for key, cluster in sorted(args["clusters"].items()):
            self._scraper(key, cluster, arn, args)
        asking = arn.apply(lambda known: statements.text(managed.ask_metrics(known)))
        for key, role in sorted(args.get("readers", {}).items()):
            aws.iam.RolePolicy(f"{name}-{key}-ask", role=role, policy=asking, opts=self._child)
        aws.amp.RuleGroupNamespace(
            f"{name}-rules", name="modelway-base", workspace_id=self.workspace, data=managed.rule_file(args["groups"]), opts=self._child
        )
        if "routes" in args:
            definition = managed.alert_manager(args["routes"])
            aws.amp.AlertManagerDefinition(f"{name}-routes", workspace_id=self.workspace, definition=definition, opts=self._child)
        self.grafana = self._grafana(arn, args) if args.get("grafana") else pulumi.Output.from_input(None)
        self.register_outputs({"workspace": self.workspace, "grafana": self.grafana})

    def _workspace(self, args: ManagedMetricsArgs) -> pulumi.Output[str]:
        name, account, region = self._name, args["account"], args["region"]
        # Amazon writes into groups of this prefix without a policy of theirs.
        group_name = f"/aws/vendedlogs/prometheus/{args['name']}"
        key = aws.kms.Key(
            f"{name}-key",
            description=f"Metrics of {args['name']}",
            enable_key_rotation=True,
            deletion_window_in_days=args.get("deletion_window_days", 30),
            policy=statements.text(logs.with_statement(policies.key_of_account(account), logs.used_by_logs(account, region, group_name))),
            opts=self._child,
        )
        group = aws.cloudwatch.LogGroup(f"{name}-logs", name=group_name, retention_in_days=90, kms_key_id=key.arn, opts=self._child)
        workspace = aws.amp.Workspace(
            f"{name}-workspace",
            alias=args["name"],
            kms_key_arn=key.arn,
            logging_configuration={"log_group_arn": pulumi.Output.concat(group.arn, ":*")},
            opts=self._child,
        )
        if "retention_days" in args:
            aws.amp.WorkspaceConfiguration(
                f"{name}-retention", workspace_id=workspace.id, retention_period_in_days=args["retention_days"], opts=self._child
            )
        return workspace.id

    def _scraper(self, key: str, cluster: ReadClusterArgs, workspace_arn: pulumi.Output[str], args: ManagedMetricsArgs) -> None:
        aws.amp.Scraper(
            f"{self._name}-{key}-scraper",
            alias=f"{args['name']}-{key}",
            source={"eks": {"cluster_arn": cluster["arn"], "subnet_ids": args["subnet_ids"]}},
            destination={"amp": {"workspace_arn": workspace_arn}},
            scrape_configuration=managed.scraping(
                cluster["name"],
                args["scrape_interval"],
                envoy=cluster.get("envoy", False),
                gpus=cluster.get("gpus", False),
                nodes=cluster.get("nodes", False),
            ),
            opts=self._child,
        )

    def _grafana(self, workspace_arn: pulumi.Output[str], args: ManagedMetricsArgs) -> pulumi.Output[str | None]:
        name = self._name
        trust = statements.text(managed.assumed_by_grafana(args["account"], args["region"]))
        role = aws.iam.Role(f"{name}-grafana", assume_role_policy=trust, opts=self._child)
        read = aws.iam.RolePolicy(
            f"{name}-grafana-read",
            role=role.name,
            policy=workspace_arn.apply(lambda arn: statements.text(managed.read_metrics(arn))),
            opts=self._child,
        )
        workspace = aws.grafana.Workspace(
            f"{name}-grafana-workspace",
            name=args["name"],
            account_access_type="CURRENT_ACCOUNT",
            authentication_providers=["AWS_SSO"],
            permission_type="CUSTOMER_MANAGED",
            role_arn=role.arn,
            data_sources=["PROMETHEUS"],
            opts=pulumi.ResourceOptions.merge(self._child, pulumi.ResourceOptions(depends_on=[read])),
        )
        return workspace.endpoint.apply(lambda endpoint: f"https://{endpoint}")


class ManagedRulesArgs(TypedDict):
    """The rules of one endpoint."""

    model: str
    workspace: pulumi.Input[str]
    groups: list[RuleGroup]


class ManagedRules(pulumi.ComponentResource):
    """The rules of one endpoint in a workspace of Amazon Managed Service for Prometheus."""

    rules: pulumi.Output[str]
    """ARN of the rule groups."""

    def __init__(self, name: str, args: ManagedRulesArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("modelway:index:ManagedRules", name, {**args}, opts)
        made = aws.amp.RuleGroupNamespace(
            f"{name}-rules",
            name=args["model"],
            workspace_id=args["workspace"],
            data=managed.rule_file(args["groups"]),
            opts=pulumi.ResourceOptions(parent=self),
        )
        self.rules = made.arn
        self.register_outputs({"rules": self.rules})
