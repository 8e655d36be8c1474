"""`modelway drift baseline | power | run | show`: whether what a model is asked, what it answers and how right it is have changed."""

import json
import math
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from modelway.cli import _environments, _extras
from modelway.cli._described import EnvironmentName, VersionName, described, version_of
from modelway.cli._drift_run import run
from modelway.cli._drift_show import show
from modelway.errors import ModelwayError

if TYPE_CHECKING:
    from modelway.architecture import Environment, Model
    from modelway.architecture.drift import Drift
    from modelway.monitoring.drift.baseline import Baseline, Column
    from modelway.monitoring.drift.power import Power

app = typer.Typer(
    help="Baselines of models, and whether they drift while they serve.",
    no_args_is_help=True,
    rich_markup_mode=None,
    context_settings={"help_option_names": ["-h", "--help"]},
)

ModelName = Annotated[str, typer.Argument(metavar="MODEL", help="The model.", show_default=False)]
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON.")]
UNITS = ((86400, "d"), (3600, "h"), (60, "m"), (1, "s"))


@app.command("baseline")
def baseline(
    model: ModelName,
    data: Annotated[
        list[str],
        typer.Option(metavar="FILE", help="CSV, Parquet or JSON lines; again for more, or a pattern in quotes.", show_default=False),
    ],
    labels: Annotated[
        str | None,
        typer.Option(
            metavar="COLUMN",
            help="Column that says what turned out to be right; without it the contract's, where that is clear.",
            show_default=False,
        ),
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
    resolved = [file.resolve() for file in files]
    if twice := [file for at, file in enumerate(files) if file.resolve() in resolved[:at]]:
        raise typer.BadParameter(f"{twice[0]} is there twice, and its rows would count twice", param_hint="--data")
    if out.is_dir():
        raise typer.BadParameter(f"{out} is a folder", param_hint="--out")
    _environments.writable(out.parent, "--out")
    found, world = described(model, "MODEL", environment, environments)
    chosen = version_of(found, version)
    watched, window = _watched(found, world)

    with _extras.drift():
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
        if reached.column is None:
            typer.echo(f"  {reached.metric}: {reached.value:.4g} ({reached.low:.4g} to {reached.high:.4g}), {reached.rows:,} rows")
            if groups := _groups(made, reached.metric):
                typer.echo(f"    and of each group of {', '.join(groups)}")
    typer.echo(f"sha256:{digest}")
    typer.echo(f'In the model\'s file, under versions."{chosen}":')
    typer.echo(f"  baseline: {reference}")


@app.command("power")
def power(
    model: ModelName,
    rows_per_window: Annotated[
        list[int], typer.Option(metavar="N", min=1, help="Requests that a window has; again for more.", show_default=False)
    ],
    file: Annotated[Path, typer.Option("--baseline", metavar="FILE", help="The baseline.", exists=True, dir_okay=False)] = Path(
        "baseline.json"
    ),
    version: VersionName = None,
    environment: EnvironmentName = None,
    as_json: AsJson = False,
    environments: _environments.Folder = None,
) -> None:
    """Say what the budget for false alarms buys at a volume, before anything serves: which drift is seen, how surely, and after how long.

    Exit codes: 0 it was said; 1 it could not be, such as for the baseline of another model; 2 wrong usage.
    """
    found, world = described(model, "MODEL", environment, environments)
    chosen = version_of(found, version)
    watched, window = _watched(found, world)

    with _extras.drift():
        from modelway.monitoring.drift.baseline import read
        from modelway.monitoring.drift.power import power as power_of

    reference = read(_content(file), str(file), model=model, version=chosen)
    bought = [power_of(reference, watched, rows, window) for rows in dict.fromkeys(rows_per_window)]
    if as_json:
        typer.echo(json.dumps([_as_data(one, window) for one in bought], indent=2))
        return
    accepted = watched.false_alarms if watched.false_alarms is not None else 1
    typer.echo(f"{model} {chosen}: windows of {_length(window)}, {accepted} accepted false alarm{'' if accepted == 1 else 's'} a month")
    for one in bought:
        for line in _bought(one, watched.minimum_sample or 0, window):
            typer.echo(line)
    for note in dict.fromkeys(note for one in bought if one.rows >= (watched.minimum_sample or 0) for note in one.notes):
        typer.echo(note)


app.command("run")(run)
app.command("show")(show)


def _watched(model: "Model", world: "Environment") -> "tuple[Drift, int]":
    """What is watched of the model, and how long its windows are, in seconds. Raises ModelwayError where nothing is."""
    if model.drift is None:
        way_out = "Add `drift: {data: {}}`, which watches all inputs."
        raise ModelwayError(f"{model.model} is not watched in {world.environment}: its file has no drift. {way_out}")
    from modelway.monitoring.watching import looked_at

    drift = looked_at(world, model.model)
    return drift, int((drift.window or world.monitoring.drift.window).seconds)


def _content(file: Path) -> bytes:
    try:
        return file.read_bytes()
    except OSError as error:
        raise ModelwayError(f"{file} cannot be read: {error.strerror}.") from None


def _bought(power: "Power", minimum: int, window: int) -> Iterator[str]:
    """What a volume buys: one line about it, then one for each size of a drift, up to one that every window shows."""
    head = f"{power.rows:,} requests a window: "
    if power.rows < minimum:
        yield f"{head}nothing, as nothing is concluded from fewer than {minimum:,}"
        return
    seen = "no drift is seen in 80% of windows" if power.seen is None else f"80% of windows show a drift of {power.seen:.1%} of rows"
    yield f"{head}{seen}; at most {power.false_alarms:.2g} false alarms a month"
    for one in power.by_share:
        if one.share >= power.smallest:
            after = "no alarm"
            if not math.isinf(one.delay_windows):
                after = f"alarm after {one.delay_windows:.1f} windows, {_about(one.delay_windows * window)}"
            yield f"  {one.share:6.1%} of rows: {one.chance:4.0%} of windows show it, {after}"
            if one.chance == 1:
                return


def _as_data(power: "Power", window: int) -> dict[str, object]:
    """The same, as JSON has it, which knows nothing endless."""
    endless = math.isinf(power.delay_windows)
    return {
        "rows_per_window": power.rows,
        "window_seconds": window,
        "smallest": power.smallest,
        "chance": power.chance,
        "delay_windows": None if endless else power.delay_windows,
        "delay_seconds": None if endless else power.delay_seconds,
        "seen": power.seen,
        "false_alarms_a_month": power.false_alarms,
        "by_share": [
            {"share": one.share, "chance": one.chance, "delay_windows": None if math.isinf(one.delay_windows) else one.delay_windows}
            for one in power.by_share
        ],
        "notes": list(power.notes),
    }


def _about(seconds: float) -> str:
    size, unit = next(((size, unit) for size, unit in UNITS if seconds >= size), UNITS[-1])
    return f"{seconds / size:.1f}{unit}"


def _told(made: "Baseline", out: Path, digest: str, reference: str) -> dict[str, object]:
    """What was made, as JSON has it: counts alone."""
    columns = [
        {"name": one.name, "role": one.role, "kind": one.kind, "rows": one.rows}
        | {"missing": one.missing, "wrong": one.wrong, "infinite": one.infinite, "bins": len(one.counts)}
        for one in made.columns
    ]
    reached = [
        {"metric": one.metric, "value": one.value, "low": one.low, "high": one.high, "rows": one.rows}
        | ({} if one.column is None else {"column": one.column, "segment": one.segment})
        for one in made.reached
    ]
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


def _groups(made: "Baseline", metric: str) -> list[str]:
    """Columns by whose groups a metric is known too, and how many each has."""
    columns = [one.column for one in made.reached if one.metric == metric and one.column is not None]
    return [f"{name} ({columns.count(name):,})" for name in dict.fromkeys(columns)]


def _held(column: "Column") -> str:
    """What a baseline has of a column, in a few words."""
    of = "numbers" if column.kind == "number" else f"{len(column.categories):,} categories"
    odd = ((column.missing, "missing"), (column.wrong, "of another type"), (column.infinite, "NaN or infinite"))
    told = "".join(f", {count:,} {what}" for count, what in odd if count)
    bins = len(column.counts)
    return f"{column.role}, {of}, {bins:,} bin{'' if bins == 1 else 's'}{told}"


def _length(seconds: int) -> str:
    size, unit = next((size, unit) for size, unit in UNITS if seconds % size == 0)
    return f"{seconds // size}{unit}"
