"""Which cluster, with which credentials."""

import json
import sys
from pathlib import Path

import pytest
from ruamel.yaml import YAML

from tests.localcloud.kubernetes.stack import Object, Stack, kubernetes

pytestmark = pytest.mark.localcloud


def provider(name: str = "cluster", **inputs: object) -> Object:
    return {"type": "provider", "name": name, "inputs": inputs}


def config(namespace: str, name: str = "settings", provider: str = "cluster") -> Object:
    return kubernetes(
        "core/v1:ConfigMap", name, {"metadata": {"name": name, "namespace": namespace}, "data": {"a": "1"}}, provider=provider
    )


@pytest.fixture
def kubeconfig(cloud) -> Object:
    return YAML(typ="safe").load(Path(cloud.kubeconfig).read_text(encoding="utf-8"))


@pytest.fixture
def exec_kubeconfig(cloud, kubeconfig: Object, namespace: str, tmp_path: Path) -> Object:
    """The same cluster, with a command that gives a token (of a service account that may do everything) and counts its calls."""
    cloud.kubectl("-n", namespace, "create", "serviceaccount", "robot")
    cloud.kubectl("create", "clusterrolebinding", namespace, "--clusterrole=cluster-admin", f"--serviceaccount={namespace}:robot")
    token = cloud.kubectl("-n", namespace, "create", "token", "robot").stdout.strip()
    status = tmp_path / "status.json"
    status.write_text(json.dumps({"token": token}), encoding="utf-8")
    script = tmp_path / "give-token.py"
    script.write_text(
        "import json, os, pathlib, sys\n"
        "info = json.loads(os.environ['KUBERNETES_EXEC_INFO'])\n"
        f"with pathlib.Path({str(tmp_path / 'calls')!r}).open('a') as calls: calls.write(os.environ['WHO'] + sys.argv[1] + '\\n')\n"
        f"status = json.loads(pathlib.Path({str(status)!r}).read_text())\n"
        "print(json.dumps({'apiVersion': info['apiVersion'], 'kind': 'ExecCredential', 'status': status}))\n",
        encoding="utf-8",
    )
    command = {
        "apiVersion": "client.authentication.k8s.io/v1",
        "command": sys.executable,
        "args": [str(script), "--please"],
        "env": [{"name": "WHO", "value": "tester"}],
        "interactiveMode": "Never",
    }
    yield {**kubeconfig, "users": [{"name": user["name"], "user": {"exec": command}} for user in kubeconfig["users"]]}
    cloud.kubectl("delete", "clusterrolebinding", namespace)


def test_credentials_from_a_command(stack: Stack, namespace: str, exec_kubeconfig: Object, live, tmp_path: Path) -> None:
    stack.environment["KUBECONFIG"] = "/dev/null"
    stack.up([provider(kubeconfig=json.dumps(exec_kubeconfig)), config(namespace)])
    assert live("configmap", namespace, "settings")["data"] == {"a": "1"}
    calls = (tmp_path / "calls").read_text(encoding="utf-8").split()
    assert calls == ["tester--please"]  # once for all requests of a run
    (tmp_path / "status.json").write_text('{"token": "expired"}', encoding="utf-8")
    refused = stack.refresh(ok=False)
    assert "the cluster does not accept the credentials (401 Unauthorized)" in refused.text
    (tmp_path / "give-token.py").write_text("import sys; sys.exit('no session, log in first')", encoding="utf-8")
    assert "no session, log in first" in stack.refresh(ok=False).text


def test_the_cluster_decides_about_replacement(stack: Stack, namespace: str, kubeconfig: Object) -> None:
    stack.environment["KUBECONFIG"] = "/dev/null"
    here = json.dumps(kubeconfig)
    moved = here.replace("https://127.0.0.1:", "https://localhost:")

    def three(kubeconfig: str, named: str) -> list[Object]:
        """Of three providers one has no identifier, one the same, one another: `named`."""
        providers = [
            provider("plain", kubeconfig=kubeconfig),
            provider("kept", kubeconfig=kubeconfig, clusterIdentifier="dev/main"),
            provider("other", kubeconfig=kubeconfig, clusterIdentifier=named),
        ]
        return [*providers, *(config(namespace, f"on-{each['name']}", provider=each["name"]) for each in providers)]

    stack.up(three(here, "dev/one"))
    steps = stack.preview(three(moved, "dev/two")).steps
    assert ("replace", "on-plain") in steps
    assert ("same", "on-kept") in steps
    assert ("replace", "on-other") in steps


def test_a_cluster_that_does_not_answer(stack: Stack, namespace: str, kubeconfig: Object) -> None:
    stack.up([provider(clusterIdentifier="here"), config(namespace)])
    gone = json.loads(json.dumps(kubeconfig))
    for each in gone["clusters"]:
        each["cluster"]["server"] = "https://127.0.0.1:9"
    lost = [provider(kubeconfig=json.dumps(gone), clusterIdentifier="here"), config(namespace)]
    failed = stack.up([*lost, config(namespace, "more")], ok=False)
    assert "configured Kubernetes cluster is unreachable: https://127.0.0.1:9 does not answer" in failed.text
    assert "PULUMI_K8S_DELETE_UNREACHABLE" in stack.refresh(ok=False).text
    stack.environment["PULUMI_K8S_DELETE_UNREACHABLE"] = "true"
    stack.destroy()
    assert stack.state() == {}


def test_names_follow_the_stack_configuration(stack: Stack, namespace: str) -> None:
    stack.pulumi("config", "set", "--path", "pulumi:autonaming.pattern", "${stack}-${name}-x")
    inputs = {"metadata": {"namespace": namespace}}
    stack.up(
        [
            provider(namespace=namespace),
            kubernetes("core/v1:ConfigMap", "settings", inputs),
            kubernetes("core/v1:ConfigMap", "here", {}, provider="cluster"),
        ]
    )
    state = stack.state()
    assert state["settings"]["id"] == f"{namespace}/test-settings-x"
    assert state["here"]["id"] == f"{namespace}/test-here-x"
    assert state["here"]["outputs"]["metadata"]["annotations"] == {"pulumi.com/autonamed": "true"}
