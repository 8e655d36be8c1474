"""Who and what of an environment is where."""

from modelway.architecture import Environment
from modelway.architecture.protection import protection
from modelway.architecture.serving import cluster_of, served, serving, teams

__all__ = ["EFFECTS", "cluster_of", "deletion_window", "proxies", "served", "serving", "tags", "teams"]

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
    own = {"environment": environment.environment, "owner": environment.owner, "managed-by": "modelway"}
    pays = {"cost-owner": environment.cost_owner} if environment.cost_owner is not None else {}
    return {**own, **pays, **environment.tags}


def deletion_window(environment: Environment) -> int:
    """Days in which a key that was deleted can be called back."""
    return protection(environment.tier).deletion_window_days
