"""The whole story on this machine: a cloud, two models trained, published and served in two environments, and a canary.

Everything goes through the commands a user has; nothing here does what they do not. Repeating it works.
"""

import json
import os
import shutil
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table

from localcloud.cloud import LocalCloud
from modelway.architecture import Environment, load

ROOT = Path(__file__).resolve().parents[1]
CLOUD = LocalCloud(ROOT / ".modelway" / "local")
SCRATCH = ROOT / ".modelway" / "demo"
COMMITTED = ROOT / "stacks" / "environments"
NAMES = ("local", "dev")
CANARY_MODEL, CANARY_VERSION, CANARY_PERCENT = "tumor-screening", "2026.11.0", 10

console = Console(stderr=True, highlight=False)
STARTED = time.monotonic()


class Failed(Exception):
    """A step of the demo failed; it has said why."""


@dataclass(frozen=True)
class Place:
    """One environment on the local cloud, and the variables a shell for it has."""

    environment: Environment
    variables: dict[str, str]

    @property
    def name(self) -> str:
        return self.environment.environment

    def run(self, *command: str, quiet: bool = False) -> str:
        """Runs a command as its user would; returns what it wrote to stdout. Its talk is shown unless `quiet`."""
        result = subprocess.run(
            command, cwd=ROOT, env=self.variables, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE if quiet else None, text=True, check=False
        )
        if result.returncode:
            raise Failed(f"`{' '.join(command)}` ended with exit code {result.returncode}.\n{result.stderr or ''}{result.stdout}")
        return result.stdout


def step(text: str) -> None:
    console.print(f"\n[bold][{time.monotonic() - STARTED:5.0f} s] {text}[/bold]")


def open_place(name: str) -> Place:
    environment = load(COMMITTED, name)
    variables = CLOUD.environment(environment.aws.account, environment.aws.region)
    cleared = {key: value for key, value in os.environ.items() if not key.startswith(("AWS_", "PULUMI_"))}
    return Place(environment, cleared | variables)


def registered_only() -> Path:
    """A copy of the environments in which every model is known but none serves yet: a repository and a place in the store, no endpoint."""
    folder = copy_of_environments("registered")
    for model in (COMMITTED / "base" / "models").glob("*.yaml"):
        for name in NAMES:
            override(folder / name / "models" / model.name, "endpoint: null\n")
    return folder


def with_canary() -> Path:
    """A copy of the environments in which one model sends a tenth of its requests to its newer version."""
    folder = copy_of_environments("canary")
    text = f'endpoint:\n  traffic:\n    canary: {{version: "{CANARY_VERSION}", percent: {CANARY_PERCENT}}}\n'
    override(folder / "local" / "models" / f"{CANARY_MODEL}.yaml", text)
    return folder


def copy_of_environments(name: str) -> Path:
    folder = SCRATCH / name
    shutil.rmtree(folder, ignore_errors=True)
    shutil.copytree(COMMITTED, folder)
    return folder


def override(file: Path, text: str) -> None:
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(text, "utf-8")


def route(place: Place, model: str) -> dict[str, Any]:
    outputs = json.loads(place.run("pulumi", "stack", "output", "--json", "--stack", models_stack(place), quiet=True))
    endpoint = outputs["endpoints"][model]
    text = place.run("kubectl", "get", "httproute", endpoint["route"], "-n", endpoint["namespace"], "-o", "json", quiet=True)
    return dict(json.loads(text))


def weights(found: dict[str, Any]) -> str:
    rule = found["spec"]["rules"][0]
    sent = [f"{backend['name']} {backend.get('weight', 1)} %" for backend in rule["backendRefs"]]
    mirrored = [f"mirror to {entry['requestMirror']['backendRef']['name']}" for entry in rule.get("filters", []) if "requestMirror" in entry]
    return ", ".join(sent + mirrored)


def models_stack(place: Place) -> str:
    return place.name if place.environment.layout == "single" else f"{place.name}-models"


def stacks(place: Place) -> list[str]:
    return list(dict.fromkeys([place.name, models_stack(place)]))


def bring_up(places: list[Place], build: Path) -> None:
    for place in places:
        existing = {entry["name"] for entry in json.loads(place.run("pulumi", "stack", "ls", "--json", quiet=True))}
        if place.name not in existing:
            step(f"{place.name}: infrastructure, with every model registered and none serving")
            place.run("modelway", "up", place.name, "--yes", "--environments", str(registered_only()))
        step(f"{place.name}: publish images and weights")
        place.run("modelway", "publish", place.name, "--all", str(build))
        step(f"{place.name}: serve")
        place.run("modelway", "up", place.name, "--yes", "--environments", str(COMMITTED))


def prove_nothing_changes(places: list[Place]) -> None:
    for place in places:
        for stack in stacks(place):
            place.run("pulumi", "up", "--yes", "--skip-preview", "--expect-no-changes", "--stack", stack, quiet=True)
            console.print(f"  stack {stack}: a second `up` changed nothing")


def canary(place: Place) -> None:
    before = route(place, CANARY_MODEL)
    place.run("modelway", "up", place.name, "--yes", "--environments", str(with_canary()))
    after = route(place, CANARY_MODEL)
    console.print(f"  route of {CANARY_MODEL} before: {weights(before)}")
    console.print(f"  route of {CANARY_MODEL} after:  {weights(after)}")


def overview(places: list[Place]) -> None:
    table = Table(title="What runs now", title_justify="left", show_lines=True)
    for column in ("environment", "resources", "endpoints", "registries", "rules"):
        table.add_column(column, overflow="fold")
    for place in places:
        resources = sum(len(json.loads(place.run("pulumi", "stack", "export", "--stack", stack, quiet=True))["deployment"]["resources"]) for stack in stacks(place))
        outputs: dict[str, Any] = {}
        for stack in stacks(place):
            outputs |= json.loads(place.run("pulumi", "stack", "output", "--json", "--stack", stack, quiet=True))
        endpoints = "\n".join(f"{model}: {weights(route(place, model))}" for model in outputs["endpoints"])
        registries = "\n".join([*outputs["registry"]["repositories"].values(), f"s3://{outputs['registry']['bucket']}"])
        rules = json.loads(place.run("kubectl", *context(place, outputs), "get", "prometheusrules", "-A", "-o", "json", quiet=True))["items"]
        count = sum(len(group["rules"]) for rule in rules for group in rule["spec"]["groups"])
        table.add_row(place.name, f"{resources} in {', '.join(stacks(place))}", endpoints, registries, f"{count} in {len(rules)} objects")
    Console(width=max(Console().width, 120)).print(table)
