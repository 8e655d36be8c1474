"""Keys of people and of a machine, and the file that lists them."""

import json
from dataclasses import dataclass
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from modelway.governance.ledger import Key, Signer, signer, trusted

ANN, BEN, CAT = "ann@example.com", "ben@example.com", "cat@example.com"
MACHINE = "ci"
PROJECT = "modelway"
ALWAYS = ("2025-01-01T00:00:00+00:00", "2100-01-01T00:00:00+00:00")
LONG_AGO = ("2020-01-01T00:00:00+00:00", "2025-01-01T00:00:00+00:00")


@dataclass(frozen=True)
class People:
    """Each has a key file, NAME.pem; `old@example.com` had one, and `far@example.com` has one of another project."""

    folder: Path
    signers: dict[str, Signer]
    trusted: tuple[Key, ...]

    @property
    def file(self) -> Path:
        return self.folder / "keys.json"

    def pem(self, name: str) -> str:
        return str(self.folder / f"{name}.pem")


def made_people(folder: Path) -> People:
    folder.mkdir(parents=True, exist_ok=True)
    signers, listed = {}, []
    for name in (ANN, BEN, CAT, MACHINE, "old@example.com", "stranger@example.com"):
        key = Ed25519PrivateKey.generate()
        file = folder / f"{name}.pem"
        file.write_bytes(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
        signers[name] = signer(str(file))
        if name != "stranger@example.com":
            since, until = LONG_AGO if name.startswith("old@") else ALWAYS
            listed.append({"name": name, "project": PROJECT, "public": signers[name].public, "from": since, "until": until})
    (folder / "keys.json").write_text(json.dumps({"keys": listed}), "utf-8")
    return People(folder, signers, trusted(folder / "keys.json"))
