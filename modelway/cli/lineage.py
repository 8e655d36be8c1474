"""`modelway lineage …`: from data to endpoints, and back."""

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, TypeAlias

import typer

from modelway.cli import _environments
from modelway.cli._ledgers import OwnAddress, OwnKeys
from modelway.errors import ModelwayError, WrongUsage

if TYPE_CHECKING:
    from collections.abc import Iterator

    from modelway.architecture import Environment
    from modelway.governance.lineage import Lineage, Version
    from modelway.governance.lineage.tracked import Held as One
    from modelway.governance.lineage.tracked import Run
    from modelway.governance.releases import Release

    Worlds: TypeAlias = dict[str, tuple[Environment, Path]]
    Held: TypeAlias = tuple[Version, Run, tuple[One, ...]]


def command(
    model: Annotated[str | None, typer.Argument(metavar="MODEL", help="Name of the model.", show_default=False)] = None,
    data: Annotated[
        str | None,
        typer.Option(
            metavar="DATA", help="Instead of MODEL: data, by name, SHA-256 or source. Which endpoints used them?", show_default=False
        ),
    ] = None,
    env: Annotated[
        list[str] | None,
        typer.Option(metavar="ENV", help="Of this environment alone; can be said again. Default: all.", show_default=False),
    ] = None,
    address: OwnAddress = None,
    keys: OwnKeys = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
    as_mermaid: Annotated[bool, typer.Option("--mermaid", help="Print a flow chart of Mermaid.")] = False,
    html: Annotated[Path | None, typer.Option(metavar="FILE", help="Write a page too.", dir_okay=False, show_default=False)] = None,
    openlineage: Annotated[
        str | None,
        typer.Option(metavar="PLACE", help="Write events of OpenLineage too: to a file, or to https://HOST.", show_default=False),
    ] = None,
    mlflow: Annotated[
        str | None,
        typer.Option(
            metavar="SERVER",
            help="Hold runs of MLflow against the files: an address, or the environment that declares the server.",
            show_default=False,
        ),
    ] = None,
    environments: _environments.Folder = None,
) -> None:
    """Print where a model's versions come from and where they answered; with --data which endpoints used some data.

    From environments' files, and from every release where there is a ledger. Exit codes: 1 when something does not go together, such as
    a run of MLflow with what the file says of it, or nobody knows the data; 2 wrong usage.
    """
    if (model is None) == (data is None):
        raise typer.BadParameter("say which model, or which data", param_hint="MODEL, --data")
    if as_json and as_mermaid:
        raise typer.BadParameter("only one of them is printed", param_hint="--json, --mermaid")
    if mlflow is not None and model is None:
        raise typer.BadParameter("it asks for the runs of one model: name it", param_hint="--mlflow")
    worlds = _worlds(env or [], environments)
    found = _found(worlds, env or [], address, keys)
    if model is not None:
        if model not in found.models:
            raise typer.BadParameter(f"nobody knows {model}; known are {', '.join(found.models) or 'none'}", param_hint="MODEL")
        found = found.of(model)
    runs = _runs(found, str(model), mlflow, worlds) if mlflow is not None else []
    if as_json:
        typer.echo(json.dumps(_data(found, model, data, runs), indent=2, ensure_ascii=False))
    else:
        typer.echo("\n".join(_chart(found, data) if as_mermaid else _lines(found, model, data, runs)))
    if html is not None:
        _write(html, _page(found, model, data))
    if openlineage is not None:
        _emit(found if data is None else _using(found, data), openlineage, runs)
    if found.differences or any(one.outcome == "differs" for _, _, held in runs for one in held):
        raise typer.Exit(1)


def _data(found: "Lineage", model: str | None, data: str | None, runs: "list[Held]") -> dict[str, object]:
    from dataclasses import asdict

    from modelway.governance.lineage import data as as_data

    told = as_data.of_data(found, data) if data is not None else as_data.of_model(found, str(model))
    if runs:
        told["mlflow"] = [{"version": version.name, **asdict(run), "held": [asdict(one) for one in held]} for version, run, held in runs]
    return told


def _chart(found: "Lineage", data: str | None) -> list[str]:
    from modelway.governance.lineage import asking, graph_of
    from modelway.governance.lineage.mermaid import mermaid

    return [mermaid(asking.reached(found, data) if data is not None else graph_of(found))]


def _lines(found: "Lineage", model: str | None, data: str | None, runs: "list[Held]") -> "Iterator[str]":
    from modelway.governance.lineage import telling

    yield from telling.of_data(found, data) if data is not None else telling.of_model(found, str(model))
    for version, run, held in runs:
        yield f"MLflow, run {run.id} of {version.name}"
        yield from telling.of_run(held)


def _page(found: "Lineage", model: str | None, data: str | None) -> str:
    from modelway.governance.lineage import html

    return html.of_data(found, data) if data is not None else html.of_model(found, str(model))


def _write(file: Path, text: str) -> None:
    beside = file.with_name(f".{file.name}.new")
    try:
        beside.write_text(text, "utf-8")
        beside.replace(file)
    except OSError as fault:
        beside.unlink(missing_ok=True)
        raise ModelwayError(f"{file} cannot be written: {fault.strerror}. Name another.") from None
    typer.echo(f"written to {file}", err=True)


def _using(found: "Lineage", data: str) -> "Lineage":
    """What there is of the versions that were made with some data."""
    from modelway.governance.lineage import asking

    return asking.using(found, data)


def _emit(found: "Lineage", place: str, runs: "list[Held]") -> None:
    import os
    from datetime import UTC, datetime

    from modelway.operations import openlineage_events

    ended = {str(version.run): datetime.fromtimestamp(run.ended / 1000, UTC) for version, run, _ in runs if run.ended is not None}
    namespace = os.environ.get(openlineage_events.NAMESPACE) or openlineage_events.DEFAULT
    made = openlineage_events.events(found, datetime.now(UTC), ended, namespace)
    if "://" in place:
        openlineage_events.send(made, place)
    else:
        openlineage_events.write(made, Path(place))
    typer.echo(
        f"{len(made):,} event{'s' if len(made) != 1 else ''} of OpenLineage {'sent' if '://' in place else f'written to {place}'}", err=True
    )


def _runs(found: "Lineage", model: str, server: str, worlds: "Worlds") -> "list[Held]":
    """Each version whose run is MLflow's, its run, and what was held of the two."""
    import os

    from modelway.governance.lineage import tracked
    from modelway.governance.lineage.naming import names
    from modelway.operations.mlflow_runs import read_run

    address = server if "://" in server else _declared(server, worlds)
    of_mlflow = [version for _, version in names(found).listed if (version.run or "").startswith("mlflow:")]
    if not of_mlflow:
        raise ModelwayError(f"no version of {model} names a run of MLflow: write `training: {{run: mlflow:RUN}}` in its file.")
    runs = {}
    for wanted in dict.fromkeys(str(version.run).removeprefix("mlflow:") for version in of_mlflow):
        runs[wanted] = tracked.run_in(read_run(address, wanted, os.environ), wanted)
    of = [(version, runs[str(version.run).removeprefix("mlflow:")]) for version in of_mlflow]
    return [(version, run, tracked.held(run, version)) for version, run in of]


def _declared(name: str, worlds: "Worlds") -> str:
    """The address of the server that an environment declares."""
    if name not in worlds:
        raise typer.BadParameter(f"{name} is neither an address nor one of {', '.join(worlds)}", param_hint="--mlflow")
    declared = worlds[name][0].registry.model_registry
    hostname = declared.hostname if declared.kind == "mlflow_server" else None
    if hostname is None:
        raise typer.BadParameter(f"{name} declares no server of MLflow that has a hostname: give its address", param_hint="--mlflow")
    return f"https://{hostname}"


def _worlds(env: list[str], environments: Path | None) -> "Worlds":
    """The environments that are asked for, and the root of the repository of each."""
    from modelway.architecture import load, names
    from modelway.architecture.folders import repository_root
    from modelway.operations.project import DEFAULT_ENVIRONMENTS

    root = _environments.project(needed=environments is None)
    here = _environments.existing(environments) or (root or Path()) / DEFAULT_ENVIRONMENTS
    worlds = {}
    with _environments.faults_from_here():
        for name in dict.fromkeys(env or names(here)):
            folder = _environments.folder_of(name, environments, root)
            if name not in (known := names(folder)):
                raise typer.BadParameter(f"there is no {name} in {folder}; there are {', '.join(known) or 'none'}", param_hint="--env")
            worlds[name] = (load(folder, name, root), repository_root(folder, root))
    return worlds


def _found(worlds: "Worlds", env: list[str], address: str | None, keys: Path | None) -> "Lineage":
    from modelway.governance.lineage import lineage

    releases, unread = _releases(worlds, address, keys)
    releases = [one for one in releases if not env or one.record.environment in env]
    return lineage([(world, _contracts(world, root)) for world, root in worlds.values()], releases, unread)


def _contracts(environment: "Environment", root: Path) -> dict[str, str]:
    """SHA-256 in hex of the files of an environment's contracts, by path."""
    from modelway.governance.given import sha256_of

    paths = {version.contract for model in environment.models.values() for version in model.versions.values()}
    return {path: sha256_of(root / path) for path in sorted(paths) if (root / path).is_file()}


def _releases(worlds: "Worlds", address: str | None, keys: Path | None) -> "tuple[list[Release], list[str]]":
    """Every release of the ledger that was named, or else of those that environments name; and which could not be read."""
    from modelway.cli._ledgers import of_environment, opened
    from modelway.governance.releases import all_of

    if address is not None and keys is not None:
        return list(all_of(opened(address, keys))), []
    if address is not None or keys is not None:
        missing = "--keys" if keys is None else "--ledger"
        raise WrongUsage(f"{missing} is missing: a ledger is read with the public keys that may sign in it.")
    releases: list[Release] = []
    unread, read = [], set()
    for name, (world, root) in worlds.items():
        if world.governance.ledger is None:
            continue
        place = of_environment(world, root, None, None)
        if place in read:
            continue
        read.add(place)
        try:
            releases += all_of(opened(*place))
        except ModelwayError as fault:
            unread.append(f"releases of {name}: {fault}")
    return releases, unread
