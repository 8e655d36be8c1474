"""Which models of an environment serve, where, and for whom."""

from modelway.architecture.endpoint import Endpoint
from modelway.architecture.environment import Environment
from modelway.architecture.model import Model
from modelway.architecture.traffic import Traffic


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


def variant(traffic: Traffic, version: str) -> str:
    """What a version is to callers. Its variant on SageMaker has the name of the role, so that the next version that has it takes its
    place."""
    roles = {traffic.live: "live"}
    roles |= {traffic.canary.version: "canary"} if traffic.canary is not None else {}
    roles |= {traffic.shadow.version: "shadow"} if traffic.shadow is not None else {}
    return {**{share.version: f"split-{number}" for number, share in enumerate(traffic.split, 1)}, **roles}[version]
