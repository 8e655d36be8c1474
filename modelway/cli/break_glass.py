"""`modelway break-glass STACK`: a person lets one stack pass its gates for a few hours, signed, and for all to see."""

import json
import os
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from modelway.cli import _environments
from modelway.cli._ledgers import OwnAddress, OwnKeys

if TYPE_CHECKING:
    from modelway.architecture import Environment


def command(
    stack: Annotated[str, typer.Argument(metavar="STACK", help="The stack that has to come up.", show_default=False)],
    reason: Annotated[str, typer.Option(metavar="TEXT", help="Why it cannot wait; kept for ever.", show_default=False)] = "",
    hours: Annotated[float, typer.Option(metavar="N", help="For how long, at most 24.")] = 2,
    key: Annotated[
        str,
        typer.Option(
            "--key", metavar="KEY", envvar="MODELWAY_PERSON_KEY", help="Your own key: a PEM file, or awskms:///ARN.", show_default=False
        ),
    ] = "",
    end: Annotated[bool, typer.Option("--end", help="End what is open before its time.")] = False,
    show: Annotated[bool, typer.Option("--list", help="Print each time that it was done for the stack, and what is open.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="With --list: print JSON.")] = False,
    address: OwnAddress = None,
    keys: OwnKeys = None,
    environments: _environments.Folder = None,
) -> None:
    """Let a stack come up without what its gates ask, for some hours. Only a person's own key may, and everybody can see it.

    What is released meanwhile says so in its record. Exit codes: 4 when nobody may, 1 when the ledger or a key is not as it should be, 2
    wrong usage. Nothing is written then.
    """
    if as_json and not show:
        raise typer.BadParameter("it is for --list", param_hint="--json")
    if not show and not key:
        raise typer.BadParameter("say who it is by your own key", param_hint="--key")
    if not show and not reason:
        raise typer.BadParameter("say why", param_hint="--reason")
    if not 0 < hours <= 24:
        raise typer.BadParameter(f"{hours:g} is not more than 0 and at most 24", param_hint="--hours")
    from modelway.cli._approving import read
    from modelway.cli._ledgers import of_environment, opened
    from modelway.governance import break_glass
    from modelway.governance.approvals import Refused
    from modelway.governance.approving import person_of, refuse_unfit
    from modelway.governance.break_glass import BrokenGlass, in_force
    from modelway.governance.gates.gate import shown
    from modelway.governance.ledger import signer
    from modelway.governance.verifier import stamp

    environment, root = _of(stack, environments)
    where, listed = of_environment(environment, root, address, keys)
    now = datetime.now(UTC)
    project, trusts, entries = read(where, listed)
    if show:
        told = [
            {
                **{field: getattr(one.broken, field) for field in ("stack", "who", "reason", "since", "until")},
                "entry": one.entry.sequence,
                "why_not": one.refused,
                "open": one.broken == in_force(entries, stack, now, trusts),
            }
            for one in break_glass.all_of(entries, trusts)
            if one.broken.stack == stack
        ]
        if as_json:
            typer.echo(json.dumps({"stack": stack, "broken": told}, indent=2, ensure_ascii=False))
            return
        for row in told:
            state = f"does not count: {row['why_not']}" if row["why_not"] else "OPEN" if row["open"] else "over"
            typer.echo(shown(f"entry {row['entry']}: {row['since']} to {row['until']} by {row['who']}, {state}: {row['reason']}"))
        if not told:
            typer.echo(f"nobody ever broke the glass of {stack}", err=True)
        return
    refuse_unfit("--reason", reason)
    signs = signer(key)
    who = person_of(trusts, signs.id, project, now)
    if end and in_force(entries, stack, now, trusts) is None:
        raise Refused(f"nothing is open for {stack} that could be ended.")
    until = now if end else now + timedelta(hours=hours)
    broken = BrokenGlass(environment.environment, stack, reason, who, stamp(now), stamp(until))
    entry = opened(where, listed).append(break_glass.statement(broken), signs)
    if end:
        typer.echo(f"{stack}: {who} closed it again: entry {entry.sequence}, sha256:{entry.hash}")
        return
    bar = "!" * 72
    loud = f"{stack} PASSES ITS GATES WITHOUT WHAT THEY ASK until {broken.until[:16]}Z, by {who}"
    typer.echo(f"{bar}\n{loud}\nreason: {reason}\n{bar}", err=True)
    if os.environ.get("GITHUB_ACTIONS"):
        typer.echo(f"::warning title=break-glass::{loud}", err=True)
    typer.echo(f"{stack}: the glass is broken: entry {entry.sequence}, sha256:{entry.hash}")


def _of(stack: str, environments: Path | None) -> "tuple[Environment, Path]":
    """The environment of a stack, and the root of the repository. Raises WrongUsage where no stack is called so."""
    from modelway.architecture import layout, load, names
    from modelway.architecture.folders import repository_root
    from modelway.errors import WrongUsage

    root = _environments.project(needed=environments is None)
    for name in (stack, *(layout.owner_of(stack) or ())[:1]):
        if name is None:
            continue
        folder = _environments.folder_of(name, environments, root)
        if folder.is_dir() and name in names(folder):
            with _environments.faults_from_here():
                environment = load(folder, name, root)
            if stack in (known := layout.stacks(environment)):
                return environment, repository_root(folder, root)
            raise WrongUsage(f"environment {name} has no stack {stack}; it has {', '.join(known)}.")
    raise WrongUsage(f"stack {stack} is of no environment that is described here: `modelway validate` lists them.")
