"""What verbs share that read or write a ledger: the options that name it and the keys, and how it is opened."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from modelway.errors import WrongUsage

if TYPE_CHECKING:
    from modelway.architecture import Environment
    from modelway.governance.ledger import Key, Ledger

Address = Annotated[
    str,
    typer.Option(
        "--ledger",
        metavar="PLACE",
        envvar="MODELWAY_LEDGER",
        help="Where the ledger is: a folder, or s3://BUCKET/PREFIX.",
        show_default=False,
    ),
]
Keys = Annotated[
    Path,
    typer.Option(
        "--keys",
        metavar="FILE",
        envvar="MODELWAY_LEDGER_KEYS",
        help="Public keys that may sign, as JSON, for one project.",
        exists=True,
        dir_okay=False,
        show_default=False,
    ),
]

OwnAddress = Annotated[
    str | None,
    typer.Option(
        "--ledger",
        metavar="PLACE",
        envvar="MODELWAY_LEDGER",
        help="Where the ledger is; without it, what the environment says in governance.ledger.",
        show_default=False,
    ),
]
OwnKeys = Annotated[
    Path | None,
    typer.Option(
        "--keys",
        metavar="FILE",
        envvar="MODELWAY_LEDGER_KEYS",
        help="Public keys that may sign, as JSON; without it, what the environment says in governance.ledger.",
        exists=True,
        dir_okay=False,
        show_default=False,
    ),
]


def of_environment(environment: "Environment", root: Path, address: str | None, keys: Path | None) -> tuple[str, Path]:
    """Where the ledger of an environment is and its file of keys; what is given counts more than what the environment says. Raises
    WrongUsage where neither says it. `root` is that of the repository that the environments are in."""
    said = environment.governance.ledger
    if said is None and (address is None or keys is None):
        raise WrongUsage(
            f"environment {environment.environment} names no ledger: write `ledger: {{address: …, keys: …}}` under governance in its file,"
            " or give --ledger and --keys."
        )
    if address is None and said is not None:
        address = said.address if said.address.startswith("s3://") else str(root / said.address)
    if keys is None and said is not None:
        keys = root / said.keys
    assert address is not None
    assert keys is not None
    return address, keys


def trusted(file: Path) -> "tuple[str, tuple[Key, ...]]":
    """The project that a file of keys is for, and its keys. Raises WrongKey; WrongUsage where it is for several."""
    from modelway.governance.ledger import trusted as read

    keys = read(file)
    projects = sorted({key.project for key in keys})
    if len(projects) != 1:
        raise WrongUsage(f"{file} has keys of {', '.join(projects) or 'no project'}: name a file with those of one project.")
    return projects[0], keys


def opened(address: str, keys: Path) -> "Ledger":
    """The ledger at an address. Raises NoLedger, AnotherProject, WrongKey."""
    from modelway.governance.ledger import opened as found

    return found(address, *trusted(keys))
