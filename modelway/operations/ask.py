"""Asks a model that serves what its contract's sample asks, and says who answered, how fast, and where to look further."""

import json
import re
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, cast

from modelway.architecture import Environment
from modelway.architecture.endpoint import Endpoint
from modelway.errors import ModelwayError
from modelway.operations._aws import ImageRegistry
from modelway.operations._aws_serving import Endpoints
from modelway.operations._cluster import Cluster
from modelway.operations.environments import Deployment
from modelway.operations.kubeconfig import kubeconfig
from modelway.operations.unpacked import serving

SERVING_PORT = 8080
TIMEOUT = 60

ANSWERING = ("InService", "Updating", "SystemUpdating", "RollingBack")
"""What an endpoint of SageMaker may be while it answers (docs.aws.amazon.com/sagemaker/latest/APIReference/API_DescribeEndpoint.html)."""

WEIGHTS_FOLDER = "/opt/ml/model"
"""Where SageMaker puts weights."""

IN_ECR = re.compile(
    r"(?P<account>[0-9]{12})\.dkr\.ecr\.(?P<region>[a-z0-9-]+)\.amazonaws\.com/(?P<name>[^@:]+)@(?P<digest>sha256:[0-9a-f]{64})"
)


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
    """Whether the pods or instances are simulated, and what answered is their image, run here."""
    endpoint: str = ""
    """Name of the SageMaker endpoint; empty where it is none."""
    variant: str = ""
    """Of the SageMaker endpoint, which answered; empty where nobody says."""
    of_variant: str = ""
    """Version that the variant has, as far as the stack knows."""
    note: str = ""
    """What else whoever asked should know."""

    @property
    def version(self) -> str:
        """Version that says it answered, else that of the variant that did; empty where neither is known."""
        said = str(self.content.get("model_version", "")) if isinstance(self.content, Mapping) else ""
        return said or self.of_variant


def sample(environment: Environment, model: str, version: str) -> bytes:
    """The sample of the contract of a version, as version 2 of the Open Inference Protocol writes it."""
    contract = environment.contracts[environment.models[model].versions[version].contract]
    inputs = [{"name": one.name, "datatype": one.datatype, "shape": list(one.shape), "data": one.flat()} for one in contract.sample.inputs]
    return json.dumps({"inputs": inputs}).encode()


def served(environment: Environment, model: str) -> tuple[Endpoint, str]:
    """How the model serves, and its live version, as the files say. Raises NotAsked where it serves nobody."""
    described = environment.models.get(model)
    if described is None or described.serving is None or described.traffic is None:
        known = ", ".join(name for name, one in environment.models.items() if one.serving is not None) or "none"
        raise NotAsked(f"environment {environment.environment} has no endpoint {model}; there are: {known}.")
    return described.serving, described.traffic.live


def ask(deployment: Deployment, model: str, token: str | None = None) -> Answer:
    """Sends the sample of the live version: to SageMaker where it serves there; else through the Gateway where it answers, else to a pod;
    to the image where pods or instances are simulated.

    Raises NotAsked, ClusterFailure, NotServed, AwsFailure.
    """
    environment = deployment.environment
    spec, live = served(environment, model)
    told = [deployment.engine.outputs(stack) for stack in deployment.stacks]
    endpoint = _first(told, "endpoints", model)
    if endpoint is None:
        raise NotAsked(f"{model} is not up: `modelway up {environment.environment}` brings it up.")
    if spec.runtime.kind == "sagemaker":
        return ask_sagemaker(environment, model, endpoint, Endpoints(environment.aws.region))
    if "cluster" not in endpoint:
        raise NotAsked(f"{model} still serves on SageMaker: `modelway up {environment.environment}` moves it.")
    joint = _first(told, "clusters", str(endpoint["cluster"]))
    if joint is None:
        raise NotAsked(f"environment {environment.environment} has no cluster {endpoint['cluster']} yet.")
    namespace = str(endpoint["namespace"])
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


def ask_sagemaker(environment: Environment, model: str, told: Mapping[str, Any], cloud: Endpoints) -> Answer:
    """Sends the sample of the live version to the endpoint that the stack tells of. Raises NotAsked, NotServed, AwsFailure."""
    described, name = environment.models[model], environment.environment
    if described.traffic is None or told.get("runtime") != "sagemaker":
        raise NotAsked(f"{model} does not serve on SageMaker yet: `modelway up {name}` moves it.")
    endpoint, live = str(told["endpoint"]), described.traffic.live
    found = cloud.serving(endpoint)
    if found is None:
        raise NotAsked(f"there is no endpoint {endpoint} any more: `pulumi refresh`, then `modelway up {name}` makes it again.")
    if found.status not in ANSWERING:
        raise NotAsked(f"endpoint {endpoint} is {found.status} and answers nobody: {found.reason or 'AWS does not say why'}")
    note = ""
    if found.configuration != told["configuration"]:
        note = f"SageMaker serves {found.configuration}, and the stack says {told['configuration']}: `modelway up {name}` tells why"
    body, variants = sample(environment, model, live), {str(variant): str(version) for version, variant in told["variants"].items()}
    begin = time.perf_counter()
    answered = cloud.invoke(endpoint, body)
    if answered is not None:
        seconds, variant = time.perf_counter() - begin, answered.variant
        answer = _answer(answered.status, answered.content, seconds, f"SageMaker endpoint {endpoint}{variant and f', variant {variant}'}")
    else:
        variant = next((one for one, version in variants.items() if version == live), "")
        answer = _ask_image_of_variant(environment, model, cloud, found.configuration, variant, body)
    return replace(answer, endpoint=endpoint, variant=variant, of_variant="" if note else variants.get(variant, ""), note=note)


def _ask_image_of_variant(environment: Environment, model: str, cloud: Endpoints, configuration: str, variant: str, body: bytes) -> Answer:
    """As SageMaker would start it: with the argument `serve`, and weights in a folder."""
    container = cloud.container(configuration, variant)
    if container is None:
        raise NotAsked(f"the instances of {model} are simulated, and its configuration {configuration} has no variant {variant}.")
    image = IN_ECR.fullmatch(container.image)
    if image is None or image["account"] != environment.aws.account:
        raise NotAsked(f"the instances of {model} are simulated, and its image {container.image} is not in the environment's own registry.")
    registry = ImageRegistry(environment.aws.account, image["region"])
    with tempfile.TemporaryDirectory(prefix="modelway-weights-") as folder:
        cloud.download(container.weights, Path(folder) / container.weights.rpartition("/")[2])
        variables = {name: value.replace(WEIGHTS_FOLDER, folder) for name, value in container.variables.items()}
        with serving(registry, image["name"], image["digest"], variables, arguments=["serve"], ready="/ping") as address:
            begin = time.perf_counter()
            found = _post(f"{address}/invocations", body, {"Content-Type": "application/json"})
            seconds = time.perf_counter() - begin
    if found is None:
        raise NotAsked(f"the program of {container.image} hung up.")
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
