"""Budgets, floors, and what endpoints and predictions cost, of environments that are read from files."""

from datetime import date
from pathlib import Path

import pytest

from modelway.architecture import Environment, load
from modelway.preview.changeset import Cost, CostLine, Finding
from modelway.preview.cost import Costs, findings, merge, prices
from modelway.preview.cost.floor import floor
from tests.preview.cost.test_cost_arithmetic import step

ROOT = Path(__file__).resolve().parents[3]
ENVIRONMENTS = ROOT / "stacks" / "environments"
TODAY = date(2026, 11, 27)

ENVIRONMENT = """\
environment: prod
tier: development
layout: {layout}
aws: {{account: "222222222222", region: {region}}}
owner: ml@example.com
budget: {budget}
network: {{kind: vpc, cidr: 10.20.0.0/16, zones: 2, nat: one}}
clusters:
  main:
    kind: eks
    version: "1.35"
    node_pools:
      general: {{instance_types: [m7i.large, m7i.xlarge], min: 2, max: 4}}
      gpu: {{instance_types: [g6.xlarge], min: 0, max: 2, gpu: true}}
    access: {{deployer: {{principal: "arn:aws:iam::222222222222:role/deployer", policy: cluster-admin}}}}
    gateway: {{kind: managed, class: eg, controller: envoy}}
"""
MODEL = """\
model: {name}
team: risk
owner: risk@example.com
risk_tier: low
versions:
  "1":
    image: {name}@sha256:{digest}
    weights: {name}/1/model.json@sha256:{digest}
    contract: contracts/any.yaml
    protocols: [open_inference, sagemaker]
endpoint:
  {endpoint}
  traffic: {{live: "1"}}
  slo: {{latency_p99: 500ms, availability: 99%, error_rate: 1%}}
"""
CONTRACT = """\
signature:
  inputs: [{name: a, datatype: FP64, shape: [-1]}]
  outputs: [{name: b, datatype: FP64, shape: [-1]}]
sample: {inputs: [{name: a, datatype: FP64, shape: [1], data: [1]}]}
"""
ON_NODES = "resources: {cpu: 500m, memory: 1Gi}\n  scaling: {min: 2, max: 6, target: {requests_per_second: 10}}"
ON_GPUS = "resources: {cpu: '1', memory: 4Gi, gpu: 1}\n  scaling: {min: 1, max: 2, target: {concurrency: 8}}"
MANAGED = "runtime: {kind: sagemaker, instance_type: ml.m7i.large}\n  scaling: {min: 2, max: 4, target: {requests_per_second: 20}}"


def described(folder: Path, *, budget: str = "10000 USD", layout: str = "single", region: str = "us-east-1", **models: str) -> Environment:
    """An environment of a budget and models, by what their endpoints are."""
    (folder / "environments" / "prod" / "models").mkdir(parents=True, exist_ok=True)
    (folder / ".git").mkdir(exist_ok=True)
    (folder / "contracts").mkdir(exist_ok=True)
    (folder / "contracts" / "any.yaml").write_text(CONTRACT, "utf-8")
    written = ENVIRONMENT.format(budget=budget, layout=layout, region=region)
    (folder / "environments" / "prod" / "environment.yaml").write_text(written, "utf-8")
    for name, endpoint in models.items():
        text = MODEL.format(name=name, endpoint=endpoint, digest="a" * 64)
        (folder / "environments" / "prod" / "models" / f"{name}.yaml").write_text(text, "utf-8")
    return load(folder / "environments", "prod")


def nodes(least: int, most: int) -> dict[str, object]:
    return {"instanceTypes": ["m7i.large"], "diskSize": 20, "scalingConfig": {"minSize": least, "maxSize": most}}


def pool(stack: str, before: Environment | None, after: Environment | None, old: tuple[int, int] | None, new: tuple[int, int]) -> Cost:
    """What a stack costs with one pool of nodes."""
    costs = Costs(stack, prices(), TODAY)
    costs.see(step("update" if old else "create", "aws:eks/nodeGroup:NodeGroup", "general", nodes(*old) if old else None, nodes(*new)))
    return costs.finish(before, after)


def rules(found: list[Finding]) -> dict[str, bool]:
    return {one.rule: one.blocks for one in found}


@pytest.mark.parametrize(
    ("budget", "old", "new", "expected"),
    [
        # One m7i.large with its disk is 75.18 a month.
        ("1000 USD", None, (2, 4), {}),
        ("450 USD", None, (2, 4), {}),
        ("450 USD", None, (2, 8), {"cost-may-exceed-budget": False}),
        # What could be too much before, and is no more now, is nobody's doing.
        ("450 USD", (2, 8), (2, 8), {}),
        ("450 USD", None, (8, 8), {"cost-over-budget": True}),
        ("450 USD", (7, 7), (7, 7), {"cost-over-budget": True}),
        # The way back is not closed, though it does not lead all the way.
        ("450 USD", (8, 8), (7, 7), {"cost-over-budget": False}),
        # By its description alone it costs more than that.
        ("100 USD", None, (1, 1), {"budget-under-floor": False}),
        ("100 USD", None, (2, 2), {"budget-under-floor": False, "cost-over-budget": True}),
    ],
)
def test_a_budget_blocks_what_is_over_it(
    budget: str, old: tuple[int, int] | None, new: tuple[int, int], expected: dict[str, bool], tmp_path: Path
) -> None:
    environment = described(tmp_path, budget=budget)
    cost = pool("prod", environment, environment, old, new)
    assert rules(findings(cost)) == expected
    assert [one.over for one in cost.budgets] == ["cost-over-budget" in expected]


def test_whoever_lowers_the_budget_under_the_cost_is_stopped(tmp_path: Path) -> None:
    before, after = described(tmp_path / "a"), described(tmp_path / "b", budget="400 USD")
    cost = pool("prod", before, after, (8, 8), (7, 7))
    assert rules(findings(cost)) == {
        "cost-over-budget": True,
        **({} if floor(after, prices(), TODAY).usd < 400 else {"budget-under-floor": False}),
    }


def test_the_stacks_of_an_environment_have_one_budget(tmp_path: Path) -> None:
    environment = described(tmp_path, budget="500 USD", layout="split")
    parts = [pool(stack, None, environment, None, (4, 4)) for stack in ("prod", "prod-models")]
    assert [one.over for part in parts for one in part.budgets] == [False, False]
    whole = merge(parts)
    assert [(one.stack, one.over) for one in whole.budgets] == [("prod", True)]
    assert "prod, prod-models" in whole.budgets[0].note
    assert rules(findings(whole)) == {"cost-over-budget": True}


def test_another_environment_with_a_similar_name_is_not_counted(tmp_path: Path) -> None:
    environment = described(tmp_path, budget="450 USD")
    cost = merge([pool("prod", None, environment, None, (1, 1)), Cost(lines=(CostLine("prod-2", "x", "known", after=(9000, 9000)),))])
    assert not cost.budgets[0].over


def test_what_has_no_known_cost_is_told_with_the_budget(tmp_path: Path) -> None:
    environment = described(tmp_path, budget="400 USD")
    costs = Costs("prod", prices(), TODAY)
    costs.see(step("create", "aws:eks/nodeGroup:NodeGroup", "general", None, nodes(8, 8)))
    costs.see(step("create", "aws:ebs/volume:Volume", "odd", None, {"type": "io2", "size": 10}))
    (over,) = [one for one in findings(costs.finish(None, environment)) if one.rule == "cost-over-budget"]
    assert "1 thing has no known cost, and is not counted: volume odd." in over.why


def test_without_a_budget_nothing_is_said() -> None:
    environment = load(ENVIRONMENTS, "dev")
    assert environment.budget is None
    assert findings(pool("dev", environment, environment, None, (50, 50))) == []


@pytest.mark.parametrize("name", ["dev", "staging", "prod"])
def test_the_page_of_components_tells_the_floor(name: str) -> None:
    """The table that people read is what is computed, to the dollar."""
    text = (ROOT / "docs" / "components" / "README.md").read_text("utf-8")
    rows = [[cell.strip(" *`") for cell in line.strip("|").split("|")] for line in text.splitlines() if line.startswith("|")]
    head = next(row for row in rows if "prod" in row)
    whole = next(row for row in rows if row[0] == "together")
    assert whole[head.index(name)] == f"{floor(load(ENVIRONMENTS, name), prices(), TODAY).usd:,.0f}"


def test_a_cluster_in_extended_support_raises_the_floor(tmp_path: Path) -> None:
    environment = described(tmp_path)
    today, later = floor(environment, prices(), TODAY), floor(environment, prices(), date(2028, 1, 1))
    assert later.usd - today.usd == pytest.approx(730 * 0.5)


def test_a_floor_says_what_it_could_not_price(tmp_path: Path) -> None:
    assert "nat gateway" in floor(described(tmp_path, region="cn-north-1"), prices(), TODAY).missing


def endpoints(environment: Environment, stack: str = "prod") -> dict[str, tuple[tuple[float, float], tuple[float, float] | None]]:
    return {one.endpoint: (one.month, one.thousand) for one in Costs(stack, prices(), TODAY).finish(None, environment).endpoints}


def test_an_endpoint_on_nodes_costs_its_share_of_the_cheapest_that_it_fits_on(tmp_path: Path) -> None:
    month, thousand = endpoints(described(tmp_path, risk=ON_NODES))["risk"]
    # 500 of the 3920 thousandths of a processor that pods have on an m7i.xlarge; on an m7i.large they are a larger part of half the price.
    each = 500 / 3920 * 0.2016 * 730
    assert month == pytest.approx((2 * each, 6 * each))
    assert thousand is None


def test_predictions_are_paid_by_as_many_replicas_as_they_need(tmp_path: Path) -> None:
    _, thousand = endpoints(described(tmp_path, risk=f"load: {{requests_per_second: 35}}\n  {ON_NODES}"))["risk"]
    each = 500 / 3920 * 0.2016 * 730
    assert thousand == pytest.approx((4 * each / (35 * 2628), 4 * each / (35 * 2628)))


def test_an_endpoint_with_gpus_takes_whole_ones(tmp_path: Path) -> None:
    month, thousand = endpoints(described(tmp_path, vision=f"load: {{requests_per_second: 1}}\n  {ON_GPUS}"))["vision"]
    assert month == pytest.approx((0.8048 * 730, 2 * 0.8048 * 730))
    assert thousand == pytest.approx((month[0] / 2628, month[1] / 2628))


def test_an_endpoint_of_sagemaker_costs_its_instances(tmp_path: Path) -> None:
    environment = described(tmp_path, risk=MANAGED)
    each = 0.12096 * 730
    assert endpoints(environment)["risk"][0] == pytest.approx((2 * each, 4 * each))
    # As the stack has them: one more than the description would make.
    costs = Costs("prod", prices(), TODAY)
    variants = [{"variantName": "live", "instanceType": "ml.m7i.large", "initialInstanceCount": 3}]
    costs.see(
        step(
            "create", "aws:sagemaker/endpointConfiguration:EndpointConfiguration", "c", None, {"name": "c", "productionVariants": variants}
        )
    )
    costs.see(step("create", "aws:sagemaker/endpoint:Endpoint", "e", None, {"name": "prod-risk", "endpointConfigName": "c"}))
    (own,) = costs.finish(None, environment).endpoints
    assert own.endpoint == "risk"
    assert own.month == pytest.approx((3 * each, 3 * each))


def test_an_endpoint_that_fits_on_no_node_with_a_price_is_unknown(tmp_path: Path) -> None:
    environment = described(tmp_path, region="cn-north-1", risk=ON_NODES)
    cost = Costs("prod", prices(), TODAY).finish(None, environment)
    assert cost.endpoints == ()
    assert [(line.endpoint, line.confidence) for line in cost.lines] == [("risk", "unknown")]


def test_endpoints_are_told_with_the_stack_that_holds_them(tmp_path: Path) -> None:
    environment = described(tmp_path, layout="split", risk=ON_NODES)
    assert endpoints(environment, "prod") == {}
    assert list(endpoints(environment, "prod-models")) == ["risk"]
