"""How many small changes of the rules' code no case of theirs notices: mutmut, on a copy of the project.

    python -m scripts.bench mutants

Of some ten thousand changes, all of which would take hours, 1,000 are tried, drawn by a fixed seed from their sorted names. Tests run in
processes that have run none before, so that no kept answer hides a change. A change of what runs only while a module is imported is not
noticed, because mutmut makes it later; it counts as not noticed all the same.
"""

import json
import os
import random
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
COPIED = ("modelway", "stacks", "components", "policy", "examples", "Pulumi.yaml", "requirements.lock")
TESTS = (
    *("catalogue", "iam", "iam_comparing", "pack", "belonging", "declared", "judging", "replacement", "supported_versions"),
    *("condition_comparing", "grants_compared", "marked_values", "networks_compared", "rules_made_again"),
)
SAMPLE = 1_000
SEED = 8
NOTICED = {1, 3, 24, 36, -24, 152, 255, 37, -11, -9}
"""Exit codes of a mutant whose tests failed, were too slow, or that did not even start (mutmut/stats.py: status_by_exit_code)."""

CONFIGURATION = """\
[mutmut]
source_paths=modelway
only_mutate=modelway/rules/*
also_copy=
  {copied}
pytest_add_cli_args_test_selection=
  {tests}
pytest_add_cli_args=
  -q
  -x
  -pno:cacheprovider
use_git_change_detection=false
process_isolation=forkserver
track_dependencies=false
"""


def unnoticed() -> float:
    """Changes that no case notices, of each hundred. Takes about a quarter of an hour."""
    with tempfile.TemporaryDirectory(prefix="modelway-mutants-") as name:
        folder = Path(name)
        _lay_out(folder)
        # The changes have to be there to be drawn from: one that no name matches is asked for first, which makes all and tries none.
        _mutmut(folder, "none")
        changes = sorted(_codes(folder))
        if not changes:
            raise RuntimeError(_said(folder))
        drawn = random.Random(SEED).sample(changes, min(SAMPLE, len(changes)))
        failed = _mutmut(folder, *drawn)
        codes = _codes(folder)
        if failed or None in (tried := [codes[one] for one in drawn]):
            raise RuntimeError(_said(folder))
        survived = [one for one in sorted(drawn) if codes[one] not in NOTICED]
        print(*survived, f"{len(changes)} changes, {len(tried)} tried, {len(survived)} not noticed", sep="\n", file=sys.stderr)
        return 100 * len(survived) / len(tried)


def _mutmut(folder: Path, *names: str) -> int:
    command = [str(Path(sys.prefix) / "bin" / "mutmut"), "run", "--max-children", str(os.cpu_count() or 1), *names]
    with (folder / "log.txt").open("wb") as said:
        return subprocess.run(
            command, cwd=folder, env=os.environ | {"PYTHONPATH": str(folder)}, stdout=said, stderr=said, check=False
        ).returncode


def _said(folder: Path) -> str:
    """The end of what mutmut said: it draws a wheel, which is many lines that nobody wants."""
    return (folder / "log.txt").read_text("utf-8", "replace")[-2000:]


def _lay_out(folder: Path) -> None:
    for name in (*COPIED, "tests"):
        source = ROOT / name
        if source.is_dir():
            shutil.copytree(source, folder / name, ignore=shutil.ignore_patterns("__pycache__", "localcloud"))
        else:
            shutil.copy(source, folder / name)
    tests = [f"tests/rules/test_{name}.py" for name in TESTS]
    (folder / "setup.cfg").write_text(
        CONFIGURATION.format(copied="\n  ".join(one for one in COPIED if one != "modelway"), tests="\n  ".join(tests)), "utf-8"
    )


def _codes(folder: Path) -> dict[str, int | None]:
    """What came of each change: the exit code of its tests, or None where it was not tried."""
    files = (folder / "mutants").rglob("*.meta")
    return {name: code for file in files for name, code in json.loads(file.read_text("utf-8"))["exit_code_by_key"].items()}
