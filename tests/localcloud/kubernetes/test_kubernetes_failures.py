"""What goes wrong, and how the next run goes on from there."""

import os
import signal
import subprocess
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import psutil
import pytest

from localcloud.processes import wait_until
from tests.localcloud.conftest import Cloud, fresh_namespace
from tests.localcloud.kubernetes.objects import SKIP_AWAIT, config_map, deployment
from tests.localcloud.kubernetes.stack import Object, Result, Stack, kubernetes

pytestmark = pytest.mark.localcloud

NEVER_READY = "registry.example/never-ready:1"


@dataclass(frozen=True)
class Run:
    """One run in which nearly everything fails."""

    stack: Stack
    namespace: str
    result: Result
    state: dict[str, Object]


def secrets(namespace: str, number: int) -> list[Object]:
    text = {"metadata": {"namespace": namespace, "name": "password"}, "stringData": {"password": f"in-the-clear-{number}"}}
    marked = {"url": {"$secret": f"in-the-clear-{number}"}, "open": "visible"}
    return [kubernetes("core/v1:Secret", "password", text), config_map(namespace, "marked", marked, "marked")]


def service(namespace: str, port: int) -> Object:
    inputs = {"metadata": {"namespace": namespace, "name": "front"}, "spec": {"ports": [{"port": port}]}}
    return kubernetes("core/v1:Service", "front", inputs, depends_on=["first"])


def pod(namespace: str, name: str, annotations: Object) -> Object:
    spec = {"containers": [{"name": "main", "image": "registry.example/web:1"}], "nodeSelector": {"moon": "base"}}
    return kubernetes("core/v1:Pod", name, {"metadata": {"namespace": namespace, "annotations": annotations}, "spec": spec})


@pytest.fixture(scope="module")
def failed(cloud: Cloud, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Run]:
    stack = Stack(tmp_path_factory.mktemp("failed") / "stack", cloud.environment())
    with fresh_namespace(cloud) as namespace:
        cloud.kubectl("-n", namespace, "create", "configmap", "taken", "--from-literal=owner=somebody")
        refused = {"metadata": {"namespace": namespace}, "spec": {"externalName": {"$secret": "In The Clear"}, "type": "ExternalName"}}
        resources = [
            deployment(namespace, "web", NEVER_READY, timeout=6),
            pod(namespace, "lost", {"pulumi.com/timeoutSeconds": "4"}),
            pod(namespace, "unwatched", SKIP_AWAIT),
            config_map(namespace, "taken", {"owner": "us"}, "taken"),
            config_map(namespace, "missing", {}, "missing", **{"import": f"{namespace}/missing"}),
            config_map(namespace, "first", {"a": "1"}, "first"),
            service(namespace, 99999),
            kubernetes("core/v1:Service", "refused", refused),
            *secrets(namespace, 1),
        ]
        result = stack.up(resources, ok=False)
        yield Run(stack, namespace, result, stack.state())


def previewed(failed: Run, wrong: Object) -> Result:
    """What the server finds before anything is done, after that run; one fault, for the engine stops at the first that it hears of."""
    nowhere = {"metadata": {"namespace": "not-there-yet"}, "data": {}}
    unknown = {"metadata": {"namespace": failed.namespace}}
    resources = [
        config_map(failed.namespace, "first", {"a": "1"}, "first"),
        *secrets(failed.namespace, 2),
        kubernetes("core/v1:ConfigMap", "later", nowhere),
        kubernetes("not.there.example.com/v1:Thing", "thing", unknown),
        {**wrong, "options": {"depends_on": ["later", "thing"]}},
    ]
    return failed.stack.preview(resources, ok=False)


@pytest.fixture(scope="module")
def preview(failed: Run) -> Result:
    return previewed(failed, service(failed.namespace, 99999))


def test_what_is_not_ready_in_time_is_kept_with_the_reason(failed: Run, live: Callable[..., Object]) -> None:
    text = failed.result.text
    assert "was successfully created, but the Kubernetes API server reported that it failed to fully initialize or become live" in text
    assert "not ready after 6 s" in text
    assert "0 of 1 replicas are available" in text
    assert "pod web-" in text  # whose containers are not ready
    kept = failed.state["web"]
    assert kept["id"] == f"{failed.namespace}/web"
    assert kept["initErrors"]
    assert kept["outputs"]["metadata"]["uid"] == live("deployment", failed.namespace, "web")["metadata"]["uid"]


def test_what_cannot_be_scheduled_says_so(failed: Run) -> None:
    assert "not ready after 4 s" in failed.result.text
    assert "didn't match Pod's node affinity/selector" in failed.result.text
    assert failed.state["lost"]["initErrors"]


def test_nobody_waits_for_what_says_skip(failed: Run) -> None:
    assert not failed.state["unwatched"].get("initErrors")


def test_what_exists_is_not_adopted(failed: Run, live: Callable[..., Object]) -> None:
    assert 'configmaps "taken" already exists' in failed.result.text
    assert live("configmap", failed.namespace, "taken")["data"] == {"owner": "somebody"}
    assert "taken" not in failed.state


def test_what_does_not_exist_is_not_imported(failed: Run) -> None:
    assert f"'{failed.namespace}/missing' does not exist" in failed.result.text
    assert "missing" not in failed.state


def test_what_the_server_refuses_is_told_in_its_words(failed: Run) -> None:
    assert "spec.ports[0].port: Invalid value: 99999" in failed.result.text
    assert "front" not in failed.state
    assert failed.state["first"]["id"] == f"{failed.namespace}/first"


def test_a_preview_tries_on_the_server_and_says_nothing_it_cannot_know(preview: Result) -> None:
    assert {("create", "later"), ("create", "thing")} <= set(preview.steps)
    assert "not-there-yet" not in preview.text
    assert "spec.ports[0].port: Invalid value: 99999" in preview.text


def test_a_preview_tries_names_on_the_server(failed: Run) -> None:
    named = {"metadata": {"namespace": failed.namespace, "name": "Not A Name"}}
    assert 'Invalid value: "Not A Name"' in previewed(failed, kubernetes("core/v1:ConfigMap", "wrong", named)).text


def test_secrets_stay_secret(failed: Run, preview: Result) -> None:
    assert {"password", "marked"} <= set(failed.state)
    assert any(name in ("password", "marked") for _, name in preview.steps)
    assert "externalName" in failed.result.text  # the server quoted what it refused
    for shown in (failed.result.text, preview.text, failed.stack.file()):
        assert "in-the-clear" not in shown.lower()
        assert "In The Clear" not in shown
        assert "aW4tdGhlLWNsZWFy" not in shown  # base64
    assert "visible" in failed.stack.file()


def test_no_failure_shows_a_traceback(failed: Run, preview: Result) -> None:
    assert "Traceback" not in failed.result.text + preview.text
    assert "unexpected" not in failed.result.text + preview.text


def test_the_next_run_goes_on_from_there(failed: Run, preview: Result) -> None:
    first = config_map(failed.namespace, "first", {"a": "1"}, "first")
    steps = failed.stack.up([deployment(failed.namespace, "web"), first, service(failed.namespace, 80)]).steps
    assert {("update", "web"), ("same", "first"), ("create", "front"), ("delete", "lost"), ("delete", "unwatched")} <= set(steps)
    state = failed.stack.state()
    assert set(state) == {"web", "first", "front"}
    assert not state["web"].get("initErrors")
    assert state["web"]["outputs"]["metadata"]["uid"] == failed.state["web"]["outputs"]["metadata"]["uid"]


def waiting(stack: Stack, namespace: str, cloud: Cloud) -> subprocess.Popen[str]:
    """An engine whose plugin waits for a deployment that exists and never becomes ready."""
    stack.write([deployment(namespace, "web", NEVER_READY)])
    command = stack.command("up", "--yes", "--skip-preview")
    running = subprocess.Popen(command, env=stack.environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    assert wait_until(lambda: cloud.kubectl("-n", namespace, "get", "deployment", "web", check=False).returncode == 0, 60, 0.2)
    return running


def test_an_interrupted_wait_keeps_what_was_made(stack: Stack, namespace: str, cloud: Cloud) -> None:
    running = waiting(stack, namespace, cloud)
    running.send_signal(signal.SIGINT)
    text, _ = running.communicate(timeout=60)
    assert running.returncode != 0
    assert "Traceback" not in text
    assert stack.state()["web"]["id"] == f"{namespace}/web"


def test_nothing_outlives_a_killed_engine(stack: Stack, namespace: str, cloud: Cloud) -> None:
    running = waiting(stack, namespace, cloud)
    children = psutil.Process(running.pid).children(recursive=True)
    words = [" ".join(child.cmdline()) for child in children]
    for part in ("localcloud.plugins.kubernetes", "pulumi-language-python-exec"):
        assert any(part in each for each in words), (part, words)
    assert len(children) >= 3  # and the language host
    os.kill(running.pid, signal.SIGKILL)
    running.communicate()
    _, alive = psutil.wait_procs(children, timeout=10)
    for process in alive:
        process.kill()
    assert not alive
