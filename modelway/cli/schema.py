"""`modelway schema [KIND]`: the JSON Schema of a kind of file, for editors."""

import json
import os
from typing import Annotated

import typer


def command(
    kind: Annotated[
        str | None,
        typer.Argument(metavar="[KIND]", help="Kind of file; without it, the kinds and where their schemas are.", show_default=False),
    ] = None,
    check: Annotated[bool, typer.Option("--check", help="Print nothing but what is stale; exit code 1 when something is.")] = False,
) -> None:
    """Print the JSON Schema of a kind of file, or say whether the published ones are what the code says."""
    from modelway.architecture.schema import KINDS, file_of, generated

    if kind is not None and kind not in KINDS:
        raise typer.BadParameter(f"there is no kind {kind}; there are {', '.join(KINDS)}", param_hint="KIND")
    wanted = list(KINDS) if kind is None else [kind]
    if check:
        stale = [one for one in wanted if not file_of(one).is_file() or json.loads(file_of(one).read_text("utf-8")) != generated(one)]
        for one in stale:
            typer.echo(f"{os.path.relpath(file_of(one))}: stale; run `make generate`.", err=True)
        raise typer.Exit(1 if stale else 0)
    if kind is not None:
        typer.echo(json.dumps(generated(kind), indent=2, ensure_ascii=False))
        return
    for one in wanted:
        typer.echo(f"{one:<18}{os.path.relpath(file_of(one))}")
        typer.echo(f"{'':<18}{KINDS[one][0]}")
