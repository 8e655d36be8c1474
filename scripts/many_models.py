"""An environment of many models, for measures: base and overrides, one file a model, as a folder that `load` reads."""

import hashlib
from pathlib import Path

NAME = "many"
"""The environment's name."""
A_TEAM = 20
"""Models of one team: its stack stays below 500 resources."""
A_CONTRACT = 50
"""Models that share a contract."""
AN_OVERRIDE = 10
"""Of so many models one is overridden."""

BASE = """\
owner: ml-platform@example.com
tags: {cost-center: ml-platform}
"""

OWN = f"""\
environment: {NAME}
tier: development
layout: split_by_team
aws: {{account: "222222222222", region: eu-west-1}}
network: {{kind: vpc, cidr: 10.20.0.0/16, zones: 2}}
clusters:
  main:
    kind: eks
    version: "1.35"
    node_pools:
      general: {{instance_types: [m7i.large], min: 2, max: 4}}
    access:
      deployer: {{principal: "arn:aws:iam::222222222222:role/deployer", policy: cluster-admin}}
    gateway: {{kind: managed, class: envoy}}
"""

MODEL = """\
model: {name}
team: team-{team}
owner: team-{team}@example.com
risk_tier: low
versions:
  "2026.11.1":
    image: {name}@sha256:{old}
    weights: {name}/2026.11.1/model.ubj@sha256:{old}
    contract: contracts/{contract}.yaml
  "2026.12.0":
    image: {name}@sha256:{new}
    weights: {name}/2026.12.0/model.ubj@sha256:{new}
    contract: contracts/{contract}.yaml
endpoint:
  resources: {{cpu: "1", memory: 2Gi}}
  scaling: {{min: 2, max: 10, target: {{cpu: 70%}}}}
  traffic:
    live: "2026.11.1"
    canary: {{version: "2026.12.0", percent: 10}}
  slo: {{latency_p99: 200ms, availability: 99.9%, error_rate: 1%}}
"""

OVERRIDE = """\
endpoint:
  scaling: {{min: 1, max: {most}}}
  traffic: {{canary: null}}
"""

CONTRACT = """\
signature:
  inputs:
    - {name: age, datatype: FP64, shape: [-1]}
    - {name: income, datatype: FP64, shape: [-1]}
  outputs:
    - {name: score, datatype: FP64, shape: [-1]}
sample:
  inputs:
    - {name: age, datatype: FP64, shape: [2], data: [31, 64]}
    - {name: income, datatype: FP64, shape: [2], data: [1200.5, 90000]}
"""


def write_environment(folder: Path, models: int, *, fault: bool = False) -> Path:
    """A repository in an empty folder; returns the folder of its environments, which has one, NAME. With a fault, the last has one,
    and has to be one that nothing overrides."""
    environments, contracts = folder / "environments", folder / "contracts"
    for made in (contracts, environments / "base" / "models", environments / NAME / "models"):
        made.mkdir(parents=True)
    (folder / "Pulumi.yaml").write_text("name: many\n", "utf-8")
    (environments / "base" / "environment.yaml").write_text(BASE, "utf-8")
    (environments / NAME / "environment.yaml").write_text(OWN, "utf-8")
    for number in range(-(-models // A_CONTRACT)):
        (contracts / f"{number}.yaml").write_text(CONTRACT, "utf-8")
    for number in range(models):
        name = f"model-{number}"
        old, new = (hashlib.sha256(f"{name} {version}".encode()).hexdigest() for version in ("old", "new"))
        text = MODEL.format(name=name, team=number // A_TEAM, old=old, new=new, contract=number // A_CONTRACT)
        if fault and number == models - 1:
            text = text.replace("min: 2", "min: 0")
        (environments / "base" / "models" / f"{name}.yaml").write_text(text, "utf-8")
        if number % AN_OVERRIDE == 0:
            (environments / NAME / "models" / f"{name}.yaml").write_text(OVERRIDE.format(most=10 + number % 7), "utf-8")
    return environments
