"""Who and what of an environment is where."""

from modelway.architecture import Endpoint, Environment, Model, Traffic
from modelway.architecture.protection import protection


def cluster_of(environment: Environment, model: str) -> str:
    """Key of the cluster that a model serves in; where there is one, a model need not say."""
    return environment.models[model].cluster or next(iter(environment.clusters))


def teams(environment: Environment, key: str) -> list[str]:
    """The teams with models in the cluster, serving or not."""
    return sorted({model.team for name, model in environment.models.items() if cluster_of(environment, name) == key})


def served(environment: Environment) -> list[str]:
    """The models that have an endpoint, and are not disabled."""
    return [name for name, model in environment.models.items() if model.serving is not None]


def serving(environment: Environment, model: str) -> tuple[Model, Endpoint, Traffic]:
    described = environment.models[model]
    if described.serving is None or described.traffic is None:
        raise ValueError(f"{model} is registered and does not serve")
    return described, described.serving, described.traffic


def tags(environment: Environment) -> dict[str, str]:
    """The tags on everything in AWS."""
    own = {"environment": environment.environment, "owner": environment.owner, "managed-by": "modelway"}
    pays = {"cost-owner": environment.cost_owner} if environment.cost_owner is not None else {}
    return {**own, **pays, **environment.tags}


def deletion_window(environment: Environment) -> int:
    """Days in which a key that was deleted can be called back."""
    return protection(environment.tier).deletion_window_days
