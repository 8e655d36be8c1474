"""`modelway comment`: from the command line to a pull request, with what CI says."""

import json
import os
import subprocess
import sys
from pathlib import Path

import msgspec
import pytest

from modelway.preview.changeset import ChangeSet, Finding, Made, StackChanges, Verdict
from tests.support.forge import HEAD, TOKEN, forge

ROOT = Path(__file__).resolve().parents[2]


def comment(*arguments: str | Path, **variables: str) -> subprocess.CompletedProcess[str]:
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("CI_", "GITHUB_", "GITLAB_", "GH_"))}
    return subprocess.run(
        [sys.executable, "-m", "modelway", "comment", *map(str, arguments)],
        capture_output=True,
        text=True,
        cwd=ROOT,
        env=kept | variables,
        timeout=60,
        check=False,
    )


def report(stack: str) -> bytes:
    findings = (Finding("traffic", "r", stack, "a model", f"Requests of {stack} move."),)
    return msgspec.json.encode(ChangeSet(Verdict("ok"), (StackChanges(stack),), findings=findings, made=Made("2026-11-20T10:00:00Z", HEAD)))


@pytest.fixture
def reports(tmp_path: Path) -> Path:
    (tmp_path / "reports").mkdir()
    (tmp_path / "reports" / "dev.json").write_bytes(report("dev"))
    (tmp_path / "reports" / "prod.json").write_bytes(report("prod"))
    return tmp_path / "reports"


def of_github(api: str, folder: Path) -> dict[str, str]:
    (folder / "event.json").write_text(json.dumps({"pull_request": {"number": 7, "head": {"sha": HEAD}}}), "utf-8")
    return {
        "GITHUB_ACTIONS": "true",
        "GITHUB_REPOSITORY": "acme/models",
        "GITHUB_API_URL": api,
        "GITHUB_EVENT_PATH": str(folder / "event.json"),
        "GITHUB_TOKEN": TOKEN,
    }


def of_gitlab(api: str, _: Path) -> dict[str, str]:
    return {"GITLAB_CI": "true", "CI_API_V4_URL": api, "CI_PROJECT_ID": "42", "CI_MERGE_REQUEST_IID": "7", "GITLAB_TOKEN": TOKEN}


@pytest.mark.parametrize(("kind", "variables"), [("github", of_github), ("gitlab", of_gitlab)])
def test_reports_of_stacks_become_one_comment(kind: str, variables: object, reports: Path) -> None:
    with forge(kind) as (state, api):  # type: ignore[arg-type]
        done = comment("--report", reports, **variables(api, reports.parent))  # type: ignore[operator]
        assert (done.returncode, done.stderr) == (0, "")
        (posted,) = state.of()
        assert done.stdout.strip().endswith(str(posted["id"]))
        assert "Requests of dev move" in posted["body"]
        assert "Requests of prod move" in posted["body"]
        assert state.labels == ["modelway:traffic"]
        assert TOKEN not in done.stdout + done.stderr


def test_a_refusal_is_one_sentence(reports: Path) -> None:
    with forge("github") as (state, api):
        state.may.clear()
        done = comment("--report", reports, **of_github(api, reports.parent))
    assert done.returncode == 1
    assert done.stdout == ""
    assert done.stderr.startswith("May not comment on acme/models#7: the job needs `permissions:")
    assert done.stderr.count("\n") == 1


def test_without_a_token_nothing_is_asked(reports: Path) -> None:
    done = comment("--report", reports, "--forge", "github", "--repository", "acme/models", "--pull-request", "7")
    assert done.returncode == 1
    assert "GITHUB_TOKEN is not set" in done.stderr


def test_outside_of_ci_it_asks_where(reports: Path) -> None:
    done = comment("--report", reports)
    assert done.returncode == 2
    assert "--forge github or --forge gitlab" in done.stderr
    assert "--repository" in done.stderr, "all of it at once"
    assert "--pull-request" in done.stderr, "all of it at once"


def test_a_dry_run_prints_the_comment_and_needs_no_token(reports: Path) -> None:
    done = comment("--report", reports, "--forge", "gitlab", "--repository", "acme/models", "--pull-request", "7", "--dry-run")
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.startswith("<!-- modelway-preview v1 gitlab acme/models 7 ")
    assert "Requests of dev move" in done.stdout


def test_a_dry_run_needs_neither_forge_nor_repository_nor_number(reports: Path) -> None:
    done = comment("--report", reports, "--dry-run", "--commit", "c" * 40)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.startswith(f"<!-- modelway-preview v1 github head={'c' * 40} ")
    assert "Of commit cccccccccc. Stale as soon as" in done.stdout


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("--report", "nowhere.json"), "--report: there is no file nowhere.json."),
        (("--report", "{reports}", "--affected", "nowhere.json"), "--affected: there is no file nowhere.json."),
        (("--report", "{reports}", "--affected", "{reports}"), "is a folder: name a file in it."),
        (("--report", "{reports}", "--report", "{reports}/dev.json"), "Two reports are of stack dev"),
        (("--report", "{reports}", "--commit", "HEAD"), "'HEAD' is not a whole commit"),
        (("--report", "{reports}", "--artifact-url", "report.html"), "'report.html' is not the address of a page"),
        (("--report", "{reports}", "--forge", "github", "--repository", "bad"), "'bad' cannot be a repository of GitHub"),
    ],
)
def test_wrong_usage_ends_with_2(reports: Path, arguments: tuple[str, ...], said: str) -> None:
    done = comment(*(one.replace("{reports}", str(reports)) for one in arguments), "--dry-run")
    assert (done.returncode, done.stdout) == (2, "")
    assert said in " ".join(done.stderr.split())


def test_only_what_affected_writes_is_taken_for_it(reports: Path) -> None:
    done = comment("--report", reports, "--affected", reports / "dev.json", "--dry-run")
    assert (done.returncode, done.stdout) == (1, "")
    assert "dev.json is not what `modelway affected --json` writes: object contains unknown field `verdict`" in done.stderr


def test_what_is_no_report_is_told(reports: Path) -> None:
    (reports / "events.json").write_text('{"sequence": 1}\n{"sequence": 2}\n', "utf-8")
    done = comment("--report", reports, "--forge", "github", "--dry-run")
    assert done.returncode == 1
    assert "events.json is not a report" in done.stderr


def test_that_no_stack_can_be_touched_is_told_too(tmp_path: Path) -> None:
    (tmp_path / "affected.json").write_text('{"base": "abc", "stacks": []}', "utf-8")
    (tmp_path / "reports").mkdir()
    with forge("github") as (state, api):
        arguments = ("--report", tmp_path / "reports", "--affected", tmp_path / "affected.json")
        done = comment(*arguments, **of_github(api, tmp_path))
        assert (done.returncode, done.stderr) == (0, "")
        (posted,) = state.of()
    assert "No changes" in posted["body"]
    assert f"Of commit {HEAD[:10]}" in posted["body"]


def test_it_begins_quickly_and_without_what_it_does_not_need() -> None:
    listed = "import sys; from modelway.cli import main\ntry: main(['comment', '--help'])\nfinally: print(*sys.modules, file=sys.stderr)"
    said = subprocess.run([sys.executable, "-c", listed], capture_output=True, text=True, cwd=ROOT, check=False).stderr.split()
    assert not {"urllib3", "msgspec", "boto3", "jinja2", "pulumi"} & set(said)
