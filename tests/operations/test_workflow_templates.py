"""Workflows that teams copy: what they may, when they run, as whom, and that what they call is there."""

import json
import re
import shlex
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import typer
from ruamel.yaml import YAML

from modelway import cli
from modelway.operations.bootstrap_documents import AUDIENCE, LOOKING, Ground, assumed_by_github

ROOT = Path(__file__).resolve().parents[2]
FOLDER = ROOT / "templates" / "github"
GITLAB = ROOT / "templates" / "gitlab" / "modelway.gitlab-ci.yml"
ACTION = FOLDER / "action" / "action.yml"
PLACE = Ground("dev", "222222222222", "eu-west-1", "acme/models")
TEMPLATES = sorted(file.name for file in FOLDER.glob("*.yml"))
DEPLOYING = ["deploy-as-reviewed.yml", "deploy-in-network.yml", "deploy.yml", "recover.yml"]
LOOKING_ONLY = ["drift.yml", "preview.yml"]
FORKS = "github.event.pull_request.head.repo.full_name == github.repository"


def text(name: str) -> str:
    return (FOLDER / name).read_text("utf-8")


def read(file: Path) -> dict[str, Any]:
    found: dict[str, Any] = YAML(typ="safe").load(file.read_text("utf-8"))
    return found


def workflow(name: str) -> dict[str, Any]:
    return read(FOLDER / name)


def jobs(name: str) -> dict[str, dict[str, Any]]:
    found: dict[str, dict[str, Any]] = workflow(name)["jobs"]
    return found


def steps(name: str) -> list[dict[str, Any]]:
    return [step for job in jobs(name).values() for step in job["steps"]]


def step(name: str, title: str) -> dict[str, Any]:
    (found,) = [one for one in steps(name) if one.get("name") == title]
    return found


def test_there_is_one_for_each_way() -> None:
    assert sorted([*DEPLOYING, *LOOKING_ONLY]) == TEMPLATES


ALLOWED = {
    "preview.yml": {
        "validate": {"contents": "read"},
        "preview": {"contents": "read", "id-token": "write"},
        "comment": {"contents": "read", "pull-requests": "write", "issues": "write", "statuses": "write"},
    }
}


@pytest.mark.parametrize("name", TEMPLATES)
def test_a_job_may_what_it_needs_and_nothing_else(name: str) -> None:
    assert workflow(name)["permissions"] == {}
    usual = {job: {"contents": "read", "id-token": "write"} for job in jobs(name)}
    assert {job: described["permissions"] for job, described in jobs(name).items()} == ALLOWED.get(name, usual)


@pytest.mark.parametrize("name", TEMPLATES)
def test_there_is_no_secret_in_it(name: str) -> None:
    for said in (text(name), ACTION.read_text("utf-8")):
        assert "secrets." not in said
        assert not re.search(r"AWS_(ACCESS_KEY|SECRET|SESSION)", said)
    checkouts = [one for one in steps(name) if one.get("uses", "").startswith("actions/checkout@")]
    assert len(checkouts) == len(jobs(name))
    assert all(one["with"]["persist-credentials"] is False for one in checkouts)


@pytest.mark.parametrize("file", [*FOLDER.glob("*.yml"), ACTION], ids=lambda file: file.name)
def test_nothing_that_strangers_write_is_run(file: Path) -> None:
    described = read(file)
    assert "pull_request_target" not in described.get("on", {})
    assert "workflow_run" not in described.get("on", {})
    inside = described["runs"]["steps"] if "runs" in described else steps(file.name)
    for one in inside:
        assert "${{" not in one.get("run", "")


@pytest.mark.parametrize("file", [*FOLDER.glob("*.yml"), ACTION, ROOT / ".github" / "workflows" / "check.yml"], ids=lambda file: file.name)
def test_actions_are_pinned_to_a_commit(file: Path) -> None:
    used = [line for line in file.read_text("utf-8").splitlines() if re.search(r"\buses:", line)]
    assert used
    for line in used:
        assert re.search(r"uses: (\./\.github/actions/modelway|[\w/-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+)$", line), line


def test_of_one_action_there_is_one_version() -> None:
    pins = {pin for file in [*FOLDER.glob("*.yml"), ACTION] for pin in re.findall(r"uses: (\S+@.*)", file.read_text("utf-8"))}
    names = [pin.partition("@")[0] for pin in pins]
    assert sorted(names) == sorted(set(names))


def settled(tmp_path: Path, role: str, environment: str = "dev") -> dict[str, str]:
    """What the action leaves in the environment of later steps; its shell is run, with GitHub's answer made up and modelway real."""
    (one,) = [one for one in read(ACTION)["runs"]["steps"] if one.get("name") == "Take on the role"]
    made_up = 'curl() { echo "$*" >&2; echo \'{"value": "token"}\'; }; modelway() { "$PYTHON" -m modelway "$@"; }'
    shown = 'cat "$GITHUB_ENV"; stat -c "mode=%a" "$RUNNER_TEMP/aws-token"; echo "token=$(cat "$RUNNER_TEMP/aws-token")"'
    told = subprocess.run(
        ["bash", "--noprofile", "--norc", "-eo", "pipefail", "-c", "\n".join((made_up, one["run"], shown))],
        capture_output=True,
        text=True,
        check=True,
        cwd=ROOT,
        env={
            "ENVIRONMENT": environment,
            "ROLE": role,
            "PLATFORM": "modelway",
            "PYTHON": sys.executable,
            "PYTHONPATH": str(ROOT),
            "PATH": f"{Path(sys.executable).parent}:/usr/bin:/bin",
            "GITHUB_ENV": str(tmp_path / "env"),
            "RUNNER_TEMP": str(tmp_path),
            "ACTIONS_ID_TOKEN_REQUEST_TOKEN": "t",
            "ACTIONS_ID_TOKEN_REQUEST_URL": "https://example.com?a=1",
        },
    )
    assert f"audience={AUDIENCE}" in told.stderr
    return dict(line.split("=", 1) for line in told.stdout.splitlines() if "=" in line)


@pytest.mark.parametrize("role", ["preview", "deploy"])
def test_it_takes_on_the_role_and_the_state_that_bootstrap_made(tmp_path: Path, role: str) -> None:
    found = settled(tmp_path, role)
    assert found["AWS_ROLE_ARN"] == PLACE.role(role)
    assert (found["token"], found["mode"], found["AWS_REGION"]) == ("token", "600", "eu-west-1")
    assert found["PULUMI_BACKEND_URL"] == f"s3://{PLACE.bucket}?region=eu-west-1"
    assert ("PULUMI_FALLBACK_TO_STATE_SECRETS_MANAGER" in found) is (role == "preview")


@pytest.mark.parametrize("name", TEMPLATES)
def test_the_role_trusts_the_run(name: str) -> None:
    for described in jobs(name).values():
        if "id-token" not in described["permissions"]:
            assert not [one for one in described["steps"] if "environment" in one.get("with", {})]
            continue
        (given,) = [one["with"] for one in described["steps"] if one.get("uses", "").startswith("./")]
        events = workflow(name)["on"]
        subject = "pull_request" if "pull_request" in events else "ref:refs/heads/main"
        if "environment" in described:
            assert given["role"] == "deploy"
            subjects, subject = ("environment:dev",), f"environment:{described['environment']}"
        else:
            assert "role" not in given
            subjects = LOOKING
            assert subject == "pull_request" or events.get("push", {}).get("branches") == ["main"] or "refs/heads/main" in described["if"]
        statement: Any = assumed_by_github(PLACE, *subjects)["Statement"]
        trusted = statement[0]["Condition"]["StringEquals"]["token.actions.githubusercontent.com:sub"]
        assert f"repo:acme/models:{subject}" in ([trusted] if isinstance(trusted, str) else trusted)


@pytest.mark.parametrize("name", DEPLOYING)
def test_deployments_of_an_environment_wait_for_one_another(name: str) -> None:
    assert workflow(name)["concurrency"] == {"group": "deploy-dev", "cancel-in-progress": False}
    # The role's sessions last an hour; what a run does after that, it does as nobody.
    assert all(described["timeout-minutes"] < 60 for described in jobs(name).values())


@pytest.mark.parametrize("name", DEPLOYING)
def test_what_deploys_runs_in_the_environment_that_reviewers_guard(name: str) -> None:
    for described in jobs(name).values():
        deploys = any(re.search(r"modelway (up|apply|recover)", one.get("run", "")) for one in described["steps"])
        assert deploys is ("environment" in described)


def test_one_deploys_on_the_runner_in_the_network() -> None:
    inside, outside = jobs("deploy-in-network.yml")["deploy"], jobs("deploy.yml")["deploy"]
    assert inside.pop("runs-on") == f"codebuild-{PLACE.runner}-${{{{ github.run_id }}}}-${{{{ github.run_attempt }}}}"
    assert outside.pop("runs-on").startswith("ubuntu-")
    assert inside == outside


def test_what_a_fork_brings_gets_neither_role_nor_runner_nor_a_token_that_writes() -> None:
    for name, described in jobs("preview.yml").items():
        writes = "write" in described["permissions"].values()
        assert writes is (FORKS in described.get("if", ""))
        assert writes or described["runs-on"].startswith("ubuntu-"), name


def test_previews_of_a_pull_request_end_when_it_is_pushed_to() -> None:
    assert workflow("preview.yml")["concurrency"] == {"group": "preview-${{ github.ref }}", "cancel-in-progress": True}


def test_the_comment_is_made_whatever_became_of_the_previews() -> None:
    assert jobs("preview.yml")["comment"]["if"].startswith("always() && !cancelled() && needs.validate.result == 'success'")


def test_a_report_is_kept_and_neither_the_engines_files_nor_the_plan() -> None:
    (upload,) = [one for one in jobs("preview.yml")["preview"]["steps"] if "upload-artifact" in one.get("uses", "")]
    assert upload["with"]["path"].splitlines() == ["${{ runner.temp }}/preview/report.json", "${{ runner.temp }}/preview/report.html"]


def test_a_plan_is_for_one_run() -> None:
    uploads = [one for one in steps("deploy-as-reviewed.yml") if "upload-artifact" in one.get("uses", "")]
    downloads = [one for one in steps("deploy-as-reviewed.yml") if "download-artifact" in one.get("uses", "")]
    assert [one["with"]["retention-days"] for one in uploads] == [1]
    assert ["run-id" in one["with"] for one in downloads] == [False]


@pytest.fixture
def commands(tmp_path: Path) -> Path:
    """A folder with programs that only say how they were called and end with $CODE; of stacks there is `dev`."""
    for name in ("pulumi", "modelway", "timeout"):
        listed = 'if [ "$2" = ls ]; then echo \'[{"name": "dev"}]\'; exit; fi\n' if name == "pulumi" else ""
        (tmp_path / name).write_text(f'#!/bin/bash\n{listed}printf "%s" {name}; printf " [%s]" "$@"; echo; exit "${{CODE:-0}}"\n', "utf-8")
        (tmp_path / name).chmod(0o755)
    return tmp_path


def called(name: str, title: str, commands: Path, **variables: str) -> tuple[int, list[str]]:
    """The exit code and the lines of a step, run as GitHub runs it."""
    path = f"{commands}:{Path(sys.executable).parent}:/usr/bin:/bin"
    summary = commands / "summary"
    said = subprocess.run(
        ["bash", "--noprofile", "--norc", "-eo", "pipefail", "-c", step(name, title)["run"]],
        env={**workflow(name)["env"], "PATH": path, "RUNNER_TEMP": "/t", "GITHUB_STEP_SUMMARY": str(summary), **variables},
        capture_output=True,
        text=True,
        check=False,
    )
    return said.returncode, [*said.stdout.splitlines(), *(summary.read_text("utf-8").splitlines() if summary.exists() else [])]


@pytest.mark.parametrize(("code", "ends"), [(0, 0), (3, 0), (4, 0), (1, 1), (2, 2)])
def test_a_verdict_is_no_failure_of_a_preview(commands: Path, code: int, ends: int) -> None:
    ended, lines = called("preview.yml", "Preview", commands, STACK="dev", BASE="abc", CODE=str(code))
    assert (ended, lines) == (ends, ["modelway [preview] [-s] [dev] [--base] [abc] [--format] [line] [--out] [/t/preview]"])


def test_a_stack_that_nobody_made_is_told_and_not_taken_for_previewed(commands: Path) -> None:
    ended, (told,) = called("preview.yml", "Preview", commands, STACK="dev-models", BASE="abc")
    assert ended == 0
    assert told.startswith("::warning::stack dev-models is not there yet, so nobody looked")


def test_stacks_are_found_with_their_environment_and_runner(tmp_path: Path) -> None:
    found = [
        {"stack": "dev-models", "environment": "dev", "state": "changed"},
        {"stack": "prod", "environment": "prod", "state": "new"},
        {"stack": "old", "environment": "old", "state": "deleted"},
        {"stack": "local", "environment": "local", "state": "changed"},
        {"stack": "other", "environment": "", "state": "changed"},
    ]
    run = step("preview.yml", "Find what it can touch")["run"]
    made_up = f"git() {{ echo base1; }}; modelway() {{ echo '{json.dumps({'stacks': found})}'; }}"
    variables = {"IN_NETWORK": "prod", "LEFT_OUT": "local", "PLATFORM": "modelway", "GITHUB_RUN_ID": "5", "GITHUB_RUN_ATTEMPT": "2"}
    path = f"{Path(sys.executable).parent}:/usr/bin:/bin"
    variables |= {"BASE": "x", "GITHUB_OUTPUT": str(tmp_path / "output"), "PATH": path}
    subprocess.run(["bash", "-eo", "pipefail", "-c", f"{made_up}\n{run}"], env=variables, cwd=tmp_path, check=True)
    base, stacks = (tmp_path / "output").read_text("utf-8").splitlines()
    assert base == "base=base1"
    assert json.loads(stacks.removeprefix("stacks=")) == [
        {"stack": "dev-models", "environment": "dev", "runner": "ubuntu-24.04"},
        {"stack": "prod", "environment": "prod", "runner": "codebuild-modelway-prod-runner-5-2"},
    ]
    kept = json.loads((tmp_path / "affected.json").read_text("utf-8"))["stacks"]
    assert [one["stack"] for one in kept] == ["dev-models", "prod", "old", "other"]


def test_an_offline_report_has_the_sides_that_are_there(commands: Path, tmp_path: Path) -> None:
    here = tmp_path / "here"
    for folder in ("base/stacks/environments/dev", "base/stacks/environments/old", "here/stacks/environments/dev"):
        (tmp_path / folder).mkdir(parents=True)
    stacks = [{"environment": name} for name in ("dev", "old", "", "dev")]
    (here / "affected.json").write_text(json.dumps({"stacks": stacks}), "utf-8")
    (commands / "git").write_text("#!/bin/bash\n", "utf-8")
    (commands / "git").chmod(0o755)
    run = step("preview.yml", "Report what the descriptions say")["run"]
    path = f"{commands}:{Path(sys.executable).parent}:/usr/bin:/bin"
    variables = {"PATH": path, "RUNNER_TEMP": str(tmp_path), "GITHUB_STEP_SUMMARY": str(tmp_path / "said"), "BASE": "b", "CODE": "1"}
    subprocess.run(["bash", "-eo", "pipefail", "-c", run], env=variables, cwd=here, check=True)
    old, dev = f"{tmp_path}/base/stacks/environments/old", f"{tmp_path}/base/stacks/environments/dev"
    assert sorted((tmp_path / "said").read_text("utf-8").splitlines()) == [
        f"modelway [report] [--before] [{dev}] [--after] [stacks/environments/dev] [--format] [markdown]",
        f"modelway [report] [--before] [{old}] [--format] [markdown]",
    ]


@pytest.mark.parametrize("name", ["deploy-in-network.yml", "deploy.yml"])
def test_an_update_is_interrupted_before_it_would_be_killed(name: str, commands: Path) -> None:
    assert called(name, "Deploy", commands)[1] == ["timeout [--signal=INT] [40m] [modelway] [up] [dev] [--yes]"]
    # An EKS cluster, which takes longest, has a quarter of an hour to end what was begun.
    assert jobs(name)["deploy"]["timeout-minutes"] >= 40 + 15


@pytest.mark.parametrize(("code", "ends"), [(0, 0), (3, 0), (4, 4), (1, 1)])
def test_what_is_blocked_or_not_known_is_not_planned(commands: Path, code: int, ends: int) -> None:
    ended, (line,) = called("deploy-as-reviewed.yml", "Plan", commands, CODE=str(code))
    assert ended == ends
    assert line == "modelway [preview] [-s] [dev] [-s] [dev-models] [--base] [HEAD~1] [--format] [markdown] [--out] [/t/plans]"


def test_stacks_are_applied_in_order_and_after_a_refusal_no_more(commands: Path) -> None:
    line = "timeout [--signal=INT] [20m] [modelway] [apply] [-s] [{0}] [--plan] [/t/plans/{0}/plan.json] [--yes]"
    assert called("deploy-as-reviewed.yml", "Apply", commands) == (0, [line.format("dev"), line.format("dev-models")])
    assert called("deploy-as-reviewed.yml", "Apply", commands, CODE="4") == (4, [line.format("dev")])


@pytest.mark.parametrize("code", [0, 1, 3, 4, 5])
def test_any_difference_is_drift(commands: Path, code: int) -> None:
    ended, (line,) = called("drift.yml", "Compare", commands, CODE=str(code))
    assert ended == code
    assert line == "modelway [preview] [-s] [dev] [-s] [dev-models] [--refresh] [--detailed-exitcode] [--format] [markdown]"


def test_a_recovery_is_told_what_somebody_knows(commands: Path) -> None:
    nothing = {"STACK": "dev", "HOST": "", "IMPORTS": "", "GONE": ""}
    assert called("recover.yml", "Recover", commands, **nothing)[1] == ["modelway [recover] [dev] [--yes]"]
    known = nothing | {"HOST": "fv-az1", "IMPORTS": "urn:a$b=1 urn:c=2", "GONE": "urn:d; ls"}
    (line,) = called("recover.yml", "Recover", commands, **known)[1]
    assert line.startswith("modelway [recover] [dev] [--yes] [--host-is-gone] [fv-az1] [--import] [urn:a$b=1] [--import] [urn:c=2]")
    assert line.endswith(" [--gone] [urn:d;] [--gone] [ls]")


def test_a_recovery_waits_for_deployments_and_is_started_by_hand() -> None:
    assert list(workflow("recover.yml")["on"]) == ["workflow_dispatch"]
    assert workflow("recover.yml")["concurrency"]["group"] == workflow("deploy.yml")["concurrency"]["group"]


def scripts() -> Iterator[tuple[str, str]]:
    for file in [*FOLDER.glob("*.yml"), ACTION]:
        described = read(file)
        for one in described["runs"]["steps"] if "runs" in described else steps(file.name):
            yield file.name, one.get("run", "")
    for job in read(GITLAB).values():
        if isinstance(job, dict):
            for line in job.get("script", []):
                yield GITLAB.name, line


CALLS = [
    (name, " ".join(call.split()))
    for name, script in scripts()
    for call in re.findall(r"(?<![\w./\"'-])modelway ((?:show|[a-z]+)(?: [^|;&>\n]*|$))", re.sub(r"(^|\s)#.*|\\\n", "", script))
]


@pytest.mark.parametrize(("name", "call"), CALLS, ids=[f"{name}: {call}" for name, call in CALLS])
def test_every_command_line_is_one(name: str, call: str) -> None:
    """Against the real commands: an option that is not there, or a value that is none of its choices, is refused as on a terminal."""
    words = [re.sub(r"\$\{?\w+(\[@\])?\}?", "x", word) for word in shlex.split(call)]
    filled = {"${options[@]}": [], "${sides[@]}": ["--after", "x"]}
    given = [part for word, plain in zip(shlex.split(call), words, strict=True) for part in filled.get(word, [plain])]
    if "${options[@]}" in call and words[0] == "preview":
        given += ["-s", "x"]
    verb = next(verb for verb in cli.VERBS if verb.name == words[0])
    module = __import__(verb.module, fromlist=["command"])
    app = typer.Typer()
    app.command()(module.command)
    typer.main.get_command(app).make_context(verb.name, given[1:])


def test_command_lines_were_found() -> None:
    verbs = {name: {call.split()[0] for of, call in CALLS if of == name} for name, _ in CALLS}
    assert verbs["preview.yml"] == {"validate", "affected", "report", "preview", "comment"}
    assert verbs["deploy-as-reviewed.yml"] == {"preview", "apply"}
    assert verbs[GITLAB.name] == {"validate", "affected", "preview", "comment", "apply"}
    assert (ROOT / "requirements.lock").is_file()


def test_gitlab_gives_forks_no_role_and_nobody_a_job_that_deploys_by_itself() -> None:
    described = read(GITLAB)
    jobs = {name: job for name, job in described.items() if isinstance(job, dict) and "script" in job}
    same = "$CI_MERGE_REQUEST_SOURCE_PROJECT_ID == $CI_PROJECT_ID"
    for name, job in jobs.items():
        (rule,) = job["rules"]
        if job["extends"] == ".with-role" and "merge_request_event" in rule["if"]:
            assert same in rule["if"], name
        assert (job.get("variables", {}).get("ROLE") == "$DEPLOY_ROLE") is (name == "deploy")
    assert jobs["deploy"]["rules"][0]["when"] == "manual"
    assert jobs["deploy"]["resource_group"] == "deploy-$ENVIRONMENT"
    assert jobs["comment"]["rules"][0]["when"] == "always"
    assert "GITLAB_TOKEN" not in described["variables"]
    assert jobs["plan"]["artifacts"]["expire_in"] == "1 day"
