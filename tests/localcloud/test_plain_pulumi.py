"""Pulumi alone, without make: `pulumi install`, then `pulumi preview`, in a copy of the tree as git has it.

`pulumi install` makes .venv and fills it with pip: minutes of downloads, which every run would repeat. Here .venv is a link to the
environment of the tests, so pip finds what requirements.lock pins in place; that an environment is made where there is none is held by
the tests of the language host.
"""

import os
import re
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest

from modelway.architecture import load
from tests.architecture.test_cases import expected, lay_out
from tests.localcloud.conftest import Cloud

pytestmark = pytest.mark.localcloud

ROOT = Path(__file__).resolve().parents[2]
STACK = "dev"
BAD = "every-kind-at-once.error"


@dataclass(frozen=True)
class Copy:
    """A copy of the tree, with a state of its own on the local cloud."""

    folder: Path
    variables: dict[str, str]

    def pulumi(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        command = ["pulumi", *arguments, "--non-interactive"]
        return subprocess.run(command, cwd=self.folder, env=self.variables, capture_output=True, text=True, check=False)


@pytest.fixture(scope="module")
def copy(cloud: Cloud, tmp_path_factory: pytest.TempPathFactory) -> Copy:
    folder = tmp_path_factory.mktemp("plain") / "clone"
    listed = ["git", "ls-files", "--cached", "--others", "--exclude-standard", "-z"]
    for name in subprocess.run(listed, cwd=ROOT, capture_output=True, text=True, check=True).stdout.split("\0"):
        if name and (ROOT / name).is_file():
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(ROOT / name, folder / name)
    (folder / ".venv").symlink_to(sys.prefix)
    state = folder.parent / "state"
    state.mkdir()
    aws = load(ROOT / "stacks" / "environments", STACK).aws
    cleared = {key: value for key, value in os.environ.items() if not key.startswith(("AWS_", "PULUMI_", "PYTHONPATH"))}
    variables = {**cleared, **cloud.environment(aws.account, aws.region), "PULUMI_BACKEND_URL": state.as_uri()}
    del variables["PULUMI_OPTION_CWD"]
    made = Copy(folder, variables)
    created = made.pulumi("stack", "init", STACK)
    assert created.returncode == 0, created.stderr
    return made


def test_install_then_preview(copy: Copy) -> None:
    installed = copy.pulumi("install")
    assert installed.returncode == 0, installed.stdout + installed.stderr
    assert "Finished installing dependencies" in installed.stdout
    # The program is this copy's, whatever of the project is installed in the environment.
    mark = copy.folder / "components" / "network.py"
    mark.write_text(mark.read_text("utf-8").replace("modelway:index:Network", "modelway:index:NetworkOfTheCopy"), "utf-8")
    previewed = copy.pulumi("preview", "--stack", STACK)
    assert previewed.returncode == 0, previewed.stdout + previewed.stderr
    for token in ("NetworkOfTheCopy", "EksCluster", "ArtifactRegistry", "MonitoringStack"):
        assert re.search(rf"^ \+ +modelway:index:{token} .*create", previewed.stdout, re.MULTILINE), previewed.stdout


def test_bad_input_is_told_whole_and_nothing_is_planned(copy: Copy) -> None:
    repository = copy.folder.parent / "bad"
    environments = lay_out(BAD, repository)
    # A repository of its own: paths of contracts count from there.
    (repository / ".git").mkdir()
    assert copy.pulumi("config", "set", "modelway:environments", str(environments), "--stack", STACK).returncode == 0
    previewed = copy.pulumi("preview", "--stack", STACK)
    said = previewed.stdout + previewed.stderr
    assert previewed.returncode == 1
    told = [line.strip() for line in said.replace(f"{repository}/", "").splitlines()]
    for line in expected(BAD).splitlines():
        assert any(heard.endswith(line.strip()) for heard in told), said
    assert "Traceback" not in said
    assert "modelway:index" not in said
