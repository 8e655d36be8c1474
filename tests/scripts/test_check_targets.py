"""What is said of a check that this machine cannot run."""

from pathlib import Path

import pytest

from scripts import check


def test_without_a_browser_it_says_not_run_and_never_passed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.delenv("CHROME", raising=False)
    assert check.main(["browser"]) == 1
    said = capsys.readouterr().out
    assert "browser     not run: there is no Chromium" in said
    assert "passed" not in said


def test_all_checks_without_a_browser_are_not_failed_by_that(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.delenv("CHROME", raising=False)
    monkeypatch.setattr(check, "CHECKS", {"lint": [], "browser": check.CHECKS["browser"]})
    assert check.main([]) == 0
    assert "browser     not run: there is no Chromium" in capsys.readouterr().out
