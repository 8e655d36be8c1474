"""What goes wrong, and how the next run goes on from there."""

import json
import os
import signal
import subprocess

import psutil
import pytest

from localcloud.processes import wait_until
from tests.localcloud.kubernetes.stack import Object, Stack, kubernetes

pytestmark = pytest.mark.localcloud


def config(
    namespace: str, name: str, data: Object, logical: str = "settings", annotations: Object | None = None, **options: object
) -> Object:
    metadata = {"namespace": namespace, "name": name, "annotations": annotations or {}}
    return kubernetes("core/v1:ConfigMap", logical, {"metadata": metadata, "data": data}, **options)


def account(namespace: str, name: str, logical: str = "account", annotations: Object | None = None, **fields: object) -> Object:
    """A kind that is updated in place and needs no controller."""
    metadata = {"namespace": namespace, "name": name, "annotations": annotations or {}}
    return kubernetes("core/v1:ServiceAccount", logical, {"metadata": metadata, **fields})


def deployment(namespace: str, image: str, app: str = "web", name: str | None = None, **options: object) -> Object:
    spec = {
        "selector": {"matchLabels": {"app": app}},
        "template": {"metadata": {"labels": {"app": app}}, "spec": {"containers": [{"name": "main", "image": image}]}},
    }
    metadata = {"namespace": namespace, **({"name": name} if name else {})}
    return kubernetes("apps/v1:Deployment", "web", {"metadata": metadata, "spec": spec}, **options)


def exists(cloud, namespace: str, *what: str) -> bool:
    return cloud.kubectl("-n", namespace, "get", *what, check=False).returncode == 0


def test_what_does_not_become_ready_times_out_with_the_reason_and_recovers(stack: Stack, namespace: str, live) -> None:
    failed = stack.up([deployment(namespace, "registry.example/never-ready:1", name="web", timeout=6)], ok=False)
    assert (
        "was successfully created, but the Kubernetes API server reported that it failed to fully initialize or become live" in failed.text
    )
    assert "not ready after 6 s" in failed.text
    assert "0 of 1 replicas are available" in failed.text
    assert "pod web-" in failed.text  # whose containers are not ready
    assert "Traceback" not in failed.text

    kept = stack.state()["web"]
    assert kept["id"] == f"{namespace}/web"
    assert kept["initErrors"]
    uid = live("deployment", namespace, "web")["metadata"]["uid"]
    assert kept["outputs"]["metadata"]["uid"] == uid

    assert ("update", "web") in stack.up([deployment(namespace, "registry.example/web:1", name="web")]).steps
    repaired = stack.state()["web"]
    assert not repaired.get("initErrors")
    assert repaired["outputs"]["metadata"]["uid"] == uid


def test_what_cannot_be_scheduled_says_so_and_nobody_waits_for_what_says_skip(stack: Stack, namespace: str) -> None:
    pod = {"containers": [{"name": "main", "image": "registry.example/web:1"}], "nodeSelector": {"moon": "base"}}
    waited = {"metadata": {"namespace": namespace, "annotations": {"pulumi.com/timeoutSeconds": "4"}}, "spec": pod}
    skipped = {"metadata": {"namespace": namespace, "annotations": {"pulumi.com/skipAwait": "true"}}, "spec": pod}
    failed = stack.up([kubernetes("core/v1:Pod", "lost", waited), kubernetes("core/v1:Pod", "other", skipped)], ok=False)
    assert "not ready after 4 s" in failed.text
    assert "didn't match Pod's node affinity/selector" in failed.text
    state = stack.state()
    assert state["lost"]["initErrors"]
    assert not state["other"].get("initErrors")


def test_what_exists_is_not_adopted_and_what_does_not_is_not_imported(stack: Stack, namespace: str, cloud, live) -> None:
    cloud.kubectl("-n", namespace, "create", "configmap", "taken", "--from-literal=owner=somebody")
    missing = config(namespace, "no", {}, "gone", **{"import": f"{namespace}/no"})
    failed = stack.up([config(namespace, "taken", {"owner": "us"}), missing], ok=False)
    assert 'configmaps "taken" already exists' in failed.text
    assert "does not exist" in failed.text
    assert live("configmap", namespace, "taken")["data"] == {"owner": "somebody"}
    assert stack.state() == {}


def test_what_exists_can_be_imported_and_read(stack: Stack, namespace: str, cloud, live) -> None:
    cloud.kubectl("-n", namespace, "create", "configmap", "taken", "--from-literal=owner=somebody")
    found = {"metadata": {"namespace": namespace, "name": "taken"}, "data": {"owner": "somebody"}}
    imported = kubernetes("core/v1:ConfigMap", "settings", found, **{"import": f"{namespace}/taken"})
    steps = stack.up([imported, kubernetes("core/v1:Service", "api", get="default/kubernetes")]).steps
    assert ("import", "settings") in steps
    state = stack.state()
    assert state["settings"]["inputs"]["data"] == {"owner": "somebody"}
    assert state["settings"]["outputs"]["metadata"]["uid"] == live("configmap", namespace, "taken")["metadata"]["uid"]
    assert state["api"]["outputs"]["spec"] == live("service", "default", "kubernetes")["spec"]
    stack.no_changes()
    stack.destroy()
    assert not exists(cloud, namespace, "configmap", "taken")
    assert live("service", "default", "kubernetes")["metadata"]["name"] == "kubernetes"  # it was only looked at


def test_an_api_error_midway_is_made_good_by_the_next_run(stack: Stack, namespace: str) -> None:
    bad = kubernetes("core/v1:Service", "front", {"metadata": {"namespace": namespace}, "spec": {"ports": [{"port": 99999}]}})
    good = config(namespace, "first", {"a": "1"})
    failed = stack.up([good, {**bad, "options": {"depends_on": ["settings"]}}], ok=False)
    assert "spec.ports[0].port" in failed.text
    assert set(stack.state()) == {"settings"}
    rejected = stack.preview(ok=False)  # the dry run finds it before anything is done
    assert "spec.ports[0].port" in rejected.text
    mended = {**bad, "inputs": {**bad["inputs"], "spec": {"ports": [{"port": 80}]}}}
    steps = stack.up([good, mended]).steps
    assert ("same", "settings") in steps
    assert ("create", "front") in steps


def test_fields_of_others(stack: Stack, namespace: str, cloud, live) -> None:
    """Conflicts are told, at preview too; a refresh finds what others did; force takes over; what is ignored stays theirs."""

    def ours(annotations: Object, *, ignores: bool = False) -> list[Object]:
        left = account(namespace, "left", "left", automountServiceAccountToken=True, annotations={"team": annotations.get("team", "")})
        left["options"] = {"ignore_changes": ["automountServiceAccountToken"]} if ignores else {}
        runner = account(namespace, "runner", automountServiceAccountToken=True, annotations=annotations)
        return [runner, left, config(namespace, "gone", {"a": "1"})]

    stack.up(ours({"team": "a", "more": "b"}))
    stack.up(ours({"team": "a"}))
    assert live("sa", namespace, "runner")["metadata"]["annotations"] == {"team": "a"}  # what leaves the program leaves the object
    for name in ("runner", "left"):
        their = {"apiVersion": "v1", "kind": "ServiceAccount", "metadata": {"name": name, "namespace": namespace}}
        apply = ("apply", "--server-side", "--force-conflicts", "--field-manager=gitops", "-f", "-")
        cloud.kubectl(*apply, stdin=json.dumps({**their, "automountServiceAccountToken": False}))
    cloud.kubectl("-n", namespace, "delete", "configmap", "gone")

    assert {op for op, _ in stack.preview().steps} == {"same"}  # nobody looks without a refresh
    stack.refresh()
    assert stack.state()["account"]["outputs"]["automountServiceAccountToken"] is False
    assert "settings" not in stack.state()
    preview = stack.preview(ours({"team": "b"}, ignores=True), ok=False)
    assert set(preview.diffs["account"]) == {"automountServiceAccountToken", "metadata.annotations.team"}
    for failed in (preview, stack.up(ok=False)):
        assert "field conflict" in failed.text
        assert 'conflict with "gitops": .automountServiceAccountToken' in failed.text
    assert live("sa", namespace, "runner")["automountServiceAccountToken"] is False

    stack.up(ours({"team": "c", "pulumi.com/patchForce": "true"}, ignores=True))
    assert live("sa", namespace, "runner")["automountServiceAccountToken"] is True
    assert live("configmap", namespace, "gone")["data"] == {"a": "1"}
    left = live("sa", namespace, "left")
    assert (left["automountServiceAccountToken"], left["metadata"]["annotations"]) == (False, {"team": "c"})
    stack.no_changes()


def test_replacements(stack: Stack, namespace: str, live, cloud) -> None:
    skip = {"pulumi.com/skipAwait": "true"}
    fixed = deployment(namespace, "registry.example/web:1", name="fixed")
    fixed["inputs"]["metadata"]["annotations"] = skip
    stack.up([fixed, config(namespace, "one", {"a": "1"})])
    before = stack.state()
    other = deployment(namespace, "registry.example/web:1", app="other", name="fixed")
    other["inputs"]["metadata"]["annotations"] = skip
    replaced = stack.up([other, config(namespace, "two", {"a": "1"})])
    assert replaced.diffs["web"]["spec.selector.matchLabels.app"]["diffKind"] == "update-replace"
    assert replaced.diffs["settings"]["metadata.name"]["diffKind"] == "update-replace"
    order = replaced.steps
    # The explicit name is taken until the old object is gone; the renamed one can be made first.
    assert order.index(("delete-replaced", "web")) < order.index(("create-replacement", "web"))
    assert order.index(("create-replacement", "settings")) < order.index(("delete-replaced", "settings"))
    after = stack.state()
    assert after["web"]["id"] == before["web"]["id"]
    assert after["web"]["outputs"]["metadata"]["uid"] != before["web"]["outputs"]["metadata"]["uid"]
    assert after["settings"]["id"] == f"{namespace}/two"
    assert cloud.kubectl("-n", namespace, "get", "configmap", "one", check=False).returncode != 0


def test_a_deletion_finishes_or_says_what_holds_it(stack: Stack, namespace: str, cloud) -> None:
    held = config(namespace, "held", {"a": "1"}, timeout=2)
    held["inputs"]["metadata"]["finalizers"] = ["example.com/hold"]
    stack.up([held, config(namespace, "gone", {"a": "1"}, logical="gone")])
    cloud.kubectl("-n", namespace, "delete", "configmap", "gone")
    failed = stack.destroy(ok=False)
    assert "not gone after 2 s" in failed.text
    assert "example.com/hold" in failed.text
    assert set(stack.state()) == {"settings"}  # deleting what is gone already is no error
    cloud.kubectl("-n", namespace, "patch", "configmap", "held", "--type=merge", "-p", '{"metadata": {"finalizers": null}}')
    stack.destroy()
    assert stack.state() == {}


def test_secrets_stay_secret(stack: Stack, namespace: str) -> None:
    inputs = {"metadata": {"namespace": namespace}, "stringData": {"password": "in-the-clear-1"}}
    marked = {"metadata": {"namespace": namespace}, "data": {"url": {"$secret": "in-the-clear-2"}, "open": "visible"}}
    refused = {"metadata": {"namespace": namespace}, "spec": {"externalName": {"$secret": "In The Clear 3"}, "type": "ExternalName"}}
    stack.write([kubernetes("core/v1:Secret", "password", inputs), kubernetes("core/v1:ConfigMap", "settings", marked)])
    texts = [
        stack.pulumi("up", "--yes", "--diff").text,  # with a preview first
        stack.file(),
        stack.up([kubernetes("core/v1:Service", "refused", refused)], ok=False).text,
    ]
    for shown in texts:
        assert "in-the-clear" not in shown.lower()
        assert "In The Clear" not in shown
        assert "aW4tdGhlLWNsZWFy" not in shown  # base64
    assert "visible" in texts[1]


def test_a_preview_says_nothing_it_cannot_know(stack: Stack, namespace: str) -> None:
    missing = kubernetes("core/v1:ConfigMap", "later", {"metadata": {"namespace": "not-there-yet"}, "data": {}})
    custom = kubernetes("not.there.example.com/v1:Thing", "thing", {"metadata": {"namespace": namespace}})
    named = {"metadata": {"namespace": namespace, "name": "Not A Name"}}
    wrong = kubernetes("core/v1:ConfigMap", "wrong", named, depends_on=["later", "thing"])
    preview = stack.preview([missing, custom, wrong], ok=False)
    assert {("create", "later"), ("create", "thing")} <= set(preview.steps)
    assert "Invalid value" in preview.text
    assert "not-there-yet" not in preview.text


def test_an_interrupted_wait_keeps_what_was_made(stack: Stack, namespace: str, cloud) -> None:
    stack.write([deployment(namespace, "registry.example/never-ready:1", name="web")])
    running = subprocess.Popen(
        stack.command("up", "--yes", "--skip-preview"), env=stack.environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    )
    assert wait_until(lambda: exists(cloud, namespace, "deployment", "web"), 60, 0.2)
    running.send_signal(signal.SIGINT)
    text, _ = running.communicate(timeout=60)
    assert running.returncode != 0
    assert "Traceback" not in text
    assert stack.state()["web"]["id"] == f"{namespace}/web"


def test_nothing_outlives_a_killed_engine(stack: Stack, namespace: str, cloud) -> None:
    stack.write([deployment(namespace, "registry.example/never-ready:1", name="web")])
    command = stack.command("up", "--yes", "--skip-preview")
    running = subprocess.Popen(command, env=stack.environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    assert wait_until(lambda: exists(cloud, namespace, "deployment", "web"), 60, 0.2)
    children = psutil.Process(running.pid).children(recursive=True)
    words = [" ".join(child.cmdline()) for child in children]
    for part in ("localcloud.plugins.kubernetes", "pulumi-language-python-exec"):
        assert any(part in each for each in words), (part, words)
    assert len(children) >= 3  # and the language host
    os.kill(running.pid, signal.SIGKILL)
    running.wait()
    _, alive = psutil.wait_procs(children, timeout=10)
    for process in alive:
        process.kill()
    assert not alive


def test_what_belongs_to_an_object_goes_with_it_unless_it_is_orphaned(stack: Stack, namespace: str, cloud) -> None:
    ours, left = (deployment(namespace, "registry.example/web:1", app=app, name=app) for app in ("ours", "left"))
    for each in (ours, left):
        each["inputs"]["metadata"]["annotations"] = {"pulumi.com/skipAwait": "true"}
    left["name"] = "left"
    left["inputs"]["metadata"]["annotations"]["pulumi.com/deletionPropagationPolicy"] = "orphan"
    stack.up([ours, left])
    for app in ("ours", "left"):
        assert wait_until(
            lambda app=app: cloud.kubectl("-n", namespace, "get", "rs", "-l", f"app={app}", "-o", "name").stdout != "", 30, 0.2
        )
    stack.destroy()
    assert wait_until(lambda: cloud.kubectl("-n", namespace, "get", "rs", "-l", "app=ours", "-o", "name").stdout == "", 30, 0.2)
    assert cloud.kubectl("-n", namespace, "get", "rs", "-l", "app=left", "-o", "name").stdout != ""
    assert not exists(cloud, namespace, "deployment", "left")
