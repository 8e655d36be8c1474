"""The whole story on this machine: a cloud, two models trained, published and served in two environments, and a canary.

Everything goes through the commands a user has; nothing here does what they do not. Repeating it works.
"""

import json
import os
import re
import shutil
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table

from localcloud import STAND_IN
from localcloud.cloud import LocalCloud
from modelway.architecture import Environment, load
from modelway.errors import ModelwayError

ROOT = Path(__file__).resolve().parents[1]
CLOUD = LocalCloud(ROOT / ".modelway" / "local")
SCRATCH = ROOT / ".modelway" / "demo"
REVIEWED = SCRATCH / "preview"
REPORT = SCRATCH / "report.html"
MODELWAY = str(Path(sys.prefix) / "bin" / "modelway")
COMMITTED = ROOT / "stacks" / "environments"
NAMES = ("local", "dev")
DONE = re.compile(r" (created|updated|replaced|deleted) \(")
"""A line with which the engine says that a resource is finished."""
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
            command,
            cwd=ROOT,
            env=self.variables,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE if quiet else None,
            text=True,
            check=False,
        )
        if result.returncode:
            raise Failed(f"`{' '.join(command)}` ended with exit code {result.returncode}.\n{result.stderr or ''}{result.stdout}")
        return result.stdout

    def bring_up(self, environments: Path) -> None:
        """`modelway up`, whose talk goes to a file; shown are its summaries and, every ten seconds, how far it is."""
        command = ["modelway", "up", self.name, "--yes", "--environments", str(environments)]
        log = SCRATCH / "logs" / f"{self.name}-{environments.name}.log"
        log.parent.mkdir(exist_ok=True)
        done, told, summary = 0, time.monotonic(), False
        with (
            log.open("w", encoding="utf-8") as file,
            subprocess.Popen(command, cwd=ROOT, env=self.variables, stdin=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True) as process,
        ):
            for line in process.stderr or ():
                file.write(line)
                done += bool(DONE.search(line))
                summary = line.startswith("Resources:") or (summary and line.startswith("    "))
                if summary or line.startswith(("pulumi up", "Duration:")):
                    talk(line.rstrip())
                elif time.monotonic() - told >= 10:
                    told = time.monotonic()
                    talk(f"  at it; resources done: {done}")
        if process.returncode:
            last = "".join(log.read_text("utf-8").splitlines(keepends=True)[-40:])
            raise Failed(f"`{' '.join(command)}` ended with exit code {process.returncode}. The end of {log.relative_to(ROOT)}:\n{last}")
        talk(f"every line of it: {log.relative_to(ROOT)}")


def step(text: str) -> None:
    console.print(f"\n[bold][{time.monotonic() - STARTED:5.0f} s] {text}[/bold]", soft_wrap=True)


def open_place(name: str) -> Place:
    environment = load(COMMITTED, name)
    variables = CLOUD.environment(environment.aws.account, environment.aws.region)
    inherited = {key: value for key, value in os.environ.items() if not key.startswith(("AWS_", "PULUMI_"))}
    return Place(environment, inherited | {key: value for key, value in variables.items() if value})


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


def route(place: Place, endpoint: dict[str, Any]) -> dict[str, Any]:
    """The HTTPRoute of an exported endpoint as its API server has it."""
    return objects(place, "httproute", endpoint["route"], "-n", endpoint["namespace"])


def outputs(place: Place) -> dict[str, Any]:
    """What all stacks of the environment export."""
    found: dict[str, Any] = {}
    for stack in stacks(place):
        found |= json.loads(place.run("pulumi", "stack", "output", "--json", "--stack", stack, quiet=True))
    return found


def objects(place: Place, *what: str) -> dict[str, Any]:
    """`kubectl get` in the environment's cluster."""
    return dict(json.loads(place.run("kubectl", *way_to(place), "get", *what, "-o", "json", quiet=True)))


def way_to(place: Place) -> list[str]:
    """The option with which kubectl reaches the environment's cluster; for the local one the shell has it already."""
    return ["--kubeconfig", str(SCRATCH / f"{place.name}.kubeconfig")] if own_clusters(place) else []


def own_clusters(place: Place) -> bool:
    return any(cluster.kind == "eks" for cluster in place.environment.clusters.values())


def traffic(found: dict[str, Any]) -> str:
    """What a route does with requests, in words."""
    rule = found["spec"]["rules"][0]
    sent = [f"{backend.get('weight', 1)} % → {backend['name']}" for backend in rule["backendRefs"]]
    mirrored = [f"copy → {entry['requestMirror']['backendRef']['name']}" for entry in rule.get("filters", []) if "requestMirror" in entry]
    return ", ".join(sent + mirrored)


def models_stack(place: Place) -> str:
    return place.name if place.environment.layout == "single" else f"{place.name}-models"


def stacks(place: Place) -> list[str]:
    return list(dict.fromkeys([place.name, models_stack(place)]))


def start_cloud() -> None:
    step("local cloud: a Kubernetes API, an AWS account for each environment, no Docker")
    subprocess.run([MODELWAY, "local", "up", "--json"], cwd=ROOT, stdout=subprocess.DEVNULL, check=True)


def train() -> Path:
    step("train two models, three versions; build the image that serves them")
    build = SCRATCH / "models"
    subprocess.run([sys.executable, "examples/build.py", "--out", str(build)], cwd=ROOT, stdout=sys.stderr, check=True)
    return build


def bring_up(place: Place, build: Path) -> None:
    existing = {entry["name"] for entry in json.loads(place.run("pulumi", "stack", "ls", "--json", quiet=True))}
    if models_stack(place) not in existing:
        step(f"{place.name}: the platform, with every model registered and none serving yet")
        place.bring_up(registered_only())
    step(f"{place.name}: publish images and weights by digest")
    place.run("modelway", "publish", place.name, "--all", str(build))
    step(f"{place.name}: serve")
    place.bring_up(COMMITTED)
    if own_clusters(place):
        (SCRATCH / f"{place.name}.kubeconfig").write_text(place.run("modelway", "kubeconfig", place.name, quiet=True), "utf-8")


def prove_nothing_changes(places: list[Place]) -> None:
    step("proof: a second `pulumi up` changes nothing")
    for place in places:
        for stack in stacks(place):
            place.run("pulumi", "up", "--yes", "--skip-preview", "--expect-no-changes", "--stack", stack, quiet=True)
            talk(f"{stack}: nothing changed")


def reviewed(place: Place) -> str:
    """The report of the canary as Markdown, as a pull request would get it; as HTML it is in SCRATCH."""
    step(f"{place.name}: what a pull request with that canary would say")
    after = with_canary()
    place.run("pulumi", "config", "set", "--stack", models_stack(place), "modelway:environments", str(after), quiet=True)
    place.run("modelway", "preview", "-s", models_stack(place), "--out", str(REVIEWED), quiet=True)
    files = REVIEWED / models_stack(place)
    engine = ["--digest", str(files / "digest.json"), "--events", str(files / "events.jsonl"), "--state", str(files / "state.json")]
    described = ["--before", str(COMMITTED / place.name), "--after", str(after / place.name)]
    place.run("modelway", "report", *engine, *described, "--format", "html", "--out", str(REPORT), quiet=True)
    return place.run("modelway", "report", *engine, *described, "--format", "markdown", quiet=True)


def canary(place: Place) -> None:
    step(f"{place.name}: {CANARY_PERCENT} % of the requests to {CANARY_MODEL} go to its newer version")
    endpoint = outputs(place)["endpoints"][CANARY_MODEL]
    before = route(place, endpoint)
    place.bring_up(with_canary())
    after = route(place, endpoint)
    step(f"{place.name}: and back to what the committed files say")
    place.bring_up(COMMITTED)
    talk(f"route of {CANARY_MODEL} before:  {traffic(before)}")
    talk(f"route of {CANARY_MODEL} with it: {traffic(after)}")
    talk(f"route of {CANARY_MODEL} now:     {traffic(route(place, endpoint))}")


def overview(places: list[Place]) -> None:
    """One row an environment, read from state, API servers and registries."""
    step("what runs now")
    table = Table(show_lines=True)
    for column in ("environment", "resources", "endpoints, live versions, traffic", "registries", "rules"):
        table.add_column(column, overflow="fold")
    for place in places:
        counts = [f"{resources(place, stack)} in stack {stack}" for stack in stacks(place)]
        exported = outputs(place)
        endpoints = "\n".join(
            f"{model} {', '.join(endpoint['versions'])}: {traffic(route(place, endpoint))}"
            for model, endpoint in exported["endpoints"].items()
        )
        names = [f"ECR {address.partition('/')[2]}" for address in exported["registry"]["repositories"].values()]
        registries = "\n".join([*names, f"s3://{exported['registry']['bucket']}"])
        rules = objects(place, "prometheusrules", "-A")["items"]
        count = sum(len(group["rules"]) for rule in rules for group in rule["spec"]["groups"])
        table.add_row(place.name, "\n".join(counts), endpoints, registries, f"{count} in {len(rules)} objects")
    Console(width=max(Console().width, 170)).print(table)


def resources(place: Place, stack: str) -> int:
    return len(json.loads(place.run("pulumi", "stack", "export", "--stack", stack, quiet=True))["deployment"]["resources"])


def farewell(places: list[Place]) -> None:
    """How to look, to go on, and to stop."""
    lines = ["", "Look, in a shell of its own for each environment:", "  source .venv/bin/activate"]
    for place in places:
        config = " ".join(way_to(place))
        lines.append(f'  eval "$(modelway local env {place.name})" && kubectl {config}{" " if config else ""}get httproute,deploy,hpa -A')
    lines += [
        "  modelway local status",
        f"  the report above as a page of its own: {REPORT.relative_to(ROOT)}",
        "Go on:",
        "  change a model in one environment: copy .modelway/demo/canary/local/models to stacks/environments/local/",
        '  eval "$(modelway local env local)" && modelway validate && pulumi preview -s local',
        '  eval "$(modelway local env dev)" && modelway destroy dev --yes      takes dev down again',
        "  make drift-demo      a model that meets a summer of real flights: what has drifted is found, calm weeks stay calm",
        "Stop: modelway local down. No process or port is left then; what the demo trained stays in .modelway/demo until `make clean`.",
        STAND_IN,
    ]
    print("\n".join(lines))


def talk(text: str) -> None:
    console.print(f"  {text}", markup=False, soft_wrap=True)


def main() -> int:
    SCRATCH.mkdir(parents=True, exist_ok=True)
    try:
        start_cloud()
        build = train()
        places = [open_place(name) for name in NAMES]
        for place in places:
            bring_up(place, build)
        overview(places)
        prove_nothing_changes(places)
        report = reviewed(places[0])
        canary(places[0])
    except Failed as fault:
        console.print(f"\nthe demo stopped: {fault}", markup=False)
        return 1
    except subprocess.CalledProcessError as fault:
        console.print(f"\nthe demo stopped: `{' '.join(map(str, fault.cmd))}` ended with exit code {fault.returncode}.", markup=False)
        return 1
    except ModelwayError as fault:
        console.print(f"\nthe demo stopped: {fault}", markup=False)
        return 1
    except KeyboardInterrupt:
        console.print("\ninterrupted. `make demo` goes on where it was; `modelway local down` removes everything.")
        return 130
    step("the report of that canary, as a pull request gets it")
    print(report)
    farewell(places)
    return 0


if __name__ == "__main__":
    sys.exit(main())
