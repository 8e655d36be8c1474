"""report.lock is a part of requirements.lock, and enough for the verbs that CI runs without an engine."""

import json
import os
import re
import subprocess
import sys
from importlib.metadata import packages_distributions
from pathlib import Path

import pytest

from scripts import lock

ROOT = Path(__file__).resolve().parents[2]
RECORDED = ROOT / "tests" / "preview" / "recorded" / "canary-jump"
BLOCKED = """
import sys
from importlib.abc import MetaPathFinder
class Missing(MetaPathFinder):
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] in sys.argv[1].split(","):
            raise ModuleNotFoundError(f"{name} is not in report.lock")
sys.meta_path.insert(0, Missing())
del sys.argv[1]
from modelway.cli import main
main()
"""


def names(text: str) -> set[str]:
    return set(re.findall(r"^([a-z0-9-]+)==", text, re.MULTILINE))


def entries(text: str) -> set[str]:
    return set(re.findall(r"^[a-z0-9-]+==[^\n]*\n(?: [^\n]*\n)*", text, re.MULTILINE))


def test_every_entry_stands_in_the_whole_lock_file_with_its_hashes() -> None:
    part = lock.FILE.read_text("utf-8")
    assert entries(part) <= entries(lock.WHOLE.read_text("utf-8"))
    assert all("--hash=sha256:" in entry for entry in entries(part))
    assert not {"pulumi", "pulumi-aws", "boto3", "kubernetes", "numpy"} & names(part)


def test_what_a_package_needs_comes_with_it_also_where_it_stands_twice() -> None:
    lines = [
        *("a==1 \\", "    --hash=h", "    # via modelway (pyproject.toml)"),
        *("b==1 ; x < 3 \\", "    --hash=i", "    # via a"),
        *("b==2 ; x >= 3 \\", "    --hash=j", "    # via", "    #   a", "    #   c"),
        *("c==1 \\", "    --hash=k", "    # via modelway (pyproject.toml)"),
    ]
    whole = "".join(f"{line}\n" for line in lines)
    assert [line for line in lock.part_of(whole, ["a"]).splitlines() if "==" in line] == ["a==1 \\", "b==1 ; x < 3 \\", "b==2 ; x >= 3 \\"]
    with pytest.raises(LookupError, match="no d"):
        lock.part_of(whole, ["d"])


@pytest.mark.parametrize(
    "arguments",
    [
        ["validate"],
        ["affected", "--base", "HEAD", "--json"],
        ["show", "dev", "--json"],
        *(
            ["report", "--digest", "digest.json", "--events", "events.jsonl", "--state", "state.json", "--format", name]
            for name in ("markdown", "html", "json", "line", "terminal")
        ),
        ["report", "--before", "stacks/environments/dev", "--after", "stacks/environments/dev"],
        ["comment", "--report", "REPORT", "--forge", "github", "--repository", "a/b", "--pull-request", "1", "--dry-run"],
    ],
    ids=" ".join,
)
def test_the_verbs_without_an_engine_need_nothing_else(arguments: list[str], tmp_path: Path) -> None:
    here = names(lock.FILE.read_text("utf-8"))
    others = {
        module
        for module, distributions in packages_distributions().items()
        if not {re.sub(r"[._]", "-", one.lower()) for one in distributions} & {*here, "modelway"}
    }
    assert {"pulumi", "boto3", "numpy", "duckdb"} <= others
    if "REPORT" in arguments:
        report = tmp_path / "report.json"
        report.write_text(json.dumps({"verdict": {"decision": "ok"}, "stacks": [{"stack": "dev"}], "version": 1}), "utf-8")
        arguments = [str(report) if word == "REPORT" else word for word in arguments]
    arguments = [str(RECORDED / word) if (RECORDED / word).is_file() else word for word in arguments]
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("CI_", "GITHUB_", "GITLAB_"))}
    done = subprocess.run(
        [sys.executable, "-c", BLOCKED, ",".join(others), *arguments],
        capture_output=True,
        text=True,
        cwd=ROOT,
        env={**kept, "PYTHONPATH": str(ROOT)},
        check=False,
    )
    assert "report.lock" not in done.stderr, done.stderr
    assert done.returncode in (0, 1, 3), done.stderr
    assert done.stdout
