"""Environments whose releases have to pass gates, and ledgers that say whether they do."""

import json
import shutil
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import msgspec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from modelway.architecture import Environment, load
from modelway.governance import approvals, break_glass, stops
from modelway.governance.approvals import Approved
from modelway.governance.break_glass import BrokenGlass
from modelway.governance.gates import Gate, Known, judged, known
from modelway.governance.ledger import Ledger, Signer, begun, signer, trusted
from modelway.governance.record import Record, statement
from modelway.governance.stops import Stopped
from modelway.governance.subject import name_of, subject_of
from modelway.governance.verifier import stamp

VALID = Path(__file__).resolve().parents[1] / "architecture" / "valid"
NOW = datetime(2026, 6, 15, 12, tzinfo=UTC)
OFFICE, HEAD, THIRD = "risk-office@example.com", "head@example.com", "third@example.com"
MACHINE = "ci 2026"
MODEL = "credit-risk"

PRODUCTION: Mapping[str, Any] = {
    "tier": "production",
    "layout": "split",
    "monitoring/alerts/severities": {one: {"kind": "pagerduty", "key": {"secret": "k"}} for one in ("page", "ticket")},
    "models/credit-risk/endpoint/access": {"jwt": {"issuer": "https://login.example.com", "audiences": ["credit-risk"]}},
    "models/credit-risk/governance/approvers": [OFFICE, HEAD],
    "clusters": {
        "main": {
            "kind": "existing",
            "context": "c",
            "gateway": {"kind": "managed", "class": "envoy", "tls": {"secret": "models-tls", "hostname": "models.example.com"}},
        }
    },
    "network": None,
}
LEDGER = {"governance/ledger": {"address": "ledger", "keys": "keys.json"}}
STACK = "dev-models"
"""That serves the model in these environments."""


@cache
def _valid() -> str:
    # Contracts are counted from the repository that the files lie in; a copy lies in none.
    with TemporaryDirectory() as folder:
        shutil.copytree(VALID, folder, dirs_exist_ok=True)
        return load(Path(folder) / "environments", "dev").model_dump_json(by_alias=True)


def changed(differences: Mapping[str, Any]) -> Environment:
    """A small valid environment with other values, by path."""
    plain = json.loads(_valid())
    for path, value in differences.items():
        *way, last = path.split("/")
        inside = plain
        for name in way:
            inside = inside[int(name)] if isinstance(inside, list) else inside.setdefault(name, {}) or _filled(inside, name)
        inside[last] = value
    return Environment.model_validate_json(json.dumps(plain), strict=True)


def _filled(inside: dict[str, Any], name: str) -> dict[str, Any]:
    inside[name] = {}
    made: dict[str, Any] = inside[name]
    return made


def production(**differences: Any) -> Environment:
    """One in production; the underscores of names stand for slashes where there are two of them."""
    return changed({**PRODUCTION, **{name.replace("__", "/"): value for name, value in differences.items()}})


def approving(people: int = 2, **differences: Any) -> Environment:
    """One in production whose ledger has to tell of approvals."""
    asked = {"governance__tiers": {"high": {"approvers": people}}, "governance__ledger": LEDGER["governance/ledger"]}
    return production(**{**asked, **differences})


@dataclass
class Desk:
    """A ledger in a folder, the keys of a machine and three people, and what they write into it."""

    root: Path
    signers: dict[str, Signer]
    ledger: Ledger
    time: list[datetime]

    def at(self, moment: datetime) -> None:
        """What is written from now on is of that time."""
        self.time[0] = moment

    def approve(self, described: Environment, who: str = OFFICE, key: str | None = None, model: str = MODEL, **other: Any) -> None:
        said = Approved(
            environment=described.environment,
            model=model,
            subject_sha256=subject_of(described, described.models[model]),
            who=who,
            author="dev@example.com",
            when=stamp(self.time[0]),
            proof="https://git.example.com/pulls/7",
            expires=None,
        )
        made = msgspec.structs.replace(said, **other)
        self.ledger.append(approvals.statement(made), self.signers[key or who])

    def break_glass(
        self, stack: str = STACK, hours: float = 2, who: str = OFFICE, key: str | None = None, reason: str = "It burns."
    ) -> None:
        since = self.time[0]
        made = BrokenGlass("dev", stack, reason, who, stamp(since), stamp(since + timedelta(hours=hours)))
        self.ledger.append(break_glass.statement(made), self.signers[key or who])

    def stop(self, after: dict[str, int] | None = None, **other: Any) -> None:
        said = {"drill": False, "reason": "It discriminates.", "who": OFFICE, "when": stamp(self.time[0]), **other}
        made = Stopped("dev", MODEL, before={"2026.11.1": 100}, after=after or {}, seconds=1.0, **said)
        self.ledger.append(stops.STOP.statement(made, {name_of("dev", MODEL): "0" * 64}), self.signers[OFFICE])

    def release(self, record: Record, key: str = MACHINE) -> None:
        self.ledger.append(statement(record), self.signers[key])

    def known(self, environment: Environment) -> Known:
        """As the program asks. Whole or not, the same is known of what gates count with, and the same is refused."""
        found, all_of_it = known(environment, self.root, whole=False), known(environment, self.root)
        assert bool(found.why_not) == bool(all_of_it.why_not)
        assert {one.hash for one in found.entries} <= {one.hash for one in all_of_it.entries}
        return found

    def gates(self, environment: Environment, now: datetime = NOW) -> dict[str, Gate]:
        """What the gates of the one model say, by id."""
        found = judged(environment, STACK, self.known(environment), now)
        assert {gate.model for gate in found} == {MODEL}
        return {gate.id: gate for gate in found}


def desk(root: Path, since: datetime = NOW - timedelta(days=100), address: str | None = None) -> Desk:
    """A ledger that was just begun, in the folder or at that address, and nothing in it."""
    names = {MACHINE: "ci", OFFICE: "office", HEAD: "head", THIRD: "third"}
    signers, listed = {}, []
    for name, file in names.items():
        path = root / f"{file}.pem"
        path.write_bytes(Ed25519PrivateKey.generate().private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
        signers[name] = signer(str(path))
        ends = {"from": "2026-01-01T00:00:00Z", "until": "2100-01-01T00:00:00Z"}
        listed.append({"name": name, "project": "modelway", "public": signers[name].public, **ends})
    (root / "keys.json").write_text(json.dumps({"keys": listed}), "utf-8")
    time = [since]
    clock: Callable[[], datetime] = lambda: time[0]  # noqa: E731
    ledger = begun(address or str(root / "ledger"), "modelway", trusted(root / "keys.json"), signers[MACHINE], clock=clock)
    return Desk(root, signers, ledger, time)
