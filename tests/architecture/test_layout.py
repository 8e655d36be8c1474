"""A stack has at most 500 resources; the way out of it helps."""

from pathlib import Path

import pytest

from modelway.architecture import InvalidArchitecture, load
from modelway.architecture.layout import owner_of, stacks
from tests.architecture.test_cases import lay_out

MODEL = """
model: {name}
team: {team}
owner: {team}@example.com
risk_tier: low
versions:
  "1":
    image: {name}@sha256:{digest}
    weights: {name}/1/model.json@sha256:{digest}
    contract: contracts/credit-risk.yaml
endpoint:
  resources: {{cpu: 100m, memory: 128Mi}}
  scaling: {{min: 1, max: 2, target: {{cpu: 70%}}}}
  traffic: {{live: "1"}}
  slo: {{latency_p99: 200ms, availability: 99%, error_rate: 1%}}
"""


def many(folder: Path, count: int, teams: int, layout: str) -> Path:
    """An environment of so many models on EKS, 16 resources each."""
    environments = lay_out("cluster/private-by-default.happy", folder)
    (environments / "base" / "models" / "credit-risk.yaml").unlink()
    own = environments / "dev" / "environment.yaml"
    own.write_text(own.read_text("utf-8") + f"layout: {layout}\n", "utf-8")
    for number in range(count):
        name, team = f"model-{number}", f"team-{number % teams}"
        (environments / "base" / "models" / f"{name}.yaml").write_text(MODEL.format(name=name, team=team, digest="a" * 64), "utf-8")
    return environments


@pytest.mark.parametrize(("count", "teams", "layout"), [(31, 1, "single"), (31, 2, "split"), (32, 2, "split_by_team")])
def test_up_to_500_resources_it_is_accepted(count: int, teams: int, layout: str, tmp_path: Path) -> None:
    assert len(stacks(load(many(tmp_path, count, teams, layout), "dev"))) == {"single": 1, "split": 2, "split_by_team": 1 + teams}[layout]


@pytest.mark.parametrize(
    ("layout", "rule", "way_out"),
    [
        ("single", "dev would have about 512 for endpoints", "Write layout: split_by_team, which gives each team a stack for its models."),
        (
            "split",
            "dev-models would have about 512 for endpoints",
            "Write layout: split_by_team, which gives each team a stack for its models.",
        ),
        (
            "split_by_team",
            "dev-models-team-0 would have about 512 for endpoints",
            "Divide the models of team-0 among several teams, or several environments.",
        ),
    ],
)
def test_past_500_resources_it_is_refused(layout: str, rule: str, way_out: str, tmp_path: Path) -> None:
    with pytest.raises(InvalidArchitecture) as refusal:
        load(many(tmp_path, 32, 1, layout), "dev")
    (fault,) = refusal.value.faults
    assert (fault.field, fault.value, fault.rule, fault.way_out) == (
        "layout",
        layout,
        f"a stack has at most 500 resources; {rule}",
        way_out,
    )


@pytest.mark.parametrize(
    ("stack", "expected"),
    [
        ("dev-models", ("dev", None)),
        ("dev-models-risk", ("dev", "risk")),
        ("dev-models-risk-models", ("dev", "risk-models")),
        ("dev", None),
        ("-models", None),
        ("dev-models-", None),
        ("dev-modelsx", None),
    ],
)
def test_a_stacks_name_says_whose_it_is(stack: str, expected: tuple[str, str | None] | None) -> None:
    assert owner_of(stack) == expected
