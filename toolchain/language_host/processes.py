"""The processes a host starts: programs, plugins, installations. None outlives the host."""

import contextlib
import io
import os
import selectors
import signal
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import IO, Literal

import grpc

# Runs in the child before the real program: asks the kernel to kill it when the host dies, however the host dies. (The kernel means the
# thread that started it, but those of the server's pool stay.) Done here and not between fork and exec in this process, because gRPC,
# which runs threads, does not survive a fork. 1 is PR_SET_PDEATHSIG.
_BIND = """
import ctypes, os, sys
ctypes.CDLL(None).prctl(1, 9)
if os.getppid() != int(sys.argv[1]):
    os._exit(1)
os.execv(sys.argv[2], sys.argv[2:])
"""


def fate(code: int) -> str:
    """How a process ended that did not end well, by its exit code."""
    return f"was ended by {signal.Signals(-code).name}" if code < 0 else f"exited with non-zero exit code: {code}"


class Process:
    """One running process, which leads a process group of its own."""

    def __init__(self, popen: subprocess.Popen[bytes], streams: Mapping[str, IO[bytes]]) -> None:
        self._popen = popen
        self._streams = streams

    def output(self) -> Iterator[tuple[str, bytes]]:
        """What it writes, as it comes, until it is done: ("stdout" or "stderr", bytes)."""
        with selectors.DefaultSelector() as selector:
            for name, stream in self._streams.items():
                selector.register(stream, selectors.EVENT_READ, name)
            while selector.get_map():
                for key, _ in selector.select():
                    try:
                        chunk = os.read(key.fd, 64 * 1024)
                    except OSError:  # the other end of the terminal is closed
                        chunk = b""
                    if chunk:
                        yield key.data, chunk
                    else:
                        selector.unregister(key.fileobj)

    def wait(self) -> int:
        """The exit code; negative for the number of the signal that ended it."""
        return self._popen.wait()

    def end(self) -> None:
        """Kills it and what it started. Does nothing when it has ended already."""
        if self._popen.poll() is None:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(self._popen.pid, signal.SIGKILL)


class Processes:
    """All that run now."""

    def __init__(self) -> None:
        self._running: set[Process] = set()

    @contextlib.contextmanager
    def start(
        self,
        command: Sequence[str],
        call: grpc.ServicerContext,
        *,
        folder: Path | None,
        variables: Mapping[str, str],
        shown: Literal["here", "pipes", "terminal"],
    ) -> Iterator[Process]:
        """A process that ends with the block, or when the engine gives up the call it works for.

        It writes to this host's own stdout and stderr (`here`), or where `output` reads: two pipes, or one terminal, for what colours and
        draws as for a person.

        It leads a process group of its own, because the engine interrupts this host's whole group when it closes it, and Python
        programs answer an interrupt with a traceback.
        """
        bound = [sys.executable, "-ISc", _BIND, str(os.getpid()), *command] if sys.platform == "linux" else list(command)
        with contextlib.ExitStack() as opened:
            streams: dict[str, IO[bytes]] = {}
            stdout: IO[bytes] | int | None = subprocess.PIPE if shown == "pipes" else None
            stderr = stdout
            if shown == "terminal":
                ours, theirs = os.openpty()
                streams["stdout"] = opened.enter_context(os.fdopen(ours, "rb", buffering=0))
                stdout = stderr = opened.enter_context(os.fdopen(theirs, "wb", buffering=0))
            popen = opened.enter_context(
                subprocess.Popen(bound, cwd=folder, env=variables, stdin=subprocess.DEVNULL, stdout=stdout, stderr=stderr, process_group=0)
            )
            if isinstance(stdout, io.IOBase):
                stdout.close()  # or the terminal never ends
            elif popen.stdout and popen.stderr:
                streams = {"stdout": popen.stdout, "stderr": popen.stderr}
            process = Process(popen, streams)
            self._running.add(process)
            try:
                if not call.add_callback(process.end):  # given up already
                    process.end()
                yield process
            finally:
                process.end()
                self._running.discard(process)

    def end_all(self) -> None:
        for process in tuple(self._running):
            process.end()
