"""What stacks, account and clusters still have of a model that goes."""

from collections.abc import Sequence
from typing import Any

from modelway.architecture import Environment
from modelway.architecture.platform_rules import bucket_name
from modelway.errors import ModelwayError
from modelway.operations.environments import Deployment

ENDPOINTS = ("modelway:index:KubernetesEndpoint", "modelway:index:SageMakerEndpoint")
REPOSITORY = "aws:ecr/repository:Repository"


class NotRetired(ModelwayError):
    """Something has to be written, or brought up, before the step."""

    exit_code = 4


def resources_of(deployment: Deployment, model: str) -> list[dict[str, Any]]:
    """What the environment's stacks have of a model."""
    found = []
    for stack in deployment.stacks:
        for one in deployment.engine.resources(stack):
            if _is_of(str(one["urn"]), model, deployment.environment):
                kept = {key: one.get(key) for key in ("urn", "type", "id", "protect", "retainOnDelete") if one.get(key)}
                found.append({"stack": stack, **kept})
    return found


def refuse_unready(environment: Environment, model: str, resources: Sequence[dict[str, Any]]) -> bool:
    """Whether the second step is due, and not the first. Raises NotRetired where neither is, with what to do."""
    name, described = environment.environment, environment.models.get(model)
    if described is not None and described.presence != "retired":
        raise NotRetired(
            f"{model} is {described.presence} in {name}. Write `presence: retired` into its file there, run `modelway up {name}`, and"
            f" come back with `modelway retire {model} --env {name}`.{_tell(described)}"
        )
    behind = [one["urn"] for one in resources if one["type"] in ENDPOINTS or (one["type"] == REPOSITORY and one.get("protect"))]
    if described is not None and behind:
        raise NotRetired(f"the files say that {model} is retired, and the stacks still have {behind[0]}: run `modelway up {name}`.")
    if described is None and resources:
        raise NotRetired(f"no file describes {model} any more, and the stacks still have {resources[0]['urn']}: run `modelway up {name}`.")
    return described is None


def leftovers(environment: Environment, model: str, team: str | None) -> tuple[list[str], list[str]]:
    """What is left in account and clusters, in words; and what nobody could look at, and why. `team` is None where nobody knows it."""
    from modelway.operations._aws_left import Leftovers

    left, unknown = Leftovers(environment.aws.region).of(environment.environment, model, bucket_name(environment))
    for key in environment.clusters:
        if team is None:
            unknown.append(f"cluster {key}: which team the model was of is not known")
            continue
        try:
            found, more = _in_cluster(environment, key, [team, environment.monitoring.namespace], model)
        except ModelwayError as fault:
            unknown.append(f"cluster {key}: {fault}")
            continue
        left, unknown = [*left, *(f"cluster {key}: {one}" for one in found)], [*unknown, *(f"cluster {key}: {one}" for one in more)]
    unknown.append("dashboards, alerts and copies outside of the environment's account and clusters: nobody says where they are")
    return left, unknown


def _in_cluster(environment: Environment, key: str, namespaces: list[str], model: str) -> tuple[list[str], list[str]]:
    from modelway.operations._cluster_left import ClusterLeft

    cluster = environment.clusters[key]
    if cluster.kind == "existing":
        return ClusterLeft.of_context(cluster.context).of(namespaces, model)
    from modelway.operations._aws_stop import kubernetes
    from modelway.operations.kubeconfig import kubeconfig

    name = environment.environment
    known = kubeconfig({key: kubernetes(environment.aws.region, f"{name}-{key}")}, prefix=name, region=environment.aws.region)
    return ClusterLeft.of_kubeconfig(known, f"{name}/{key}").of(namespaces, model)


def _is_of(urn: str, model: str, environment: Environment) -> bool:
    """Whether a resource is the model's: by its name, or that of a component above it. Another model's name may begin as this one's."""
    name = urn.rpartition("::")[2].removeprefix("registry-")
    longer = [other for other in environment.models if other != model and other.startswith(f"{model}-")]
    if any(name == other or name.startswith(f"{other}-") for other in longer):
        return False
    return name == model or name.startswith(f"{model}-")


def _tell(described: Any) -> str:
    plan = described.governance.decommission if described.governance is not None else None
    if plan is None:
        return ""
    told = f" Tell before: {', '.join(plan.dependents)}." if plan.dependents else ""
    return told + (f" Without it: {plan.alternative}" if plan.alternative else "")
