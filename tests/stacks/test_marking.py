"""Everything says which system it is of, who answers for it and how carefully it is handled; and nothing starts anew for that."""

import importlib
import inspect
import json
from collections.abc import Iterator
from functools import cache
from typing import Any

import pulumi
import pulumi_aws
import pytest

from modelway.architecture import marks
from modelway.governance.inventory.coverage import Resource, covered
from stacks import compose, drift, managed, metrics, registries, tracking
from stacks.arguments import placing
from tests.support.engine import Recorder, Registered
from tests.support.environments import FOLDERS, composed, environment

MODULES = (compose, drift, managed, metrics, registries, tracking)
OF_ITSELF = {("tags",), ("metadata", "labels"), ("metadata", "annotations")}
"""Where a mark may stand: in AWS and in Kubernetes both are changed in place, and start nothing anew."""


@cache
def made(name: str) -> dict[str, Recorder]:
    return composed(name)


def every(name: str) -> list[Registered]:
    return [one for recorder in made(name).values() for one in recorder.resources]


def said(recorder: Recorder, one: Registered) -> dict[str, str]:
    if one.type.startswith("aws:"):
        (provider,) = [other for other in recorder.resources if other.type == "pulumi:providers:aws"]
        return {**json.loads(provider.inputs["defaultTags"])["tags"], **(one.inputs.get("tags") or {})}
    metadata = one.inputs["metadata"]
    return {**metadata.get("labels", {}), **metadata.get("annotations", {})}


def of(name: str) -> list[Resource]:
    return [
        Resource(one.urn, one.type, said(recorder, one) if marks.takes_tags(one.type) else {})
        for recorder in made(name).values()
        for one in recorder.resources
    ]


@pytest.mark.parametrize("name", sorted(FOLDERS))
def test_everything_says_whose_it_is(name: str) -> None:
    found = covered(of(name))
    assert found.lacking == ()
    assert found.marked == found.taggable > 20
    assert found.percent == 100


@pytest.mark.parametrize("name", sorted(FOLDERS))
def test_what_is_not_counted_is_listed_with_a_reason(name: str) -> None:
    clouds = {one.type for one in every(name) if one.type.startswith(("aws:", "kubernetes:"))}
    assert {type_ for type_ in clouds if not marks.takes_tags(type_)} == set(covered(of(name)).untaggable)


def test_the_table_names_what_takes_no_tags_and_nothing_else() -> None:
    """Held against the provider's own classes, so that nothing is left out for convenience."""
    used = {one.type for name in FOLDERS for one in every(name) if one.type.startswith("aws:")}
    assert {type_ for type_ in used if not _takes_tags(type_)} == {type_ for type_ in marks.UNTAGGABLE if type_.startswith("aws:")} & used
    assert set(marks.UNTAGGABLE) - used == {"kubernetes:helm.sh/v3:Release"}, "a row for what nobody makes"


def _takes_tags(type_: str) -> bool:
    _, module, name = type_.split(":")
    found = getattr(importlib.import_module(f"{pulumi_aws.__name__}.{module.partition('/')[0]}"), name)
    return "tags" in inspect.signature(found._internal_init).parameters


LISTED = ("aws:ecr/repository:Repository", "aws:sagemaker/modelPackageGroup:ModelPackageGroup")
"""What the platform keeps for a model: it says which, and not whose, or another owner of a model would be a change of the platform."""


@pytest.mark.parametrize("name", sorted(FOLDERS))
def test_what_is_a_models_says_so(name: str) -> None:
    described, models = environment(name), set()
    for recorder in made(name).values():
        for one in recorder.resources:
            told = (
                {key.removeprefix(marks.PREFIX): value for key, value in said(recorder, one).items()} if marks.takes_tags(one.type) else {}
            )
            model = described.models[told["model"]] if "model" in told and one.type not in LISTED else None
            if model is not None:
                expected = (model.owner, model.risk_tier, marks.system_of(model), described.tier)
                assert (told["owner"], told["risk-tier"], told["system"], told["tier"]) == expected, one.urn
                models.add(model.model)
            elif told:
                assert (told["owner"], told["system"], told["tier"]) == (described.owner, described.platform, described.tier)
    assert models == {key for key, model in described.models.items() if model.serving is not None}


def test_what_is_kept_for_a_model_and_what_takes_few_tags() -> None:
    resources = [(environment(name), one) for name in FOLDERS for one in every(name)]
    for type_ in LISTED:
        assert {one.inputs["tags"]["model"] in described.models for described, one in resources if one.type == type_} == {True}
    few = [one for _, one in resources if one.type in marks.FEW_TAGS]
    assert few
    assert not [one for one in few if one.inputs.get("tags")]


@pytest.mark.parametrize("name", ["prod", "everything", "managed"])
def test_nothing_but_the_mark_of_a_resource_is_changed(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Against the same program without marks: no pod, node or other property differs, so an update restarts and replaces nothing."""
    before = {one.urn: one for one in every(name)}
    for module in MODULES:
        monkeypatch.setattr(module, "landing", lambda _, provider, model=None: pulumi.ResourceOptions(provider=provider))
    monkeypatch.setattr("stacks.providers.tags", placing.node_tags)
    after = {one.urn: one for recorder in composed(name).values() for one in recorder.resources}
    assert after.keys() == before.keys()
    seen = set()
    for urn, one in before.items():
        if one.type in ("pulumi:providers:aws", *LISTED):
            continue
        seen |= set(differences(one.inputs, after[urn].inputs))
        assert (one.provider.rpartition("::")[0], one.protected) == (after[urn].provider.rpartition("::")[0], after[urn].protected)
    assert seen == OF_ITSELF


def differences(one: Any, other: Any, path: tuple[str, ...] = ()) -> Iterator[tuple[str, ...]]:
    if path in OF_ITSELF:
        if one != other:
            yield path
    elif isinstance(one, dict) and isinstance(other, dict):
        for key in one.keys() | other.keys():
            yield from differences(one.get(key), other.get(key), (*path, key))
    elif one != other:
        yield path
