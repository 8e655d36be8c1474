"""Helm releases are recorded: the life of any resource, and nothing that the chart would bring."""

import json
from collections.abc import Callable

import pytest

from tests.localcloud.conftest import Cloud
from tests.localcloud.kubernetes.stack import Object, Stack, kubernetes

pytestmark = pytest.mark.localcloud


def release(namespace: str, password: str, name: str = "gateway", version: str = "v1.9.1") -> Object:
    values = {"replicas": 2, "password": {"$secret": password}}
    chart = {"chart": "oci://docker.io/envoyproxy/gateway-helm", "version": version, "values": values}
    return kubernetes("helm.sh/v3:Release", "gateway", {"name": name, "namespace": namespace, **chart})


def test_a_release_lives_like_any_resource(stack: Stack, namespace: str, cloud: Cloud, live: Callable[..., Object]) -> None:
    stack.up([release(namespace, "in-the-clear-1")])
    stack.no_changes()
    assert live("secret", namespace, "recorded.gateway")["type"] == "modelway.dev/recorded-release"
    assert "in-the-clear-1" not in stack.file()
    pods = json.loads(cloud.kubectl("-n", namespace, "get", "pods", "-o", "json").stdout)["items"]
    assert not pods, "nothing is installed"

    assert stack.up([release(namespace, "in-the-clear-2")]).steps == [("update", "gateway")]
    stack.no_changes()
    replaced = stack.up([release(namespace, "in-the-clear-2", name="other")]).steps
    assert ("replace", "gateway") in replaced
    assert live("secret", namespace, "recorded.other")

    cloud.kubectl("-n", namespace, "delete", "secret", "recorded.other")
    stack.refresh()
    assert "gateway" not in stack.state()
    stack.up([release(namespace, "in-the-clear-2")])
    stack.destroy()
    assert not json.loads(cloud.kubectl("-n", namespace, "get", "secrets", "-o", "json").stdout)["items"]


def test_what_is_in_the_way_is_an_error(stack: Stack, namespace: str, cloud: Cloud) -> None:
    cloud.kubectl("-n", namespace, "create", "secret", "generic", "recorded.gateway")
    assert "already exists" in stack.up([release(namespace, "in-the-clear")], ok=False).text
