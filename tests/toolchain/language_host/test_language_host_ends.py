"""However it ends, nothing is left and nothing is said."""

import os
import signal
import subprocess
from pathlib import Path

import pytest

from tests.toolchain.language_host.conftest import Host, Project, alive, soon
from tests.toolchain.language_host.test_language_host_plugins import request

pytestmark = pytest.mark.localcloud

PROGRAM = """
    import os, subprocess, time
    child = subprocess.Popen(["sleep", "60"])
    print("running", os.getppid(), os.getpid(), child.pid, flush=True)
    time.sleep(60)
"""


def running(engine: subprocess.Popen[str]) -> list[int]:
    """The host, the program and the program's child, once the program runs: its output is shown while it does."""
    assert engine.stdout is not None
    line = next(line for line in engine.stdout if "running" in line)
    processes = [int(word) for word in line.rpartition("running")[2].split()]
    assert all(map(alive, processes))
    return processes


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_an_interrupted_update_leaves_nothing(project: Project, number: signal.Signals) -> None:
    project.program(PROGRAM)
    with project.start("up", "--yes", "--skip-preview") as engine:
        processes = running(engine)
        engine.send_signal(number)
        said, _ = engine.communicate(timeout=30)
    assert not any(map(alive, processes))
    assert engine.returncode == 1
    assert "error: update canceled" in said
    for word in ("Traceback", "KeyboardInterrupt", "exit code", "SIGKILL"):
        assert word not in said
    assert said.count("error: ") == 2  # beside the resource and among the diagnostics


def test_a_killed_engine_leaves_nothing(project: Project) -> None:
    project.program(PROGRAM)
    with project.start("preview") as engine:
        processes = running(engine)
        engine.kill()
    assert soon(lambda: not any(map(alive, processes)))


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGKILL])
def test_no_plugin_outlives_the_host(project: Project, host: Host, number: signal.Signals) -> None:
    answers = host.stub.RunPlugin(request(project, "import os, time; print(os.getpid(), flush=True); time.sleep(60)"))
    plugin = int(next(answers).stdout)
    os.kill(host.process.pid, number)
    said = host.process.communicate(timeout=10)
    assert said == ("", "")
    assert host.process.returncode == (0 if number != signal.SIGKILL else -number)
    assert soon(lambda: not alive(plugin))


def test_a_host_whose_engine_is_gone_does_not_start(engine: Path) -> None:
    host = subprocess.run(
        [engine.with_name("pulumi-language-python"), "127.0.0.1:1"], capture_output=True, text=True, timeout=30, check=False
    )
    assert (host.returncode, host.stdout, host.stderr) == (0, "", "")
