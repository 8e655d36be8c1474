import kubernetes_validate
import pulumi
import pytest

from components.cluster.support import ModelSupport
from stacks.arguments.endpoint import PRIORITIES
from tests.support.engine import Recorder, run


def make(name: str, opts: pulumi.ResourceOptions | None = None) -> ModelSupport:
    return ModelSupport(name, {"priorities": True, "keda": True}, opts)


def test_contract(contract) -> None:
    held = contract(make)
    held.tree("cluster-support")
    held.outputs(ModelSupport)
    held.instances()
    held.options()


@pytest.fixture(scope="module")
def made() -> Recorder:
    return run(lambda: make("main"))


def test_low_gives_way_to_what_says_nothing_and_that_to_high(made: Recorder) -> None:
    values = {found.inputs["metadata"]["name"]: found.inputs["value"] for found in made.of("PriorityClass")}
    assert values[PRIORITIES["low"]] < 0 < values[PRIORITIES["high"]]
    for found in made.of("PriorityClass"):
        kubernetes_validate.validate(found.inputs, "1.35", strict=True)


def test_keda_is_one_version_in_a_namespace_of_its_own(made: Recorder) -> None:
    release = made.one("Release").inputs
    assert release["namespace"] == made.one("Namespace").inputs["metadata"]["name"] == "keda"
    assert release["version"].count(".") == 2


def test_only_what_is_asked_for_is_made() -> None:
    assert not run(lambda: ModelSupport("main", {"priorities": True})).of("Release")
    assert not run(lambda: ModelSupport("main", {"keda": True})).of("PriorityClass")
