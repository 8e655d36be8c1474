"""The template for any Pulumi program, step by step as a runner would: a repository that has nothing of Modelway, the real engine, the real
commands, and a server that answers as GitHub does."""

import json
import os
import stat
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from ruamel.yaml import YAML

from tests.support.forge import HEAD, TOKEN, forge

pytestmark = pytest.mark.localcloud

ROOT = Path(__file__).resolve().parents[2]
DESCRIBED: dict[str, Any] = YAML(typ="safe").load((ROOT / "templates" / "github" / "any-program.yml").read_text("utf-8"))
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

    repository: Path
    temp: Path
    api: str

    def say(self, **said: object) -> None:
        (self.repository / "said.json").write_text(json.dumps({"parts": ["one"], **said}), "utf-8")

    @property
    def variables(self) -> dict[str, str]:
        kept = {name: value for name, value in os.environ.items() if not name.startswith(("PULUMI_", "AWS_", "CI_", "GITHUB_", "GITLAB_"))}
        event = {"pull_request": {"number": 7, "head": {"sha": HEAD}}}
        (self.temp / "event.json").write_text(json.dumps(event), "utf-8")
        return {
            **kept,
            **{name: str(value) for name, value in DESCRIBED["env"].items()},
            "PATH": f"{Path(sys.prefix) / 'bin'}:{self.temp / 'modelway' / 'bin'}:/usr/bin:/bin",
            "PYTHONPATH": str(ROOT),
            "PULUMI_BACKEND_URL": f"file://{self.temp.parent}",
            "PULUMI_HOME": str(self.temp.parent / "home"),
            "PULUMI_CONFIG_PASSPHRASE": "test",
            "STACKS": "dev",
            "RUNNER_TEMP": str(self.temp),
            "GITHUB_ACTIONS": "true",
            "GITHUB_API_URL": self.api,
            "GITHUB_EVENT_PATH": str(self.temp / "event.json"),
            "GITHUB_REPOSITORY": "acme/models",
            "GITHUB_RUN_ID": "5",
            "GITHUB_SERVER_URL": "https://github.com",
            "GITHUB_TOKEN": TOKEN,
        }

    def run(self, *command: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(command, cwd=self.repository, env=self.variables, capture_output=True, text=True, check=False)

    def step(self, job: str, title: str) -> int:
        (script,) = [one["run"] for one in DESCRIBED["jobs"][job]["steps"] if one.get("name") == title]
        done = self.run("bash", "--noprofile", "--norc", "-eo", "pipefail", "-c", script)
        sys.stdout.write(f"{done.stdout}\n{done.stderr}\n")
        return done.returncode

    def comment(self, state: Any) -> str:
        assert self.step("comment", "Comment") == 0
        (one,) = state.comments
        body = str(one["body"])
        sys.stdout.write(body)
        return body


def test_a_change_a_failure_and_a_stack_that_is_not_there(tmp_path: Path) -> None:
    with forge("github") as (state, api):
        runner = Runner(tmp_path / "repository", tmp_path / "temp", api)
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
        assert runner.step("preview", "Preview and report") == 0
        assert sorted(file.name for file in (runner.temp / "reports" / "dev").iterdir()) == ["report.html", "report.json"]
        engine = list((runner.temp / "engine" / "dev").iterdir())
        assert {file.name for file in engine} >= {"digest.json", "events.jsonl", "plan.json", "state.json"}
        # The engine itself writes 0644 where nobody has said otherwise; the folder is its owner's alone.
        assert stat.S_IMODE((runner.temp / "engine" / "dev").stat().st_mode) == 0o700
        body = runner.comment(state)
        assert "two" in body
        assert "kept secret by the engine" not in body
        assert "actions/runs/5" in body
        before = body

        runner.say(fail=True)
        assert runner.step("preview", "Preview and report") == 1
        body = runner.comment(state)
        assert "This report is not complete" in body
        assert "no such region" in body
        assert body != before

        assert runner.run("pulumi", "stack", "rm", "--yes", "--force", "dev").returncode == 0
        runner.say()
        for file in (runner.temp / "reports" / "dev").iterdir():
            file.unlink()
        assert runner.step("preview", "Preview and report") == 1
        assert "Cannot be decided" in runner.comment(state)
