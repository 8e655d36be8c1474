"""What the program asks for without an engine is what it asks an engine for, wherever it is run."""

import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.support.environments import composed

ROOT = Path(__file__).resolve().parents[2]
STACKS = ("prod", "prod-models-oncology")


def rendered(tree: Path, stack: str, folder: Path) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, str(ROOT / "stacks" / "rendering.py"), str(tree), stack, str(tree / "stacks" / "environments")]
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)


@pytest.fixture(scope="module")
def elsewhere(tmp_path_factory: pytest.TempPathFactory) -> Path:
    tree = tmp_path_factory.mktemp("elsewhere")
    for name in ("components", "examples", "modelway", "stacks"):
        shutil.copytree(ROOT / name, tree / name, ignore=shutil.ignore_patterns("__pycache__", "*.parquet", "*.csv"))
    shutil.copy(ROOT / "Pulumi.yaml", tree)
    return tree


@pytest.mark.parametrize("stack", STACKS)
def test_it_is_what_an_engine_is_asked_for(stack: str, elsewhere: Path, tmp_path: Path) -> None:
    here = rendered(ROOT, stack, ROOT)
    assert here.returncode == 0, here.stderr
    asked = {one.urn for one in composed("prod")[stack].resources if one.type != "pulumi:pulumi:StackReference"}
    told = json.loads(here.stdout)
    assert {urn for urn in told["graph"] if "::pulumi:pulumi:Stack::" not in urn} == asked
    assert told["resolved"]["environment"] == "prod"
    # The same text from another folder, of another checkout, by another process.
    assert rendered(elsewhere, stack, tmp_path).stdout == here.stdout


def test_what_the_program_refuses_is_told(tmp_path: Path) -> None:
    refused = rendered(ROOT, "prod-models", tmp_path)
    assert (refused.returncode, refused.stdout) == (1, "")
    assert refused.stderr.startswith("stack prod-models: environment prod has layout split_by_team")
