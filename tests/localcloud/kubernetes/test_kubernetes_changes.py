"""What is changed by others, taken over, replaced, and deleted."""

import json
from collections.abc import Callable

import pytest

from localcloud.processes import wait_until
from tests.localcloud.conftest import Cloud
from tests.localcloud.kubernetes.objects import SKIP_AWAIT, config_map, deployment, service_account
from tests.localcloud.kubernetes.stack import Object, Stack, kubernetes

pytestmark = pytest.mark.localcloud


def test_fields_of_others(stack: Stack, namespace: str, cloud: Cloud, live: Callable[..., Object]) -> None:
    """Conflicts are told, at preview too; a refresh finds what others did; force takes over; what is ignored stays theirs."""

    def ours(annotations: Object, *, ignores: bool = False) -> list[Object]:
        ignored = {"ignore_changes": ["automountServiceAccountToken"]} if ignores else {}
        return [
            service_account(namespace, "runner", annotations, automount=True),
            service_account(namespace, "ignored", {"team": annotations["team"]}, automount=True, **ignored),
            config_map(namespace, "gone", {"a": "1"}, "gone"),
        ]

    stack.up(ours({"team": "a", "more": "b"}))
    for name in ("runner", "ignored"):
        their = {"apiVersion": "v1", "kind": "ServiceAccount", "metadata": {"name": name, "namespace": namespace}}
        apply = ("apply", "--server-side", "--force-conflicts", "--field-manager=gitops", "-f", "-")
        cloud.kubectl(*apply, stdin=json.dumps({**their, "automountServiceAccountToken": False}))
    cloud.kubectl("-n", namespace, "delete", "configmap", "gone")

    assert {op for op, _ in stack.preview().steps} == {"same"}  # nobody looks without a refresh
    stack.refresh()
    assert stack.state()["runner"]["outputs"]["automountServiceAccountToken"] is False
    assert "gone" not in stack.state()
    preview = stack.preview(ours({"team": "b"}, ignores=True), ok=False)
    assert set(preview.diffs["runner"]) == {
        *("automountServiceAccountToken", "metadata.annotations.team", "metadata.annotations.more"),
    }
    for failed in (preview, stack.up(ok=False)):
        assert "field conflict" in failed.text
        assert 'conflict with "gitops": .automountServiceAccountToken' in failed.text
    assert live("sa", namespace, "runner")["automountServiceAccountToken"] is False

    force = {"pulumi.com/patchForce": "true"}
    stack.up(ours({"team": "c", **force}, ignores=True))
    runner, ignored = live("sa", namespace, "runner"), live("sa", namespace, "ignored")
    assert runner["automountServiceAccountToken"] is True
    assert runner["metadata"]["annotations"] == {"team": "c", **force}  # what left the program left the object
    assert (ignored["automountServiceAccountToken"], ignored["metadata"]["annotations"]) == (False, {"team": "c"})
    assert live("configmap", namespace, "gone")["data"] == {"a": "1"}
    stack.no_changes()


def test_replacements(stack: Stack, namespace: str, cloud: Cloud) -> None:
    stack.up([deployment(namespace, "fixed", annotations=SKIP_AWAIT), config_map(namespace, "one", {"a": "1"})])
    before = stack.state()
    again = deployment(namespace, "fixed", app="other", annotations=SKIP_AWAIT)
    replaced = stack.up([again, config_map(namespace, "two", {"a": "1"})])
    assert replaced.diffs["fixed"]["spec.selector.matchLabels.app"]["diffKind"] == "update-replace"
    assert replaced.diffs["settings"]["metadata.name"]["diffKind"] == "update-replace"
    order = replaced.steps
    # The explicit name is taken until the old object is gone; the renamed one can be made first.
    assert order.index(("delete-replaced", "fixed")) < order.index(("create-replacement", "fixed"))
    assert order.index(("create-replacement", "settings")) < order.index(("delete-replaced", "settings"))
    after = stack.state()
    assert after["fixed"]["id"] == before["fixed"]["id"]
    assert after["fixed"]["outputs"]["metadata"]["uid"] != before["fixed"]["outputs"]["metadata"]["uid"]
    assert after["settings"]["id"] == f"{namespace}/two"
    assert cloud.kubectl("-n", namespace, "get", "configmap", "one", check=False).returncode == 1


def test_from_taking_over_to_deleting(stack: Stack, namespace: str, cloud: Cloud, live: Callable[..., Object]) -> None:
    """Imported and read; deleted with what belongs to it unless that is orphaned; what is held says so; what is read stays."""

    def left(*what: str) -> str:
        return cloud.kubectl("-n", namespace, "get", *what, "-o", "name", "--ignore-not-found").stdout

    cloud.kubectl("-n", namespace, "create", "configmap", "taken", "--from-literal=owner=somebody")
    held = config_map(namespace, "held", {"a": "1"}, "held", timeout=2)
    held["inputs"]["metadata"]["finalizers"] = ["example.com/hold"]
    orphaning = {**SKIP_AWAIT, "pulumi.com/deletionPropagationPolicy": "orphan"}
    resources = [
        config_map(namespace, "taken", {"owner": "somebody"}, "taken", **{"import": f"{namespace}/taken"}),
        kubernetes("core/v1:Service", "api", get="default/kubernetes"),
        held,
        config_map(namespace, "gone", {"a": "1"}, "gone"),
        deployment(namespace, "whole", annotations=SKIP_AWAIT),
        deployment(namespace, "parted", annotations=orphaning),
    ]
    steps = stack.up(resources).steps
    assert ("import", "taken") in steps
    state = stack.state()
    assert state["taken"]["inputs"]["data"] == {"owner": "somebody"}
    assert state["taken"]["outputs"]["metadata"]["uid"] == live("configmap", namespace, "taken")["metadata"]["uid"]
    assert state["api"]["outputs"]["spec"] == live("service", "default", "kubernetes")["spec"]
    assert {op for op, _ in stack.preview().steps} <= {"same", "read"}

    cloud.kubectl("-n", namespace, "delete", "configmap", "gone")
    for app in ("whole", "parted"):
        assert wait_until(lambda app=app: left("rs", "-l", f"app={app}") != "", 30, 0.2)
    failed = stack.destroy(ok=False)
    assert "not gone after 2 s" in failed.text
    assert "example.com/hold" in failed.text
    cloud.kubectl("-n", namespace, "patch", "configmap", "held", "--type=merge", "-p", '{"metadata": {"finalizers": null}}')
    stack.destroy()
    assert stack.state() == {}
    for name in ("configmap/taken", "configmap/held", "deployment/whole", "deployment/parted"):
        assert left(name) == ""
    assert left("rs", "-l", "app=whole") == ""
    assert left("rs", "-l", "app=parted") != ""
    assert live("service", "default", "kubernetes")["metadata"]["name"] == "kubernetes"
