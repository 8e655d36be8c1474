"""Every Kubernetes object of every environment, against the schema of its kind: of Kubernetes, or of the definition of its owner."""

from copy import deepcopy
from functools import cache
from io import BytesIO
from typing import Any

import jsonschema
import kubernetes_validate
import pytest
from ruamel.yaml import YAML

from localcloud.crds import every_definition, without_descriptions
from modelway.architecture import EksCluster
from tests.support.environments import FOLDERS, environment, objects
from toolchain import find

DEFINED = ("gateway.networking.k8s.io", "gateway.envoyproxy.io", "keda.sh", "monitoring.coreos.com", "karpenter.sh", "eks.amazonaws.com")
"""Groups whose kinds are defined by custom resource definitions."""

NEWEST = "1.35"


@cache
def made(name: str) -> list[dict[str, Any]]:
    return objects(name)


@cache
def validator(group: str, version: str, kind: str) -> jsonschema.Draft7Validator:
    """Of a kind that a custom resource definition defines; what that does not name is refused."""
    for file in every_definition(find()):
        content = file.read_bytes()
        if f"\n    kind: {kind}\n".encode() in content:
            # A lone equals sign has a meaning in YAML 1.1 that nobody here means.
            definition = YAML(typ="safe").load(BytesIO(without_descriptions(content).replace(b"- =\n", b'- "="\n')))["spec"]
            if (definition["group"], definition["names"]["kind"]) == (group, kind):
                (served,) = [one for one in definition["versions"] if one["name"] == version]
                whole = served["schema"]["openAPIV3Schema"]
                # As the API server has them: every object has these (kubernetes.io/docs/reference/using-api/api-concepts).
                whole["properties"] |= {"apiVersion": {"type": "string"}, "kind": {"type": "string"}, "metadata": {"type": "object"}}
                return jsonschema.Draft7Validator(closed(whole))
    raise LookupError(f"no definition of {kind} in {group}")


def closed(node: Any) -> Any:
    """The schema, refusing fields that it does not name."""
    if isinstance(node, list):
        return [closed(item) for item in node]
    if not isinstance(node, dict):
        return node
    found = {key: closed(item) for key, item in node.items()}
    open_to_others = "additionalProperties" in node or node.get("x-kubernetes-preserve-unknown-fields")
    # Where `properties` is the name of a property, what it holds has a type.
    if isinstance(node.get("properties"), dict) and "type" in node and not open_to_others:
        found["additionalProperties"] = False
    return found


def validate(manifest: dict[str, Any], version: str) -> None:
    group, _, served = manifest["apiVersion"].partition("/")
    if group in DEFINED:
        validator(group, served, manifest["kind"]).validate(manifest)
    else:
        kubernetes_validate.validate(manifest, version, strict=True)


def versions(name: str) -> set[str]:
    """The versions of Kubernetes that the environment's own clusters have; the newest where it has none."""
    return {cluster.version for cluster in environment(name).clusters.values() if isinstance(cluster, EksCluster)} or {NEWEST}


@pytest.mark.parametrize("name", FOLDERS)
def test_every_object_is_valid(name: str) -> None:
    assert len(made(name)) > 20
    for version in versions(name):
        for manifest in made(name):
            validate(manifest, version)


def test_what_all_is_looked_at() -> None:
    """An environment that has everything has an object of every kind that components make, and a new kind is put into it."""
    kinds = {(manifest["apiVersion"].partition("/")[0], manifest["kind"]) for name in ("everything", "managed") for manifest in made(name)}
    others = {(manifest["apiVersion"].partition("/")[0], manifest["kind"]) for name in FOLDERS for manifest in made(name)}
    assert others == kinds
    assert set(DEFINED) <= {group for group, _ in kinds}


@pytest.mark.parametrize(
    ("kind", "path", "value"),
    [
        ("Deployment", ("spec", "replicaz"), 1),
        ("Deployment", ("spec", "template", "spec", "containers"), "one"),
        ("HTTPRoute", ("spec", "rulez"), []),
        ("ScaledObject", ("spec", "maxReplicaCount"), "eight"),
        ("ServiceMonitor", ("spec", "endpoints"), None),
        ("SecurityPolicy", ("spec", "jwt", "providerz"), []),
    ],
)
def test_validation_would_find_a_wrong_field(kind: str, path: tuple[str, ...], value: object) -> None:
    manifest = deepcopy(next(manifest for manifest in made("everything") if manifest["kind"] == kind))
    validate(manifest, NEWEST)
    at = manifest
    for key in path[:-1]:
        at = at[key]
    at[path[-1]] = value
    with pytest.raises((kubernetes_validate.ValidationError, jsonschema.ValidationError)):
        validate(manifest, NEWEST)
