"""What the process of a plugin owes the engine that started it: a server, its port, and an end."""

import os
import signal
import socket
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import NoReturn

import grpc

_MESSAGE_LIMIT = 400 * 1024 * 1024  # bytes; what the engine itself allows (sdk/go/common/util/rpcutil)
_EVERY = 0.5  # seconds


@dataclass(frozen=True)
class Server:
    port: int
    stop: Callable[[], None]


def start(register: Callable[[grpc.Server], None], threads: int) -> Server:
    """A server on a free loopback port, with what `register` adds to it; up to so many calls run at once. Ends when it is forgotten."""
    options = [("grpc.max_receive_message_length", _MESSAGE_LIMIT), ("grpc.max_send_message_length", _MESSAGE_LIMIT)]
    server = grpc.server(ThreadPoolExecutor(threads, thread_name_prefix="call"), options=options)
    register(server)
    port = server.add_insecure_port("127.0.0.1:0")
    server.start()
    return Server(port, lambda: server.stop(None).wait())


def serve(register: Callable[[grpc.Server], None], threads: int, engine: str, at_end: Callable[[], None] = lambda: None) -> NoReturn:
    """Serves the engine at that address ("" where none is known) and ends with it: exit code 0, and not a word but the port.

    The end is SIGINT or SIGTERM, which the engine sends when it closes a plugin, or the death of the engine. `at_end` runs first and
    must be quick: what calls still do is cut off. Call from the main thread.
    """

    def end(*_: object) -> NoReturn:
        at_end()
        os._exit(0)

    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, end)
    # A killed engine (kill -9) cannot say good-bye, but it is our parent: launchers exec. PR_SET_PDEATHSIG would tell of a dead thread
    # of the engine as well, and the engine is written in Go, whose threads come and go.
    parent = os.getppid()
    if engine and not _answers(engine):  # it died before we asked for our parent
        end()
    server = start(register, threads)
    print(server.port, flush=True)  # noqa: T201 - the protocol of plugins
    while os.getppid() == parent:
        time.sleep(_EVERY)
    end()


def _answers(address: str) -> bool:
    host, _, port = address.rpartition(":")
    try:
        socket.create_connection((host, int(port)), timeout=5).close()
    except ConnectionRefusedError:
        return False
    return True
