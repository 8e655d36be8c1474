"""Which stacks an environment has, and about how large they are."""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from modelway.architecture.endpoint import Endpoint
    from modelway.architecture.environment import Environment
    from modelway.architecture.model import Model

MODELS = "-models"
"""What follows an environment's name in the name of the stack of its models."""

MOST_RESOURCES = 500
"""Resources that a stack may have: past it a preview takes minutes, and a failure stops many models' changes."""


def stacks(environment: "Environment") -> tuple[str, ...]:
    """Names of the environment's stacks, in the order in which they come up."""
    name = environment.environment
    if environment.layout == "single":
        return (name,)
    if environment.layout == "split":
        return (name, f"{name}{MODELS}")
    return (name, *(f"{name}{MODELS}-{team}" for team in sorted({model.team for model in environment.models.values()})))


def stack_of(environment: "Environment", model: "Model") -> str:
    """Name of the stack that serves a model."""
    if environment.layout == "single":
        return environment.environment
    models = f"{environment.environment}{MODELS}"
    return models if environment.layout == "split" else f"{models}-{model.team}"


def owner_of(stack: str) -> tuple[str, str | None] | None:
    """The environment and the team that the name of a stack of models names; no team where it is of all; None for other names."""
    name, found, rest = stack.partition(MODELS)
    if not found or not name or (rest and not rest.startswith("-")) or rest == "-":
        return None
    return name, rest.removeprefix("-") or None


def endpoint_resources(model: "Model", *, on_eks: bool) -> int:
    """About how many resources serve a model; a test holds it against what the components make."""
    if model.traffic is None or model.serving is None:
        return 0
    versions = len(model.traffic.versions)
    if model.serving.runtime.kind == "sagemaker":
        return _on_sagemaker(model.serving, versions)
    # A component and a route, and of each version: deployment, service, account, autoscaler, disruption budget, network policy.
    endpoint = 2 + 6 * versions
    access = model.serving.access
    if access is not None:
        # A service inside, a policy in the namespace of each team that calls, a check of tokens or else no route.
        endpoint += 1 + len({model.team, *access.teams}) + (1 if access.jwt is not None else -1)
    if model.governance is not None and model.governance.roles is not None:
        # What lets its overseers stop it, and who they are.
        endpoint += 2
    # A component, rules, what is scraped, a dashboard.
    monitoring = 4
    # A component, a role, its policy, and an association of each version.
    identity = 3 + versions if on_eks else 0
    return endpoint + monitoring + identity


def _on_sagemaker(endpoint: "Endpoint", versions: int) -> int:
    scaling = endpoint.scaling
    # A target, a policy for each measure, the beginning and the end of each schedule.
    scaled = 1 + len(scaling.target.named) + 2 * len(scaling.schedules) if scaling.min < scaling.max else 0
    # A component, a log, a role, its policy, a security group, a configuration, an endpoint; a model of each version; of each that answers
    # two alarms, and what scales it.
    return 7 + versions + len(endpoint.traffic.shares) * (2 + scaled)


def watching_resources(model: "Model", *, on_eks: bool, secrets: bool) -> int:
    """About how many resources look for the drift of a model. `secrets`: whether somebody is told by an address or a token."""
    if model.serving is not None and model.serving.runtime.kind == "sagemaker":
        # A component, a security group, two roles, three policies, what is watched, a schedule; where metrics are Amazon's to keep, rules
        # and a component.
        return 11
    # A component, an account, a network policy, what is watched, a job; then a component, a role, its policy and an association.
    return 5 + secrets + (4 if on_eks else 0)
