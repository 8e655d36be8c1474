"""`modelway up ENV`: the environment's stacks, in order."""

import json
from typing import Annotated

import typer

from modelway.cli._environments import Kept, opened


def command(
    environment: Annotated[str, typer.Argument(metavar="ENV", help="Name of the environment.", show_default=False)],
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Do not ask.")] = False,
    environments: Kept = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print the outputs of all stacks as JSON.")] = False,
) -> None:
    """Bring an environment up: its stacks in order, platform before models."""
    from modelway.operations.environments import outputs, up

    deployment = opened(environment, environments, to_come_up=True)
    up(deployment, yes=yes, progress=lambda text: typer.echo(text, err=True))
    if as_json:
        typer.echo(json.dumps(outputs(deployment), indent=2, sort_keys=True))
