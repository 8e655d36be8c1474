"""What a model that serves on Kubernetes takes."""

from collections.abc import Mapping
from typing import TYPE_CHECKING

from modelway.architecture import Endpoint, Environment, Image, Resources
from stacks.arguments.placing import serving

if TYPE_CHECKING:
    import pulumi

    from components.endpoint.kubernetes import KubernetesEndpointArgs, ServedVersionArgs


def kubernetes_endpoint(
    environment: Environment,
    model: str,
    *,
    bucket: "pulumi.Output[str]",
    repositories: "Mapping[str, pulumi.Output[str]]",
    namespace: "pulumi.Output[str]",
    gateway_name: "pulumi.Output[str]",
    gateway_namespace: "pulumi.Output[str]",
    monitoring_namespace: "pulumi.Output[str]",
    identities: "pulumi.Output[dict[str, str]] | None",
) -> "KubernetesEndpointArgs":
    described, endpoint, traffic = serving(environment, model)
    resources = _resources(endpoint)
    weights, mirrors = traffic.shares, traffic.copied
    versions: dict[str, ServedVersionArgs] = {}
    for version in traffic.versions:
        made = described.versions[version]
        versions[version] = {
            "image": _image(made.image, repositories),
            "weights_uri": _weights_uri(bucket, made.weights.key),
            "weights_sha256": made.weights.sha256,
            "weight": weights.get(version, 0),
        }
        if version in mirrors:
            versions[version]["mirror"] = mirrors[version]
        if identities is not None:
            versions[version]["identity"] = identities[version]
    endpoint_args: KubernetesEndpointArgs = {
        "model": model,
        "team": described.team,
        "namespace": namespace,
        "gateway_name": gateway_name,
        "gateway_namespace": gateway_namespace,
        "monitoring_namespace": monitoring_namespace,
        "versions": versions,
        "cpu_millicores": resources.cpu.millicores,
        "memory_bytes": resources.memory.bytes,
        "gpus": resources.gpu,
        "min_replicas": endpoint.scaling.min,
        "max_replicas": endpoint.scaling.max,
        "environment": {"AWS_REGION": environment.aws.region},
    }
    if endpoint.scaling.target.cpu is not None:
        endpoint_args["targets"] = {"cpu_percent": round(endpoint.scaling.target.cpu.fraction * 100)}
    return endpoint_args


def _resources(endpoint: Endpoint) -> Resources:
    if endpoint.resources is None:
        raise ValueError("a replica on SageMaker is an instance, and no component makes one yet")
    return endpoint.resources


def _image(image: Image, repositories: "Mapping[str, pulumi.Output[str]]") -> "pulumi.Input[str]":
    if image.registry is not None:
        return str(image)
    return repositories[image.name].apply(lambda repository: f"{repository}@{image.digest}")


def _weights_uri(bucket: "pulumi.Output[str]", key: str) -> "pulumi.Output[str]":
    return bucket.apply(lambda name: f"s3://{name}/{key}")
