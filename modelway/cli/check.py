"""`modelway check data FILE…` and `modelway check model NAME`: data and versions against the contract of a model."""

import json
import os
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from modelway.cli import _environments
from modelway.cli._described import EnvironmentName, VersionName, described, version_of

if TYPE_CHECKING:
    from modelway.architecture import Contract
    from modelway.contracts.result import Outcome, Result
    from modelway.preview.changeset import DataCheck

app = typer.Typer(
    help="Check data, or a version of a model, against its contract.",
    no_args_is_help=True,
    rich_markup_mode=None,
    context_settings={"help_option_names": ["-h", "--help"]},
)

COLOURS = {"passed": typer.colors.GREEN, "failed": typer.colors.RED, "undecided": typer.colors.YELLOW}
PATIENCE = 2.0
"""Seconds before it is said how far a check is."""

AsJson = Annotated[bool, typer.Option("--json", help="Print JSON, which `modelway report --checks` takes.")]


@app.command("data")
def data(
    files: Annotated[
        list[str],
        typer.Argument(metavar="FILE", help="CSV, Parquet or JSON lines; a pattern in quotes is one table.", show_default=False),
    ],
    contract: Annotated[
        Path | None, typer.Option(metavar="FILE", help="The contract.", exists=True, dir_okay=False, show_default=False)
    ] = None,
    model: Annotated[
        str | None, typer.Option(metavar="NAME", help="The model whose contract it is, instead of --contract.", show_default=False)
    ] = None,
    version: VersionName = None,
    environment: EnvironmentName = None,
    encoding: Annotated[Literal["utf-8", "latin-1", "utf-16"], typer.Option(help="Of text files.")] = "utf-8",
    as_json: AsJson = False,
    environments: _environments.Folder = None,
) -> None:
    """Check data against a contract: columns, types, ranges, values, what is missing, what comes twice, how many rows, how fresh.

    Values are never shown, but of columns that the contract lets be shown.

    Exit codes: 0 everything passed; 1 something is wrong, also a file that is no data; 2 wrong usage, such as a file that is not there; 3
    nothing is known to be wrong, and something could not be decided.
    """
    from modelway.contracts.evaluating import evaluate
    from modelway.contracts.source import NoSource, source

    if (contract is None) == (model is None):
        raise typer.BadParameter("say against what: one of the two", param_hint="--contract or --model")
    if contract is not None and (version or environment):
        raise typer.BadParameter("they belong to --model", param_hint="--version, --environment")
    try:
        tables = [source(name) for name in files]
    except NoSource as fault:
        raise typer.BadParameter(str(fault).rstrip("."), param_hint="FILE") from None
    asked, subject = _contract(contract, model, version, environment, environments)
    results = []
    for table in tables:
        with _Progress(table.name) as progress:
            results.append(evaluate(asked, table, encoding=encoding, progress=progress))
    _end(subject, results, as_json)


@app.command("model")
def model(
    name: Annotated[str, typer.Argument(metavar="NAME", help="The model.", show_default=False)],
    metrics: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE", help="Metrics of the version: JSON, as training leaves it.", exists=True, dir_okay=False, show_default=False
        ),
    ] = None,
    live: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE", help="Metrics of the live version, on the same data.", exists=True, dir_okay=False, show_default=False
        ),
    ] = None,
    version: VersionName = None,
    against: Annotated[
        str | None, typer.Option(metavar="VERSION", help="Version that it replaces; the live one.", show_default=False)
    ] = None,
    environment: EnvironmentName = None,
    as_json: AsJson = False,
    environments: _environments.Folder = None,
) -> None:
    """Check a version of a model: its metrics against what its contract asks and against the live version's, and whether those who call
    need not change, by the two contracts.

    Exit codes: 0 everything passed; 1 something is wrong, also a file that holds no metrics; 2 wrong usage, such as a file that is not
    there; 3 nothing is known to be wrong, and something could not be decided.
    """
    from modelway.contracts.metrics import compare_metrics, judge_metrics, read_metrics
    from modelway.contracts.signature import compare_signatures
    from modelway.contracts.versions import is_live, replaced

    if live is not None and metrics is None:
        raise typer.BadParameter("is compared with --metrics, which is missing", param_hint="--live")
    found, world = described(name, "NAME", environment, environments)
    chosen = version_of(found, version)
    asked = world.contracts[found.versions[chosen].contract]
    before = version_of(found, against, "--against") if against else replaced(found, chosen)
    if before == chosen:
        raise typer.BadParameter(f"{chosen} would be compared with itself", param_hint="--against")
    if live is not None and before is None and is_live(found, chosen):
        raise typer.BadParameter(f"{chosen} is the live version: name another with --version, or leave it out", param_hint="--live")
    results = []
    if metrics is not None:
        reached = read_metrics(metrics)
        results.append(judge_metrics(asked, reached, f"metrics of {metrics.name}"))
        if live is not None:
            results.append(compare_metrics(asked, reached, read_metrics(live), f"metrics beside the live {before or 'version'}"))
    if before is not None:
        compared = compare_signatures(world.contracts[found.versions[before].contract], asked, f"signature instead of {before}'s")
        results.append(compared)
    if not results:
        raise typer.BadParameter(f"{chosen} replaces no version, so without metrics nothing is to be checked", param_hint="--metrics")
    if before is not None and metrics is not None and live is None:
        typer.echo(f"not compared with the metrics of {before}, which is live: --live FILE", err=True)
    _end(f"model {name} {chosen}", results, as_json)


def _contract(
    file: Path | None, model: str | None, version: str | None, environment: str | None, environments: Path | None
) -> "tuple[Contract, str]":
    """The contract, and what it is the contract of."""
    from modelway.architecture.loading import load_contract

    if file is not None:
        with _environments.faults_from_here():
            return load_contract(file.absolute()), f"contract {os.path.relpath(file)}"
    found, world = described(str(model), "--model", environment, environments)
    chosen = version_of(found, version)
    return world.contracts[found.versions[chosen].contract], f"model {model} {chosen}"


def _end(subject: str, results: "Sequence[Result]", as_json: bool) -> None:
    """Prints the results and ends with the exit code for them."""
    from modelway.redaction import masked

    if as_json:
        checks = [_check(subject, result, masked) for result in results]
        told = [{field: getattr(check, field) for field in check.__struct_fields__} for check in checks]
        typer.echo(json.dumps(told, indent=2, ensure_ascii=False))
    else:
        for result in results:
            _print(subject, result, masked)
    found = {result.outcome for result in results}
    if "failed" in found:
        raise typer.Exit(1)
    if "undecided" in found:
        # Nobody knows whether it is right, so somebody has to decide.
        raise typer.Exit(3)


def _check(subject: str, result: "Result", masked: Callable[[str], str]) -> "DataCheck":
    from modelway.preview.changeset import DataCheck

    faults = tuple(masked(fault.text()) for fault in result.faults)
    return DataCheck(masked(f"{subject}: {result.subject}"), result.outcome, result.rows, faults)


def _print(subject: str, result: "Result", masked: Callable[[str], str]) -> None:
    rows = f", {result.rows:,} row{'' if result.rows == 1 else 's'}" if result.rows is not None else ""
    typer.echo(f"{_styled(result.outcome)}  {masked(f'{subject}: {result.subject}')}{rows}")
    for fault in result.faults:
        typer.echo(f"  {'? ' if fault.undecided else '- '}{masked(fault.text())}")
    for note in result.notes:
        typer.echo(f"  {masked(note)}")


def _styled(outcome: "Outcome") -> str:
    plain = bool(os.environ.get("NO_COLOR")) or not sys.stdout.isatty()
    return outcome if plain else typer.style(outcome, fg=COLOURS[outcome], bold=True)


class _Progress:
    """Says on stderr how far a check is, once it has taken a while: in place on a terminal, else now and then a line."""

    def __init__(self, name: str) -> None:
        self._name = name
        self._began = self._said = time.monotonic()
        self._in_place = sys.stderr.isatty()
        self._open = False

    def __enter__(self) -> "_Progress":
        return self

    def __exit__(self, *_: object) -> None:
        if self._open:
            typer.echo("", err=True)

    def __call__(self, share: float) -> None:
        now = time.monotonic()
        if now - self._began < PATIENCE or (not self._in_place and now - self._said < 10):
            return
        self._said = now
        text = f"{self._name}: {share:.0%} read"
        typer.echo(f"\r{text}" if self._in_place else text, nl=not self._in_place, err=True)
        self._open = self._in_place
