"""A ledger in a bucket of an emulator over HTTP, which fails as S3 does, and keys in KMS."""

import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from modelway.governance import _aws
from modelway.governance.ledger import Damaged, NoLedger, StoreFailure, begun, opened
from tests.monitoring.drift.faulty_s3 import FaultyS3, environment, faulty_s3, plain
from tests.support.made_ledgers import NOW, PROJECT, Keys, made_keys, made_ledger, statement

ADDRESS = "s3://results/ledger"

# As other tests of buckets: the emulator and its clients take seconds.
pytestmark = pytest.mark.localcloud


@pytest.fixture(scope="module")
def keys(tmp_path_factory: pytest.TempPathFactory) -> Keys:
    return made_keys(tmp_path_factory.mktemp("keys"))


@pytest.fixture(scope="module")
def emulator() -> Iterator[FaultyS3]:
    with faulty_s3() as emulator:
        yield emulator


@pytest.fixture
def s3(emulator: FaultyS3, monkeypatch: pytest.MonkeyPatch) -> FaultyS3:
    """The emulator without faults and objects; what this process asks AWS, it asks there."""
    for name, value in environment(emulator).items():
        monkeypatch.setenv(name, value)
    emulator.fault = lambda method, path, number: None
    emulator.requests.clear()
    client = plain(emulator)
    for entry in client.list_objects_v2(Bucket="results").get("Contents", ()):
        client.delete_object(Bucket="results", Key=entry["Key"])
    return emulator


@pytest.fixture
def at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """No pauses between attempts."""
    monkeypatch.setattr("time.sleep", lambda seconds: None)


def test_a_bucket_does_as_a_folder(s3: FaultyS3, keys: Keys, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(_aws, "PART", 2)
    with pytest.raises(NoLedger):
        opened(ADDRESS, PROJECT, keys.trusted)
    made_ledger(ADDRESS, keys, 4)
    with pytest.raises(Damaged):
        begun(ADDRESS, PROJECT, keys.trusted, keys.edwards)
    ledger = opened(ADDRESS, PROJECT, keys.trusted, clock=lambda: NOW)
    assert ledger.append(statement(), keys.edwards).sequence == 5
    entries = list(ledger.entries())
    assert [entry.sequence for entry in entries] == list(range(6))
    result = ledger.verify(anchor=(5, entries[5].hash))
    assert (result.entries, result.faults, result.notes) == (6, (), ())
    client = plain(s3)
    client.copy_object(Bucket="results", Key="ledger/entries/0000000003.json", CopySource="results/ledger/entries/0000000002.json")
    client.delete_object(Bucket="results", Key="ledger/entries/0000000005.json")
    assert {fault.rule for fault in ledger.verify().faults} == {"moved", "chain", "missing"}


@pytest.mark.parametrize("fault", ["500", "SlowDown", "lost", "conflict", "cut"])
def test_requests_that_fail_once_each(s3: FaultyS3, keys: Keys, at_once: None, fault: str) -> None:
    seen: set[tuple[str, str]] = set()

    def first_time(method: str, path: str, number: int) -> str | None:
        known = (method, path) in seen
        seen.add((method, path))
        if known or (fault == "conflict" and method != "PUT") or (fault == "cut" and method != "GET") or "list-type" in path:
            return None
        return fault

    made_ledger(ADDRESS, keys, 1)
    s3.fault = first_time
    ledger = opened(ADDRESS, PROJECT, keys.trusted, clock=lambda: NOW)
    for number in range(3):
        ledger.append(statement(number), keys.edwards)
        seen.clear()
    s3.fault = lambda method, path, number: None
    result = ledger.verify()
    assert (result.entries, result.faults, result.notes) == (5, (), ())


def test_requests_that_always_fail(s3: FaultyS3, keys: Keys, at_once: None) -> None:
    ledger = made_ledger(ADDRESS, keys, 1)

    def none_written(method: str, path: str, number: int) -> str | None:
        return "500" if method == "PUT" and "entries" in path else None

    def no_head(method: str, path: str, number: int) -> str | None:
        return "500" if method == "PUT" and "head" in path else None

    s3.fault = none_written
    with pytest.raises(StoreFailure, match="Whether it was written is not known"):
        ledger.append(statement(), keys.edwards)
    s3.fault = no_head
    assert ledger.append(statement(), keys.edwards).sequence == 2
    s3.fault = lambda method, path, number: None
    assert ledger.verify().faults == ()
    assert ledger.verify().notes
    assert ledger.append(statement(), keys.edwards).sequence == 3
    assert ledger.verify().notes == ()


def test_many_writers_lose_nothing(s3: FaultyS3, keys: Keys) -> None:
    made_ledger(ADDRESS, keys, 0)
    appended: list[int] = []

    def write(number: int) -> None:
        ledger = opened(ADDRESS, PROJECT, keys.trusted, clock=lambda: NOW)
        appended.append(ledger.append(statement(number), keys.weierstrass if number % 2 else keys.edwards).sequence)

    threads = [threading.Thread(target=write, args=(number,)) for number in range(20)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    ledger = opened(ADDRESS, PROJECT, keys.trusted, clock=lambda: NOW)
    result = ledger.verify()
    assert (result.entries, result.faults, result.notes) == (21, (), ())
    assert sorted(appended) == list(range(1, 21))


def test_a_ledger_holds_wherever_its_writer_was_killed(s3: FaultyS3, keys: Keys) -> None:
    command = [sys.executable, "-m", "tests.support.ending_writers", "killed", ADDRESS, str(keys.folder)]
    done = subprocess.run(command, cwd=Path(__file__).parents[2], env=os.environ, capture_output=True, text=True, check=False, timeout=200)
    assert done.returncode == 0, done.stderr
    assert int(done.stdout) > 10
