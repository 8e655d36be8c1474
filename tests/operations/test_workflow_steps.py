"""The steps of preview.yml that need no engine, one after the other, in a real repository, with the real commands and a server that answers
as GitHub does."""

import json
import os
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from ruamel.yaml import YAML

from tests.support.forge import HEAD, TOKEN, forge
from toolchain.pins import PULUMI_VERSION

ROOT = Path(__file__).resolve().parents[2]
FOLDER = ROOT / "templates" / "github"
ACTION = FOLDER / "action" / "action.yml"
MODEL = Path("stacks/environments/base/models/tumor-screening.yaml")


def read(file: Path) -> dict[str, Any]:
    found: dict[str, Any] = YAML(typ="safe").load(file.read_text("utf-8"))
    return found


def script(steps: list[dict[str, Any]], title: str) -> str:
    (found,) = [str(one["run"]) for one in steps if one.get("name") == title]
    return found


@dataclass(frozen=True)
class Checkout:
    """A repository that environments are in, at a pull request."""

    folder: Path
    temp: Path
    api: str
    base: str

    def git(self, *words: str) -> str:
        who = ("-c", "user.name=a", "-c", "user.email=a@example.com")
        return subprocess.run(["git", *who, *words], cwd=self.folder, check=True, capture_output=True, text=True).stdout.strip()

    def push(self, old: str, new: str) -> None:
        """One more commit, in which a model's file says something else."""
        file = self.folder / MODEL
        said = file.read_text("utf-8")
        assert old in said
        file.write_text(said.replace(old, new), "utf-8")
        self.git("commit", "--quiet", "-am", "a change")

    def step(self, job: str, title: str, **variables: str) -> subprocess.CompletedProcess[str]:
        described = read(FOLDER / "preview.yml")
        (self.temp / "event.json").write_text(json.dumps({"pull_request": {"number": 7, "head": {"sha": HEAD}}}), "utf-8")
        kept = {name: value for name, value in os.environ.items() if not name.startswith(("CI_", "GITHUB_", "GITLAB_", "PULUMI_"))}
        return subprocess.run(
            ["bash", "--noprofile", "--norc", "-eo", "pipefail", "-c", script(described["jobs"][job]["steps"], title)],
            cwd=self.folder,
            capture_output=True,
            text=True,
            check=False,
            env={
                **kept,
                **described["env"],
                "PATH": f"{self.temp}:{Path(sys.executable).parent}:/usr/bin:/bin",
                "PYTHONPATH": str(ROOT),
                "RUNNER_TEMP": str(self.temp),
                "GITHUB_ACTIONS": "true",
                "GITHUB_API_URL": self.api,
                "GITHUB_EVENT_PATH": str(self.temp / "event.json"),
                "GITHUB_OUTPUT": str(self.temp / "output"),
                "GITHUB_REPOSITORY": "acme/models",
                "GITHUB_RUN_ATTEMPT": "1",
                "GITHUB_RUN_ID": "5",
                "GITHUB_SERVER_URL": "https://github.com",
                "GITHUB_STEP_SUMMARY": str(self.temp / "summary"),
                "GITHUB_TOKEN": TOKEN,
                **variables,
            },
        )

    def find(self) -> list[str]:
        """The stacks that are to be previewed; what was found lies where the next job has it."""
        done = self.step("validate", "Find what it can touch", BASE=self.base)
        assert done.returncode == 0, done.stderr
        (self.temp / "affected").mkdir(exist_ok=True)
        shutil.copy(self.folder / "affected.json", self.temp / "affected" / "affected.json")
        rows = [line for line in (self.temp / "output").read_text("utf-8").splitlines() if line.startswith("stacks=")]
        return [row["stack"] for row in json.loads(rows[-1].removeprefix("stacks="))]


def test_a_push_that_is_not_valid_takes_the_place_of_a_good_report(tmp_path: Path) -> None:
    with forge("github") as (state, api):
        there, temp = tmp_path / "repository", tmp_path / "temp"
        for name in ("stacks", "examples", "docs"):
            shutil.copytree(ROOT / name, there / name, ignore=shutil.ignore_patterns("__pycache__", "*.png"))
        shutil.copy(ROOT / "Pulumi.yaml", there)
        temp.mkdir()
        # As the action's first step leaves it.
        (temp / "modelway").write_text(f'#!/bin/bash\nexec "{sys.executable}" -m modelway "$@"\n', "utf-8")
        (temp / "modelway").chmod(0o755)
        checkout = Checkout(there, temp, api, "main")
        checkout.git("init", "--quiet", "--initial-branch", "main")
        checkout.git("add", "--all")
        checkout.git("commit", "--quiet", "-m", "as it is")
        checkout.git("switch", "--quiet", "-c", "change")

        checkout.push("latency_p99: 200ms", "latency_p99: 250ms")
        stacks = checkout.find()
        assert "dev-models" in stacks
        assert "local" not in stacks
        assert checkout.step("validate", "Validate").returncode == 0
        said = checkout.step("validate", "Report what the descriptions say", BASE="main")
        assert said.returncode == 0, said.stderr
        assert "tumor-screening" in (temp / "summary").read_text("utf-8")
        for stack in stacks:
            folder = temp / "reports" / f"report-{stack}"
            folder.mkdir(parents=True)
            report = {"verdict": {"decision": "ok"}, "stacks": [{"stack": stack}], "version": 1, "made": {"at": "2026-11-20T10:00:00Z"}}
            (folder / "report.json").write_text(json.dumps(report), "utf-8")
        assert checkout.step("comment", "Comment").returncode == 0
        assert "Cannot be decided" not in state.comments[0]["body"]

        # The next push: no preview runs after `validate` has failed, so there is no report.
        checkout.push("risk_tier: high", "risk_tier: extreme")
        assert set(checkout.find()) >= set(stacks)
        failed = checkout.step("validate", "Validate")
        assert failed.returncode == 1
        assert "::error file=stacks/environments/base/models/tumor-screening.yaml" in failed.stdout
        shutil.rmtree(temp / "reports")
        done = checkout.step("comment", "Comment")
        assert done.returncode == 0, done.stderr
        (body,) = [str(one["body"]) for one in state.comments]
        assert "Cannot be decided" in body.split("<details>")[0]
        assert "https://github.com/acme/models/actions/runs/5#artifacts" in body


def test_the_engine_is_the_one_that_is_pinned_for_our_own_tests(tmp_path: Path) -> None:
    steps = read(ACTION)["runs"]["steps"]
    (pinned,) = [one for one in steps if one.get("id") == "engine"]
    variables = {"PATH": f"{Path(sys.executable).parent}:/usr/bin:/bin", "GITHUB_OUTPUT": str(tmp_path / "output")}
    subprocess.run(["bash", "-eo", "pipefail", "-c", pinned["run"]], cwd=ROOT, env=variables, check=True)
    assert (tmp_path / "output").read_text("utf-8") == f"version={PULUMI_VERSION}\n"
    (engine,) = [one for one in steps if one.get("uses", "").startswith("pulumi/actions@")]
    assert engine["with"] == {"pulumi-version": "${{ steps.engine.outputs.version }}"}
    for file in (FOLDER / "any-program.yml", ROOT / "templates" / "gitlab" / "any-program.gitlab-ci.yml"):
        described = read(file)
        assert (described.get("env") or described["variables"])["PULUMI_VERSION"] == PULUMI_VERSION


@pytest.mark.parametrize(("environment", "lock"), [("", "report.lock"), ("dev", "requirements.lock")])
def test_without_an_engine_less_is_installed_and_always_by_hash(environment: str, lock: str, tmp_path: Path) -> None:
    (tmp_path / "python").write_text('#!/bin/bash\nmkdir -p .venv/bin; cp "$(dirname "$0")/pip" .venv/bin/pip\n', "utf-8")
    (tmp_path / "pip").write_text('#!/bin/bash\necho "$@"\n', "utf-8")
    for name in ("python", "pip"):
        (tmp_path / name).chmod(0o755)
    run = script(read(ACTION)["runs"]["steps"], "Install")
    variables = {"PATH": f"{tmp_path}:/usr/bin:/bin", "ENVIRONMENT": environment, "GITHUB_PATH": str(tmp_path / "path")}
    done = subprocess.run(
        ["bash", "-eo", "pipefail", "-c", run], cwd=tmp_path, env=variables, check=True, capture_output=True, text=True
    ).stdout
    assert done.splitlines() == [f"install --quiet --require-hashes -r {lock}", "install --quiet --no-deps --no-build-isolation ."]
    assert (ROOT / lock).is_file()
    assert (tmp_path / "path").read_text("utf-8") == f"{tmp_path}/.venv/bin\n"
