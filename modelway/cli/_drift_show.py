"""`modelway drift show ENDPOINT`: what the job found last."""

import json
import os
import sys
from typing import TYPE_CHECKING, Annotated

import typer

from modelway.cli import _environments
from modelway.cli._described import EnvironmentName, described
from modelway.errors import ModelwayError, WrongUsage

if TYPE_CHECKING:
    from pathlib import Path

    from modelway.monitoring.drift.result import Result


def show(
    endpoint: Annotated[str, typer.Argument(metavar="ENDPOINT", help="The model that the endpoint is called after.", show_default=False)],
    environment: EnvironmentName = None,
    results: Annotated[
        str | None,
        typer.Option(
            "--results",
            metavar="FOLDER",
            help="Where its results are, a folder or s3://BUCKET/PREFIX/; the environment's own place.",
            show_default=False,
        ),
    ] = None,
    windows: Annotated[int, typer.Option("--windows", metavar="N", min=1, max=1000, help="Windows that are looked back at.")] = 24,
    as_json: Annotated[bool, typer.Option("--json", help="Print the results as JSON, the newest window of a version last.")] = False,
    environments: _environments.Folder = None,
) -> None:
    """Show what was found in an endpoint's last windows, of every version: states, alarms, what drifted, what could not be read.

    Exit codes: 0 it was shown, alarms or not; 1 there is nothing to show; 2 wrong usage.
    """
    if results is not None and not (environment is None and environments is None):
        raise typer.BadParameter("it says where results are; leave the options about an environment out", param_hint="--results")
    address = results if results is not None else _address(endpoint, environment, environments)
    found = _found(endpoint, address, windows)
    if as_json:
        from modelway.monitoring.drift.result import written

        typer.echo(json.dumps([json.loads(written(result)) for result in found], indent=2, ensure_ascii=False))
        return
    import shutil

    from modelway.monitoring.drift.showing import shown

    on_terminal = sys.stdout.isatty()
    width = shutil.get_terminal_size((100, 24)).columns if on_terminal else 100
    typer.echo(shown(found, earlier=_earlier(address, found), width=width, colour=on_terminal and not os.environ.get("NO_COLOR")), nl=False)


def _address(endpoint: str, environment: str | None, folder: "Path | None") -> str:
    from modelway.monitoring.places import results_address

    model, world = described(endpoint, "ENDPOINT", environment, folder)
    if model.drift is None or world.monitoring.drift.image is None:
        lacks = "its file has no drift" if model.drift is None else "the environment has no monitoring.drift.image"
        raise WrongUsage(f"Nobody looks whether {endpoint} drifts in {world.environment}: {lacks}. Name its results with --results.")
    return results_address(world, endpoint)


def _found(endpoint: str, address: str, windows: int) -> "list[Result]":
    """The last results of all versions at the address."""
    from modelway.monitoring.drift.store import is_result, lacking, opened
    from modelway.monitoring.drift.store import results as results_of

    if not address:
        raise WrongUsage("--results names no folder.")
    if (lacks := lacking(address)) is not None:
        raise typer.BadParameter(f"{address}: {lacks}", param_hint="--results")
    store = opened(address)
    if any(is_result(entry.key) for entry in store.level().entries):
        raise typer.BadParameter(f"{address} is the folder of one version: name the one that it is in", param_hint="--results")
    versions = [folder for folder in store.level().folders if any(is_result(entry.key) for entry in store.level(folder).entries)]
    found = [result for version in versions for result in results_of(store, version.rstrip("/"), windows)]
    others = sorted({result.endpoint for result in found} - {endpoint})
    if others:
        raise WrongUsage(f"{address} has results of {', '.join(others)}: name that endpoint, or the folder of {endpoint}.")
    if not found:
        raise ModelwayError(
            f"There are no results of {endpoint} at {address}: no window was looked at yet. `modelway drift run` looks, as a schedule does."
        )
    return found


def _earlier(address: str, shown: "list[Result]") -> "list[Result]":
    """Windows before those that are shown which have the labels that none of their version has yet."""
    from modelway.monitoring.drift.history import History
    from modelway.monitoring.drift.standing import labelled
    from modelway.monitoring.drift.store import opened

    found = []
    for version in dict.fromkeys(result.version for result in shown):
        some = [result for result in shown if result.version == version]
        if not any(result.labelled for result in some):
            found += labelled(History(opened(address), version), some[0].start)
    return found
