"""`modelway new model NAME --env ENV` and `modelway new environment NAME --like ENV`: files to begin with."""

import os
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from modelway.cli import _environments

if TYPE_CHECKING:
    from modelway.architecture import Environment

app = typer.Typer(help="Begin a model or an environment: files to fill in. Nothing is written over.", no_args_is_help=True)


@app.command("model")
def model(
    name: Annotated[str, typer.Argument(metavar="NAME", help="Name of the model, like credit-risk.", show_default=False)],
    environment: Annotated[
        str, typer.Option("--env", metavar="ENV", help="Environment that gets it; base for all environments.", show_default=False)
    ],
    team: Annotated[str | None, typer.Option(metavar="TEAM", help="Team that it belongs to; has to be said.", show_default=False)] = None,
    owner: Annotated[
        str | None, typer.Option(metavar="OWNER", help="Who answers for it; without it, the environment's owner.", show_default=False)
    ] = None,
    environments: _environments.Folder = None,
) -> None:
    """Write the file of a new model, with comments, and of the stack that it brings with it.

    As it is written, the model is registered and not served. Where each team has a stack, a new team gets a file for its own.

    Exit code 1 when the model is there already, or the environment is not valid.
    """
    from modelway.architecture import base
    from modelway.architecture.folders import BASE, repository_root
    from modelway.operations.drafts import new_model, teams_of

    _refuse_misshapen(base.Name, name, "NAME")
    _refuse_misshapen(base.Name, team, "--team")
    _refuse_misshapen(base.Owner, owner, "--owner")
    root = _environments.project(needed=environments is None)
    folder = _environments.folder_of(environment, environments, root)
    with _environments.faults_from_here():
        if team is None:
            known = ", ".join(teams_of(folder, environment, root)) or "none yet"
            raise typer.BadParameter(f"say which team it belongs to, whose namespace it gets; teams here: {known}", param_hint="--team")
        file, having = new_model(folder, environment, name, team=team, owner=owner, root=root)
    typer.echo(os.path.relpath(file))
    for each in having:
        _add_stack_files(root, folder, each)
    check = "modelway validate" if environment == BASE else f"modelway validate {environment}"
    contract = os.path.relpath(repository_root(folder, root) / "contracts" / f"{name}.yaml")
    typer.echo(
        f"Valid as it is. Say its owner and risk tier, then versions and endpoint. Its contract goes into a file like {contract}, which "
        f"versions name; `{check}` checks both.",
        err=True,
    )


@app.command("environment")
def environment(
    name: Annotated[str, typer.Argument(metavar="NAME", help="Name of the environment, like staging.", show_default=False)],
    like: Annotated[str, typer.Option("--like", metavar="ENV", help="Environment that it is a copy of.", show_default=False)],
    account: Annotated[
        str | None,
        typer.Option(metavar="ACCOUNT", help="AWS account, 12 digits, instead of the other's, in ARNs too.", show_default=False),
    ] = None,
    environments: _environments.Folder = None,
) -> None:
    """Write the folder of a new environment, and the files of its stacks.

    It is a copy of another, with comments and with the models that are that one's alone.

    Exit code 1 when the folder is there already, or the other environment is not valid.
    """
    from modelway.architecture import base
    from modelway.architecture.arns import Account
    from modelway.operations.drafts import new_environment

    _refuse_misshapen(base.EnvironmentName, name, "NAME")
    _refuse_misshapen(Account, account, "--account")
    root = _environments.project(needed=environments is None)
    folder = _environments.folder_of(like, environments, root)
    with _environments.faults_from_here():
        made, environment, old = new_environment(folder, name, like, account=account, root=root)
    typer.echo(os.path.relpath(made))
    _add_stack_files(root, folder, environment, like, (old, account) if account else None)
    typer.echo(f"Valid as it is. Still as in {like}: {'; '.join(_still(environment, account))}.", err=True)


def _add_stack_files(
    root: Path | None, folder: Path, environment: "Environment", like: str | None = None, accounts: tuple[str, str] | None = None
) -> None:
    """What `pulumi up` needs of stacks that are new, as far as it can be copied; and what is left to do."""
    if root is None:
        return
    from modelway.operations.stack_files import add_stack_files, reads

    if not reads(root, like or environment.environment, folder):
        needed = f"`modelway:environments: {os.path.relpath(folder, root)}`"
        typer.echo(f"Its stacks would read another folder, and no files are written for them: they need {needed}.", err=True)
        return
    for made in add_stack_files(root, environment, like, accounts):
        typer.echo(os.path.relpath(made.file))
        after = f", with the settings of {made.like}" if made.like else ""
        typer.echo(f"Stack {made.stack} is new: `modelway up {environment.environment}` makes it{after}.", err=True)
        for key in made.secrets:
            needed = f"`pulumi config set --secret {key} --stack {made.stack}`, after `pulumi stack init` (docs/bootstrap.md)"
            typer.echo(f"It needs a secret of its own, before it comes up: {needed}.", err=True)


def _still(environment: "Environment", account: str | None) -> list[str]:
    """What two environments seldom share."""
    network = environment.network
    addresses = getattr(network, "cidr", None)
    return [
        *([] if account else [f"account {environment.aws.account}"]),
        f"region {environment.aws.region}",
        *([f"addresses {addresses}"] if addresses else []),
        f"tier {environment.tier}",
    ]


def _refuse_misshapen(annotation: Any, text: str | None, option: str) -> None:
    """Raises BadParameter for a text that the field of that type would not take."""
    from modelway.architecture.checking import broken

    if text is not None and (rule := broken(annotation, text)):
        raise typer.BadParameter(f"{text!r}: {rule}", param_hint=option)
