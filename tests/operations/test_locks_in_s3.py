"""Locks in a bucket, over HTTP: found where the engine writes them, and removed one at a time."""

import json
import os
import socket
import subprocess
import sys
from collections.abc import Callable

import boto3
import pytest

from modelway.operations._aws import AwsFailure
from modelway.operations._aws_backend import S3Locks
from modelway.operations.locks import Locks, open_locks, prove

BUCKET, REGION = "acme-state", "eu-west-1"


def key(stack: str, name: str, prefix: str = "") -> str:
    return f"{prefix}.pulumi/locks/organization/modelway/{stack}/{name}.json"


def owner(pid: int, host: str | None = None) -> bytes:
    said = {"pid": pid, "username": "ada", "hostname": host or socket.gethostname(), "timestamp": "2999-01-01T00:00:00.123456789Z"}
    return json.dumps(said).encode()


@pytest.fixture
def put(use_account: Callable[[str], None], monkeypatch: pytest.MonkeyPatch) -> Callable[[str, bytes], None]:
    use_account("222222222222")
    client = boto3.client("s3", REGION)
    client.create_bucket(Bucket=BUCKET, CreateBucketConfiguration={"LocationConstraint": REGION})
    # The backend's URL says where S3 is, and nothing else does.
    monkeypatch.setenv("STATE_ENDPOINT", os.environ["AWS_ENDPOINT_URL"])
    monkeypatch.delenv("AWS_ENDPOINT_URL")

    def write(name: str, content: bytes) -> None:
        client.put_object(Bucket=BUCKET, Key=name, Body=content)

    return write


def opened(path: str = "") -> Locks:
    found = open_locks(f"s3://{BUCKET}{path}?endpoint={os.environ['STATE_ENDPOINT']}&s3ForcePathStyle=true&region={REGION}")
    assert found is not None
    return found


def test_the_dead_are_told_from_the_living(put: Callable[[str, bytes], None]) -> None:
    with subprocess.Popen([sys.executable, "-c", ""]) as process:
        process.wait()
    put(key("dev", "a"), owner(process.pid))
    put(key("dev", "b"), owner(os.getpid()))
    put(key("dev", "c"), owner(process.pid, "runner-7"))
    put(key("dev", "d"), b'{"pid": 1')
    put(key("dev-models", "e"), owner(process.pid))
    proofs = [prove(lock.owner, frozenset()) for lock in opened().of("dev")]
    assert [proof.dead for proof in proofs] == [True, False, False, False]
    assert "is alive" in proofs[1].why


def test_one_is_removed_and_no_other(put: Callable[[str, bytes], None]) -> None:
    for stack, name in (("dev", "a"), ("dev", "b"), ("dev-models", "c")):
        put(key(stack, name), owner(1))
    locks = opened()
    first, second = locks.of("dev")
    locks.remove(first)
    locks.remove(first)
    assert locks.of("dev") == [second]
    assert len(locks.of("dev-models")) == 1
    assert locks.of("prod") == []
    assert locks.mend("dev") == []


def test_state_below_a_prefix_has_its_locks_there(put: Callable[[str, bytes], None]) -> None:
    put(key("dev", "a", "teams/risk/"), owner(1))
    assert len(opened("/teams/risk").of("dev")) == 1
    assert opened().of("dev") == []


def test_the_region_is_the_engines(put: Callable[[str, bytes], None], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("AWS_DEFAULT_REGION", raising=False)
    monkeypatch.setenv("AWS_REGION", "eu-north-1")
    put(key("dev", "a"), owner(1))
    found = open_locks(f"s3://{BUCKET}?endpoint={os.environ['STATE_ENDPOINT']}&s3ForcePathStyle=true")
    assert isinstance(found, S3Locks)
    assert found.region == "eu-north-1"
    assert len(found.of("dev")) == 1


def test_a_bucket_that_is_not_there_is_told(put: Callable[[str, bytes], None]) -> None:
    found = open_locks(f"s3://nobody?endpoint={os.environ['STATE_ENDPOINT']}&s3ForcePathStyle=true&region={REGION}")
    assert found is not None
    with pytest.raises(AwsFailure, match="NoSuchBucket"):
        found.of("dev")
