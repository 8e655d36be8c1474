"""Keeps a sample of requests and answers in S3, as JSON lines: only the fields that are named, and never at the expense of who asks."""

import hashlib
import json
import queue
import random
import secrets
import sys
import threading
import time
import urllib.request
from collections.abc import Mapping
from datetime import UTC, datetime
from http.client import HTTPException

from weights import TIMEOUT, NoWeights, address, credentials, signed

WAITING = 1000
"""Records that wait to be written; when there are more, further ones are lost."""

LINES, SECONDS = 500, 30.0
"""Records in an object, and how long the first one waits for others."""


class Payloads:
    """What is kept of requests and answers. Safe to use from several threads."""

    def __init__(self, model: str, version: str, environment: Mapping[str, str]) -> None:
        self._model, self._version, self._environment = model, version, environment
        self._bucket = environment["PAYLOAD_URI"].removeprefix("s3://").rstrip("/")
        self._sample = float(environment["PAYLOAD_SAMPLE"])
        self._fields = frozenset(environment["PAYLOAD_FIELDS"].split(","))
        self._waiting: queue.Queue[str | None] = queue.Queue(WAITING)
        self._thread = threading.Thread(target=self._write, daemon=True)
        self._thread.start()

    def offer(self, request: object, outputs: object) -> None:
        """Keeps the named fields of a request and its answer, by chance."""
        if random.random() >= self._sample:
            return
        record = {
            **_pseudonym(request),
            "time": datetime.now(UTC).isoformat(timespec="milliseconds"),
            "model": self._model,
            "version": self._version,
            "inputs": self._named(request.get("inputs") if isinstance(request, dict) else None),
            "outputs": self._named(outputs),
        }
        try:
            self._waiting.put_nowait(json.dumps(record))
        except queue.Full:
            print("payloads are written more slowly than they come; one was lost", file=sys.stderr)

    def close(self, seconds: float) -> None:
        """What waits is written, as far as that takes no longer than `seconds`."""
        try:
            self._waiting.put(None, timeout=seconds)
            self._thread.join(seconds)
        except queue.Full:
            pass

    def _named(self, tensors: object) -> list[object]:
        listed = tensors if isinstance(tensors, list) else []
        return [
            {key: tensor[key] for key in ("name", "datatype", "shape", "data") if key in tensor}
            for tensor in listed
            if isinstance(tensor, dict) and tensor.get("name") in self._fields
        ]

    def _write(self) -> None:
        open_ = True
        while open_:
            lines, end = [], 0.0
            while open_ and len(lines) < LINES:
                try:
                    line = self._waiting.get(timeout=max(0.0, end - time.monotonic()) if lines else None)
                except queue.Empty:
                    break
                if line is None:
                    open_ = False
                else:
                    end = end if lines else time.monotonic() + SECONDS
                    lines.append(line)
            if lines:
                self._put("\n".join(lines) + "\n")

    def _put(self, content: str) -> None:
        body, now = content.encode(), datetime.now(UTC)
        key = f"{self._version}/{now:%Y/%m/%d/%H%M%S}-{secrets.token_hex(6)}.jsonl"
        try:
            url, region = address(self._bucket, key, self._environment)
            digest = hashlib.sha256(body).hexdigest()
            headers = signed(url, region, credentials(self._environment), now, method="PUT", content=digest) | {
                "Content-Type": "application/x-ndjson"
            }
            with urllib.request.urlopen(urllib.request.Request(url, body, headers, method="PUT"), timeout=TIMEOUT):
                pass
        # A model answers whether or not its payloads are kept.
        except (NoWeights, OSError, ValueError, HTTPException) as fault:
            print(f"payloads were lost: {fault}", file=sys.stderr)


def _pseudonym(request: object) -> dict[str, str]:
    """By what a label finds its request: the SHA-256 of the request's id, as that may tell who somebody is; nothing without one."""
    known = request.get("id") if isinstance(request, dict) else None
    return {"id": hashlib.sha256(known.encode()).hexdigest()} if isinstance(known, str) and known else {}
