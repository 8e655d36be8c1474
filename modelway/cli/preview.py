"""`modelway preview -s STACK`: the engine runs once, and what it means is told."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from modelway.cli import _environments, _reports

if TYPE_CHECKING:
    from collections.abc import Sequence

    from modelway.operations.approval import Project
    from modelway.preview.changeset import ChangeSet, Made
    from modelway.preview.sources import Sources


def command(
    stacks: Annotated[
        list[str], typer.Option("--stack", "-s", metavar="STACK", help="The stack; several become one report.", show_default=False)
    ],
    format_: _reports.FormatName = "terminal",
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
        typer.Option(
            "--policy-pack",
            metavar="DIR",
            help="A policy pack besides the project's own.",
            exists=True,
            file_okay=False,
            show_default=False,
        ),
    ] = None,
    checks: _reports.Checks = None,
    risks: _reports.RiskRows = None,
    prices: _reports.OwnPrices = None,
    detailed: _reports.Detailed = False,
) -> None:
    """Run a preview and print what it means: risks, traffic, cost, policies, what depends on it.

    Exit codes: 0 it may be merged, 3 somebody has to approve it, 4 it may not be merged, 1 that is not known, as after a preview that
    failed, or a file does not hold what it should, 2 wrong usage, such as a file that is not there.
    """
    from modelway.operations.preview import Wanted, keep, previewed, private_folder, project_here
    from modelway.preview.assembling import assemble
    from modelway.preview.checked import read_checks
    from modelway.preview.cost.prices import prices as market
    from modelway.preview.risks.table import table
    from modelway.preview.verdict import exit_code

    if twice := sorted({stack for stack in stacks if stacks.count(stack) > 1}):
        raise typer.BadParameter(f"{twice[0]} is named twice", param_hint="--stack")
    if out is not None:
        _environments.writable(out, "--out")
    project = project_here()
    wanted = Wanted(stacks, refresh, base, tuple(pack.resolve() for pack in policies or ()))
    # What is wrong with them is told before the engine has run for minutes.
    table(risks)
    market(prices)
    checked = [check for file in checks or () for check in read_checks(file)]
    with private_folder(project.root) as folder:
        sources = previewed(project, wanted, folder, _tell)
        changeset = assemble(sources, checks=checked, risk_table=risks, price_table=prices, made=_made(project, sources))
        if out is not None:
            with _kept_in(out):
                for stack, one in zip(stacks, sources, strict=True):
                    keep(project, stack, one, out, _tell)
                _keep_reports(changeset, out)
    written = _reports.rendered(changeset, format_)
    typer.echo(written, nl=not written.endswith("\n"))
    raise typer.Exit(exit_code(changeset, detailed=detailed))


@contextmanager
def _kept_in(out: Path) -> Iterator[None]:
    from modelway.errors import ModelwayError

    try:
        out.mkdir(parents=True, exist_ok=True)
        yield
    except OSError as fault:
        raise ModelwayError(f"--out: {fault.filename or out} cannot be written: {fault.strerror or fault}.") from None


def _keep_reports(changeset: "ChangeSet", out: Path) -> None:
    names: dict[str, _reports.Format] = {"report.json": "json", "report.md": "markdown", "report.html": "html"}
    for name, format_ in names.items():
        (out / name).write_text(_reports.rendered(changeset, format_), "utf-8")


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
