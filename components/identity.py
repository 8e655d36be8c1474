"""Who the pods of a model are to AWS."""

from typing import TypedDict

import pulumi
import pulumi_aws as aws

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


class ModelIdentity(pulumi.ComponentResource):
    """A role that can read the weights of the model's running versions and nothing else, given to their pods by EKS Pod Identity.

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
        keys = sorted(set(args["weights"].values()))
        reading = aws.iam.RolePolicy(
            f"{name}-weights",
            role=role.id,
            policy=pulumi.Output.all(args["bucket_arn"], args["key_arn"]).apply(
                lambda known: policies.text(policies.read_weights(known[0], keys, known[1]))
            ),
            opts=child,
        )
        allowed = pulumi.Output.all(role.arn, reading.id).apply(lambda known: str(known[0]))
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
                for version in sorted(args["weights"])
            }
        )
        self.register_outputs({"role_arn": self.role_arn, "associations": self.associations})
