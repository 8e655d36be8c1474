"""The ledger: entries that are signed, each of which names the one before it, in a folder or a bucket.

ledger = opened("s3://acme-ledger/prod", "modelway", trusted(Path("release-keys.json")))
entry = ledger.append(statement, signer("release-key.pem"))
"""

from modelway.governance.ledger.failures import (
    AnotherProject,
    ClockBehind,
    Damaged,
    LedgerFailure,
    NoLedger,
    StoreFailure,
    UnfitStatement,
    UnknownVersion,
    WrongKey,
)
from modelway.governance.ledger.ledger import Ledger, begun, opened
from modelway.governance.ledger.signing import Signer, signer, trusted
from modelway.governance.verifier import Entry, Fault, Key, Result

__all__ = [
    "AnotherProject",
    "ClockBehind",
    "Damaged",
    "Entry",
    "Fault",
    "Key",
    "Ledger",
    "LedgerFailure",
    "NoLedger",
    "Result",
    "Signer",
    "StoreFailure",
    "UnfitStatement",
    "UnknownVersion",
    "WrongKey",
    "begun",
    "opened",
    "signer",
    "trusted",
]
