"""`modelway apply -s STACK --plan FILE`: what was reviewed runs, or nothing."""

from pathlib import Path
from typing import Annotated

import typer


def command(
    stack: Annotated[str, typer.Option("--stack", "-s", metavar="STACK", help="The stack.", show_default=False)],
    plan: Annotated[
        Path, typer.Option(metavar="FILE", help="The plan that `modelway preview --out DIR` kept: DIR/STACK/plan.json.", show_default=False)
    ],
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Do not ask.")] = False,
) -> None:
    """Bring a stack up as a reviewed plan says; refuse when state, plan, program or environment are other than when it was made.

    Exit codes: 4 when it is refused, with what differs, and nothing was changed; 1 when the update fails, or a file does not hold what it
    should; 2 wrong usage, such as a plan that is not there.
    """
    from modelway.cli._environments import faults_from_here
    from modelway.operations.applying import apply
    from modelway.operations.preview import private_folder, project_here

    project = project_here()
    with faults_from_here(), private_folder(project.root) as folder:
        apply(project, stack, plan, yes=yes, folder=folder, progress=lambda text: typer.echo(text, err=True))
