"""Every built-in object that a component makes, against the schema of Kubernetes, unknown fields refused."""

from typing import Any

import kubernetes_validate
import pytest

from tests.components import test_cluster, test_endpoint, test_monitoring
from tests.support.engine import run

CUSTOM = ("gateway.networking.k8s.io/", "monitoring.coreos.com/")
"""Kinds whose definitions only an API server has; tests on the local cloud hold those."""

MAKERS = (
    test_cluster.tenancy,
    test_cluster.existing,
    test_endpoint.make,
    test_monitoring.stack,
    test_monitoring.whole,
    test_monitoring.endpoint,
)


def manifests() -> list[dict[str, Any]]:
    return [manifest for make in MAKERS for manifest in run(lambda make=make: make("it")).manifests()]


def test_every_object_is_valid() -> None:
    validated = set()
    for manifest in manifests():
        if not manifest["apiVersion"].startswith(CUSTOM):
            kubernetes_validate.validate(manifest, "1.35", strict=True)
            validated.add(manifest["kind"])
    assert {
        "Namespace",
        "NetworkPolicy",
        "Deployment",
        "Service",
        "ServiceAccount",
        "HorizontalPodAutoscaler",
        "PodDisruptionBudget",
        "ConfigMap",
    } <= validated


def test_every_object_says_whose_it_is() -> None:
    for manifest in manifests():
        labels = manifest["metadata"]["labels"]
        assert labels["app.kubernetes.io/managed-by"] == "pulumi"
        assert labels["app.kubernetes.io/part-of"] == "modelway"


def test_objects_of_a_version_carry_the_recommended_labels() -> None:
    found = [manifest for manifest in run(lambda: test_endpoint.make("it")).manifests() if manifest["kind"] == "Deployment"]
    for manifest in found:
        assert {
            "app.kubernetes.io/name",
            "app.kubernetes.io/instance",
            "app.kubernetes.io/version",
            "app.kubernetes.io/component",
            "modelway.dev/model",
            "modelway.dev/version",
            "modelway.dev/team",
        } <= manifest["metadata"]["labels"].keys()


def test_validation_would_find_a_wrong_field() -> None:
    manifest = next(manifest for manifest in manifests() if manifest["kind"] == "Deployment")
    manifest["spec"]["replicaz"] = 1
    with pytest.raises(kubernetes_validate.ValidationError):
        kubernetes_validate.validate(manifest, "1.35", strict=True)
