"""`modelway adopt ENV`: import files for what an environment describes and is there already."""

from pathlib import Path
from typing import Annotated

import typer

from modelway.cli import _environments


def command(
    environment: Annotated[str, typer.Argument(metavar="ENV", help="Name of the environment.", show_default=False)],
    output: Annotated[Path, typer.Option(metavar="DIR", help="Folder of the import files, one for each stack.")] = Path(),
    environments: _environments.Folder = None,
) -> None:
    """Find buckets, repositories, keys, package groups and endpoints that are there already, and write the files that import them.

    Nothing in AWS or in a cluster is changed. A stack's state gets the providers that an import needs. It prints the commands that take
    what was found into the stacks. Exit code 1 when something was found that cannot be taken as it is.
    """
    from modelway.operations.adopt import adopt

    _environments.writable(output, "--output")
    adopted = adopt(_environments.opened(environment, environments), output, progress=lambda text: typer.echo(text, err=True))
    for stack in adopted:
        for line in stack.found:
            typer.echo(f"found: {line}")
        for urn, why in stack.differing.items():
            typer.echo(f"left out: {urn}\n  {why}")
        for line in stack.commands:
            typer.echo(f"  {line}")
    if not any(stack.file for stack in adopted):
        typer.echo("Nothing to adopt: nothing that would be made is there already.")
    if any(stack.differing for stack in adopted):
        raise typer.Exit(1)
