"""A repository of 1,000 stacks, for measures: 50 environments with a stack for the platform and one for each of 19 teams."""

import subprocess
from pathlib import Path

from scripts.many_models import BASE, CONTRACT, MODEL, OWN
from scripts.many_models import NAME as LIKE

ENVIRONMENTS, TEAMS = 50, 19
"""So many environments, and of each so many teams with one model each."""
STACKS = ENVIRONMENTS * (TEAMS + 1)

OVERRIDE = """\
# What differs in {environment}.
endpoint:
  scaling: {{min: 1, max: {most}}}
  traffic: {{canary: null}}
"""


def write_repository(folder: Path) -> Path:
    """A repository in an empty folder, committed; every environment overrides every model. Returns its root."""
    environments = folder / "stacks" / "environments"
    for name in ("components", "contracts", "stacks/config", "stacks/environments/base/models"):
        (folder / name).mkdir(parents=True)
    # What Modelway looks for.
    (folder / "Pulumi.yaml").write_text("name: modelway\nruntime: python\nmain: stacks\n", "utf-8")
    (folder / "stacks" / "__main__.py").write_text("VALUE = 1\n", "utf-8")
    (folder / "components" / "network.py").write_text("VALUE = 1\n", "utf-8")
    (folder / "contracts" / "0.yaml").write_text(CONTRACT, "utf-8")
    (environments / "base" / "environment.yaml").write_text(BASE, "utf-8")
    for team in range(TEAMS):
        text = MODEL.format(name=f"model-{team}", team=team, old="a" * 64, new="b" * 64, contract=0)
        (environments / "base" / "models" / f"model-{team}.yaml").write_text(text, "utf-8")
    for number in range(ENVIRONMENTS):
        name = f"{LIKE}{number}"
        (environments / name / "models").mkdir(parents=True)
        (environments / name / "environment.yaml").write_text(OWN.replace(f"environment: {LIKE}", f"environment: {name}"), "utf-8")
        for team in range(TEAMS):
            text = OVERRIDE.format(environment=name, most=10 + (number + team) % 7)
            (environments / name / "models" / f"model-{team}.yaml").write_text(text, "utf-8")
            (folder / "stacks" / "config" / f"Pulumi.{name}-models-team-{team}.yaml").write_text("config: {}\n", "utf-8")
        (folder / "stacks" / "config" / f"Pulumi.{name}.yaml").write_text("config: {}\n", "utf-8")
    identity = ("-c", "user.name=many", "-c", "user.email=many@example.com", "-c", "commit.gpgsign=false")
    for command in (("init", "--quiet"), ("add", "--all"), ("commit", "--quiet", "--message", "All")):
        subprocess.run(["git", *identity, *command], cwd=folder, check=True)
    return folder
