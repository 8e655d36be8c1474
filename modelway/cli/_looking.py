"""How `modelway release` asks cluster and cloud themselves what is there of a release."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from modelway.errors import ModelwayError

if TYPE_CHECKING:
    from datetime import datetime

    from modelway.architecture import Environment
    from modelway.architecture import Model as Described
    from modelway.governance.looked import Looked
    from modelway.governance.record import Model
    from modelway.governance.releases import Release
    from modelway.operations.looking import Sought


def at_described(environment: "Environment", models: "Sequence[Described]", now: "datetime") -> "Looked":
    """What is there of models as they are described."""
    from modelway.operations.looking import Sought

    serving = [(model, model.traffic) for model in models if model.traffic is not None]
    sought = [
        Sought(model.model, model.team, name, version.image, version.weights, version.baseline)
        for model, traffic in serving
        for name, version in sorted(model.versions.items())
        if name in traffic.versions
    ]
    return _looked({model.model: model.team for model, _ in serving}, sought, environment, now)


@dataclass(frozen=True)
class AtReleased:
    """What is there of a release."""

    number: int
    stack: str
    asked: list[str]
    """Who answered."""
    differences: list[str]
    """Where what is there is not what was released, a line each."""
    unknown: list[str]
    """What could not be asked, and why."""


def at_released(release: "Release", environments: Path | None, now: "datetime") -> AtReleased:
    """What is there of a release. Where nothing describes its environment here, nobody is asked, and nothing is known."""
    from modelway.architecture import load
    from modelway.cli import _environments
    from modelway.governance import looked
    from modelway.operations.releasing import environment_of

    record = release.record
    root = _environments.project(needed=True)
    assert root is not None
    found = environment_of(record.stack, root, environments)
    if found is None or found[0] != record.environment:
        none = f"no environment {record.environment} is described here, so nobody was asked"
        return AtReleased(release.number, record.stack, [], [], [none])
    with _environments.faults_from_here():
        environment = load(found[1], found[0], root)
    look = _looked(_served(record.models, environment), _sought(record.models), environment, now)
    differences = looked.differences(looked.seen(record.models, look), look)
    return AtReleased(release.number, record.stack, list(look.asked), differences, list(look.unknown))


def _served(models: "Sequence[Model]", environment: "Environment") -> dict[str, str]:
    return {model.model: _team(model, environment) for model in models if model.presence == "served"}


def _team(model: "Model", environment: "Environment") -> str:
    described = environment.models.get(model.model)
    return model.team or (described.team if described is not None else "")


def _sought(models: "Sequence[Model]") -> "list[Sought]":
    from modelway.architecture.references import BaselineFile, Image, Weights
    from modelway.operations.looking import Sought

    return [
        Sought(
            model.model,
            model.team or "",
            share.version,
            Image(share.image),
            Weights(share.weights),
            None if share.baseline is None else BaselineFile(share.baseline),
        )
        for model in models
        for share in model.versions
        if share.answers
    ]


def _looked(served: Mapping[str, str], sought: "Sequence[Sought]", environment: "Environment", now: "datetime") -> "Looked":
    from modelway.architecture import layout
    from modelway.operations.environments import merged
    from modelway.operations.looking import Place, look
    from modelway.operations.preview import project_here

    outputs: Mapping[str, object] = {}
    why: list[str] = []
    try:
        engine = project_here().engine
        there = set(engine.stacks())
        outputs = merged(engine.outputs(stack) for stack in layout.stacks(environment) if stack in there)
    except ModelwayError as fault:
        why = [f"the engine did not say where {environment.environment} is: {' '.join(str(fault).split())[:300]}"]
    found = look(served, sought, Place(environment.environment, environment.aws.account, environment.aws.region, outputs), now)
    return replace(found, unknown=[*why, *found.unknown])
