"""The calls to AWS that governance makes, and nothing else: the only import of boto3 here. Errors of AWS become StoreFailure or WrongKey.

Region, credentials and endpoint come from where AWS's own tools have them: AWS_REGION, AWS_PROFILE, AWS_ENDPOINT_URL and their like.
"""

import hashlib
import os
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager

import boto3
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError, HTTPClientError, IncompleteReadError, NoCredentialsError

from modelway.governance.ledger.failures import LedgerFailure, StoreFailure, WrongKey
from modelway.governance.ledger.signing import id_of, lowered, pem
from modelway.governance.ledger.store import ENTRIES

ATTEMPTS = 8
"""Of each call, with pauses that grow to 20 seconds."""
AT_ONCE = 16
"""Entries that are read at the same time."""
PART = 1024
"""Entries that are in memory at the same time."""
MAX_MESSAGE = 4096
"""Bytes that KMS takes as they are; of more it takes the SHA-256. Source: AWS KMS API, Sign."""

_CONFIG = Config(
    retries={"mode": "standard", "total_max_attempts": ATTEMPTS}, connect_timeout=10, read_timeout=60, max_pool_connections=AT_ONCE
)


class Bucket:
    """A ledger below a prefix of a bucket. Needs conditional writes: S3 of 2024 or later."""

    def __init__(self, bucket: str, prefix: str) -> None:
        self._bucket, self._prefix = bucket, prefix if not prefix or prefix.endswith("/") else f"{prefix}/"
        self.address = f"s3://{bucket}/{self._prefix}"
        with _explained(self.address, "s3", StoreFailure):
            self._client = boto3.Session(region_name=_region()).client("s3", config=_CONFIG)

    def names(self) -> list[str]:
        prefix = f"{self._prefix}{ENTRIES}"
        with _explained(self.address, "s3:ListBucket", StoreFailure):
            pages = self._client.get_paginator("list_objects_v2").paginate(Bucket=self._bucket, Prefix=prefix)
            return [found["Key"].removeprefix(prefix) for page in pages for found in page.get("Contents", ())]

    def read(self, name: str) -> bytes | None:
        held = self._held(name)
        return None if held is None else held[0]

    def contents(self, names: Sequence[str]) -> Iterator[tuple[str, bytes]]:
        with ThreadPoolExecutor(AT_ONCE) as pool:
            for begin in range(0, len(names), PART):
                part = names[begin : begin + PART]
                for name, content in zip(part, pool.map(lambda name: self.read(f"{ENTRIES}{name}"), part), strict=True):
                    if content is not None:
                        yield name, content

    def create(self, name: str, content: bytes) -> bool:
        return self._put(name, content, {"IfNoneMatch": "*"})

    def replace(self, name: str, content: bytes, was: bytes) -> bool:
        held = self._held(name)
        return held is not None and held[0] == was and self._put(name, content, {"IfMatch": held[1]})

    def guards(self) -> list[str]:
        return [self._versioning(), self._lock()]

    def _versioning(self) -> str:
        what = f"versioning of bucket {self._bucket}"
        try:
            with _explained(what, "s3:GetBucketVersioning", StoreFailure):
                status = self._client.get_bucket_versioning(Bucket=self._bucket).get("Status", "never switched on")
        except StoreFailure as fault:
            return f"{what} could not be asked for: {fault}"
        return f"{what} is on" if status == "Enabled" else f"{what} is not on ({status}): what is overwritten or deleted there is gone"

    def _lock(self) -> str:
        what = f"object lock of bucket {self._bucket}"
        try:
            with _explained(what, "s3:GetBucketObjectLockConfiguration", StoreFailure):
                try:
                    found = self._client.get_object_lock_configuration(Bucket=self._bucket)["ObjectLockConfiguration"]
                except ClientError as fault:
                    if _code(fault) not in ("ObjectLockConfigurationNotFoundError", "NoSuchObjectLockConfiguration"):
                        raise
                    found = {}
        except StoreFailure as fault:
            return f"{what} could not be asked for: {fault}"
        if found.get("ObjectLockEnabled") != "Enabled":
            return f"{what} is not on: whoever may delete there can remove entries, which an anchor shows, and nothing hinders"
        kept = found.get("Rule", {}).get("DefaultRetention")
        if kept is None:
            return f"{what} is on, without a default retention: no entry is locked by it"
        time = f"{kept['Days']} days" if kept.get("Days") else f"{kept.get('Years')} years"
        who = "by nobody" if kept["Mode"] == "COMPLIANCE" else "by nobody without s3:BypassGovernanceRetention"
        return f"{what} is on: for {time} a version of an entry can be deleted {who}"

    def _held(self, name: str) -> tuple[bytes, str] | None:
        """What a name holds, and its ETag."""
        with _explained(f"{self.address}{name}", "s3:GetObject", StoreFailure):
            for attempt in range(ATTEMPTS):
                try:
                    answer = self._client.get_object(Bucket=self._bucket, Key=f"{self._prefix}{name}")
                except ClientError as fault:
                    if _code(fault) in ("NoSuchKey", "404"):
                        return None
                    raise
                try:
                    return answer["Body"].read(), str(answer["ETag"])
                except (IncompleteReadError, HTTPClientError):
                    # Cut off while it was read, which the client does not try again.
                    if attempt == ATTEMPTS - 1:
                        raise
                    time.sleep(min(0.1 * 2**attempt, 5))
        raise AssertionError

    def _put(self, name: str, content: bytes, condition: dict[str, str]) -> bool:
        unknown = " Whether it was written is not known: look at what the ledger has before you try again."
        with _explained(f"{self.address}{name}", "s3:PutObject", StoreFailure, unknown):
            for attempt in range(ATTEMPTS):
                try:
                    self._client.put_object(
                        Bucket=self._bucket, Key=f"{self._prefix}{name}", Body=content, ContentType="application/json", **condition
                    )
                    return True
                except ClientError as fault:
                    if _code(fault) in ("PreconditionFailed", "412", "NoSuchKey"):
                        # An attempt before may have been written though it was answered with an error. No two entries are the same.
                        return self.read(name) == content
                    # Two wrote at the same moment, and S3 took neither.
                    if _code(fault) != "ConditionalRequestConflict" or attempt == ATTEMPTS - 1:
                        raise
                    time.sleep(min(0.1 * 2**attempt, 5))
        raise AssertionError


class KmsKey:
    """A key of ECDSA P-256 that stays in KMS."""

    def __init__(self, arn: str) -> None:
        self._arn = arn
        parts = arn.split(":")
        # A key is in the region that its ARN names.
        region = parts[3] if len(parts) > 3 else _region()
        with _explained(arn, "kms:GetPublicKey", WrongKey):
            self._client = boto3.Session(region_name=region).client("kms", config=_CONFIG)
            said = self._client.get_public_key(KeyId=arn)
        info = bytes(said["PublicKey"])
        if said.get("KeyUsage") != "SIGN_VERIFY":
            raise WrongKey(f"{arn} is no key that signs. Make one with key spec ECC_NIST_P256 and key usage SIGN_VERIFY.")
        self.id, self.public = id_of(info), pem(info)

    def sign(self, message: bytes) -> bytes:
        whole = len(message) <= MAX_MESSAGE
        with _explained(self._arn, "kms:Sign", WrongKey):
            answer = self._client.sign(
                KeyId=self._arn,
                Message=message if whole else hashlib.sha256(message).digest(),
                MessageType="RAW" if whole else "DIGEST",
                SigningAlgorithm="ECDSA_SHA_256",
            )
        return lowered(bytes(answer["Signature"]))


def _region() -> str | None:
    return os.environ.get("AWS_REGION") or os.environ.get("AWS_DEFAULT_REGION")


@contextmanager
def _explained(where: str, call: str, kind: type[LedgerFailure], then: str = "") -> Iterator[None]:
    try:
        yield
    except ClientError as fault:
        way_out = _WAYS_OUT.get(_code(fault), "")
        raise kind(f"{where}: AWS refused {call}: {_code(fault)}: {fault.response['Error'].get('Message')}{way_out}{then}") from fault
    except NoCredentialsError as fault:
        raise kind(
            f"{where}: there are no AWS credentials: give the job a role, or set AWS_PROFILE, or both AWS_ACCESS_KEY_ID and its secret."
        ) from fault
    except BotoCoreError as fault:
        raise kind(f"{where}: {call} failed: {fault}.{then}") from fault


_WAYS_OUT = {
    "AccessDenied": ". The role has to allow it.",
    "AccessDeniedException": ". The role, and the key's own policy, have to allow it.",
    "NoSuchBucket": ". Correct the address, or make the bucket.",
    "NotFoundException": ". Correct the key's ARN.",
    "RequestTimeTooSkewed": ". Set this machine's clock.",
    "KMSInvalidStateException": ". The key is disabled, or waits to be deleted.",
}


def _code(fault: ClientError) -> str:
    return str(fault.response["Error"].get("Code"))
