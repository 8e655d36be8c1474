"""The AWS side of a local cloud: MiniStack, and the front everybody speaks to (it hosts moto)."""

import sys
import urllib.request
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path

from localcloud import LocalCloudError
from localcloud.aws import ministack
from localcloud.control_plane import Command
from localcloud.home import Home
from localcloud.parts import Parts
from toolchain import ToolchainError, python_environment

FRONT = "aws"
MINISTACK = "ministack"
READY_SECONDS = 60.0

_PACKAGE = Path(__file__).parent
_STARTED = "emulators"
"""Setting: the emulators that held something once."""


class Services:
    """Both keep what they hold in memory: after a crash of one, what was created in it is gone, which `up` says."""

    def __init__(self, home: Home, parts: Parts) -> None:
        self._home = home
        self._parts = parts
        self._pool = ThreadPoolExecutor(1)

    def start_in_background(self, progress: Callable[[str], None]) -> Future[None]:
        return self._pool.submit(self._start, progress)

    def _start(self, progress: Callable[[str], None]) -> None:
        if not self._parts.running(MINISTACK):
            self._ensure(self._ministack(progress), "/_ministack/health", progress)
        if not self._parts.running(FRONT):
            self._ensure(self._front(), "/_modelway/health", progress)

    def _ensure(self, command: Command, path: str, progress: Callable[[str], None]) -> None:
        url = f"http://127.0.0.1:{command.port}"
        self._parts.ensure(command, lambda: _answers(f"{url}{path}"), READY_SECONDS)
        progress(f"{command.part} answers on {url}")
        started = self._parts.setting(_STARTED) or []
        if command.part in started:
            progress(
                f"{command.part} was started again: what it held in memory is gone; `modelway local down` and `up` give a consistent cloud"
            )
        else:
            self._parts.remember(_STARTED, [*started, command.part])

    def _front(self) -> Command:
        port = self._parts.port(FRONT)
        arguments = [sys.executable, "-P", "-m", "localcloud.aws.front", "--folder", str(self._home.aws), "--port", str(port)]
        arguments += ["--control", str(self._home.folder), "--ministack", f"http://127.0.0.1:{self._parts.port(MINISTACK)}"]
        return Command(FRONT, arguments, {"PYTHONPATH": str(_PACKAGE.parent)}, port)

    def _ministack(self, progress: Callable[[str], None]) -> Command:
        try:
            python = python_environment(_PACKAGE / "ministack.lock", MINISTACK, progress)
        except ToolchainError as fault:
            raise LocalCloudError(str(fault)) from fault
        port = self._parts.port(MINISTACK)
        return Command(MINISTACK, *ministack.command(python, port), port)


def _answers(url: str) -> bool:
    try:
        # Never through a proxy: it is loopback.
        with urllib.request.build_opener(urllib.request.ProxyHandler({})).open(url, timeout=2) as response:
            return bool(response.status == 200)
    except OSError:
        return False
