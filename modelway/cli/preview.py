"""`modelway preview -s STACK`: the engine runs once, and what it means is told."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from modelway.cli.report import Format

if TYPE_CHECKING:
    from collections.abc import Sequence

    from modelway.operations.approval import Project
    from modelway.preview.changeset import ChangeSet, Made
    from modelway.preview.sources import Sources


def command(
    stacks: Annotated[
        list[str], typer.Option("--stack", "-s", metavar="STACK", help="The stack; several become one report.", show_default=False)
    ],
    format_: Annotated[Format, typer.Option("--format", help="How the report is written.")] = "terminal",
    out: Annotated[
        Path | None,
        typer.Option(
            metavar="DIR",
            help="Keep the report in every format there, and of each stack the plan with its manifest and the engine's files, masked.",
            show_default=False,
        ),
    ] = None,
    base: Annotated[
        str | None, typer.Option(metavar="REF", help="Git revision that the description is compared with.", show_default=False)
    ] = None,
    refresh: Annotated[bool, typer.Option("--refresh", help="Ask the providers first what is there.")] = False,
    policies: Annotated[
        list[Path] | None,
        typer.Option("--policy-pack", metavar="DIR", help="A policy pack besides the project's own.", show_default=False),
    ] = None,
    checks: Annotated[
        list[Path] | None,
        typer.Option(metavar="FILE", help="What `modelway check … --json` wrote, to be part of the report.", show_default=False),
    ] = None,
    risks: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Your own rows of the table of risks (TOML).", show_default=False)
    ] = None,
    prices: Annotated[Path | None, typer.Option(metavar="FILE", help="Your own prices.", show_default=False)] = None,
    detailed: Annotated[bool, typer.Option("--detailed-exitcode", help="End with 5 when there are changes that may be merged.")] = False,
) -> None:
    """Run a preview and print what it means: risks, traffic, cost, policies, what depends on it.

    Exit codes: 0 it may be merged, 3 somebody has to approve it, 4 it may not be merged, 1 that is not known, as after a preview that
    failed.
    """
    from modelway.operations.preview import Wanted, keep, previewed, private_folder, project_here
    from modelway.preview.assembling import assemble
    from modelway.preview.checked import read_checks
    from modelway.preview.verdict import exit_code

    if twice := sorted({stack for stack in stacks if stacks.count(stack) > 1}):
        raise typer.BadParameter(f"{twice[0]} is named twice", param_hint="--stack")
    project = project_here()
    wanted = Wanted(stacks, refresh, base, tuple(pack.resolve() for pack in policies or ()))
    checked = [check for file in checks or () for check in read_checks(file)]
    with private_folder(project.root) as folder:
        sources = previewed(project, wanted, folder, _tell)
        changeset = assemble(sources, checks=checked, risk_table=risks, price_table=prices, made=_made(project, sources))
        if out is not None:
            for stack, one in zip(stacks, sources, strict=True):
                keep(project, stack, one, out, _tell)
            _keep_reports(changeset, out)
    from modelway.cli.report import rendered

    written = rendered(changeset, format_)
    typer.echo(written, nl=not written.endswith("\n"))
    raise typer.Exit(exit_code(changeset, detailed=detailed))


def _keep_reports(changeset: "ChangeSet", out: Path) -> None:
    from modelway.cli.report import rendered
    from modelway.errors import ModelwayError

    names: dict[str, Format] = {"report.json": "json", "report.md": "markdown", "report.html": "html"}
    try:
        out.mkdir(parents=True, exist_ok=True)
        for name, format_ in names.items():
            (out / name).write_text(rendered(changeset, format_), "utf-8")
    except OSError as fault:
        raise ModelwayError(f"--out: {fault.filename or out} cannot be written: {fault.strerror or fault}.") from None


def _made(project: "Project", sources: "Sequence[Sources]") -> "Made":
    from datetime import UTC, datetime

    from modelway.operations.approval import hashes, versions
    from modelway.operations.revisions import head
    from modelway.preview.changeset import Made

    at = datetime.now(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")
    hashed = tuple((one.stack, what, value) for one in sources for what, value in hashes(project, one.stack).items())
    return Made(at, head(project.root).commit, tuple(versions(project.engine).items()), hashed)


def _tell(text: str) -> None:
    typer.echo(text, err=True)
