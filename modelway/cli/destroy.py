"""`modelway destroy ENV`: the environment's stacks, in reverse order."""

from pathlib import Path
from typing import Annotated

import typer


def command(
    environment: Annotated[str, typer.Argument(metavar="ENV", help="Name of the environment.", show_default=False)],
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Do not ask.")] = False,
    environments: Annotated[
        Path | None,
        typer.Option(
            metavar="DIR",
            help="Folder of the environments; kept in the stacks' configuration as modelway:environments. Without it, what that says, "
            "or stacks/environments.",
            show_default=False,
        ),
    ] = None,
) -> None:
    """Take an environment down: its stacks in reverse order. Refuses what its tier protects, and names it (exit code 4)."""
    from modelway.operations.environments import destroy, open_deployment

    retained = destroy(open_deployment(environment, environments), yes=yes, progress=lambda text: typer.echo(text, err=True))
    for kept in retained:
        typer.echo(f"kept by AWS: {kept.what} {kept.identifier}, {kept.until}")
