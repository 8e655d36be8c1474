"""Which stacks an environment has, and about how large they are."""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
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


def owner_of(stack: str) -> tuple[str, str | None] | None:
    """The environment and the team that the name of a stack of models names; no team where it is of all; None for other names."""
    name, found, rest = stack.partition(MODELS)
    if not found or not name or (rest and not rest.startswith("-")) or rest == "-":
        return None
    return name, rest.removeprefix("-") or None


def endpoint_resources(model: "Model", *, on_eks: bool) -> int:
    """About how many resources serve a model; a test holds it against what the components make."""
    if model.traffic is None:
        return 0
    versions = len(model.traffic.versions)
    # A component and a route, and of each version: deployment, service, account, autoscaler, disruption budget, network policy.
    endpoint = 2 + 6 * versions
    # A component, rules, what is scraped, a dashboard.
    monitoring = 4
    # A component, a role, its policy, and an association of each version.
    identity = 3 + versions if on_eks else 0
    return endpoint + monitoring + identity
