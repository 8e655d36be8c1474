"""Sums and ranges hold for whatever resources there are."""

import json

import msgspec
from hypothesis import given
from hypothesis import strategies as st

from modelway.preview.changeset import Budget, Cost, CostLine, EndpointCost
from modelway.preview.cost import Costs, merge, monthly, prices
from modelway.preview.cost.kinds import RULES
from modelway.preview.resources import UNKNOWN, Step
from tests.preview.cost.test_cost_cases import TODAY, urn

MONEY = st.floats(0, 1e7, allow_nan=False).map(lambda usd: round(usd, 4))
RANGE = st.none() | st.tuples(MONEY, MONEY).map(lambda pair: (min(pair), max(pair)))
STACKS = st.sampled_from(["prod", "prod-models", "prod-models-risk", "dev", "other"])
LINES = st.builds(
    CostLine,
    stack=STACKS,
    subject=st.text("abc ", max_size=5),
    confidence=st.sampled_from(["known", "assumed", "unknown"]),
    before=RANGE,
    after=RANGE,
    changed=st.booleans(),
)
COSTS = st.builds(
    Cost,
    lines=st.lists(LINES, max_size=4).map(tuple),
    endpoints=st.lists(
        st.builds(EndpointCost, stack=STACKS, endpoint=st.sampled_from(["a", "b"]), month=st.just((1.0, 2.0))), max_size=2
    ).map(tuple),
    budgets=st.lists(st.builds(Budget, stack=st.sampled_from(["prod", "dev"]), limit=st.just(100.0), over=st.just(False)), max_size=2).map(
        tuple
    ),
    priced=st.sampled_from(["", "2026-11-20", "2026-11-27"]),
    unpriced=st.dictionaries(st.sampled_from(["aws:a:A", "b:c:D"]), st.integers(1, 9)).map(
        lambda of: tuple(f"{k}: {n}" for k, n in of.items())
    ),
)


@given(COSTS, COSTS, COSTS)
def test_in_whatever_groups_stacks_are_put_together_it_is_the_same(one: Cost, two: Cost, three: Cost) -> None:
    assert merge([merge([one, two]), three]) == merge([one, merge([two, three])]) == merge([one, two, three])


@given(st.lists(COSTS, max_size=3))
def test_nothing_is_lost_when_stacks_are_put_together(costs: list[Cost]) -> None:
    whole = merge(costs)
    assert list(whole.lines) == [line for cost in costs for line in cost.lines]
    for kind in ("aws:a:A", "b:c:D"):
        numbers = [int(told.rpartition(": ")[2]) for cost in costs for told in cost.unpriced if told.startswith(f"{kind}: ")]
        assert f"{kind}: {sum(numbers)}" in whole.unpriced or not numbers
    for budget in whole.budgets:
        assert budget.month[0] <= budget.month[1]
        assert budget.over == (budget.month[0] > budget.limit)


VALUES = st.one_of(
    st.sampled_from([UNKNOWN, "[secret]", "m7i.large", "g6.xlarge", "gp3", "LoadBalancer", "postgres", "1.33", "50Gi", True, None]),
    st.integers(-3, 500),
    st.floats(0, 1000),
    st.text(max_size=5),
)
FIELDS = [
    *(
        "version",
        "scalingConfig",
        "instanceTypes",
        "capacityType",
        "minSize",
        "maxSize",
        "instanceType",
        "size",
        "type",
        "spec",
        "metadata",
    ),
    *(
        "subnetIds",
        "vpcEndpointType",
        "engine",
        "instanceClass",
        "allocatedStorage",
        "metricQueries",
        "productionVariants",
        "name",
        "region",
    ),
    *("computeConfig", "launchTemplate", "endpointConfigName", "limits", "template", "requirements", "replicas", "storage", "multiAz"),
]
INPUTS = st.recursive(
    VALUES, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(FIELDS), inner, max_size=4), max_leaves=6
)
RESOURCES = st.lists(
    st.tuples(st.sampled_from(sorted(RULES)), st.sampled_from("abc"), st.dictionaries(st.sampled_from(FIELDS), INPUTS, max_size=5)),
    max_size=6,
)


def step(op: str, kind: str, name: str, old: object, new: object) -> Step:
    def side(inputs: object) -> object:
        return {"urn": urn(kind, name), "type": kind, "custom": True, "inputs": inputs}

    written = {
        "op": op,
        "urn": urn(kind, name),
        "oldState": side(old) if old is not None else None,
        "newState": side(new) if new is not None else None,
    }
    return msgspec.json.decode(json.dumps(written), type=Step)


@given(RESOURCES)
def test_what_stays_the_same_costs_the_same(resources: list[tuple[str, str, dict[str, object]]]) -> None:
    costs = Costs("dev", prices(), TODAY)
    for kind, name, inputs in resources:
        costs.see(step("update", kind, name, inputs, inputs))
    found = costs.finish(None, None)
    # Of two that are called the same, the first is what was there before.
    if len({(kind, name) for kind, name, _ in resources}) == len(resources):
        assert all(line.before == line.after and not line.changed for line in found.lines)
        assert monthly(found, "dev") == (0, 0)


@given(RESOURCES)
def test_the_least_is_never_above_the_most(resources: list[tuple[str, str, dict[str, object]]]) -> None:
    costs = Costs("dev", prices(), TODAY)
    for kind, name, inputs in resources:
        costs.see(step("create", kind, name, None, inputs))
    for line in costs.finish(None, None).lines:
        assert line.before == ((0.0, 0.0) if line.confidence == "unknown" else None)
        assert (line.after is None) == (line.confidence == "unknown")
        assert line.after is None or 0 <= line.after[0] <= line.after[1]


@given(RESOURCES)
def test_what_comes_costs_as_much_more_as_it_costs_less_when_it_goes(resources: list[tuple[str, str, dict[str, object]]]) -> None:
    came, went = Costs("dev", prices(), TODAY), Costs("dev", prices(), TODAY)
    for kind, name, inputs in {(kind, name): (kind, name, inputs) for kind, name, inputs in resources}.values():
        came.see(step("create", kind, name, None, inputs))
        went.see(step("delete", kind, name, inputs, None))
    more, less = monthly(came.finish(None, None), "dev"), monthly(went.finish(None, None), "dev")
    assert (more is None) == (less is None)
    if more is not None and less is not None:
        assert more == (-less[1], -less[0])
