"""What stacks export is what stacks/outputs.py says, key by key."""

from collections.abc import Iterator
from pathlib import Path
from types import UnionType
from typing import Any, Literal, NotRequired, Union, get_args, get_origin, get_type_hints, is_typeddict

import pulumi
import pytest

from modelway.architecture import load, names
from modelway.architecture.layout import stacks
from stacks.compose import compose, place
from stacks.outputs import ModelsOutputs, PlatformOutputs
from tests.support.engine import run

ENVIRONMENTS = Path(__file__).resolve().parents[2] / "stacks" / "environments"


def program() -> None:
    environment, parts = place(pulumi.get_stack(), names(ENVIRONMENTS), lambda name: load(ENVIRONMENTS, name))
    for key, value in compose(environment, parts).items():
        pulumi.export(key, value)


def faults(value: Any, wanted: Any, path: str) -> Iterator[str]:
    """Where a value is not of a type."""
    origin = get_origin(wanted)
    if origin is NotRequired:
        yield from faults(value, get_args(wanted)[0], path)
    elif origin in (Union, UnionType):
        if all(list(faults(value, one, path)) for one in get_args(wanted)):
            yield f"{path}: {value!r} is none of {wanted}"
    elif origin is Literal:
        if value not in get_args(wanted):
            yield f"{path}: {value!r}"
    elif is_typeddict(wanted):
        yield from (f"{path}.{key}: is missing" for key in wanted.__required_keys__ - value.keys())
        hints = get_type_hints(wanted, include_extras=True)
        for key, item in value.items():
            yield from faults(item, hints[key], f"{path}.{key}") if key in hints else [f"{path}.{key}: nobody expects it"]
    elif origin is dict:
        for key, item in value.items():
            yield from faults(item, get_args(wanted)[1], f"{path}.{key}")
    elif origin is list:
        for number, item in enumerate(value):
            yield from faults(item, get_args(wanted)[0], f"{path}[{number}]")
    elif not isinstance(value, wanted) and not (wanted is int and isinstance(value, float) and value.is_integer()):
        # The wire has numbers of one kind only.
        yield f"{path}: {value!r} is not {wanted}"


@pytest.mark.parametrize("name", names(ENVIRONMENTS))
def test_outputs_are_of_their_types(name: str) -> None:
    first, *others = stacks(load(ENVIRONMENTS, name))
    platform = run(program, stack=first).exports
    assert list(faults(platform, PlatformOutputs, name)) == []
    for stack in others:
        models = run(program, stack=stack, references={f"organization/modelway/{first}": platform}).exports
        assert list(faults(models, ModelsOutputs, stack)) == []


def test_a_fault_is_seen() -> None:
    endpoint = {"runtime": "kubernetes", "cluster": "main"}
    assert list(faults({"endpoints": {"a": endpoint}}, ModelsOutputs, "x"))
    assert list(faults({"endpoints": {}, "more": 1}, ModelsOutputs, "x")) == ["x.more: nobody expects it"]
    assert list(faults({}, ModelsOutputs, "x")) == ["x.endpoints: is missing"]
