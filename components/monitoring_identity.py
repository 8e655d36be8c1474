"""Who Alertmanager's pods are to AWS, where they tell SNS topics."""

from typing import TypedDict

import pulumi
import pulumi_aws as aws

from components import _alarm_policies as of_alarms
from components import _policies as policies
from components._prometheus_operator import ALERTMANAGER


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
