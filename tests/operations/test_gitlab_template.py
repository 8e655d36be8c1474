"""The pipeline that teams on GitLab copy: who gets which role, which engine, and what the comment says when something went wrong."""

import hashlib
import json
import subprocess
import sys
import tarfile
from pathlib import Path
from typing import Any

import pytest
from ruamel.yaml import YAML

from modelway.operations.approval import VALID
from tests.support.forge import TOKEN, forge
from toolchain.pins import PULUMI_VERSION

ROOT = Path(__file__).resolve().parents[2]
FOLDER = ROOT / "templates" / "gitlab"
SAME = "$CI_MERGE_REQUEST_SOURCE_PROJECT_ID == $CI_PROJECT_ID"
DESCRIBED: dict[str, Any] = YAML(typ="safe").load((FOLDER / "modelway.gitlab-ci.yml").read_text("utf-8"))
JOBS = {name: job for name, job in DESCRIBED.items() if isinstance(job, dict) and "script" in job}
HERE = f"{Path(sys.executable).parent}:/usr/bin:/bin"


def flat(lines: list[Any]) -> str:
    """What a runner makes of a script: one shell, that ends where a command fails; lists in lists are one list."""
    return "\n".join(part for line in lines for part in (line if isinstance(line, list) else [line]))


def bash(script: str, folder: Path, made_up: str = "", **variables: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        ["bash", "--noprofile", "--norc", "-eo", "pipefail", "-c", f"{made_up}\n{script}"],
        cwd=folder,
        env={"PATH": HERE, "PYTHONPATH": str(ROOT), "PYTHON": sys.executable, **variables},
        capture_output=True,
        text=True,
        check=False,
    )


def test_forks_get_no_role_and_nothing_deploys_by_itself() -> None:
    roles = {"preview": "$PREVIEW_ROLE", "plan": "$PREVIEW_ROLE", "drift": "$DRIFT_ROLE", "deploy": "$DEPLOY_ROLE"}
    assert {name: job["variables"]["ROLE"] for name, job in JOBS.items() if job["extends"] == ".with-role"} == roles
    for name, job in JOBS.items():
        (rule,) = job["rules"]
        if job["extends"] == ".with-role" and "merge_request_event" in rule["if"]:
            assert SAME in rule["if"], name
    assert JOBS["deploy"]["rules"][0]["when"] == "manual"
    assert JOBS["deploy"]["environment"] == {"name": "$ENVIRONMENT"}
    assert JOBS["deploy"]["resource_group"] == "deploy-$ENVIRONMENT"
    assert "GITLAB_TOKEN" not in DESCRIBED["variables"]


def test_a_plan_is_kept_as_long_as_it_may_be_applied() -> None:
    assert JOBS["plan"]["artifacts"]["expire_in"] == "1 week"
    assert VALID.days == 7


def test_only_jobs_with_an_engine_install_all_of_it() -> None:
    assert DESCRIBED[".modelway"]["variables"]["LOCK"] == "report.lock"
    assert DESCRIBED[".with-role"]["variables"]["LOCK"] == "requirements.lock"
    assert all("--require-hashes" in line or "--no-deps --no-build-isolation ." in line for line in installs())


def installs() -> list[str]:
    return [line for line in DESCRIBED[".modelway"]["before_script"] if "pip install" in line]


@pytest.mark.parametrize("damaged", [False, True])
def test_the_engine_is_the_pinned_one_and_has_the_hash_that_is_published(damaged: bool, tmp_path: Path) -> None:
    (script,) = [line for line in DESCRIBED[".with-role"]["before_script"] if "get.pulumi.com" in line]
    served = tmp_path / "served"
    (served / "pulumi").mkdir(parents=True)
    (served / "pulumi" / "pulumi").write_text(f"#!/bin/bash\necho v{PULUMI_VERSION}\n", "utf-8")
    (served / "pulumi" / "pulumi").chmod(0o755)
    name = f"pulumi-v{PULUMI_VERSION}-linux-x64.tar.gz"
    with tarfile.open(served / name, "w:gz") as archive:
        archive.add(served / "pulumi", "pulumi")
    digest = hashlib.sha256((served / name).read_bytes()).hexdigest()
    sums = f"{'0' * 64}  pulumi-v{PULUMI_VERSION}-linux-arm64.tar.gz\n{digest}  {name}\n"
    (served / f"pulumi-{PULUMI_VERSION}-checksums.txt").write_text(sums, "utf-8")
    if damaged:
        with (served / name).open("ab") as archive_bytes:
            archive_bytes.write(b"more")
    curl = f'uname() {{ echo x86_64; }}\ncurl() {{ echo "${{@: -1}}" >&2; cp "{served}/${{@: -1:1}}" /dev/null 2>&1 || true; '
    curl += f'while [ "$1" != -o ]; do shift; done; cp "{served}/$(basename "$3")" "$2"; }}'
    here = str(tmp_path / "engine")
    done = bash(f"{script.replace('/tmp/engine', here)}\npulumi version", ROOT, curl)
    asked = [line for line in done.stderr.splitlines() if line.startswith("https://")]
    assert asked == [
        f"https://get.pulumi.com/releases/sdk/{name}",
        f"https://github.com/pulumi/pulumi/releases/download/v{PULUMI_VERSION}/pulumi-{PULUMI_VERSION}-checksums.txt",
    ]
    assert (done.returncode == 0) is not damaged
    assert done.stdout.splitlines()[-1:] == ([] if damaged else [f"v{PULUMI_VERSION}"]) or damaged
    assert (tmp_path / "engine" / "pulumi").exists() is not damaged


def touched(folder: Path, **states: str) -> None:
    stacks = [{"stack": name, "environment": "dev", "state": state, "why": ["x"]} for name, state in states.items()]
    (folder / "affected.json").write_text(json.dumps({"base": "b", "stacks": stacks}), "utf-8")


ENGINE = 'pulumi() { echo \'[{"name": "dev"}]\'; }\n'
"""Of stacks there is `dev`."""


@pytest.mark.parametrize(("code", "ends"), [(0, 0), (3, 0), (4, 0), (1, 1), (2, 2)])
def test_a_stack_that_is_not_made_yet_is_new_and_breaks_nothing(code: int, ends: int, tmp_path: Path) -> None:
    touched(tmp_path, dev="changed", **{"dev-models": "changed", "dev-models-risk": "new", "old": "deleted"})
    modelway = 'modelway() { printf "%s " "$@"; echo; return "$CODE"; }'
    done = bash(flat(JOBS["preview"]["script"]), tmp_path, ENGINE + modelway, CODE=str(code), CI_MERGE_REQUEST_DIFF_BASE_SHA="abc")
    assert done.returncode == ends, done.stderr
    assert done.stdout.splitlines() == ["preview -s dev --base abc --format line --out /tmp/preview-dev "]
    told = json.loads((tmp_path / "told.json").read_text("utf-8"))["stacks"]
    assert {one["stack"]: one["state"] for one in told} == {
        "dev": "changed",
        "dev-models": "new",
        "dev-models-risk": "new",
        "old": "deleted",
    }
    assert "stack dev-models is not made yet" in done.stderr


def test_what_can_be_touched_is_known_and_kept_also_where_a_description_is_not_valid(tmp_path: Path) -> None:
    modelway = f"""modelway() {{
      if [ "$1" = validate ]; then echo "1 fault in 1 file." >&2; return 1; fi
      echo '{json.dumps({"base": "b", "stacks": [{"stack": name, "environment": name} for name in ("dev", "prod")]})}'
    }}"""
    done = bash(flat(JOBS["validate"]["script"]), tmp_path, modelway, ENVIRONMENT="dev", CI_MERGE_REQUEST_DIFF_BASE_SHA="abc")
    assert (done.returncode, "1 fault" in done.stderr) == (1, True)
    kept = json.loads((tmp_path / "affected.json").read_text("utf-8"))["stacks"]
    assert [one["stack"] for one in kept] == ["dev"]
    assert JOBS["validate"]["artifacts"]["when"] == "always"
    assert JOBS["validate"]["artifacts"]["paths"] == ["affected.json"]


def comment(folder: Path, api: str) -> str:
    modelway = 'modelway() { "$PYTHON" -m modelway "$@"; }'
    gitlab = {
        "GITLAB_CI": "true",
        "CI_API_V4_URL": api,
        "CI_PROJECT_ID": "42",
        "CI_PROJECT_URL": "https://gitlab.example.com/acme/models",
        "CI_MERGE_REQUEST_IID": "7",
        "CI_JOB_ID": "55",
        "GITLAB_TOKEN": TOKEN,
    }
    done = bash(flat(JOBS["comment"]["script"]), folder, modelway, **gitlab)
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_a_pipeline_that_failed_before_its_previews_leaves_no_old_comment(tmp_path: Path) -> None:
    """With the real command, on a server that answers as GitLab does."""
    assert JOBS["comment"]["rules"][0]["when"] == "always"
    assert JOBS["comment"]["needs"] == ["validate", "preview"]
    with forge("gitlab") as (state, api):
        touched(tmp_path, dev="changed")
        (tmp_path / "reports").mkdir()
        good = {"verdict": {"decision": "ok"}, "stacks": [{"stack": "dev"}], "version": 1, "made": {"at": "2026-11-20T10:00:00Z"}}
        (tmp_path / "reports" / "dev.json").write_text(json.dumps(good), "utf-8")
        comment(tmp_path, api)
        assert "Cannot be decided" not in state.comments[0]["body"]
        # The next push: `validate` failed, so there is no preview.
        (tmp_path / "reports" / "dev.json").unlink()
        comment(tmp_path, api)
        (body,) = [one["body"] for one in state.comments]
        assert "Cannot be decided" in body.split("<details>")[0]
        # And one where the stack turned out not to be made.
        touched(tmp_path, dev="new")
        (tmp_path / "affected.json").rename(tmp_path / "told.json")
        comment(tmp_path, api)
        (body,) = [one["body"] for one in state.comments]
        assert "is not made yet" in body
