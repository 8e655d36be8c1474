"""Processes and ports: start a child that cannot outlive its parent, recognise one again, end it."""

import contextlib
import ctypes
import os
import random
import signal
import socket
import subprocess
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import psutil

# Below the range the kernel takes outgoing ports from (net.ipv4.ip_local_port_range starts at 32768) and the node ports of Kubernetes
# (30000): nothing takes the port of a part while it is restarted.
PORTS = range(20000, 30000)

_PR_SET_PDEATHSIG = 1
_libc = ctypes.CDLL(None, use_errno=True)


@dataclass(frozen=True)
class Identity:
    """A process for good: its id may be given to another one after its end, together with its start it is unique."""

    pid: int
    started: str
    """The boot it started in, and the clock ticks since then. Not the time of day: that is set anew while processes run."""

    @classmethod
    def of(cls, pid: int) -> "Identity | None":
        """The process that has this id now; one that ended but was not collected yet has it too. None when there is none."""
        fields = _stat(pid)
        return cls(pid, f"{_boot()}/{fields[_START]}") if fields else None

    def alive(self) -> bool:
        """Whether this very process still runs. A zombie does not."""
        fields = _stat(self.pid)
        return fields is not None and fields[_STATE] not in ("Z", "X") and f"{_boot()}/{fields[_START]}" == self.started


# Positions in /proc/PID/stat after the name, which may hold blanks and brackets (proc(5): state is field 3, starttime 22).
_STATE, _START = 0, 19


def _stat(pid: int) -> list[str] | None:
    try:
        return Path(f"/proc/{pid}/stat").read_text("utf-8", "replace").rpartition(")")[2].split()
    except OSError:
        return None


@cache
def _boot() -> str:
    return Path("/proc/sys/kernel/random/boot_id").read_text("ascii").strip()


def free_port(taken: set[int]) -> int:
    """A loopback port nobody listens on, and not one of `taken`."""
    for port in random.sample(PORTS, len(PORTS)):
        if port not in taken and port_is_free(port):
            return port
    raise OSError(f"no free port between {PORTS.start} and {PORTS.stop - 1}")


def port_is_free(port: int) -> bool:
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
        # As servers do: connections of a dead predecessor in TIME_WAIT are no hindrance.
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True


def who_listens(port: int) -> str:
    """The process on that port as people know it (`nginx, pid 4711`), or `another program` where we may not see it."""
    with contextlib.suppress(psutil.Error, OSError):
        for connection in psutil.net_connections("tcp"):
            if connection.status == psutil.CONN_LISTEN and connection.laddr and connection.laddr.port == port and connection.pid:
                return f"{psutil.Process(connection.pid).name()}, pid {connection.pid}"
    return "another program"


def start(arguments: Sequence[str], environment: Mapping[str, str], log: Path, folder: Path) -> subprocess.Popen[bytes]:
    """Starts a child in a process group of its own that the kernel kills when the calling thread ends.

    So the calling thread has to be one that lives as long as the parent: the main thread. Output is appended to `log` (mode 0600).
    """
    parent = os.getpid()

    def bind_to_parent() -> None:
        _libc.prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
        if os.getppid() != parent:  # it died in between
            os._exit(1)

    descriptor = os.open(log, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    try:
        return subprocess.Popen(
            list(arguments),
            env=dict(environment),
            cwd=folder,
            stdin=subprocess.DEVNULL,
            stdout=descriptor,
            stderr=descriptor,
            process_group=0,
            preexec_fn=bind_to_parent,
        )
    finally:
        os.close(descriptor)


def end(identities: Sequence[Identity], patience: float = 0.0) -> None:
    """Afterwards none of these processes runs, nor one of their groups. Asks first when `patience` (seconds) is given."""
    alive = [one for one in identities if one.alive()]
    if patience:
        for one in alive:
            _signal(one.pid, signal.SIGTERM)
        wait_until(lambda: not any(one.alive() for one in alive), patience)
    for one in alive:
        if one.alive():
            _signal(one.pid, signal.SIGKILL)
    wait_until(lambda: not any(one.alive() for one in alive), 10)


def wait_until(condition: Callable[[], bool], seconds: float, interval: float = 0.02) -> bool:
    """Whether the condition came true within that time."""
    deadline = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > deadline:
            return False
        time.sleep(interval)
    return True


def _signal(pid: int, number: int) -> None:
    with contextlib.suppress(ProcessLookupError, PermissionError):
        if os.getpgid(pid) == pid:
            os.killpg(pid, number)
        else:
            os.kill(pid, number)


def tail(log: Path, lines: int) -> list[str]:
    """The last lines of a log; empty when there is none."""
    try:
        with log.open("rb") as stream:
            stream.seek(max(0, stream.seek(0, os.SEEK_END) - 16384))
            return stream.read().decode("utf-8", "replace").splitlines()[-lines:]
    except OSError:
        return []
