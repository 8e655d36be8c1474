"""What verbs share that are about one model: the options that say which, and its description out of an environment."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from modelway.cli import _environments
from modelway.errors import WrongUsage

if TYPE_CHECKING:
    from modelway.architecture import Environment, Model

EnvironmentName = Annotated[
    str | None,
    typer.Option("--environment", metavar="ENV", help="Environment that describes the model; the only one there is.", show_default=False),
]
VersionName = Annotated[
    str | None,
    typer.Option("--version", metavar="VERSION", help="Version; the one that is tried, else the live one.", show_default=False),
]


def described(model: str, option: str, environment: str | None, environments: Path | None) -> "tuple[Model, Environment]":
    """The model that `option` names, and its environment."""
    from modelway.architecture import load, names
    from modelway.operations.project import DEFAULT_ENVIRONMENTS

    root = _environments.project(needed=environments is None)
    named = environment
    if named is None:
        folder = _environments.existing(environments) or (root or Path()) / DEFAULT_ENVIRONMENTS
    else:
        folder = _environments.folder_of(named, environments, root)
    with _environments.faults_from_here():
        known = names(folder)
        if named is None and len(known) != 1:
            raise WrongUsage(f"--environment is missing: name the one that describes the model; there are {', '.join(known) or 'none'}.")
        if named is not None and named not in known:
            raise typer.BadParameter(f"there is no {named} in {folder}; there are {', '.join(known) or 'none'}", param_hint="--environment")
        environment = named or known[0]
        world = load(folder, environment, root)
    if model not in world.models:
        models = ", ".join(world.models) or "none"
        raise typer.BadParameter(f"{environment} has no model {model}; it has {models}", param_hint=option)
    return world.models[model], world


def version_of(model: "Model", named: str | None, option: str = "--version") -> str:
    """The version that `option` names; the one that is tried, else the live one, where it names none."""
    from modelway.contracts.versions import NoVersion, coming

    if named is not None and named not in model.versions:
        raise typer.BadParameter(f"{model.model} has no version {named}; it has {', '.join(model.versions) or 'none'}", param_hint=option)
    try:
        return named or coming(model)
    except NoVersion as fault:
        raise typer.BadParameter(str(fault), param_hint=option) from None
