"""Workflows that teams copy: what they may, when they run, and as whom."""

import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from ruamel.yaml import YAML

from modelway.operations.bootstrap_documents import AUDIENCE, Ground, assumed_by_github

ROOT = Path(__file__).resolve().parents[2]
FOLDER = ROOT / "templates" / "github"
PLACE = Ground("dev", "222222222222", "eu-west-1", "acme/models")
TEMPLATES = sorted(file.name for file in FOLDER.glob("*.yml"))
DEPLOYING = ["deploy-in-network.yml", "deploy.yml", "recover.yml"]
PREVIEWING = ["preview-in-network.yml", "preview.yml"]


def text(name: str) -> str:
    return (FOLDER / name).read_text("utf-8")


def workflow(name: str) -> dict[str, Any]:
    found: dict[str, Any] = YAML(typ="safe").load(text(name))
    return found


def job(name: str) -> dict[str, Any]:
    (only,) = workflow(name)["jobs"].values()
    return dict(only)


def test_there_is_one_for_each_way() -> None:
    assert sorted([*DEPLOYING, *PREVIEWING]) == TEMPLATES


@pytest.mark.parametrize("name", TEMPLATES)
def test_the_token_may_read_and_say_who_runs_and_nothing_else(name: str) -> None:
    assert workflow(name)["permissions"] == {}
    assert job(name)["permissions"] == {"contents": "read", "id-token": "write"}


@pytest.mark.parametrize("name", TEMPLATES)
def test_there_is_no_secret_in_it(name: str) -> None:
    assert "secrets." not in text(name)
    assert not re.search(r"AWS_(ACCESS_KEY|SECRET|SESSION)", text(name))
    (checkout,) = [step for step in job(name)["steps"] if step.get("uses", "").startswith("actions/checkout@")]
    assert checkout["with"]["persist-credentials"] is False


@pytest.mark.parametrize("name", TEMPLATES)
def test_nothing_that_strangers_write_is_run(name: str) -> None:
    assert "pull_request_target" not in workflow(name)["on"]
    for step in job(name)["steps"]:
        assert "${{" not in step.get("run", "")


@pytest.mark.parametrize("name", TEMPLATES)
def test_actions_are_pinned_or_it_says_that_they_have_to_be(name: str) -> None:
    lines = text(name).splitlines()
    used = [number for number, line in enumerate(lines) if "uses:" in line]
    for number in used:
        pinned = re.search(r"@[0-9a-f]{40} # v\d+\.\d+\.\d+$", lines[number])
        assert pinned or "Pin it" in lines[number - 1], lines[number]


def settled(name: str, step: str) -> dict[str, str]:
    """What a step leaves in the environment of those after it; its shell is run, with GitHub's answer made up."""
    (run,) = [one["run"] for one in job(name)["steps"] if one.get("name") == step]
    made_up = 'curl() { echo "$*" >&2; echo \'{"value": "token"}\'; }; GITHUB_ENV=$(mktemp); RUNNER_TEMP=$(mktemp -d)'
    shown = 'cat "$GITHUB_ENV"; stat -c "mode=%a" "$RUNNER_TEMP/aws-token"; echo "token=$(cat "$RUNNER_TEMP/aws-token")"'
    told = subprocess.run(
        ["bash", "-euc", "\n".join((made_up, run, shown))],
        capture_output=True,
        text=True,
        check=True,
        env={
            **workflow(name)["env"],
            "PATH": f"{Path(sys.executable).parent}:/usr/bin:/bin",
            "ACTIONS_ID_TOKEN_REQUEST_TOKEN": "t",
            "ACTIONS_ID_TOKEN_REQUEST_URL": "https://example.com?a=1",
        },
    )
    assert f"audience={AUDIENCE}" in told.stderr
    return dict(line.split("=", 1) for line in told.stdout.splitlines())


@pytest.mark.parametrize("name", TEMPLATES)
def test_it_takes_on_the_role_that_bootstrap_made(name: str) -> None:
    found = settled(name, "Take on the role")
    assert found["AWS_ROLE_ARN"] == PLACE.role("deploy" if name in DEPLOYING else "preview")
    assert (found["token"], found["mode"]) == ("token", "600")


@pytest.mark.parametrize("name", TEMPLATES)
def test_the_role_trusts_the_run(name: str) -> None:
    described = job(name)
    subject = f"environment:{described['environment']}" if "environment" in described else "pull_request"
    statement: Any = assumed_by_github(PLACE, "environment:dev" if name in DEPLOYING else "pull_request")["Statement"]
    assert statement[0]["Condition"]["StringEquals"]["token.actions.githubusercontent.com:sub"] == f"repo:acme/models:{subject}"
    assert ("pull_request" in workflow(name)["on"]) is (subject == "pull_request")


@pytest.mark.parametrize("name", TEMPLATES)
def test_state_is_where_bootstrap_put_it(name: str) -> None:
    (run,) = [step["run"] for step in job(name)["steps"] if "pulumi login" in step.get("run", "")]
    (login,) = [line for line in run.splitlines() if "pulumi login" in line]
    said = subprocess.run(["bash", "-c", login.replace("pulumi login", "echo")], env=workflow(name)["env"], capture_output=True, text=True)
    assert said.stdout.strip() == f"s3://{PLACE.bucket}?region=eu-west-1"


@pytest.mark.parametrize("name", DEPLOYING)
def test_deployments_of_an_environment_wait_for_one_another(name: str) -> None:
    concurrency = workflow(name)["concurrency"]
    assert concurrency == {"group": "deploy-dev", "cancel-in-progress": False}
    # The role's sessions last an hour; what a run does after that, it does as nobody.
    assert job(name)["timeout-minutes"] < 60


@pytest.mark.parametrize("kind", ["deploy", "preview"])
def test_one_of_each_runs_on_the_runner_in_the_network(kind: str) -> None:
    inside, outside = job(f"{kind}-in-network.yml"), job(f"{kind}.yml")
    assert inside.pop("runs-on") == f"codebuild-{PLACE.runner}-${{{{ github.run_id }}}}-${{{{ github.run_attempt }}}}"
    assert outside.pop("runs-on").startswith("ubuntu-")
    if kind == "preview":
        # What a fork brings is not run inside the network.
        assert inside.pop("if") == "github.event.pull_request.head.repo.full_name == github.repository"
    assert inside == outside


@pytest.fixture
def commands(tmp_path: Path) -> Path:
    """A folder with a `pulumi` and a `modelway` that only say how they were called; of stacks there is `dev`."""
    for name in ("pulumi", "modelway"):
        listed = 'if [ "$2" = ls ]; then echo \'[{"name": "dev"}]\'; exit; fi\n' if name == "pulumi" else ""
        (tmp_path / name).write_text(f'#!/bin/bash\n{listed}printf "%s" {name}; printf " [%s]" "$@"; echo\n', "utf-8")
        (tmp_path / name).chmod(0o755)
    return tmp_path


def called(name: str, step: str, commands: Path, **variables: str) -> list[str]:
    """The lines that a step prints, run as GitHub runs it."""
    (run,) = [one["run"] for one in job(name)["steps"] if one.get("name") == step]
    path = f"{commands}:{Path(sys.executable).parent}:/usr/bin:/bin"
    said = subprocess.run(
        ["bash", "--noprofile", "--norc", "-eo", "pipefail", "-c", run],
        env={**workflow(name)["env"], "PATH": path, **variables},
        capture_output=True,
        text=True,
        check=True,
    )
    return said.stdout.splitlines()


@pytest.mark.parametrize("name", PREVIEWING)
def test_a_stack_that_nobody_made_is_told_and_not_taken_for_previewed(name: str, commands: Path) -> None:
    *_, previewed, told = called(name, "Preview", commands)
    assert previewed == "pulumi [preview] [--stack] [dev] [--diff]"
    assert told.startswith("::warning::stack dev-models is not there yet, so nobody looked")


@pytest.mark.parametrize("name", ["deploy-in-network.yml", "deploy.yml"])
def test_an_update_is_interrupted_before_it_would_be_killed(name: str, commands: Path) -> None:
    assert called(name, "Deploy", commands)[-1] == "modelway [up] [dev] [--yes]"
    (minutes,) = re.findall(r"timeout --signal=INT (\d+)m modelway up", text(name))
    # An EKS cluster, which takes longest, has a quarter of an hour to end what was begun.
    assert int(minutes) + 15 <= job(name)["timeout-minutes"]


def test_a_recovery_is_told_what_somebody_knows(commands: Path) -> None:
    nothing = {"STACK": "dev", "HOST": "", "IMPORTS": "", "GONE": ""}
    assert called("recover.yml", "Recover", commands, **nothing)[-1] == "modelway [recover] [dev] [--yes]"
    known = nothing | {"HOST": "fv-az1", "IMPORTS": "urn:a$b=1 urn:c=2", "GONE": "urn:d; ls"}
    assert called("recover.yml", "Recover", commands, **known)[-1] == (
        "modelway [recover] [dev] [--yes] [--host-is-gone] [fv-az1] [--import] [urn:a$b=1] [--import] [urn:c=2] [--gone] [urn:d;]"
        " [--gone] [ls]"
    )


def test_a_recovery_waits_for_deployments_and_is_started_by_hand() -> None:
    assert list(workflow("recover.yml")["on"]) == ["workflow_dispatch"]
    assert workflow("recover.yml")["concurrency"]["group"] == workflow("deploy.yml")["concurrency"]["group"]


@pytest.mark.parametrize("name", TEMPLATES)
def test_what_it_runs_is_there(name: str) -> None:
    for command in re.findall(r"modelway (\w+)", "\n".join(step.get("run", "") for step in job(name)["steps"])):
        assert (ROOT / "modelway" / "cli" / f"{command}.py").is_file()
    assert (ROOT / "requirements.lock").is_file()
