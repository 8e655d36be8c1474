"""Who the pods of a model are to AWS."""

from typing import NotRequired, TypedDict

import pulumi
import pulumi_aws as aws

from components import _model_policies as of_models
from components import _policies as policies
from components._names import versioned
from components.outputs import gathered


class ModelIdentityArgs(TypedDict):
    """What a model's identity is made from."""

    model: str
    account: str
    """AWS account, 12 digits."""
    cluster_name: pulumi.Input[str]
    cluster_arn: pulumi.Input[str]
    namespace: pulumi.Input[str]
    bucket_arn: pulumi.Input[str]
    key_arn: pulumi.Input[str]
    """KMS key that the model store is encrypted with."""
    weights: dict[str, str]
    """Key in the model store by version; the versions that run, and no other."""
    elsewhere: NotRequired[dict[str, str]]
    """ARN by version of weights in a bucket of somebody else."""
    artifacts: NotRequired[list[str]]
    """Versions whose weights the node pulls."""
    payloads_arn: NotRequired[pulumi.Input[str]]
    """Bucket that pods add to what they were asked and answered."""


class ModelIdentity(pulumi.ComponentResource):
    """A role that can read the weights of the model's running versions, and add to its payloads if any are kept, and nothing else.

    Pods get it by EKS Pod Identity.

    The service accounts carry the names that KubernetesEndpoint gives them.
    """

    role_arn: pulumi.Output[str]
    associations: pulumi.Output[dict[str, str]]
    """Id of the association by version; pods that start later have the role."""

    def __init__(self, name: str, args: ModelIdentityArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("modelway:index:ModelIdentity", name, {**args}, opts)
        child = pulumi.ResourceOptions(parent=self)
        account = args["account"]
        role = aws.iam.Role(
            f"{name}-role",
            description=f"Pods of the model {args['model']}",
            assume_role_policy=pulumi.Output.from_input(args["cluster_arn"]).apply(
                lambda arn: policies.text(policies.assumed_by_pods(account, arn))
            ),
            opts=child,
        )
        self._name, self._role, self._child = name, role, child
        granted = self._grants(args)
        allowed = pulumi.Output.all(role.arn, *granted).apply(lambda known: str(known[0]))
        self.role_arn = role.arn
        self.associations = gathered(
            {
                version: aws.eks.PodIdentityAssociation(
                    f"{name}-{version}",
                    cluster_name=args["cluster_name"],
                    namespace=args["namespace"],
                    service_account=versioned(args["model"], version),
                    role_arn=allowed,
                    opts=child,
                ).association_id
                for version in _versions(args)
            }
        )
        self.register_outputs({"role_arn": self.role_arn, "associations": self.associations})

    def _grants(self, args: ModelIdentityArgs) -> list[pulumi.Output[str]]:
        """Ids of the role's policies; only those that grant something."""
        granted = []
        if keys := sorted(set(args["weights"].values())):
            reading = pulumi.Output.all(args["bucket_arn"], args["key_arn"]).apply(
                lambda known: policies.text(policies.read_weights(known[0], keys, known[1]))
            )
            granted.append(self._grant("weights", reading))
        if objects := sorted(set(args.get("elsewhere", {}).values())):
            granted.append(self._grant("elsewhere", policies.text(of_models.read_elsewhere(objects))))
        if "payloads_arn" in args:
            versions = _versions(args)
            adding = pulumi.Output.all(args["payloads_arn"], args["key_arn"]).apply(
                lambda known: policies.text(of_models.write_payloads(known[0], versions, known[1]))
            )
            granted.append(self._grant("payloads", adding))
        return granted

    def _grant(self, what: str, policy: pulumi.Input[str]) -> pulumi.Output[str]:
        return aws.iam.RolePolicy(f"{self._name}-{what}", role=self._role.id, policy=policy, opts=self._child).id


def _versions(args: ModelIdentityArgs) -> list[str]:
    return sorted({*args["weights"], *args.get("elsewhere", {}), *args.get("artifacts", [])})
