"""Stores: folders, and buckets of an emulator over HTTP that fails as S3 does. Both have to do the same."""

import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from modelway.monitoring.drift.store import Folder, Store, StoreFailure, content, fetched, is_result, opened
from modelway.monitoring.drift.windows import key_of
from tests.monitoring.drift.faulty_s3 import FaultyS3, environment, faulty_s3, plain


@pytest.fixture(scope="module")
def emulator() -> Iterator[FaultyS3]:
    with faulty_s3() as emulator:
        yield emulator


@pytest.fixture
def s3(emulator: FaultyS3, monkeypatch: pytest.MonkeyPatch) -> Iterator[FaultyS3]:
    """The emulator without faults and objects; what this process asks AWS, it asks there."""
    for name, value in environment(emulator).items():
        monkeypatch.setenv(name, value)
    emulator.fault = lambda method, path, number: None
    emulator.requests.clear()
    client = plain(emulator)
    for entry in client.list_objects_v2(Bucket="results").get("Contents", ()):
        client.delete_object(Bucket="results", Key=entry["Key"])
    return emulator


KINDS = ["folder", pytest.param("bucket", marks=pytest.mark.localcloud)]


@pytest.fixture(params=KINDS)
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Store:
    if request.param == "folder":
        return opened(str(tmp_path / "not" / "there" / "yet"))
    request.getfixturevalue("s3")
    return opened("s3://results/flights")


def test_what_is_written_is_there(store: Store, tmp_path: Path) -> None:
    assert store.read("1/a.json") is None
    assert store.write("1/a.json", b"one")
    assert store.write("1/b/c.json", b"two")
    assert store.write("2/a.json", b"three")
    held = store.read("1/a.json")
    assert held is not None
    assert held.content == b"one"
    assert [(entry.key, entry.size) for entry in store.list("1/")] == [("1/a.json", 3), ("1/b/c.json", 3)]
    assert len(store.list()) == 3
    assert [entry.key for entry in store.list("1/a")] == ["1/a.json"]
    level = store.level("1/")
    assert [entry.key for entry in level.entries] == ["1/a.json"]
    assert level.folders == ("1/b/",)
    assert store.level().folders == ("1/", "2/")
    assert store.level("3/") == store.level("4/")


def test_what_is_fetched_is_whole_and_gone_files_are_left_out(store: Store, tmp_path: Path) -> None:
    big = os.urandom(3 << 20)
    store.write("x/1/rows.jsonl", big)
    store.write("x/2/rows.jsonl", b"small")
    local = fetched(store, ["x/1/rows.jsonl", "x/2/rows.jsonl", "x/3/rows.jsonl"], tmp_path / "local")
    assert {key: path.read_bytes() for key, path in local.items()} == {"x/1/rows.jsonl": big, "x/2/rows.jsonl": b"small"}
    assert local["x/1/rows.jsonl"].parts[-3:] == ("x", "1", "rows.jsonl")


@pytest.mark.parametrize("key", ["../../../etc/passwd", "/etc/passwd", "a/../../b", "./x"])
def test_no_key_leads_out_of_the_folder(tmp_path: Path, key: str) -> None:
    from modelway.monitoring.drift.store import local_path

    assert local_path(tmp_path, key).resolve().is_relative_to(tmp_path.resolve())


def test_a_new_file_is_written_once(store: Store) -> None:
    assert store.write("a", b"one", only_if_new=True)
    assert not store.write("a", b"two", only_if_new=True)
    held = store.read("a")
    assert held is not None
    assert held.content == b"one"


def test_a_file_is_replaced_by_who_knows_it(store: Store) -> None:
    store.write("a", b"one")
    first = store.read("a")
    assert first is not None
    assert store.write("a", b"two", if_etag=first.etag)
    assert not store.write("a", b"three", if_etag=first.etag)
    assert not store.write("b", b"three", if_etag=first.etag)
    held = store.read("a")
    assert held is not None
    assert held.content == b"two"
    assert [entry.key for entry in store.list()] == ["a"]


def test_of_many_who_write_at_once_one_is_first(store: Store) -> None:
    done: list[int] = []
    begin = threading.Barrier(8)

    def write(number: int) -> None:
        begin.wait()
        if store.write("a", f"by {number}".encode(), only_if_new=True):
            done.append(number)

    threads = [threading.Thread(target=write, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    held = store.read("a")
    assert held is not None
    assert [f"by {number}".encode() for number in done] == [held.content]


def test_counting_together_counts_everything(store: Store) -> None:
    store.write("n", b"0")

    def count() -> None:
        for _ in range(10):
            while True:
                held = store.read("n")
                assert held is not None
                if store.write("n", str(int(held.content) + 1).encode(), if_etag=held.etag):
                    break

    threads = [threading.Thread(target=count) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    held = store.read("n")
    assert held is not None
    assert held.content == b"30"


def test_a_folder_shows_no_half_file_when_its_writer_is_killed(tmp_path: Path) -> None:
    program = f"""
from modelway.monitoring.drift.store import opened
store = opened({str(tmp_path)!r})
for number in range(1_000_000):
    store.write("a", bytes([number % 256]) * 100_000)
    if number == 3:
        print("going", flush=True)
"""
    for _ in range(3):
        with subprocess.Popen([sys.executable, "-c", program], stdout=subprocess.PIPE) as process:
            assert process.stdout is not None
            process.stdout.readline()
            process.kill()
        store = Folder(tmp_path)
        assert [entry.size for entry in store.list()] == [100_000]
        held = store.read("a")
        assert held is not None
        assert len(set(held.content)) == 1
        # Its lock went with it.
        assert store.write("a", b"!" * 100_000)


def test_files_by_address(tmp_path: Path) -> None:
    (tmp_path / "a.json").write_bytes(b"{}")
    assert content(str(tmp_path / "a.json")) == b"{}"
    assert content(str(tmp_path / "b.json")) is None
    assert content(str(tmp_path / "a.json" / "b")) is None


def test_a_folder_that_cannot_be_written_is_told(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("no folder")
    with pytest.raises(StoreFailure, match=r"file/results: .*Correct the folder"):
        opened(str(tmp_path / "file" / "results")).write("a", b"one")


@pytest.mark.localcloud
@pytest.mark.parametrize("fault", ["500", "SlowDown"])
def test_calls_that_fail_are_made_again(s3: FaultyS3, tmp_path: Path, fault: str) -> None:
    s3.fault = lambda method, path, number: fault if number % 2 else None
    store = opened("s3://results/flights/")
    assert store.write("a", b"one", only_if_new=True)
    assert fetched(store, ["a"], tmp_path)["a"].read_bytes() == b"one"
    assert [entry.key for entry in store.list()] == ["a"]
    assert len(s3.requests) == 6


@pytest.mark.localcloud
def test_an_answer_that_is_cut_off_is_read_again(s3: FaultyS3, tmp_path: Path) -> None:
    store = opened("s3://results/flights/")
    store.write("a", b"0123456789" * 100_000)
    s3.fault = lambda method, path, number: "cut" if len([1 for one, _ in s3.requests if one == "GET"]) in (1, 3) else None
    assert fetched(store, ["a"], tmp_path)["a"].stat().st_size == 1_000_000
    held = store.read("a")
    assert held is not None
    assert len(held.content) == 1_000_000
    assert [method for method, _ in s3.requests] == ["PUT", "GET", "GET", "GET", "GET"]


@pytest.mark.localcloud
def test_a_write_that_was_done_and_answered_with_an_error_was_done(s3: FaultyS3) -> None:
    store = opened("s3://results/flights/")
    s3.fault = lambda method, path, number: "lost" if number == 1 else None
    assert store.write("a", b"one", only_if_new=True)
    first = store.read("a")
    assert first is not None
    s3.requests.clear()
    assert store.write("a", b"two", if_etag=first.etag)
    s3.requests.clear()
    assert not store.write("a", b"three", only_if_new=True)


@pytest.mark.localcloud
def test_two_that_hinder_each_other_try_again(s3: FaultyS3) -> None:
    s3.fault = lambda method, path, number: "conflict" if number < 3 else None
    assert opened("s3://results/flights/").write("a", b"one", only_if_new=True)
    assert len(s3.requests) == 3


@pytest.mark.localcloud
def test_what_aws_refuses_is_told(s3: FaultyS3, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(StoreFailure, match=r"s3://nobodys/a: AWS refused s3:GetObject: NoSuchBucket: .*Correct the address"):
        content("s3://nobodys/a")
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.delenv(name)
    with pytest.raises(StoreFailure, match=r"s3://results/a: there are no AWS credentials: give the job a role"):
        content("s3://results/a")


@pytest.mark.localcloud
def test_who_may_list_one_folder_alone_is_refused_what_is_not_there(s3: FaultyS3) -> None:
    store = opened("s3://results/flights/")
    store.write("told.json.old", b"one")
    s3.fault = lambda method, path, number: "denied" if method == "GET" and "list-type" not in path else None
    assert store.read("told.json") is None
    with pytest.raises(StoreFailure, match=r"told.json.old: AWS refused s3:GetObject: AccessDenied: .*The job's role has to allow it"):
        store.read("told.json.old")
    s3.fault = lambda method, path, number: "denied"
    with pytest.raises(StoreFailure, match=r"told.json: AWS refused s3:GetObject: AccessDenied"):
        store.read("told.json")


@pytest.mark.parametrize("key", ["../1/{}", "1/../../{}", "/etc/{}", "./{}", "1//{}"])
def test_what_leads_out_of_a_folder_is_no_result(key: str) -> None:
    name = f"{key_of(0)}.json"
    assert is_result(f"2026.11.0/{name}")
    assert not is_result(key.format(name))
