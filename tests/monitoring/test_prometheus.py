"""A real Prometheus takes every rule of every environment, and evaluates it without a fault."""

import json
import signal
import socket
import subprocess
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from modelway.architecture import load, names
from modelway.monitoring.rules import Group
from stacks import arguments
from tests.monitoring.promtool import GROUPS, program

pytestmark = pytest.mark.localcloud

ENVIRONMENTS = Path(__file__).resolve().parents[2] / "stacks" / "environments"


def groups(name: str) -> list[Group]:
    """All groups of an environment, as components get them."""
    environment = load(ENVIRONMENTS, name)
    found = [group for key in environment.clusters for group in arguments.monitoring_groups(environment, key)]
    return found + [group for model in arguments.served(environment) for group in arguments.endpoint_groups(environment, model)]


@pytest.fixture(scope="module")
def prometheus(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    folder = tmp_path_factory.mktemp("prometheus")
    files = {"everything": GROUPS, **{name: groups(name) for name in names(ENVIRONMENTS)}}
    for name, content in files.items():
        # Every second, so that a test need not wait for the interval.
        quick = [{**group, "interval": "1s"} for group in content]
        (folder / f"{name}.rules.json").write_text(json.dumps({"groups": quick}), "utf-8")
    configuration = {"global": {"evaluation_interval": "1s"}, "rule_files": [str(folder / "*.rules.json")]}
    (folder / "prometheus.yaml").write_text(json.dumps(configuration), "utf-8")
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        address = f"127.0.0.1:{free.getsockname()[1]}"
    command = [str(program("prometheus")), f"--config.file={folder / 'prometheus.yaml'}", f"--storage.tsdb.path={folder / 'data'}"]
    with (folder / "log").open("w") as log:
        process = subprocess.Popen([*command, f"--web.listen-address={address}"], stdout=log, stderr=log)
        try:
            yield f"http://{address}"
        finally:
            process.send_signal(signal.SIGTERM)
            process.wait(30)


def evaluated(address: str) -> list[dict[str, Any]]:
    """All rules, once each has been evaluated."""
    end = time.monotonic() + 60
    while time.monotonic() < end:
        try:
            with urllib.request.urlopen(f"{address}/api/v1/rules", timeout=5) as answer:
                found = [rule for group in json.load(answer)["data"]["groups"] for rule in group["rules"]]
            if found and all(rule["health"] != "unknown" for rule in found):
                return found
        except (urllib.error.URLError, ConnectionError):
            pass
        time.sleep(0.2)
    pytest.fail("Prometheus did not evaluate all rules within a minute")


def test_every_rule_is_loaded_and_evaluated(prometheus: str) -> None:
    found = evaluated(prometheus)
    expected = sum(len(group["rules"]) for content in [GROUPS, *map(groups, names(ENVIRONMENTS))] for group in content)
    assert len(found) == expected > 100
    assert [(rule["name"], rule["lastError"]) for rule in found if rule["health"] != "ok"] == []


def test_what_is_missing_is_told(prometheus: str) -> None:
    """Nothing is read here, so the alerts on absent metrics wait to fire, with the one that always does, and no others do."""
    states = {rule["name"]: rule["state"] for rule in evaluated(prometheus) if rule["type"] == "alerting"}
    assert {name for name, state in states.items() if state != "inactive"} == {
        "DriftJobSilent",
        "EndpointAbsent",
        "MetricsAbsent",
        "Watchdog",
    }
