"""`modelway validate [ENV…]`: every fault of every file, at once."""

import json
import os
import sys
from dataclasses import dataclass
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
"""Most errors, and most notices, of one step that GitHub shows beside the code."""


class Format(StrEnum):
    """How results are written."""

    TEXT = "text"
    JSON = "json"
    GITHUB = "github"


def _format(text: str) -> Format:
    try:
        return Format(text)
    except ValueError:
        raise typer.BadParameter(f"{text} is none of {', '.join(Format)}") from None


def command(
    names: Annotated[
        list[str] | None, typer.Argument(metavar="[ENV]...", help="Environments; all when none is named.", show_default=False)
    ] = None,
    environments: _environments.Folder = None,
    form: Annotated[
        Format,
        typer.Option(
            "--format",
            parser=_format,
            metavar="text|json|github",
            help="text: faults on stderr; json: everything on stdout; github: annotations of a workflow on stdout.",
        ),
    ] = Format.TEXT,
    strict: Annotated[
        bool, typer.Option("--strict", help="Exit code 1 also when there is a field that nothing puts into effect yet.")
    ] = False,
) -> None:
    """Check environments: every fault of every file, at once. Exit code 1 when there is one."""
    from modelway.architecture.caching import Cache
    from modelway.architecture.faults import InvalidArchitecture
    from modelway.architecture.folders import summary_of
    from modelway.operations.project import cache_folder

    cache = Cache(cache_folder() / "environments")
    root = _environments.project(needed=environments is None)
    valid: dict[str, Summary] = {}
    unmet: dict[_Unmet, list[str]] = {}
    faults: dict[Fault, None] = {}
    for folder, name in _wanted(names or [], environments, root):
        try:
            valid[name] = summary_of(folder, name, root, cache)
            for field, effect, file, line, column in valid[name]["ineffective"]:
                # What base says is told once, with every environment that it is said for.
                unmet.setdefault(_Unmet(folder / file, line, column, field, effect), []).append(name)
        except InvalidArchitecture as invalid:
            # What is wrong in base is wrong in every environment, and told once.
            faults |= dict.fromkeys(invalid.faults)
    if form is Format.JSON:
        typer.echo(json.dumps(_as_data(valid, list(faults), unmet), indent=2))
    else:
        for name, summary in valid.items():
            typer.echo(_line(name, summary))
        if form is Format.GITHUB:
            _annotate(list(faults), unmet)
        else:
            for one, names in sorted(unmet.items()):
                typer.echo(one.text(names), err=True)
            if faults:
                typer.echo(_framed(list(faults)), err=True)
    # What is idle is in effect, and does nothing because of a number that people may want.
    if faults or (strict and any(one.effect != "idle" for one in unmet)):
        raise typer.Exit(1)


@dataclass(frozen=True, order=True)
class _Unmet:
    """A field that says what nothing makes true."""

    file: Path
    line: int
    column: int
    field: str
    effect: str

    def text(self, names: list[str]) -> str:
        return f"{os.path.relpath(self.file)}:{self.line}:{self.column}: {self.field}: {self.said(names)}"

    def said(self, names: list[str]) -> str:
        listed = ", ".join(names)
        if self.effect == "idle":
            return f"with one instance an update has nothing to divide: runtime.rollout is idle, all requests move at once ({listed})"
        if self.effect == "imageless":
            return f"nobody looks for drift: name the image of the job that does, monitoring.drift.image ({listed})"
        refused = f"; `modelway up` refuses to bring {listed} up with it" if self.effect == "refused" else f" ({listed})"
        return f"not put into effect yet{refused}"


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


def _annotate(faults: "list[Fault]", unmet: dict[_Unmet, list[str]]) -> None:
    from modelway.architecture.faults import counted

    for fault in faults:
        subject = f"{fault.field}: {fault.value}\n" if fault.field and fault.value is not None else ""
        message = f"{subject}rule: {fault.rule}\nway out: {fault.way_out}"
        typer.echo(_annotation("error", fault.shown_file(_checkout()), fault.line, fault.column, fault.field, message))
    for one, names in sorted(unmet.items()):
        file = os.path.relpath(one.file, _checkout())
        typer.echo(_annotation("notice", file, one.line, one.column, one.field, f"{one.field}: {one.said(names)}"))
    for told, number in ((counted(faults), len(faults)), (f"{len(unmet)} fields have no effect.", len(unmet))):
        if number > ANNOTATIONS:
            typer.echo(f"{told} GitHub shows {ANNOTATIONS} of a step beside the code; all are in the log.", err=True)


def _checkout() -> Path:
    """Where the runner counts files from."""
    return Path(os.environ.get("GITHUB_WORKSPACE") or Path.cwd())


def _annotation(level: str, file: str, line: int | None, column: int | None, field: str, message: str) -> str:
    """A command to the runner (docs.github.com/en/actions/reference/workflow-commands-for-github-actions#setting-an-error-message)."""
    place = {"file": file, "line": line, "col": column, "title": field or "modelway validate"}
    properties = ",".join(f"{name}={_escaped(str(value), ':,')}" for name, value in place.items() if value is not None)
    return f"::{level} {properties}::{_escaped(message)}"


def _escaped(text: str, further: str = "") -> str:
    # As the runner undoes it (github.com/actions/toolkit/blob/main/packages/core/src/command.ts): % first.
    for character in f"%\r\n{further}":
        text = text.replace(character, f"%{ord(character):02X}")
    return text


def _as_data(valid: "dict[str, Summary]", faults: "list[Fault]", unmet: dict[_Unmet, list[str]]) -> dict[str, object]:
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
        "not_in_effect": [
            {
                "file": os.path.relpath(one.file),
                "line": one.line,
                "column": one.column,
                "field": one.field,
                "effect": one.effect,
                "environments": names,
            }
            for one, names in sorted(unmet.items())
        ],
    }
