"""What `pip install .` puts into somebody's environment is whole: CI and other repositories have no clone to fall back to."""

import os
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
CASE = ROOT / "tests" / "preview" / "recorded" / "canary-jump"
RUN = """
import sys
# Not the clone, which is on the path of the environment of the tests.
sys.path = [sys.argv.pop(1), *(place for place in sys.path if place not in ("", sys.argv[1]))]
del sys.argv[1]
import modelway
assert modelway.__file__.startswith(sys.path[0]), modelway.__file__
from modelway.cli import main
main()
"""


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with what the wheel of this clone holds. Nothing is fetched: what builds it is in the lock files."""
    source, place = tmp_path_factory.mktemp("source"), tmp_path_factory.mktemp("installed")
    shutil.copytree(ROOT / "modelway", source / "modelway", ignore=shutil.ignore_patterns("__pycache__"))
    for name in ("pyproject.toml", "README.md"):
        shutil.copy(ROOT / name, source)
    pip = [sys.executable, "-m", "pip", "wheel", "--quiet", "--no-deps", "--no-build-isolation", "--no-index", "--wheel-dir", str(source)]
    subprocess.run([*pip, "."], cwd=source, check=True, capture_output=True)
    (wheel,) = source.glob("*.whl")
    with zipfile.ZipFile(wheel) as held:
        held.extractall(place)
    return place


def test_every_file_of_the_library_is_in_it(installed: Path) -> None:
    here = {file.relative_to(ROOT) for file in (ROOT / "modelway").rglob("*") if file.is_file() and "__pycache__" not in file.parts}
    there = {file.relative_to(installed) for file in (installed / "modelway").rglob("*") if file.is_file()}
    assert here <= there, sorted(map(str, here - there))


@pytest.mark.parametrize("format_", ["markdown", "html", "json", "line", "terminal"])
def test_a_report_is_made_of_it_alone(format_: str, installed: Path, tmp_path: Path) -> None:
    given = ["--digest", str(CASE / "digest.json"), "--events", str(CASE / "events.jsonl"), "--state", str(CASE / "state.json")]
    kept = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
    done = subprocess.run(
        [sys.executable, "-c", RUN, str(installed), str(ROOT), "report", *given, "--format", format_],
        cwd=tmp_path,
        env=kept,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 3, done.stderr
    assert "credit-risk" in done.stdout
