"""`modelway preview` and `modelway apply` on a program that is not Modelway's: what is reviewed is what runs.

The tests build on one another and run in the order of the file.
"""

import json
import os
import signal
import stat
import subprocess
import sys
import time
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import pytest

from tests.localcloud.conftest import MODELWAY, Cloud

pytestmark = pytest.mark.localcloud

PROGRAM = """
import json, os, time
from pathlib import Path
import pulumi

class Bucket(pulumi.CustomResource):
    def __init__(self, name, inputs):
        super().__init__("aws:s3/bucket:Bucket", name, inputs)

said = json.loads((Path(__file__).parent / "said.json").read_text())
if said.get("fail"):
    raise RuntimeError("no such region, token=" + said["fail"])
time.sleep(said.get("wait", 0))
Bucket("store", {"bucket": "reviewed-store", "tags": said["tags"], "acl": pulumi.Config().get("acl")})
pulumi.export("token", pulumi.Output.secret("kept secret by the engine"))
"""
KEY = "AKIA" + "IOSFODNN7EXAMPLE"


@dataclass(frozen=True)
class Site:
    folder: Path
    variables: dict[str, str]

    def say(self, **said: object) -> None:
        (self.folder / "said.json").write_text(json.dumps({"tags": {"a": "1"}, **said}), "utf-8")

    def run(self, *command: str, code: int = 0) -> subprocess.CompletedProcess[str]:
        done = subprocess.run(
            command, cwd=self.folder, env=self.variables, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False
        )
        assert done.returncode == code, f"{' '.join(command)} ended with {done.returncode}\n{done.stdout}\n{done.stderr}"
        return done

    def preview(self, *arguments: str, code: int = 0, out: str = "out") -> subprocess.CompletedProcess[str]:
        return self.run(MODELWAY, "preview", "-s", "test", "--out", out, *arguments, code=code)

    def apply(self, code: int = 0, stack: str = "test") -> str:
        return self.run(MODELWAY, "apply", "-s", stack, "--plan", "out/test/plan.json", "--yes", code=code).stderr

    def state(self) -> str:
        return self.run("pulumi", "stack", "export", "--stack", "test").stdout


@pytest.fixture(scope="module")
def site(cloud: Cloud, tmp_path_factory: pytest.TempPathFactory) -> Site:
    folder = tmp_path_factory.mktemp("reviewed")
    state = tmp_path_factory.mktemp("state")
    runtime = {"name": "python", "options": {"virtualenv": sys.prefix}}
    (folder / "Pulumi.yaml").write_text(json.dumps({"name": "reviewed", "runtime": runtime}), "utf-8")
    (folder / "__main__.py").write_text(PROGRAM, "utf-8")
    given = {
        name: value for name, value in cloud.environment("565656565656").items() if not name.startswith(("PULUMI_OPTION", "PULUMI_CONFIG"))
    }
    own = {"PULUMI_BACKEND_URL": f"file://{state}", "PULUMI_CONFIG_PASSPHRASE": "test", "PYTHONPATH": str(cloud.root)}
    site = Site(folder, {**given, **own})
    site.say()
    site.run("pulumi", "stack", "init", "test")
    return site


def test_a_preview_reports_and_keeps_what_may_be_kept(site: Site) -> None:
    said = site.preview("--format", "json", "--detailed-exitcode", code=5)
    report = json.loads(said.stdout)
    assert [(row["stack"], row.get("result", "succeeded")) for row in report["stacks"]] == [("test", "succeeded")]
    assert {change["name"] for change in report["changes"]} >= {"store"}
    kept = site.folder / "out"
    assert {file.name for file in (kept / "test").iterdir()} == {
        "digest.json",
        "events.jsonl",
        "state.json",
        "plan.json",
        "plan.manifest.json",
    }
    assert {file.name for file in kept.iterdir()} == {"test", "report.json", "report.md", "report.html"}
    assert stat.S_IMODE((kept / "test").stat().st_mode) == 0o700
    assert {stat.S_IMODE((kept / "test" / name).stat().st_mode) for name in ("digest.json", "events.jsonl", "state.json", "plan.json")} == {
        0o600
    }
    assert not list((site.folder / ".modelway").glob("preview-*"))
    assert not [file for file in kept.rglob("*") if file.is_file() and "kept secret by the engine" in file.read_text("utf-8")]
    manifest = json.loads((kept / "test" / "plan.manifest.json").read_text("utf-8"))
    assert {what: value for stack, what, value in report["made"]["hashes"]} == {
        what: manifest[what] for what in ("state", "plan", "program", "environment")
    }


def test_whatever_changed_since_is_named_and_nothing_runs(site: Site) -> None:
    plan, before = site.folder / "out" / "test" / "plan.json", site.state()
    reviewed = plan.read_bytes()
    plan.write_bytes(reviewed + b"\n")
    site.say(tags={"a": "2"})
    site.run("pulumi", "config", "set", "acl", "private", "--stack", "test")
    said = site.apply(code=4)
    assert [line.split(":")[0] for line in said.splitlines() if line.startswith("  ")] == ["  plan", "  program", "  environment"]
    plan.write_bytes(reviewed)
    site.say()
    site.run("pulumi", "config", "rm", "acl", "--stack", "test")
    assert site.state() == before


def test_what_was_reviewed_runs_once(site: Site) -> None:
    site.preview()
    assert "as planned at" in site.apply()
    assert '"reviewed-store"' in site.state()
    # It was made from a state that is no longer there.
    said = site.apply(code=4)
    assert [line.split(":")[0] for line in said.splitlines() if line.startswith("  ")] == ["  state"]
    assert "is not applied to stack test" in said


def test_another_stack_and_a_late_plan_are_refused(site: Site) -> None:
    site.preview()
    site.run("pulumi", "stack", "init", "other")
    assert "  stack: test when it was reviewed, other now" in site.apply(code=4, stack="other")
    file = site.folder / "out" / "test" / "plan.manifest.json"
    manifest = json.loads(file.read_text("utf-8"))
    file.write_text(json.dumps({**manifest, "expires_at": "2026-01-01T00:00:00+00:00"}), "utf-8")
    assert "  time: it was to be applied before 2026-01-01T00:00:00+00:00" in site.apply(code=4)


def test_a_plan_with_a_credential_in_clear_is_not_kept(site: Site) -> None:
    site.say(tags={"key": KEY})
    said = site.preview(code=4)
    assert "is not kept" in said.stderr
    assert not (site.folder / "out" / "test" / "plan.json").exists()
    assert not [file for file in (site.folder / "out").rglob("*") if file.is_file() and KEY in file.read_text("utf-8")]
    assert KEY not in said.stdout + said.stderr


def test_a_preview_that_fails_is_a_report_too(site: Site) -> None:
    site.say(fail=KEY)
    said = site.preview(code=1)
    assert "no such region" in said.stdout
    assert KEY not in said.stdout + said.stderr
    assert not (site.folder / "out" / "test" / "plan.json").exists()
    assert not [file for file in (site.folder / "out").rglob("*") if file.is_file() and KEY in file.read_text("utf-8")]


def test_several_stacks_are_one_report(site: Site) -> None:
    site.say(tags={"a": "3"})
    said = site.run(MODELWAY, "preview", "-s", "test", "-s", "other", "-s", "nowhere", "--format", "json", code=1)
    rows = {row["stack"]: row.get("result", "succeeded") for row in json.loads(said.stdout)["stacks"]}
    assert rows == {"test": "succeeded", "other": "succeeded", "nowhere": "failed"}
    assert "stack nowhere is not made yet: there is no state to compare with" in said.stderr


def test_an_interrupt_leaves_nothing(site: Site) -> None:
    site.say(wait=60)
    with subprocess.Popen(
        [MODELWAY, "preview", "-s", "test"],
        cwd=site.folder,
        env=site.variables,
        start_new_session=True,
        stderr=subprocess.PIPE,
        text=True,
        # Whoever runs the tests in the background may have interrupts ignored, and what is started inherits that.
        preexec_fn=partial(signal.signal, signal.SIGINT, signal.SIG_DFL),
    ) as run:
        until = time.monotonic() + 60
        while not list((site.folder / ".modelway").glob("preview-*/0/events.jsonl")) and time.monotonic() < until:
            time.sleep(0.1)
        time.sleep(3)
        os.killpg(run.pid, signal.SIGINT)
        run.communicate(timeout=60)
    assert run.returncode == 130
    assert not list((site.folder / ".modelway").glob("preview-*"))
