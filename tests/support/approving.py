"""A repository with environments whose releases people approve, a ledger and keys, and what `modelway` says there."""

import json
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from modelway.cli import main
from modelway.governance.approvals import Approved, judged
from modelway.governance.ledger import begun, opened
from tests.support.people import ANN, BEN, CAT, MACHINE, PROJECT, People, made_people

ROOT = Path(__file__).resolve().parents[2]
ENVIRONMENTS = Path("stacks") / "environments"
MODEL = ENVIRONMENTS / "prod" / "models" / "tumor-screening.yaml"
BASE = ENVIRONMENTS / "base" / "models" / "tumor-screening.yaml"
SETUP = "setup@example.com"
"""Who made the first commit."""


def git(folder: Path, *words: str, who: str = SETUP) -> str:
    identity = ["-c", "user.name=t", "-c", f"user.email={who}", "-c", "commit.gpgsign=false", "-c", "protocol.file.allow=always"]
    return subprocess.run(["git", "-C", folder, *identity, *words], capture_output=True, text=True, check=True).stdout.strip()


@dataclass
class Desk:
    """The repository is the current folder."""

    root: Path
    people: People
    capsys: pytest.CaptureFixture[str]
    said: str = ""
    """On stdout."""
    told: str = ""
    """On stderr."""

    @property
    def ledger(self) -> Path:
        return self.root / "ledger"

    def run(self, verb: str, *words: str, key: str = "") -> int:
        self.capsys.readouterr()
        with pytest.raises(SystemExit) as end:
            main([verb, *words, *(["--key", self.people.pem(key)] if key else [])])
        self.said, self.told = self.capsys.readouterr()
        return int(end.value.code or 0)

    def approve(self, *words: str, key: str = "") -> int:
        return self.run("approve", *words, key=key)

    def state(self, model: str = "tumor-screening") -> dict[str, Any]:
        assert self.approve("prod", model, "--list", "--json") == 0, self.told
        return dict(json.loads(self.said)["models"][0])

    def counted(self) -> list[str]:
        return [one["who"] for one in self.state()["approvals"]]

    def written(self) -> list[Approved]:
        """Every approval that was ever written, whether it counts or not."""
        return [one.approved for one in judged(list(opened(str(self.ledger), PROJECT, self.people.trusted).entries()), self.people.trusted)]

    def files(self) -> dict[str, bytes]:
        return {str(path): path.read_bytes() for path in sorted(self.ledger.rglob("*")) if path.is_file()}

    def change(self, old: str, new: str, who: str = BEN, file: Path = MODEL, message: str = "A change") -> str:
        """One more commit, whose author is `who`; its id."""
        text = (self.root / file).read_text("utf-8")
        assert old in text
        (self.root / file).write_text(text.replace(old, new), "utf-8")
        git(self.root, "commit", "-qam", message, who=who)
        return git(self.root, "rev-parse", "HEAD")


def made_repository(folder: Path) -> tuple[Path, People]:
    """One commit, of environments as they come with the project; `prod` names a ledger, its keys and who approves."""
    root = folder / "repository"
    for name in ("stacks", "examples", "docs"):
        ignored = shutil.ignore_patterns("__pycache__", "*.png", "*.parquet", "*.csv")
        shutil.copytree(ROOT / name, root / name, ignore=ignored)
    shutil.copy(ROOT / "Pulumi.yaml", root)
    people = made_people(folder / "people")
    (root / "keys").mkdir()
    shutil.copy(people.file, root / "keys" / "keys.json")
    accounts = {"ann": ANN, "Ben": BEN, "cat": CAT, "ann-at-home": ANN, "owner": "oncology-ml@example.com"}
    (root / "keys" / "people.json").write_text(json.dumps({"github": accounts, "gitlab": accounts}), "utf-8")
    (root / ".gitignore").write_text("/ledger/\n*.json.writing\n", "utf-8")
    environment = root / ENVIRONMENTS / "prod" / "environment.yaml"
    text = environment.read_text("utf-8")
    assert "\ngovernance:\n" in text
    assert "ledger:" not in text
    environment.write_text(text.replace("\ngovernance:\n", "\ngovernance:\n  ledger: {address: ledger, keys: keys/keys.json}\n"), "utf-8")
    model = (root / MODEL).read_text("utf-8")
    named = "[clinical-safety@example.com, head-of-pathology@example.com]"
    assert named in model
    (root / MODEL).write_text(model.replace(named, f"[{ANN}, {CAT}, {BEN}]"), "utf-8")
    git(folder, "init", "-q", "--initial-branch", "main", str(root))
    git(root, "add", "-A")
    git(root, "commit", "-qm", "First")
    return root, people


def made_desk(source: Path, people: People, folder: Path, capsys: pytest.CaptureFixture[str]) -> Desk:
    """A copy of the repository, with a ledger that is empty but for its beginning."""
    shutil.copytree(source, folder / "repository")
    begun(str(folder / "repository" / "ledger"), PROJECT, people.trusted, people.signers[MACHINE])
    return Desk(folder / "repository", people, capsys)
