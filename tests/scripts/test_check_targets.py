"""What is said of a check that this machine cannot run."""

import subprocess
from pathlib import Path

import pytest

from scripts import check, spark
from toolchain import ToolchainError


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


def test_without_spark_it_says_not_run_and_why(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    def interpreter(progress: object) -> Path:
        raise ToolchainError("spark: packages cannot be fetched.\nSee the log.")

    monkeypatch.setattr(spark, "interpreter", interpreter)
    check._without_spark.cache_clear()
    assert check.main(["spark"]) == 1
    check._without_spark.cache_clear()
    said = capsys.readouterr().out
    assert "spark       not run: there is no Spark, and it cannot be fetched (spark: packages cannot be fetched.)" in said
    assert "passed" not in said


def test_java_is_started_without_the_module_that_it_has_not(tmp_path: Path) -> None:
    java = tmp_path / "a java"
    java.write_text('#!/bin/sh\nprintf "%s|" "$@"\n')
    java.chmod(0o755)
    home = spark._home(java, tmp_path / "home")
    said = subprocess.run(
        [home / "bin" / "java", "-cp", "a b", "--add-modules=jdk.incubator.vector", "Main"], capture_output=True, text=True, check=True
    )
    assert said.stdout == "-cp|a b|Main|"
