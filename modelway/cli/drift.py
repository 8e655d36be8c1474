"""`modelway drift baseline | power | run | show`: whether what a model is asked, what it answers and how right it is have changed."""

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from modelway.cli import _environments
from modelway.cli._described import EnvironmentName, VersionName, described, version_of
from modelway.errors import ModelwayError

if TYPE_CHECKING:
    from modelway.architecture import Environment, Model
    from modelway.architecture.drift import Drift
    from modelway.monitoring.drift.baseline import Baseline, Column

app = typer.Typer(
    help="Baselines of models, and whether they drift while they serve.",
    no_args_is_help=True,
    rich_markup_mode=None,
    context_settings={"help_option_names": ["-h", "--help"]},
)

ModelName = Annotated[str, typer.Argument(metavar="MODEL", help="The model.", show_default=False)]
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON.")]


@app.command("baseline")
def baseline(
    model: ModelName,
    data: Annotated[
        list[str],
        typer.Option(metavar="FILE", help="CSV, Parquet or JSON lines; again for more, or a pattern in quotes.", show_default=False),
    ],
    labels: Annotated[
        str | None, typer.Option(metavar="COLUMN", help="Column of the data that says what turned out to be right.", show_default=False)
    ] = None,
    version: VersionName = None,
    environment: EnvironmentName = None,
    out: Annotated[Path, typer.Option(metavar="FILE", help="Where it is written.")] = Path("baseline.json"),
    as_json: AsJson = False,
    environments: _environments.Folder = None,
) -> None:
    """Make the baseline of a version: what its training or validation data are like, which later requests are compared with.

    It holds counts in bins, and hashes of categories that at least five rows have; no value of a row. The same data and the same contract
    give the same bytes. Print its digest, and the line that the model's file needs.

    Exit codes: 0 it was made; 1 it could not be, such as for a column that is missing; 2 wrong usage, such as a file that is not there.
    """
    from modelway.contracts.source import NoSource, source

    files: list[Path] = []
    for name in data:
        try:
            files += source(name).files
        except NoSource as fault:
            raise typer.BadParameter(str(fault).rstrip("."), param_hint="--data") from None
    if out.is_dir():
        raise typer.BadParameter(f"{out} is a folder", param_hint="--out")
    _environments.writable(out.parent, "--out")
    found, world = described(model, "MODEL", environment, environments)
    chosen = version_of(found, version)
    watched, window = _watched(found, world)

    from modelway.monitoring.drift.baseline import written
    from modelway.monitoring.drift.making import make, save

    made = make(
        files,
        model=model,
        version=chosen,
        contract=world.contracts[found.versions[chosen].contract],
        drift=watched,
        window_seconds=window,
        labels=labels,
        told=lambda text: typer.echo(text, err=True),
    )
    digest = save(written(made), out)
    reference = f"{model}/{chosen}/baseline.json@sha256:{digest}"
    if as_json:
        typer.echo(json.dumps(_told(made, out, digest, reference), indent=2, ensure_ascii=False))
        return
    times = f", {made.windows:,} windows of {_length(made.window_seconds)}" if made.windows else ""
    typer.echo(f"{out}: {made.rows:,} rows, {len(made.columns):,} columns{times}")
    for column in made.columns:
        typer.echo(f"  {column.name}: {_held(column)}")
    for reached in made.reached:
        typer.echo(f"  {reached.metric}: {reached.value:.4g} ({reached.low:.4g} to {reached.high:.4g}), {reached.rows:,} rows")
    typer.echo(f"sha256:{digest}")
    typer.echo(f'In the model\'s file, under versions."{chosen}":')
    typer.echo(f"  baseline: {reference}")


def _watched(model: "Model", world: "Environment") -> "tuple[Drift, int]":
    """What is watched of the model, and how long its windows are, in seconds. Raises ModelwayError where nothing is."""
    if model.drift is None:
        way_out = "Add `drift: {data: {}}`, which watches all inputs."
        raise ModelwayError(f"{model.model} is not watched in {world.environment}: its file has no drift. {way_out}")
    return model.drift, int((model.drift.window or world.monitoring.drift.window).seconds)


def _told(made: "Baseline", out: Path, digest: str, reference: str) -> dict[str, object]:
    """What was made, as JSON has it: counts alone."""
    columns = [
        {"name": one.name, "role": one.role, "kind": one.kind, "rows": one.rows}
        | {"missing": one.missing, "wrong": one.wrong, "infinite": one.infinite, "bins": len(one.counts)}
        for one in made.columns
    ]
    reached = [{"metric": one.metric, "value": one.value, "low": one.low, "high": one.high, "rows": one.rows} for one in made.reached]
    return {
        "file": str(out),
        "sha256": digest,
        "baseline": reference,
        "model": made.model,
        "version": made.version,
        "rows": made.rows,
        "windows": made.windows,
        "window_seconds": made.window_seconds,
        "columns": columns,
        "reached": reached,
    }


def _held(column: "Column") -> str:
    """What a baseline has of a column, in a few words."""
    of = "numbers" if column.kind == "number" else f"{len(column.categories):,} categories"
    odd = ((column.missing, "missing"), (column.wrong, "of another type"), (column.infinite, "NaN or infinite"))
    told = "".join(f", {count:,} {what}" for count, what in odd if count)
    return f"{column.role}, {of}, {len(column.counts):,} bins{told}"


def _length(seconds: int) -> str:
    for size, unit in ((86400, "d"), (3600, "h"), (60, "m")):
        if seconds % size == 0:
            return f"{seconds // size}{unit}"
    return f"{seconds}s"
