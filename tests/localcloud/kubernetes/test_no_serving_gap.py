"""Behind a route there are never fewer ready pods than the floor, whatever changes: on the real engine, with pods that need 3 to 8 s.

The pods are simulated, and no Gateway runs: what is recorded is whom one would send requests to.
"""

import copy
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from components.endpoint.kubernetes import KubernetesEndpoint
from tests.components.test_endpoint import args
from tests.localcloud.conftest import Cloud, fresh_namespace
from tests.localcloud.kubernetes.stack import Object, Stack, kubernetes
from tests.localcloud.kubernetes.watching import Series, watched
from tests.support.engine import Recorder, run

pytestmark = pytest.mark.localcloud

FLOOR = 2
ONE, TWO = "2026.10.0", "2026.11.0"
NEVER_READY = "registry.example/never-ready"
# Three pods one after another need up to 24 s, and the machine's own time; what never gets ready need not be waited for as long.
PATIENT, BRIEF = 180, 20

Change = Callable[[list[Object]], list[Object]]


def image(name: str = "registry.example/churn", digest: str = "a") -> str:
    return f"{name}@sha256:{digest * 64}"


def version(weight: int, serving: str) -> dict[str, Any]:
    return {"image": serving, "weights_uri": "s3://store/churn/m.json", "weights_sha256": "b" * 64, "weight": weight}


def resources(recorder: Recorder, timeout: int) -> list[Object]:
    """The component's own objects, as data for the engine, each waited for ``timeout`` seconds."""
    names = {each.urn: each.name for each in recorder.resources}
    return [
        kubernetes(
            each.type.removeprefix("kubernetes:"),
            each.name,
            each.inputs,
            depends_on=[names[urn] for urn in each.dependencies if urn in names],
            ignore_changes=each.ignored,
            timeout=timeout,
        )
        for each in recorder.resources
        if each.type.startswith("kubernetes:")
    ]


@dataclass
class Site:
    """A model in a namespace of its own."""

    cloud: Cloud
    stack: Stack
    namespace: str
    change: Change
    series: Series | None = None

    def up(self, versions: dict[str, Any], ok: bool = True) -> None:
        asked = args(versions, namespace=self.namespace, team=self.namespace, cpu_millicores=50, memory_bytes=64 << 20, min_replicas=FLOOR)
        made = resources(run(lambda: KubernetesEndpoint("churn", asked)), PATIENT if ok else BRIEF)
        self.stack.write(self.change(made))
        # As people run it: with --continue-on-error the engine would delete what the failed route still leads to.
        result = self.stack.pulumi("up", "--yes", "--skip-preview")
        assert (result.code == 0) == ok, result.text

    def while_watched(self, versions: dict[str, Any], ok: bool = True) -> Series:
        with watched(self.cloud.kubeconfig, self.namespace, "churn") as series:
            self.up(versions, ok)
        assert len(series.points) > 1 or not ok, "nothing was seen to change"
        return series


@pytest.fixture
def sites(cloud: Cloud, tmp_path: Path) -> Iterator[Callable[..., Site]]:
    namespaces = []

    def make(change: Change = lambda made: made) -> Site:
        entered = fresh_namespace(cloud)
        namespaces.append(entered)
        return Site(cloud, Stack(tmp_path / f"stack-{len(namespaces)}", cloud.environment()), entered.__enter__(), change)

    yield make
    for entered in namespaces:
        entered.__exit__(None, None, None)


def test_another_version_answers_without_a_gap(sites: Callable[..., Site]) -> None:
    site = sites()
    site.up({ONE: version(100, image())})
    series = site.while_watched({TWO: version(100, image(digest="c"))})
    assert series.least >= FLOOR, series.points
    assert set(series.points[0][2]) == {"churn-v2026-10-0"}
    assert set(series.points[-1][2]) == {"churn-v2026-11-0"}
    # The first version went when the route no longer named it.
    assert site.cloud.kubectl("get", "deployments", "-n", site.namespace, "-o", "name").stdout.split() == [
        "deployment.apps/churn-v2026-11-0"
    ]


def test_traffic_shifts_without_a_gap(sites: Callable[..., Site]) -> None:
    site = sites()
    site.up({ONE: version(100, image())})
    for share in (10, 50):
        series = site.while_watched({ONE: version(100 - share, image()), TWO: version(share, image(digest="c"))})
        assert series.least >= FLOOR, series.points
    for _, _, by_service in series.points:
        assert min(by_service.values()) >= FLOOR, series.points


def test_another_image_takes_over_pod_by_pod(sites: Callable[..., Site]) -> None:
    site = sites()
    site.up({ONE: version(100, image())})
    series = site.while_watched({ONE: version(100, image(digest="d"))})
    assert series.least >= FLOOR, series.points
    assert max(ready for _, ready, _ in series.points) > FLOOR, "a new pod is ready before an old one goes"


@pytest.mark.parametrize("versions", [{ONE: version(100, image(NEVER_READY))}, {TWO: version(100, image(NEVER_READY))}])
def test_what_never_gets_ready_gets_no_requests(sites: Callable[..., Site], versions: dict[str, Any]) -> None:
    site = sites()
    site.up({ONE: version(100, image())})
    series = site.while_watched(versions, ok=False)
    assert series.least >= FLOOR, series.points
    assert all(set(by_service) == {"churn-v2026-10-0"} for _, _, by_service in series.points)


def test_the_number_of_pods_is_left_to_who_scales(sites: Callable[..., Site]) -> None:
    site = sites()
    site.up({ONE: version(100, image())})
    site.cloud.kubectl("scale", "deployment/churn-v2026-10-0", "-n", site.namespace, "--replicas=3")
    site.up({ONE: version(100, image(digest="d"))})
    found = site.cloud.kubectl("get", "deployment/churn-v2026-10-0", "-n", site.namespace, "-o", "jsonpath={.spec.replicas}").stdout
    assert found == "3"


def careless(made: list[Object]) -> list[Object]:
    """The same objects with an old pod gone before a new one is ready."""
    changed = copy.deepcopy(made)
    for each in changed:
        if each["type"].endswith(":Deployment"):
            each["inputs"]["spec"]["strategy"]["rollingUpdate"] = {"maxUnavailable": 1, "maxSurge": 0}
    return changed


def with_one_pod(made: list[Object]) -> list[Object]:
    """The same objects with as many pods at first as a Deployment has by itself."""
    changed = copy.deepcopy(made)
    for each in changed:
        if each["type"].endswith(":Deployment"):
            del each["inputs"]["spec"]["replicas"]
    return changed


def test_a_gap_would_be_seen_where_old_pods_go_first(sites: Callable[..., Site]) -> None:
    site = sites(careless)
    site.up({ONE: version(100, image())})
    assert site.while_watched({ONE: version(100, image(digest="d"))}).least < FLOOR


def test_a_gap_would_be_seen_where_a_version_begins_with_one_pod(sites: Callable[..., Site]) -> None:
    site = sites(with_one_pod)
    site.up({ONE: version(100, image())})
    assert site.while_watched({TWO: version(100, image(digest="c"))}).least < FLOOR
