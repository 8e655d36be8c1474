"""`modelway governance evidence`."""

import hashlib
import json
import shutil
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest

from modelway.cli import main
from modelway.cli import policy as policy_verb
from tests.support.gated import NOW, Desk, desk

ROOT = Path(__file__).resolve().parents[2]
VALID = ROOT / "tests" / "architecture" / "valid"
DAY = date(2026, 11, 28)
LEDGER = "governance: {ledger: {address: ledger, keys: keys.json}}\n"


@pytest.fixture
def repository(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A small repository with environment dev; it is where the command runs."""
    root = tmp_path / "repository"
    shutil.copytree(VALID, root)
    (root / "stacks").mkdir()
    (root / "environments").rename(root / "stacks" / "environments")
    (root / "Pulumi.yaml").write_text("name: modelway\nruntime: python\n")
    monkeypatch.chdir(root)
    monkeypatch.setattr(policy_verb, "today", lambda: DAY)
    return root


@pytest.fixture
def ledger(repository: Path) -> Desk:
    """A ledger that the environment names."""
    file = repository / "stacks" / "environments" / "dev" / "environment.yaml"
    file.write_text(file.read_text("utf-8") + LEDGER)
    return desk(repository)


def evidence(*arguments: str) -> int:
    with pytest.raises(SystemExit) as end:
        main(["governance", "evidence", *arguments])
    return int(end.value.code or 0)


def state(name: str, stack: str) -> str:
    urn = f"urn:pulumi:{stack}::modelway::pulumi:pulumi:Stack::modelway-{stack}"
    resources = [{"urn": urn, "type": "pulumi:pulumi:Stack", "custom": False}]
    Path(name).write_text(json.dumps({"version": 3, "deployment": {"manifest": {}, "resources": resources}}))
    return name


def said(capsys: pytest.CaptureFixture[str], *arguments: str) -> Any:
    capsys.readouterr()
    assert evidence("dev", "--format", "json", *arguments) == 0
    return json.loads(capsys.readouterr().out)


@pytest.mark.usefixtures("repository")
def test_evidence_is_printed_and_the_same_again(capsys: pytest.CaptureFixture[str]) -> None:
    for format_, begins in (("md", "# Evidence of dev"), ("html", "<!doctype html>"), ("json", "{")):
        texts = []
        for _ in range(2):
            assert evidence("dev", "--format", format_) == 0
            texts.append(capsys.readouterr().out)
        assert texts[0] == texts[1]
        assert texts[0].lstrip().startswith(begins)


def test_a_file_is_whole_or_as_it_was(repository: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out = repository / "deep" / "evidence.md"
    assert evidence("dev", "--out", str(out)) == 0
    told = capsys.readouterr()
    assert told.out == ""
    assert "evidence of dev is in" in told.err
    before = out.read_bytes()
    assert evidence("dev") == 0
    assert capsys.readouterr().out.encode() == before
    assert [one.name for one in out.parent.iterdir()] == ["evidence.md"]
    assert evidence("dev", "--out", str(out.parent)) == 2
    assert "name a file in it" in capsys.readouterr().err
    # What cannot be found out leaves the file.
    assert evidence("dev", "--out", str(out), "--ledger", "nowhere", "--keys", str(out)) != 0
    assert out.read_bytes() == before


@pytest.mark.usefixtures("repository")
@pytest.mark.parametrize(
    ("arguments", "code", "words"),
    [
        (("--day", "soon"), 2, "is no day: write it like"),
        (("--day", (DAY + timedelta(days=1)).isoformat()), 2, "is still to come"),
        (("--state", "nowhere.json"), 2, "does not exist"),
        (("--format", "pdf"), 2, "'md', 'html', 'json'"),
        (("--ledger", "nowhere"), 2, "give --ledger and --keys"),
        (("--environments", "nowhere"), 2, "there is no folder"),
    ],
    ids=["no-day", "later-day", "no-state", "format", "ledger-alone", "no-folder"],
)
def test_wrong_usage(arguments: tuple[str, ...], code: int, words: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert evidence("dev", *arguments) == code
    told = capsys.readouterr()
    assert words in " ".join(told.err.replace("│", " ").split())
    assert told.out == ""
    assert "Traceback" not in told.err


@pytest.mark.usefixtures("repository")
def test_states_are_of_the_environment_and_each_once(capsys: pytest.CaptureFixture[str]) -> None:
    assert evidence("dev", "--state", state("other.json", "prod")) == 2
    assert "is of stack prod, not of dev" in capsys.readouterr().err
    assert evidence("dev", "--state", state("dev.json", "dev"), "--state", state("again.json", "dev")) == 2
    assert "name one" in capsys.readouterr().err
    data = said(capsys, "--state", state("dev.json", "dev"))
    digest = hashlib.sha256(Path("dev.json").read_bytes()).hexdigest()
    assert {"what": "state of dev", "which": f"sha256:{digest}"} in data["found_in"]


@pytest.mark.usefixtures("repository")
def test_require_tells_what_is_not_met_from_what_is_not_known(capsys: pytest.CaptureFixture[str]) -> None:
    # Without a state and a ledger much is not known.
    assert evidence("dev", "--require") in (1, 3)
    counts = said(capsys)["counts"]
    expected = 1 if counts["not met"] else 3
    assert evidence("dev", "--require") == expected
    # As evidence it is printed all the same.
    assert capsys.readouterr().out.startswith("# Evidence")


def test_the_ledger_of_the_environment_is_read(ledger: Desk, capsys: pytest.CaptureFixture[str]) -> None:
    ledger.at(NOW)
    ledger.stop(drill=True)
    data = said(capsys)
    assert [one["which"].split(",")[0] for one in data["found_in"] if one["what"] == "ledger ledger"] == ["entry 1"]
    (row,) = (one for one in data["subcategories"] if one["id"] == "MANAGE 2.4")
    (drill,) = (one for one in row["checks"] if one["check"] == "drill stop")
    assert (drill["result"], drill["strength"]) == ("met", "drill")
    earlier = said(capsys, "--day", (NOW.date() - timedelta(days=1)).isoformat())
    (row,) = (one for one in earlier["subcategories"] if one["id"] == "MANAGE 2.4")
    assert next(one["result"] for one in row["checks"] if one["check"] == "drill stop") == "not met"


def test_a_ledger_that_does_not_hold_tells_nothing(ledger: Desk, capsys: pytest.CaptureFixture[str]) -> None:
    ledger.at(NOW)
    ledger.stop(drill=True)
    entry = ledger.root / "ledger" / "entries" / "0000000001.json"
    entry.write_bytes(entry.read_bytes().replace(b"e", b"f", 1))
    data = said(capsys)
    assert any(one.startswith("the ledger:") for one in data["not_looked_at"])
    (row,) = (one for one in data["subcategories"] if one["id"] == "MANAGE 2.4")
    assert next(one["result"] for one in row["checks"] if one["check"] == "drill stop") == "unknown"
    # One that was named on the command line is a fault.
    assert evidence("dev", "--ledger", "ledger", "--keys", "keys.json") == 1
    assert "Traceback" not in capsys.readouterr().err
