"""What verbs share that read or write a ledger: the options that name it and the keys, and how it is opened."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from modelway.errors import WrongUsage

if TYPE_CHECKING:
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
