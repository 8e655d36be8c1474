"""An environment that is up as one stack becomes two, as docs/protection.md says, and nothing is made, deleted or replaced for it."""

import json
import os
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from modelway.architecture import load
from tests.localcloud.conftest import Cloud
from tests.localcloud.environments import COMMITTED, ROOT, Site

pytestmark = pytest.mark.localcloud

ACCOUNT = "666666666666"
ENVIRONMENT = """
environment: parted
tier: development
layout: {layout}
owner: ml-platform@example.com
aws: {{account: "666666666666", region: eu-west-1}}
clusters:
  main: {{kind: existing, context: modelway-local, gateway: {{kind: existing, name: none, namespace: nowhere}}}}
monitoring: {{namespace: parted-monitoring}}
"""


def write(folder: Path, layout: str) -> None:
    (folder / "parted" / "environment.yaml").write_text(ENVIRONMENT.format(layout=layout), "utf-8")


@pytest.fixture
def site(cloud: Cloud, tmp_path: Path) -> Iterator[Site]:
    folder = tmp_path / "environments"
    for name in ("base", "parted/models"):
        (folder / name).mkdir(parents=True)
    model = (COMMITTED / "base" / "models" / "co2-forecast.yaml").read_text("utf-8")
    (folder / "parted" / "models" / "co2-forecast.yaml").write_text(re.sub(r"(?m)^team: .*$", "team: parted", model), "utf-8")
    write(folder, "single")
    cleared = {key: value for key, value in os.environ.items() if not key.startswith(("AWS_", "PULUMI_"))}
    site = Site(load(folder, "parted", ROOT), cleared | cloud.environment(ACCOUNT, "eu-west-1"), folder)
    yield site
    site.modelway("destroy", "parted", "--yes")


def urns(site: Site, stack: str) -> set[str]:
    """Types and names of what a stack holds, without the stack and its providers."""
    exported = json.loads(site.run("pulumi", "stack", "export", "--stack", stack))["deployment"].get("resources") or []
    return {one["urn"].partition("::modelway::")[2] for one in exported if not one["type"].startswith("pulumi:")}


def commands() -> str:
    page = (ROOT / "docs" / "protection.md").read_text("utf-8")
    return next(block for block in re.findall(r"```sh\n(.*?)```", page, re.DOTALL) if "state move" in block)


def test_one_stack_becomes_two(site: Site) -> None:
    site.up()
    whole = urns(site, "parted")
    site.run("bash", "-ec", commands().replace("ENV", "parted"))
    site.run("pulumi", "config", "set", "modelway:environments", str(site.environments), "--stack", "parted-models")
    write(site.environments, "split")
    kept, moved = urns(site, "parted"), urns(site, "parted-models")
    assert kept | moved == whole
    assert not kept & moved
    assert {urn.partition("::")[0].partition("$")[0] for urn in moved} == {
        "modelway:index:KubernetesEndpoint",
        "modelway:index:EndpointMonitoring",
    }
    for stack in ("parted", "parted-models"):
        plan = json.loads(site.run("pulumi", "preview", "--json", "--stack", stack))
        operations = {step["op"] for step in plan["steps"] if not step["urn"].split("::")[2].startswith("pulumi:")}
        assert operations <= {"same", "update", "read"}, [step for step in plan["steps"] if step["op"] not in ("same", "read")]
    site.modelway("up", "parted", "--yes")
    for stack in ("parted", "parted-models"):
        site.run("pulumi", "preview", "--expect-no-changes", "--diff", "--stack", stack)
