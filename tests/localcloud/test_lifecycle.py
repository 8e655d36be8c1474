"""A local cloud from `up` to `down`, in a clone of its own beside that of the test session: what breaks it, and what mends it.

The tests build on one another and run in the order of the file.
"""

import contextlib
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import psutil
import pytest

from localcloud.parts import Part
from localcloud.processes import port_is_free, wait_until
from tests.localcloud.conftest import MODELWAY, Clone, Cloud

pytestmark = pytest.mark.localcloud

PARTS = {
    *("supervisor", "etcd", "aws", "ministack"),
    *(f"local/{name}" for name in ("kube-apiserver", "kube-controller-manager", "kube-scheduler", "kwok")),
}


def parts(clone: Clone, up: bool = True) -> dict[str, Part]:
    """The status of each part. `up`: whether everything has to run."""
    status = clone.cloud.status()
    assert status.up is up, status
    return {part.name: part for part in status.parts}


def runs_on(cloud: Cloud) -> bool:
    """Whether the test session's cloud has all its parts; what other workers' tests start there does not count."""
    return {part.name for part in cloud.cloud.status().parts if part.name in PARTS and part.state == "running"} == PARTS


def kubectl(clone: Clone, *arguments: str) -> str:
    return clone.run("kubectl", "--kubeconfig", str(clone.cloud.home.kubeconfig), *arguments).stdout


def processes(clone: Clone) -> list[str]:
    """Everything that runs in the clone's folder or was started with a path in it."""
    found = []
    for process in psutil.process_iter():
        with contextlib.suppress(psutil.Error):
            words = [process.cwd(), *process.cmdline()]
            if process.status() != psutil.STATUS_ZOMBIE and any(str(clone.root) in word for word in words):
                found.append(f"{process.pid} {' '.join(words)}")
    return found


def gone(pids: Callable[[], list[str]]) -> bool:
    # Long, because other workers keep the processors busy; it ends as soon as they have gone.
    return wait_until(lambda: not pids(), 40, 0.1)


def interrupted_up(clone: Clone) -> None:
    """`modelway local up` with Ctrl-C in the midst of it."""
    command = [MODELWAY, "local", "up"]
    with subprocess.Popen(
        command,
        cwd=clone.root,
        env=clone.environment,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
        # Whoever runs the tests in the background of a shell has it ignored.
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.default_int_handler),
    ) as up:
        assert up.stderr is not None
        first = up.stderr.readline()
        up.send_signal(signal.SIGINT)
        rest = up.stderr.read()
    assert up.returncode == 130, (first, rest)
    assert "Traceback" not in rest


def test_an_interrupted_up_is_finished_by_the_next(clone: Clone, cloud: Cloud) -> None:
    interrupted_up(clone)
    said = clone.local("up")
    assert set(parts(clone)) == PARTS
    assert all(name in said.stdout for name in PARTS)
    clone.local("status")
    assert "stand-in" in said.stdout
    assert len(json.loads(kubectl(clone, "get", "nodes", "-o", "json"))["items"]) == 3


def test_two_clones_do_not_meet(clone: Clone, cloud: Cloud) -> None:
    ours, theirs = clone.cloud.home.read_state()["ports"], cloud.cloud.home.read_state()["ports"]
    assert set(ours.values()).isdisjoint(theirs.values())
    kubectl(clone, "create", "namespace", "only-here")
    assert cloud.kubectl("get", "namespace", "only-here", check=False).returncode == 1
    assert runs_on(cloud)


def test_a_second_up_does_nothing(clone: Clone) -> None:
    before = parts(clone)
    said = clone.local("up")
    assert said.stderr == ""
    assert parts(clone) == before


def test_the_variables_lead_every_tool_here_and_the_tree_stays_clean(clone: Clone) -> None:
    script = f"""
        set -e
        eval "$({MODELWAY} local env dev)"
        test -z "${{AWS_PROFILE+set}}"
        kubectl get namespace only-here -o name
        {sys.executable} -c 'import boto3; print(boto3.client("sts").get_caller_identity()["Arn"])'
        pulumi stack init throw-away >&2
        pulumi config set --stack throw-away --secret word hidden >&2
        pulumi stack ls --json
    """
    # A proxy nobody answers at: nothing of this may go there.
    proxy = {"http_proxy": "http://127.0.0.1:9", "HTTP_PROXY": "http://127.0.0.1:9", "AWS_PROFILE": "somebody's"}
    said = clone.run("bash", "-c", script, **proxy).stdout
    account = json.loads(clone.local("env", "dev", "--json").stdout)["AWS_ACCESS_KEY_ID"]
    assert account
    assert "namespace/only-here" in said
    assert ":assumed-role/deployer/" in said
    assert '"name": "throw-away"' in said
    assert clone.changes() == ""


def test_logs_are_where_status_says(clone: Clone) -> None:
    listed = dict(line.split("\t") for line in clone.local("logs").stdout.splitlines())
    assert set(listed) == PARTS
    log = Path(listed["local/kube-apiserver"])
    assert clone.local("logs", "local/kube-apiserver", "-n", "3").stdout.splitlines()[-1] in log.read_text("utf-8")
    unknown = clone.local("logs", "nobody", code=1).stderr
    assert all(name in unknown for name in PARTS)
    for private in (clone.cloud.home.folder, *(Path(log) for log in listed.values())):
        assert private.stat().st_mode & 0o077 == 0


def test_what_crashed_is_shown_with_its_last_words_and_started_again_in_its_place(clone: Clone) -> None:
    before = parts(clone)
    kubectl(clone, "create", "configmap", "kept", "--namespace", "only-here")
    for name in PARTS - {"supervisor"}:
        os.kill(before[name].pid, signal.SIGKILL)
    assert wait_until(lambda: sum(part.state == "crashed" for part in clone.cloud.status().parts) == len(PARTS) - 1, 10)

    fallen = parts(clone, up=False)
    assert {name for name, part in fallen.items() if part.reason == "killed by SIGKILL"} == PARTS - {"supervisor"}
    table = clone.local("status", code=1).stdout
    told = json.loads(clone.local("status", "--json", code=1).stdout)
    assert {part["name"]: part["state"] for part in told["parts"]} == {name: part.state for name, part in fallen.items()}
    for name in ("local/kube-apiserver", "aws"):
        assert fallen[name].lines == Path(before[name].log).read_text("utf-8").splitlines()[-5:]
        assert f"last lines of {name}" in table
        assert fallen[name].lines[-1] in table
    assert "modelway local up" in table

    # Meanwhile somebody took the API server's port.
    port = before["local/kube-apiserver"].port
    with socket.create_server(("127.0.0.1", port)):
        refused = clone.local("up", code=1).stderr.splitlines()[-1]
        assert f"local/kube-apiserver was not started: port {port} is taken by" in refused
        assert f"pid {os.getpid()}" in refused
        assert "modelway local down" in refused
        stopped = parts(clone, up=False)["local/kube-apiserver"]
        assert (stopped.state, stopped.pid) == ("not started", None)
        assert str(port) in stopped.reason

    clone.local("up")
    after = parts(clone)
    assert set(after) == PARTS
    assert {name: part.port for name, part in after.items()} == {name: part.port for name, part in before.items()}
    assert kubectl(clone, "get", "configmap", "kept", "--namespace", "only-here", "-o", "name") == "configmap/kept\n"
    assert all(part.pid != before[name].pid for name, part in after.items() if name != "supervisor")


def test_a_killed_supervisor_leaves_no_orphan_and_the_next_up_goes_on_with_its_data(clone: Clone) -> None:
    before = parts(clone)
    os.kill(before["supervisor"].pid, signal.SIGKILL)
    assert gone(lambda: processes(clone)), processes(clone)
    fallen = parts(clone, up=False)
    assert set(fallen) == PARTS
    assert {part.state for part in fallen.values()} == {"crashed"}

    said = clone.local("up").stderr
    after = parts(clone)
    assert {name: part.port for name, part in after.items()} == {name: part.port for name, part in before.items()}
    assert kubectl(clone, "get", "configmap", "kept", "--namespace", "only-here", "-o", "name") == "configmap/kept\n"
    for name in ("aws", "ministack"):
        assert f"{name} was started again: what it held in memory is gone" in said


def test_down_leaves_nothing(clone: Clone, cloud: Cloud) -> None:
    ports = clone.cloud.home.read_state()["ports"].values()
    clone.local("down")
    assert processes(clone) == []
    assert all(port_is_free(port) for port in ports)
    assert not (clone.root / ".modelway").exists()
    assert clone.changes() == ""
    assert runs_on(cloud)
    clone.local("down")  # nothing to do


def test_down_ends_what_still_starts(clone: Clone) -> None:
    interrupted_up(clone)
    clone.local("down")
    assert processes(clone) == []
    assert not (clone.root / ".modelway").exists()


def test_a_cloud_whose_folder_was_removed_ends_by_itself(clone: Clone) -> None:
    interrupted_up(clone)
    assert processes(clone)
    folder = clone.root / ".modelway"

    def is_removed() -> bool:
        # The supervisor may put a file where the removal has just been.
        shutil.rmtree(folder, ignore_errors=True)
        return not folder.exists()

    assert wait_until(is_removed, 10, 0.1)
    assert gone(lambda: processes(clone)), processes(clone)
