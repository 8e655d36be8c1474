"""The engine with this clone's language host, on projects small enough to read; and the host alone, called as the engine calls it.

def test_something(project: Project) -> None:                # one stack `dev`, initialised once; the program is each test's own
    project.program("import pulumi\npulumi.export('a', 1)")
    assert "a" in project.pulumi("preview").stdout           # fails the test on another exit code than `code=0`
"""

import contextlib
import os
import subprocess
import sys
import textwrap
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import grpc
import pytest
from pulumi.runtime.proto import language_pb2_grpc

from toolchain import find
from toolchain.linking import ROOT, link_engine

SITE = Path(sys.prefix)
"""The virtual environment of the tests, which has the SDK."""


@dataclass(frozen=True)
class Project:
    """A Pulumi project with a stack `dev` and everything the engine writes in folders of its own."""

    folder: Path
    engine: Path
    home: Path

    def program(self, text: str) -> None:
        self.write("__main__.py", text)

    def write(self, name: str, text: str) -> Path:
        file = self.folder / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(textwrap.dedent(text), "utf-8")
        return file

    def runtime(self, name: str = "Pulumi.yaml", more: str = "", **options: str) -> None:
        """Writes a project file: a Python runtime with these options."""
        lines = [f"    {key}: {value}" for key, value in options.items()]
        text = "\n".join(["name: project", "runtime:", "  name: python", *(["  options:", *lines] if lines else []), ""])
        self.write(name, text + textwrap.dedent(more))

    @property
    def environment(self) -> dict[str, str]:
        foreign = ("AWS_", "PULUMI_", "PIP_", "PYTHONPATH", "PYTHONUNBUFFERED", "VIRTUAL_ENV")
        kept = {name: value for name, value in os.environ.items() if not name.startswith(foreign)}
        return kept | {
            "PULUMI_HOME": str(self.home / "home"),
            "PULUMI_BACKEND_URL": (self.home / "state").as_uri(),
            "PULUMI_CONFIG_PASSPHRASE": "test",
            "PULUMI_SKIP_UPDATE_CHECK": "true",
            "PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION": "true",
            "PULUMI_IGNORE_AMBIENT_PLUGINS": "true",
            "PIP_NO_INDEX": "1",
        }

    @contextlib.contextmanager
    def start(self, *arguments: str, **variables: str) -> Iterator[subprocess.Popen[str]]:
        """An engine at work; killed when the test leaves it working."""
        with subprocess.Popen(
            [self.engine, *arguments, "--non-interactive", "--color", "never"],
            cwd=self.folder,
            env=self.environment | variables,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        ) as engine:
            try:
                yield engine
            finally:
                engine.kill()

    def pulumi(self, *arguments: str, code: int = 0, **variables: str) -> str:
        """What the engine says."""
        with self.start(*arguments, **variables) as engine:
            said, _ = engine.communicate(timeout=120)
        assert engine.returncode == code, f"pulumi {' '.join(arguments)} ended with {engine.returncode}\n{said}"
        return said


@pytest.fixture(scope="session")
def engine(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The pinned or installed engine with our host beside it, as set-up puts them beside each other."""
    binaries = tmp_path_factory.mktemp("engine") / "bin"
    binaries.mkdir()
    link_engine(binaries, find().program("pulumi").resolve().parents[1])
    return binaries / "pulumi"


@pytest.fixture(scope="session")
def shared_project(engine: Path, tmp_path_factory: pytest.TempPathFactory) -> Project:
    folder = tmp_path_factory.mktemp("project")
    project = Project(folder, engine, tmp_path_factory.mktemp("pulumi"))
    (project.home / "state").mkdir()
    project.runtime(toolchain="pip", virtualenv=str(SITE))
    project.program("")
    project.pulumi("stack", "init", "dev")
    return project


@pytest.fixture
def project(shared_project: Project) -> Project:
    """The stack is shared: keep resources out of it."""
    shared_project.runtime(toolchain="pip", virtualenv=str(SITE))
    return shared_project


@dataclass(frozen=True)
class Host:
    """A running host without an engine."""

    process: subprocess.Popen[str]
    stub: language_pb2_grpc.LanguageRuntimeStub


@pytest.fixture
def host(engine: Path) -> Iterator[Host]:
    command = [engine.with_name("pulumi-language-python")]
    with subprocess.Popen(command, cwd=ROOT.parent, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        with grpc.insecure_channel(f"127.0.0.1:{int(process.stdout.readline())}") as channel:
            yield Host(process, language_pb2_grpc.LanguageRuntimeStub(channel))
        process.kill()


def alive(process: int) -> bool:
    """Whether that process runs; a dead one that nobody has buried yet does not."""
    try:
        return Path(f"/proc/{process}/stat").read_text("utf-8").rpartition(")")[2].split()[0] != "Z"
    except (FileNotFoundError, ProcessLookupError):
        return False


def soon(condition: Callable[[], bool]) -> bool:
    """Whether it holds within some seconds."""
    for _ in range(100):
        if condition():
            return True
        time.sleep(0.1)
    return False
