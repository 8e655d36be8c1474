"""`modelway drift run ENDPOINT`: what a schedule runs, and people may: the windows that are due, looked at."""

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated

import typer

from modelway.cli import _environments
from modelway.cli._described import EnvironmentName, described
from modelway.errors import ModelwayError, WrongUsage

if TYPE_CHECKING:
    from pathlib import Path

    from modelway.monitoring.drift.job import Ran
    from modelway.monitoring.drift.result import Result
    from modelway.monitoring.drift.watched import Watched


@dataclass(frozen=True)
class Places:
    """What the files of an environment do not say: each a folder or s3://BUCKET/PREFIX/."""

    payloads: str | None = None
    labels: str | None = None
    results: str | None = None
    store: str | None = None


def run(
    endpoint: Annotated[str, typer.Argument(metavar="ENDPOINT", help="The model that the endpoint is called after.", show_default=False)],
    environment: EnvironmentName = None,
    watched: Annotated[
        str | None,
        typer.Option(
            "--watched", metavar="FILE", help="What is watched, as the job has it: a file or s3://BUCKET/KEY.", show_default=False
        ),
    ] = None,
    window: Annotated[
        str | None,
        typer.Option(
            "--window", metavar="START[/END]", help="Only these, in UTC: 2026-11-27T05, or 2026-11-26/2026-11-27.", show_default=False
        ),
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
    payloads: Annotated[
        str | None, typer.Option(metavar="PLACE", help="With an environment: where requests and answers are kept.", show_default=False)
    ] = None,
    labels: Annotated[
        str | None,
        typer.Option(metavar="PLACE", help="With an environment: where labels are; where the model's file says.", show_default=False),
    ] = None,
    results: Annotated[
        str | None, typer.Option(metavar="PLACE", help="With an environment: where results go; its own place.", show_default=False)
    ] = None,
    store: Annotated[
        str | None, typer.Option(metavar="PLACE", help="With an environment: where baselines are; its model store.", show_default=False)
    ] = None,
    environments: _environments.Folder = None,
) -> None:
    """Look at the windows that are due and were not looked at, or have more data by now: results, pages, metrics, events.

    Run it as often as you like, and twice at once: a window has one result. Whatever a run did not get to, the next one does. A window
    that is named is looked at again also for other settings or another baseline.

    Exit codes: 0 it was looked, and alarms are no failure; 1 nothing could be said, or something could not be done, such as an event that
    nobody took, or a window of which not one record could be used; 2 wrong usage, such as a window that is not over yet.
    """
    import time

    from modelway.monitoring.drift.job import run as run_job
    from modelway.monitoring.drift.windows import written

    places = Places(payloads, labels, results, store)
    if watched is not None:
        if environment is not None or environments is not None or places != Places():
            raise typer.BadParameter("it says everything; leave the options about an environment out", param_hint="--watched")
        told = _from_file(watched)
    else:
        told = _from_environment(endpoint, environment, environments, places)
    if told.endpoint != endpoint:
        raise WrongUsage(f"{watched} watches {told.endpoint}, and not {endpoint}.")
    length = told.described.window
    windows = written(window, int(length.seconds)) if window is not None and length is not None else None
    ran = run_job(told, now=time.time(), windows=windows, progress=lambda line: typer.echo(line, err=True))
    typer.echo(json.dumps(_as_data(ran), indent=2) if as_json else "\n".join(_lines(told, ran, named=windows is not None)))
    if ran.faults:
        raise ModelwayError("\n".join(ran.faults))


def _from_file(address: str) -> "Watched":
    from modelway.monitoring.drift.store import content
    from modelway.monitoring.drift.watched import read

    held = content(address)
    if held is None:
        raise WrongUsage(f"--watched: there is no {address}.")
    return read(held, address)


def _from_environment(endpoint: str, environment: str | None, folder: "Path | None", places: "Places") -> "Watched":
    """What the environment's files say is watched, at those places."""
    from modelway.architecture.platform_rules import bucket_name
    from modelway.architecture.serving import serving
    from modelway.monitoring.drift.store import lacking
    from modelway.monitoring.places import results_address
    from modelway.monitoring.watching import watched

    model, world = described(endpoint, "ENDPOINT", environment, folder)
    if model.drift is None:
        raise WrongUsage(f"nothing is watched of {endpoint} in {world.environment}: its file has no drift.")
    if places.payloads is None:
        raise typer.BadParameter("say where requests and answers are kept, a folder or s3://BUCKET/PREFIX/", param_hint="--payloads")
    for place, option in ((places.payloads, "--payloads"), (places.labels, "--labels")):
        if place is not None and (lacks := lacking(place)) is not None:
            raise typer.BadParameter(f"{place}: {lacks}", param_hint=option)
    if places.labels is not None and model.drift.labels is None:
        raise typer.BadParameter(f"the file of {endpoint} says of no labels when they are known: add drift.labels", param_hint="--labels")
    if model.serving is None:
        raise WrongUsage(f"{endpoint} has no endpoint in {world.environment}: nobody asks it.")
    store, addresses = (places.store or f"s3://{bucket_name(world)}").rstrip("/"), {}
    for version in serving(world, endpoint)[2].versions:
        kept = model.versions[version].baseline
        if kept is None:
            raise WrongUsage(f"version {version} of {endpoint} has no baseline: make one with `modelway drift baseline`.")
        addresses[version] = f"s3://{kept.bucket}/{kept.key}" if kept.bucket is not None else f"{store}/{kept.key}"
    results = places.results or results_address(world, endpoint)
    return watched(world, endpoint, payloads=places.payloads, results=results, baselines=addresses, labels=places.labels)


def _as_data(ran: "Ran") -> dict[str, object]:
    return {
        "written": [_result(result) for result in ran.results],
        "standing": {version: _result(result) for version, result in ran.standing.items()},
        "faults": list(ran.faults),
    }


def _result(result: "Result") -> dict[str, object]:
    from modelway.monitoring.drift.windows import shown

    return {
        "version": result.version,
        "start": shown(result.start),
        "end": shown(result.end),
        "revision": result.revision,
        "rows": result.counts.rows,
        "states": {alarm.watch: alarm.state for alarm in result.alarms},
        "alarms": [alarm.watch for alarm in result.alarms if alarm.raised],
        "drifted": [
            {"watch": finding.watch, "subject": finding.subject, "method": finding.method}
            for finding in result.findings
            if finding.state == "drifted"
        ],
    }


def _lines(watched: "Watched", ran: "Ran", *, named: bool) -> list[str]:
    """How much was written, and of each version the newest window that was asked for; what stands, where none was named."""
    from modelway.monitoring.drift.telling import in_words
    from modelway.monitoring.drift.windows import Window
    from modelway.monitoring.drift.wording import counted

    lines = [f"{watched.endpoint} in {watched.environment}: {counted(len(ran.results), 'result')} written to {watched.results}"]
    written = {(one.version, one.start) for one in ran.results}
    before = sum((one.version, one.start) not in written for one in ran.asked)
    if before:
        lines.append(f"  {counted(before, 'result')} of windows that were looked at before, with the same data and settings: nothing to do")
    shown = {one.version: one for one in ran.asked} if named else ran.standing
    return lines + [f"  {version}  {Window(one.start, one.end)}  {in_words(one)}" for version, one in shown.items()]
