"""`modelway comment --report FILE`: one comment on the pull request, kept up to date, with labels and a status."""

import os
import re
from pathlib import Path
from typing import Annotated, Literal

import typer


def command(
    reports: Annotated[
        list[Path],
        typer.Option(
            "--report",
            metavar="FILE",
            help="What `modelway report --format json` wrote, or a folder of such files; several become one.",
            show_default=False,
        ),
    ],
    affected: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE",
            help="What `modelway affected --json` wrote: a stack in it that no report is of is told as not known.",
            show_default=False,
        ),
    ] = None,
    forge: Annotated[
        Literal["github", "gitlab"] | None, typer.Option(help="Where the pull request is; default: whose CI this is.", show_default=False)
    ] = None,
    repository: Annotated[
        str, typer.Option(metavar="NAME", help="OWNER/NAME, or a GitLab project's path or number; default: CI's.", show_default=False)
    ] = "",
    number: Annotated[
        int | None, typer.Option("--pull-request", metavar="N", min=1, help="Its number; default: CI's.", show_default=False)
    ] = None,
    commit: Annotated[
        str,
        typer.Option(
            metavar="SHA", help="Commit of the pull request that the reports are of; default: as they and CI say.", show_default=False
        ),
    ] = "",
    artifact: Annotated[
        str, typer.Option("--artifact-url", metavar="URL", help="Where the whole report is, to link to.", show_default=False)
    ] = "",
    labels: Annotated[bool, typer.Option("--labels/--no-labels", help="Label it by the risks in it, as modelway:irreversible.")] = True,
    status: Annotated[bool, typer.Option("--status/--no-status", help="Set the commit's status.")] = True,
    dry: Annotated[
        bool, typer.Option("--dry-run", help="Print the comment as it would be, and ask nobody: needs no forge and no token.")
    ] = False,
) -> None:
    """Put reports on a pull request as one comment, which later runs change; prints its address.

    The token is in GITHUB_TOKEN or GITLAB_TOKEN. A newer run's comment is left.

    Exit codes: 0 it is there, whatever the reports say; 1 something was refused, or a file is not what it should be; 2 wrong usage, such
    as a file that is not there, or when neither options nor CI say where.
    """
    from modelway.operations import surroundings
    from modelway.operations.comment import Wanted, body, post
    from modelway.operations.forges import opened
    from modelway.preview.joining import expected, found, join, load

    if commit and not re.fullmatch("[0-9a-f]{40}|[0-9a-f]{64}", commit):
        raise typer.BadParameter(f"{commit!r} is not a whole commit, which `git rev-parse` prints", param_hint="--commit")
    report = join([load(file) for file in found(reports)], expected(affected) if affected else None)
    wanted = Wanted(report, artifact, surroundings.run(os.environ), labels, status, commit)
    place = surroundings.place(os.environ, forge, repository, number or 0, dry=dry)
    if dry:
        typer.echo(body(place, wanted), nl=False)
        return
    posted = post(opened(place), place, wanted, lambda text: typer.echo(text, err=True))
    typer.echo(posted.url)
