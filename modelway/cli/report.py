"""`modelway report --digest FILE …`: what a change means, from files that the engine wrote. No engine is needed, and no project."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from modelway.cli import _reports
from modelway.errors import ModelwayError, WrongUsage

if TYPE_CHECKING:
    from collections.abc import Sequence

    from modelway.architecture import Environment
    from modelway.preview.changeset import Made
    from modelway.preview.sources import Sources


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
    checks: _reports.Checks = None,
    risks: _reports.RiskRows = None,
    prices: _reports.OwnPrices = None,
    format_: _reports.FormatName = "terminal",
    out: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="Write it there, and not to stdout.", dir_okay=False, writable=True, show_default=False),
    ] = None,
    detailed: _reports.Detailed = False,
) -> None:
    """Print what a change means: risks, traffic, cost, policies, what depends on it. For any Pulumi program, from saved files alone.

    Any of the files may be missing; what is not known then is said. Every option can be repeated for several stacks: files say of which
    they are, and STACK=FILE does where they do not.

    Exit codes: 0 it may be merged, 3 somebody has to approve it, 4 it may not be merged, 1 that is not known, as after a preview that
    failed, or a file does not hold what it should, 2 wrong usage, such as a file that is not there.
    """
    from modelway.preview.assembling import assemble
    from modelway.preview.checked import read_checks
    from modelway.preview.grouping import grouped
    from modelway.preview.verdict import exit_code

    if out is not None and not out.absolute().parent.is_dir():
        raise typer.BadParameter(f"there is no folder {out.parent} to write {out.name} in", param_hint="--out")
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
    written = _reports.rendered(changeset, format_, shown=out is None)
    if out is None:
        typer.echo(written, nl=not written.endswith("\n"))
    else:
        _write(out, written)
    raise typer.Exit(exit_code(changeset, detailed=detailed))


def _with_environments(sources: "Sequence[Sources]", before: "Sequence[Path]", after: "Sequence[Path]") -> "Sequence[Sources]":
    """Each stack with the environment that it is part of, before and after; without stacks, each environment."""
    from dataclasses import replace

    from modelway.preview.grouping import described
    from modelway.preview.sources import Sources

    old = {folder.absolute().name: _environment(folder, "--before") for folder in before}
    new = {folder.absolute().name: _environment(folder, "--after") for folder in after}
    names = list(dict.fromkeys([*new, *old]))
    if old and new and not old.keys() & new.keys() and len(sources) < len(names):
        told = f"--before and --after are of different environments: {', '.join(old)} and {', '.join(new)}"
        raise WrongUsage(f"{told}. Give both of one environment, or leave out what is not there.")
    named = described(sources, names) if sources else [Sources(environment=name) for name in names]
    found = [replace(one, before=old.get(one.environment), after=new.get(one.environment)) for one in named]
    return [replace(one, described_by="one side") if (one.before is None) != (one.after is None) else one for one in found]


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
