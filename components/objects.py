"""Any Kubernetes object, from its manifest."""

from collections.abc import Mapping
from functools import cached_property
from importlib.metadata import version

import pulumi

Manifest = Mapping[str, object]
"""An object as Kubernetes writes it (apiVersion, kind, metadata, …), with Outputs where values come from other resources."""

_PINNED = pulumi.ResourceOptions(version=version("pulumi-kubernetes"))


class KubernetesObject(pulumi.CustomResource):
    """One object in the cluster, as its manifest says; built-in kinds and custom ones alike.

    Resource types and properties are those of the typed classes of pulumi_kubernetes. Those are not used because the first one of `core/v1`
    loads for 0.7 s and every object takes twice the time; tests hold the manifests against the schema of Kubernetes.
    """

    def __init__(self, name: str, manifest: Manifest, opts: pulumi.ResourceOptions | None = None) -> None:
        api_version = str(manifest["apiVersion"])
        group = api_version if "/" in api_version else f"core/{api_version}"
        super().__init__(f"kubernetes:{group}:{manifest['kind']}", name, {**manifest}, pulumi.ResourceOptions.merge(_PINNED, opts))
        metadata = manifest["metadata"]
        assert isinstance(metadata, Mapping), "every object of ours is named"
        self._named = metadata["name"]

    @cached_property
    def physical_name(self) -> pulumi.Output[str]:
        """The name in the cluster, known once the object is there and ready; in previews at once."""
        # By way of the URN, which previews know, and which is there no sooner than the object.
        return pulumi.Output.all(self.urn, self._named).apply(lambda known: str(known[1]))
