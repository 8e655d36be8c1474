"""Writers that are ended in the middle, and many at once, in a folder."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from modelway.governance.ledger import opened
from tests.support.ending_writers import EACH, WRITERS
from tests.support.made_ledgers import PROJECT, Keys, made_keys


@pytest.fixture(scope="module")
def keys(tmp_path_factory: pytest.TempPathFactory) -> Keys:
    return made_keys(tmp_path_factory.mktemp("keys"))


def run(what: str, address: Path, keys: Keys) -> str:
    command = [sys.executable, "-m", "tests.support.ending_writers", what, str(address), str(keys.folder)]
    done = subprocess.run(command, cwd=Path(__file__).parents[2], env=os.environ, capture_output=True, text=True, check=False, timeout=120)
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_a_ledger_holds_wherever_its_writer_was_killed(keys: Keys, tmp_path: Path) -> None:
    assert int(run("killed", tmp_path / "ledger", keys)) > 20
    assert {path.name for path in (tmp_path / "ledger").iterdir()} == {".lock", "entries", "head.json"}


def test_many_writers_lose_nothing(keys: Keys, tmp_path: Path) -> None:
    run("many", tmp_path / "ledger", keys)
    ledger = opened(str(tmp_path / "ledger"), PROJECT, keys.trusted)
    result = ledger.verify()
    assert (result.entries, result.faults, result.notes) == (WRITERS * EACH + 1, (), ())
    numbers = {str(entry.statement["predicate"]["number"]) for entry in ledger.entries() if entry.sequence}  # type: ignore[index]
    assert numbers == {str(number) for number in range(WRITERS * EACH)}
