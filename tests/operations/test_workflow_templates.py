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
DEPLOYING = ["deploy-in-network.yml", "deploy.yml"]


def text(name: str) -> str:
    return (FOLDER / name).read_text("utf-8")


def workflow(name: str) -> dict[str, Any]:
    found: dict[str, Any] = YAML(typ="safe").load(text(name))
    return found


def job(name: str) -> dict[str, Any]:
    (only,) = workflow(name)["jobs"].values()
    return dict(only)


def test_there_is_one_for_each_way() -> None:
    assert [*DEPLOYING, "preview.yml"] == TEMPLATES


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


def test_one_runs_on_the_runner_in_the_network() -> None:
    runs_on = job("deploy-in-network.yml")["runs-on"]
    assert runs_on == f"codebuild-{PLACE.runner}-${{{{ github.run_id }}}}-${{{{ github.run_attempt }}}}"
    same = {key: value for key, value in job("deploy-in-network.yml").items() if key != "runs-on"}
    assert same == {key: value for key, value in job("deploy.yml").items() if key != "runs-on"}


@pytest.mark.parametrize("name", TEMPLATES)
def test_what_it_runs_is_there(name: str) -> None:
    for command in re.findall(r"modelway (\w+)", "\n".join(step.get("run", "") for step in job(name)["steps"])):
        assert (ROOT / "modelway" / "cli" / f"{command}.py").is_file()
    assert (ROOT / "requirements.lock").is_file()
