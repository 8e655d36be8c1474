"""The calls to AWS that monitoring makes, and nothing else: the only import of boto3 here. Errors of AWS become StoreFailure.

Region, credentials and endpoint come from where AWS's own tools have them: AWS_REGION, AWS_PROFILE, AWS_ENDPOINT_URL and their like.
"""

import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import boto3
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError, HTTPClientError, IncompleteReadError, NoCredentialsError
from botocore.response import StreamingBody

from modelway.monitoring.drift.store import Entry, Held, Level, StoreFailure

ATTEMPTS = 8
"""Of each call, with pauses that grow to 20 seconds: S3 slows callers down for minutes at worst."""

CHUNK = 1 << 20


class Bucket:
    """A store below a prefix of a bucket. Writes that depend on what is there need S3 of 2024 or later: If-None-Match and If-Match."""

    def __init__(self, bucket: str, prefix: str) -> None:
        self._bucket, self._prefix = bucket, prefix if not prefix or prefix.endswith("/") else f"{prefix}/"
        self.address = f"s3://{bucket}/{self._prefix}"
        region = os.environ.get("AWS_REGION") or os.environ.get("AWS_DEFAULT_REGION")
        with self._explained("s3"):
            retries = {"mode": "standard", "total_max_attempts": ATTEMPTS}
            config = Config(retries=retries, connect_timeout=10, read_timeout=60, max_pool_connections=16)
            self._client = boto3.Session(region_name=region).client("s3", config=config)

    def list(self, prefix: str = "") -> list[Entry]:
        return [entry for level in self._pages(prefix, None) for entry in level.entries]

    def level(self, prefix: str = "") -> Level:
        pages = list(self._pages(prefix, "/"))
        return Level(
            tuple(entry for page in pages for entry in page.entries),
            tuple(folder for page in pages for folder in page.folders),
        )

    def read(self, key: str) -> Held | None:
        for attempt in range(ATTEMPTS):
            with self._explained("s3:GetObject", key):
                answer = self._got(key)
                if answer is None:
                    return None
                try:
                    return Held(answer[0].read(), answer[1])
                except _CUT_OFF as fault:
                    self._again(attempt, fault, key)
        raise AssertionError

    def fetch(self, key: str, path: Path) -> bool:
        for attempt in range(ATTEMPTS):
            with self._explained("s3:GetObject", key):
                answer = self._got(key)
                if answer is None:
                    return False
                try:
                    # botocore counts the bytes: an answer that is cut off raises at its end.
                    with path.open("wb") as file:
                        for chunk in answer[0].iter_chunks(CHUNK):
                            file.write(chunk)
                    return True
                except _CUT_OFF as fault:
                    path.unlink(missing_ok=True)
                    self._again(attempt, fault, key)
        raise AssertionError

    def write(self, key: str, content: bytes, *, only_if_new: bool = False, if_etag: str | None = None) -> bool:
        condition = {"IfNoneMatch": "*"} if only_if_new else {"IfMatch": if_etag} if if_etag is not None else {}
        target = {"Bucket": self._bucket, "Key": f"{self._prefix}{key}", "ContentType": _media_type(key)}
        for attempt in range(ATTEMPTS):
            with self._explained("s3:PutObject", key):
                try:
                    self._client.put_object(**target, Body=content, **condition)
                    return True
                except ClientError as fault:
                    if _code(fault) in ("PreconditionFailed", "412") or (if_etag is not None and _code(fault) in _MISSING):
                        if not fault.response["ResponseMetadata"].get("RetryAttempts"):
                            return False
                        # An attempt before may have been written though it was answered with an error.
                        held = self.read(key)
                        return held is not None and held.content == content
                    # Two wrote at the same moment, and S3 took neither.
                    if _code(fault) != "ConditionalRequestConflict" or attempt == ATTEMPTS - 1:
                        raise
                    time.sleep(min(0.1 * 2**attempt, 5))
        raise AssertionError

    def _got(self, key: str) -> tuple[StreamingBody, str] | None:
        """What is to be read, and its ETag."""
        try:
            answer = self._client.get_object(Bucket=self._bucket, Key=f"{self._prefix}{key}")
            return answer["Body"], str(answer["ETag"])
        except ClientError as fault:
            # Who may list one folder alone is refused what is not there, as if it were.
            if _code(fault) in _MISSING or (_code(fault) == "AccessDenied" and self._is_missing(key)):
                return None
            raise

    def _is_missing(self, key: str) -> bool:
        """Whether it is known that there is no such key."""
        try:
            found = self._client.list_objects_v2(Bucket=self._bucket, Prefix=f"{self._prefix}{key}", MaxKeys=1)
        except ClientError:
            return False
        return f"{self._prefix}{key}" not in [entry["Key"] for entry in found.get("Contents", ())]

    def _again(self, attempt: int, fault: Exception, key: str) -> None:
        if attempt == ATTEMPTS - 1:
            raise StoreFailure(f"{self.address}{key} was cut off {ATTEMPTS} times while it was read: {fault}") from fault
        time.sleep(min(0.1 * 2**attempt, 5))

    def _pages(self, prefix: str, delimiter: str | None) -> Iterator[Level]:
        wanted = {"Bucket": self._bucket, "Prefix": f"{self._prefix}{prefix}"} | ({"Delimiter": delimiter} if delimiter else {})
        cut = len(self._prefix)
        with self._explained("s3:ListBucket", prefix):
            for page in self._client.get_paginator("list_objects_v2").paginate(**wanted):
                entries = [
                    Entry(found["Key"][cut:], found["Size"], found["LastModified"].timestamp())
                    for found in page.get("Contents", ())
                    if not found["Key"].endswith("/")
                ]
                yield Level(tuple(entries), tuple(found["Prefix"][cut:] for found in page.get("CommonPrefixes", ())))

    @contextmanager
    def _explained(self, call: str, key: str = "") -> Iterator[None]:
        where = f"{self.address}{key}"
        try:
            yield
        except ClientError as fault:
            way_out = _WAYS_OUT.get(_code(fault), "")
            raise StoreFailure(f"{where}: AWS refused {call}: {_code(fault)}: {fault.response['Error'].get('Message')}{way_out}") from fault
        except NoCredentialsError as fault:
            raise StoreFailure(
                f"{where}: there are no AWS credentials: give the job a role, or set AWS_PROFILE, or AWS_ACCESS_KEY_ID and "
                "AWS_SECRET_ACCESS_KEY."
            ) from fault
        except BotoCoreError as fault:
            raise StoreFailure(f"{where}: {call} failed: {fault}") from fault


_CUT_OFF = (IncompleteReadError, HTTPClientError)
_MISSING = ("NoSuchKey", "404")
_WAYS_OUT = {
    "AccessDenied": ". The job's role has to allow it.",
    "NoSuchBucket": ". Correct the address, or make the bucket.",
    "SlowDown": f", {ATTEMPTS} times. The next run makes up for this one.",
}


def _code(fault: ClientError) -> str:
    return str(fault.response["Error"].get("Code"))


def _media_type(key: str) -> str:
    types = {"html": "text/html; charset=utf-8", "json": "application/json"}
    return types.get(key.rpartition(".")[2], "application/octet-stream")
