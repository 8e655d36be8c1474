"""The job on a bucket that fails, ended at every step, and run twice at once: afterwards everything is as if nothing had happened."""

import multiprocessing
import os
import signal
from collections.abc import Iterator
from multiprocessing.context import ForkServerContext
from multiprocessing.process import BaseProcess
from pathlib import Path

import msgspec
import pytest

from modelway.monitoring.drift import watched as watching
from modelway.monitoring.drift.job import run
from modelway.monitoring.drift.result import read
from modelway.monitoring.drift.watched import WebhookTold
from tests.monitoring.drift.endpoint_logs import Endpoint, drift, due_at, everything
from tests.monitoring.drift.faulty_s3 import FaultyS3, environment, faulty_s3, plain
from tests.support.receiving import Receiver, receiver

pytestmark = pytest.mark.localcloud

HOURS = 2


@pytest.fixture(scope="module")
def emulator() -> Iterator[FaultyS3]:
    with faulty_s3() as emulator:
        yield emulator


@pytest.fixture(scope="module")
def starting() -> Iterator[ForkServerContext]:
    """Starts processes that have everything imported."""
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(["modelway.monitoring.drift.job", "modelway.monitoring._aws"])
    yield context
    # It would wait for pytest to end.
    server = multiprocessing.forkserver._forkserver  # type: ignore[attr-defined]
    server._stop()


@pytest.fixture
def s3(emulator: FaultyS3, monkeypatch: pytest.MonkeyPatch) -> FaultyS3:
    for name, value in environment(emulator).items():
        monkeypatch.setenv(name, value)
    emulator.fault = lambda method, path, number: None
    emulator.requests.clear()
    client = plain(emulator)
    for bucket in ("payloads", "results"):
        for entry in client.list_objects_v2(Bucket=bucket).get("Contents", ()):
            client.delete_object(Bucket=bucket, Key=entry["Key"])
    return emulator


@pytest.fixture
def endpoint(s3: FaultyS3, tmp_path: Path, tmp_path_factory: pytest.TempPathFactory) -> Endpoint:
    """Two hours, of which the last one has drifted: an alarm."""
    there = Endpoint(tmp_path, "s3://payloads/credit-risk/", "s3://results/credit-risk/", tmp_path_factory.getbasetemp())
    there.declared = drift(votes={"needed": 1, "of": 1})
    there.ask(0)
    there.ask(1, shift=1.5)
    s3.requests.clear()
    return there


def job(watched: bytes, variables: dict[str, str], hour: int) -> None:
    """What a process does."""
    os.environ.update(variables)
    run(watching.read(watched, "watched"), now=due_at(hour), progress=lambda line: None)


def started(starting: ForkServerContext, endpoint: Endpoint, s3: FaultyS3, hour: int = HOURS - 1, **variables: str) -> BaseProcess:
    arguments = (watching.written(endpoint.watched()), environment(s3) | variables, hour)
    process = starting.Process(target=job, args=arguments, daemon=True)
    process.start()
    return process


def outcome(endpoint: Endpoint) -> dict[str, bytes]:
    """What is in the bucket, without how often it was looked at."""
    found = everything(endpoint.store)
    for key in [key for key in found if key.endswith("Z.json")]:
        assert read(found[key], key).revision == 1, key
    return found


def undisturbed(endpoint: Endpoint, there: Receiver) -> dict[str, bytes]:
    """The same of a run that nothing happened to, in a bucket of its own."""
    calm = msgspec.structs.replace(endpoint.watched(), results="s3://results/calm/")
    run(calm, now=due_at(HOURS - 1), progress=lambda line: None)
    there.received.clear()
    copy = Endpoint(endpoint.folder, endpoint.payloads, calm.results, endpoint.made)
    # Pages and events say where results are.
    return {key: content.replace(b"results/calm/", b"results/credit-risk/") for key, content in outcome(copy).items()}


def test_ended_before_and_after_every_write_the_next_run_goes_on(
    endpoint: Endpoint, s3: FaultyS3, starting: ForkServerContext, monkeypatch: pytest.MonkeyPatch
) -> None:
    with receiver() as there:
        endpoint.told = (WebhookTold("HOOK"),)
        hook = {"HOOK": f"{there.address}/hook"}
        monkeypatch.setenv("HOOK", hook["HOOK"])
        expected = undisturbed(endpoint, there)
        # Two results, their pages, the newest ones, and twice who was told.
        for done in [False, True] * 8:
            assert _ended(done, endpoint, s3, starting, hook).exitcode == -signal.SIGKILL
        assert outcome(endpoint) == expected
        before = len(there.received)
        assert not run(endpoint.watched(), now=due_at(HOURS - 1), progress=lambda line: None).results
        assert outcome(endpoint) == expected
        assert len(there.received) == before
        # At least once each; and who was told twice can tell by the id.
        events = [msgspec.json.decode(one.body) for one in there.received]
        assert {event["subject"] for event in events} == {"1/data", "1/prediction"}
        assert len({event["id"] for event in events}) == 2


def _ended(done: bool, endpoint: Endpoint, s3: FaultyS3, starting: ForkServerContext, variables: dict[str, str]) -> BaseProcess:
    """A process that was killed at its first write of something new, before the bucket had it, or just after."""
    processes: list[BaseProcess] = []
    there = everything(endpoint.store)

    def kill(method: str, path: str, number: int) -> str | None:
        if method != "PUT" or (path.rpartition("/")[2].startswith("latest.") and path.rpartition("/")[2] in there):
            return None
        os.kill(processes[0].pid or 0, signal.SIGKILL)
        return "lost" if done else "500"

    with s3.lock:
        s3.fault = kill
        processes.append(started(starting, endpoint, s3, **variables))
    processes[0].join(60)
    s3.fault = lambda method, path, number: None
    return processes[0]


def test_two_at_once_write_one_result_for_each_window(
    endpoint: Endpoint, s3: FaultyS3, starting: ForkServerContext, monkeypatch: pytest.MonkeyPatch
) -> None:
    with receiver() as there:
        endpoint.told = (WebhookTold("HOOK"),)
        hook = {"HOOK": f"{there.address}/hook"}
        monkeypatch.setenv("HOOK", hook["HOOK"])
        expected = undisturbed(endpoint, there)
        s3.written.clear()
        s3.requests.clear()
        both = [started(starting, endpoint, s3, **hook) for _ in range(2)]
        for process in both:
            process.join(60)
        assert [process.exitcode for process in both] == [0, 0]
        found = outcome(endpoint)
        assert found == expected
        # Both tried, and the bucket took one.
        tried = [path for method, path in s3.requests if method == "PUT" and path.endswith("Z.json")]
        assert len(set(tried)) == HOURS
        assert sorted(path for path in s3.written if path.endswith("Z.json")) == sorted(set(tried))
        ids = [msgspec.json.decode(one.body)["id"] for one in there.received]
        assert len(set(ids)) == 2


def test_a_bucket_that_fails_now_and_then_changes_nothing(endpoint: Endpoint, s3: FaultyS3, monkeypatch: pytest.MonkeyPatch) -> None:
    # Every third request, each time in another way.
    faults, failed = ("SlowDown", "500", "lost", "cut", "conflict"), []

    def fault(method: str, path: str, number: int) -> str | None:
        if number % 3:
            return None
        kind = faults[number // 3 % len(faults)]
        failed.append(kind)
        usable = {"cut": method == "GET" and "list-type" not in path, "lost": method == "PUT", "conflict": method == "PUT"}
        return kind if usable.get(kind, True) else "500"

    # How long AWS's client waits is its own affair.
    monkeypatch.setattr("time.sleep", lambda seconds: None)
    with receiver() as there:
        monkeypatch.setenv("HOOK", f"{there.address}/hook")
        endpoint.told = (WebhookTold("HOOK"),)
        expected = undisturbed(endpoint, there)
        s3.requests.clear()
        s3.fault = fault
        ran = run(endpoint.watched(), now=due_at(HOURS - 1), progress=lambda line: None)
        s3.fault = lambda method, path, number: None
    assert not ran.faults
    assert set(failed) == set(faults)
    assert outcome(endpoint) == expected


def test_a_bucket_that_is_gone_is_told(endpoint: Endpoint, s3: FaultyS3) -> None:
    from modelway.monitoring.drift.store import StoreFailure

    watched = msgspec.structs.replace(endpoint.watched(), payloads="s3://nobodys/credit-risk/")
    with pytest.raises(StoreFailure, match=r"s3://nobodys/credit-risk/: AWS refused s3:ListBucket"):
        run(watched, now=due_at(0), progress=lambda line: None)
    assert everything(endpoint.store) == {}
