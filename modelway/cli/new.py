"""`modelway new`."""

import typer

app = typer.Typer(help="Write the file of a new model, or the folder of a new environment.", no_args_is_help=True)
