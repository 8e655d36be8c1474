"""`modelway affected --base REF`: which stacks a change can touch, for the matrix of a pull request's previews."""

import json
from typing import Annotated

import typer


def command(
    base: Annotated[str, typer.Option("--base", metavar="REF", help="Git revision that the files are compared with.", show_default=False)],
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
    detailed: Annotated[bool, typer.Option("--detailed-exitcode", help="End with 5 when a stack can be touched.")] = False,
) -> None:
    """Print which stacks a change since a git revision can touch, and why: by what the files mean, not by which were edited.

    For a pull request: --base "$(git merge-base origin/main HEAD)".

    Exit codes: 0 told, 5 with --detailed-exitcode when there is one, 1 there is no such revision or no project here, 2 wrong usage.
    """
    from modelway.operations.affected import affected
    from modelway.operations.fingerprints import FactBook
    from modelway.operations.project import cache_folder, find_root
    from modelway.operations.revisions import Revision
    from modelway.operations.trees import EarlierTree

    root = find_root()
    facts = FactBook(cache_folder() / "affected")
    revision = Revision(root, base)
    found = affected(EarlierTree(revision, root), facts)
    facts.keep()
    if as_json:
        stacks = [{"stack": one.stack, "environment": one.environment, "state": one.state, "why": list(one.why)} for one in found]
        typer.echo(json.dumps({"base": revision.commit, "stacks": stacks}, indent=2, ensure_ascii=False))
    elif not found:
        typer.echo(f"no stack is touched by what changed since {base}")
    else:
        width = max(len(one.stack) for one in found)
        for one in found:
            state = "" if one.state == "changed" else f" ({one.state})"
            typer.echo(f"{one.stack:<{width}}  {'; '.join(one.why)}{state}")
    if detailed and found:
        raise typer.Exit(5)
