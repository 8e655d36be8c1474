"""`modelway inventory`: which AI systems there are in all environments, and whether everything they run on says whose it is."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from modelway.cli import _environments

if TYPE_CHECKING:
    from collections.abc import Iterator

    from modelway.architecture import Environment
    from modelway.governance.inventory.coverage import Coverage, Resource
    from modelway.governance.inventory.systems import Inventory, System


def command(
    names: Annotated[list[str] | None, typer.Argument(metavar="[ENV]…", help="Of these alone; all of them.", show_default=False)] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON; docs/inventory.schema.json says its form.")] = False,
    state: Annotated[
        list[Path] | None,
        typer.Option(
            "--state",
            metavar="FILE",
            help="Look at what a stack holds (`pulumi stack export`) instead of at the program; once for each stack.",
            exists=True,
            dir_okay=False,
            show_default=False,
        ),
    ] = None,
    no_resources: Annotated[bool, typer.Option("--no-resources", help="List systems alone; look at no resource.")] = False,
    environments: _environments.Folder = None,
) -> None:
    """List AI systems, and look whether every resource says its system, who answers for it, and its tier.

    Resources are those that the program asks for, without an engine or account; with --state those that are there. Exit codes: 1 when a
    resource that could say it does not, or the program cannot be run; 2 wrong usage.
    """
    from modelway.cli.policy import today
    from modelway.governance.inventory.systems import inventory, written

    if state and no_resources:
        raise typer.BadParameter("it looks at resources: leave --no-resources out", param_hint="--state")
    worlds = _worlds(names or [], environments)
    found = [] if no_resources else _of_states(state) if state else _of_program(worlds)
    made = inventory([world for world, _ in worlds], found, today())
    if as_json:
        typer.echo(written(made))
    else:
        typer.echo("\n".join(_lines(made)))
    if any(one.lacking for one in made.resources):
        raise typer.Exit(1)


def _worlds(named: list[str], environments: Path | None) -> "list[tuple[Environment, Path]]":
    """The environments, each with the folder that it is in."""
    from modelway.architecture import load, names
    from modelway.operations.project import DEFAULT_ENVIRONMENTS

    root = _environments.project(needed=environments is None)
    here = _environments.existing(environments) or (root or Path()) / DEFAULT_ENVIRONMENTS
    found = []
    with _environments.faults_from_here():
        for name in dict.fromkeys(named or names(here)):
            folder = _environments.folder_of(name, environments, root)
            if name not in (known := names(folder)):
                raise typer.BadParameter(f"there is no {name} in {folder}; there are {', '.join(known) or 'none'}", param_hint="ENV")
            found.append((load(folder, name, root), folder))
    return found


def _of_program(worlds: "list[tuple[Environment, Path]]") -> "list[tuple[str, str, Coverage]]":
    from modelway.architecture.layout import stacks
    from modelway.governance.inventory.coverage import covered
    from modelway.operations.marks import asked_for

    root = _environments.project(needed=True)
    assert root is not None
    listed = [(stack, folder.resolve()) for world, folder in worlds for stack in stacks(world)]
    typer.echo(f"asks the program for {len(listed)} stack{'s' if len(listed) != 1 else ''}; nothing is made", err=True)
    told = asked_for(root, listed)
    return [
        (stack, "program", covered([_resource(urn, said) for urn, said in one.items()]))
        for (stack, _), one in zip(listed, told, strict=True)
    ]


def _of_states(files: "list[Path]") -> "list[tuple[str, str, Coverage]]":
    from modelway.governance.inventory.coverage import covered
    from modelway.preview.whole_stack import as_it_is

    found = []
    for file in files:
        whole = as_it_is(file)
        for gap in whole.gaps:
            typer.echo(f"not known: {gap.what} {gap.way_out}", err=True)
        found.append((whole.stack, "state", covered([_resource(one.urn, _said(one.subject.properties)) for one in whole.resources])))
    return found


def _said(properties: "object") -> dict[str, str]:
    """Tags, labels and annotations of a resource out of its properties; what is secret or unknown is not told."""
    from collections.abc import Mapping

    told: dict[str, str] = {}
    if isinstance(properties, Mapping):
        metadata = properties.get("metadata")
        inside = (metadata.get("labels"), metadata.get("annotations")) if isinstance(metadata, Mapping) else ()
        for given in (properties.get("tagsAll"), properties.get("tags"), *inside):
            if isinstance(given, Mapping):
                told |= {str(key): value for key, value in given.items() if isinstance(value, str)}
    return told


def _resource(urn: str, said: "object") -> "Resource":
    from collections.abc import Mapping

    from modelway.governance.inventory.coverage import Resource

    return Resource(urn, urn.split("::")[2].rpartition("$")[2], said if isinstance(said, Mapping) else {})


def _lines(made: "Inventory") -> "Iterator[str]":
    width = max((len(one.system) for one in made.systems), default=6)
    for one in made.systems:
        yield from _system(one, width)
    if not made.systems:
        yield "no model is described"
    for stack in made.resources:
        yield ""
        kind = "as the program asks for them" if stack.source == "program" else "as its state has them"
        yield f"{stack.stack}: {stack.marked:,} of {stack.taggable:,} resources say system, owner and tier, {stack.percent:g} %, {kind}"
        yield from (f"  lacks {', '.join(lacking.missing)}: {lacking.urn}" for lacking in stack.lacking)
        left = sum(other.count for other in stack.untaggable)
        if left:
            yield f"  not counted, since they take no tags: {left:,} of {len(stack.untaggable)} types; --json says which and why"
    if not made.resources:
        yield ""
        yield "nobody looked at resources"


def _system(one: "System", width: int) -> "Iterator[str]":
    live = ", ".join(f"{version.version} {version.percent}%" for version in one.versions if version.percent)
    yield f"{one.system:<{width}}  {one.environment}  {one.model}  risk {one.risk_tier}  {one.presence}  {live or 'no version answers'}"
    facts = {
        "owner": one.owner + (f"; {one.accountable} is accountable" if one.accountable else ""),
        "endpoint": one.endpoint,
        "use": one.intended_use,
        "review": {"overdue": f"overdue since {one.review_by}", "due": f"by {one.review_by}"}.get(one.review),
        "card": one.card,
        "stands on": ", ".join(f"{party.name} ({party.kind})" for party in one.third_parties) or None,
    }
    for name, said in facts.items():
        yield f"{'':<{width}}  {name:<9} {said if said is not None else 'not said'}"
