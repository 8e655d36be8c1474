"""A chart that Helm installs."""

from collections.abc import Mapping
from importlib.metadata import version
from typing import NotRequired, TypedDict

import pulumi

_VERSION = version("pulumi-kubernetes")


class HelmReleaseArgs(TypedDict):
    """Which chart, where, how configured."""

    chart: str
    """Name in `repository`, or an address like oci://docker.io/envoyproxy/gateway-helm."""
    version: str
    """Version of the chart; one, not a range."""
    repository: NotRequired[str]
    """Address of the repository; needless where the chart is one."""
    name: str
    """Name of the release."""
    namespace: pulumi.Input[str]
    """Namespace, which is there already."""
    values: Mapping[str, object]


class HelmRelease(pulumi.CustomResource):
    """A release of a chart, its workloads ready; one that fails is taken back.

    The type of pulumi_kubernetes without its classes, which load for most of a second. On the local cloud a release is only recorded.
    """

    physical_name: pulumi.Output[str]
    """Name of the release, known once it is deployed; in previews at once."""

    def __init__(self, name: str, args: HelmReleaseArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        properties: dict[str, object] = {
            "name": args["name"],
            "namespace": args["namespace"],
            "chart": args["chart"],
            "version": args["version"],
            "values": args["values"],
            "atomic": True,
            "cleanupOnFail": True,
            "timeout": 600,
        }
        if "repository" in args:
            properties["repositoryOpts"] = {"repo": args["repository"]}
        pinned = pulumi.ResourceOptions(version=_VERSION)
        super().__init__("kubernetes:helm.sh/v3:Release", name, properties, pulumi.ResourceOptions.merge(pinned, opts))
        # By way of the URN, which is there no sooner than the release.
        self.physical_name = pulumi.Output.all(self.urn, args["name"]).apply(lambda known: str(known[1]))
