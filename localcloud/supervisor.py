"""The one process that owns a local cloud: it starts every part, watches it, and takes all of them with it when it ends.

`python -m localcloud.supervisor FOLDER`. Children are started from the main thread, because the kernel ends them (PR_SET_PDEATHSIG) when
the thread that started them ends: kill -9 of this process leaves no orphan.
"""

import contextlib
import json
import os
import queue
import signal
import socketserver
import sys
import threading
import time
from collections.abc import Callable
from concurrent.futures import Future
from dataclasses import asdict
from pathlib import Path
from types import FrameType
from typing import Any, TypeVar

from localcloud import LocalCloudError
from localcloud.clusters import Clusters
from localcloud.control import NodeSpec, WebhookSpec, address
from localcloud.control_plane import SERVICE_CIDR
from localcloud.home import Home
from localcloud.nodes import LOCAL_NODES
from localcloud.parts import Parts
from localcloud.services import Services
from toolchain import ToolchainMissing, find

T = TypeVar("T")

LOCAL = "local"
"""The cluster every local cloud has."""

_WITH_NODES = "local cluster"
"""Setting: that the cluster `local` was made, to its last node."""


class MainThread:
    """Runs calls of other threads on the main thread, one after the other."""

    def __init__(self) -> None:
        self._calls: queue.SimpleQueue[tuple[Callable[[], object], Future[Any]]] = queue.SimpleQueue()

    def run(self, call: Callable[[], T]) -> T:
        if threading.current_thread() is threading.main_thread():
            return call()
        future: Future[T] = Future()
        self._calls.put((call, future))
        return future.result()

    def work(self, seconds: float) -> None:
        """Runs what comes in during that time."""
        deadline = time.monotonic() + seconds
        while (left := deadline - time.monotonic()) > 0:
            try:
                call, future = self._calls.get(timeout=left)
            except queue.Empty:
                return
            try:
                future.set_result(call())
            except BaseException as fault:
                future.set_exception(fault)


class Supervisor:
    """What may be asked of it is the table in `answer`."""

    def __init__(self, home: Home) -> None:
        self.home = home
        self.main_thread = MainThread()
        toolchain = find()
        self.parts = Parts(home, self.main_thread.run)
        self.clusters = Clusters(home, self.parts, toolchain)
        self.services = Services(home, self.parts)
        self._up = threading.Lock()
        self.stopping = threading.Event()

    def answer(self, request: dict[str, Any], progress: Callable[[str], None]) -> Any:
        """The result of one request. Raises LocalCloudError."""
        match request:
            case {"do": "ping"}:
                return os.getpid()
            case {"do": "up"}:
                return self.up(progress)
            case {"do": "status"}:
                return self.parts.status()
            case {"do": "cluster", "name": str(name)}:
                return self.clusters.info(name)
            case {"do": "clusters"}:
                return self.clusters.names()
            case {"do": "create_cluster", "name": str(name), "webhook": webhook}:
                spec = WebhookSpec(**webhook) if webhook else None
                return self.clusters.create(name, spec, progress, str(request.get("service_cidr") or SERVICE_CIDR))
            case {"do": "delete_cluster", "name": str(name)}:
                if name == LOCAL:
                    raise LocalCloudError(f"cluster `{LOCAL}` is part of every local cloud; `modelway local down` removes it.")
                return self.clusters.delete(name)
            case {"do": "set_nodes", "cluster": str(name), "group": str(group), "nodes": list(nodes)}:
                return self.clusters.set_nodes(name, group, [NodeSpec(**node) for node in nodes])
            case _:
                raise LocalCloudError(f"unknown request {request.get('do')!r}.")

    def up(self, progress: Callable[[str], None]) -> None:
        """Afterwards every part runs: those that never did, and those that crashed."""
        with self._up:
            services = self.services.start_in_background(progress)
            try:
                self.clusters.start_store(progress)
                if not self.parts.setting(_WITH_NODES):
                    self.clusters.create(LOCAL, None, progress)
                    self.clusters.set_nodes(LOCAL, LOCAL, LOCAL_NODES)
                    self.parts.remember(_WITH_NODES, True)
                self.clusters.repair(progress)
            finally:
                services.result()
            # Some have no way to say that they are ready; what is wrong with them shows soon after their start.
            if fallen := [part for part in self.parts.status() if part.state == "crashed"]:
                told = (f"{part.name} crashed ({part.reason}):" + "".join(f"\n  {line}" for line in part.lines) for part in fallen)
                raise LocalCloudError("\n".join(told))

    def stop(self) -> None:
        # Where somebody removed the folder by hand, there is nothing left to write in.
        with contextlib.suppress(OSError):
            self.parts.stop_all()


def main(folder: Path) -> int:
    """Runs until SIGTERM or SIGINT."""
    # Descriptors that the starter's parents forgot to close (a shell's lock, say) would be held for days.
    os.closerange(3, 1024)
    home = Home(folder)
    try:
        supervisor = Supervisor(home)
    except (ToolchainMissing, LocalCloudError) as fault:
        sys.stderr.write(f"{fault}\n")
        return 1

    def stop(number: int, frame: FrameType | None) -> None:  # noqa: ARG001
        supervisor.stopping.set()

    signal.signal(signal.SIGTERM, stop)
    signal.signal(signal.SIGINT, stop)
    signal.signal(signal.SIGHUP, signal.SIG_IGN)
    home.control_socket.unlink(missing_ok=True)
    with address(home) as name:
        server = _Server(name, _Handler)
    server.supervisor = supervisor
    threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 3600.0}, daemon=True).start()
    while not supervisor.stopping.is_set():
        supervisor.main_thread.work(0.25)
        supervisor.parts.reap()
        if not home.folder.exists():  # somebody removed it by hand: nothing here is of use any more
            break
    supervisor.stop()
    # At once: threads that wait for a part (an `up` whose asker has left) would hold this process for a minute.
    os._exit(0)


class _Server(socketserver.ThreadingUnixStreamServer):
    daemon_threads = True
    request_queue_size = 64
    supervisor: Supervisor


class _Handler(socketserver.StreamRequestHandler):
    def handle(self) -> None:
        line = self.rfile.readline()
        if not line:
            return
        server = self.server
        assert isinstance(server, _Server)
        said = threading.Lock()

        def say(answer: dict[str, Any]) -> None:
            # The asker may have left; what it asked for is done all the same.
            with said, contextlib.suppress(OSError):
                self.wfile.write(json.dumps(answer, default=str).encode() + b"\n")

        try:
            say({"result": _plain(server.supervisor.answer(json.loads(line), lambda text: say({"progress": text})))})
        except LocalCloudError as fault:
            say({"error": str(fault)})
        except Exception as fault:
            import traceback

            traceback.print_exc()
            say({"error": f"the local cloud's supervisor failed: {fault!r}; see {server.supervisor.home.log('supervisor')}."})


def _plain(result: Any) -> Any:
    if isinstance(result, list):
        return [_plain(item) for item in result]
    return asdict(result) if hasattr(result, "__dataclass_fields__") else result


def launch(home: Home, environment: dict[str, str]) -> int:
    """Starts the supervisor as a session of its own, detached from terminal and pipes. Its process id."""
    log = os.open(home.log("supervisor"), os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    try:
        return os.posix_spawn(
            sys.executable,
            # -P: the working folder must not get in front of the import path
            [sys.executable, "-P", "-m", "localcloud.supervisor", str(home.folder)],
            environment,
            file_actions=[
                (os.POSIX_SPAWN_OPEN, 0, os.devnull, os.O_RDONLY, 0),
                (os.POSIX_SPAWN_DUP2, log, 1),
                (os.POSIX_SPAWN_DUP2, log, 2),
            ],
            setsid=True,
        )
    finally:
        os.close(log)


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit("usage: python -m localcloud.supervisor FOLDER")
    # What has been imported so far is known as __main__; the rest of the package imports this module by its name.
    sys.exit(main(Path(sys.argv[1])))
