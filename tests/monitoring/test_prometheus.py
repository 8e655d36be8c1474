"""A real Prometheus takes every rule of every environment, and evaluates it without a fault."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from modelway.architecture import load, names
from modelway.monitoring.rules import Group
from stacks import arguments
from tests.monitoring.prometheus_server import evaluated, prometheus
from tests.monitoring.promtool import GROUPS

pytestmark = pytest.mark.localcloud

ENVIRONMENTS = Path(__file__).resolve().parents[2] / "stacks" / "environments"


def groups(name: str) -> list[Group]:
    """All groups of an environment, as components get them."""
    environment = load(ENVIRONMENTS, name)
    found = [group for key in environment.clusters for group in arguments.monitoring_groups(environment, key)]
    return found + [group for model in arguments.served(environment) for group in arguments.endpoint_groups(environment, model)]


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    files = {"everything": GROUPS, **{name: groups(name) for name in names(ENVIRONMENTS)}}
    with prometheus(tmp_path_factory.mktemp("prometheus"), files) as found:
        yield found


def test_every_rule_is_loaded_and_evaluated(address: str) -> None:
    found = evaluated(address)
    expected = sum(len(group["rules"]) for content in [GROUPS, *map(groups, names(ENVIRONMENTS))] for group in content)
    assert len(found) == expected > 100
    assert [(rule["name"], rule["lastError"]) for rule in found if rule["health"] != "ok"] == []


def test_what_is_missing_is_told(address: str) -> None:
    """Nothing is read here, so the alerts on absent metrics wait to fire, with the one that always does, and no others do."""
    states = {rule["name"]: rule["state"] for rule in evaluated(address) if rule["type"] == "alerting"}
    assert {name for name, state in states.items() if state != "inactive"} == {
        "DriftJobSilent",
        "EndpointAbsent",
        "MetricsAbsent",
        "Watchdog",
    }
