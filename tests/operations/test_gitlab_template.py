"""The pipeline that teams on GitLab copy: who gets which role, which engine, and what the comment says when something went wrong."""

import hashlib
import json
import shutil
import subprocess
import sys
import tarfile
from pathlib import Path
from typing import Any, cast

import pytest
from ruamel.yaml import YAML

from modelway.operations.approval import VALID
from tests.support.forge import TOKEN, forge
from toolchain.pins import PULUMI_VERSION

ROOT = Path(__file__).resolve().parents[2]
FOLDER = ROOT / "templates" / "gitlab"
SAME = "$CI_MERGE_REQUEST_SOURCE_PROJECT_ID == $CI_PROJECT_ID"
FILES = [FOLDER / "modelway.gitlab-ci.yml", FOLDER / "any-program.gitlab-ci.yml"]
"""For a clone, and for any program."""
DESCRIBED, ANY = (cast("dict[str, Any]", YAML(typ="safe").load(file.read_text("utf-8"))) for file in FILES)
JOBS = {name: job for name, job in DESCRIBED.items() if isinstance(job, dict) and "script" in job}
HERE = f"{Path(sys.executable).parent}:/usr/bin:/bin"


def flat(lines: list[Any]) -> str:
    """What a runner makes of a script: one shell, that ends where a command fails; lists in lists are one list."""
    return "\n".join(flat(line) if isinstance(line, list) else line for line in lines)


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
@pytest.mark.parametrize("described", [DESCRIBED[".with-role"], ANY["preview"]], ids=["clone", "any"])
def test_the_engine_is_the_pinned_one_and_has_the_hash_that_is_published(described: dict[str, Any], damaged: bool, tmp_path: Path) -> None:
    (script,) = [line for line in described["before_script"] if "get.pulumi.com" in line]
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
    made_up = f"""uname() {{ echo x86_64; }}
    curl() {{ echo "${{@: -1}}" >&2; while [ "$1" != -o ]; do shift; done; cp "{served}/$(basename "$3")" "$2"; }}"""
    (tmp_path / "tools").mkdir()
    # What another job of the same runner has left.
    (tmp_path / "tools" / "engine").mkdir()
    here = {"TMPDIR": str(tmp_path / "tools"), "PULUMI_VERSION": PULUMI_VERSION}
    done = bash(f"tools=$(mktemp -d)\n{script}\npulumi version", ROOT, made_up, **here)
    asked = [line for line in done.stderr.splitlines() if line.startswith("https://")]
    assert asked == [
        f"https://get.pulumi.com/releases/sdk/{name}",
        f"https://github.com/pulumi/pulumi/releases/download/v{PULUMI_VERSION}/pulumi-{PULUMI_VERSION}-checksums.txt",
    ]
    assert (done.returncode == 0) is not damaged
    assert (f"v{PULUMI_VERSION}" in done.stdout.splitlines()) is not damaged
    assert bool(list(tmp_path.glob("tools/*/engine/pulumi"))) is not damaged


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.name)
def test_a_runner_may_have_been_used_before(file: Path) -> None:
    """No file of a fixed name outside of the project's folder: on some runners it would be the last job's."""
    assert "/tmp" not in file.read_text("utf-8")


def jobs(file: Path) -> dict[str, list[str]]:
    """What each job begins with, by its name."""
    described = YAML(typ="safe").load(file.read_text("utf-8"))
    bases = {name: job["before_script"] for name, job in described.items() if name.startswith(".")}
    found = {name: job for name, job in described.items() if isinstance(job, dict) and "script" in job}
    lines = {name: job.get("before_script", bases[job["extends"]]) for name, job in found.items()}
    return {name: flat(lines[name]).splitlines() for name in found}


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.name)
@pytest.mark.parametrize(("image", "ends"), [("", 1), ("python:3.11", 1), ("python@sha256:" + "0" * 64, 0), ("x:3@sha256:" + "0" * 64, 0)])
def test_an_image_that_can_be_moved_is_refused_before_anything_is_done(file: Path, image: str, ends: int, tmp_path: Path) -> None:
    assert YAML(typ="safe").load(file.read_text("utf-8"))["variables"]["IMAGE"] == ""
    for name, lines in jobs(file).items():
        lines = lines[lines.index('case "$IMAGE" in') : lines.index("esac") + 1]
        done = bash("\n".join(lines), tmp_path, IMAGE=image)
        assert (done.returncode, f"IMAGE is '{image}': fill in NAME@sha256:DIGEST" in done.stderr) == (ends, ends == 1), name


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.name)
def test_one_job_has_the_token_that_may_write(file: Path, tmp_path: Path) -> None:
    described = YAML(typ="safe").load(file.read_text("utf-8"))
    for name, lines in jobs(file).items():
        own = name == "comment"
        named = described[name].get("environment", {}) == {"name": "modelway-comment", "action": "access"}
        before = lines[: next(at for at, line in enumerate(lines) if "python" in line or "git clone" in line)]
        done = bash("\n".join([*before, 'echo "${GITLAB_TOKEN-gone}"']), tmp_path, GITLAB_TOKEN="t", IMAGE="x@sha256:0")
        assert (named, done.stdout) == (own, "t\n" if own else "gone\n"), name
        assert (described[name].get("variables", {}).get("GIT_STRATEGY") == "none") is own, name


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.name)
def test_nothing_that_lies_in_the_folder_meets_the_token(file: Path, tmp_path: Path) -> None:
    """Python would take modules of the folder that it is started in; a runner's may still hold a merge request."""
    project = tmp_path / "project"
    project.mkdir()
    for name in ("json.py", "venv.py", "sys.py", "modelway.py"):
        (project / name).write_text(f"open({str(tmp_path / 'met')!r}, 'w').close()\nraise SystemExit(9)\n", "utf-8")
    stub = """git() { [ "$1" != clone ] || mkdir source; if [ "$3" = rev-parse ]; then echo abc; fi; echo "git $*" >&2; }
    python() {
      if [ "$1" != -m ]; then command python "$@"; return; fi
      command python -c "import $2"
      mkdir -p "$3/bin"
      for name in pip modelway; do printf '#!/bin/sh\necho "%s $*" >&2\n' "$name" > "$3/bin/$name"; chmod +x "$3/bin/$name"; done
    }"""
    described = YAML(typ="safe").load(file.read_text("utf-8"))["comment"]
    script = "\n".join([*jobs(file)["comment"], flat(described["script"])])
    ci = {
        "CI_PROJECT_DIR": str(project),
        "CI_PIPELINE_ID": "9",
        "CI_MERGE_REQUEST_TARGET_BRANCH_NAME": "main",
        "CI_REPOSITORY_URL": "https://g",
    }
    of_any = {"MODELWAY": "https://m", "MODELWAY_COMMIT": "abc"}
    done = bash(script, project, stub, IMAGE="x@sha256:0", STACKS="dev", TMPDIR=str(tmp_path), **ci, **of_any)
    assert done.returncode == 0, done.stderr
    assert not (tmp_path / "met").exists()
    said = done.stderr.splitlines()
    cloned = (
        "clone --quiet --depth 1 --branch main https://g source" if file == FILES[0] else "clone --quiet --no-checkout https://m source"
    )
    assert said[0] == f"git {cloned}"
    # Without it the code of the merge request would be installed.
    assert "pip install --quiet --no-deps --no-build-isolation ./source" in said
    folder = f"{project}/" + ("preview-9/reports" if file == FILES[0] else "reports-9")
    assert said[-1].startswith(f"modelway comment --report {folder} --affected ")


@pytest.mark.parametrize("name", ["preview", "plan", "drift", "deploy"])
def test_what_deploys_takes_what_decrypts_from_the_commit_alone(name: str, tmp_path: Path) -> None:
    lines = [line for line in flat(DESCRIBED[".with-role"]["before_script"]).splitlines() if "SECRETS_MANAGER" in line]
    roles = {role: f"arn:{role}" for role in ("PREVIEW_ROLE", "DRIFT_ROLE", "DEPLOY_ROLE")}
    role = roles[JOBS[name]["variables"]["ROLE"].removeprefix("$")]
    done = bash("\n".join([*lines, 'echo "${PULUMI_FALLBACK_TO_STATE_SECRETS_MANAGER-no}"']), tmp_path, ROLE=role, **roles)
    assert done.stdout == ("no\n" if name == "deploy" else "true\n")


def test_who_can_read_a_plan_is_said() -> None:
    for file in ("templates/gitlab/modelway.gitlab-ci.yml", "templates/github/deploy-as-reviewed.yml", "docs/preview.md"):
        said = " ".join((ROOT / file).read_text("utf-8").replace("#", " ").split())
        assert "it has every plain input of the stack" in said, file
        assert "nothing else reads it" not in said
        assert "read by its own run alone" not in said


def touched(folder: Path, **states: str) -> None:
    stacks = [{"stack": name, "environment": "dev", "state": state, "why": ["x"]} for name, state in states.items()]
    (folder / "affected.json").write_text(json.dumps({"base": "b", "stacks": stacks}), "utf-8")


ENGINE = 'pulumi() { echo \'[{"name": "dev"}]\'; }\n'
"""Of stacks there is `dev`."""


@pytest.mark.parametrize(("code", "ends"), [(0, 0), (3, 0), (4, 0), (1, 1), (2, 2)])
def test_a_stack_that_is_not_made_yet_is_new_and_breaks_nothing(code: int, ends: int, tmp_path: Path) -> None:
    (tmp_path / "preview-9").mkdir()
    touched(tmp_path / "preview-9", dev="changed", **{"dev-models": "changed", "dev-models-risk": "new", "old": "deleted"})
    modelway = 'modelway() { printf "%s " "$@"; echo; return "$CODE"; }'
    ci = {"CI_MERGE_REQUEST_DIFF_BASE_SHA": "abc", "CI_PIPELINE_ID": "9", "TMPDIR": str(tmp_path)}
    done = bash(flat(JOBS["preview"]["script"]), tmp_path, ENGINE + modelway, CODE=str(code), **ci)
    assert done.returncode == ends, done.stderr
    (line,) = done.stdout.splitlines()
    assert line.startswith(f"preview -s dev --base abc --format line --out {tmp_path}/")
    told = json.loads((tmp_path / "preview-9" / "told.json").read_text("utf-8"))["stacks"]
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
    done = bash(flat(JOBS["validate"]["script"]), tmp_path, modelway, ENVIRONMENT="dev", CI_PIPELINE_ID="9")
    # Two copies of these jobs would be one: the others are named, and not passed over in silence.
    assert "environment prod is touched too: these jobs are for dev alone" in done.stderr
    assert (done.returncode, "1 fault" in done.stderr) == (1, True)
    kept = json.loads((tmp_path / "preview-9" / "affected.json").read_text("utf-8"))["stacks"]
    assert [one["stack"] for one in kept] == ["dev"]
    assert JOBS["validate"]["artifacts"]["when"] == "always"
    assert JOBS["validate"]["artifacts"]["paths"] == ["preview-$CI_PIPELINE_ID/affected.json"]


def comment(folder: Path, api: str, described: dict[str, Any] = JOBS["comment"], pipeline: str = "9") -> str:
    (folder / "tools" / "modelway" / "bin").mkdir(parents=True, exist_ok=True)
    program = folder / "tools" / "modelway" / "bin" / "modelway"
    program.write_text('#!/bin/bash\nexec "$PYTHON" -m modelway "$@"\n', "utf-8")
    program.chmod(0o755)
    gitlab = {
        "GITLAB_CI": "true",
        "CI_API_V4_URL": api,
        "CI_PROJECT_DIR": str(folder),
        "CI_PIPELINE_ID": pipeline,
        "CI_PROJECT_ID": "42",
        "CI_PROJECT_URL": "https://gitlab.example.com/acme/models",
        "CI_MERGE_REQUEST_IID": "7",
        "CI_JOB_ID": "55",
        "GITLAB_TOKEN": TOKEN,
        "STACKS": "dev dev-models",
        "tools": str(folder / "tools"),
    }
    done = bash(f'export PATH="$tools/modelway/bin:$PATH"\n{flat(described["script"])}', folder / "tools", **gitlab)
    assert done.returncode == 0, done.stderr
    return done.stdout


GOOD = {"verdict": {"decision": "ok"}, "stacks": [{"stack": "dev"}], "version": 1, "made": {"at": "2026-11-20T10:00:00Z"}}


def test_a_pipeline_that_failed_before_its_previews_leaves_no_old_comment(tmp_path: Path) -> None:
    """With the real command, on a server that answers as GitLab does, and on a runner where every pipeline leaves its folder."""
    assert JOBS["comment"]["rules"][0]["when"] == "always"
    assert JOBS["comment"]["needs"] == ["validate", "preview"]
    with forge("gitlab") as (state, api):
        (tmp_path / "preview-9" / "reports").mkdir(parents=True)
        touched(tmp_path / "preview-9", dev="changed")
        (tmp_path / "preview-9" / "reports" / "dev.json").write_text(json.dumps(GOOD), "utf-8")
        comment(tmp_path, api)
        assert "Cannot be decided" not in state.comments[0]["body"]
        # The next push: `validate` failed, so there is no preview.
        (tmp_path / "preview-10").mkdir()
        touched(tmp_path / "preview-10", dev="changed")
        comment(tmp_path, api, pipeline="10")
        (body,) = [one["body"] for one in state.comments]
        assert "Cannot be decided" in body.split("<details>")[0]
        # And one where the stack turned out not to be made.
        (tmp_path / "preview-11").mkdir()
        touched(tmp_path / "preview-11", dev="new")
        (tmp_path / "preview-11" / "affected.json").rename(tmp_path / "preview-11" / "told.json")
        comment(tmp_path, api, pipeline="11")
        (body,) = [one["body"] for one in state.comments]
        assert "is not made yet" in body


@pytest.mark.parametrize("described", [JOBS["comment"], ANY["comment"]], ids=["clone", "any"])
@pytest.mark.parametrize("left", [None, ""])
def test_where_nobody_found_anything_out_nothing_is_known_of_any_stack(described: dict[str, Any], left: str | None, tmp_path: Path) -> None:
    with forge("gitlab") as (state, api):
        for folder in ("reports", "reports-8", "preview-8/reports"):
            (tmp_path / folder).mkdir(parents=True)
            (tmp_path / folder / "dev.json").write_text(json.dumps(GOOD), "utf-8")
        if left is not None:
            # `modelway affected` failed: what it should have written is empty.
            (tmp_path / "preview-9").mkdir()
            (tmp_path / "preview-9" / "affected.json").write_text(left, "utf-8")
        comment(tmp_path, api, described)
        (body,) = [one["body"] for one in state.comments]
        assert "Cannot be decided" in body
        assert "dev-models" in body


def deployed(folder: Path, key: str, *, ledger: bool = True) -> subprocess.CompletedProcess[str]:
    """The job `deploy` where commands say how they were called and with which token, in a repository as a runner leaves it."""
    for name in ("stacks/environments", "examples", "docs"):
        shutil.copytree(ROOT / name, folder / name, ignore=shutil.ignore_patterns("__pycache__", "*.png", "*.parquet"))
    file = folder / "stacks" / "environments" / "prod" / "environment.yaml"
    named = "\ngovernance:\n  ledger: {address: 's3://acme-ledger/prod/', keys: stacks/keys.json}\n"
    file.write_text(file.read_text("utf-8").replace("\ngovernance:\n", named if ledger else "\ngovernance:\n"), "utf-8")
    subprocess.run(["git", "init", "-q", folder], check=True)
    (folder / "plans").mkdir()
    (folder / "plans" / "left").touch()
    for name in ("modelway", "timeout"):
        (folder / ".cache").mkdir(exist_ok=True)
        program = folder / ".cache" / name
        where = "ledger ${MODELWAY_LEDGER-none} ${MODELWAY_LEDGER_KEYS-} ${MODELWAY_LEDGER_KEY-}"
        said = f"token ${{GITLAB_TOKEN-none}} ${{APPROVALS_TOKEN-none}} {where}"
        program.write_text(f'#!/bin/bash\necho "{name} $* | {said}"\n', "utf-8")
        program.chmod(0o755)
    variables = {"ENVIRONMENT": "prod", "STACKS": "prod prod-models", "LEDGER_KEY": key, "APPROVALS_TOKEN": "t"}
    return bash(f'export PATH="$PWD/.cache:$PATH"\n{flat(JOBS["deploy"]["script"])}', folder, **variables)


def test_approvals_are_collected_before_and_releases_recorded_after(tmp_path: Path) -> None:
    done = deployed(tmp_path, "awskms:///arn:k")
    assert done.returncode == 0, done.stderr
    within = "ledger s3://acme-ledger/prod/ stacks/keys.json awskms:///arn:k"
    # One command has the token that reads approvals, under the name that it looks for.
    assert done.stdout.splitlines() == [
        f"modelway approve prod --from-reviews HEAD | token t t {within}",
        *(
            f"timeout --signal=INT 20m modelway apply -s {name} --plan plans/{name}/plan.json --yes | token none none {within}"
            for name in ("prod", "prod-models")
        ),
        *(f"modelway release record {name} --plan plans/{name}/plan.json | token none none {within}" for name in ("prod", "prod-models")),
        f"modelway release verify | token none none {within}",
    ]
    # What jobs leave in the folder is no change of the commit.
    left = subprocess.run(["git", "-C", tmp_path, "status", "--porcelain"], capture_output=True, text=True, check=True).stdout
    assert [line.split()[1] for line in left.splitlines()] == ["docs/", "examples/", "stacks/"]
    assert JOBS["deploy"]["variables"]["GIT_DEPTH"] == 0


def test_without_a_key_nothing_is_recorded(tmp_path: Path) -> None:
    assert DESCRIBED["variables"]["LEDGER_KEY"] == ""
    done = deployed(tmp_path, "")
    assert (done.returncode, len(done.stdout.splitlines())) == (0, 2), done.stderr
    assert all(line.startswith("timeout") and line.endswith("token none none ledger none  ") for line in done.stdout.splitlines())


def test_a_key_without_a_ledger_deploys_nothing(tmp_path: Path) -> None:
    done = deployed(tmp_path, "awskms:///arn:k", ledger=False)
    assert (done.returncode, done.stdout) == (1, "")
    assert "environment prod names no ledger" in done.stderr
