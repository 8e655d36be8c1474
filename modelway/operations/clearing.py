"""What an environment's stacks would leave behind, or stumble over, when they are taken down.

Volumes that pods claimed are deleted by the cluster's driver, some time after the claims have gone, and stay where the cluster goes first
(aws-samples.github.io/sample-aws-eks-auto-mode/docs/architecture/cleanup). A network with the security group of a runner, which
`modelway bootstrap` makes and no stack knows, is not deleted by AWS.
"""

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Protocol

from modelway.operations._aws import AwsFailure

CLUSTER, NETWORK, NAMESPACE = "aws:eks/cluster:Cluster", "aws:ec2/vpc:Vpc", "kubernetes:core/v1:Namespace"

WAIT_SECONDS, LOOK_SECONDS = 600, 10
"""How long volumes may take to go, and how often somebody looks."""

Progress = Callable[[str], None]
Resources = Sequence[Mapping[str, object]]


class Cloud(Protocol):
    """What is asked of EC2; see modelway.operations._aws_clearing."""

    def volumes(self, cluster: str) -> list[str]: ...
    def runners(self, network: str) -> Mapping[str, str]: ...


class Engine(Protocol):
    """What is needed of the engine."""

    def destroy(self, stack: str, *, yes: bool, only: Sequence[str] = (), dependents: bool = False) -> None: ...


def clear_volumes(stack: str, resources: Resources, engine: Engine, cloud: Cloud, *, yes: bool, progress: Progress) -> None:
    """No cluster of the stack has volumes that pods claimed, or it took longer than WAIT_SECONDS: namespaces go before everything else.

    Leaves alone a stack whose clusters have none. Asks first unless `yes`. Raises EngineFailure.
    """
    if not any(_volumes(resources, cloud, progress).values()):
        return
    namespaces = [str(one["urn"]) for one in _of(resources, NAMESPACE) if not one.get("retainOnDelete")]
    if not namespaces:
        return
    progress(f"pulumi destroy: namespaces of stack {stack} first, whose volumes the cluster deletes")
    engine.destroy(stack, yes=yes, only=namespaces, dependents=True)
    for _ in range(WAIT_SECONDS // LOOK_SECONDS):
        if not any(_volumes(resources, cloud, progress).values()):
            return
        time.sleep(LOOK_SECONDS)


def volumes_left(resources: Resources, cloud: Cloud, progress: Progress) -> Iterator[tuple[str, str]]:
    """Cluster and id of each volume that outlived its cluster."""
    for cluster, volumes in _volumes(resources, cloud, progress).items():
        yield from ((cluster, volume) for volume in volumes)


def in_the_way(resources: Resources, cloud: Cloud, progress: Progress) -> str:
    """Which runners have to go before a network of the stack can, and how; empty where there are none, or where AWS does not say."""
    told = []
    for network in (str(one.get("id")) for one in _of(resources, NETWORK)):
        try:
            runners = cloud.runners(network)
        except AwsFailure as fault:
            progress(f"runners in network {network} were not looked for: {fault}")
            continue
        told += [
            f"runner {name}, which `modelway bootstrap` made, is in network {network}, and AWS deletes no network with its group in it:"
            f" `aws codebuild delete-project --name {name}` and, when its jobs are done, `aws ec2 delete-security-group --group-id {group}`"
            for group, name in runners.items()
        ]
    return "\n".join(told)


def _volumes(resources: Resources, cloud: Cloud, progress: Progress) -> dict[str, list[str]]:
    found = {}
    for cluster in (str(one.get("id")) for one in _of(resources, CLUSTER)):
        try:
            found[cluster] = cloud.volumes(cluster)
        except AwsFailure as fault:
            progress(f"volumes of cluster {cluster} were not looked for: {fault}")
    return found


def _of(resources: Resources, kind: str) -> Iterator[Mapping[str, object]]:
    return (one for one in resources if one.get("type") == kind and not one.get("delete"))
