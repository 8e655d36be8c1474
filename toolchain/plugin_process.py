"""What the process of a plugin owes the engine that started it: its port, and an end."""

import os
import signal
import socket
import time
from collections.abc import Callable
from typing import NoReturn

MESSAGE_LIMIT = 400 * 1024 * 1024
"""Bytes in one message; what the engine itself allows (sdk/go/common/util/rpcutil)."""

_EVERY = 0.5  # seconds


def serve(start: Callable[[], int], engine: str, at_end: Callable[[], object] = lambda: None) -> NoReturn:
    """Starts a server (`start` returns its port), tells the engine the port, and ends with the engine: exit code 0, not a word.

    The end is SIGINT or SIGTERM, which the engine sends when it closes a plugin, or the death of the engine, whose address is `engine`
    ("" where none is known). `at_end` runs first and must be quick: whatever threads still do is cut off. Call from the main thread.
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
    print(start(), flush=True)  # noqa: T201 - the protocol of plugins
    while os.getppid() == parent:
        time.sleep(_EVERY)
    end()


def _answers(address: str) -> bool:
    host, _, port = address.rpartition(":")
    try:
        with socket.create_connection((host, int(port)), timeout=5):
            return True
    except ConnectionRefusedError:
        return False
