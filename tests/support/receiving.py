"""A real HTTP server on this machine that keeps what it is sent, and answers as it is told."""

import contextlib
import threading
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


@dataclass
class Received:
    method: str
    path: str
    headers: Mapping[str, str]
    body: bytes


@dataclass
class Receiver:
    address: str
    received: list[Received] = field(default_factory=list)


@contextlib.contextmanager
def receiver(answers: Sequence[tuple[int, Mapping[str, str], bytes]] = ()) -> Iterator[Receiver]:
    """Answers the first requests with `answers` (status, headers, body), and all later ones with 200."""
    left = list(answers)
    found: Receiver

    class Handler(BaseHTTPRequestHandler):
        def _answer(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            found.received.append(Received(self.command, self.path, {key.lower(): value for key, value in self.headers.items()}, body))
            status, headers, content = left.pop(0) if left else (200, {}, b"")
            self.send_response(status)
            for key, value in {**headers, "Content-Length": str(len(content))}.items():
                self.send_header(key, value)
            self.end_headers()
            self.wfile.write(content)

        do_POST = do_PUT = do_GET = _answer  # noqa: N815

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    found = Receiver(f"http://127.0.0.1:{server.server_port}")
    thread = threading.Thread(target=server.serve_forever, args=(0.01,))
    thread.start()
    try:
        yield found
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
