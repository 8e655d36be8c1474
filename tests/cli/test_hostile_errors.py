"""What an error quotes is shown, and does nothing."""

from pathlib import Path

import pytest

from modelway.cli import main


def test_an_error_cannot_move_the_cursor_or_turn_the_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "keys.json").write_text("{}", "utf-8")
    nowhere = str(tmp_path / "a\x1b[2J\u202eb")
    with pytest.raises(SystemExit) as ended:
        main(["release", "list", "--ledger", nowhere, "--keys", str(tmp_path / "keys.json")])
    said = capsys.readouterr().err
    assert ended.value.code == 1
    assert "\x1b" not in said
    assert "\u202e" not in said


def test_lines_of_an_error_stay_lines(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder = tmp_path / "dev"
    folder.mkdir()
    (folder / "environment.yaml").write_text("environment: dev\ntier: nothing\nowner: 3\n", "utf-8")
    with pytest.raises(SystemExit):
        main(["gates", "dev", "--environments", str(tmp_path)])
    assert len(capsys.readouterr().err.splitlines()) > 3
