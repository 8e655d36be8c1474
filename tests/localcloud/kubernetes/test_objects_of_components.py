"""Every object, of components with all their options and of every environment, is one that a real API server takes: its schema, its
defaults, its limits, what admission has to say."""

import json
from typing import Any

import pytest

from tests.components import test_endpoint, test_endpoint_options, test_monitoring, test_support
from tests.localcloud.conftest import Cloud
from tests.support.engine import run
from tests.support.environments import FOLDERS, objects

pytestmark = pytest.mark.localcloud


MAKERS = (
    *(test_endpoint.make, test_endpoint_options.everything, test_support.make),
    *(test_monitoring.stack, test_monitoring.whole, test_monitoring.endpoint),
)


@pytest.mark.parametrize("make", MAKERS)
def test_the_api_server_takes_every_object_of_a_component(make: Any, cloud: Cloud, namespace: str) -> None:
    taken(run(lambda: make("churn")).manifests(), cloud, namespace)


@pytest.mark.parametrize("name", FOLDERS)
def test_the_api_server_takes_every_object_of_an_environment(name: str, cloud: Cloud, namespace: str) -> None:
    taken(objects(name), cloud, namespace)


def taken(manifests: list[dict[str, Any]], cloud: Cloud, namespace: str) -> None:
    """Asserts that the API server would make every object as it is asked for."""
    assert manifests
    for manifest in manifests:
        if "namespace" in manifest["metadata"]:
            # All in one: a dry run makes no namespace for what comes after it.
            manifest["metadata"]["namespace"] = namespace
    listed = {"apiVersion": "v1", "kind": "List", "items": manifests}
    # Environments of other tests may be up in the same cluster, and have namespaces of the same names.
    way = ("--server-side", "--force-conflicts", "--dry-run=server", "--validate=strict")
    found = json.loads(cloud.kubectl("apply", *way, "-o", "json", "-f", "-", stdin=json.dumps(listed)).stdout)["items"]
    assert len(found) == len(manifests)
    for asked, made in zip(manifests, found, strict=True):
        assert asked["kind"] == made["kind"]
        if asked["kind"] in ("HTTPRoute", "SecurityPolicy", "BackendTrafficPolicy", "ScaledObject"):
            # Lists that are written whole: what the server filled in there would be a change at the next refresh.
            assert as_asked(made["spec"], asked["spec"]) == asked["spec"]


def as_asked(made: Any, asked: Any) -> Any:
    """Of what the server made, what was asked for: mappings without the keys that it filled in, lists as they are."""
    if isinstance(made, dict) and isinstance(asked, dict):
        return {key: as_asked(value, asked[key]) for key, value in made.items() if key in asked}
    return made
