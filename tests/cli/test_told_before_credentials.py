"""What files and arguments alone show to be wrong is told before anybody is asked for credentials, with the exit code that it has."""

import os
import re
from pathlib import Path

import pytest

from modelway.cli import main
from tests.support.environments import ROOT


@pytest.fixture(autouse=True)
def no_credentials(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for name in [name for name in os.environ if name.startswith(("AWS_", "PULUMI_"))]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("AWS_CONFIG_FILE", str(tmp_path / "none"))
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(tmp_path / "none"))
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    # What the engine makes and reads; it is nobody's.
    monkeypatch.setenv("PULUMI_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("PULUMI_BACKEND_URL", f"file://{tmp_path}")
    monkeypatch.setenv("COLUMNS", "300")
    monkeypatch.chdir(ROOT)


def ended(*arguments: str) -> int:
    with pytest.raises(SystemExit) as end:
        main([*arguments])
    return int(end.value.code or 0)


PUBLISH = ("publish", "dev", "--model", "co2-forecast", "--version", "1")


@pytest.mark.parametrize(
    ("arguments", "code", "told"),
    [
        (("ask", "dev/nope"), 1, "has no endpoint nope"),
        (("bootstrap", "dev", "--repository", "acme"), 2, "OWNER/NAME"),
        ((*PUBLISH, "--image", "/nope", "--weights", "/nope"), 2, "there is no folder /nope"),
        ((*PUBLISH, "--image", "docs", "--weights", "/nope"), 2, "there is no file /nope"),
        ((*PUBLISH, "--image", "docs", "--weights", "README.md"), 1, "has no version '1'"),
        (("publish", "dev", "--all", "/nope"), 2, "there is no folder /nope"),
        (("publish", "dev", "--all", "docs"), 1, "there is nothing to publish"),
        (("publish", "dev", "--all", "docs", "--environments", "/nope"), 2, "there is no folder /nope"),
        (("kubeconfig", "dev", "--environments", "/nope"), 2, "there is no folder /nope"),
        (("adopt", "dev", "--output", "README.md/x"), 2, "is a file"),
        (("destroy", "prod", "--yes"), 4, "tier production, which protects what it stores"),
        (("show", "dev", "--defaults"), 2, "add --origin"),
        (("dashboards", "dev", "--to", "README.md"), 2, "is a file"),
        (("dashboards", "dev", "--to", "/etc/hostname/x"), 2, "/etc/hostname is a file"),
        (("dashboards", "dev", "--to", ""), 2, "it names no folder"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, tuple) else "",
)
def test_the_real_cause_is_told(arguments: tuple[str, ...], code: int, told: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert ended(*arguments) == code
    said = capsys.readouterr().err
    assert told in said
    if code != 4:
        assert "credentials" not in said


@pytest.mark.parametrize(
    "verb", [("up", "dev", "--yes"), ("ask", "dev/co2-forecast"), ("destroy", "dev", "--yes")], ids=lambda verb: verb[0]
)
def test_credentials_are_asked_for_by_the_name_of_the_environment(verb: tuple[str, ...], capsys: pytest.CaptureFixture[str]) -> None:
    assert ended(*verb) == 1
    assert 'eval "$(modelway local env dev)"' in capsys.readouterr().err


@pytest.mark.parametrize(
    "verb",
    [
        ("up", "qa"),
        ("destroy", "qa"),
        ("ask", "qa/x"),
        ("adopt", "qa"),
        ("kubeconfig", "qa"),
        ("publish", "qa", "--all", "docs"),
        ("show", "qa"),
    ],
    ids=lambda verb: verb[0],
)
def test_an_environment_that_is_not_there_is_told_as_of_here(verb: tuple[str, ...], capsys: pytest.CaptureFixture[str]) -> None:
    assert ended(*verb) == 1
    assert re.match(r"stacks/environments/qa\n  rule: no such environment; there are: ", capsys.readouterr().err)
