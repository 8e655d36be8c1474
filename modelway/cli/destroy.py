"""`modelway destroy ENV`: the environment's stacks, in reverse order."""

from typing import TYPE_CHECKING, Annotated

import typer

from modelway.cli._environments import Kept, opened

if TYPE_CHECKING:
    from modelway.architecture import Environment


def command(
    environment: Annotated[str, typer.Argument(metavar="ENV", help="Name of the environment.", show_default=False)],
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Do not ask.")] = False,
    environments: Kept = None,
) -> None:
    """Take an environment down: its stacks in reverse order. Refuses what its tier protects, and names it (exit code 4)."""
    from modelway.operations._aws import AwsFailure
    from modelway.operations.environments import OtherAccount, destroy, refuse_by_tier

    described: list[Environment] = []
    try:
        deployment = opened(environment, environments, refuse=described.append)
    except (AwsFailure, OtherAccount) as fault:
        # Better credentials would lead to the same refusal.
        refuse_by_tier(described[0], because=str(fault))
        raise
    retained = destroy(deployment, yes=yes, progress=lambda text: typer.echo(text, err=True))
    for kept in retained:
        typer.echo(f"kept by AWS: {kept.what} {kept.identifier}, {kept.until}")
