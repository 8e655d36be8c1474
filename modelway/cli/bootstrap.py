"""`modelway bootstrap ENV`: what an account needs before the first deployment."""

from typing import Annotated

import typer

from modelway.cli._environments import Folder, faults_from_here, folder_of, project


def command(
    environment: Annotated[str, typer.Argument(metavar="ENV", help="Name of the environment.", show_default=False)],
    repository: Annotated[
        str, typer.Option(metavar="OWNER/NAME", help="Repository whose runs get the roles; on GitLab GROUP/PROJECT.", show_default=False)
    ],
    gitlab: Annotated[
        str, typer.Option(metavar="HOST", help="The host of GitLab, like gitlab.com; without it, GitHub.", show_default=False)
    ] = "",
    runner_subnets: Annotated[
        list[str] | None,
        typer.Option("--runner-subnet", metavar="ID", help="Private subnet of a runner; may be given again.", show_default=False),
    ] = None,
    runner_connection: Annotated[
        str | None, typer.Option(metavar="ARN", help="Connection to GitHub that the runner hears of jobs by.", show_default=False)
    ] = None,
    environments: Folder = None,
) -> None:
    """Make the bucket and key of state, the roles of CI and their boundary. Done again, it changes only what is not as it should be."""
    from modelway.architecture import load
    from modelway.operations.bootstrap import NotAHost, NotARepository, bootstrap, ground, next_steps, runner
    from modelway.operations.environments import refuse_other_account

    running = runner(runner_subnets or (), runner_connection)
    root = project(needed=False)
    with faults_from_here():
        described = load(folder_of(environment, environments, root), environment, root)
    try:
        place = ground(described, repository, gitlab)
    except NotARepository as fault:
        raise typer.BadParameter(str(fault), param_hint="--repository") from None
    except NotAHost as fault:
        raise typer.BadParameter(str(fault), param_hint="--gitlab") from None
    refuse_other_account(described)
    told: list[str] = []

    def made(what: str) -> None:
        told.append(what)
        typer.echo(f"made: {what}", err=True)

    runner_group = bootstrap(described, place, running, made)
    if not told:
        typer.echo("everything is there already", err=True)
    typer.echo(next_steps(place, runner_group), nl=False)
