"""The parts of a running local cloud: start, watch, stop, and remember them so that a later supervisor can clean up after this one."""

import os
import signal
import subprocess
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, TypeVar

from localcloud import LocalCloudError
from localcloud.control_plane import Command
from localcloud.home import Home
from localcloud.processes import Identity, end, free_port, port_is_free, start, tail, wait_until, who_listens

T = TypeVar("T")

LOG_LINES = 5


@dataclass(frozen=True)
class Part:
    """What `status` says about a part."""

    name: str
    state: str
    """running | starting | crashed | not started"""
    pid: int | None = None
    port: int | None = None
    log: str = ""
    reason: str = ""
    """Of a crash: exit code or signal. Else why it could not be started."""
    lines: list[str] = field(default_factory=list)
    """Of a crash: the log's last lines."""


@dataclass
class _Child:
    command: Command
    process: subprocess.Popen[bytes]
    identity: Identity
    ready: bool = False


class Parts:
    """Children of this process. Thread-safe; `on_main_thread` runs a call where children may be started."""

    def __init__(self, home: Home, on_main_thread: Callable[[Callable[[], T]], T]) -> None:
        self._home = home
        self._on_main_thread: Callable[[Callable[[], Any]], Any] = on_main_thread
        self._lock = threading.RLock()
        self._children: dict[str, _Child] = {}
        self._not_started: dict[str, Part] = {}
        self._ports: set[int] = set()
        self._settings: dict[str, Any] = {k: v for k, v in home.read_state().items() if k not in ("supervisor", "parts")}
        self._ports.update(_numbers(self._settings))
        self._save()

    # -- what is remembered ----------------------------------------------------------------------------------------------------------------

    def setting(self, key: str) -> Any:
        """What was remembered under that key, also by a supervisor before this one."""
        with self._lock:
            return self._settings.get(key)

    def remember(self, key: str, value: Any) -> None:
        """Keeps a JSON value across supervisors; None forgets it."""
        with self._lock:
            if value is None:
                self._settings.pop(key, None)
            else:
                self._settings[key] = value
            self._save()

    def port(self, key: str) -> int:
        """A loopback port of this local cloud's own for `key`; the same one as long as the cloud exists, since addresses are handed out."""
        with self._lock:
            ports = dict(self.setting("ports") or {})
            if key not in ports:
                ports[key] = free_port(self._ports)
                self._ports.add(ports[key])
                self.remember("ports", ports)
            return int(ports[key])

    def forget_ports(self, prefix: str) -> None:
        with self._lock:
            ports = self.setting("ports") or {}
            self.remember("ports", {key: port for key, port in ports.items() if not key.startswith(prefix)})

    # -- children --------------------------------------------------------------------------------------------------------------------------

    def running(self, name: str) -> bool:
        """Whether the part runs and has been ready once."""
        with self._lock:
            child = self._children.get(name)
            return child is not None and child.ready and child.process.poll() is None

    def ensure(self, command: Command, ready: Callable[[], bool] | None, seconds: float) -> bool:
        """Afterwards the part runs and `ready()` was true once. Whether it had to be started.

        Raises LocalCloudError with the log's last lines.
        """
        if self.running(command.part):
            return False
        self.stop([command.part])
        if command.port and not port_is_free(command.port):
            reason = f"port {command.port} is taken by {who_listens(command.port)}"
            with self._lock:
                self._not_started[command.part] = Part(
                    command.part, "not started", None, command.port, str(self._home.log(command.part)), reason
                )
            raise LocalCloudError(
                f"{command.part} was not started: {reason}. End that program, or run `modelway local down` and `up` again for other ports."
            )
        child = self._on_main_thread(lambda: self._start(command))
        came = wait_until(lambda: child.process.poll() is not None or ready is None or ready(), seconds, 0.05)
        if child.process.poll() is not None:
            raise LocalCloudError(f"{command.part} ended right after its start ({_reason(child.process)}):{self._lines(command.part)}")
        if not came:
            raise LocalCloudError(f"{command.part} was not ready within {seconds:g} s:{self._lines(command.part)}")
        child.ready = True
        return True

    def stop(self, names: list[str]) -> None:
        """Afterwards none of these runs, and `status` does not list them."""
        with self._lock:
            children = [self._children.pop(name) for name in names if name in self._children]
            for name in names:
                self._not_started.pop(name, None)
        end([child.identity for child in children if child.process.poll() is None])
        for child in children:
            child.process.wait(10)
        self._save()

    def stop_all(self) -> None:
        self.stop(self.names())

    def names(self) -> list[str]:
        """Of all that run or should."""
        with self._lock:
            return [*self._children, *self._not_started]

    def reap(self) -> None:
        """Collects children that ended, so that none stays a zombie."""
        with self._lock:
            for child in self._children.values():
                child.process.poll()

    def status(self) -> list[Part]:
        with self._lock:
            children, others = list(self._children.items()), list(self._not_started.values())
        return [*(self._part(name, child) for name, child in children), *others]

    def _start(self, command: Command) -> _Child:
        environment = {
            "PATH": os.environ.get("PATH", os.defpath),
            "HOME": str(self._home.folder),
            "TMPDIR": str(self._home.folder / "tmp"),
            "LANG": "C.UTF-8",
        }
        (self._home.folder / "tmp").mkdir(mode=0o700, exist_ok=True)
        try:
            process = start(command.arguments, {**environment, **command.environment}, self._home.log(command.part), self._home.folder)
        except OSError as fault:
            raise LocalCloudError(f"{command.part} cannot be started: {fault.strerror} ({command.arguments[0]}).") from fault
        identity = Identity.of(process.pid)
        if identity is None:  # it ended already and someone else collected it: cannot be, but the type says so
            raise LocalCloudError(f"{command.part} ended right after its start:{self._lines(command.part)}")
        child = _Child(command, process, identity)
        with self._lock:
            self._children[command.part] = child
        self._save()
        return child

    def _part(self, name: str, child: _Child) -> Part:
        log = self._home.log(name)
        code = child.process.poll()
        if code is None:
            return Part(name, "running" if child.ready else "starting", child.process.pid, child.command.port, str(log))
        return Part(name, "crashed", None, child.command.port, str(log), _reason(child.process), tail(log, LOG_LINES))

    def _lines(self, name: str) -> str:
        return "".join(f"\n  {line}" for line in tail(self._home.log(name), LOG_LINES))

    def _save(self) -> None:
        with self._lock:
            own = Identity.of(os.getpid())
            assert own is not None
            parts = {name: {"pid": child.identity.pid, "started": child.identity.started} for name, child in self._children.items()}
            self._home.write_state({**self._settings, "supervisor": {"pid": own.pid, "started": own.started}, "parts": parts})


def _reason(process: subprocess.Popen[bytes]) -> str:
    code = process.returncode
    return f"killed by {signal.Signals(-code).name}" if code < 0 else f"exit code {code}"


def _numbers(settings: dict[str, Any]) -> list[int]:
    return [int(port) for port in (settings.get("ports") or {}).values()]
