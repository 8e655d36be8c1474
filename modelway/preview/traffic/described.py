"""What the description of an environment says of a model's traffic: the same rows as of what is deployed."""

from typing import TYPE_CHECKING

from modelway.architecture.layout import MODELS, stacks
from modelway.preview.changeset import Route
from modelway.preview.traffic.pods import processors
from modelway.preview.traffic.sides import Row, Side

if TYPE_CHECKING:
    # They import pydantic, which a report of files alone does without.
    from modelway.architecture import Environment
    from modelway.architecture.model import Model


def models(environment: "Environment | None", stack: str | None) -> "dict[str, Model]":
    """The models that a stack serves; all where the environment has no stack of that name."""
    if environment is None:
        return {}
    served = {name: model for name, model in environment.models.items() if model.traffic is not None}
    if stack is None or environment.layout == "single" or stack not in stacks(environment):
        return served
    if environment.layout == "split":
        return served if stack.endswith(MODELS) else {}
    return {name: model for name, model in served.items() if stack == f"{environment.environment}{MODELS}-{model.team}"}


def routes(model: "Model") -> tuple[Route, ...]:
    """Who gets which requests, as described; nothing of a model that is not served."""
    traffic = model.traffic
    if traffic is None:
        return ()
    rows = [_route(model, version, percent) for version, percent in traffic.shares.items()]
    rows += [_route(model, version, 0, mirror=percent) for version, percent in traffic.copied.items()]
    rows += [
        _route(model, share.version, 100, matches=f"header {share.header.name}: {share.header.value}")
        for share in traffic.split
        if share.header is not None
    ]
    return tuple(rows)


def side(model: "Model | None") -> Side | None:
    """The same as an endpoint; None where no model is served."""
    if model is None or not (described := routes(model)):
        return None
    rows = tuple(Row(route, f"version {route.version}", "endpoint.traffic") for route in described)
    runtime = model.endpoint.runtime if model.endpoint is not None else None
    gradual = runtime is not None and runtime.kind == "sagemaker" and runtime.rollout.kind != "all_at_once"
    return Side("environment", model.model, f"model {model.model}", "", rows, model.team, gradual=gradual)


def digests(model: "Model") -> dict[str, tuple[str, str]]:
    """Digests of image and weights by version."""
    return {name: (version.image.digest, f"sha256:{version.weights.sha256}") for name, version in model.versions.items()}


def consumers(model: "Model") -> tuple[str, ...]:
    """Who may call."""
    endpoint = model.endpoint
    if endpoint is None:
        return ()
    if endpoint.access is None:
        return ("whoever may invoke the endpoint",) if endpoint.runtime.kind == "sagemaker" else ("whoever reaches the Gateway",)
    access = endpoint.access
    found = [f"team {team}" for team in dict.fromkeys((model.team, *access.teams))]
    found += [f"namespace {namespace}" for namespace in access.namespaces]
    if access.jwt is not None:
        found.append(f"holders of a token of {access.jwt.issuer} for {', '.join(access.jwt.audiences)}")
    return tuple(found)


def _route(model: "Model", version: str, percent: float, *, mirror: float = 0, matches: str = "") -> Route:
    endpoint, pinned = model.endpoint, model.versions.get(version)
    assert endpoint is not None, "only a model with an endpoint has traffic"
    return Route(
        version=version,
        image=pinned.image.digest if pinned else "",
        weights=f"sha256:{pinned.weights.sha256}" if pinned else "",
        percent=percent,
        mirror=mirror,
        matches=matches,
        least=endpoint.scaling.min,
        # SageMaker scales what answers alone.
        most=endpoint.scaling.min if mirror and endpoint.runtime.kind == "sagemaker" else endpoint.scaling.max,
        hardware=_hardware(model),
    )


def _hardware(model: "Model") -> str:
    endpoint = model.endpoint
    if endpoint is None:
        return ""
    if endpoint.runtime.kind == "sagemaker":
        return endpoint.runtime.instance_type
    if endpoint.resources is None:
        return ""
    asked = endpoint.resources
    gpus = [f"{asked.gpu} {f'mig-{asked.mig_profile}' if asked.mig_profile else 'GPU'}"] if asked.gpu else []
    return ", ".join([f"{processors(str(asked.cpu))} CPU", str(asked.memory), *gpus])
