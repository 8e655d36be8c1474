"""What verbs share that read environments: the option that names their folder, and faults told from where one stands."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated

import typer

from modelway.errors import ModelwayError

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


@contextmanager
def faults_from_here() -> Iterator[None]:
    """Faults are told as of the current folder, as `modelway validate` tells them."""
    from modelway.architecture.faults import InvalidArchitecture, report

    try:
        yield
    except InvalidArchitecture as invalid:
        raise ModelwayError(report(invalid.faults, Path.cwd())) from None
