"""`modelway local up | status | env | logs | down`: the cloud on a laptop."""

import contextlib
import json
import os
import shlex
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from modelway.errors import ModelwayError

if TYPE_CHECKING:
    from localcloud.cloud import LocalCloud, Status

app = typer.Typer(no_args_is_help=True, help="The cloud on a laptop: a stand-in for AWS and EKS, for runs without an account.")

FOLDER = Path(".modelway") / "local"
"""Git-ignored, in the clone."""

DEFAULT_ENVIRONMENT = "local"

AsJson = Annotated[bool, typer.Option("--json", help="Print JSON.")]


@app.command()
def up(as_json: AsJson = False) -> None:
    """Start everything; nothing happens when it runs, parts that crashed are started again."""
    began = time.monotonic()
    with _cloud() as cloud:
        status = cloud.up(lambda text: typer.echo(f"{time.monotonic() - began:5.1f} s  {text}", err=True))
    _show(status, as_json)


@app.command()
def status(as_json: AsJson = False) -> None:
    """Show what runs, and the last words of what crashed. Exit code 1 unless everything runs."""
    with _cloud() as cloud:
        now = cloud.status()
    _show(now, as_json)
    if not now.up:
        raise typer.Exit(1)


@app.command()
def env(
    environment: Annotated[str, typer.Argument(metavar="[ENV]", help="Environment whose account and region to use.")] = DEFAULT_ENVIRONMENT,
    as_json: AsJson = False,
) -> None:
    """Print the variables that point pulumi, kubectl and AWS tools here: eval "$(modelway local env dev)"."""
    from modelway.architecture import load
    from modelway.operations.project import environments_folder, find_root

    root = find_root()
    described = load(environments_folder(root, environment), environment, root)
    with _cloud() as cloud:
        variables = cloud.environment(described.aws.account, described.aws.region)
    if any(cluster.kind == "eks" for cluster in described.clusters.values()):
        there = f"kubectl --kubeconfig <(modelway kubeconfig {environment}) …"
        typer.echo(f"kubectl alone stays in cluster local; for {environment}'s own, once it is up: {there}", err=True)
    if as_json:
        typer.echo(json.dumps({name: value or None for name, value in variables.items()}, indent=2))
        return
    for name, value in variables.items():
        typer.echo(f"export {name}={shlex.quote(value)}" if value else f"unset {name}")


@app.command()
def logs(
    part: Annotated[str | None, typer.Argument(help="Name of the part, as `status` shows it.", show_default=False)] = None,
    lines: Annotated[int, typer.Option("--lines", "-n", min=1, help="How many of the last lines.")] = 50,
) -> None:
    """Print a part's last log lines; without PART, where each part's log lies."""
    with _cloud() as cloud:
        if part is None:
            for known in cloud.status().parts:
                typer.echo(f"{known.name}\t{known.log}")
            return
        file = cloud.logs(part)
    text = file.read_text("utf-8", "replace").splitlines()[-lines:]
    typer.echo("\n".join(text))


@app.command()
def down() -> None:
    """Stop everything and remove it: processes, clusters, emulated accounts, and the state of the stacks in them."""
    with _cloud() as cloud:
        cloud.down(lambda text: typer.echo(text, err=True))
    if "PULUMI_OPTION_CWD" in os.environ:
        typer.echo("this shell still points at what is gone: open another, or start the cloud again and repeat the eval.", err=True)


@contextlib.contextmanager
def _cloud() -> "Iterator[LocalCloud]":
    from modelway.operations.project import find_root

    root = find_root()
    # The library may be installed elsewhere; the local cloud is part of the clone.
    sys.path.insert(0, str(root))
    from localcloud import LocalCloudError
    from localcloud.cloud import LocalCloud

    try:
        yield LocalCloud(root / FOLDER)
    except LocalCloudError as fault:
        raise ModelwayError(str(fault)) from fault


def _show(status: "Status", as_json: bool) -> None:
    if as_json:
        from dataclasses import asdict

        typer.echo(json.dumps(asdict(status), indent=2, default=str))
        return
    if not status.parts:
        typer.echo(f"no local cloud runs in {status.folder}")
        return
    from rich.console import Console
    from rich.table import Table

    table = Table(box=None, pad_edge=False)
    for column in ("part", "state", "pid", "port"):
        table.add_column(column)
    for part in status.parts:
        state = f"{part.state}: {part.reason}" if part.reason else part.state
        table.add_row(part.name, state, str(part.pid or ""), str(part.port or ""), style="red" if part.reason else None)
    console = Console(highlight=False, soft_wrap=True)
    console.print(table)
    for part in status.parts:
        if part.lines:
            console.print(f"\nlast lines of {part.name} ({part.log}):", markup=False)
            for line in part.lines:
                console.print(f"  {line}", markup=False)
    console.print(f"\n{status.notice}", markup=False)
    if status.up:
        from modelway.architecture import names
        from modelway.operations.project import DEFAULT_ENVIRONMENTS, find_root

        known = " or ".join(names(find_root() / DEFAULT_ENVIRONMENTS))
        console.print(f'use it: eval "$(modelway local env ENV)", ENV being {known}     stop it: modelway local down', markup=False)
    else:
        console.print("repair it: modelway local up     remove it: modelway local down", markup=False)
