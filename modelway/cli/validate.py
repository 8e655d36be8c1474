"""`modelway validate [ENV…]`: every fault of every file, at once."""

import json
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from modelway.errors import ModelwayError

if TYPE_CHECKING:
    from modelway.architecture import Environment, Fault


class Format(StrEnum):
    """How results are written."""

    TEXT = "text"
    JSON = "json"


def command(
    names: Annotated[
        list[str] | None, typer.Argument(metavar="[ENV]...", help="Environments; all when none is named.", show_default=False)
    ] = None,
    environments: Annotated[
        Path | None,
        typer.Option(
            metavar="DIR",
            help="Folder of the environments; without it, what modelway:environments says, or stacks/environments.",
            show_default=False,
        ),
    ] = None,
    form: Annotated[Format, typer.Option("--format", help="text: faults on stderr; json: everything on stdout.")] = Format.TEXT,
) -> None:
    """Check environments: every fault of every file, at once. Exit code 1 when there is one."""
    from modelway import architecture

    root = _root(needed=environments is None)
    valid: list[Environment] = []
    faults: dict[Fault, None] = {}
    for folder, name in _wanted(names or [], environments, root):
        try:
            valid.append(architecture.load(folder, name, root))
        except architecture.InvalidArchitecture as invalid:
            # What is wrong in base is wrong in every environment, and told once.
            faults |= dict.fromkeys(invalid.faults)
    if form is Format.JSON:
        typer.echo(json.dumps(_as_data(valid, list(faults)), indent=2))
    else:
        for environment in valid:
            typer.echo(_line(environment))
        if faults:
            from modelway.architecture.faults import report

            typer.echo(report(list(faults), Path.cwd()), err=True)
    if faults:
        raise typer.Exit(1)


def _root(needed: bool) -> Path | None:
    """The project; None where there is none and it is not needed."""
    from modelway.operations.project import find_root

    try:
        return find_root()
    except ModelwayError:
        if needed:
            raise
        return None


def _wanted(named: list[str], environments: Path | None, root: Path | None) -> list[tuple[Path, str]]:
    """The environments to check and the folder of each. Raises BadParameter for a folder that is not there."""
    from modelway.architecture import names
    from modelway.operations.project import DEFAULT_ENVIRONMENTS, environments_folder

    if environments is not None and not environments.is_dir():
        raise typer.BadParameter(f"there is no folder {environments}", param_hint="--environments")
    project = root or Path()
    if named:
        return [(environments or environments_folder(project, name), name) for name in dict.fromkeys(named)]
    folder = environments or project / DEFAULT_ENVIRONMENTS
    if not (known := names(folder)):
        raise ModelwayError(f"there is no environment in {folder}: an environment is a folder with an environment.yaml.")
    return [(folder, name) for name in known]


def _line(environment: "Environment") -> str:
    count = len(environment.models)
    models = ", ".join(f"{name} ({', '.join(model.versions) or 'no version'})" for name, model in environment.models.items())
    return f"{environment.environment}: valid, {count} model{'s' if count != 1 else ''}{': ' if models else ''}{models}"


def _as_data(valid: "list[Environment]", faults: "list[Fault]") -> dict[str, object]:
    here = Path.cwd()
    return {
        "valid": not faults,
        "environments": {
            environment.environment: {"models": {name: list(model.versions) for name, model in environment.models.items()}}
            for environment in valid
        },
        "faults": [
            {
                "file": fault.shown_file(here),
                "line": fault.line,
                "column": fault.column,
                "field": fault.field,
                "value": fault.value,
                "rule": fault.rule,
                "way_out": fault.way_out,
            }
            for fault in faults
        ],
    }
