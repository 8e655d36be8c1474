"""`modelway dashboards ENV`: dashboards as files, or in the environment's Managed Grafana."""

from pathlib import Path
from typing import Annotated

import typer

from modelway.cli._environments import Folder, faults_from_here, folder_of, project, writable


def command(
    environment: Annotated[str, typer.Argument(metavar="ENV", help="Name of the environment.", show_default=False)],
    to: Annotated[str | None, typer.Option(metavar="DIR", help="Write them there, one file each.", show_default=False)] = None,
    push: Annotated[bool, typer.Option("--push", help="Put them into the environment's Managed Grafana.")] = False,
    environments: Folder = None,
) -> None:
    """Write dashboards to files, or put them into Managed Grafana; done again, only what differs is changed."""
    from modelway.architecture import load
    from modelway.operations import dashboards
    from modelway.operations.environments import refuse_other_account

    if push == (to is not None):
        raise typer.BadParameter("write one of --to DIR and --push")
    if to is not None:
        # As a path, nothing would be the current folder.
        if not to:
            raise typer.BadParameter("it names no folder", param_hint="--to")
        writable(Path(to), "--to")
    root = project(needed=False)
    with faults_from_here():
        described = load(folder_of(environment, environments, root), environment, root)
    if to is not None:
        for file in dashboards.write(described, Path(to)):
            typer.echo(file)
        return
    refuse_other_account(described)
    told: list[str] = []

    def made(what: str) -> None:
        told.append(what)
        typer.echo(f"made: {what}", err=True)

    address = dashboards.push(described, made)
    if not told:
        typer.echo("everything is there already", err=True)
    typer.echo(address)
