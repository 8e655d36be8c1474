"""Whoever is in the wrong account is told before the engine runs for the first time."""

from collections.abc import Callable
from pathlib import Path

import pytest

from modelway.cli import main

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(autouse=True)
def no_engine(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    # The engine would say that this folder is no project.
    monkeypatch.setenv("PULUMI_OPTION_CWD", str(tmp_path))
    monkeypatch.setenv("PULUMI_BACKEND_URL", f"file://{tmp_path}")
    monkeypatch.chdir(ROOT)


def run(*arguments: str) -> object:
    with pytest.raises(SystemExit) as end:
        main([*arguments])
    return end.value.code


@pytest.mark.parametrize(
    "arguments", [["up", "dev", "--yes"], ["destroy", "dev", "--yes"], ["publish", "dev", "--all", "FOLDER"], ["kubeconfig", "dev"]]
)
def test_another_account_is_refused(
    arguments: list[str], use_account: Callable[[str], None], capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    version = tmp_path / "co2-forecast" / "2026.11.0"
    version.mkdir(parents=True)
    (version / "model.json").write_text("{}")
    arguments = [str(tmp_path) if argument == "FOLDER" else argument for argument in arguments]
    use_account("111111111111")
    assert run(*arguments) == 1
    out, err = capsys.readouterr()
    assert out == ""
    assert err == (
        "the AWS credentials here are of account 111111111111, and environment dev is in 222222222222: use credentials of 222222222222; "
        'for the cloud on a laptop: eval "$(modelway local env dev)".\n'
    )


def test_the_own_account_gets_to_the_engine(use_account: Callable[[str], None], capsys: pytest.CaptureFixture[str]) -> None:
    use_account("222222222222")
    assert run("kubeconfig", "dev") == 1
    assert "Pulumi.yaml" in capsys.readouterr().err


def test_no_credentials_are_told(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for name in ("ACCESS_KEY_ID", "SECRET_ACCESS_KEY", "SESSION_TOKEN", "PROFILE", "DEFAULT_PROFILE"):
        monkeypatch.delenv(f"AWS_{name}", raising=False)
    for name in ("CONFIG_FILE", "SHARED_CREDENTIALS_FILE"):
        monkeypatch.setenv(f"AWS_{name}", str(tmp_path / "none"))
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    assert run("destroy", "dev", "--yes") == 1
    assert capsys.readouterr().err.startswith("there are no AWS credentials: set AWS_PROFILE")
