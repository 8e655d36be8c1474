"""`modelway policy check` and `modelway policy explain RULE`: the rules of the catalogue, without an engine or an account."""

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from modelway.cli import _environments, _findings

if TYPE_CHECKING:
    from datetime import date

    from modelway.architecture import Environment
    from modelway.preview.changeset import Gap
    from modelway.preview.whole_stack import WholeStack
    from modelway.rules.exceptions import Grant
    from modelway.rules.judging import AnyRule

app = typer.Typer(help="What no environment may do, and what does.", no_args_is_help=True, rich_markup_mode=None)


@app.command()
def check(
    digest: Annotated[
        Path | None,
        typer.Option(
            "--digest",
            metavar="FILE",
            help="What a preview wants (`pulumi preview --json`).",
            exists=True,
            dir_okay=False,
            show_default=False,
        ),
    ] = None,
    state: Annotated[
        Path | None,
        typer.Option(
            "--state", metavar="FILE", help="What a stack holds (`pulumi stack export`).", exists=True, dir_okay=False, show_default=False
        ),
    ] = None,
    env: Annotated[
        str | None, typer.Option("--env", metavar="ENV", help="How an environment is described, by its files.", show_default=False)
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON, with what passed.")] = False,
    environments: _environments.Folder = None,
) -> None:
    """Hold the rules against a preview, a state, or the description of an environment.

    Which rules bind is a matter of the environment's tier, and what they let through of its exceptions; of a preview or a state the
    stack's name says which environment it is. Exit codes: 0 all that binds passes, 1 something does not, 2 wrong usage, 3 it is not known.
    """
    from modelway.rules.catalogue import DECLARED, RULES
    from modelway.rules.judging import configured, excepted, judged

    if sum(one is not None for one in (digest, state, env)) != 1:
        raise typer.BadParameter("name one of them", param_hint="--digest, --state or --env")
    day = today()
    environment: Environment | None
    if env is not None:
        stack, of = env, "its description"
        environment = described = _loaded(env, environments)
        gaps: tuple[Gap, ...] = ()
        judgements = configured(DECLARED, described, day)
    else:
        whole = _whole(digest, state)
        stack, gaps, of = whole.stack, whole.gaps, f"{len(whole.resources):,} resource{'s' if len(whole.resources) != 1 else ''}"
        environment = _of_stack(stack, environments)
        judgements = judged(RULES, whole.resources)
    found = list(excepted(judgements, _grants(environment), day))
    tier = environment.tier if environment is not None else None
    code = _findings.exit_code(found, tier, whole=not gaps)
    if as_json:
        known = [gap.what for gap in gaps]
        told = {"of": stack, "tier": tier, "not_known": known, "findings": _findings.data(found, tier), "exit_code": code}
        typer.echo(json.dumps(told, indent=2, ensure_ascii=False))
    else:
        bound = f"tier {tier}" if tier else "of an environment that is not known here: rules of severity medium and low advise"
        typer.echo(f"{stack}: {of}, {bound}\n")
        for line in _findings.lines(found, tier):
            typer.echo(line)
        for gap in gaps:
            typer.echo(f"not known: {gap.what} {gap.way_out}")
    raise typer.Exit(code)


def today() -> "date":
    """The day in UTC, by which exceptions and versions end."""
    from datetime import UTC, datetime

    return datetime.now(UTC).date()


def _whole(digest: Path | None, state: Path | None) -> "WholeStack":
    from modelway.preview.whole_stack import as_it_is, as_wanted

    if digest is not None:
        return as_wanted(digest)
    assert state is not None
    return as_it_is(state)


def _loaded(name: str, environments: Path | None) -> "Environment":
    from modelway.architecture import load

    root = _environments.project(needed=environments is None)
    with _environments.faults_from_here():
        return load(_environments.folder_of(name, environments, root), name, root)


def _of_stack(stack: str, environments: Path | None) -> "Environment | None":
    """The environment that a stack belongs to; None where its files are not here."""
    from modelway.architecture import names
    from modelway.architecture.layout import owner_of

    root = _environments.project(needed=False)
    if not stack or (root is None and environments is None):
        return None
    for name in (stack, *(owner_of(stack) or ())[:1]):
        if name is not None and name in names(_environments.folder_of(name, environments, root)):
            return _loaded(name, environments)
    return None


def _grants(environment: "Environment | None") -> "list[Grant]":
    from modelway.rules.exceptions import Grant

    exceptions = environment.governance.exceptions if environment is not None else ()
    return [Grant(one.rule, one.resource, one.reason, one.approved_by, one.expires.day) for one in exceptions]


@app.command()
def explain(
    rule: Annotated[str, typer.Argument(metavar="RULE", help="Id or code, such as public-exposure or EKS-01.", show_default=False)],
) -> None:
    """Print what a rule allows, why, how strictly it is held, and what it is called elsewhere."""
    from difflib import get_close_matches

    from modelway.rules.catalogue import ALL, code_of, named

    found = named(rule)
    if not found:
        known = [name for one in ALL for name in (one.id, code_of(one)) if name]
        near = get_close_matches(rule, known, 3) or get_close_matches(rule.upper(), known, 3)
        hint = f"; near are {', '.join(near)}" if near else ""
        raise typer.BadParameter(f"no rule is called {rule}{hint}", param_hint="RULE")
    typer.echo("\n\n".join("\n".join(_explained(one)) for one in found))


def _explained(rule: "AnyRule") -> list[str]:
    from modelway.rules.catalogue import TIERS, level
    from modelway.rules.configured import ConfigurationRule
    from modelway.rules.stack import StackRule

    looks_at = {StackRule: "all resources of a stack", ConfigurationRule: "an environment's description"}.get(type(rule), "each resource")
    held = ", ".join(f"{level(rule, tier)} in {tier}" for tier in TIERS)
    return [
        rule.id,
        f"  allowed      {rule.says}",
        f"  why          {rule.why}",
        f"  severity     {rule.severity}: {held}",
        f"  looks at     {looks_at}",
        f"  elsewhere    {', '.join(rule.sources)}",
        "  exception    governance.exceptions of the environment: one rule, one resource, a reason, who approved it, an end",
    ]
