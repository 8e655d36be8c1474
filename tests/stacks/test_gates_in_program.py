"""The program asks for its gates before it makes anything."""

import os
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pulumi
import pytest

from modelway.architecture import Environment
from stacks.gates import pass_gates
from tests.support.engine import run
from tests.support.gated import HEAD, MODEL, OFFICE, STACK, Desk, approving, desk, production

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture
def warnings(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    found: list[str] = []
    monkeypatch.setattr(pulumi.log, "warn", found.append)
    return found


@pytest.fixture
def here(tmp_path: Path) -> Desk:
    (tmp_path / "Pulumi.yaml").write_text("name: x\n")
    (tmp_path / "environments").mkdir()
    return desk(tmp_path, datetime.now(UTC) - timedelta(minutes=1))


def passed(environment: Environment, here: Desk, *, stack: str = STACK, preview: bool = False) -> None:
    run(lambda: pass_gates(environment, here.root / "environments", ROOT), stack=stack, new=["a:b:C"] if preview else [])


def test_an_update_without_what_is_asked_ends_with_a_list(here: Desk, warnings: list[str]) -> None:
    environment = approving(2)
    here.approve(environment, OFFICE)
    with pytest.raises(pulumi.RunError) as refused:
        passed(environment, here)
    said = str(refused.value)
    assert said.startswith("gates of dev-models are not passed:\n  credit-risk: approvals missing: ")
    assert f"1 of 2: {OFFICE}\n    `modelway approve dev credit-risk --key KEY`, by {HEAD}." in said
    assert said.endswith("Nothing was changed.")
    assert warnings == []


def test_a_preview_warns_once(here: Desk, warnings: list[str]) -> None:
    passed(approving(2), here, preview=True)
    (one,) = warnings
    assert one.startswith("An update would change nothing, because gates of dev-models are not passed:")


def test_nothing_is_said_where_all_of_it_is_there(here: Desk, warnings: list[str]) -> None:
    environment = approving(2)
    here.approve(environment, OFFICE)
    here.approve(environment, HEAD)
    passed(environment, here)
    assert warnings == []


def test_broken_glass_is_warned_of(here: Desk, warnings: list[str]) -> None:
    here.at(datetime.now(UTC))
    here.break_glass()
    passed(approving(2), here)
    (one,) = warnings
    assert one.startswith(f"THE GLASS IS BROKEN for dev-models by {OFFICE} until ")
    assert "(It burns.). It lets pass:\n  credit-risk: approvals broken glass: " in one


def test_what_blocks_nothing_is_told(here: Desk, warnings: list[str]) -> None:
    passed(approving(2, tier="development"), here)
    (one,) = warnings
    assert one.startswith("Gates of dev-models that are open, and block nothing in tier development:\n  credit-risk: approvals missing")


@pytest.mark.parametrize("stack", ["dev", "dev-models-vision"])
def test_a_stack_without_models_has_no_gates(here: Desk, warnings: list[str], stack: str) -> None:
    passed(approving(2), here, stack=stack)
    passed(production(**{f"models__{MODEL}__presence": "disabled"}), here)
    assert warnings == []


def test_a_program_without_a_ledger_waits_for_neither_cryptography_nor_aws() -> None:
    program = (
        "import sys; from datetime import datetime, UTC; from pathlib import Path; from modelway.architecture import load;"
        "from modelway.governance.gates import judged, known; prod = load(Path('stacks/environments'), 'prod', Path('.'));"
        "assert judged(prod, None, known(prod, Path('.')), datetime.now(UTC));"
        "print([name for name in ('cryptography', 'boto3') if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=True, env=dict(os.environ))
    assert done.stdout.strip() == "[]"
