"""`modelway preview` and `modelway apply`: what cannot be followed is told before the engine starts."""

from pathlib import Path

import pytest

from modelway.cli import main


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Somebody's Pulumi program, where the command runs; an engine that starts makes a home beside it."""
    (tmp_path / "program").mkdir()
    monkeypatch.chdir(tmp_path / "program")
    Path("Pulumi.yaml").write_text("name: shop\nruntime: yaml\n", "utf-8")
    Path("risks.toml").write_text('[[risk]]\nid = "mine"\n', "utf-8")
    Path("prices.toml").write_text("[prices.frankfurt]\n", "utf-8")
    Path("checks.json").write_text('{"steps": []}', "utf-8")
    Path("plan.json").write_text('{"steps": []}', "utf-8")
    Path("file").write_text("", "utf-8")
    monkeypatch.setenv("PULUMI_HOME", str(tmp_path / "engine"))
    monkeypatch.setenv("PULUMI_BACKEND_URL", (tmp_path / "state").as_uri())
    return tmp_path


@pytest.mark.parametrize(
    ("arguments", "code", "told"),
    [
        (("preview",), 2, "'--stack'"),
        (("preview", "-s", "dev", "-s", "dev"), 2, "--stack: dev is named twice"),
        (("preview", "-s", "dev", "--out", "file"), 2, "is a file, and would have to be a folder"),
        (("preview", "-s", "dev", "--policy-pack", "nowhere"), 2, "'--policy-pack': dir 'nowhere' does not exist"),
        (("preview", "-s", "dev", "--risks", "nowhere"), 2, "'--risks': file 'nowhere' does not exist"),
        (("preview", "-s", "dev", "--checks", "."), 2, "'--checks': file '.' is a directory"),
        (("preview", "-s", "dev", "--risks", "risks.toml"), 1, "risks.toml cannot be used:\n- line 1: row mine: class: missing"),
        (("preview", "-s", "dev", "--prices", "prices.toml"), 1, "prices.frankfurt: no region of AWS"),
        (("preview", "-s", "dev", "--checks", "checks.json"), 1, "checks.json is not what `modelway check … --json` writes: "),
        (("apply", "-s", "dev", "--plan", "nowhere.json"), 2, "There is no plan nowhere.json"),
        (("apply", "-s", "dev", "--plan", "plan.json"), 1, "plan.json is not an update plan but the digest of a preview"),
    ],
)
def test_it_is_one_message_and_no_engine(
    project: Path, capsys: pytest.CaptureFixture[str], arguments: tuple[str, ...], code: int, told: str
) -> None:
    with pytest.raises(SystemExit) as end:
        main(list(arguments))
    printed = capsys.readouterr()
    assert (end.value.code, printed.out) == (code, "")
    assert told in printed.err
    assert not (project / "engine").exists()
