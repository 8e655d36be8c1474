"""Locks of the engine: whose they are, and what proves their owner dead."""

import json
import os
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from modelway.operations.locks import FileLocks, NoSuchBackend, Owner, open_locks, prove, read_owner

NOW = datetime.now(UTC)


def written(pid: int, host: str = "here", at: str = "2026-11-27T04:00:00.123456789Z") -> bytes:
    return json.dumps({"pid": pid, "username": "ada", "hostname": host, "timestamp": at}).encode()


def owner(pid: int, host: str = "here", since: datetime = NOW) -> Owner:
    return Owner(pid, "ada", host, since)


@pytest.fixture
def dead() -> int:
    with subprocess.Popen([sys.executable, "-c", ""]) as process:
        process.wait()
    return process.pid


def test_a_lock_says_whose_it_is() -> None:
    found = read_owner(written(7, "ci-1"))
    assert found == Owner(7, "ada", "ci-1", datetime(2026, 11, 27, 4, 0, 0, 123456, UTC))
    assert str(found) == "ada@ci-1, process 7, since 2026-11-27T04:00:00+00:00"


@pytest.mark.parametrize("content", [b"", b"{", written(7)[:40], b"[]", b'{"pid": 7}', b"\xff"])
def test_a_lock_that_was_cut_off_says_nobody_and_is_no_proof(content: bytes) -> None:
    assert read_owner(content) is None
    assert not prove(None, frozenset(("here",))).dead


@given(st.binary(max_size=60))
def test_whatever_a_lock_holds_is_read(content: bytes) -> None:
    read_owner(content)


def test_who_is_not_there_is_dead(dead: int) -> None:
    found = prove(owner(dead), here="here")
    assert (found.dead, found.why) == (True, f"there is no process {dead} on here")


def test_who_is_there_is_alive_unless_it_began_later() -> None:
    # This process began before now, so it may have written a lock now, and none an hour before it began.
    assert not prove(owner(os.getpid()), here="here").dead
    found = prove(owner(os.getpid(), since=NOW - timedelta(days=300)), here="here")
    assert found.dead
    assert "another one" in found.why


def test_one_that_nobody_buried_is_dead() -> None:
    process = subprocess.Popen([sys.executable, "-c", ""])
    os.waitid(os.P_PID, process.pid, os.WEXITED | os.WNOWAIT)
    try:
        assert prove(owner(process.pid), here="here").dead
    finally:
        process.wait()


def test_of_another_host_nothing_is_known_unless_it_is_said_to_be_gone(dead: int) -> None:
    assert not prove(owner(dead, "there"), here="here").dead
    assert prove(owner(dead, "there"), frozenset(("there",)), here="here").dead
    # One cannot say so of the machine one is on.
    assert not prove(owner(os.getpid()), frozenset(("here",)), here="here").dead


def test_a_lock_is_removed_and_no_other(tmp_path: Path) -> None:
    folder = tmp_path / ".pulumi" / "locks" / "organization" / "modelway"
    for stack, name in (("dev", "a"), ("dev", "b"), ("dev-models", "c")):
        (folder / stack).mkdir(parents=True, exist_ok=True)
        (folder / stack / f"{name}.json").write_bytes(written(7))
    locks = FileLocks(tmp_path)
    first, second = locks.of("dev")
    locks.remove(first)
    locks.remove(first)
    assert locks.of("dev") == [second]
    assert len(locks.of("dev-models")) == 1
    assert locks.of("prod") == []


def test_attributes_that_were_cut_off_do_not_stand_before_the_state(tmp_path: Path) -> None:
    stacks = tmp_path / ".pulumi" / "stacks" / "modelway"
    stacks.mkdir(parents=True)
    for name, content in (("dev.json", "{}"), ("dev.json.attrs", ""), ("dev.json.bak.attrs", '{"user'), ("prod.json.attrs", "")):
        (stacks / name).write_text(content, "utf-8")
    assert len(FileLocks(tmp_path).mend("dev")) == 2
    assert sorted(file.name for file in stacks.iterdir()) == ["dev.json", "prod.json.attrs"]
    (stacks / "dev.json.attrs").write_text('{"md5": null}', "utf-8")
    assert FileLocks(tmp_path).mend("dev") == []


def test_a_backend_is_told_by_its_url(tmp_path: Path) -> None:
    assert isinstance(open_locks(f"file://{tmp_path}"), FileLocks)
    assert open_locks("https://api.pulumi.com") is None
    with pytest.raises(NoSuchBackend, match="pulumi cancel"):
        open_locks("gs://bucket")
