"""Prometheus' own tool on our rules."""

import copy
import json
import subprocess
from pathlib import Path
from typing import Any

import pytest
from ruamel.yaml import YAML

from modelway.monitoring.rules import ClusterFacts, DriftFacts, EndpointFacts, Group, base_rules, endpoint_rules
from modelway.monitoring.slo import Objectives
from toolchain import cache, entries

DRIFT = DriftFacts(
    environment="prod",
    model="credit-risk",
    team="risk",
    window_seconds=3600,
    lateness_seconds=900,
    severities={"data": "ticket", "prediction": "ticket", "quality": "ticket", "concept": "page", "parity": "page"},
    labels=True,
    kept=0.1,
)
ENDPOINT = EndpointFacts(
    model="credit-risk",
    team="risk",
    namespace="risk",
    answering=["2026.10.0", "2026.11.0"],
    objectives=Objectives(availability=0.999, latency_p99_seconds=0.2, error_rate=0.01),
    canary="2026.11.0",
    behind_envoy=True,
    drift=DRIFT,
)
CLUSTER = ClusterFacts(teams=["risk", "climate"], gpus=True, envoy=True, nodes=True, watchdog=True)
GROUPS: list[Group] = [*endpoint_rules(ENDPOINT), *base_rules(CLUSTER)]
"""Every rule there is."""

CASES = Path(__file__).parent / "cases"


def program(name: str) -> Path:
    """`promtool` or `prometheus`, as pinned."""
    entry = entries()["prometheus"]
    if cache.state(entry) != "whole":
        pytest.fail(f"{name} is not built: run `make setup`.")
    return cache.folder(entry) / "bin" / name


def cases(alert: str) -> list[dict[str, Any]]:
    """The cases of an alert, as promtool's file format has them."""
    found: list[dict[str, Any]] = YAML(typ="safe").load(CASES / f"{alert}.yaml")
    return found


def promtool(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([program("promtool"), *arguments], capture_output=True, text=True, check=False, timeout=120)


def checked(folder: Path, groups: list[Group]) -> subprocess.CompletedProcess[str]:
    """What promtool says of the rules; warnings are faults. JSON is YAML."""
    file = folder / "rules.yaml"
    file.write_text(json.dumps({"groups": groups}), "utf-8")
    return promtool("check", "rules", "--lint=all", "--lint-fatal", str(file))


def tried(folder: Path, alert: str, tests: list[dict[str, Any]], groups: list[Group] = GROUPS) -> subprocess.CompletedProcess[str]:
    """Runs cases of one alert on its rules and the recording rules that they read."""
    kept = copy.deepcopy(groups)
    for group in kept:
        group["rules"] = [rule for rule in group["rules"] if "record" in rule or rule.get("alert") == alert]
        for rule in group["rules"]:
            # What people read is held elsewhere; cases are about when they read it.
            rule.pop("annotations", None)
    rules = folder / "rules.yaml"
    rules.write_text(json.dumps({"groups": _needed(kept)}), "utf-8")
    file = folder / "tests.yaml"
    file.write_text(json.dumps({"rule_files": [str(rules)], "evaluation_interval": "1m", "tests": tests}), "utf-8")
    return promtool("test", "rules", str(file))


def _needed(groups: list[Group]) -> list[Group]:
    """Without recording rules that no other rule reads."""
    read = [rule["expr"] for group in groups for rule in group["rules"]]
    kept = [
        {**group, "rules": [rule for rule in group["rules"] if "alert" in rule or any(rule["record"] in expression for expression in read)]}
        for group in groups
    ]
    return _needed(kept) if kept != groups else [group for group in kept if group["rules"]]
