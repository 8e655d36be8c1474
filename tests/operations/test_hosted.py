"""Before the engine updates an endpoint on SageMaker: scaling that AWS refuses to go on with is gone, and the fleet's size is known."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import pytest

from modelway.operations._aws_serving import Instances
from modelway.operations._pulumi import EngineFailure
from modelway.operations.approval import OutOfDate
from modelway.operations.hosted import CONFIGURATION, INSTANCES, SCALING, NotAsPlanned, prepare, prepare_as_planned
from modelway.operations.rollbacks import ENDPOINT
from stacks.managed import RUNNING

SMALL, LARGE = "ml.m7i.large", "ml.m7i.xlarge"


def urn(kind: str, name: str) -> str:
    return f"urn:pulumi:dev-models::modelway::modelway:index:SageMakerEndpoint${kind}::{name}"


COMPONENT = "urn:pulumi:dev-models::modelway::modelway:index:SageMakerEndpoint::churn"


def scaling(variant: str) -> list[dict[str, Any]]:
    """A target, its policy and its scheduled action."""
    place = {"serviceNamespace": "sagemaker", "resourceId": f"endpoint/dev-churn/variant/{variant}"}
    return [{"type": kind, "urn": urn(kind, f"churn-{variant}"), "parent": COMPONENT, "inputs": place} for kind in SCALING]


def configuration(variants: Mapping[str, str]) -> dict[str, Any]:
    listed = [{"variantName": name, "instanceType": kind} for name, kind in variants.items()]
    return {
        "type": CONFIGURATION,
        "urn": urn(CONFIGURATION, "churn-config"),
        "parent": COMPONENT,
        "inputs": {"productionVariants": listed},
    }


@dataclass
class Engine:
    """One stack, with one endpoint."""

    scaled: Sequence[str]
    coming: Mapping[str, str]
    """Instance type by variant, of the configuration that the program asks for."""
    op: str = "update"
    """Of the endpoint."""
    fails: bool = False
    deleted: Sequence[str] = ()
    """Variants whose scaling goes with the update."""
    begins: int = 0
    """Instances that the configuration begins with."""
    asked: list[Any] = field(default_factory=list)

    def resources(self, stack: str) -> list[dict[str, Any]]:
        assert stack == "dev-models"
        table = {"type": SCALING[0], "urn": urn(SCALING[0], "table"), "inputs": {"resourceId": "table/orders/index/dates"}}
        return [self._endpoint(), table, *(one for variant in self.scaled for one in scaling(variant))]

    def preview(self, stack: str) -> dict[str, object]:
        self.asked.append("preview")
        if self.fails:
            raise EngineFailure("no")
        new = configuration(self.coming)
        for one in new["inputs"]["productionVariants"]:
            one["initialInstanceCount"] = self.begins
        steps = [{"op": "create-replacement", "urn": new["urn"], "newState": new}, {"op": "delete", "urn": "gone"}]
        steps += [{"op": "delete", "urn": one["urn"]} for variant in self.deleted for one in scaling(variant)]
        return {"steps": [*steps, {"op": self.op, "urn": self._endpoint()["urn"], "newState": self._endpoint()}]}

    def destroy(self, stack: str, *, yes: bool, only: Sequence[str] = ()) -> None:
        assert (stack, yes) == ("dev-models", True)
        self.asked.append({one.rpartition("::")[2] for one in only})
        assert len(only) == len(SCALING) * len(self.asked[-1])

    def _endpoint(self) -> dict[str, Any]:
        return {"type": ENDPOINT, "urn": urn(ENDPOINT, "churn-endpoint"), "id": "dev-churn", "parent": COMPONENT, "inputs": {}}


class Cloud:
    """SageMaker with that endpoint."""

    def __init__(self, **fleet: tuple[str, int]) -> None:
        self.running = {name: Instances(*one) for name, one in fleet.items()}

    def fleet(self, endpoint: str) -> Mapping[str, Instances]:
        assert endpoint == "dev-churn"
        return self.running


def prepared(engine: Engine, cloud: Cloud) -> tuple[dict[str, int], list[str]]:
    said: list[str] = []
    variables = prepare("dev-models", engine, cloud, yes=True, progress=said.append)
    return json.loads(variables.get(INSTANCES, "{}")), said


def test_another_version_alone_lets_scaling_be_and_begins_with_what_runs() -> None:
    engine = Engine(["live"], {"live": SMALL})
    assert prepared(engine, Cloud(live=(SMALL, 7))) == ({"dev-churn": 7}, [])
    assert engine.asked == ["preview"]


def test_what_gets_other_instances_is_not_scaled_meanwhile() -> None:
    engine = Engine(["live"], {"live": LARGE})
    _, said = prepared(engine, Cloud(live=(SMALL, 7)))
    assert engine.asked == ["preview", {"churn-live"}]
    assert said == ["endpoint dev-churn: not scaled until the update has ended, or AWS refuses it: live"]


def test_a_variant_that_goes_is_not_scaled_and_the_one_that_stays_is() -> None:
    engine = Engine(["live", "canary"], {"live": SMALL})
    assert prepared(engine, Cloud(live=(SMALL, 3), canary=(SMALL, 2)))[0] == {"dev-churn": 3}
    assert engine.asked == ["preview", {"churn-canary"}]


def test_one_that_comes_takes_nothing_away() -> None:
    engine = Engine(["live"], {"live": SMALL, "canary": SMALL})
    assert prepared(engine, Cloud(live=(SMALL, 3))) == ({"dev-churn": 3}, [])
    assert engine.asked == ["preview"]


def test_where_the_configuration_is_gone_nothing_could_be_updated_and_scaling_stays() -> None:
    engine = Engine(["live"], {"live": LARGE})
    prepared(engine, Cloud(live=("", 3)))
    assert engine.asked == ["preview"]


@pytest.mark.parametrize("op", ["same", "delete"])
def test_what_is_not_updated_is_left_alone(op: str) -> None:
    engine = Engine(["live"], {"live": LARGE}, op)
    assert prepared(engine, Cloud(live=(SMALL, 7))) == ({}, [])
    assert engine.asked == ["preview"]


def test_where_nothing_is_scaled_nobody_asks() -> None:
    engine = Engine([], {"live": LARGE})
    assert prepared(engine, Cloud(live=(SMALL, 7))) == ({}, [])
    assert not engine.asked


def test_a_program_that_fails_is_left_to_the_update() -> None:
    assert prepared(Engine(["live"], {"live": LARGE}, fails=True), Cloud(live=(SMALL, 7))) == ({}, [])


def test_the_program_reads_what_is_written() -> None:
    assert INSTANCES == RUNNING


def as_planned(engine: Engine, cloud: Cloud) -> list[str]:
    said: list[str] = []
    prepare_as_planned("dev-models", engine, cloud, yes=True, progress=said.append, last_look=lambda: engine.asked.append("last look"))
    return said


def test_somebody_elses_update_during_the_preview_is_noticed_before_anything_is_changed() -> None:
    engine = Engine(["live", "canary"], {"live": SMALL}, deleted=["canary"], begins=3)

    def last_look() -> None:
        raise OutOfDate("the state is another")

    with pytest.raises(OutOfDate):
        prepare_as_planned("dev-models", engine, Cloud(live=(SMALL, 3), canary=(SMALL, 2)), yes=True, progress=print, last_look=last_look)
    assert engine.asked == ["preview"]


def test_scaling_that_a_plan_deletes_goes_before_its_update() -> None:
    engine = Engine(["live", "canary"], {"live": SMALL}, deleted=["canary"], begins=3)
    assert as_planned(engine, Cloud(live=(SMALL, 3), canary=(SMALL, 2))) == [
        "endpoint dev-churn: not scaled until the update has ended, or AWS refuses it: canary"
    ]
    assert engine.asked == ["preview", "last look", {"churn-canary"}]


def test_what_a_plan_does_not_have_is_refused_and_nothing_changed() -> None:
    other_instances = Engine(["live"], {"live": LARGE}, begins=7)
    with pytest.raises(NotAsPlanned, match="while live is scaled, which the plan keeps") as refused:
        as_planned(other_instances, Cloud(live=(SMALL, 7)))
    assert refused.value.exit_code == 4
    fewer = Engine(["live", "canary"], {"live": SMALL}, deleted=["canary"], begins=2)
    with pytest.raises(NotAsPlanned, match="7 instances run, and the plan begins with 2"):
        as_planned(fewer, Cloud(live=(SMALL, 7), canary=(SMALL, 1)))
    assert other_instances.asked == fewer.asked == ["preview"]


@pytest.mark.parametrize("begins", [3, 4])
def test_an_update_that_begins_with_what_runs_is_as_planned(begins: int) -> None:
    engine = Engine(["live"], {"live": SMALL, "canary": SMALL}, begins=begins)
    assert as_planned(engine, Cloud(live=(SMALL, 3))) == []
    assert engine.asked == ["preview", "last look"]
