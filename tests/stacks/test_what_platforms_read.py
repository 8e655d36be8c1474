"""What `modelway affected` takes for granted of the program: what it imports, and what of a model only that model's stack reads."""

import ast
from pathlib import Path

import pulumi
import pytest

from modelway.architecture import Environment, layout
from modelway.architecture.model import Model
from modelway.operations.fingerprints import _OF_ITS_STACK, DEFAULT_LAYOUT, OTHER, of_program
from stacks.compose import compose, place
from tests.support.engine import Recorder, run
from tests.support.environments import ROOT, environment


def imported(path: Path) -> list[Path]:
    """Modules of ours that a module imports."""
    names = []
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.Import):
            names += [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom) and node.module:
            names += [node.module, *(f"{node.module}.{alias.name}" for alias in node.names)]
    places = [ROOT / name.replace(".", "/") for name in names]
    return [file for place in places for file in (place.with_suffix(".py"), place / "__init__.py") if file.is_file()]


def test_all_that_the_program_imports_is_part_of_it() -> None:
    waiting, seen = [ROOT / "stacks" / "__main__.py", *(ROOT / "modelway" / "architecture").glob("*.py")], set[Path]()
    while waiting:
        path = waiting.pop()
        if path not in seen:
            seen.add(path)
            waiting += imported(path)
    assert len(seen) > 100
    assert [path for path in seen if not of_program(path.relative_to(ROOT).as_posix())] == []
    assert all((ROOT / path).exists() for path in OTHER)


def test_the_default_layout_is_that_of_environments() -> None:
    assert Environment.model_fields["layout"].default == DEFAULT_LAYOUT


def platform(described: Environment) -> Recorder:
    def program() -> None:
        there, parts = place(pulumi.get_stack(), [described.environment], lambda _: described)
        for key, value in compose(there, parts).items():
            pulumi.export(key, value)

    return run(program, stack=layout.stacks(described)[0])


def told(recorder: Recorder) -> list[tuple[str, str, object]]:
    return sorted(((one.type, one.name, repr(one.inputs)) for one in recorder.resources), key=lambda one: one[:2])


def otherwise(model: Model) -> Model:
    """The model with another value in every field that only its own stack reads."""
    endpoint = model.endpoint
    if endpoint is not None:
        resources = endpoint.resources.model_copy(update={"cpu": "7", "memory": "7Gi"})
        traffic = endpoint.traffic.model_copy(update={"live": list(model.versions)[-1], "canary": None, "shadow": None})
        endpoint = endpoint.model_copy(update={"resources": resources, "traffic": traffic, "slo": None})
    version = next(iter(model.versions.values())).model_copy(update={"contract": "contracts/other.yaml"})
    fields = {"owner": "other@example.com", "risk_tier": "minimal", "versions": {**model.versions, "other": version}}
    cleared = {"description": "Another.", "pin": "other", "drift": None, "governance": None}
    assert set(_OF_ITS_STACK) == {(field,) for field in (*fields, *cleared)} | {
        ("endpoint", field) for field in ("traffic", "resources", "slo")
    }
    return model.model_copy(update={**fields, **cleared, "endpoint": endpoint})


@pytest.mark.parametrize("name", ["staging", "prod"])
def test_a_platform_does_not_read_what_only_a_models_stack_reads(name: str) -> None:
    described = environment(name)
    models = {key: otherwise(model) for key, model in described.models.items()}
    assert told(platform(described.model_copy(update={"models": models}))) == told(platform(described))
