"""Stops a model at once, without the engine, and lets it answer again: by the Gateway and the cluster's own address, or by SageMaker."""

import time
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from modelway.architecture import Environment
from modelway.architecture.serving import cluster_of
from modelway.errors import ModelwayError

if TYPE_CHECKING:
    from modelway.operations._cluster_stop import ClusterSwitch


class NotStopped(ModelwayError):
    """There is nothing to stop, or nothing that was stopped."""


class NoDrill(ModelwayError):
    """Stopping it and starting it again is more than a drill."""

    exit_code = 4


@dataclass(frozen=True)
class Target:
    """Where a model is stopped, as files say it or whoever calls."""

    environment: str
    model: str
    region: str
    namespace: str = ""
    context: str | None = None
    """Context of the kubeconfig; None where the cluster is EKS's, or there is none."""
    cluster: str = ""
    """Name of the EKS cluster."""
    endpoint: str = ""
    """Name of the endpoint on SageMaker; empty in a cluster."""
    fallback: str | None = None
    """Version that answers once it is stopped."""


@dataclass(frozen=True)
class Done:
    """What was changed, and how long that took."""

    before: dict[str, int]
    """Percent of requests by version."""
    after: dict[str, int]
    """Nobody answers when it is empty."""
    where: list[str]
    seconds: float
    """Until cluster or cloud was read back as it should be."""
    notes: list[str] = field(default_factory=list)


def target_of(environment: Environment, model: str, *, context: str | None = None, nobody: bool = False) -> Target:
    """Where a model of an environment is stopped. `context` counts more than what the files say of the cluster; `nobody` leaves its
    fallback out. Raises NotStopped for a model that is not described."""
    described = environment.models.get(model)
    if described is None or described.endpoint is None:
        known = ", ".join(name for name, one in environment.models.items() if one.endpoint is not None) or "none"
        raise NotStopped(
            f"environment {environment.environment} describes no endpoint {model}; there are: {known}. One that is in a cluster and in no"
            " file is stopped with --context and --namespace."
        )
    oversight = described.governance.human_oversight if described.governance is not None else None
    fallback = oversight.fallback if oversight is not None and not nobody else None
    name, region = environment.environment, environment.aws.region
    if described.endpoint.runtime.kind == "sagemaker":
        return Target(name, model, region, endpoint=f"{name}-{model}", fallback=fallback)
    key = cluster_of(environment, model)
    cluster = environment.clusters[key]
    if cluster.kind == "existing":
        context = context or cluster.context
    return Target(name, model, region, described.team, context, f"{name}-{key}", fallback=fallback)


def stop(target: Target, *, who: str, when: str, since: float | None = None) -> Done:
    """All requests go to the fallback, where it runs, or to nobody. `since` is when somebody asked for it, by the monotonic clock. Raises
    NotStopped, ClusterFailure, AwsFailure."""
    begin = time.monotonic() if since is None else since
    if target.endpoint:
        return _stop_managed(target, begin)
    found = _switch(target).stop(target.namespace, target.model, target.fallback, who=who, when=when)
    if found is None:
        raise NotStopped(
            f"nothing leads requests to {target.model} in namespace {target.namespace}: it has neither a route nor an address."
        )
    return Done(found.before, found.after, found.where, time.monotonic() - begin, found.notes)


def resume(target: Target) -> Done:
    """Requests go where they went before. Raises NotStopped, ClusterFailure, AwsFailure."""
    begin = time.monotonic()
    if target.endpoint:
        return _resume_managed(target, begin)
    found = _switch(target).resume(target.namespace, target.model)
    if found is None:
        raise NotStopped(f"{target.model} is not stopped: neither its route nor its address in namespace {target.namespace} says so.")
    return Done(found.before, found.after, found.where, time.monotonic() - begin, found.notes)


def drill(target: Target, *, who: str, when: str, since: float | None = None) -> tuple[Done, Done]:
    """Both, one after the other. What was stopped is put back also where somebody interrupts. Raises as they do; NoDrill, before anything
    is changed, where a model is stopped already, or where only a new endpoint would put it back."""
    since = time.monotonic() if since is None else since
    if target.endpoint:
        _refuse_drill(target)
    elif (said := _switch(target).stopped(target.namespace, target.model)) is not None:
        raise NoDrill(f"{target.model} is stopped already, by {said}: a drill would let it answer again. Nothing was changed.")
    try:
        stopped = stop(target, who=who, when=when, since=since)
    except BaseException:
        # It may have come half the way.
        with suppress(NotStopped):
            resume(target)
        raise
    return stopped, resume(target)


def _switch(target: Target) -> "ClusterSwitch":
    from modelway.operations._cluster_stop import ClusterSwitch

    if target.context is not None:
        return ClusterSwitch.of_context(target.context)
    from modelway.operations._aws_stop import kubernetes
    from modelway.operations.kubeconfig import kubeconfig

    there = kubernetes(target.region, target.cluster)
    known = kubeconfig({target.cluster: there}, prefix=target.environment, region=target.region)
    return ClusterSwitch.of_kubeconfig(known, f"{target.environment}/{target.cluster}")


def _stop_managed(target: Target, begin: float) -> Done:
    from modelway.operations._aws_stop import EndpointSwitch

    cloud = EndpointSwitch(target.region)
    found = cloud.weighed(target.endpoint)
    if found is None:
        raise NotStopped(f"there is no endpoint {target.endpoint}: nobody answers.")
    versions = cloud.versions(found.configuration)
    before = _percent(found.before, versions)
    answering = next((name for name in found.before if target.fallback is not None and versions.get(name) == target.fallback), None)
    where = [f"endpoint {target.endpoint}", f"configuration {found.configuration}"]
    if answering is not None:
        cloud.spread(target.endpoint, {name: 1.0 if name == answering else 0.0 for name in found.before})
        return Done(before, {str(target.fallback): 100}, where, time.monotonic() - begin)
    notes = [f"its fallback {target.fallback} is no variant of the endpoint, so nobody answers"] if target.fallback is not None else []
    # Some variant always gets what is asked of an endpoint; nobody answers only where there is none.
    cloud.delete(target.endpoint)
    return Done(before, {}, where, time.monotonic() - begin, notes)


def _resume_managed(target: Target, begin: float) -> Done:
    from modelway.operations._aws_stop import EndpointSwitch

    cloud = EndpointSwitch(target.region)
    found = cloud.weighed(target.endpoint)
    if found is None:
        again = f"`pulumi refresh`, then `modelway up {target.environment}`"
        return Done({}, {}, [f"endpoint {target.endpoint}"], time.monotonic() - begin, [f"the endpoint is gone; {again} makes it again"])
    wanted = cloud.begun_with(found.configuration)
    if _same_shares(found.before, wanted):
        raise NotStopped(f"{target.model} is not stopped: endpoint {target.endpoint} spreads requests as its configuration says.")
    cloud.spread(target.endpoint, wanted)
    versions = cloud.versions(found.configuration)
    where = [f"endpoint {target.endpoint}", f"configuration {found.configuration}"]
    return Done(_percent(found.before, versions), _percent(wanted, versions), where, time.monotonic() - begin)


def _refuse_drill(target: Target) -> None:
    from modelway.operations._aws_stop import EndpointSwitch

    cloud = EndpointSwitch(target.region)
    found = cloud.weighed(target.endpoint)
    if found is None:
        raise NotStopped(f"there is no endpoint {target.endpoint}: nobody answers.")
    if not _same_shares(found.before, cloud.begun_with(found.configuration)):
        raise NoDrill(f"{target.model} is stopped already: a drill would let it answer again. Nothing was changed.")
    if target.fallback is None or target.fallback not in cloud.versions(found.configuration).values():
        raise NoDrill(
            f"on SageMaker {target.model} is stopped by deleting its endpoint, as no variant of it has a fallback, and it would have to be"
            " made anew. Nothing was changed. Name a version that answers there as governance.human_oversight.fallback, or drill it in an"
            " environment where the endpoint may be away."
        )


def _percent(weights: Mapping[str, float], versions: Mapping[str, str]) -> dict[str, int]:
    total = sum(weights.values())
    return {versions.get(name, name): round(100 * weight / total) for name, weight in weights.items() if total and weight}


def _same_shares(one: Mapping[str, float], other: Mapping[str, float]) -> bool:
    names = {name: name for name in (*one, *other)}
    return _percent(one, names) == _percent(other, names)
