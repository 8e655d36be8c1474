"""`modelway release …` on a repository of its own: recorded from a commit and a state, and made again later."""

import json
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import msgspec
import pytest

from modelway.cli import main
from modelway.governance.ledger import opened
from modelway.governance.ledger.store import store_at
from modelway.governance.releases import named, write
from tests.support.made_ledgers import PROJECT, Keys, made_keys

ROOT = Path(__file__).resolve().parents[2]
STATE = ROOT / "tests" / "preview" / "recorded" / "model-canary" / "state.json"
IN_STATE, DESCRIBED = (
    "f8126c0f86a449fca658ff0bac22d2a08c33c19cdcb011cb9986af46d8dc3f7e",
    "cb294aefa8a2659f7c5550cd61a79cc9006b201a8105c75c5922fb96854e275d",
)
"""Digests of the image that the recorded state has, and that the environment describes."""
MODEL = Path("stacks") / "environments" / "base" / "models" / "co2-forecast.yaml"


def git(folder: Path, *arguments: str) -> str:
    identity = ["-c", "user.name=t", "-c", "user.email=dev@example.com", "-c", "commit.gpgsign=false"]
    return subprocess.run(["git", "-C", folder, *identity, *arguments], capture_output=True, text=True, check=True).stdout.strip()


@dataclass
class Place:
    """A repository with one commit, a ledger beside it, keys, and a state that is as the commit describes."""

    root: Path
    ledger: Path
    keys: Keys
    state: Path
    capsys: pytest.CaptureFixture[str]
    said: str = ""

    def run(self, *arguments: str) -> int:
        self.capsys.readouterr()
        with pytest.raises(SystemExit) as end:
            main(["release", *arguments])
        read = self.capsys.readouterr()
        self.said = read.out + read.err
        return int(end.value.code or 0)

    def record(self, *arguments: str, stack: str = "local") -> int:
        return self.run("record", stack, "--state", str(self.state), *arguments)

    def data(self, *arguments: str) -> dict[str, Any]:
        assert self.run(*arguments, "--json") in (0, 1)
        return dict(json.loads(self.said))

    def files(self) -> dict[str, bytes]:
        return {str(path): path.read_bytes() for path in sorted(self.ledger.rglob("*")) if path.is_file()}


@pytest.fixture(scope="module")
def committed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("project") / "repository"
    for name in ("components", "examples", "modelway", "stacks"):
        shutil.copytree(ROOT / name, root / name, ignore=shutil.ignore_patterns("__pycache__", "*.parquet", "*.csv"))
    for name in ("Pulumi.yaml", "requirements.lock", ".gitignore"):
        shutil.copy(ROOT / name, root / name)
    git(root.parent, "init", "-q", str(root))
    git(root, "add", "-A")
    git(root, "commit", "-qm", "First")
    return root


@pytest.fixture(scope="module")
def keys(tmp_path_factory: pytest.TempPathFactory) -> Keys:
    made = made_keys(tmp_path_factory.mktemp("keys"))
    listed = made.folder / "keys.json"
    told = json.loads(listed.read_text("utf-8"))
    listed.write_text(json.dumps({"keys": [key for key in told["keys"] if key["project"] == PROJECT]}), "utf-8")
    return made


@pytest.fixture
def place(committed: Path, keys: Keys, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Place:
    root = tmp_path / "repository"
    git(tmp_path, "clone", "-q", str(committed), str(root))
    state = tmp_path / "state.json"
    state.write_text(STATE.read_text("utf-8").replace(IN_STATE, DESCRIBED), "utf-8")
    for name, value in {"": tmp_path / "ledger", "_KEYS": keys.folder / "keys.json", "_KEY": keys.folder / "edwards.pem"}.items():
        monkeypatch.setenv(f"MODELWAY_LEDGER{name}", str(value))
    monkeypatch.chdir(root)
    return Place(root, tmp_path / "ledger", keys, state, capsys)


def test_a_release_from_its_update_to_its_questions(place: Place) -> None:
    verdicts, approvals, plan = (place.ledger.parent / f"{name}.json" for name in ("verdicts", "approvals", "plan"))
    found = {"rule": "missing-owner", "where": "urn:x", "verdict": "FAIL", "exception": {"in_force": True, "reason": "new"}, "said": []}
    passed = {"rule": "pinned-digest", "where": "urn:y", "verdict": "PASS", "exception": None}
    verdicts.write_text(json.dumps({"of": "local", "tier": "development", "findings": [found, passed], "exit_code": 0}), "utf-8")
    approvals.write_text('[{"who": "head@example.com", "when": "2026-11-01", "proof": "https://git.example.com/pulls/7"}]', "utf-8")
    plan.write_text("{}", "utf-8")
    given = ("--policy", str(verdicts), "--approvals", str(approvals), "--plan", str(plan))
    assert place.record(*given, "--begin") == 0, place.said
    assert "not as described" not in place.said

    record = place.data("show", "local")["record"]
    assert record["commit"] == git(place.root, "rev-parse", "HEAD")
    assert (record["stack"], record["environment"], record["author"]) == ("local", "local", "dev@example.com")
    assert record["differences"] == []
    assert (record["policy"]["passed"], record["policy"]["others"]) == (
        1,
        [{"rule": "missing-owner", "where": "urn:x", "outcome": "EXCEPTED"}],
    )
    model = next(one for one in record["models"] if one["model"] == "co2-forecast")
    (version,) = model["versions"]
    assert version["found"]["image"] == f"sha256:{DESCRIBED}"
    assert (version["percent"], version["found"]["percent"]) == (100, 100)

    day = record["released"][:10]
    assert place.run("at", day) == 0
    for text in ("local, release 1", "co2-forecast 2026.11.0 100%", f"image sha256:{DESCRIBED}", "approved by head@example.com"):
        assert text in place.said
    assert place.run("at", "2026-01-01") == 0
    assert "nothing was recorded" in place.said
    assert place.run("list") == 0
    assert "tumor-screening 2026.10.0 100%" in place.said
    assert place.run("show", "1") == 0
    assert "signed by edwards" in place.said
    assert place.run("verify") == 0
    assert "2 entries, 1 of them releases: all of it holds" in place.said

    assert place.run("verify", "--state", str(place.state)) == 0
    assert "what local holds is what release 1 described" in place.said
    place.state.write_text(STATE.read_text("utf-8"), "utf-8")
    assert place.run("verify", "--state", str(place.state)) == 1
    assert "live since release 1: co2-forecast 2026.11.0: image sha256:cb294aefa8a2 is described, and sha256:f8126c0f86a4" in place.said


def test_a_release_is_made_again_after_later_changes(place: Place) -> None:
    assert place.record("--begin") == 0, place.said
    for number in range(20):
        text = (place.root / MODEL).read_text("utf-8")
        was = "cpu: 70%" if not number else f"cpu: {49 + number}%"
        (place.root / MODEL).write_text(text.replace(was, f"cpu: {50 + number}%"), "utf-8")
        git(place.root, "commit", "-qam", f"Change {number}")
    before = git(place.root, "status", "--porcelain"), git(place.root, "rev-parse", "HEAD"), git(place.root, "worktree", "list")
    assert place.run("replay", "1") == 0, place.said
    assert "no differences" in place.said
    assert (git(place.root, "status", "--porcelain"), git(place.root, "rev-parse", "HEAD"), git(place.root, "worktree", "list")) == before

    # The record of another commit, with another engine's packages: every difference is named.
    ledger, store = opened(str(place.ledger), PROJECT, place.keys.trusted), store_at(str(place.ledger))
    record = named(ledger, "1").record
    other = msgspec.structs.replace(record.toolchain, packages={**record.toolchain.packages, "pulumi-aws": "7.0.0"})
    write(ledger, store, msgspec.structs.replace(record, commit=before[1], toolchain=other), [], place.keys.edwards)
    found = {one["what"]: (one["before"], one["after"]) for one in place.data("replay", "2")["differences"]}
    assert found.pop("package pulumi-aws")[0] == "7.0.0"
    assert found.pop("environment models.co2-forecast.endpoint.scaling.target.cpu") == ("70%", "69%")
    assert {what.rpartition("::")[2] for what in found} == {"co2-forecast-2026.11.0-autoscaler", "co2-forecast"}

    assert place.run("diff", "1", "2", "--detailed-exitcode") == 5
    assert "~ commit" in place.said
    assert "~ toolchain.packages.pulumi-aws  7" in place.said


def test_files_that_differ_from_the_commit_are_no_release(place: Place) -> None:
    assert place.record("--begin") == 0
    before = place.files()
    (place.root / "stacks" / "new.py").write_text("", "utf-8")
    assert place.record() == 4
    assert "stacks/new.py. Commit them" in place.said
    assert place.files() == before


def test_what_is_live_otherwise_is_told(place: Place) -> None:
    place.state.write_text(STATE.read_text("utf-8").replace(IN_STATE, "d" * 64), "utf-8")
    exported = json.loads(place.state.read_text("utf-8"))
    resources = exported["deployment"]["resources"]
    exported["deployment"]["resources"] = [one for one in resources if not one["urn"].endswith("::co2-forecast-dashboard")]
    place.state.write_text(json.dumps(exported), "utf-8")
    assert place.record("--begin") == 0
    differences = place.data("show", "1")["record"]["differences"]
    assert differences[0] == "kubernetes:core/v1:ConfigMap co2-forecast-dashboard: asked for, and not in the state"
    assert "co2-forecast 2026.11.0: image sha256:cb294aefa8a2 is described, and sha256:dddddddddddd is live" in differences
    assert len(differences) == 3


REFUSED = [
    ("--approvals", '[{"who": "DEV@example.com", "when": "now", "proof": "x"}]', 4, "approved what they wrote themselves"),
    ("--approvals", '[{"who": "a@example.com\\u001b[2K", "when": "now", "proof": "x"}]', 2, "is no text of one line"),
    ("--approvals", f'[{{"who": "a", "when": "now", "proof": "ghp_{"x7Kq" * 9}"}}]', 2, "looks like a credential"),
    ("--approvals", '{"who": 1}', 2, "is no list of approvals"),
    ("--policy", '{"of": "prod", "findings": [], "exit_code": 0}', 2, "has verdicts of prod"),
    ("--policy", "[]", 2, "is not what `modelway policy check --json` writes"),
    ("--key", "no key", 1, "holds no private key"),
    ("--keys", '{"keys": []}', 2, "name a file with those of one project"),
    ("--state", '{"version": 3}', 1, "is not the state of a stack"),
    ("--state", '{"version": 3, "deployment": {"resources": []}}', 4, "the state holds nothing"),
]
"""What is given, what is in its file, the exit code, and what is said."""


def test_what_was_given_and_does_not_hold_is_refused(place: Place) -> None:
    assert place.record("--begin") == 0
    before = place.files()
    given = place.ledger.parent / "given.json"
    for option, content, code, said in REFUSED:
        given.write_text(content, "utf-8")
        assert (option, place.record(option, str(given))) == (option, code), place.said
        assert said in place.said
        assert place.files() == before


def test_a_state_of_another_stack_or_of_tomorrow_is_refused(place: Place) -> None:
    assert place.record("--begin", stack="dev") == 2
    assert "it is of stack local" in place.said
    exported = json.loads(place.state.read_text("utf-8"))
    for time, said in (("2999-01-01T00:00:00Z", "set this machine's clock"), ("", "does not say when it was written")):
        exported["deployment"]["manifest"]["time"] = time
        place.state.write_text(json.dumps(exported), "utf-8")
        assert place.record("--begin") == 4
        assert said in place.said
    assert place.record("--begin", stack="none") == 2
    assert "is of no environment" in place.said
    assert not place.ledger.exists()


def test_keys_that_may_not_sign_leave_nothing(place: Place) -> None:
    assert place.record("--begin") == 0
    before = place.files()
    for name in ("unknown", "expired", "other-project"):
        assert place.record("--key", str(place.keys.folder / f"{name}.pem")) == 1
        assert place.files() == before
    assert place.record("--begin") == 1
    assert "there is a ledger already" in place.said


def test_a_removed_entry_is_shown(place: Place) -> None:
    for _ in range(3):
        assert place.record(*() if place.ledger.exists() else ("--begin",)) == 0
    place.run("verify")
    anchor = place.said.rpartition("--anchor ")[2].strip()
    (place.ledger / "entries" / "0000000002.json").unlink()
    assert place.run("verify", "--anchor", anchor) == 1
    assert "missing" in place.said
    (place.ledger / "entries" / "0000000003.json").unlink()
    assert place.run("list") == 1
    assert "modelway release verify" in place.said


def test_a_commit_that_is_not_here_or_cannot_be_made(place: Place) -> None:
    assert place.record("--begin") == 0
    ledger, store = opened(str(place.ledger), PROJECT, place.keys.trusted), store_at(str(place.ledger))
    record = named(ledger, "1").record
    write(ledger, store, msgspec.structs.replace(record, commit="f" * 40), [], place.keys.edwards)
    assert place.run("replay", "2") == 1
    assert "has no revision" in place.said
    (place.root / MODEL).write_text("model: co2-forecast\n", "utf-8")
    git(place.root, "commit", "-qam", "Break it")
    broken = git(place.root, "rev-parse", "HEAD")
    write(ledger, store, msgspec.structs.replace(record, commit=broken), [], place.keys.edwards)
    assert place.run("replay", "3") == 1
    assert f"the program cannot make local at commit {broken[:12]}: stacks/environments/base/models/co2-forecast.yaml" in place.said
