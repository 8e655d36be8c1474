"""`modelway recover STACK`: go on after a run that was killed."""

import sys
from typing import Annotated

import typer

from modelway.errors import ModelwayError


class NobodyToAsk(ModelwayError):
    """It would ask, and there is no terminal."""

    exit_code = 3


def command(
    stack: Annotated[str, typer.Argument(metavar="STACK", help="Name of the stack.", show_default=False)],
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Do not ask.")] = False,
    host_is_gone: Annotated[
        list[str] | None,
        typer.Option("--host-is-gone", metavar="HOST", help="A machine that no longer exists, as the lock names it.", show_default=False),
    ] = None,
    imports: Annotated[
        list[str] | None,
        typer.Option("--import", metavar="URN=ID", help="What was being made is there, with this id.", show_default=False),
    ] = None,
    gone: Annotated[
        list[str] | None,
        typer.Option("--gone", metavar="URN", help="What was being made is not there.", show_default=False),
    ] = None,
) -> None:
    """Remove the lock of a run that is dead, and settle what it had begun. Exit code 4 when it may be alive, 3 when a question is open."""
    from modelway.operations._aws_lookup import Lookup
    from modelway.operations._pulumi import Engine
    from modelway.operations.project import engine_folder, find_root
    from modelway.operations.recover import carry_out, plan

    told = dict(_pair(one) for one in imports or ())
    for urn in gone or ():
        if not urn.startswith("urn:"):
            raise typer.BadParameter(f"{urn}: write a URN, as it was told", param_hint="--gone")
    engine = Engine(engine_folder(find_root()))
    made = plan(
        stack,
        engine,
        Lookup,
        gone_hosts=frozenset(host_is_gone or ()),
        imports=told,
        gone=frozenset(gone or ()),
    )
    if made.empty:
        typer.echo(f"{stack}: no lock, nothing pending; nothing to do.")
        return
    for removed in made.locks:
        typer.echo(f"lock: {removed.lock.owner}: dead, since {removed.proof.why}")
    for one in made.settled:
        what = f"look for {one.id}, import it if it is there" if one.way == "import" else "clear"
        typer.echo(f"{one.pending.operation}: {one.pending.urn}: {what}: {one.why}")
    for urn in made.unread:
        typer.echo(f"read back: {urn}")
    if not yes:
        if not sys.stdin.isatty():
            raise NobodyToAsk(f"{stack}: nothing was changed: nobody is here to ask; add --yes to do this.")
        typer.confirm("Do this?", abort=True, err=True)
    for outcome in carry_out(made, engine):
        typer.echo(f"{outcome.urn}: {outcome.what}")
    typer.echo(f"{stack}: recovered; `pulumi up` goes on.")


def _pair(given: str) -> tuple[str, str]:
    urn, found, identifier = given.rpartition("=")
    if not found or not urn.startswith("urn:") or not identifier:
        raise typer.BadParameter(f"{given}: write URN=ID", param_hint="--import")
    return urn, identifier
