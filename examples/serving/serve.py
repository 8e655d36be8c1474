"""Serves one version of one linear model over HTTP: by the Open Inference Protocol, version 2, and as SageMaker asks, at `/ping` and
`/invocations` (docs.aws.amazon.com/sagemaker/latest/dg/your-algorithms-inference-code.html). Standard library only.

SageMaker adds the argument `serve`, which means nothing here; it sends no model's name, and gets the same answer.

Environment: MODEL_NAME, MODEL_VERSION, MODEL_URI, MODEL_SHA256 (64 hex digits), PORT (8080), DRAIN_SECONDS (5: how long requests are still
accepted after SIGTERM, while the cluster takes the address out of its routes), FINISH_SECONDS (20: how long requests under way are given
after that). With PAYLOAD_URI (s3://bucket), PAYLOAD_SAMPLE (0 to 1) and PAYLOAD_FIELDS (names, separated by commas) a sample is kept.
"""

import json
import os
import signal
import socketserver
import sys
import threading
import time
from collections.abc import Callable, Mapping
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from linear import BadRequest, Model, infer, metadata, parse_model
from metrics import Metrics
from payloads import Payloads
from weights import NoWeights, load

MAX_BODY = 1024 * 1024
"""Bytes of a request's body."""

ENDING = {signal.SIGTERM, signal.SIGINT}

Content = tuple[HTTPStatus, str | Mapping[str, object]]
"""What is answered: metrics as text, everything else as JSON."""


class Refused(Exception):
    """A request that is answered with an error."""

    def __init__(self, status: HTTPStatus, message: str, *, close: bool = False) -> None:
        super().__init__(message)
        self.status = status
        # The body was not read: what follows on the connection is not a request.
        self.close = close


class Server(ThreadingHTTPServer):
    """The model, its metrics, and whether the program is on its way out."""

    daemon_threads = True

    def __init__(self, port: int, name: str, version: str, model: Model, payloads: Payloads | None) -> None:
        super().__init__(("", port), Handler)
        self.name, self.version, self.model, self.payloads = name, version, model, payloads
        self.metrics = Metrics(name, version)
        self.draining = False
        self.busy = 0
        self.idle = threading.Condition()

    def server_bind(self) -> None:
        """Binds without asking DNS for the host's full name, as the base class does: a pod may not reach it, and would wait."""
        socketserver.TCPServer.server_bind(self)
        self.server_name, self.server_port = "", int(self.server_address[1])

    def drain(self, accept: float, finish: float) -> None:
        """Says that it is not ready, accepts for `accept` seconds more, and gives requests under way `finish` seconds."""
        self.draining = True
        time.sleep(accept)
        self.shutdown()
        # Or the kernel would go on accepting for a program that answers nobody.
        self.server_close()
        with self.idle:
            self.idle.wait_for(lambda: not self.busy, finish)
        if self.payloads:
            self.payloads.close(5)

    def handle_error(self, request: object, client_address: object) -> None:  # noqa: ARG002 - the base class passes both
        """Says what went wrong, unless the caller hung up."""
        fault = sys.exception()
        if not isinstance(fault, ConnectionError | TimeoutError):
            print(f"error while answering {client_address}: {fault!r}", file=sys.stderr)


class Handler(BaseHTTPRequestHandler):
    """One connection."""

    server: Server
    protocol_version = "HTTP/1.1"
    server_version = "modelway-example"
    sys_version = ""
    # Without it a line that is no HTTP would be answered without a status.
    default_request_version = "HTTP/1.0"
    timeout = 15

    def do_GET(self) -> None:
        """Health, metadata, metrics."""
        self._handle(self._read)

    def do_POST(self) -> None:
        """Infer requests."""
        self._handle(self._infer)

    def _handle(self, answer: Callable[[str], Content]) -> None:
        with self.server.idle:
            self.server.busy += 1
        try:
            try:
                status, content = answer(self.path.partition("?")[0])
            except Refused as refusal:
                self.close_connection |= refusal.close
                status, content = refusal.status, {"error": str(refusal)}
            self._send(status, content)
        finally:
            with self.server.idle:
                self.server.busy -= 1
                self.server.idle.notify_all()

    def _read(self, path: str) -> Content:
        server = self.server
        if self.headers.get("Content-Length", "0") != "0" or "Transfer-Encoding" in self.headers:
            raise Refused(HTTPStatus.BAD_REQUEST, "a GET request has no body", close=True)
        match path.split("/")[1:]:
            case ["metrics"]:
                return HTTPStatus.OK, server.metrics.text()
            case ["v2"]:
                return HTTPStatus.OK, {"name": "modelway-example", "version": "1", "extensions": []}
            case ["v2", "health", "live"]:
                return HTTPStatus.OK, {"live": True}
            case ["v2", "health", "ready"] | ["ping"]:
                return self._ready(), {"ready": not server.draining}
            case ["v2", "models", *rest]:
                match self._action(rest):
                    case []:
                        return HTTPStatus.OK, {"name": server.name, "versions": [server.version], **metadata(server.model)}
                    case ["ready"]:
                        return self._ready(), {"name": server.name, "ready": not server.draining}
        raise Refused(HTTPStatus.NOT_FOUND, "there is nothing at this path")

    def _infer(self, path: str) -> Content:
        begin, status = time.perf_counter(), HTTPStatus.INTERNAL_SERVER_ERROR
        parts = path.split("/")[1:]
        if parts != ["invocations"] and (parts[:2] != ["v2", "models"] or self._action(parts[2:], unread=True) != ["infer"]):
            raise Refused(HTTPStatus.NOT_FOUND, "there is nothing to post to at this path", close=True)
        try:
            request = self._body()
            try:
                outputs = infer(self.server.model, request)
            except BadRequest as fault:
                raise Refused(HTTPStatus.BAD_REQUEST, str(fault)) from fault
            content: dict[str, object] = {"model_name": self.server.name, "model_version": self.server.version, "outputs": outputs}
            if isinstance(request, dict) and isinstance(request.get("id"), str):
                content["id"] = request["id"]
            status = HTTPStatus.OK
            if self.server.payloads:
                self.server.payloads.offer(request, outputs)
            return status, content
        except Refused as refusal:
            status = refusal.status
            raise
        finally:
            self.server.metrics.count(status, time.perf_counter() - begin)

    def _action(self, rest: list[str], *, unread: bool = False) -> list[str]:
        """What follows the model, or its version, in the path."""
        name, *action = rest or [""]
        if name != self.server.name:
            raise Refused(HTTPStatus.NOT_FOUND, f"there is no such model; this is `{self.server.name}`", close=unread)
        if action[:1] == ["versions"] and len(action) > 1:
            if action[1] != self.server.version:
                raise Refused(HTTPStatus.NOT_FOUND, f"there is no such version; this is `{self.server.version}`", close=unread)
            return action[2:]
        return action

    def _body(self) -> object:
        length = self.headers.get("Content-Length")
        if "Transfer-Encoding" in self.headers or length is None:
            raise Refused(HTTPStatus.LENGTH_REQUIRED, "Content-Length is needed", close=True)
        if not (length.isascii() and length.isdigit() and len(length) < 16):
            raise Refused(HTTPStatus.BAD_REQUEST, "Content-Length is not a number", close=True)
        if int(length) > MAX_BODY:
            raise Refused(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, f"the body is larger than {MAX_BODY} bytes", close=True)
        body = self.rfile.read(int(length))
        if len(body) < int(length):
            raise Refused(HTTPStatus.BAD_REQUEST, "the body is shorter than Content-Length", close=True)
        try:
            return json.loads(body, parse_constant=_refuse_constant)
        # Deep nesting ends the parser's recursion; everything else is a ValueError.
        except (ValueError, RecursionError) as fault:
            raise Refused(HTTPStatus.BAD_REQUEST, f"the body is not JSON: {fault}") from fault

    def _ready(self) -> HTTPStatus:
        return HTTPStatus.SERVICE_UNAVAILABLE if self.server.draining else HTTPStatus.OK

    def _send(self, status: HTTPStatus, content: str | Mapping[str, object]) -> None:
        text = isinstance(content, str)
        body = (content if isinstance(content, str) else json.dumps(content, allow_nan=False)).encode()
        self.close_connection |= self.server.draining
        self.send_response(status)
        self.send_header("Content-Type", "text/plain; version=0.0.4; charset=utf-8" if text else "application/json")
        self.send_header("Content-Length", str(len(body)))
        if self.close_connection:
            self.send_header("Connection", "close")
        self.end_headers()
        self.wfile.write(body)

    def send_error(self, code: int, message: str | None = None, explain: str | None = None) -> None:  # noqa: ARG002 - the base class's
        """The base class refuses what is no HTTP, and methods that have no `do_…`; the protocol wants JSON."""
        self.close_connection = True
        self._send(HTTPStatus(code), {"error": message or HTTPStatus(code).phrase})

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the base class calls it so
        """Nothing is logged per request: the metrics count them."""


def _refuse_constant(name: str) -> float:
    raise ValueError(f"{name} is not a finite number")


def main() -> int:
    """Serves until SIGTERM or SIGINT. Returns 1 when the model cannot be had."""
    try:
        name, version, uri, sha256 = (os.environ[key] for key in ("MODEL_NAME", "MODEL_VERSION", "MODEL_URI", "MODEL_SHA256"))
        port, accept = int(os.environ.get("PORT", "8080")), float(os.environ.get("DRAIN_SECONDS", "5"))
        finish = float(os.environ.get("FINISH_SECONDS", "20"))
        model = parse_model(load(uri, sha256, os.environ))
        payloads = Payloads(name, version, os.environ) if os.environ.get("PAYLOAD_URI") else None
        server = Server(port, name, version, model, payloads)
    except KeyError as fault:
        return _fail(f"{fault.args[0]} is not set")
    except (NoWeights, ValueError, OSError) as fault:
        return _fail(str(fault))
    # Blocked in every thread and waited for: a handler that sets an Event may run while its own thread holds the Event's lock, and hang.
    signal.pthread_sigmask(signal.SIG_BLOCK, ENDING)
    with server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        print(f"serving {name} {version} on port {server.server_port}", file=sys.stderr, flush=True)
        signal.sigwait(ENDING)
        server.drain(accept, finish)
        thread.join()
    return 0


def _fail(message: str) -> int:
    print(f"error: {message}", file=sys.stderr)
    return 1


if __name__ == "__main__":
    sys.exit(main())
