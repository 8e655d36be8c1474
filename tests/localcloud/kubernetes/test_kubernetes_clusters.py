"""Which cluster, with which credentials. The tests share one stack and run in the order of the file."""

import json
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from tests.localcloud.conftest import Cloud, fresh_namespace
from tests.localcloud.kubernetes.stack import Object, Stack, kubernetes

pytestmark = pytest.mark.localcloud


@dataclass(frozen=True)
class Site:
    stack: Stack
    namespace: str
    kubeconfig: str
    """Of the administrator."""
    commands: Path
    """Folder of the command that gives a token."""
    exec_kubeconfig: str
    """The same cluster with a token of a service account that may do everything, from that command."""
    identifier: str = "dev/one"

    def resources(self, *, lost: bool = False) -> list[Object]:
        """A provider of each sort, and an object on each that has the provider's name."""
        providers: dict[str, Object] = {
            "plain": {"kubeconfig": self.kubeconfig},
            "kept": {"kubeconfig": self.kubeconfig, "clusterIdentifier": "dev/main"},
            "other": {"kubeconfig": self.kubeconfig, "clusterIdentifier": self.identifier},
            "exec": {"kubeconfig": self.exec_kubeconfig},
            "lost": {"kubeconfig": _moved(self.kubeconfig, "127.0.0.1:9") if lost else self.kubeconfig, "clusterIdentifier": "dev/lost"},
            "inside": {"kubeconfig": self.kubeconfig, "namespace": self.namespace},
        }
        made = [{"type": "provider", "name": name, "inputs": inputs} for name, inputs in providers.items()]
        for name in providers:
            metadata = {} if name == "inside" else {"name": f"on-{name}", "namespace": self.namespace}
            made.append(kubernetes("core/v1:ConfigMap", f"on-{name}", {"metadata": metadata, "data": {"a": "1"}}, provider=name))
        return made


def _moved(kubeconfig: str, address: str) -> str:
    config = json.loads(kubeconfig)
    for each in config["clusters"]:
        each["cluster"]["server"] = f"https://{address}"
    return json.dumps(config)


@pytest.fixture(scope="module")
def site(cloud: Cloud, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    folder = tmp_path_factory.mktemp("clusters")
    stack = Stack(folder / "stack", cloud.environment())
    stack.environment["KUBECONFIG"] = "/dev/null"
    stack.pulumi("config", "set", "--path", "pulumi:autonaming.pattern", "${stack}-${name}-x")
    config = json.loads(cloud.kubeconfig.read_text("utf-8"))
    with fresh_namespace(cloud) as namespace:
        cloud.kubectl("-n", namespace, "create", "serviceaccount", "robot")
        cloud.kubectl("create", "clusterrolebinding", namespace, "--clusterrole=cluster-admin", f"--serviceaccount={namespace}:robot")
        token = cloud.kubectl("-n", namespace, "create", "token", "robot").stdout.strip()
        (folder / "status.json").write_text(json.dumps({"token": token}), "utf-8")
        script = folder / "give-token.py"
        script.write_text(
            "import json, os, pathlib, sys\n"
            "info = json.loads(os.environ['KUBERNETES_EXEC_INFO'])\n"
            f"folder = pathlib.Path({str(folder)!r})\n"
            "with (folder / 'calls').open('a') as calls: calls.write(os.environ['WHO'] + sys.argv[1] + '\\n')\n"
            "status = json.loads((folder / 'status.json').read_text())\n"
            "print(json.dumps({'apiVersion': info['apiVersion'], 'kind': 'ExecCredential', 'status': status}))\n",
            "utf-8",
        )
        command = {
            "apiVersion": "client.authentication.k8s.io/v1",
            "command": sys.executable,
            "args": [str(script), "--please"],
            "env": [{"name": "WHO", "value": "tester"}],
            "interactiveMode": "Never",
        }
        users = [{"name": user["name"], "user": {"exec": command}} for user in config["users"]]
        yield Site(stack, namespace, json.dumps(config), folder, json.dumps({**config, "users": users}))
        cloud.kubectl("delete", "clusterrolebinding", namespace)


def test_credentials_come_from_a_command_once_a_run(site: Site, live: Callable[..., Object]) -> None:
    site.stack.up(site.resources())
    assert live("configmap", site.namespace, "on-exec")["data"] == {"a": "1"}
    assert (site.commands / "calls").read_text("utf-8").split() == ["tester--please"]


def test_names_follow_the_stack_and_the_namespace_the_provider(site: Site) -> None:
    inside = site.stack.state()["on-inside"]
    assert inside["id"] == f"{site.namespace}/test-on-inside-x"
    assert inside["outputs"]["metadata"]["annotations"] == {"pulumi.com/autonamed": "true"}


def test_the_cluster_decides_about_replacement(site: Site) -> None:
    port = json.loads(site.kubeconfig)["clusters"][0]["cluster"]["server"].rpartition(":")[2]
    elsewhere = replace(site, kubeconfig=_moved(site.kubeconfig, f"localhost:{port}"), identifier="dev/two")
    steps = site.stack.preview(elsewhere.resources()).steps
    assert ("replace", "on-plain") in steps  # another address is another cluster
    assert ("same", "on-kept") in steps  # but for a provider with an identifier, which alone decides
    assert ("replace", "on-other") in steps


def test_a_cluster_that_does_not_answer_and_one_that_knows_nobody(site: Site) -> None:
    (site.commands / "status.json").write_text('{"token": "expired"}', "utf-8")
    inputs = {"metadata": {"namespace": site.namespace}}
    more = [kubernetes("core/v1:ConfigMap", f"more-{name}", inputs, provider=name) for name in ("lost", "exec")]
    failed = site.stack.up([*site.resources(lost=True), *more], ok=False)
    assert "configured Kubernetes cluster is unreachable: https://127.0.0.1:9 does not answer" in failed.text
    assert "the cluster does not accept the credentials (401 Unauthorized)" in failed.text
    assert {"more-lost", "more-exec"}.isdisjoint(site.stack.state())
    assert "PULUMI_K8S_DELETE_UNREACHABLE" in site.stack.refresh(ok=False).text


def test_what_was_in_a_lost_cluster_can_be_given_up(site: Site) -> None:
    site.stack.environment["PULUMI_K8S_DELETE_UNREACHABLE"] = "true"
    site.stack.destroy()
    assert site.stack.state() == {}
