"""Virtual environments: made, filled and looked into, on the real engine and with the real pip. Nothing comes from a package registry."""

import ensurepip
import json
import re
import sys
import venv
import zipfile
from pathlib import Path

import pytest
from pulumi.runtime.proto import language_pb2

from tests.toolchain.language_host.conftest import Host, Project
from toolchain import PULUMI_VERSION

pytestmark = pytest.mark.localcloud

PIP = next((Path(ensurepip.__file__).parent / "_bundled").glob("pip-*.whl"))
"""Python's own pip as one file, which runs from where it is."""


def wheel(folder: Path) -> Path:
    """A package with an SDK for a provider called shop."""
    file = folder / "pulumi_shop-1.2.3-py3-none-any.whl"
    information = "pulumi_shop-1.2.3.dist-info"
    with zipfile.ZipFile(file, "w") as package:
        package.writestr("pulumi_shop/__init__.py", "")
        package.writestr("pulumi_shop/pulumi-plugin.json", '{"resource": true, "name": "shop", "version": "1.2.4"}')
        package.writestr(f"{information}/METADATA", "Metadata-Version: 2.1\nName: pulumi_shop\nVersion: 1.2.3\n")
        package.writestr(f"{information}/WHEEL", "Wheel-Version: 1.0\nGenerator: test\nRoot-Is-Purelib: true\nTag: py3-none-any\n")
        package.writestr(f"{information}/RECORD", "")
    return file


@pytest.fixture
def shop(project: Project) -> Project:
    """A project that needs that package, with its environment in a folder beside the program's."""
    project.write("code/__main__.py", "")
    project.write("code/requirements.txt", f"{wheel(project.folder).as_uri()}\n")
    return project


@pytest.fixture
def bare(project: Project) -> str:
    """A Python that makes environments without pip, as uv does."""
    python = project.write("bare", f'#!/bin/sh\nexec {sys.executable} -m venv --without-pip "$3"\n')
    python.chmod(0o755)
    return str(python)


def test_install_makes_the_environment_and_fills_it(shop: Project, bare: str) -> None:
    shop.runtime(toolchain="pip", virtualenv="made", more="main: code")
    said = shop.pulumi("install", "--no-plugins", PULUMI_PYTHON_CMD=bare)
    assert "Creating virtual environment..." in said
    assert "Adding pip to the virtual environment..." in said
    assert re.search("Successfully installed pulumi[-_]shop-1.2.3", said)
    shop.write("code/requirements.txt", "modelway-there-is-no-such-package\n")
    said = shop.pulumi("install", "--no-plugins", code=1)
    assert "Creating virtual environment..." not in said
    assert "No matching distribution found for modelway-there-is-no-such-package" in said
    assert f"pip install --disable-pip-version-check -r requirements.txt` in {shop.folder / 'code'} failed with exit code 1" in said


def test_a_missing_environment_is_made_on_the_way_and_told_about(shop: Project, bare: str) -> None:
    shop.runtime(virtualenv="fresh", more="main: code")
    said, _, about = shop.pulumi("about", "--json", PULUMI_PYTHON_CMD=bare, PYTHONPATH=str(PIP)).partition("{")
    assert said.splitlines()[0] == "Creating virtual environment..."
    told = json.loads("{" + about)
    assert [(plugin["name"], plugin["version"]) for plugin in told["plugins"]] == [("python", PULUMI_VERSION), ("shop", "1.2.4")]
    assert told["runtime"]["executable"] == str(shop.folder / "fresh" / "bin" / "python")
    assert {"language": "python", "toolchain": "pip"}.items() <= told["runtime"].items()
    assert {"name": "pulumi-shop", "version": "1.2.3"} in told["dependencies"]
    assert not told["errors"]


def test_only_what_nothing_else_needs_without_the_transitive_ones(host: Host, tmp_path: Path) -> None:
    venv.create(tmp_path / "venv", symlinks=True)
    (site,) = (tmp_path / "venv").glob("lib/python*/site-packages")
    (site / "pip.pth").write_text(str(PIP), "utf-8")
    for name, needs in (("upper_part", "Requires-Dist: lower.part\n"), ("lower_part", "")):
        (site / f"{name}-1.0.dist-info").mkdir()
        (site / f"{name}-1.0.dist-info" / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: 1.0\n{needs}", "utf-8")
    info = language_pb2.ProgramInfo(root_directory=str(tmp_path), program_directory=str(tmp_path))
    info.options["virtualenv"] = "venv"
    found = {
        transitive: {each.name for each in host.stub.GetProgramDependencies(request).dependencies} - {"pip"}
        for transitive in (True, False)
        if (request := language_pb2.GetProgramDependenciesRequest(info=info, transitiveDependencies=transitive))
    }
    assert found == {True: {"upper-part", "lower-part"}, False: {"upper-part"}}


def test_on_a_terminal_pip_writes_as_to_a_person(project: Project, host: Host, tmp_path: Path) -> None:
    folder = project.write("terminal/requirements.txt", "").parent
    interpreter = folder / "venv" / "bin" / "python"
    interpreter.parent.mkdir(parents=True)
    interpreter.write_text("#!/bin/sh\ntest -t 1 && test -t 2 && echo a terminal >&2 || echo pipes\n", "utf-8")
    interpreter.chmod(0o755)
    info = language_pb2.ProgramInfo(root_directory=str(folder), program_directory=str(folder))
    info.options["virtualenv"] = "venv"
    for terminal, shown in ((True, b"a terminal\r\n"), (False, b"pipes\n")):
        answers = host.stub.InstallDependencies(language_pb2.InstallDependenciesRequest(info=info, is_terminal=terminal))
        assert shown in b"".join(answer.stdout for answer in answers)
