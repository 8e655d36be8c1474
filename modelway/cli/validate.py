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
        typer.Option(metavar="DIR", help="Folder of the environments; without it, the one that is configured.", show_default=False),
    ] = None,
    form: Annotated[Format, typer.Option("--format", help="text: faults on stderr; json: everything on stdout.")] = Format.TEXT,
) -> None:
    """Check environments: every fault of every file, at once. Exit code 1 when there is one."""
    from modelway import architecture

    wanted = _wanted(names or [], environments)
    valid: list[Environment] = []
    faults: dict[Fault, None] = {}
    for folder, name in wanted:
        try:
            valid.append(architecture.load(folder, name))
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


def _wanted(named: list[str], environments: Path | None) -> list[tuple[Path, str]]:
    """The environments to check and the folder of each. Raises BadParameter for one that is not there."""
    from modelway.architecture import names
    from modelway.operations.project import DEFAULT_ENVIRONMENTS, environments_folder, find_root

    if environments is not None and not environments.is_dir():
        raise typer.BadParameter(f"there is no folder {environments}", param_hint="--environments")
    root = None if environments else find_root()
    folders = {name: environments or environments_folder(root or Path(), name) for name in named}
    if not named:
        folder = environments or (root or Path()) / DEFAULT_ENVIRONMENTS
        folders = dict.fromkeys(names(folder), folder)
        if not folders:
            raise ModelwayError(f"there is no environment in {folder}: an environment is a folder with an environment.yaml.")
    for name, folder in folders.items():
        known = names(folder)
        if name not in known:
            raise typer.BadParameter(
                f"there is no environment {name!r} in {folder}; there are: {', '.join(known) or 'none'}", param_hint="ENV"
            )
    return [(folder, name) for name, folder in folders.items()]


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
