"""Keys that stay in KMS, of an emulator over HTTP."""

import hashlib
import json
import os
from collections.abc import Callable
from pathlib import Path

import boto3
import pytest

from modelway.governance._aws import KmsKey
from modelway.governance.ledger import Key, StoreFailure, WrongKey, begun, opened, signer
from modelway.governance.verifier import read_keys
from tests.support.made_ledgers import PROJECT, described, statement

ACCOUNT, REGION = "123456789012", "eu-west-1"


@pytest.fixture
def kms(use_account: Callable[[str], None]) -> str:
    """A key that signs; its ARN."""
    use_account(ACCOUNT)
    made = boto3.client("kms", REGION).create_key(KeySpec="ECC_NIST_P256", KeyUsage="SIGN_VERIFY")
    return str(made["KeyMetadata"]["Arn"])


def listed(public: str) -> tuple[Key, ...]:
    return read_keys(json.dumps({"keys": [described("kms", public)]}).encode())


def test_a_key_in_kms_signs(kms: str, tmp_path: Path) -> None:
    one = signer(f"awskms:///{kms}")
    keys = listed(one.public)
    assert keys[0].id == one.id
    ledger = begun(str(tmp_path), PROJECT, keys, one)
    for number in range(8):  # either s comes about
        ledger.append(statement(number), one)
    assert (ledger.verify().entries, ledger.verify().faults) == (9, ())


def test_what_is_long_is_signed_by_its_hash(kms: str, monkeypatch: pytest.MonkeyPatch) -> None:
    one = KmsKey(kms)
    asked: list[tuple[object, object]] = []
    sign = one._client.sign

    def spied(**said: object) -> object:
        asked.append((said["MessageType"], said["Message"]))
        return sign(**said)

    monkeypatch.setattr(one._client, "sign", spied)
    for length in (4096, 4097):
        one.sign(b"a" * length)
    assert asked == [("RAW", b"a" * 4096), ("DIGEST", hashlib.sha256(b"a" * 4097).digest())]


def test_keys_in_kms_that_cannot_sign(kms: str) -> None:
    client = boto3.client("kms", REGION)
    for spec, usage, why in (
        ("RSA_2048", "SIGN_VERIFY", "none of ECDSA P-256"),
        ("ECC_NIST_P384", "SIGN_VERIFY", "none of ECDSA P-256"),
        ("RSA_2048", "ENCRYPT_DECRYPT", "no key that signs"),
    ):
        arn = client.create_key(KeySpec=spec, KeyUsage=usage)["KeyMetadata"]["Arn"]
        with pytest.raises(WrongKey, match=why):
            signer(f"awskms:///{arn}")
    with pytest.raises(WrongKey, match="Correct the key's ARN"):
        signer(f"awskms:///arn:aws:kms:{REGION}:{ACCOUNT}:key/1234abcd-12ab-34cd-56ef-1234567890ab")


def test_without_credentials(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for name in list(os.environ):
        if name.startswith("AWS_"):
            monkeypatch.delenv(name)
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    for name in ("AWS_CONFIG_FILE", "AWS_SHARED_CREDENTIALS_FILE"):
        monkeypatch.setenv(name, str(tmp_path / "none"))
    monkeypatch.setenv("AWS_REGION", REGION)
    with pytest.raises(StoreFailure, match="no AWS credentials"):
        opened("s3://results/ledger", PROJECT, ())
    with pytest.raises(WrongKey, match="no AWS credentials"):
        signer(f"awskms:///arn:aws:kms:{REGION}:{ACCOUNT}:key/1234abcd-12ab-34cd-56ef-1234567890ab")
