"""`modelway validate [ENV…]`: every fault of every file, at once."""

import json
import os
import sys
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from modelway.cli import _environments
from modelway.errors import ModelwayError

if TYPE_CHECKING:
    from modelway.architecture.caching import Summary
    from modelway.architecture.faults import Fault


ANNOTATIONS = 10
"""Most errors of one step that GitHub shows beside the code."""


class Format(StrEnum):
    """How results are written."""

    TEXT = "text"
    JSON = "json"
    GITHUB = "github"


def command(
    names: Annotated[
        list[str] | None, typer.Argument(metavar="[ENV]...", help="Environments; all when none is named.", show_default=False)
    ] = None,
    environments: _environments.Folder = None,
    form: Annotated[
        Format,
        typer.Option("--format", help="text: faults on stderr; json: everything on stdout; github: annotations of a workflow on stdout."),
    ] = Format.TEXT,
) -> None:
    """Check environments: every fault of every file, at once. Exit code 1 when there is one."""
    from modelway.architecture.caching import Cache
    from modelway.architecture.faults import InvalidArchitecture
    from modelway.architecture.folders import summary_of
    from modelway.operations.project import cache_folder

    cache = Cache(cache_folder() / "environments")
    root = _environments.project(needed=environments is None)
    valid: dict[str, Summary] = {}
    faults: dict[Fault, None] = {}
    for folder, name in _wanted(names or [], environments, root):
        try:
            valid[name] = summary_of(folder, name, root, cache)
        except InvalidArchitecture as invalid:
            # What is wrong in base is wrong in every environment, and told once.
            faults |= dict.fromkeys(invalid.faults)
    if form is Format.JSON:
        typer.echo(json.dumps(_as_data(valid, list(faults)), indent=2))
    else:
        for name, summary in valid.items():
            typer.echo(_line(name, summary))
            if unmet := _without_effect(name, summary):
                typer.echo(unmet, err=True)
        if form is Format.GITHUB:
            _annotate(list(faults))
        elif faults:
            typer.echo(_framed(list(faults)), err=True)
    if faults:
        raise typer.Exit(1)


def _wanted(named: list[str], environments: Path | None, root: Path | None) -> list[tuple[Path, str]]:
    """The environments to check and the folder of each. Raises BadParameter for a folder that is not there."""
    from modelway.architecture.folders import names
    from modelway.operations.project import DEFAULT_ENVIRONMENTS

    if named:
        return [(_environments.folder_of(name, environments, root), name) for name in dict.fromkeys(named)]
    folder = _environments.existing(environments) or (root or Path()) / DEFAULT_ENVIRONMENTS
    if not (known := names(folder)):
        raise ModelwayError(f"there is no environment in {folder}: an environment is a folder with an environment.yaml.")
    return [(folder, name) for name in known]


def _line(name: str, summary: "Summary") -> str:
    described = summary["models"]
    models = ", ".join(f"{model} ({', '.join(versions) or 'no version'})" for model, versions in described.items())
    return f"{name}: valid, {len(described)} model{'s' if len(described) != 1 else ''}{': ' if models else ''}{models}"


def _without_effect(name: str, summary: "Summary") -> str | None:
    """Which fields say what nothing makes true yet, a list of each sort; None when all do."""
    told = []
    for effect, what in (("harmless", ""), ("refused", ", and `modelway up` refuses to bring it up with")):
        if fields := [field for field, found in summary["ineffective"] if found == effect]:
            told += [f"{name}: not put into effect yet{what}:", *(f"  {field}" for field in fields)]
    return "\n".join(told) or None


def _framed(faults: "list[Fault]") -> str:
    """All faults, each with the lines of the file that it is in."""
    from modelway.architecture.faults import counted
    from modelway.architecture.framing import Frames

    frames, here = Frames(), Path.cwd()
    told = []
    for fault in faults:
        head, *rest = fault.text(here).split("\n")
        told.append(_styled(head, bold=True))
        if frame := frames.of(fault):
            told += [f"  {line}" for line in (frame.before, frame.line) if line]
            told.append(f"  {_styled(frame.mark, fg=typer.colors.RED)}")
        told += rest
    return "\n".join([*told, counted(faults)])


def _styled(text: str, *, fg: str | None = None, bold: bool | None = None) -> str:
    plain = bool(os.environ.get("NO_COLOR")) or not sys.stderr.isatty()
    return text if plain else typer.style(text, fg=fg, bold=bold)


def _annotate(faults: "list[Fault]") -> None:
    from modelway.architecture.faults import counted

    for fault in faults:
        typer.echo(_annotation(fault))
    if len(faults) > ANNOTATIONS:
        typer.echo(f"{counted(faults)} GitHub shows {ANNOTATIONS} of a step beside the code; all are in the log.", err=True)


def _annotation(fault: "Fault") -> str:
    """A command to the runner (docs.github.com/en/actions/reference/workflow-commands-for-github-actions#setting-an-error-message).

    Files are named from the checkout, as the runner wants them.
    """
    file = fault.shown_file(Path(os.environ.get("GITHUB_WORKSPACE") or Path.cwd()))
    place = {"file": file, "line": fault.line, "col": fault.column, "title": fault.field or "modelway validate"}
    properties = ",".join(f"{name}={_escaped(str(value), ':,')}" for name, value in place.items() if value is not None)
    subject = f"{fault.field}: {fault.value}\n" if fault.field and fault.value is not None else ""
    message = f"{subject}rule: {fault.rule}\nway out: {fault.way_out}"
    return f"::error {properties}::{_escaped(message)}"


def _escaped(text: str, further: str = "") -> str:
    # As the runner undoes it (github.com/actions/toolkit/blob/main/packages/core/src/command.ts): % first.
    for character in f"%\r\n{further}":
        text = text.replace(character, f"%{ord(character):02X}")
    return text


def _as_data(valid: "dict[str, Summary]", faults: "list[Fault]") -> dict[str, object]:
    here = Path.cwd()
    return {
        "valid": not faults,
        "environments": {name: {"models": summary["models"]} for name, summary in valid.items()},
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
