"""Endpoints that went back by themselves: told, and known to the engine, whoever ended the update."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from modelway.architecture import Environment, load
from modelway.operations import environments
from modelway.operations._aws_serving import Serving
from modelway.operations._pulumi import EngineFailure
from modelway.operations.environments import Deployment, up
from modelway.operations.rollbacks import ENDPOINT, WentBack, on_sagemaker

ENVIRONMENTS = Path(__file__).resolve().parents[2] / "stacks" / "environments"
URN = f"urn:pulumi:dev-models::modelway::modelway:index:SageMakerEndpoint${ENDPOINT}::churn-endpoint"
ALARM = "dev-churn-live-errors"


@dataclass
class Cloud:
    """SageMaker with one endpoint."""

    serves: str
    configurations: set[str] = field(default_factory=lambda: {"old", "new"})
    alarms: dict[str, str] = field(default_factory=dict)
    reason: str = ""

    def serving(self, endpoint: str) -> Serving | None:
        return Serving("InService", self.serves, self.reason) if endpoint == "dev-churn" else None

    def has_configuration(self, name: str) -> bool:
        return name in self.configurations

    def going_off(self, alarms: Sequence[str]) -> Mapping[str, str]:
        assert alarms == [ALARM]
        return self.alarms


@dataclass
class Engine:
    """Two stacks; the endpoint is in the second."""

    cloud: Cloud
    wanted: str
    """What the program asks for."""
    state: str
    """What the state says that it was asked for."""
    lasts: bool = True
    """Whether SageMaker keeps an update."""
    fails: bool = False
    asked: list[str] = field(default_factory=list)

    def resources(self, stack: str) -> list[dict[str, Any]]:
        alarms = {"autoRollbackConfiguration": {"alarms": [{"alarmName": ALARM}]}}
        endpoint = {
            "type": ENDPOINT,
            "urn": URN,
            "id": "dev-churn",
            "inputs": {"endpointConfigName": self.state, "deploymentConfig": alarms},
        }
        return [endpoint] if stack == "dev-models" else []

    def up(self, stack: str, *, yes: bool, variables: Mapping[str, str]) -> None:
        self.asked.append(f"up {stack}")
        if stack == "dev-models" and self.state != self.wanted:
            self.state = self.wanted
            if self.lasts:
                self.cloud.serves = self.wanted
            if self.fails:
                raise EngineFailure("unexpected state 'RollingBack'")

    def refresh(self, stack: str, urns: Sequence[str]) -> None:
        assert (stack, list(urns)) == ("dev-models", [URN])
        self.asked.append("refresh")
        self.state = self.cloud.serves


def environment() -> Environment:
    whole = load(ENVIRONMENTS, "dev").model_dump()
    whole["models"]["tumor-screening"]["endpoint"] |= {"resources": None, "runtime": {"kind": "sagemaker", "instance_type": "ml.m7i.large"}}
    return Environment.model_validate(whole)


ON_SAGEMAKER = environment()


@pytest.fixture
def bring_up(monkeypatch: pytest.MonkeyPatch) -> Any:
    said: list[str] = []

    def run(engine: Engine, described: Environment = ON_SAGEMAKER) -> list[str]:
        monkeypatch.setattr(environments, "Endpoints", lambda region: engine.cloud)
        up(Deployment(described, engine), yes=True, progress=said.append)  # type: ignore[arg-type]
        return said

    return run


def test_what_serves_as_it_should_is_left_alone(bring_up: Any) -> None:
    engine = Engine(Cloud("old"), "new", "old")
    assert not [line for line in bring_up(engine) if "went back" in line]
    assert engine.asked == ["up dev", "up dev-models"]


def test_an_update_that_did_not_last_is_no_success_and_the_state_knows_it(bring_up: Any) -> None:
    cloud = Cloud("old", alarms={ALARM: "3 datapoints were greater than 0.01"}, reason="An alarm was in state ALARM")
    engine = Engine(cloud, "new", "old", lasts=False)
    with pytest.raises(WentBack) as refused:
        bring_up(engine)
    told = str(refused.value)
    for part in (
        "endpoint dev-churn: SageMaker went back from new to old",
        cloud.reason,
        f"alarm {ALARM} is on: 3 datapoints",
        "aws logs tail",
    ):
        assert part in told
    assert "--replace" not in told
    assert refused.value.exit_code == 1
    assert (engine.asked, engine.state) == (["up dev", "up dev-models", "refresh"], "old")
    # The state tells the difference, so that another one tries again.
    engine.lasts = True
    bring_up(engine)
    assert cloud.serves == "new"


def test_the_engine_ends_with_a_failure_while_sagemaker_goes_back(bring_up: Any) -> None:
    engine = Engine(Cloud("old"), "new", "old", lasts=False, fails=True)
    with pytest.raises(WentBack, match="no alarm is on any more") as refused:
        bring_up(engine)
    assert isinstance(refused.value.__cause__, EngineFailure)
    assert engine.state == "old"


def test_another_failure_of_the_engine_stays_what_it_is(bring_up: Any) -> None:
    with pytest.raises(EngineFailure):
        bring_up(Engine(Cloud("old"), "new", "old", fails=True))


def test_one_that_nobody_noticed_is_tried_again(bring_up: Any) -> None:
    """After `pulumi up` alone, whose state says that the new one serves."""
    engine = Engine(Cloud("old"), "new", "new")
    said = bring_up(engine)
    assert engine.asked == ["refresh", "up dev", "up dev-models"]
    assert engine.cloud.serves == "new"
    assert said[0].endswith("this tries again")


def test_a_configuration_that_went_with_the_update_leaves_one_way(bring_up: Any) -> None:
    engine = Engine(Cloud("old", configurations={"new"}), "new", "old", lasts=False)
    with pytest.raises(WentBack, match="pulumi up --stack dev-models --replace") as refused:
        bring_up(engine)
    assert f"'{URN}'" in str(refused.value)


def test_an_environment_without_sagemaker_asks_it_nothing(bring_up: Any) -> None:
    described = load(ENVIRONMENTS, "dev")
    assert not on_sagemaker(described)
    engine = Engine(Cloud("old"), "new", "new")
    bring_up(engine, described)
    assert engine.asked == ["up dev", "up dev-models"]
