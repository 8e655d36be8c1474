"""Faulty files are refused by every verb that reads them, before the engine starts."""

import re
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from modelway.cli import main
from tests.architecture.test_cases import expected, lay_out

ROOT = Path(__file__).resolve().parents[2]
VALID = ROOT / "tests" / "architecture" / "valid"
CASE = "every-kind-at-once.error"
"""Malformed YAML, an unknown field, a wrong type, traffic over 100, a version that does not exist, a mutable image tag."""


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A project whose environment dev has every kind of fault; it is where the command runs, and the engine has a home of its own."""
    folder = tmp_path / "project"
    lay_out(CASE, folder)
    shutil.copy(ROOT / "Pulumi.yaml", folder)
    monkeypatch.chdir(folder)
    monkeypatch.setenv("PULUMI_HOME", str(tmp_path / "engine"))
    monkeypatch.setenv("PULUMI_BACKEND_URL", (tmp_path / "state").as_uri())
    monkeypatch.delenv("PULUMI_OPTION_CWD", raising=False)
    return folder


@pytest.mark.parametrize("verb", [["validate"], ["show"], ["up", "--yes"], ["destroy", "--yes"]], ids=lambda verb: verb[0])
def test_every_fault_is_told_and_the_engine_is_not_started(
    verb: list[str], project: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as end:
        main([*verb, "dev", "--environments", "environments"])
    out, err = capsys.readouterr()
    assert (end.value.code, out) == (1, "")
    if verb == ["validate"]:
        # It shows the lines too: `  9 | …`.
        assert re.search(r"^  9 \|     canary: .*\n    \| {23}\^{4}$", err, re.MULTILINE)
        err = re.sub(r"^ +[0-9]* \|.*\n", "", err, flags=re.MULTILINE)
    assert err.replace(f"{project}/", "") == expected(CASE)
    # What the engine makes first.
    assert not (tmp_path / "engine").exists()
    assert sorted(path.name for path in tmp_path.iterdir()) == ["project"]


def test_the_engine_would_have_made_its_home(
    project: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], use_account: Callable[[str], None]
) -> None:
    # Or the test above would say nothing.
    use_account("222222222222")
    shutil.rmtree(project / "environments")
    shutil.copytree(VALID, project, dirs_exist_ok=True)
    with pytest.raises(SystemExit) as end:
        main(["up", "--yes", "dev", "--environments", "environments"])
    assert end.value.code == 1
    assert "pulumi" in capsys.readouterr().err
    assert (tmp_path / "engine").exists()
