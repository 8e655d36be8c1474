"""Everything says which system it is of, who answers for it and how carefully it is handled: tags in AWS, labels in clusters."""

from collections.abc import Mapping

import pulumi

from modelway.architecture import Environment
from stacks import arguments


def landing(environment: Environment, provider: pulumi.ProviderResource, model: str | None = None) -> pulumi.ResourceOptions:
    """Options of a component whose resources land by `provider`, and are the platform's, or a model's.

    Only what says so of a resource itself is set. What it makes in turn, pods and nodes, stays as it is: they would all start anew.
    """
    tags, labels, annotations = arguments.marks(environment, model)

    def transformed(args: pulumi.ResourceTransformationArgs) -> pulumi.ResourceTransformationResult | None:
        metadata = args.props.get("metadata")
        if args.type_.startswith("kubernetes:") and isinstance(metadata, Mapping):
            own = {"labels": _with(metadata.get("labels"), labels), "annotations": _with(metadata.get("annotations"), annotations)}
            return pulumi.ResourceTransformationResult({**args.props, "metadata": {**metadata, **own}}, args.opts)
        # What the environment says is in the provider's default tags.
        if model is not None and arguments.takes_own_tags(args.type_):
            return pulumi.ResourceTransformationResult({**args.props, "tags": _with(args.props.get("tags"), tags)}, args.opts)
        return None

    return pulumi.ResourceOptions(provider=provider, transformations=[transformed])


def _with(given: object, own: Mapping[str, str]) -> dict[str, object] | pulumi.Output[dict[str, object]]:
    if given is None or isinstance(given, Mapping):
        return {**(given or {}), **own}
    return pulumi.Output.from_input(given).apply(lambda known: {**(known if isinstance(known, Mapping) else {}), **own})
