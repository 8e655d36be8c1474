"""How many small changes of the rules' code no case of theirs notices: mutmut, on a copy of the project.

    python -m scripts.bench mutants

A change of what runs while a module is imported is never noticed, because mutmut makes it later; it counts as not noticed all the same.
"""

import json
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
COPIED = ("modelway", "stacks", "components", "policy", "examples", "Pulumi.yaml", "requirements.lock")
TESTS = ("catalogue", "iam", "iam_comparing", "pack", "belonging", "declared", "judging", "replacement", "supported_versions")
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
track_dependencies=false
"""


def unnoticed() -> float:
    """Changes that no case notices, of each hundred. Takes about an hour."""
    with tempfile.TemporaryDirectory(prefix="modelway-mutants-") as name:
        folder = Path(name)
        _lay_out(folder)
        processes = str(os.cpu_count() or 1)
        log = folder / "log.txt"
        with log.open("wb") as said:
            mutmut = [str(Path(sys.prefix) / "bin" / "mutmut"), "run", "--max-children", processes]
            done = subprocess.run(mutmut, cwd=folder, env=os.environ | {"PYTHONPATH": name}, stdout=said, stderr=said, check=False)
        codes = [code for file in sorted((folder / "mutants").rglob("*.meta")) for code in _codes(file)]
        if done.returncode or not codes or None in codes:
            # It draws a wheel, which is many lines that nobody wants.
            raise RuntimeError(log.read_text("utf-8", "replace")[-2000:])
        survived = [code for code in codes if code not in NOTICED]
        print(f"{len(codes)} changes, {len(survived)} not noticed", file=sys.stderr)
        return 100 * len(survived) / len(codes)


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


def _codes(file: Path) -> list[int | None]:
    return list(json.loads(file.read_text("utf-8"))["exit_code_by_key"].values())
