"""An environment that came up before its resources said whose they are: the next update changes tags, labels and annotations in place."""

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from modelway.architecture.marks import takes_tags
from tests.localcloud.conftest import Cloud
from tests.localcloud.environments import MODELWAY, ROOT

pytestmark = pytest.mark.localcloud

NAME, ACCOUNT, REGION, MODEL = "marked", "595959595959", "eu-west-1", "co2-forecast"
ENVIRONMENT = f"""
environment: {NAME}
tier: development
owner: ml-platform@example.com
aws: {{account: "{ACCOUNT}", region: {REGION}}}
clusters:
  main: {{kind: existing, context: modelway-local, gateway: {{kind: existing, name: none, namespace: nowhere}}}}
monitoring: {{namespace: {NAME}-monitoring}}
"""
DESCRIBED = f"""
model: {MODEL}
team: {NAME}-team
owner: climate@example.com
risk_tier: low
versions:
  "1":
    image: {MODEL}@sha256:{"a1" * 32}
    weights: {MODEL}/1/model.json@sha256:{"b2" * 32}
    contract: examples/co2-forecast/contract.yaml
endpoint:
  resources: {{cpu: 100m, memory: 128Mi}}
  scaling: {{min: 1, max: 2, target: {{cpu: 70%}}}}
  slo: {{latency_p99: 500ms, availability: 99.5%, error_rate: 1%}}
  traffic: {{live: "1"}}
"""
BEFORE = """
import pulumi


def landing(environment, provider, model=None):
    return pulumi.ResourceOptions(provider=provider)
"""
MARKS = ("tags", "tagsAll", "metadata.labels", "metadata.annotations")


@dataclass(frozen=True)
class Place:
    """A copy of the program with one environment, as it was before and as it is."""

    folder: Path
    variables: dict[str, str]

    def run(self, *command: str) -> str:
        done = subprocess.run(
            command, cwd=self.folder, env=self.variables, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, f"{' '.join(command)} ended with {done.returncode}\n{done.stdout}\n{done.stderr}"
        return done.stdout

    def up(self) -> None:
        self.run(MODELWAY, "up", NAME, "--yes")

    def objects(self, kind: str) -> list[dict[str, Any]]:
        return list(json.loads(self.run("kubectl", "--namespace", f"{NAME}-team", "get", kind, "-o", "json"))["items"])


@pytest.fixture(scope="module")
def place(cloud: Cloud, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Place]:
    root = tmp_path_factory.mktemp("marked")
    folder = root / "repository"
    for name in ("components", "examples", "modelway", "stacks"):
        left_out = shutil.ignore_patterns("__pycache__", "*.parquet", "*.csv", "environments", "config")
        shutil.copytree(ROOT / name, folder / name, ignore=left_out)
    for name in ("Pulumi.yaml", "requirements.lock"):
        shutil.copy(ROOT / name, folder / name)
    models = folder / "stacks" / "environments" / NAME / "models"
    for made in (models, folder / "stacks" / "environments" / "base", folder / "stacks" / "config", root / "state"):
        made.mkdir(parents=True)
    (models.parent / "environment.yaml").write_text(ENVIRONMENT, "utf-8")
    (models / f"{MODEL}.yaml").write_text(DESCRIBED, "utf-8")
    (folder / ".venv").symlink_to(sys.prefix)
    cleared = {key: value for key, value in os.environ.items() if not key.startswith(("AWS_", "PULUMI_", "PYTHONPATH", "MODELWAY_"))}
    variables = cleared | cloud.environment(ACCOUNT, REGION) | {"PULUMI_BACKEND_URL": (root / "state").as_uri()}
    del variables["PULUMI_OPTION_CWD"]
    found = Place(folder, variables)
    found.run("pulumi", "stack", "init", NAME, "--no-select")
    yield found
    found.run(MODELWAY, "destroy", NAME, "--yes")


def test_marks_come_in_place_and_start_nothing_anew(place: Place) -> None:
    placing = place.folder / "stacks" / "arguments" / "placing.py"
    providers = place.folder / "stacks" / "providers.py"
    (place.folder / "stacks" / "marking.py").write_text(BEFORE, "utf-8")
    providers.write_text(providers.read_text("utf-8").replace("tags(environment)", "node_tags(environment)"), "utf-8")
    providers.write_text(providers.read_text("utf-8").replace("arguments import tags", "arguments.placing import node_tags"), "utf-8")
    place.up()
    pods = {one["metadata"]["name"]: one["metadata"]["uid"] for one in place.objects("pods")}
    sets = {one["metadata"]["uid"] for one in place.objects("replicasets")}
    (was,) = place.objects("deployments")
    assert "modelway.dev/system" not in was["metadata"]["labels"]
    for name in ("marking.py", "providers.py"):
        shutil.copy(ROOT / "stacks" / name, place.folder / "stacks" / name)
    assert placing.read_bytes() == (ROOT / "stacks" / "arguments" / "placing.py").read_bytes()

    steps = json.loads(place.run("pulumi", "preview", "--json", "--stack", NAME))["steps"]
    assert {step["op"] for step in steps} <= {"same", "update", "read"}
    updated = [step for step in steps if step["op"] == "update"]
    assert len(updated) > 20
    print(f"{len(updated)} of {len(steps)} resources are updated in place")  # noqa: T201 - a figure for who runs it
    for step in updated:
        type_ = step["newState"]["type"]
        assert takes_tags(type_) or type_ == "pulumi:providers:aws", type_
        paths = step.get("detailedDiff") or {}
        assert all(path.startswith((*MARKS, "defaultTags")) for path in paths), (type_, paths)

    place.up()
    (now,) = place.objects("deployments")
    assert now["metadata"]["labels"]["modelway.dev/system"] == MODEL
    assert now["metadata"]["annotations"]["modelway.dev/owner"] == "climate@example.com"
    # An annotation is another generation of a Deployment; what starts pods is its template.
    assert (now["spec"]["template"], now["metadata"]["uid"]) == (was["spec"]["template"], was["metadata"]["uid"])
    assert {one["metadata"]["uid"] for one in place.objects("replicasets")} == sets
    assert {one["metadata"]["name"]: one["metadata"]["uid"] for one in place.objects("pods")} == pods
    place.run("pulumi", "preview", "--expect-no-changes", "--stack", NAME)
    state = place.folder.parent / "state.json"
    place.run("pulumi", "stack", "export", "--stack", NAME, "--file", str(state))
    assert "100 %, as its state has them" in place.run(MODELWAY, "inventory", NAME, "--state", str(state))
