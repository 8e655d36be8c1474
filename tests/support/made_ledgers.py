"""Ledgers, keys and statements for tests: two keys that may sign, and those that may not."""

import json
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, generate_private_key
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from modelway.governance.ledger import Key, Ledger, Signer, begun, signer, trusted

PROJECT = "modelway"
NOW = datetime(2025, 6, 2, 9, 30, tzinfo=UTC)
"""Before any clock that tests run by."""
VALID = (datetime(2025, 1, 1, tzinfo=UTC), datetime(2100, 1, 1, tzinfo=UTC))


@dataclass(frozen=True)
class Keys:
    """Key files in a folder, and keys.json, which says whose they are."""

    folder: Path
    signers: dict[str, Signer]
    """edwards and weierstrass may sign; expired, other-project and unknown may not."""
    trusted: tuple[Key, ...]

    @property
    def edwards(self) -> Signer:
        return self.signers["edwards"]

    @property
    def weierstrass(self) -> Signer:
        return self.signers["weierstrass"]


def made_keys(folder: Path) -> Keys:
    """The keys of one project, and the file that lists them."""
    signers = {}
    for name in ("edwards", "weierstrass", "expired", "other-project", "unknown"):
        key = generate_private_key(SECP256R1()) if name == "weierstrass" else Ed25519PrivateKey.generate()
        path = folder / f"{name}.pem"
        path.write_bytes(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
        signers[name] = signer(str(path))
    listed = folder / "keys.json"
    listed.write_text(json.dumps({"keys": [described(name, one.public) for name, one in signers.items() if name != "unknown"]}), "utf-8")
    return Keys(folder, signers, trusted(listed))


def described(name: str, public: str) -> dict[str, str]:
    """A key as keys.json has it."""
    since, until = ("2024-01-01T00:00:00Z", "2025-01-01T00:00:00Z") if name == "expired" else (one.isoformat() for one in VALID)
    return {
        "name": name,
        "project": "another" if name == "other-project" else PROJECT,
        "public": public,
        "from": since,
        "until": until,
    }


def statement(number: int = 0) -> dict[str, object]:
    """What an entry may say."""
    return {
        "_type": "https://in-toto.io/Statement/v1",
        "predicateType": "https://modelway.dev/test/v1",
        "subject": [{"name": "credit-risk", "digest": {"sha256": f"{number:064x}"}}],
        "predicate": {"number": number, "approver": "Zoë", "percent": 10},
    }


def made_ledger(address: str, keys: Keys, entries: int, since: datetime = NOW - timedelta(hours=1)) -> Ledger:
    """A ledger with so many entries after its first, a second apart, signed by either key in turn; it is NOW afterwards."""
    times = iter([since] * 2)
    ledger = begun(address, PROJECT, keys.trusted, keys.edwards, clock=lambda: next(times))
    moment = since
    ledger._clock = lambda: moment
    for number in range(entries):
        moment = since + timedelta(seconds=number + 1)
        ledger.append(statement(number), keys.weierstrass if number % 2 else keys.edwards)
    ledger._clock = lambda: NOW
    return ledger


def files_of(folder: Path) -> dict[str, bytes]:
    """Every file of a ledger in a folder, by its name below the folder."""
    return {"head.json": (folder / "head.json").read_bytes()} | {
        f"entries/{path.name}": path.read_bytes() for path in (folder / "entries").iterdir()
    }
