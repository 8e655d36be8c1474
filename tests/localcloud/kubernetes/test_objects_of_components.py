"""Every object of an endpoint and of what supports it is one that a real API server takes: its schema, its defaults, its limits."""

import json
from typing import Any

import pytest

from tests.components import test_endpoint, test_endpoint_options, test_monitoring, test_support
from tests.localcloud.conftest import Cloud
from tests.support.engine import run

pytestmark = pytest.mark.localcloud


MAKERS = (
    *(test_endpoint.make, test_endpoint_options.everything, test_support.make),
    *(test_monitoring.stack, test_monitoring.whole, test_monitoring.endpoint),
)


@pytest.mark.parametrize("make", MAKERS)
def test_the_api_server_takes_every_object(make: Any, cloud: Cloud, namespace: str) -> None:
    manifests = [manifest for manifest in run(lambda: make("churn")).manifests() if "chart" not in manifest]
    assert manifests
    for manifest in manifests:
        if "namespace" in manifest["metadata"]:
            # All in one: a dry run makes no namespace for what comes after it.
            manifest["metadata"]["namespace"] = namespace
    listed = {"apiVersion": "v1", "kind": "List", "items": manifests}
    done = cloud.kubectl(
        *("apply", "--server-side", "--dry-run=server", "--validate=strict", "-o", "json", "-f", "-"), stdin=json.dumps(listed)
    )
    taken = json.loads(done.stdout)["items"]
    assert len(taken) == len(manifests)
    for asked, found in zip(manifests, taken, strict=True):
        assert asked["kind"] == found["kind"]
        if asked["kind"] in ("HTTPRoute", "SecurityPolicy", "BackendTrafficPolicy", "ScaledObject"):
            # Lists that are written whole: what the server filled in there would be a change at the next refresh.
            assert found["spec"] == asked["spec"]
