"""The AWS side of a local cloud: MiniStack, and the front everybody speaks to (which hosts moto)."""

import importlib.util
import sys
import urllib.request
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path

from localcloud.control_plane import Command
from localcloud.home import Home
from localcloud.parts import Parts

FRONT = "aws"
MINISTACK = "ministack"
READY_SECONDS = 90.0


class Services:
    def __init__(self, home: Home, parts: Parts) -> None:
        self._home = home
        self._parts = parts
        self._pool = ThreadPoolExecutor(1)

    def start_in_background(self, progress: Callable[[str], None]) -> Future[None]:
        return self._pool.submit(self._start, progress)

    def _start(self, progress: Callable[[str], None]) -> None:
        if importlib.util.find_spec("localcloud.aws") is None:
            return
        port = self._parts.port(FRONT)
        command = Command(
            FRONT,
            [sys.executable, "-P", "-m", "localcloud.aws.front", "--folder", str(self._home.aws), "--port", str(port), "--control", str(self._home.folder)],
            {"PYTHONPATH": str(Path(__file__).resolve().parents[1])},
            port,
        )
        if self._parts.ensure(command, lambda: _answers(f"http://127.0.0.1:{port}/_modelway/health"), READY_SECONDS):
            progress(f"AWS answers on http://127.0.0.1:{port}")


def _answers(url: str) -> bool:
    try:
        # Never through a proxy: it is loopback.
        with urllib.request.build_opener(urllib.request.ProxyHandler({})).open(url, timeout=2) as response:
            return bool(response.status == 200)
    except OSError:
        return False
