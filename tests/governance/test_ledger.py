"""One ledger in a folder: what is written to it, read from it, and refused."""

import json
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ec import SECP384R1, generate_private_key
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import BestAvailableEncryption, Encoding, NoEncryption, PrivateFormat

from modelway.errors import ModelwayError
from modelway.governance.ledger import (
    AnotherProject,
    ClockBehind,
    Damaged,
    NoLedger,
    StoreFailure,
    UnfitStatement,
    UnknownVersion,
    WrongKey,
    begun,
    opened,
    signer,
    trusted,
)
from modelway.governance.ledger.ledger import sealed
from modelway.governance.verifier import HEAD, STATEMENT
from tests.support.made_ledgers import NOW, PROJECT, Keys, files_of, made_keys, made_ledger, statement
from tests.support.tampering import payload, place_of


@pytest.fixture(scope="module")
def keys(tmp_path_factory: pytest.TempPathFactory) -> Keys:
    return made_keys(tmp_path_factory.mktemp("keys"))


def test_entries_follow_each_other(keys: Keys, tmp_path: Path) -> None:
    made = made_ledger(str(tmp_path / "not" / "there"), keys, 5)
    ledger = opened(made.address, PROJECT, keys.trusted, clock=lambda: NOW)
    entries = list(ledger.entries())
    assert [entry.sequence for entry in entries] == list(range(6))
    assert [entry.previous for entry in entries] == [None, *(entry.hash for entry in entries[:-1])]
    assert [entry.key for entry in entries[1:3]] == [keys.edwards.id, keys.weierstrass.id]
    predicate = entries[3].statement["predicate"]
    assert isinstance(predicate, dict)
    own = {name: value for name, value in predicate.items() if name != "ledger"}
    assert entries[3].statement | {"predicate": own} == statement(2)
    assert predicate["ledger"]["sequence"] == 3
    assert ledger.last() == entries[-1] == ledger.entry(5)
    assert ledger.entry(6) is None
    assert list(ledger.backwards()) == entries[::-1]
    result = ledger.verify(anchor=(5, entries[5].hash))
    assert (result.entries, result.faults, result.notes, result.last) == (6, (), (), entries[5])


def test_what_was_there_at_a_time(keys: Keys, tmp_path: Path) -> None:
    ledger = made_ledger(str(tmp_path), keys, 9)
    first = ledger.entry(0)
    assert first is not None
    for seconds, sequence in ((0, 0), (0.5, 0), (1, 1), (4.999999, 4), (8.9, 8), (9, 9), (10**6, 9)):
        assert next(ledger.backwards(first.time + timedelta(seconds=seconds))).sequence == sequence
    assert list(ledger.backwards(first.time - timedelta(microseconds=1))) == []


def test_few_are_read_of_many(keys: Keys, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    made_ledger(str(tmp_path), keys, 100)
    ledger = opened(str(tmp_path), PROJECT, keys.trusted, clock=lambda: NOW)
    reads: list[str] = []
    read = ledger._store.read
    monkeypatch.setattr(ledger._store, "read", lambda name: reads.append(name) or read(name))
    assert next(ledger.backwards(NOW - timedelta(hours=1, seconds=-42))).sequence == 42
    assert len(reads) < 14
    reads.clear()
    ledger.append(statement(), keys.edwards)
    assert len(reads) == 3  # whether another entry follows, and twice the head


def test_a_clock_that_is_little_behind_says_the_time_of_the_entry_before(keys: Keys, tmp_path: Path) -> None:
    ledger = made_ledger(str(tmp_path), keys, 1, since=NOW)
    last = ledger.last()
    ledger._clock = lambda: last.time - timedelta(minutes=4)
    assert ledger.append(statement(), keys.edwards).time == last.time
    ledger._clock = lambda: last.time - timedelta(minutes=5, microseconds=1)
    before = files_of(tmp_path)
    with pytest.raises(ClockBehind, match="Set its clock"):
        ledger.append(statement(), keys.edwards)
    assert files_of(tmp_path) == before


@pytest.mark.parametrize("name", ["unknown", "expired", "other-project"])
def test_a_key_that_may_not_sign_writes_nothing(keys: Keys, tmp_path: Path, name: str) -> None:
    kind = AnotherProject if name == "other-project" else WrongKey
    with pytest.raises(kind):
        begun(str(tmp_path / "new"), PROJECT, keys.trusted, keys.signers[name])
    assert not (tmp_path / "new").exists()
    ledger = made_ledger(str(tmp_path / "ledger"), keys, 1)
    before = files_of(tmp_path / "ledger")
    with pytest.raises(kind):
        ledger.append(statement(), keys.signers[name])
    assert files_of(tmp_path / "ledger") == before


class Liar:
    """Says that it is one key, and signs with another."""

    def __init__(self, keys: Keys) -> None:
        self.id, self.public, self.sign = keys.edwards.id, keys.edwards.public, keys.signers["unknown"].sign


def test_a_signature_that_does_not_hold_is_not_written(keys: Keys, tmp_path: Path) -> None:
    ledger = made_ledger(str(tmp_path), keys, 1)
    before = files_of(tmp_path)
    with pytest.raises(WrongKey, match="would not hold"):
        ledger.append(statement(), Liar(keys))
    assert files_of(tmp_path) == before


@pytest.mark.parametrize(
    "change",
    [
        {"_type": "https://in-toto.io/Statement/v0.1"},
        {"predicateType": "https://modelway.dev/ledger/v1"},
        {"predicateType": 7},
        {"predicate": {"ledger": {}}},
        {"predicate": []},
        {"predicate": {"number": float("nan")}},
        {"predicate": {"text": "\ud800"}},
        {"predicate": {"object": object()}},
        {"predicate": {"text": "x" * (4 << 20)}},
        {"subject": []},
        {"more": 1},
    ],
    ids=lambda change: "-".join(change),
)
def test_what_cannot_be_an_entry_is_refused(keys: Keys, tmp_path: Path, change: dict[str, object]) -> None:
    ledger = made_ledger(str(tmp_path), keys, 0)
    before = files_of(tmp_path)
    with pytest.raises(UnfitStatement):
        ledger.append(statement() | change, keys.edwards)
    assert files_of(tmp_path) == before


def test_hostile_text_stays_text(keys: Keys, tmp_path: Path) -> None:
    ledger = made_ledger(str(tmp_path), keys, 0)
    text = "</script>\x00\x1b[31m\u202e\"'\\ \U0001f600"
    entry = ledger.append(statement() | {"predicate": {text: text}}, keys.edwards)
    assert ledger.entry(1) == entry
    predicate = entry.statement["predicate"]
    assert isinstance(predicate, dict)
    assert predicate[text] == text


def test_there_is_no_ledger(keys: Keys, tmp_path: Path) -> None:
    with pytest.raises(NoLedger, match="Correct the address"):
        opened(str(tmp_path), PROJECT, keys.trusted)
    (tmp_path / "file").write_text("")
    with pytest.raises(StoreFailure):
        begun(str(tmp_path / "file"), PROJECT, keys.trusted, keys.edwards)


def test_none_is_begun_over_another(keys: Keys, tmp_path: Path) -> None:
    made_ledger(str(tmp_path), keys, 1)
    before = files_of(tmp_path)
    for path in sorted((tmp_path / "entries").iterdir()):
        with pytest.raises(Damaged, match="already"):
            begun(str(tmp_path), PROJECT, keys.trusted, keys.edwards)
        path.unlink()
    # All entries are gone, and the head says that there were some.
    with pytest.raises(Damaged, match="what is left of one"):
        begun(str(tmp_path), PROJECT, keys.trusted, keys.edwards)
    assert files_of(tmp_path) == {"head.json": before["head.json"]}


def test_the_ledger_of_another_project(keys: Keys, tmp_path: Path) -> None:
    made_ledger(str(tmp_path), keys, 1)
    with pytest.raises(AnotherProject, match="'another' was asked for"):
        opened(str(tmp_path), "another", keys.trusted)


def test_nobody_writes_behind_what_is_damaged(keys: Keys, tmp_path: Path) -> None:
    def refused(kind: type[ModelwayError], name: str, content: bytes | None) -> None:
        path = tmp_path / name
        was = path.read_bytes() if path.exists() else None
        path.unlink() if content is None else path.write_bytes(content)
        before = files_of(tmp_path) if (tmp_path / "head.json").exists() else {}
        with pytest.raises(kind):
            opened(str(tmp_path), PROJECT, keys.trusted, clock=lambda: NOW).append(statement(), keys.edwards)
        if before:
            assert files_of(tmp_path) == before
        path.unlink(missing_ok=True)
        if was is not None:
            path.write_bytes(was)

    made_ledger(str(tmp_path), keys, 3)
    files = files_of(tmp_path)
    last, following = "entries/0000000003.json", "entries/0000000004.json"
    value = payload(files[last])
    place_of(value)["version"] = 2
    head = payload(files["head.json"])
    refused(Damaged, last, None)
    refused(Damaged, last, files["entries/0000000002.json"])
    refused(Damaged, last, files[last][:-9])
    refused(UnknownVersion, last, sealed(value, STATEMENT, keys.edwards))
    refused(WrongKey, last, sealed(payload(files[last]), STATEMENT, keys.signers["unknown"]))
    refused(Damaged, following, files[last])
    refused(Damaged, following, b"{")
    refused(Damaged, "head.json", None)
    refused(Damaged, "head.json", sealed(head | {"sequence": 2}, HEAD, keys.edwards))
    refused(Damaged, "head.json", sealed(head | {"sequence": 9}, HEAD, keys.edwards))
    refused(WrongKey, "head.json", sealed(head, HEAD, keys.signers["expired"]))
    opened(str(tmp_path), PROJECT, keys.trusted, clock=lambda: NOW).append(statement(), keys.edwards)


def test_reading_stops_at_what_does_not_hold(keys: Keys, tmp_path: Path) -> None:
    ledger = made_ledger(str(tmp_path), keys, 5)
    (tmp_path / "entries" / "0000000003.json").unlink()
    entries = ledger.entries()
    assert [next(entries).sequence for _ in range(3)] == [0, 1, 2]
    for left in (entries, ledger.backwards()):
        with pytest.raises(Damaged, match=r"0000000003\.json is missing"):
            list(left)


def test_a_head_that_is_behind_is_mended_by_the_next_entry(keys: Keys, tmp_path: Path) -> None:
    ledger = made_ledger(str(tmp_path), keys, 2)
    head = (tmp_path / "head.json").read_bytes()
    ledger.append(statement(), keys.edwards)
    ledger.append(statement(), keys.edwards)
    (tmp_path / "head.json").write_bytes(head)
    again = opened(str(tmp_path), PROJECT, keys.trusted, clock=lambda: NOW)
    assert again.verify().notes
    assert again.append(statement(), keys.edwards).sequence == 5
    assert again.verify().notes == ()


def pem_of(write: Callable[[], bytes], folder: Path) -> str:
    path = folder / "key.pem"
    path.write_bytes(write())
    return str(path)


@pytest.mark.parametrize(
    ("write", "why"),
    [
        (lambda: b"hello", "no private key"),
        (
            lambda: generate_private_key(SECP384R1()).private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()),
            "neither one of Ed25519 nor",
        ),
        (
            lambda: Ed25519PrivateKey.generate().private_bytes(Encoding.PEM, PrivateFormat.PKCS8, BestAvailableEncryption(b"a")),
            "passphrase",
        ),
    ],
)
def test_private_keys_that_cannot_sign(tmp_path: Path, write: Callable[[], bytes], why: str) -> None:
    with pytest.raises(WrongKey, match=why):
        signer(pem_of(write, tmp_path))
    with pytest.raises(WrongKey, match="No such file"):
        signer(str(tmp_path / "none.pem"))


def test_what_stands_in_a_bad_key_file_is_not_shown(tmp_path: Path) -> None:
    path = tmp_path / "key.pem"
    path.write_text("-----BEGIN PRIVATE KEY-----\nc2VjcmV0\n-----END PRIVATE KEY-----\n")
    with pytest.raises(WrongKey) as found:
        signer(str(path))
    assert "c2VjcmV0" not in str(found.value)
    assert "secret" not in str(found.value)


def test_a_file_of_keys_that_is_none(tmp_path: Path) -> None:
    with pytest.raises(WrongKey, match="Name the file of public keys"):
        trusted(tmp_path / "none.json")
    (tmp_path / "keys.json").write_text(json.dumps({"keys": [{}]}))
    with pytest.raises(WrongKey, match="Correct the file of public keys"):
        trusted(tmp_path / "keys.json")
