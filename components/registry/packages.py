"""Versions of models, listed by SageMaker."""

from typing import NotRequired, TypedDict

import pulumi
import pulumi_aws as aws

from components import _registry_policies as policies
from components._policies import text
from components.outputs import gathered
from components.registry.lasting import Lasting


class SageMakerModelRegistryArgs(TypedDict):
    """What a registry of model packages is made from."""

    prefix: str
    """Put before a model's name, with a dash."""
    models: list[str]
    """Every registered model; serving or not."""
    readers: NotRequired[list[str]]
    """Other accounts that may look at versions and serve them."""
    protect: NotRequired[bool]
    """Whether the engine refuses to delete a group. Default: no."""
    unprotected: NotRequired[list[str]]
    """Models whose groups may be deleted all the same."""
    retain: NotRequired[bool]
    """Whether a group stays in AWS when the engine deletes it. Default: no, and AWS refuses to delete one that has versions."""


class SageMakerModelRegistry(pulumi.ComponentResource):
    """A model package group for each model. Its versions are data: pipelines make them."""

    groups: pulumi.Output[dict[str, str]]
    """ARN of the group by model."""

    def __init__(self, name: str, args: SageMakerModelRegistryArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("modelway:index:SageMakerModelRegistry", name, {**args}, opts)
        self._name = name
        self._lasting = Lasting(
            pulumi.ResourceOptions(parent=self), args.get("protect", False), args.get("retain", False), force_destroy=False
        )
        self.groups = gathered({model: self._group(model, args) for model in sorted(args["models"])})
        self.register_outputs({"groups": self.groups})

    def _group(self, model: str, args: SageMakerModelRegistryArgs) -> pulumi.Output[str]:
        group = aws.sagemaker.ModelPackageGroup(
            f"{self._name}-{model}-packages",
            model_package_group_name=f"{args['prefix']}-{model}",
            tags={"model": model},
            opts=self._lasting.options(protect=model not in args.get("unprotected", [])),
        )
        readers = args.get("readers", [])
        if readers:
            aws.sagemaker.ModelPackageGroupPolicy(
                f"{self._name}-{model}-packages-readers",
                model_package_group_name=group.model_package_group_name,
                resource_policy=group.arn.apply(lambda arn: text(policies.packages_read_by(readers, arn))),
                opts=self._lasting.of(group),
            )
        return group.arn
