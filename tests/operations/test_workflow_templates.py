"""Workflows that teams copy: what they may, when they run, as whom, and that what they call is there."""

import json
import re
import shlex
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import typer
from ruamel.yaml import YAML

from modelway import cli
from modelway.operations.approval import VALID
from modelway.operations.bootstrap_documents import LOOKING, ON_MAIN, Ground, assumed_by_github
from modelway.preview.joining import expected, join

ROOT = Path(__file__).resolve().parents[2]
FOLDER = ROOT / "templates" / "github"
GITLAB = sorted((ROOT / "templates" / "gitlab").glob("*.yml"))
ACTION = FOLDER / "action" / "action.yml"
PLACE = Ground("dev", "222222222222", "eu-west-1", "acme/models")
TEMPLATES = sorted(file.name for file in FOLDER.glob("*.yml"))
DEPLOYING = ["deploy-as-reviewed.yml", "deploy-in-network.yml", "deploy.yml", "recover.yml"]
LOOKING_ONLY = ["any-program.yml", "drift.yml", "preview.yml"]
OWN = "any-program.yml"
"""The one for repositories that are no clone of Modelway."""
IN_CLONE = [name for name in TEMPLATES if name != OWN]
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


@pytest.mark.parametrize("name", IN_CLONE)
def test_it_says_that_it_is_for_a_clone(name: str) -> None:
    head = " ".join(line.removeprefix("#") for line in text(name).split("\nname:")[0].splitlines())
    assert "clone of Modelway" in " ".join(head.split())


ALLOWED = {
    "preview.yml": {
        "validate": {"contents": "read"},
        "preview": {"contents": "read", "id-token": "write"},
        "comment": {"contents": "read", "pull-requests": "write", "issues": "write", "statuses": "write"},
    },
    OWN: {
        "preview": {"contents": "read", "id-token": "write"},
        "comment": {"contents": "read", "pull-requests": "write", "issues": "write", "statuses": "write"},
    },
}


@pytest.mark.parametrize("name", TEMPLATES)
def test_a_job_may_what_it_needs_and_nothing_else(name: str) -> None:
    assert workflow(name)["permissions"] == {}
    usual = {job: {"contents": "read", "id-token": "write"} for job in jobs(name)}
    # What deploys reads whose reviews approve.
    usual |= {job: usual[job] | {"pull-requests": "read"} for job in usual if job == "deploy"}
    assert {job: described["permissions"] for job, described in jobs(name).items()} == ALLOWED.get(name, usual)


@pytest.mark.parametrize("name", TEMPLATES)
def test_there_is_no_secret_in_it(name: str) -> None:
    for said in (text(name), ACTION.read_text("utf-8")):
        assert "secrets." not in said
        assert not re.search(r"AWS_(ACCESS_KEY|SECRET|SESSION)", said)
    checkouts = [one for one in steps(name) if one.get("uses", "").startswith("actions/checkout@")]
    assert len(checkouts) >= len(jobs(name))
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


@pytest.mark.parametrize("name", TEMPLATES)
def test_the_role_trusts_the_run(name: str) -> None:
    for described in jobs(name).values():
        if "id-token" not in described["permissions"]:
            assert not [one for one in described["steps"] if "environment" in one.get("with", {})]
            continue
        if name == OWN:
            # The role is of whoever takes it; pull requests of forks do not reach for it.
            assert FORKS in described["if"]
            continue
        (given,) = [one["with"] for one in described["steps"] if one.get("uses", "").startswith("./")]
        events = workflow(name)["on"]
        subject = "pull_request" if "pull_request" in events else "ref:refs/heads/main"
        if "environment" in described:
            assert given["role"] == "deploy"
            subjects, subject = ("environment:dev",), f"environment:{described['environment']}"
        elif name == "drift.yml":
            # `preview` may not read what a refresh asks for.
            assert given["role"] == "drift"
            subjects = ON_MAIN
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


@pytest.mark.parametrize("name", ["preview.yml", OWN])
def test_the_comment_is_made_whatever_became_of_validation_and_previews(name: str) -> None:
    assert jobs(name)["comment"]["if"] == f"always() && !cancelled() && {FORKS}"


def test_what_can_be_touched_is_known_also_where_a_description_is_not_valid() -> None:
    order = [one.get("name") or one["uses"].partition("@")[0] for one in jobs("preview.yml")["validate"]["steps"]]
    assert order.index("Find what it can touch") < order.index("actions/upload-artifact") < order.index("Validate")


def test_a_report_is_kept_and_neither_the_engines_files_nor_the_plan() -> None:
    (upload,) = [one for one in jobs("preview.yml")["preview"]["steps"] if "upload-artifact" in one.get("uses", "")]
    kept = ("report.json", "report.html", "not-made")
    assert upload["with"]["path"].splitlines() == [f"${{{{ runner.temp }}}}/preview/{name}" for name in kept]


def test_a_plan_is_for_one_run() -> None:
    uploads = [one for one in steps("deploy-as-reviewed.yml") if "upload-artifact" in one.get("uses", "")]
    downloads = [one for one in steps("deploy-as-reviewed.yml") if "download-artifact" in one.get("uses", "")]
    # As long as it may be applied: a reviewer who comes on the last day still finds it.
    assert [one["with"]["retention-days"] for one in uploads] == [VALID.days]
    assert ["run-id" in one["with"] for one in downloads] == [False]


@pytest.fixture
def commands(tmp_path: Path) -> Path:
    """A folder with programs that only say how they were called and end with $CODE; of stacks there is `dev`."""
    for name in ("pulumi", "modelway", "timeout"):
        listed = 'if [ "$2" = ls ]; then echo \'[{"name": "dev"}]\'; exit; fi\n' if name == "pulumi" else ""
        (tmp_path / name).write_text(f'#!/bin/bash\n{listed}printf "%s" {name}; printf " [%s]" "$@"; echo; exit "${{CODE:-0}}"\n', "utf-8")
        (tmp_path / name).chmod(0o755)
    return tmp_path


def called(name: str, title: str, commands: Path, folder: Path = ROOT, **variables: str) -> tuple[int, list[str]]:
    """The exit code and the lines of a step, run as GitHub runs it."""
    path = f"{commands}:{Path(sys.executable).parent}:/usr/bin:/bin"
    summary = commands / "summary"
    said = subprocess.run(
        ["bash", "--noprofile", "--norc", "-eo", "pipefail", "-c", step(name, title)["run"]],
        cwd=folder,
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


def test_a_stack_that_nobody_made_is_told_as_new_and_not_taken_for_previewed(commands: Path, tmp_path: Path) -> None:
    temp = tmp_path / "temp"
    ended, (told,) = called("preview.yml", "Preview", commands, STACK="dev-models", BASE="abc", RUNNER_TEMP=str(temp))
    assert ended == 0
    assert told.startswith("::warning::stack dev-models is not made yet, so nobody can look")
    # What the next job gets: each artifact in a folder of its name.
    (temp / "reports" / "report-dev").mkdir(parents=True)
    (temp / "preview").rename(temp / "reports" / "report-dev-models")
    (temp / "affected").mkdir()
    touched = [{"stack": name, "environment": "dev", "state": "changed", "why": []} for name in ("dev", "dev-models")]
    (temp / "affected" / "affected.json").write_text(json.dumps({"stacks": touched}), "utf-8")
    github = {"GITHUB_SERVER_URL": "https://github.com", "GITHUB_REPOSITORY": "acme/models", "GITHUB_RUN_ID": "5", "GITHUB_TOKEN": "t"}
    ended, (line,) = called("preview.yml", "Comment", commands, RUNNER_TEMP=str(temp), **github)
    assert ended == 0
    assert line == (
        f"modelway [comment] [--report] [{temp}/reports] [--affected] [{temp}/affected/affected.json]"
        " [--artifact-url] [https://github.com/acme/models/actions/runs/5#artifacts]"
    )
    states = {one["stack"]: one["state"] for one in json.loads((temp / "affected" / "affected.json").read_text("utf-8"))["stacks"]}
    assert states == {"dev": "changed", "dev-models": "new"}


@pytest.mark.parametrize(
    ("described", "told"), [(["dev", "dev-models", "local", "localities"], ["dev", "dev-models", "localities"]), ([], ["every stack"])]
)
def test_where_nobody_found_out_what_is_touched_nothing_is_known_of_any_stack(
    described: list[str], told: list[str], commands: Path, tmp_path: Path
) -> None:
    """`validate` failed before it had found any: there is no artifact, and the comment is made all the same."""
    (download,) = [one["with"] for one in steps("preview.yml") if one.get("with", {}).get("path") == "${{ runner.temp }}/affected"]
    # One that is named has to be there.
    assert download["pattern"] == "affected"
    assert "name" not in download
    # Its files are in the folder itself, and not in one that is named like the artifact.
    assert download["merge-multiple"] is True
    configured, temp = tmp_path / "here" / "stacks" / "config", tmp_path / "temp"
    configured.mkdir(parents=True)
    for name in described:
        (configured / f"Pulumi.{name}.yaml").touch()
    temp.mkdir()
    github = {"GITHUB_SERVER_URL": "https://github.com", "GITHUB_REPOSITORY": "acme/models", "GITHUB_RUN_ID": "5", "GITHUB_TOKEN": "t"}
    ended, (line,) = called("preview.yml", "Comment", commands, tmp_path / "here", RUNNER_TEMP=str(temp), **github)
    assert ended == 0
    assert f"[--affected] [{temp}/affected/affected.json]" in line
    assert [one.stack for one in expected(temp / "affected" / "affected.json")] == told
    report = join([], expected(temp / "affected" / "affected.json"))
    assert (report.verdict.decision, [row.stack for row in report.stacks]) == ("unknown", told)


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


RELEASING = ["deploy-as-reviewed.yml", "deploy-in-network.yml", "deploy.yml"]


@pytest.mark.parametrize("name", RELEASING)
def test_approvals_are_collected_before_and_the_release_is_recorded_after(name: str) -> None:
    deploying = jobs(name)["deploy"]["steps"]
    order = [one.get("name") or one["uses"].partition("@")[0] for one in deploying]
    deploy = "Apply" if name == "deploy-as-reviewed.yml" else "Deploy"
    assert order.index("./.github/actions/modelway") < order.index("Collect approvals") < order.index(deploy) < order.index("Record")
    # Where nobody filled in a key there is no ledger, and nothing else changes.
    assert workflow(name)["env"]["LEDGER_KEY"] == ""
    own = [one for one in deploying if one.get("name") in ("Collect approvals", "Record")]
    assert [one["if"] for one in own] == ["env.LEDGER_KEY != ''"] * 2
    # One token reads reviews, and no other step has it; no step goes on after one that failed.
    assert [one.get("name") for one in deploying if "GITHUB_TOKEN" in one.get("env", {})] == ["Collect approvals"]
    assert not [one for one in deploying if "continue-on-error" in one or "always()" in one.get("if", "")]
    # All of the history: who wrote what is approved.
    assert deploying[0]["with"]["fetch-depth"] == 0


@pytest.mark.parametrize("name", RELEASING)
def test_every_stack_is_recorded_and_where_the_ledger_ended_is_kept(name: str, commands: Path) -> None:
    ended, lines = called(name, "Record", commands, RECORDED="dev dev-models")
    plan = " [--plan] [/t/plans/{0}/plan.json]" if name == "deploy-as-reviewed.yml" else ""
    recorded = [f"modelway [release] [record] [{stack}]{plan.format(stack)}" for stack in ("dev", "dev-models")]
    # In the log, and on the page of the run.
    assert (ended, lines) == (0, [*recorded, "modelway [release] [verify]", "modelway [release] [verify]"])
    ended, lines = called(name, "Record", commands, RECORDED="dev dev-models", CODE="1")
    assert (ended, lines) == (1, recorded[:1] + lines[1:])
    assert called(name, "Collect approvals", commands) == (0, ["modelway [approve] [dev] [--from-reviews] [HEAD]", *lines[1:]])


@pytest.mark.parametrize("ledger", [None, "s3://acme-ledger/prod/"], ids=["none", "one"])
def test_the_ledger_is_the_one_that_the_environment_names(ledger: str | None, tmp_path: Path) -> None:
    for name in ("stacks/environments", "examples", "docs"):
        shutil.copytree(ROOT / name, tmp_path / name, ignore=shutil.ignore_patterns("__pycache__", "*.png", "*.parquet"))
    (tmp_path / ".git").mkdir()
    file = tmp_path / "stacks" / "environments" / "prod" / "environment.yaml"
    said = file.read_text("utf-8")
    assert "\ngovernance:\n" in said
    assert "ledger: {" not in said
    if ledger:
        said = said.replace("\ngovernance:\n", f"\ngovernance:\n  ledger: {{address: '{ledger}', keys: stacks/keys.json}}\n")
    file.write_text(said, "utf-8")
    (run,) = [one["run"] for one in read(ACTION)["runs"]["steps"] if one.get("name") == "Find the ledger"]
    variables = {"GITHUB_ENV": str(tmp_path / "env"), "ENVIRONMENT": "prod", "LEDGER_KEY": "awskms:///arn:k", "PYTHONPATH": str(ROOT)}
    path = f"{Path(sys.executable).parent}:/usr/bin:/bin"
    done = subprocess.run(
        ["bash", "-eo", "pipefail", "-c", run], cwd=tmp_path, env=variables | {"PATH": path}, capture_output=True, text=True, check=False
    )
    if ledger is None:
        assert (done.returncode, "environment prod names no ledger" in done.stderr) == (1, True), done.stderr
        return
    assert done.returncode == 0, done.stderr
    assert (tmp_path / "env").read_text("utf-8").splitlines() == [
        f"MODELWAY_LEDGER={ledger}",
        "MODELWAY_LEDGER_KEYS=stacks/keys.json",
        "MODELWAY_LEDGER_KEY=awskms:///arn:k",
        "RECORDED=prod prod-models-climate prod-models-oncology",
    ]


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
    for file in GITLAB:
        for job in read(file).values():
            if isinstance(job, dict):
                for line in job.get("script", []):
                    yield file.name, line


MODELWAY = r"(?<![\w.\"'-])(?:\"\$(?:RUNNER_TEMP|tools)/modelway/bin/|(?<!/))modelway\"? ((?:show|[a-z]+)(?: [^|;&>\n]*|$))"
"""However it is called, what stands behind the name."""
CALLS = [
    (name, " ".join(call.split())) for name, script in scripts() for call in re.findall(MODELWAY, re.sub(r"(^|\s)#.*|\\\n", "", script))
]


@pytest.mark.parametrize(("name", "call"), CALLS, ids=[f"{name}: {call}" for name, call in CALLS])
def test_every_command_line_is_one(name: str, call: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Against the real commands: an option that is not there, or a value that is none of its choices, is refused as on a terminal."""
    for variable, value in {"MODELWAY_LEDGER": "x", "MODELWAY_LEDGER_KEYS": str(ACTION), "MODELWAY_LEDGER_KEY": "x"}.items():
        monkeypatch.setenv(variable, value)
    words = [re.sub(r"\$\{?\w+(\[@\])?\}?", "x", word) for word in shlex.split(call)]
    filled = {"${options[@]}": [], "${sides[@]}": ["--after", "x"], "${given[@]}": ["--digest", "x"], "$format": ["json"]}
    given = [part for word, plain in zip(shlex.split(call), words, strict=True) for part in filled.get(word, [plain])]
    if "${options[@]}" in call and words[0] == "preview":
        given += ["-s", "x"]
    verb = next(verb for verb in cli.VERBS if verb.name == words[0])
    module = __import__(verb.module, fromlist=["command"])
    if hasattr(module, "app"):
        # Files that a job made before.
        given = [str(ACTION) if word.startswith(("x/", "plans/")) else word for word in given]
        group = typer.main.get_group(module.app)
        group.commands[given[1]].make_context(given[1], given[2:])
        return
    app = typer.Typer()
    app.command()(module.command)
    typer.main.get_command(app).make_context(verb.name, given[1:])


def test_command_lines_were_found() -> None:
    verbs = {name: {call.split()[0] for of, call in CALLS if of == name} for name, _ in CALLS}
    assert verbs["preview.yml"] == {"validate", "affected", "report", "preview", "comment"}
    assert verbs["deploy.yml"] == verbs["deploy-in-network.yml"] == {"approve", "up", "release"}
    assert verbs["deploy-as-reviewed.yml"] == {"preview", "approve", "apply", "release"}
    assert verbs[OWN] == verbs["any-program.gitlab-ci.yml"] == {"report", "comment"}
    assert verbs["modelway.gitlab-ci.yml"] == {"validate", "affected", "preview", "comment", "approve", "apply", "release"}
    assert all("--artifact-url" in call for _, call in CALLS if call.startswith("comment")), "a report that is cut links to the whole one"
