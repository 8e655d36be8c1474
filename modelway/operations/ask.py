"""Asks a model that serves what its contract's sample asks, and says who answered, how fast, and where to look further."""

import json
import time
import urllib.error
import urllib.request
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, cast

from modelway.architecture import Environment
from modelway.errors import ModelwayError
from modelway.operations._aws import ImageRegistry
from modelway.operations._cluster import Cluster
from modelway.operations.environments import Deployment
from modelway.operations.kubeconfig import kubeconfig
from modelway.operations.unpacked import serving

SERVING_PORT = 8080
TIMEOUT = 60


class NotAsked(ModelwayError):
    """There is nobody to ask, or no way there."""


@dataclass(frozen=True)
class Answer:
    """What came back."""

    status: int
    """HTTP status."""
    content: object
    """Parsed where it is JSON, else text."""
    seconds: float
    through: str
    """How the request came there, in words."""
    simulated: bool
    """Whether the pods are simulated, and what answered is their image, run here."""

    @property
    def version(self) -> str:
        """Version that says it answered; empty where it does not."""
        return str(self.content.get("model_version", "")) if isinstance(self.content, Mapping) else ""


def sample(environment: Environment, model: str, version: str) -> bytes:
    """The sample of the contract of a version, as version 2 of the Open Inference Protocol writes it."""
    contract = environment.contracts[environment.models[model].versions[version].contract]
    inputs = [{"name": one.name, "datatype": one.datatype, "shape": list(one.shape), "data": one.flat()} for one in contract.sample.inputs]
    return json.dumps({"inputs": inputs}).encode()


def ask(deployment: Deployment, model: str, token: str | None = None) -> Answer:
    """Sends the sample of the live version: through the Gateway where it answers, else to a pod; to the image where pods are simulated.

    Raises NotAsked, ClusterFailure, NotServed, AwsFailure.
    """
    environment = deployment.environment
    described = environment.models.get(model)
    if described is None or described.serving is None or described.traffic is None:
        known = ", ".join(name for name, one in environment.models.items() if one.serving is not None) or "none"
        raise NotAsked(f"environment {environment.environment} has no endpoint {model}; there are: {known}.")
    if described.serving.runtime.kind != "kubernetes":
        raise NotAsked(f"{model} serves on SageMaker, whose endpoints are asked by `aws sagemaker-runtime invoke-endpoint`.")
    told = [deployment.engine.outputs(stack) for stack in deployment.stacks]
    endpoint = _first(told, "endpoints", model)
    if endpoint is None:
        raise NotAsked(f"{model} is not up: `modelway up {environment.environment}` brings it up.")
    joint = _first(told, "clusters", str(endpoint["cluster"]))
    if joint is None:
        raise NotAsked(f"environment {environment.environment} has no cluster {endpoint['cluster']} yet.")
    live, namespace = described.traffic.live, str(endpoint["namespace"])
    body, path = sample(environment, model, live), f"{endpoint['url_path']}/infer"
    headers = {"Content-Type": "application/json", **({"Authorization": f"Bearer {token}"} if token else {})}
    cluster = _cluster(environment, str(endpoint["cluster"]), joint)
    pods = cluster.pods(namespace, {"modelway.dev/model": model, "modelway.dev/version": live})
    if not pods:
        raise NotAsked(f"{model} {live} has no ready pod in namespace {namespace}: `kubectl get pods -n {namespace}` says why.")
    if cluster.simulated(namespace, pods[0]):
        return _ask_image(environment, cluster, told, model, namespace, pods[0], path, body)
    gateway = cast(dict[str, str], joint["gateway"])
    address = cluster.address(gateway["name"], gateway["namespace"]) if endpoint["route"] else None
    if address is not None:
        begin = time.perf_counter()
        found = _post(f"http://{address}{path}", body, headers)
        if found is not None:
            return _answer(*found, time.perf_counter() - begin, f"the Gateway {gateway['name']} at {address}")
    begin = time.perf_counter()
    status, content = cluster.post(namespace, pods[0], SERVING_PORT, path, body, headers)
    return _answer(status, content, time.perf_counter() - begin, f"a way through the API server to pod {namespace}/{pods[0]}")


def _ask_image(
    environment: Environment, cluster: Cluster, told: list[dict[str, object]], model: str, namespace: str, pod: str, path: str, body: bytes
) -> Answer:
    described = environment.models[model]
    live = described.traffic.live if described.traffic is not None else ""
    image = described.versions[live].image
    repository = _first(told, "registry", "repositories")
    if image.registry is not None or repository is None or image.name not in repository:
        raise NotAsked(f"the pods of {model} are simulated, and its image {image} is not in the environment's own registry.")
    name = str(repository[image.name]).partition("/")[2]
    registry = ImageRegistry(environment.aws.account, environment.aws.region)
    with serving(registry, name, image.digest, cluster.variables(namespace, pod)) as address:
        begin = time.perf_counter()
        found = _post(f"{address}{path}", body, {"Content-Type": "application/json"})
        seconds = time.perf_counter() - begin
    if found is None:
        raise NotAsked(f"the program of {image} hung up.")
    return _answer(*found, seconds, "its image, unpacked and run on this machine", simulated=True)


def _cluster(environment: Environment, key: str, joint: Mapping[str, object]) -> Cluster:
    if joint["kind"] == "existing":
        return Cluster.of_context(str(joint["context"]))
    known = kubeconfig({key: cast(dict[str, str], joint)}, prefix=environment.environment, region=environment.aws.region)
    return Cluster.of_kubeconfig(known, f"{environment.environment}/{key}")


def _first(told: list[dict[str, object]], output: str, key: str) -> dict[str, Any] | None:
    """What the first stack that has it says of `key` in an output."""
    found = (one.get(output) for one in told)
    return next((dict(one[key]) for one in found if isinstance(one, Mapping) and key in one), None)


def _post(url: str, body: bytes, headers: Mapping[str, str]) -> tuple[int, bytes] | None:
    """Status and content; None when nobody answers there."""
    try:
        with urllib.request.urlopen(urllib.request.Request(url, body, dict(headers)), timeout=TIMEOUT) as answer:
            return answer.status, answer.read()
    except urllib.error.HTTPError as fault:
        with fault:
            return fault.code, fault.read()
    except OSError:
        return None


def _answer(status: int, content: bytes, seconds: float, through: str, *, simulated: bool = False) -> Answer:
    try:
        parsed: object = json.loads(content)
    except ValueError:
        parsed = content.decode("utf-8", "replace")
    return Answer(status, parsed, seconds, through, simulated)
