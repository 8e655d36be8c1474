"""What a model adds: how many resources, and nothing to the length of the longest chain of resources that wait for one another."""

import re
from pathlib import Path

import pytest

from modelway.architecture import Environment, load
from scripts.many_models import NAME, write_environment
from stacks.compose import Parts, compose
from tests.support.engine import Recorder, run


def environment(folder: Path, models: int) -> Environment:
    folder.mkdir()
    return load(write_environment(folder, models), NAME)


def made(described: Environment) -> Recorder:
    def program() -> None:
        compose(described, Parts.PLATFORM | Parts.MODELS)

    return run(program, stack=NAME)


def depth(recorder: Recorder) -> int:
    """Resources in the longest chain: each waits for its parent, its provider and what its inputs come from."""
    lengths: dict[str, int] = {}
    for resource in recorder.resources:
        before = [resource.parent, resource.provider.rpartition("::")[0], *resource.dependencies]
        lengths[resource.urn] = 1 + max((lengths.get(urn, 0) for urn in before), default=0)
    return max(lengths.values())


@pytest.fixture(scope="module")
def few(tmp_path_factory: pytest.TempPathFactory) -> Recorder:
    return made(environment(tmp_path_factory.mktemp("few") / "few", 2))


@pytest.fixture(scope="module")
def many(tmp_path_factory: pytest.TempPathFactory) -> Recorder:
    return made(environment(tmp_path_factory.mktemp("many") / "many", 12))


def test_no_model_waits_for_another(few: Recorder, many: Recorder) -> None:
    assert len(many.resources) > len(few.resources) + 100
    assert depth(many) == depth(few)


def test_no_model_depends_on_what_belongs_to_another(many: Recorder) -> None:
    names = {resource.urn: resource.name for resource in many.resources}
    crossing = {
        (resource.name, names[before])
        for resource in many.resources
        for before in resource.dependencies
        if (own := models(resource.name)) and not models(names[before]) <= own
    }
    assert not crossing


def models(name: str) -> set[str]:
    return set(re.findall(r"model-\d+", name))


def test_a_model_is_so_many_resources(many: Recorder) -> None:
    """Of model-1, with a live version and a canary: what is registered for it, everything that its name stands in."""
    counted: dict[str, int] = {}
    for resource in many.resources:
        if "model-1" in resource.name.replace("model-1-", "model-1 ").replace("model-10", "").replace("model-11", "").split():
            counted[resource.type.rpartition(":")[2]] = counted.get(resource.type.rpartition(":")[2], 0) + 1
    of_a_version = {"Deployment", "Service", "ServiceAccount", "HorizontalPodAutoscaler", "PodDisruptionBudget", "NetworkPolicy"}
    assert {kind: counted[kind] for kind in of_a_version} == dict.fromkeys(of_a_version, 2)
    assert sum(counted.values()) <= 27, counted
