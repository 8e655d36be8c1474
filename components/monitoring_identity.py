"""Who pods are to AWS that tell SNS topics, or ask for metrics that Amazon keeps."""

from typing import TypedDict

import pulumi
import pulumi_aws as aws

from components import _alarm_policies as of_alarms
from components import _policies as policies
from components._prometheus_operator import ALERTMANAGER
from components.cluster._charts import KEDA_ACCOUNT, KEDA_NAMESPACE


class AlertmanagerIdentityArgs(TypedDict):
    """What the identity is made from."""

    account: str
    """AWS account, 12 digits."""
    cluster_name: pulumi.Input[str]
    cluster_arn: pulumi.Input[str]
    namespace: str
    """Where MonitoringStack installs the operator."""
    topics: list[str]
    """ARNs of the topics that are told."""
    keys: list[str]
    """ARNs of the KMS keys that topics are encrypted with."""


class AlertmanagerIdentity(pulumi.ComponentResource):
    """A role that can publish to the topics of receivers, and nothing else. Alertmanager's pods get it by EKS Pod Identity.

    The service account has the name that MonitoringStack gives it; a topic of another account has to let this one publish besides.
    """

    role_arn: pulumi.Output[str]
    association: pulumi.Output[str]
    """Id of the association; pods that start later have the role."""

    def __init__(self, name: str, args: AlertmanagerIdentityArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("modelway:index:AlertmanagerIdentity", name, {**args}, opts)
        child = pulumi.ResourceOptions(parent=self)
        account = args["account"]
        trust = pulumi.Output.from_input(args["cluster_arn"]).apply(lambda arn: policies.text(policies.assumed_by_pods(account, arn)))
        role = aws.iam.Role(f"{name}-alertmanager", description="Alertmanager tells topics", assume_role_policy=trust, opts=child)
        publish = policies.text(of_alarms.publish_alerts(args["topics"], args["keys"]))
        granted = aws.iam.RolePolicy(f"{name}-alertmanager-publish", role=role.id, policy=publish, opts=child)
        self.role_arn = role.arn
        self.association = aws.eks.PodIdentityAssociation(
            f"{name}-alertmanager",
            cluster_name=args["cluster_name"],
            namespace=args["namespace"],
            service_account=ALERTMANAGER,
            role_arn=pulumi.Output.all(role.arn, granted.id).apply(lambda known: str(known[0])),
            opts=child,
        ).association_id
        self.register_outputs({"role_arn": self.role_arn, "association": self.association})


class MetricsReaderArgs(TypedDict):
    """What the identity is made from."""

    account: str
    """AWS account, 12 digits."""
    cluster_name: pulumi.Input[str]
    cluster_arn: pulumi.Input[str]


class MetricsReader(pulumi.ComponentResource):
    """A role that KEDA's operator gets by EKS Pod Identity. It may do nothing until ManagedMetrics lets it ask one workspace.

    Apart, because the role has to be there before KEDA's pods start, and the workspace comes after the clusters that it is for.
    """

    role_name: pulumi.Output[str]
    association: pulumi.Output[str]
    """Id of the association; pods that start later have the role."""

    def __init__(self, name: str, args: MetricsReaderArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("modelway:index:MetricsReader", name, {**args}, opts)
        child = pulumi.ResourceOptions(parent=self)
        account = args["account"]
        trust = pulumi.Output.from_input(args["cluster_arn"]).apply(lambda arn: policies.text(policies.assumed_by_pods(account, arn)))
        role = aws.iam.Role(f"{name}-metrics-reader", description="KEDA asks for metrics", assume_role_policy=trust, opts=child)
        self.role_name = role.name
        self.association = aws.eks.PodIdentityAssociation(
            f"{name}-metrics-reader",
            cluster_name=args["cluster_name"],
            namespace=KEDA_NAMESPACE,
            service_account=KEDA_ACCOUNT,
            role_arn=role.arn,
            opts=child,
        ).association_id
        self.register_outputs({"role_name": self.role_name, "association": self.association})
