"""`modelway schema [KIND]`: the JSON Schema of a kind of file, for editors."""

import json
import os
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Annotated, Any

import typer

CHANGESET = "changeset"
"""What is no file that anybody writes by hand: a report."""


def command(
    kind: Annotated[
        str | None,
        typer.Argument(metavar="[KIND]", help="Kind of file; without it, the kinds and where their schemas are.", show_default=False),
    ] = None,
    check: Annotated[bool, typer.Option("--check", help="Print nothing but what is stale; exit code 1 when something is.")] = False,
) -> None:
    """Print the JSON Schema of a kind of file, or say whether the published ones are what the code says."""
    from modelway.architecture.schema import KINDS, file_of, generated
    from modelway.preview import schema as of_reports

    kinds: dict[str, tuple[str, Path, Callable[[], dict[str, Any]]]] = {
        one: (about, file_of(one), partial(generated, one)) for one, (about, _) in KINDS.items()
    }
    kinds[CHANGESET] = ("A report: what `modelway report --format json` writes.", of_reports.FILE, of_reports.generated)
    if kind is not None and kind not in kinds:
        raise typer.BadParameter(f"there is no kind {kind}; there are {', '.join(kinds)}", param_hint="KIND")
    wanted = list(kinds) if kind is None else [kind]
    if check:
        stale = [
            file for _, file, make in map(kinds.__getitem__, wanted) if not file.is_file() or json.loads(file.read_text("utf-8")) != make()
        ]
        for file in stale:
            typer.echo(f"{os.path.relpath(file)}: stale; run `make generate`.", err=True)
        raise typer.Exit(1 if stale else 0)
    if kind is not None:
        typer.echo(json.dumps(kinds[kind][2](), indent=2, ensure_ascii=False))
        return
    for one in wanted:
        about, file, _ = kinds[one]
        typer.echo(f"{one:<18}{os.path.relpath(file)}")
        typer.echo(f"{'':<18}{about}")
