"""An emulator of S3 behind a proxy that lets requests fail as S3 does when it is slow, broken, or cut off."""

import http.client
import threading
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import urlsplit

import boto3
from moto.server import ThreadedMotoServer

REGION = "eu-west-1"

Fault = str
"""500, SlowDown, lost (done, and answered with 500), cut (half of the body), conflict, denied."""

_SLOW = b"<?xml version='1.0'?><Error><Code>SlowDown</Code><Message>Please reduce your request rate.</Message></Error>"
_BROKEN = b"<?xml version='1.0'?><Error><Code>InternalError</Code><Message>We encountered an internal error.</Message></Error>"
_DENIED = b"<?xml version='1.0'?><Error><Code>AccessDenied</Code><Message>Access Denied</Message></Error>"
_CONFLICT = b"<?xml version='1.0'?><Error><Code>ConditionalRequestConflict</Code><Message>Try again.</Message></Error>"


_ANSWERS = {"500": (500, _BROKEN), "SlowDown": (503, _SLOW), "conflict": (409, _CONFLICT), "denied": (403, _DENIED)}


class FaultyS3:
    """Answers as the emulator does, but for requests that `fault` names a fault for. One at a time: the emulator looks at a condition and
    writes in two steps, which S3 does not."""

    def __init__(self, url: str, port: int) -> None:
        self.url, self._port = url, port
        self.fault: Callable[[str, str, int], Fault | None] = lambda method, path, number: None
        """By method, path, and which request it is, from 1."""
        self.requests: list[tuple[str, str]] = []
        self.written: list[str] = []
        """Paths of the objects that were written, once for each time."""
        self.lock = threading.Lock()

    def answer(self, handler: BaseHTTPRequestHandler) -> None:
        body = handler.rfile.read(int(handler.headers.get("Content-Length") or 0))
        with self.lock:
            self.requests.append((handler.command, handler.path))
            fault = self.fault(handler.command, handler.path, len(self.requests))
            if fault in _ANSWERS:
                status, text = _ANSWERS[fault]
                return self._send(handler, status, {"Content-Type": "application/xml"}, text)
            forward = http.client.HTTPConnection("127.0.0.1", self._port, timeout=30)
            forward.request(handler.command, handler.path, body, dict(handler.headers))
            found = forward.getresponse()
            content, headers = found.read(), {name: value for name, value in found.getheaders() if name.lower() not in _OF_HOPS}
            forward.close()
            self.written += [handler.path] if handler.command == "PUT" and found.status == 200 else []
        if fault == "lost":
            return self._send(handler, 500, {"Content-Type": "application/xml"}, _BROKEN)
        if fault == "cut":
            headers["Content-Length"] = str(len(content))
            return self._send(handler, found.status, headers, content[: len(content) // 2], whole=False)
        return self._send(handler, found.status, headers, content)

    def _send(self, handler: BaseHTTPRequestHandler, status: int, headers: dict[str, str], content: bytes, *, whole: bool = True) -> None:
        handler.send_response_only(status)
        length = {} if any(name.lower() == "content-length" for name in headers) else {"Content-Length": str(len(content))}
        for name, value in (headers | length).items():
            handler.send_header(name, value)
        handler.end_headers()
        if handler.command != "HEAD":
            handler.wfile.write(content)
        handler.close_connection = handler.close_connection or not whole


_OF_HOPS = ("connection", "transfer-encoding", "date", "server")


@contextmanager
def faulty_s3() -> Iterator[FaultyS3]:
    """Runs while it is entered, and has the buckets `payloads`, `results` and `labels`."""
    moto = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    moto.start()
    _, port = moto.get_host_and_port()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def handle_one_request(self) -> None:
            self.raw_requestline = self.rfile.readline(65537)
            if not self.raw_requestline:
                self.close_connection = True
            elif self.parse_request():
                emulator.answer(self)

        def log_message(self, *args: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    emulator = FaultyS3(f"http://127.0.0.1:{server.server_port}", port)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        client = plain(emulator)
        for bucket in ("payloads", "results", "labels"):
            client.create_bucket(Bucket=bucket, CreateBucketConfiguration={"LocationConstraint": REGION})
        yield emulator
    finally:
        server.shutdown()
        server.server_close()
        # All emulators of a process share what they hold.
        urllib.request.urlopen(f"http://127.0.0.1:{port}/moto-api/reset", data=b"").close()
        moto.stop()


def plain(emulator: FaultyS3) -> Any:
    """A client that looks behind the proxy."""
    port = emulator._port
    return boto3.client("s3", region_name=REGION, endpoint_url=f"http://127.0.0.1:{port}", aws_access_key_id="a", aws_secret_access_key="b")


def environment(emulator: FaultyS3) -> dict[str, str]:
    """Variables of a process that uses it."""
    host = urlsplit(emulator.url).netloc
    return {
        "AWS_ENDPOINT_URL": f"http://{host}",
        "AWS_REGION": REGION,
        "AWS_ACCESS_KEY_ID": "a",
        "AWS_SECRET_ACCESS_KEY": "b",
        "AWS_CONFIG_FILE": "/nowhere",
        "AWS_SHARED_CREDENTIALS_FILE": "/nowhere",
        "AWS_EC2_METADATA_DISABLED": "true",
    }
