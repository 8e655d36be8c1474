"""A real Prometheus for a test: rules, and what they make of samples."""

import contextlib
import json
import signal
import socket
import subprocess
import time
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest

from modelway.monitoring.rules import Group
from tests.monitoring.promtool import program


@contextlib.contextmanager
def prometheus(folder: Path, files: Mapping[str, Sequence[Group]], *flags: str) -> Iterator[str]:
    """Its address. It evaluates the rules of every file each second, so that a test need not wait for the interval."""
    for name, content in files.items():
        quick = [{**group, "interval": "1s"} for group in content]
        (folder / f"{name}.rules.json").write_text(json.dumps({"groups": quick}), "utf-8")
    configuration = {"global": {"evaluation_interval": "1s"}, "rule_files": [str(folder / "*.rules.json")]}
    (folder / "prometheus.yaml").write_text(json.dumps(configuration), "utf-8")
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        address = f"127.0.0.1:{free.getsockname()[1]}"
    command = [str(program("prometheus")), f"--config.file={folder / 'prometheus.yaml'}", f"--storage.tsdb.path={folder / 'data'}"]
    with (folder / "log").open("w") as log:
        process = subprocess.Popen([*command, f"--web.listen-address={address}", *flags], stdout=log, stderr=log)
        try:
            yield f"http://{address}"
        finally:
            process.send_signal(signal.SIGTERM)
            process.wait(30)


def asked(address: str, path: str, **query: str) -> Any:
    """What Prometheus answers; None while it does not yet."""
    try:
        with urllib.request.urlopen(f"{address}{path}?{urllib.parse.urlencode(query)}", timeout=5) as answer:
            return json.load(answer)["data"]
    except (urllib.error.URLError, ConnectionError):
        return None


def evaluated(address: str) -> list[dict[str, Any]]:
    """All rules, once each has been evaluated."""
    end = time.monotonic() + 60
    while time.monotonic() < end:
        told = asked(address, "/api/v1/rules")
        found = [rule for group in told["groups"] for rule in group["rules"]] if told is not None else []
        if found and all(rule["health"] != "unknown" for rule in found):
            return found
        time.sleep(0.2)
    pytest.fail("Prometheus did not evaluate all rules within a minute")
