"""What the program makes of an environment costs what its description says it costs at the least: two ways to the same number."""

import json
import math
from collections.abc import Callable, Mapping

import msgspec
import pytest

from modelway.architecture import load
from modelway.preview.cost import Costs, merge, prices
from modelway.preview.cost.floor import floor
from modelway.preview.cost.merging import monthly
from modelway.preview.resources import Step
from tests.preview.cost.test_cost_cases import TODAY
from tests.support.engine import Recorder
from tests.support.environments import ROOT, composed, environment

MADE_FROM: Mapping[str, tuple[str, str, Callable[[str], str]]] = {
    "aws:eks/nodeGroup:NodeGroup": ("launchTemplate", "aws:ec2/launchTemplate:LaunchTemplate", lambda name: f"{name}-template"),
    "aws:sagemaker/endpoint:Endpoint": (
        "endpointConfigName",
        "aws:sagemaker/endpointConfiguration:EndpointConfiguration",
        lambda name: f"{name.removesuffix('-endpoint')}-config",
    ),
}
"""The engine writes which property comes from what; the recorder does not keep it."""

RECORDED = ROOT / "tests" / "preview" / "recorded" / "model-canary"


def created(stack: str, made: Recorder) -> Costs:
    """A stack of which everything is new."""
    costs = Costs(stack, prices(), TODAY)
    for one in made.resources:
        depends = {}
        if one.type in MADE_FROM:
            field, kind, name = MADE_FROM[one.type]
            depends = {field: [f"urn:pulumi:{stack}::modelway::{kind}::{name(one.name)}"]}
        urn = f"urn:pulumi:{stack}::modelway::{one.type}::{one.name}"
        custom = not one.type.startswith("modelway:")
        state = {"urn": urn, "type": one.type, "custom": custom, "inputs": one.inputs, "propertyDependencies": depends}
        costs.see(msgspec.json.decode(json.dumps({"op": "create", "urn": urn, "newState": state}, default=str), type=Step))
    return costs


@pytest.mark.parametrize("name", ["prod", "managed"])
def test_what_is_made_costs_what_is_described(name: str) -> None:
    described = environment(name)
    whole = merge(created(stack, made).finish(None, described) for stack, made in composed(name).items())
    least = math.fsum(line.after[0] for line in whole.lines if line.after is not None)
    lowest = floor(described, prices(), TODAY)
    # Its chart makes the disks of Prometheus, and nobody looks into charts.
    expected = lowest.usd - math.fsum(part.usd for part in lowest.parts if part.what == "disks of Prometheus")
    # The key of a topic of alarms is left out of the low estimate.
    assert expected <= least + 0.01 <= expected + 2
    assert not lowest.missing
    assert {endpoint.endpoint for endpoint in whole.endpoints} == {model for model, one in described.models.items() if one.serving}
    # Types of ours are priced, or known to cost nothing; a topic costs by what is sent, a schedule by how long its jobs take.
    without = {line.subject.partition(": ")[0] for line in whole.lines if line.basis == "no price of this type here"}
    assert without <= {"kubernetes:helm.sh/v3:Release", "aws:scheduler/schedule:Schedule", "aws:sns/topic:Topic"}


def test_a_share_of_nodes_that_nobody_knows_is_as_before_only_where_as_much_is_asked() -> None:
    before, after = (load(RECORDED / side, "local", ROOT) for side in ("before", "after"))
    same, canary = (Costs("local", prices(), TODAY).finish(before, side) for side in (before, after))
    assert {line.endpoint: line.changed for line in same.lines} == {"co2-forecast": False, "tumor-screening": False}
    assert {line.endpoint: line.changed for line in canary.lines} == {"co2-forecast": False, "tumor-screening": True}
    assert monthly(same, "local") == (0, 0)
    assert monthly(canary, "local") is None
