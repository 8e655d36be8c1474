"""Virtual environments: made, filled and looked into, on the real engine and with the real pip. Nothing comes from a package registry."""

import ensurepip
import json
import sys
import zipfile
from pathlib import Path

import grpc
import pytest
from google.protobuf import empty_pb2
from pulumi.runtime.proto import language_pb2

from tests.toolchain.language_host.conftest import Host, Project
from toolchain import PULUMI_VERSION

pytestmark = pytest.mark.localcloud

PIP = next((Path(ensurepip.__file__).parent / "_bundled").glob("pip-*.whl"))
"""Python's own pip as one file, which runs from where it is."""


def wheel(folder: Path, name: str, needs: str = "", **files: str) -> str:
    """The address of a package, version 1.2.3."""
    file = folder / f"{name}-1.2.3-py3-none-any.whl"
    with zipfile.ZipFile(file, "w") as package:
        for path, text in files.items():
            package.writestr(f"{name}/{path}", text)
        metadata = f"Metadata-Version: 2.1\nName: {name}\nVersion: 1.2.3\n" + (f"Requires-Dist: {needs}\n" if needs else "")
        package.writestr(f"{name}-1.2.3.dist-info/METADATA", metadata)
        package.writestr(f"{name}-1.2.3.dist-info/WHEEL", "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n")
        package.writestr(f"{name}-1.2.3.dist-info/RECORD", "")
    return file.as_uri()


@pytest.fixture
def shop(project: Project) -> Project:
    """A project that needs an SDK, which needs something else; its environment is not beside the program."""
    plugin = '{"resource": true, "name": "shop", "version": "1.2.4"}'
    sdk = wheel(project.folder, "pulumi_shop", "shelf", **{"__init__.py": "", "pulumi-plugin.json": plugin})
    project.write("code/__main__.py", "")
    project.write("code/requirements.txt", f"{sdk}\n{wheel(project.folder, 'shelf')}\n")
    return project


@pytest.fixture
def bare(project: Project) -> str:
    """A Python that makes environments without pip, as uv does."""
    python = project.write("bare", f'#!/bin/sh\nexec {sys.executable} -m venv --without-pip "$3"\n')
    python.chmod(0o755)
    return str(python)


def test_install_makes_the_environment_and_fills_it(shop: Project, bare: str) -> None:
    shop.runtime(toolchain="pip", virtualenv="made", more="main: code")
    said = shop.pulumi("install", "--no-plugins", PULUMI_PYTHON_CMD=bare, PYTHONPATH=str(PIP))
    assert "Creating virtual environment..." in said
    assert "Processing " in said  # pip's own words
    assert (shop.folder / "made" / "bin" / "python").is_file()
    assert list(shop.folder.glob("made/lib/python*/site-packages/pulumi_shop/pulumi-plugin.json"))


def test_a_failed_installation_shows_what_pip_said(project: Project) -> None:
    project.runtime(virtualenv="failing/venv")
    project.write("requirements.txt", "")
    fake(project, "failing", '[ "$1" = -c ] || { echo no such package >&2; exit 3; }')
    said = project.pulumi("install", "--no-plugins", code=1)
    assert "Creating virtual environment..." not in said
    assert "no such package" in said
    assert f"pip install --disable-pip-version-check -r requirements.txt` in {project.folder} exited with non-zero exit code: 3" in said


def test_a_missing_environment_is_made_on_the_way_and_told_about(shop: Project, bare: str) -> None:
    shop.runtime(virtualenv="fresh", more="main: code")
    said, _, about = shop.pulumi("about", "--json", PULUMI_PYTHON_CMD=bare, PYTHONPATH=str(PIP)).partition("{")
    assert said.splitlines()[0] == "Creating virtual environment..."
    told = json.loads("{" + about)
    assert [(plugin["name"], plugin["version"]) for plugin in told["plugins"]] == [("python", PULUMI_VERSION), ("shop", "1.2.4")]
    assert told["runtime"]["executable"] == str(shop.folder / "fresh" / "bin" / "python")
    assert {"language": "python", "toolchain": "pip"}.items() <= told["runtime"].items()
    assert [each for each in told["dependencies"] if each["name"] in ("pulumi-shop", "shelf")] == [
        {"name": "pulumi-shop", "version": "1.2.3"}
    ]
    assert not told["errors"]


def fake(project: Project, name: str, script: str) -> Path:
    """A folder for a program; its environment's Python is that script."""
    project.write(f"{name}/venv/bin/python", f"#!/bin/sh\n{script}\n").chmod(0o755)
    return project.write(f"{name}/requirements.txt", "").parent


def program_in(folder: Path) -> language_pb2.ProgramInfo:
    info = language_pb2.ProgramInfo(root_directory=str(folder), program_directory=str(folder))
    info.options["virtualenv"] = "venv"
    return info


def request(folder: Path, terminal: bool = False) -> language_pb2.InstallDependenciesRequest:
    return language_pb2.InstallDependenciesRequest(info=program_in(folder), is_terminal=terminal)


@pytest.mark.parametrize(("terminal", "shown"), [(True, b"a terminal\r\n"), (False, b"pipes\n")])
def test_on_a_terminal_pip_writes_as_to_a_person(project: Project, host: Host, terminal: bool, shown: bytes) -> None:
    folder = fake(project, "terminal", "test -t 1 && test -t 2 && echo a terminal >&2 || echo pipes")
    answers = host.stub.InstallDependencies(request(folder, terminal))
    assert shown in b"".join(answer.stdout for answer in answers)


def test_pip_is_added_where_it_is_missing(project: Project, host: Host) -> None:
    folder = fake(project, "without", '[ "$1" != -c ] || exit 1; echo "$2"')
    said = b"".join(answer.stdout for answer in host.stub.InstallDependencies(request(folder))).decode()
    assert said.splitlines()[:4] == [
        "Adding pip to the virtual environment...",
        "ensurepip",
        "Installing dependencies in virtual environment...",
        "pip",
    ]


def test_a_cancelled_installation_ends(project: Project, host: Host) -> None:
    folder = fake(project, "slow", '[ "$1" = -c ] || { echo pip runs; exec sleep 60; }')
    answers = host.stub.InstallDependencies(request(folder))
    assert any(b"pip runs" in answer.stdout for answer in answers)
    host.stub.Cancel(empty_pb2.Empty())
    with pytest.raises(grpc.RpcError, match="was ended by SIGKILL"):
        list(answers)


@pytest.mark.parametrize(("transitive", "name"), [(True, "all-of-them"), (False, "what-no-other-one-needs")])
def test_dependencies_with_and_without_the_transitive_ones(project: Project, host: Host, transitive: bool, name: str) -> None:
    script = """case "$*" in *--not-required*) name=what_no.Other-one_needs;; *) name=All_of_them;; esac
        echo '[{"name": "'$name'", "version": "1"}]'"""
    asked = language_pb2.GetProgramDependenciesRequest(info=program_in(fake(project, "listing", script)), transitiveDependencies=transitive)
    assert [each.name for each in host.stub.GetProgramDependencies(asked).dependencies] == [name]
