"""What the example models are trained into, and their program run as a process from its image."""

import json
import os
import re
import subprocess
import sys
import tarfile
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Protocol

import pytest

from modelway.operations import images
from tests.examples.program import ROOT, Program


@pytest.fixture(scope="session")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder that examples/build.py writes."""
    out = tmp_path_factory.mktemp("built")
    subprocess.run([sys.executable, ROOT / "examples" / "build.py", "--out", out], check=True, stdout=subprocess.DEVNULL)
    return out


@pytest.fixture(scope="session")
def app(built: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, tuple[str, ...]]:
    """The image unpacked the way a container engine does, layer on layer, and the command that its configuration names."""
    image = images.read(built / "tumor-screening" / "2026.10.0" / "image")
    root = tmp_path_factory.mktemp("root")
    for layer in image.layers:
        with tarfile.open(layer.file) as archive:
            archive.extractall(root, filter="data")
    return root, tuple(json.loads(image.config.file.read_bytes())["config"]["Entrypoint"])


class Start(Protocol):
    """Starts the program with variables, and arguments behind those of the image."""

    def __call__(self, variables: Mapping[str, str], *arguments: str) -> Program: ...


Refuse = Callable[[Mapping[str, str]], str]


@pytest.fixture
def refused(app: tuple[Path, tuple[str, ...]]) -> Refuse:
    """Starts the program where it has to refuse; what it said."""

    def start(variables: Mapping[str, str]) -> str:
        result = subprocess.run(
            _command(app), env=_environment(variables), stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=20, check=False
        )
        assert result.returncode == 1
        assert result.stdout == ""
        assert "Traceback" not in result.stderr
        return result.stderr

    return start


@pytest.fixture
def serve(app: tuple[Path, tuple[str, ...]]) -> Iterator[Start]:
    """Starts the program with the given variables; ends it after the test."""
    started: list[subprocess.Popen[str]] = []

    def start(variables: Mapping[str, str], *arguments: str) -> Program:
        command = [*_command(app), *arguments]
        process = subprocess.Popen(command, env=_environment(variables), stdin=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
        started.append(process)
        assert process.stderr
        line = process.stderr.readline()
        found = re.fullmatch(r"serving \S+ \S+ on port (\d+)\n", line)
        assert found, line + (process.stderr.read() if process.poll() is not None else "")
        return Program(process, f"http://127.0.0.1:{found[1]}")

    yield start
    for process in started:
        process.kill()
        process.communicate()


def _command(app: tuple[Path, tuple[str, ...]]) -> list[str]:
    root, (interpreter, *arguments) = app
    # The image brings no interpreter of its own; this one stands for the base image's. -S: without site-packages.
    assert interpreter == "python3"
    return [sys.executable, "-S", *(str(root) + part if part.startswith("/") else part for part in arguments)]


def _environment(variables: Mapping[str, str]) -> dict[str, str]:
    return {"PATH": os.defpath, "PORT": "0", "DRAIN_SECONDS": "0", **variables}
