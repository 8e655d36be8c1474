"""What verbs share that read environments: the option that names their folder, and faults told from where one stands."""

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from modelway.errors import ModelwayError

if TYPE_CHECKING:
    from modelway.architecture import Environment
    from modelway.operations.environments import Deployment

Folder = Annotated[
    Path | None,
    typer.Option(
        "--environments",
        metavar="DIR",
        help="Folder of the environments; without it, what modelway:environments says, or stacks/environments.",
        show_default=False,
    ),
]


def project(needed: bool) -> Path | None:
    """The root of the project; None where there is none and it is not needed."""
    from modelway.operations.project import find_root

    try:
        return find_root()
    except ModelwayError:
        if needed:
            raise
        return None


def folder_of(name: str, environments: Path | None, root: Path | None) -> Path:
    """The folder that environment `name` lies in. Raises BadParameter when the named one is not there."""
    from modelway.operations.project import environments_folder

    return existing(environments) or environments_folder(root or Path(), name)


def existing(environments: Path | None) -> Path | None:
    """The folder that was named. Raises BadParameter when it is not there."""
    if environments is not None and not environments.is_dir():
        raise typer.BadParameter(f"there is no folder {environments}", param_hint="--environments")
    return environments


def writable(folder: Path, option: str) -> None:
    """Raises BadParameter where that folder is none and could not be made."""
    nearest = next(one for one in (folder.absolute(), *folder.absolute().parents) if os.path.lexists(one))
    if not nearest.is_dir():
        raise typer.BadParameter(f"{nearest} is a file, and would have to be a folder", param_hint=option)
    if not os.access(nearest, os.W_OK | os.X_OK):
        raise typer.BadParameter(f"{nearest} cannot be written", param_hint=option)


@contextmanager
def faults_from_here() -> Iterator[None]:
    """Faults are told as of the current folder, as `modelway validate` tells them."""
    from modelway.architecture.faults import InvalidArchitecture, report

    try:
        yield
    except InvalidArchitecture as invalid:
        raise ModelwayError(report(invalid.faults, Path.cwd())) from None


Kept = Annotated[
    Path | None,
    typer.Option(
        "--environments",
        metavar="DIR",
        help="Folder of the environments; kept in the stacks' configuration as modelway:environments. Without it, what that says, "
        "or stacks/environments.",
        show_default=False,
    ),
]
"""As Folder, for verbs that run the environment's program, which has to read the same one."""


def opened(
    name: str, environments: Path | None = None, *, to_come_up: bool = False, refuse: "Callable[[Environment], object] | None" = None
) -> "Deployment":
    """The environment and its engine, as `open_deployment` has them; `refuse` raises for what the files alone show to be wrong, before
    anybody is asked for credentials."""
    from modelway.operations.environments import open_deployment

    with faults_from_here():
        return open_deployment(name, existing(environments), to_come_up=to_come_up, refuse=refuse)
