"""`modelway report --digest FILE …`: what a change means, from files that the engine wrote. No engine is needed, and no project."""

import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal, cast

import typer

from modelway.errors import ModelwayError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from modelway.architecture import Environment
    from modelway.preview.changeset import ChangeSet, Made
    from modelway.preview.sources import Sources

Format = Literal["markdown", "html", "terminal", "json", "line"]


def command(
    digest: Annotated[
        list[str] | None,
        typer.Option("--digest", metavar="[STACK=]FILE", help="Output of `pulumi preview --json`.", show_default=False),
    ] = None,
    events: Annotated[
        list[str] | None,
        typer.Option("--events", metavar="[STACK=]FILE", help="Its event log (--event-log): what policies say.", show_default=False),
    ] = None,
    state: Annotated[
        list[str] | None,
        typer.Option("--state", metavar="[STACK=]FILE", help="`pulumi stack export` just before: what stays.", show_default=False),
    ] = None,
    plan: Annotated[
        list[str] | None,
        typer.Option("--plan", metavar="[STACK=]FILE", help="Its update plan (--save-plan).", show_default=False),
    ] = None,
    before: Annotated[
        list[Path] | None,
        typer.Option(
            metavar="ENVDIR", help="Folder of the environment before, as base has it: stacks/environments/prod.", show_default=False
        ),
    ] = None,
    after: Annotated[list[Path] | None, typer.Option(metavar="ENVDIR", help="The same, with the change.", show_default=False)] = None,
    checks: Annotated[
        list[Path] | None,
        typer.Option(metavar="FILE", help="What `modelway check … --json` wrote, to be part of the report.", show_default=False),
    ] = None,
    risks: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Your own rows of the table of risks (TOML).", show_default=False)
    ] = None,
    prices: Annotated[Path | None, typer.Option(metavar="FILE", help="Your own prices.", show_default=False)] = None,
    format_: Annotated[Format, typer.Option("--format", help="How the report is written.")] = "terminal",
    out: Annotated[Path | None, typer.Option(metavar="FILE", help="Write it there, and not to stdout.", show_default=False)] = None,
    detailed: Annotated[bool, typer.Option("--detailed-exitcode", help="End with 5 when there are changes that may be merged.")] = False,
) -> None:
    """Print what a change means: risks, traffic, cost, policies, what depends on it. For any Pulumi program, from saved files alone.

    Any of the files may be missing; what is not known then is said. Every option can be repeated for several stacks: files say of which
    they are, and STACK=FILE does where they do not. Exit codes: 0 it may be merged, 3 somebody has to approve it, 4 it may not be merged,
    1 that is not known, as after a preview that failed.
    """
    from modelway.preview.assembling import assemble
    from modelway.preview.checked import read_checks
    from modelway.preview.grouping import grouped
    from modelway.preview.verdict import exit_code

    sources: Sequence[Sources] = grouped({"digest": digest or (), "events": events or (), "state": state or (), "plan": plan or ()})
    if not sources and not before and not after:
        raise typer.BadParameter("give at least one file of a preview, or an environment", param_hint="--digest, --events, --after")
    if before or after:
        sources = _with_environments(sources, before or (), after or ())
    changeset = assemble(
        sources,
        checks=[check for file in checks or () for check in read_checks(file)],
        risk_table=risks,
        price_table=prices,
        made=_made(),
    )
    written = rendered(changeset, format_, shown=out is None)
    if out is None:
        typer.echo(written, nl=not written.endswith("\n"))
    else:
        _write(out, written)
    raise typer.Exit(exit_code(changeset, detailed=detailed))


def rendered(changeset: "ChangeSet", format_: Format, *, shown: bool = True) -> str:
    """The report in that format; `shown` where it goes to stdout, which may be a terminal with colours and a width."""
    if format_ == "terminal" and shown and sys.stdout.isatty():
        import shutil

        from modelway.preview.render import terminal

        return terminal.render(changeset, width=shutil.get_terminal_size((100, 24)).columns, colour=not os.environ.get("NO_COLOR"))
    from importlib import import_module

    return cast(str, import_module(f"modelway.preview.render.{format_}").render(changeset))


def _with_environments(sources: "Sequence[Sources]", before: "Sequence[Path]", after: "Sequence[Path]") -> "Sequence[Sources]":
    """Each stack with the environment that it is part of, before and after."""
    from dataclasses import replace

    from modelway.preview.grouping import described
    from modelway.preview.sources import Sources

    old = {folder.absolute().name: _environment(folder, "--before") for folder in before}
    new = {folder.absolute().name: _environment(folder, "--after") for folder in after}
    named = described(sources or [Sources()], [*new, *old])
    return [replace(one, before=old.get(one.environment), after=new.get(one.environment)) for one in named]


def _environment(folder: Path, option: str) -> "Environment":
    from modelway.architecture import load
    from modelway.cli._environments import faults_from_here

    if not folder.is_dir():
        raise typer.BadParameter(
            f"there is no folder {folder}; leave the option out for an environment that is not there", param_hint=option
        )
    whole = folder.absolute()
    with faults_from_here():
        return load(whole.parent, whole.name)


def _made() -> "Made":
    from datetime import UTC, datetime
    from importlib.metadata import PackageNotFoundError, version

    from modelway.preview.changeset import Made

    at = datetime.now(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")
    try:
        return Made(at, versions=(("modelway", version("modelway")),))
    except PackageNotFoundError:
        return Made(at)


def _write(file: Path, text: str) -> None:
    try:
        file.write_text(text, "utf-8")
    except OSError as fault:
        raise ModelwayError(f"--out: {file} cannot be written: {fault.strerror or fault}.") from None
