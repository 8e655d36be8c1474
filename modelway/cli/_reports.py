"""What `modelway preview` and `modelway report` share: options of a report, and how it is written."""

import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal, cast

import typer

if TYPE_CHECKING:
    from modelway.preview.changeset import ChangeSet

Format = Literal["markdown", "html", "terminal", "json", "line"]

FormatName = Annotated[Format, typer.Option("--format", help="How the report is written.")]
Checks = Annotated[
    list[Path] | None,
    typer.Option(
        metavar="FILE",
        help="What `modelway check … --json` wrote, to be part of the report.",
        exists=True,
        dir_okay=False,
        show_default=False,
    ),
]
RiskRows = Annotated[
    Path | None,
    typer.Option(metavar="FILE", help="Your own rows of the table of risks (TOML).", exists=True, dir_okay=False, show_default=False),
]
OwnPrices = Annotated[
    Path | None,
    typer.Option(metavar="FILE", help="Your own prices (TOML).", exists=True, dir_okay=False, show_default=False),
]
Detailed = Annotated[bool, typer.Option("--detailed-exitcode", help="End with 5 when there are changes that may be merged.")]


def rendered(changeset: "ChangeSet", format_: Format, *, shown: bool = True) -> str:
    """The report in that format; `shown` where it goes to stdout, which may be a terminal with colours and a width."""
    if format_ == "terminal" and shown and sys.stdout.isatty():
        import shutil

        from modelway.preview.render import terminal

        return terminal.render(changeset, width=shutil.get_terminal_size((100, 24)).columns, colour=not os.environ.get("NO_COLOR"))
    from importlib import import_module

    return cast(str, import_module(f"modelway.preview.render.{format_}").render(changeset))
