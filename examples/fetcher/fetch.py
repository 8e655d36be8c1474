"""Gets a model's weights into a folder, and proves that they are the ones asked for, before a serving program starts.

Standard library only.

Environment: FETCH_URI (s3://bucket/key), FETCH_SHA256 (64 hex digits), FETCH_INTO (a folder), FETCH_FILE (name of the file in it; without
it what is fetched is an archive, .tar.gz or .zip, which is unpacked), FETCH_MAX_BYTES (64 GiB: most bytes, of the file and of what is
unpacked).

Afterwards the folder holds the whole of it, or nothing of it: what is not what it should be is removed, and the exit code is 1.
"""

import hashlib
import os
import shutil
import sys
import urllib.error
import urllib.request
from collections.abc import Mapping
from datetime import UTC, datetime
from http.client import HTTPException
from pathlib import Path

from archives import BadArchive, unpack
from weights import TIMEOUT, NoWeights, address, credentials, signed

MOST = 64 << 30
"""Bytes, unless said otherwise."""

CHUNK = 1 << 20


def fetch(environment: Mapping[str, str]) -> Path:
    """What the module says; returns the file, or the folder of what was unpacked. Raises NoWeights, BadArchive, KeyError."""
    uri, sha256, into = environment["FETCH_URI"], environment["FETCH_SHA256"], Path(environment["FETCH_INTO"])
    most = int(environment.get("FETCH_MAX_BYTES", MOST))
    name = environment.get("FETCH_FILE", "")
    if name and (name in (".", "..") or "/" in name or "\0" in name):
        raise NoWeights(f"FETCH_FILE {name!r} is not the name of a file")
    part = into / ".part"
    try:
        _download(uri, sha256, part, most, environment)
        if not name:
            unpack(part, into, most)
            return into
        part.replace(into / name)
        return into / name
    except BaseException:
        for left in into.iterdir():
            shutil.rmtree(left) if left.is_dir() and not left.is_symlink() else left.unlink()
        raise
    finally:
        part.unlink(missing_ok=True)


def _download(uri: str, sha256: str, into: Path, most: int, environment: Mapping[str, str]) -> None:
    if not uri.startswith("s3://"):
        raise NoWeights(f"FETCH_URI {uri} is not s3://bucket/key")
    bucket, _, key = uri.removeprefix("s3://").partition("/")
    digest, size = hashlib.sha256(), 0
    try:
        url, region = address(bucket, key, environment)
        headers = signed(url, region, credentials(environment), datetime.now(UTC))
        with urllib.request.urlopen(urllib.request.Request(url, headers=headers), timeout=TIMEOUT) as answer, into.open("wb") as file:
            while chunk := answer.read(CHUNK):
                size += len(chunk)
                if size > most:
                    raise NoWeights(f"{uri} is larger than {most} bytes")
                digest.update(chunk)
                file.write(chunk)
    except urllib.error.HTTPError as fault:
        with fault:
            raise NoWeights(f"{uri}: S3 answered {fault.code} {fault.reason}") from fault
    except (OSError, ValueError, HTTPException) as fault:
        raise NoWeights(f"cannot read {uri}: {fault}") from fault
    if digest.hexdigest() != sha256:
        raise NoWeights(f"{uri} has SHA-256 {digest.hexdigest()}, but FETCH_SHA256 is {sha256}; nothing of it was used")


def main() -> int:
    """Returns 1, with what is wrong on stderr, when there are no weights to be had."""
    try:
        found = fetch(os.environ)
    except KeyError as fault:
        print(f"error: {fault.args[0]} is not set", file=sys.stderr)
    except (NoWeights, BadArchive, ValueError, OSError) as fault:
        print(f"error: {fault}", file=sys.stderr)
    else:
        print(f"fetched {found}", file=sys.stderr)
        return 0
    return 1


if __name__ == "__main__":
    sys.exit(main())
