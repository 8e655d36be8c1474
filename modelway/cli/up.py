"""`modelway up ENV`: the environment's stacks, in order."""

import json
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
    as_json: Annotated[bool, typer.Option("--json", help="Print the outputs of all stacks as JSON.")] = False,
) -> None:
    """Bring an environment up: its stacks in order, platform before models."""
    from modelway.operations.environments import open_deployment, outputs, up

    deployment = open_deployment(environment, environments, to_come_up=True)
    up(deployment, yes=yes, progress=lambda text: typer.echo(text, err=True))
    if as_json:
        typer.echo(json.dumps(outputs(deployment), indent=2, sort_keys=True))
