"""Kubeconfigs as people have them."""

import base64
import datetime
import json
import os
import sys
from pathlib import Path

import pytest

from localcloud.plugins.kubernetes.kubeconfig import KubeconfigError, active_cluster, connect, load


def kubeconfig(user: dict, **cluster: object) -> dict:
    return {
        "apiVersion": "v1",
        "current-context": "one",
        "clusters": [
            {"name": "c", "cluster": {"server": "http://127.0.0.1:1/", **cluster}},
            {"name": "d", "cluster": {"server": "http://127.0.0.1:2"}},
        ],
        "contexts": [
            {"name": "one", "context": {"cluster": "c", "user": "u", "namespace": "team"}},
            {"name": "two", "context": {"cluster": "d", "user": "u"}},
        ],
        "users": [{"name": "u", "user": user}],
    }


def test_content_path_and_context(tmp_path: Path) -> None:
    text = json.dumps(kubeconfig({"token": "t"}))
    path = tmp_path / "config"
    path.write_text(text, encoding="utf-8")
    for given in (text, str(path)):
        found = connect(given)
        assert (found.server, found.namespace, found.credentials.header()) == ("http://127.0.0.1:1", "team", "Bearer t")
    assert connect(text, context="two").server == "http://127.0.0.1:2"
    assert connect(text, context="two").namespace == "default"
    assert connect(text, cluster="d").server == "http://127.0.0.1:2"
    assert active_cluster(load(text)) == {"server": "http://127.0.0.1:1/"}


def test_the_ambient_ones_are_merged(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    first = {"current-context": "two", "users": [{"name": "u", "user": {"username": "me", "password": "pw"}}]}
    (tmp_path / "first").write_text(json.dumps(first), encoding="utf-8")
    (tmp_path / "second").write_text(json.dumps(kubeconfig({"token": "t"})), encoding="utf-8")
    monkeypatch.setenv("KUBECONFIG", os.pathsep.join(str(tmp_path / name) for name in ("first", "missing", "second")))
    found = connect(None)
    assert found.server == "http://127.0.0.1:2"
    assert found.credentials.header() == "Basic " + base64.b64encode(b"me:pw").decode()


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("/nowhere/config", "does not exist"),
        ("{[", "not YAML"),
        ("{}\n", "names no cluster"),
        ("- 1\n- 2", "not a mapping"),
        (json.dumps(kubeconfig({}, **{"proxy-url": "http://proxy"})), "proxy"),
        (json.dumps(kubeconfig({}, server="https://127.0.0.1:1", **{"certificate-authority-data": "bm9uZQ=="})), "certificate authority"),
    ],
)
def test_what_cannot_be_used_says_why(text: str, message: str) -> None:
    with pytest.raises(KubeconfigError, match=message):
        connect(text)


def test_a_context_that_is_not_there() -> None:
    with pytest.raises(KubeconfigError, match="no context 'three'; it has one, two"):
        connect(json.dumps(kubeconfig({})), context="three")


@pytest.fixture
def command(tmp_path: Path) -> dict:
    """An exec command that prints status.json and counts its calls in `calls`."""
    script = tmp_path / "script.py"
    script.write_text(
        "import json, os, pathlib\n"
        f"folder = pathlib.Path({str(tmp_path)!r})\n"
        "with (folder / 'calls').open('a') as calls: calls.write('x')\n"
        "info = json.loads(os.environ['KUBERNETES_EXEC_INFO'])\n"
        "(folder / 'info').write_text(json.dumps(info))\n"
        "status = json.loads((folder / 'status.json').read_text())\n"
        "print(json.dumps({'apiVersion': info['apiVersion'], 'kind': 'ExecCredential', 'status': status}))\n",
        encoding="utf-8",
    )
    return {"apiVersion": "client.authentication.k8s.io/v1", "command": sys.executable, "args": [str(script)], "provideClusterInfo": True}


def give(folder: Path, token: str, seconds: int | None = None) -> None:
    expires = datetime.datetime.now(datetime.UTC) + datetime.timedelta(seconds=seconds or 0)
    status = {"token": token, **({"expirationTimestamp": expires.strftime("%Y-%m-%dT%H:%M:%SZ")} if seconds is not None else {})}
    (folder / "status.json").write_text(json.dumps(status), encoding="utf-8")


def test_tokens_are_kept_until_they_expire_or_are_refused(command: dict, tmp_path: Path) -> None:
    credentials = connect(json.dumps(kubeconfig({"exec": command}))).credentials
    give(tmp_path, "first", seconds=900)
    assert credentials.header() == credentials.header() == "Bearer first"
    assert (tmp_path / "calls").read_text(encoding="utf-8") == "x"
    assert json.loads((tmp_path / "info").read_text(encoding="utf-8"))["spec"]["cluster"]["server"] == "http://127.0.0.1:1/"
    give(tmp_path, "second", seconds=900)
    assert credentials.refused("Bearer first")
    assert credentials.header() == "Bearer second"
    assert credentials.refused("Bearer first")  # an answer to a request sent before: try again, but do not ask the command again
    give(tmp_path, "third", seconds=1)
    assert credentials.header() == "Bearer second"
    assert credentials.refused("Bearer second")
    assert credentials.header() == "Bearer third"
    give(tmp_path, "fourth")
    assert credentials.header() == "Bearer fourth"  # the third one was about to expire
    assert (tmp_path / "calls").read_text(encoding="utf-8") == "xxxx"


def test_commands_that_fail(command: dict, tmp_path: Path) -> None:
    def problem(**changes: object) -> str:
        with pytest.raises(KubeconfigError) as raised:
            connect(json.dumps(kubeconfig({"exec": {**command, **changes}}))).credentials.header()
        return str(raised.value)

    assert "unsupported apiVersion" in problem(apiVersion="client.authentication.k8s.io/v1alpha1")
    assert "is not on PATH: install it" in problem(command="no-such-command", installHint="install it")
    assert "log in first" in problem(args=["-c", "import sys; sys.exit('log in first')"])
    assert "did not print an ExecCredential" in problem(args=["-c", "print('hello')"])
    assert "did not print an ExecCredential" in problem(args=["-c", 'print(\'{"status": "fine"}\')'])
    unreadable = {"token": "t", "expirationTimestamp": "tomorrow"}
    assert "did not print an ExecCredential" in problem(args=["-c", f"print({json.dumps(json.dumps({'status': unreadable}))})"])
    assert "neither a token nor a client certificate" in problem(args=["-c", "print('{\"status\": {}}')"])
