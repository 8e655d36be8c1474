"""Gets a model's weights, from a file or from S3, and proves that they are the ones asked for."""

import hashlib
import hmac
import json
import urllib.error
import urllib.request
from collections.abc import Mapping
from datetime import UTC, datetime
from http.client import HTTPException
from pathlib import Path
from typing import NamedTuple
from urllib.parse import quote, unquote, urlsplit

MAX_BYTES = 64 * 1024 * 1024
"""Bytes of weights that are read at most."""

TIMEOUT = 30
"""Seconds for one answer of S3 or of the credentials' source."""

EMPTY = hashlib.sha256(b"").hexdigest()


class NoWeights(Exception):
    """The weights cannot be had, or are not the ones asked for. The message says which."""


class Credentials(NamedTuple):
    """AWS credentials; `token` is empty for those of a user."""

    access_key: str
    secret_key: str
    token: str


def load(uri: str, sha256: str, environment: Mapping[str, str]) -> bytes:
    """The content at `uri` (a path, file:///… or s3://bucket/key), whose SHA-256 is `sha256`. Raises NoWeights."""
    parts = urlsplit(uri)
    try:
        if parts.scheme == "s3":
            # A key is taken as it stands: `%` and `?` mean nothing in it.
            bucket, _, key = uri.removeprefix("s3://").partition("/")
            content = _download(bucket, key, environment)
        elif parts.scheme in ("", "file"):
            with Path(unquote(parts.path) if parts.scheme else uri).open("rb") as file:
                content = file.read(MAX_BYTES + 1)
        else:
            raise NoWeights(f"MODEL_URI {uri} is neither a file nor s3://bucket/key")
    except (OSError, ValueError, HTTPException) as fault:
        raise NoWeights(f"cannot read {uri}: {fault}") from fault
    if len(content) > MAX_BYTES:
        raise NoWeights(f"{uri} is larger than {MAX_BYTES} bytes")
    if (found := hashlib.sha256(content).hexdigest()) != sha256:
        raise NoWeights(f"{uri} has SHA-256 {found}, but MODEL_SHA256 is {sha256}; nothing of it was used")
    return content


def signed(url: str, region: str, credentials: Credentials, now: datetime, *, method: str = "GET", content: str = EMPTY) -> dict[str, str]:
    """Headers that sign a request to `url` for S3 with Signature Version 4; `content` is the SHA-256 of its body."""
    parts = urlsplit(url)
    stamp = now.strftime("%Y%m%dT%H%M%SZ")
    headers = {"host": parts.netloc, "x-amz-content-sha256": content, "x-amz-date": stamp}
    if credentials.token:
        headers["x-amz-security-token"] = credentials.token
    names = ";".join(sorted(headers))
    listed = "".join(f"{name}:{headers[name]}\n" for name in sorted(headers))
    request = "\n".join([method, parts.path, parts.query, listed, names, content])
    scope = f"{stamp[:8]}/{region}/s3/aws4_request"
    text = "\n".join(["AWS4-HMAC-SHA256", stamp, scope, hashlib.sha256(request.encode()).hexdigest()])
    key = f"AWS4{credentials.secret_key}".encode()
    for step in scope.split("/"):
        key = hmac.digest(key, step.encode(), "sha256")
    signature = hmac.digest(key, text.encode(), "sha256").hex()
    authorization = f"AWS4-HMAC-SHA256 Credential={credentials.access_key}/{scope}, SignedHeaders={names}, Signature={signature}"
    return {**headers, "Authorization": authorization}


def credentials(environment: Mapping[str, str]) -> Credentials:
    """The variables' own credentials, or those that EKS Pod Identity hands out. Raises NoWeights."""
    if key := environment.get("AWS_ACCESS_KEY_ID"):
        return Credentials(key, environment.get("AWS_SECRET_ACCESS_KEY", ""), environment.get("AWS_SESSION_TOKEN", ""))
    source = environment.get("AWS_CONTAINER_CREDENTIALS_FULL_URI")
    if not source:
        raise NoWeights("no AWS credentials: neither AWS_ACCESS_KEY_ID nor AWS_CONTAINER_CREDENTIALS_FULL_URI is set")
    file = environment.get("AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE")
    token = Path(file).read_text("utf-8").strip() if file else environment.get("AWS_CONTAINER_AUTHORIZATION_TOKEN", "")
    answer = json.loads(_get(source, {"Authorization": token}))
    try:
        return Credentials(answer["AccessKeyId"], answer["SecretAccessKey"], answer.get("Token", ""))
    except (KeyError, TypeError, AttributeError) as fault:
        raise NoWeights(f"{source} answered without credentials") from fault


def address(bucket: str, key: str, environment: Mapping[str, str]) -> tuple[str, str]:
    """Where S3 has the object, and the region that requests are signed for. Raises NoWeights."""
    region = environment.get("AWS_REGION") or environment.get("AWS_DEFAULT_REGION")
    if not region:
        raise NoWeights("AWS_REGION is not set")
    endpoint = environment.get("AWS_ENDPOINT_URL_S3") or environment.get("AWS_ENDPOINT_URL")
    # Dots in a bucket's name break the wildcard certificate; an own endpoint need not know names of buckets.
    if endpoint or "." in bucket:
        base = f"{(endpoint or f'https://s3.{region}.amazonaws.com').rstrip('/')}/{bucket}"
    else:
        base = f"https://{bucket}.s3.{region}.amazonaws.com"
    return f"{base}/{quote(key, safe='/-_.~')}", region


def _download(bucket: str, key: str, environment: Mapping[str, str]) -> bytes:
    url, region = address(bucket, key, environment)
    return _get(url, signed(url, region, credentials(environment), datetime.now(UTC)))


def _get(url: str, headers: Mapping[str, str]) -> bytes:
    if not url.startswith(("http://", "https://")):
        raise NoWeights(f"{url} is not an HTTP address")
    try:
        with urllib.request.urlopen(urllib.request.Request(url, headers=dict(headers)), timeout=TIMEOUT) as answer:
            return bytes(answer.read(MAX_BYTES + 1))
    except urllib.error.HTTPError as fault:
        with fault:
            detail = fault.read(300).decode("utf-8", "replace")
        raise NoWeights(f"{url} answered {fault.code} {fault.reason}: {detail}") from fault
