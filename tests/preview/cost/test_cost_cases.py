"""What resources cost, case by case: files with steps as the engine writes them, and the lines that are expected of them.

In a case `UNKNOWN` stands for what the engine writes for a value that is known only after the update. `depends` names resources by type and
name. A line is: subject, confidence, before and after, what was multiplied; a `=` before it where nothing about it differs.
"""

import json
from datetime import date
from pathlib import Path
from typing import Any

import msgspec
import pytest
from ruamel.yaml import YAML

from modelway.preview.changeset import Cost, CostLine
from modelway.preview.cost import Costs, prices
from modelway.preview.resources import UNKNOWN, Resource, Step

CASES = Path(__file__).resolve().parents[1] / "cases" / "cost"
TODAY = date(2026, 11, 27)


def urn(kind: str, name: str) -> str:
    return f"urn:pulumi:dev::program::{kind}::{name}"


def state(one: dict[str, Any], side: str) -> dict[str, Any] | None:
    """A resource as the engine writes it."""
    if side not in one:
        return None
    provider = one.get("provider", "pulumi:providers:aws::default" if one["type"].startswith("aws:") else "")
    depends = one.get("depends", {})
    return {
        "urn": urn(one["type"], one["name"]),
        "type": one["type"],
        "custom": True,
        "id": one["name"],
        "inputs": one[side],
        "outputs": one.get("outputs", {}),
        "provider": f"{urn(*provider.split('::'))}::id" if provider else "",
        "retainOnDelete": one.get("retain", False),
        "propertyDependencies": {key: [urn(*other.split("::", 1)) for other in others] for key, others in depends.items()},
    }


def cost(case: dict[str, Any]) -> Cost:
    costs = Costs("dev", prices(), TODAY)
    text = json.dumps(case).replace('"UNKNOWN"', json.dumps(UNKNOWN))
    case = json.loads(text)
    for one in case.get("state", []):
        costs.know(msgspec.json.decode(msgspec.json.encode(state(one, "new")), type=Resource))
    if "region" in case:
        provider = {"op": "same", "type": "pulumi:providers:aws", "name": "default", "old": {"region": case["region"]}}
        case["steps"] = [{**provider, "new": provider["old"]}, *case["steps"]]
    for one in case["steps"]:
        step = {"op": one["op"], "urn": urn(one["type"], one["name"]), "oldState": state(one, "old"), "newState": state(one, "new")}
        costs.see(msgspec.json.decode(msgspec.json.encode(step), type=Step))
    return costs.finish(None, None)


def month(value: tuple[float, float] | None) -> str:
    return "-" if value is None else f"{value[0]:.2f}" if value[0] == value[1] else f"{value[0]:.2f} to {value[1]:.2f}"


def shown(line: CostLine) -> str:
    of = f" [{line.endpoint}]" if line.endpoint else ""
    mark = "" if line.changed else "= "
    return f"{mark}{line.subject}{of} | {line.confidence} | {month(line.before)} -> {month(line.after)} | {line.basis}"


def report(found: Cost) -> str:
    lines = [*map(shown, found.lines)]
    lines += [f"endpoint {one.endpoint}: {month(one.month)}" for one in found.endpoints]
    lines += [f"no price: {told}" for told in found.unpriced]
    return "\n".join([*lines, *(f"approximate: {told}" for told in found.approximate)]) + "\n"


@pytest.mark.parametrize("case", sorted(path.stem for path in CASES.glob("*.yaml")))
def test_what_it_costs(case: str) -> None:
    read = YAML(typ="safe").load(CASES / f"{case}.yaml")
    assert report(cost(read)) == (CASES / f"{case}.txt").read_text("utf-8")
