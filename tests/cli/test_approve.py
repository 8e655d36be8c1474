"""`modelway approve` and `modelway break-glass` in a repository of their own, with keys, a ledger and git as they are."""

import json
import os
from datetime import UTC, datetime, timedelta
from pathlib import Path

import msgspec
import pytest

from modelway.governance.approvals import offered, statement
from modelway.governance.ledger import begun, opened, trusted
from modelway.governance.verifier import stamp
from tests.support.approving import BASE, ENVIRONMENTS, MODEL, SETUP, Desk, git, made_desk, made_repository
from tests.support.people import ANN, BEN, CAT, MACHINE, PROJECT, People

SERVED = "prod/tumor-screening"


@pytest.fixture(scope="module")
def source(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, People]:
    return made_repository(tmp_path_factory.mktemp("source"))


@pytest.fixture
def desk(source: tuple[Path, People], tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Desk:
    for name in os.environ:
        if name.startswith(("MODELWAY_", "GITHUB_", "CI_", "GITLAB_", "PULUMI_")):
            monkeypatch.delenv(name)
    made = made_desk(*source, tmp_path, capsys)
    monkeypatch.chdir(made.root)
    made.change("percent: 25", "percent: 30")
    return made


def gate(desk: Desk) -> str:
    """What the gate says that asks for approvals of the model."""
    desk.run("gates", "prod", "--json")
    (told,) = [one for one in json.loads(desk.said)["gates"] if (one["model"], one["gate"]) == ("tumor-screening", "approvals")]
    return str(told["outcome"])


def test_a_person_approves_what_is_described_now(desk: Desk) -> None:
    before = desk.state()
    assert (before["approvals"], before["needed"], before["authors"]) == ([], 2, [BEN, SETUP])
    assert before["may"] == [ANN, CAT]
    assert desk.approve("prod", "tumor-screening", "--proof", "read the report", key=ANN) == 0, desk.told
    assert desk.said.startswith(f"{ANN} approves {SERVED}: entry 1, sha256:")
    assert f"{SERVED} at {before['commit'][:12]}: 2026.10.0 100%; sha256:{before['subject_sha256']}" in desk.told
    assert f"written by {BEN}" in desk.told
    assert gate(desk) == "missing"
    (written,) = desk.written()
    assert (written.who, written.author, written.proof, written.expires) == (ANN, f"{BEN}, {SETUP}", "read the report", None)
    assert written.subject_sha256 == before["subject_sha256"]
    assert desk.counted() == [ANN]
    assert desk.approve("prod", "tumor-screening", key=CAT) == 0
    assert desk.counted() == [ANN, CAT]
    assert gate(desk) == "passed"
    assert opened(str(desk.ledger), PROJECT, desk.people.trusted).verify().faults == ()


@pytest.mark.parametrize(
    ("who", "told"),
    [
        (BEN, f"{BEN} wrote what is to be approved of tumor-screening: somebody else has to approve it"),
        (MACHINE, "key 'ci' is a machine's: only a person approves"),
        ("old@example.com", "is for 2020-01-01T00:00:00.000000Z to 2025-01-01"),
        ("stranger@example.com", "is not among those that may sign"),
    ],
    ids=["author", "machine", "expired", "stranger"],
)
def test_who_may_not_approve_is_told_why(who: str, told: str, desk: Desk) -> None:
    before = desk.files()
    assert desk.approve("prod", "tumor-screening", key=who) == 4
    assert told in desk.told
    assert desk.files() == before


def test_who_is_not_named_does_not_approve(desk: Desk) -> None:
    desk.change(f"[{ANN}, {CAT}, ", f"[{ANN}, ")
    assert desk.approve("prod", "tumor-screening", key=CAT) == 4
    assert f"{CAT} is none of those who approve tumor-screening" in desk.told
    assert desk.approve("prod", "co2-forecast", key=CAT) == 4
    assert "nobody is named who may approve co2-forecast" in desk.told


@pytest.mark.parametrize("how", ["author", "committer", "co-author", "contract", "base"])
def test_who_had_a_hand_in_it_is_an_author(how: str, desk: Desk) -> None:
    if how == "author":
        desk.change("percent: 30", "percent: 35", who=ANN)
    elif how == "committer":
        (desk.root / MODEL).write_text((desk.root / MODEL).read_text("utf-8").replace("percent: 30", "percent: 35"), "utf-8")
        git(desk.root, "commit", "-qam", "x", "--author", f"Ben <{BEN}>", who=ANN)
    elif how == "co-author":
        desk.change("percent: 30", "percent: 35", message=f"x\n\nCo-authored-by: Ann <{ANN.title()}>")
    elif how == "contract":
        contract = Path("examples/tumor-screening/contract.yaml")
        (desk.root / contract).write_text((desk.root / contract).read_text("utf-8") + "# looked at\n", "utf-8")
        git(desk.root, "commit", "-qam", "x", who=ANN)
    else:
        desk.change("cpu: 70%", "cpu: 75%", who=ANN, file=BASE)
    assert desk.approve("prod", "tumor-screening", key=ANN) == 4
    assert f"{ANN} wrote what is to be approved" in desk.told


def test_who_changed_something_else_is_no_author(desk: Desk) -> None:
    desk.change("budget: 18000 USD", "budget: 19000 USD", who=ANN, file=ENVIRONMENTS / "prod" / "environment.yaml")
    git(desk.root, "commit", "-q", "--allow-empty", "-m", "nothing", who=ANN)
    # A merge that has nothing of its own is by nobody.
    git(desk.root, "switch", "-q", "-c", "side", "HEAD~2")
    desk.change("page: {kind: pagerduty", "page:  {kind: pagerduty", file=ENVIRONMENTS / "prod" / "environment.yaml")
    git(desk.root, "switch", "-q", "main")
    git(desk.root, "merge", "-q", "--no-ff", "side", "-m", "merge", who=ANN)
    assert desk.approve("prod", "tumor-screening", key=ANN) == 0, desk.told


def test_what_changes_has_to_be_approved_anew(desk: Desk) -> None:
    assert desk.approve("prod", "tumor-screening", key=ANN) == 0
    seen = desk.state()["subject_sha256"]
    desk.change("percent: 30", "percent: 90")
    assert desk.counted() == []
    assert [one["why"] for one in desk.state()["not_counted"]] == ["of an earlier description"]
    # Who pins what they have looked at is told.
    before = desk.files()
    assert desk.approve("prod", "tumor-screening", "--subject", seen, key=ANN) == 4
    assert "prod says something else of tumor-screening now" in desk.told
    assert desk.files() == before
    desk.change("percent: 90", "percent: 30")
    assert desk.counted() == [ANN]


def test_files_that_are_no_commit_are_not_approved(desk: Desk) -> None:
    (desk.root / MODEL).write_text((desk.root / MODEL).read_text("utf-8").replace("percent: 30", "percent: 31"), "utf-8")
    assert desk.approve("prod", "tumor-screening", key=ANN) == 4
    assert f"files differ from commit {git(desk.root, 'rev-parse', 'HEAD')[:12]}: {MODEL}" in desk.told


def test_nobody_can_tell_who_wrote_what_the_history_does_not_have(desk: Desk, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    git(tmp_path, "clone", "-q", "--depth", "1", f"file://{desk.root}", "shallow")
    monkeypatch.chdir(tmp_path / "shallow")
    assert desk.approve("prod", "tumor-screening", "--ledger", str(desk.ledger), key=ANN) == 1
    assert "fetch-depth 0" in desk.told


def test_an_approval_ends(desk: Desk) -> None:
    tomorrow = (datetime.now(UTC) + timedelta(days=1)).date().isoformat()
    assert desk.approve("prod", "tumor-screening", "--expires", tomorrow, key=ANN) == 0
    assert f"until {tomorrow}T23:59:59Z" in desk.said
    assert desk.counted() == [ANN]
    for wrong, told in (("2020-01-01", "is past"), ("soon", "is no time")):
        assert desk.approve("prod", "tumor-screening", "--expires", wrong, key=CAT) == 2
        assert told in desk.told
    assert desk.approve("prod", "tumor-screening", "--withdraw", key=ANN) == 0
    assert "does not approve prod/tumor-screening any more" in desk.said
    assert desk.counted() == []
    assert desk.approve("prod", "tumor-screening", "--withdraw", key=ANN) == 4
    assert "nothing to take back" in desk.told


@pytest.mark.parametrize(
    ("proof", "told"),
    [
        ("line\nline", "no text of one line"),
        ("x" * 2001, "at most 2,000"),
        (" ", "no text of one line"),
        ("\x1b[31mred", "no text of one line"),
        ("token ghp_" + "A1b2C3d4E5f6" * 3, "what looks like a credential"),
    ],
    ids=["lines", "long", "empty", "colour", "secret"],
)
def test_what_must_not_be_kept_is_not(proof: str, told: str, desk: Desk) -> None:
    assert desk.approve("prod", "tumor-screening", "--proof", proof, key=ANN) == 2
    assert told in desk.told
    assert "A1b2C3d4" not in desk.told
    assert desk.written() == []


def test_a_file_is_signed_by_the_person_and_added_by_a_machine(desk: Desk, tmp_path: Path) -> None:
    file = tmp_path / "approval.json"
    before = desk.files()
    assert desk.approve("prod", "tumor-screening", "--out", str(file), key=ANN) == 0, desk.told
    assert desk.files() == before
    assert desk.approve("--add", str(file), key=CAT) == 4
    assert f"key '{CAT}' is a person's" in desk.told
    for words in (("staging",), ("prod", "co2-forecast")):
        assert desk.approve(*words, "--add", str(file), key=MACHINE) == 4
        assert "and not of" in desk.told
    assert desk.files() == before
    assert desk.approve("--add", str(file), key=MACHINE) == 0, desk.told
    assert desk.counted() == [ANN]
    (written,) = desk.written()
    assert written.signed == file.read_text("utf-8")
    # Once more is nothing more.
    assert desk.approve("--add", str(file), key=MACHINE) == 0
    assert "it is in the ledger already" in desk.told
    assert len(desk.written()) == 1
    # Neither once it was taken back.
    assert desk.approve("prod", "tumor-screening", "--withdraw", key=ANN) == 0, desk.told
    assert desk.approve("--add", str(file), key=MACHINE) == 0
    assert (len(desk.written()), desk.counted()) == (2, [])


def test_what_somebody_wrote_by_other_means_does_nothing_to_a_terminal(desk: Desk) -> None:
    assert desk.approve("prod", "tumor-screening", key=ANN) == 0
    hostile = msgspec.structs.replace(desk.written()[0], proof="\x1b[2J\x1b[31m<script>\rprod approved")
    opened(str(desk.ledger), PROJECT, desk.people.trusted).append(statement(hostile), desk.people.signers[ANN])
    assert desk.approve("prod", "tumor-screening", "--list") == 0
    assert "<script>" in desk.said
    assert not [line for line in desk.said.splitlines() if not line.isprintable()]


def test_a_file_of_what_was_is_refused(desk: Desk, tmp_path: Path) -> None:
    file = tmp_path / "approval.json"
    assert desk.approve("prod", "tumor-screening", "--out", str(file), key=ANN) == 0
    desk.change("percent: 30", "percent: 31")
    before = desk.files()
    assert desk.approve("--add", str(file), key=MACHINE) == 4
    assert "it changed since. Let them look at it and sign again" in desk.told
    # Who wrote it since may not either, though the file says that somebody else did.
    desk.change("percent: 31", "percent: 30", who=ANN)
    assert desk.approve("--add", str(file), key=MACHINE) == 4
    assert f"{ANN} wrote what is to be approved" in desk.told
    assert desk.files() == before


@pytest.mark.parametrize("fault", ["damaged", "cut", "another project", "clock", "over", "author", "no file"])
def test_a_file_that_does_not_hold_is_refused(fault: str, desk: Desk, tmp_path: Path) -> None:
    file = tmp_path / "approval.json"
    assert desk.approve("prod", "tumor-screening", key=ANN) == 0
    now = datetime.now(UTC)
    said = msgspec.structs.replace(desk.written()[0], who=CAT, when=stamp(now))
    sign = desk.people.signers[CAT]
    contents = {
        "damaged": offered(said, PROJECT, sign).replace(b'"sig":"', b'"sig":"A'),
        "cut": offered(said, PROJECT, sign)[:-40],
        "another project": offered(said, "another", sign),
        "clock": offered(msgspec.structs.replace(said, when=stamp(now + timedelta(hours=1))), PROJECT, sign),
        "over": offered(
            msgspec.structs.replace(said, when=stamp(now - timedelta(hours=2)), expires=stamp(now - timedelta(hours=1))), PROJECT, sign
        ),
        "author": offered(msgspec.structs.replace(said, who=BEN), PROJECT, desk.people.signers[BEN]),
        "no file": b"hello",
    }
    file.write_bytes(contents[fault])
    before = desk.files()
    assert desk.approve("--add", str(file), key=MACHINE) == 4
    told = {
        "damaged": "sign it again",
        "cut": "is no approval that `modelway approve --out` wrote",
        "another project": "it is for project 'another'",
        "clock": "one of the two clocks is wrong",
        "over": "which is past",
        "author": f"{BEN} wrote what is to be approved",
        "no file": "is no approval",
    }
    assert told[fault] in desk.told
    assert "Traceback" not in desk.told
    assert desk.files() == before


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["prod", "tumor-screening"], "say who signs"),
        (["prod", "--list", "--from-reviews", "7"], "these are different things"),
        (["prod", "--json"], "it is for --list"),
        (["prod", "--list", "--withdraw"], "are of who approves by their own key"),
        (["--list"], "name an environment"),
        (["prod", "--key", "x"], "name one of co2-forecast, tumor-screening"),
        (["prod", "nothing", "--key", "x"], "has no model nothing; it has co2-forecast, tumor-screening"),
        (["staging", "tumor-screening", "--key", "x"], "environment staging names no ledger"),
        (["prod", "--from-reviews", "x7", "--key", "x"], "neither the number of a pull request nor HEAD"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else "",
)
def test_what_cannot_be_followed_is_wrong_usage(words: list[str], told: str, desk: Desk) -> None:
    assert desk.approve(*words) == 2
    assert told in " ".join(desk.told.split())


def test_a_ledger_of_another_project_is_refused(desk: Desk, tmp_path: Path) -> None:
    """Also where the same people have the same keys there."""
    told = json.loads(desk.people.file.read_text("utf-8"))
    listed, theirs = tmp_path / "keys.json", tmp_path / "theirs"
    listed.write_text(json.dumps({"keys": [one | {"project": "another"} for one in told["keys"]]}), "utf-8")
    begun(str(theirs), "another", trusted(listed), desk.people.signers[MACHINE])
    assert desk.approve("prod", "tumor-screening", "--ledger", str(theirs), key=ANN) == 1
    assert "[another-project]. Name the ledger of this project" in desk.told
    assert desk.approve("prod", "tumor-screening", "--keys", str(listed), key=ANN) == 1
    assert "another" in desk.told
    assert len(list((theirs / "entries").iterdir())) == len(list((desk.ledger / "entries").iterdir())) == 1


def test_the_glass_is_broken_aloud_by_a_person_alone(desk: Desk) -> None:
    before = desk.files()
    assert desk.run("break-glass", "prod", "--reason", "r", key=MACHINE) == 4
    assert "only a person approves" in desk.told or "a person" in desk.told
    for words, told in (
        (["prod", "--reason", "r", "--hours", "25"], "at most 24"),
        (["prod", "--reason", "r", "--hours", "0"], "more than 0"),
        (["prod"], "say why"),
        (["prod-models", "--reason", "r"], "environment prod has no stack prod-models; it has prod, prod-models-climate"),
        (["nothing", "--reason", "r"], "of no environment that is described here"),
        (["prod", "--reason", "x\ny"], "no text of one line"),
        (["prod", "--end", "--reason", "r"], "nothing is open for prod"),
    ):
        assert desk.run("break-glass", *words, key=BEN) in (2, 4)
        assert told in " ".join(desk.told.split()), words
    assert desk.files() == before
    # Who wrote it may: it is for when there is nobody else.
    assert desk.run("break-glass", "prod-models-oncology", "--reason", "payments stand still", "--hours", "0.5", key=BEN) == 0, desk.told
    assert "prod-models-oncology PASSES ITS GATES WITHOUT WHAT THEY ASK" in desk.told
    assert "payments stand still" in desk.told
    assert desk.run("break-glass", "prod-models-oncology", "--list", "--json") == 0
    (row,) = json.loads(desk.said)["broken"]
    assert (row["who"], row["open"], row["why_not"]) == (BEN, True, None)
    assert gate(desk) == "broken_glass"
    length = datetime.fromisoformat(row["until"]) - datetime.fromisoformat(row["since"])
    assert length == timedelta(minutes=30)
    assert desk.run("break-glass", "prod-models-oncology", "--end", "--reason", "over", key=ANN) == 0
    assert desk.run("break-glass", "prod-models-oncology", "--list") == 0
    assert "OPEN" not in desk.said
    assert len(desk.said.splitlines()) == 2
