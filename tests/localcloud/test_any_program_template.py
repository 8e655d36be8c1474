"""The templates for any Pulumi program, step by step as a runner would: a repository that has nothing of Modelway, the real engine, real
commands, and a server that answers as the forge does."""

import json
import os
import shutil
import stat
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import pytest
from ruamel.yaml import YAML

from tests.support.forge import HEAD, TOKEN, forge

pytestmark = pytest.mark.localcloud

ROOT = Path(__file__).resolve().parents[2]
FILES = {"github": "github/any-program.yml", "gitlab": "gitlab/any-program.gitlab-ci.yml"}
PROGRAM = """
import json
from pathlib import Path
import pulumi

said = json.loads(Path(__file__).with_name("said.json").read_text())
if said.get("fail"):
    raise RuntimeError("no such region")
for name in said["parts"]:
    pulumi.ComponentResource("acme:index:Part", name)
pulumi.export("parts", said["parts"])
pulumi.export("token", pulumi.Output.secret("kept secret by the engine"))
"""


@dataclass(frozen=True)
class Runner:
    """One machine: a checkout, and where a job keeps its files."""

    kind: Literal["github", "gitlab"]
    repository: Path
    temp: Path
    api: str

    @property
    def described(self) -> dict[str, Any]:
        found: dict[str, Any] = YAML(typ="safe").load((ROOT / "templates" / FILES[self.kind]).read_text("utf-8"))
        return found

    def say(self, **said: object) -> None:
        (self.repository / "said.json").write_text(json.dumps({"parts": ["one"], **said}), "utf-8")

    @property
    def variables(self) -> dict[str, str]:
        kept = {name: value for name, value in os.environ.items() if not name.startswith(("PULUMI_", "AWS_", "CI_", "GITHUB_", "GITLAB_"))}
        event = {"pull_request": {"number": 7, "head": {"sha": HEAD}}}
        (self.temp / "event.json").write_text(json.dumps(event), "utf-8")
        of_github = {
            "RUNNER_TEMP": str(self.temp),
            "GITHUB_ACTIONS": "true",
            "GITHUB_API_URL": self.api,
            "GITHUB_EVENT_PATH": str(self.temp / "event.json"),
            "GITHUB_REPOSITORY": "acme/models",
            "GITHUB_RUN_ID": "5",
            "GITHUB_SERVER_URL": "https://github.com",
            "GITHUB_TOKEN": TOKEN,
        }
        of_gitlab = {
            "TMPDIR": str(self.temp),
            "GITLAB_CI": "true",
            "CI_API_V4_URL": self.api,
            "CI_COMMIT_SHA": HEAD,
            "CI_JOB_ID": "5",
            "CI_MERGE_REQUEST_IID": "7",
            "CI_PIPELINE_ID": self.pipeline,
            "CI_PROJECT_DIR": str(self.repository),
            "CI_PROJECT_ID": "42",
            "CI_PROJECT_URL": "https://gitlab.com/acme/models",
            # What was installed in the job's own folder, and where it is then.
            "tools": str(self.temp),
            "GITLAB_TOKEN": TOKEN,
        }
        return {
            **kept,
            **{name: str(value) for name, value in self.described.get("env", self.described.get("variables")).items()},
            "PATH": f"{Path(sys.prefix) / 'bin'}:{self.temp / 'modelway' / 'bin'}:/usr/bin:/bin",
            "PYTHONPATH": str(ROOT),
            "PULUMI_BACKEND_URL": f"file://{self.temp.parent}",
            "PULUMI_HOME": str(self.temp.parent / "home"),
            "PULUMI_CONFIG_PASSPHRASE": "test",
            "STACKS": "dev",
            **(of_github if self.kind == "github" else of_gitlab),
        }

    def run(self, *command: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(command, cwd=self.repository, env=self.variables, capture_output=True, text=True, check=False)

    def job(self, name: str, title: str) -> int:
        """What is one step on GitHub is a job's script on GitLab; that the program is installed is taken for done."""
        if self.kind == "github":
            (script,) = [one["run"] for one in self.described["jobs"][name]["steps"] if one.get("name") == title]
        else:
            script = "\n".join(line for line in self.described[name]["script"] if line != "pulumi install")
            script = f'cd "$tools"\n{script}'
        done = self.run("bash", "--noprofile", "--norc", "-eo", "pipefail", "-c", script)
        sys.stdout.write(f"{done.stdout}\n{done.stderr}\n")
        return done.returncode

    def preview(self) -> int:
        """GitHub's machines are new for each job; one of GitLab's keeps what the last pipeline left."""
        if self.kind == "github":
            shutil.rmtree(self.reports, ignore_errors=True)
        (self.temp / "pipeline").write_text(str(int(self.pipeline) + 1), "utf-8")
        return self.job("preview", "Preview and report")

    @property
    def reports(self) -> Path:
        return self.temp / "reports" if self.kind == "github" else self.repository / f"reports-{self.pipeline}"

    @property
    def pipeline(self) -> str:
        """The number of the last one that had a preview."""
        file = self.temp / "pipeline"
        return file.read_text("utf-8") if file.exists() else "5"

    def comment(self, state: Any) -> str:
        assert self.job("comment", "Comment") == 0
        (one,) = state.comments
        sys.stdout.write(str(one["body"]))
        return str(one["body"])


@pytest.mark.parametrize("kind", ["github", "gitlab"])
def test_a_change_a_failure_and_a_stack_that_is_not_there(kind: Literal["github", "gitlab"], tmp_path: Path) -> None:
    with forge(kind) as (state, api):
        runner = Runner(kind, tmp_path / "repository", tmp_path / "temp", api)
        runner.repository.mkdir()
        # As `pip install` makes it there; what it installs is what this process runs on.
        (runner.temp / "modelway" / "bin").mkdir(parents=True)
        command = runner.temp / "modelway" / "bin" / "modelway"
        command.write_text(f'#!/bin/bash\nexec "{sys.executable}" -m modelway "$@"\n', "utf-8")
        command.chmod(0o755)
        runtime = {"name": "python", "options": {"virtualenv": sys.prefix}}
        (runner.repository / "Pulumi.yaml").write_text(json.dumps({"name": "theirs", "runtime": runtime}), "utf-8")
        (runner.repository / "__main__.py").write_text(PROGRAM, "utf-8")
        runner.say()
        for words in (["stack", "init", "dev"], ["up", "--yes", "--skip-preview", "--stack", "dev"]):
            done = runner.run("pulumi", *words)
            assert done.returncode == 0, done.stderr

        runner.say(parts=["one", "two"])
        assert runner.preview() == 0
        assert sorted(file.name for file in (runner.reports / "dev").iterdir()) == ["report.html", "report.json"]
        (engine,) = [file.parent for file in runner.temp.rglob("digest.json")]
        assert {file.name for file in engine.iterdir()} >= {"digest.json", "events.jsonl", "plan.json", "state.json"}
        # The engine writes 0644 by itself; some folder above is its owner's alone.
        assert any(stat.S_IMODE(folder.stat().st_mode) == 0o700 for folder in (engine, engine.parent))
        before = runner.comment(state)
        assert "two" in before
        assert "kept secret by the engine" not in before
        assert ("actions/runs/5#artifacts" if kind == "github" else "/-/jobs/5/artifacts/browse/reports-6") in before

        runner.say(fail=True)
        assert runner.preview() == 1
        body = runner.comment(state)
        assert "This report is not complete" in body
        assert "no such region" in body
        assert body != before

        assert runner.run("pulumi", "stack", "rm", "--yes", "--force", "dev").returncode == 0
        runner.say()
        assert runner.preview() == 1
        told = runner.comment(state).split("<details>")[0]
        assert "Cannot be decided" in told
        assert "its job failed before it had one" in told
