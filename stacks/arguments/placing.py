"""Who and what of an environment is where."""

from modelway.architecture import Environment
from modelway.architecture import marks as marking
from modelway.architecture.protection import protection
from modelway.architecture.serving import cluster_of, served, serving, teams

__all__ = [
    "EFFECTS",
    "cluster_of",
    "deletion_window",
    "marks",
    "node_tags",
    "proxies",
    "served",
    "serving",
    "tags",
    "takes_own_tags",
    "teams",
]

EFFECTS = {"no_schedule": "NoSchedule", "prefer_no_schedule": "PreferNoSchedule", "no_execute": "NoExecute"}
"""Effects of taints as Kubernetes writes them."""

PROXIES = "envoy-gateway-system"
"""Where an Envoy Gateway runs the proxies of every Gateway, unless it is told otherwise
(gateway.envoyproxy.io/docs/tasks/operations/gateway-namespace-mode)."""


def proxies(environment: Environment, key: str) -> list[str]:
    """Namespaces that the proxies of the cluster's Gateway run in besides its own."""
    gateway = environment.clusters[key].gateway
    return [PROXIES] if gateway.kind == "managed" and gateway.is_envoy else []


def tags(environment: Environment) -> dict[str, str]:
    """The tags on everything in AWS."""
    return {**node_tags(environment), **marking.of_platform(environment).tags}


def marks(environment: Environment, model: str | None) -> tuple[dict[str, str], dict[str, str], dict[str, str]]:
    """Tags, labels and annotations of what is the platform's, or a model's."""
    platform = marking.of_platform(environment)
    found = platform if model is None else marking.of_model(environment, environment.models[model])
    # What the provider's tags say already is not said twice.
    own = {key: value for key, value in found.tags.items() if platform.tags.get(key) != value}
    return own, found.labels, found.annotations


def takes_own_tags(type_: str) -> bool:
    """Whether a resource in AWS takes tags besides those of its provider."""
    return type_.startswith("aws:") and marking.takes_tags(type_) and type_ not in marking.FEW_TAGS


def node_tags(environment: Environment) -> dict[str, str]:
    """The tags on instances and volumes. Any other would be another launch template, and every node would be replaced."""
    own = {"environment": environment.environment, "owner": environment.owner, "managed-by": "modelway"}
    pays = {"cost-owner": environment.cost_owner} if environment.cost_owner is not None else {}
    return {**own, **pays, **environment.tags}


def deletion_window(environment: Environment) -> int:
    """Days in which a key that was deleted can be called back."""
    return protection(environment.tier).deletion_window_days
