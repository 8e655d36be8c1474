"""The processes a host starts: programs, plugins, installations. None outlives the host."""

import contextlib
import os
import selectors
import signal
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

import grpc

# Runs in the child before the real program: asks the kernel to kill it when the host dies, however the host dies. Done here and not
# between fork and exec in this process, because gRPC, which runs threads, does not survive a fork. 1 is PR_SET_PDEATHSIG.
_BIND = """
import ctypes, os, sys
ctypes.CDLL(None).prctl(1, 9)
if os.getppid() != int(sys.argv[1]):
    os._exit(1)
os.execv(sys.argv[2], sys.argv[2:])
"""


class Process:
    """One running process, which leads a process group of its own."""

    def __init__(self, popen: subprocess.Popen[bytes], streams: dict[int, str]) -> None:
        self._popen = popen
        self._streams = streams

    def output(self) -> Iterator[tuple[str, bytes]]:
        """What it writes, as it comes, until it is done: ("stdout" or "stderr", bytes). Empty for a process that was not captured."""
        with selectors.DefaultSelector() as selector:
            for descriptor, name in self._streams.items():
                selector.register(descriptor, selectors.EVENT_READ, name)
            while selector.get_map():
                for key, _ in selector.select():
                    try:
                        chunk = os.read(key.fd, 64 * 1024)
                    except OSError:  # a terminal whose other end is closed
                        chunk = b""
                    if chunk:
                        yield key.data, chunk
                    else:
                        selector.unregister(key.fd)
                        os.close(key.fd)

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
        captured: bool = False,
        terminal: bool = False,
    ) -> Iterator[Process]:
        """A process that ends with the block, or when the engine gives up the call it works for.

        It writes to this host's own stdout and stderr; `captured`: to pipes that `output` reads; `terminal`: both to one terminal, so
        that it colours and draws as for a person.

        It leads a process group of its own, because the engine interrupts this host's whole group when it closes it, and Python
        programs answer an interrupt with a traceback.
        """
        bound = [sys.executable, "-ISc", _BIND, str(os.getpid()), *command] if sys.platform == "linux" else list(command)
        streams: dict[int, str] = {}
        theirs: list[int] = []
        if captured and terminal:
            ours, screen = os.openpty()
            streams[ours] = "stdout"
            theirs = [screen, screen]
        elif captured:
            for name in ("stdout", "stderr"):
                ours, pipe = os.pipe()
                streams[ours] = name
                theirs.append(pipe)
        stdout, stderr = theirs or (None, None)
        try:
            popen = subprocess.Popen(
                bound, cwd=folder, env=variables, stdin=subprocess.DEVNULL, stdout=stdout, stderr=stderr, process_group=0
            )
        except OSError:
            for descriptor in streams:
                os.close(descriptor)
            raise
        finally:
            for descriptor in set(theirs):
                os.close(descriptor)
        process = Process(popen, streams)
        self._running.add(process)
        try:
            if not call.add_callback(process.end):  # given up already
                process.end()
            yield process
        finally:
            process.end()
            process.wait()
            self._running.discard(process)

    def end_all(self) -> None:
        for process in tuple(self._running):
            process.end()
